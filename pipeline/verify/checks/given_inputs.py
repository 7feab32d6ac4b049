"""Finds the inputs of a run among the auditor's, and says of each table whether it is as the run read it, or has only
grown since.

A reference table grows: whoever has a later file can still check an earlier run, if the rows that the run knew are the
same (specification#reference-digests).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from offduty.core.count_words import number_of
from offduty.core.errors import OffdutyError
from offduty.verify.entries import AuditedEntry
from offduty.verify.evidence import Evidence, same_bytes
from offduty.verify.output_files import where
from offduty.verify.redecide.decision.stated_digests import LaterTable, look_at_later
from offduty.verify.redecide.model import InputFile, RunCase
from offduty.verify.verdict import EntryNumber, Explanation, FileName, explain

Hashed = dict[tuple[Path, str, int], bool]
"""Which files were hashed before, and whether they are those of an entry."""
PINGS = "pings"


@dataclass(frozen=True)
class GivenTable:
    """One table of a run among the auditor's inputs.

    ``files`` can be read in place of what the run read; there are none where something is missing or wrong. ``looked``
    is how many files were looked at. ``grown`` is the number of rows that the table has more than then, None where its
    files are the same. ``wrong`` are findings, ``missing`` what could not be looked at. ``kept`` says whether all rows
    that the run knew are in these files, unchanged; None where that cannot be said.
    """

    table: str
    files: tuple[InputFile, ...] = ()
    looked: int = 0
    grown: int | None = None
    wrong: tuple[str, ...] = ()
    missing: tuple[Explanation, ...] = ()
    kept: bool | None = None


@dataclass(frozen=True)
class RunInputs:
    """The inputs of a run: files to read, and the tables of which they are a later version. ``unread`` are the files of
    pings that the job names and the run did not read.
    """

    files: tuple[InputFile, ...]
    grown: frozenset[str] = field(default_factory=frozenset)
    unread: tuple[InputFile, ...] = ()

    @classmethod
    def of(cls, tables: list[GivenTable], unread: tuple[InputFile, ...] = ()) -> RunInputs | None:
        """All tables together; None where one of them is not there as it was."""
        if not all(table.files or not (table.wrong or table.missing) for table in tables):
            return None
        files = sorted((file for table in tables for file in table.files), key=lambda file: file.number)
        return cls(tuple(files), frozenset(table.table for table in tables if table.grown is not None), unread)


def pings_not_read(run: AuditedEntry, given: Evidence) -> tuple[InputFile, ...]:
    """The files of pings that the job names and a run did not read, behind its own inputs; none where it left none out:
    then all of them came since.
    """
    inputs = run.document["inputs"]
    if not run.document.get("files_left_out"):
        return ()
    read = {given.path(source) for source in inputs if source["table"] == PINGS}
    files = sorted((name, path) for name, path in given.named.get(PINGS, {}).items() if path not in read)
    return tuple(InputFile(len(inputs) + at, PINGS, name, path) for at, (name, path) in enumerate(files))


@dataclass(frozen=True)
class NamedPings:
    """The files of pings that runs named, by their hashes: the number of the first entry that did, and where the file
    is now, or None where it is gone.
    """

    files: Mapping[str, tuple[int, Path | None]]

    @classmethod
    def of(cls, runs: Iterable[AuditedEntry], given: Evidence) -> NamedPings:
        """The files that these runs named, in their order, among those that the auditor has."""
        files: dict[str, tuple[int, Path | None]] = {}
        for run in runs:
            for source in run.document["inputs"]:
                if source["table"] == PINGS and source["sha256"] not in files:
                    files[source["sha256"]] = (run.number, given.path(source))
        return cls(files)

    def there_before(self, run: AuditedEntry) -> frozenset[Path]:
        """Those that a run or one before it named, and that are there."""
        return frozenset(path for number, path in self.files.values() if number <= run.number and path is not None)

    def gone(self, run: AuditedEntry) -> int:
        """How many of those that a run or one before it named are not there any more."""
        return sum(number <= run.number and path is None for number, path in self.files.values())


@dataclass(frozen=True)
class TableHistory:
    """By run id and table, whether the rows that the run knew are in the auditor's files, unchanged; a table of which
    that cannot be said is left out.

    Of two runs whose rows are there, the later one knew all rows of the earlier: the table only grew between them.
    """

    kept: Mapping[str, Mapping[str, bool]] = field(default_factory=dict)

    def only_grew(self, before: Mapping[str, Any], after: Mapping[str, Any], table: str) -> bool | None:
        """Whether a table only grew from one run to the next, by their manifests: False where a row that the earlier
        run knew is gone or another one; None where the files do not tell.
        """
        then, now = (self.kept.get(str(each["run_id"]), {}).get(table) for each in (before, after))
        return then if now else None


NOTHING_TOLD = TableHistory()


def given_tables(run: AuditedEntry, given: Evidence, hashed: Hashed, *, pings: bool = True) -> Iterator[GivenTable]:
    """The tables of a run, with or without the pings, as the auditor has them."""
    by_table: dict[str, list[dict[str, Any]]] = {}
    for source in run.document["inputs"]:
        by_table.setdefault(source["table"], []).append(source)
    for table, sources in by_table.items():
        if table != PINGS or pings:
            yield _given(run, table, sources, given, hashed)


def _input(source: dict[str, Any], path: Path, given: Evidence) -> InputFile:
    """A file of the manifest; where the job finds it under another name, with that."""
    files = given.named.get(source["table"], {})
    others = () if source["name"] in files else (name for name, found in files.items() if found == path)
    return InputFile(source["file"], source["table"], source["name"], path, next(iter(others), ""))


def _given(run: AuditedEntry, table: str, sources: list[dict[str, Any]], given: Evidence, hashed: Hashed) -> GivenTable:
    paths = {source["file"]: given.path(source) for source in sources}
    same = {source["file"]: _is_same(paths[source["file"]], source, hashed) for source in sources}
    looked = sum(path is not None for path in paths.values())
    if all(same.values()):
        found = [_input(source, path, given) for source in sources if (path := paths[source["file"]])]
        return GivenTable(table, tuple(found), looked, kept=True)
    if table != PINGS and run.document.get("references") and given.named.get(table):
        return _later(run, table, given)
    missing = tuple(
        explain(
            "entry {entry}: {file}: no file of the job has this name or these bytes",
            entry=EntryNumber(run.number),
            file=FileName(s["name"]),
        )
        for s in sources
        if paths[s["file"]] is None
    )
    wrong = tuple(
        f"{where(run)}: {s['name']} has other bytes than the run read: it was changed since, or is another version."
        " Give the file that was read, or choose runs with --run"
        for s in sources
        if paths[s["file"]] is not None and not same[s["file"]]
    )
    return GivenTable(table, (), looked, wrong=wrong, missing=missing)


def _is_same(path: Path | None, source: dict[str, Any], hashed: Hashed) -> bool:
    if path is None:
        return False
    expected = (path, source["sha256"], source["bytes"])
    if expected not in hashed:
        hashed[expected] = same_bytes(path, source)
    return hashed[expected]


def _later(run: AuditedEntry, table: str, given: Evidence) -> GivenTable:
    """A table of which other files are there than the run read."""
    files, entry = _numbered(run, table, given), EntryNumber(run.number)
    key = given.key_of(run)
    if key is None:
        why = explain(
            "entry {entry}: the files of {table} are not those that were read, and whether the table has only grown"
            " cannot be told without the key that the run used",
            entry=entry,
            table=table,
        )
        return GivenTable(table, (), len(files), missing=(why,))
    try:
        later = look_at_later(RunCase(run.document, Path(), (), key), table, files)
    except OffdutyError:
        why = explain("entry {entry}: the later files of {table} cannot be read", entry=entry, table=table)
        return GivenTable(table, (), len(files), missing=(why,))
    if later.same:
        return GivenTable(table, files, len(files), grown=_more(run, table, later), kept=True)
    if not _has_record_times(run, table):
        why = explain("entry {entry}: {table} is not the version that was read", entry=entry, table=table)
        return GivenTable(table, (), len(files), missing=(why,))
    return GivenTable(table, (), len(files), wrong=(_altered(run, table, later),), kept=False)


def _numbered(run: AuditedEntry, table: str, given: Evidence) -> tuple[InputFile, ...]:
    """All files that the job names for a table now: with the numbers that the run gave them, new ones behind those."""
    inputs = run.document["inputs"]
    known = {source["name"]: source["file"] for source in inputs if source["table"] == table}
    fresh = sorted(name for name in given.named[table] if name not in known)
    numbers = {**known, **{name: len(inputs) + at for at, name in enumerate(fresh)}}
    return tuple(InputFile(numbers[name], table, name, path) for name, path in sorted(given.named[table].items()))


def _more(run: AuditedEntry, table: str, later: LaterTable) -> int:
    """How many rows a table has more than when the run read it; rows that the run did not know may be gone."""
    then = run.document["references"][table]["known"] + run.document.get("recorded_after_as_of", {}).get(table, 0)
    return max(later.rows - int(then), 0)


def _has_record_times(run: AuditedEntry, table: str) -> bool:
    timeless = {"sites", *run.document.get("without_record_times", [])}
    return table not in timeless


def _altered(run: AuditedEntry, table: str, later: LaterTable) -> str:
    known = run.document["references"][table]["known"]
    what = f"of the {known:,} rows that the run knew, some were" if known != 1 else "the row that the run knew was"
    return (
        f"{where(run)}: {table}: {what} changed or removed since, or others were dated back: the files have"
        f" {number_of(later.known, 'row')} recorded by then, and they are not the same"
    )
