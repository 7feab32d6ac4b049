"""Check 6.1: a later run releases no row that an earlier run hid, unless an ordinary cause explains it.

A ping is identified by the SHA-256 of its file and its row number, so two runs over the same files can be compared by
their ledgers alone (specification#widening). Which causes there may be, and what each proves, `widening` says. By older
rules than those of version 0.2.0 a ping after ``as_of`` was in the quarantine, and may be released later; since then a
row of the quarantine becomes a ping only when other things are declared about its file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from offduty.verify.checks.given_inputs import NOTHING_TOLD, TableHistory
from offduty.verify.checks.widening import ALTERED, Cause, Weight, causes
from offduty.verify.entries import AuditedEntry, span
from offduty.verify.manifest_run import QUARANTINED, REASONS
from offduty.verify.meanings import shown_after_altering
from offduty.verify.output_files import is_plain, output_path
from offduty.verify.verdict import DAMAGED, Check, CheckBuilder, Count, EntryNumber, Explanation, Unit, explain, join

Ints = npt.NDArray[np.int64]

RELEASED = REASONS.index("on_duty")
NOT_RECORDED = 255
MOST_ROWS = 100_000_000
"""So many rows of inputs fit into memory: five bytes each."""
MOST_NAMED = 5
"""So many rows of one cause are named."""
WORDS = (*REASONS, *(f"quarantine:{word}" for word in QUARANTINED))


@dataclass
class _NewestReasons:
    """The newest reason of each row of a file, as a place in `WORDS` or NOT_RECORDED, and the place of its run."""

    word: npt.NDArray[np.uint8]
    by: npt.NDArray[np.int32]


@dataclass(frozen=True)
class Widening:
    """Rows that the run at place ``later`` releases, and the one at ``earlier`` recorded under ``word``."""

    earlier: int
    later: int
    word: str
    causes: tuple[Cause, ...]

    @property
    def weight(self) -> Weight:
        """What the causes say together: that of the worst one."""
        return max(cause.weight for cause in self.causes)


def check_monotonicity(store: Path, runs: list[AuditedEntry], history: TableHistory = NOTHING_TOLD) -> Check:
    """6.1: each run against the newest earlier run that recorded the same row. ``history`` is what the auditor's files
    tell of the tables; two manifests alone do not tell whether a table has only grown.
    """
    check = CheckBuilder(
        "6.1",
        "nothing is released later that was hidden before, unless there is an ordinary cause",
        "rows recorded twice",
        Unit.ROWS,
    )
    newest: dict[str, _NewestReasons] = {}
    found: Counter[Widening] = Counter()
    some: dict[Widening, list[str]] = {}
    several = comparable(_with_common_files(runs))
    for place, run in enumerate(several):
        sources = dict(_ping_files(run))
        try:
            for key, rows, words in recorded(store, run):
                if key not in newest:
                    newest[key] = _none_recorded(int(sources[key]["rows"]))
                for widening, which in _compare(check, several, (place, rows, words), newest[key], history):
                    found[widening] += len(which)
                    named = some.setdefault(widening, [])
                    named += [f"{sources[key]['name']} row {row}" for row in which[: MOST_NAMED - len(named)].tolist()]
        except DAMAGED:
            check.not_done(
                explain("entry {entry}: its ledger or quarantine cannot be read", entry=EntryNumber(run.number))
            )
    ordinary = [_in_words(check, several, widening, rows, some[widening]) for widening, rows in _sorted(found)]
    explained = [words for words in ordinary if words is not None]
    unchanged = explain("no row was released later that was hidden before")
    return check.result(join(explained) if explained else unchanged, "no two runs recorded the same row")


def _sorted(found: Counter[Widening]) -> list[tuple[Widening, int]]:
    return sorted(found.items(), key=lambda item: (item[0].earlier, item[0].later, item[0].word))


def _in_words(
    check: CheckBuilder, runs: list[AuditedEntry], widening: Widening, rows: int, some: list[str]
) -> Explanation | None:
    """Say a widening as a figure, and in the check's answer; returns the words where its cause is an ordinary one.

    Where the cause is wrong, all its rows are one finding, which counts them and names ``some``.
    """
    either = " or ".join(cause.words for cause in widening.causes)
    check.figure(f"released later, was {widening.word}: {either}", rows, tuple(c.key for c in widening.causes))
    words = explain(
        "{rows} released later by entry {later}, was {word} in entry {earlier}: {either}",
        rows=Count(rows, Unit.ROWS),
        later=EntryNumber(runs[widening.later].number),
        earlier=EntryNumber(runs[widening.earlier].number),
        word=widening.word,
        either=either,
    )
    if widening.weight is Weight.ORDINARY:
        return words
    if widening.weight is Weight.OPEN:
        check.not_done(words)
        return None
    for cause in widening.causes:
        if cause.key.startswith(ALTERED):
            check.tell(shown_after_altering(cause.key.removeprefix(ALTERED)))
    more = ", …" if rows > len(some) else ""
    many = f"{rows:,} row was" if rows == 1 else f"{rows:,} rows were"
    earlier, later = (runs[place].number for place in (widening.earlier, widening.later))
    check.wrong(
        f"entry {later} releases what entry {earlier} had hidden: {many} {widening.word} ({either}):"
        f" {', '.join(some)}{more}",
        rows,
    )
    return None


def _none_recorded(rows: int) -> _NewestReasons:
    return _NewestReasons(np.full(rows, NOT_RECORDED, np.uint8), np.zeros(rows, np.int32))


def _with_common_files(runs: list[AuditedEntry]) -> list[AuditedEntry]:
    """The runs that read a file of pings which another run read, too: no other run recorded a row of the others."""
    keys = [{key for key, _ in _ping_files(run)} for run in runs]
    read = Counter(key for of_run in keys for key in of_run)
    return [run for run, of_run in zip(runs, keys, strict=True) if any(read[key] > 1 for key in of_run)]


def comparable(runs: list[AuditedEntry]) -> list[AuditedEntry]:
    """The runs to compare: all of them if their ping files fit into memory, else those whose intervals overlap.

    In the second case an interval that an operator stated wrongly is found only with the inputs (check 4.2).
    """
    rows = {key: int(source["rows"]) for run in runs for key, source in _ping_files(run)}
    if sum(rows.values()) <= MOST_ROWS:
        return runs
    spans = sorted((*span(run.document), place) for place, run in enumerate(runs))
    overlapping: set[int] = set()
    latest_end, latest = datetime.min.replace(tzinfo=UTC), -1
    for begin, end, place in spans:
        if latest >= 0 and begin < latest_end:
            overlapping |= {latest, place}
        if end > latest_end:
            latest_end, latest = end, place
    return [run for place, run in enumerate(runs) if place in overlapping]


def _compare(
    check: CheckBuilder,
    runs: list[AuditedEntry],
    batch: tuple[int, Ints, npt.NDArray[np.uint8]],
    newest: _NewestReasons,
    history: TableHistory,
) -> list[tuple[Widening, Ints]]:
    """Compare the rows of one batch with their newest reasons so far, and make the batch the newest; returns the rows
    that are released and were not, by widening.
    """
    place, rows, words = batch
    old, by = newest.word[rows], newest.by[rows]
    again = (old != NOT_RECORDED) & (by != place)
    check.add(int(again.sum()))
    grown = np.flatnonzero(again & (words == RELEASED) & (old != RELEASED))
    found = []
    for earlier, word in {(int(by[i]), int(old[i])) for i in grown}:
        which = rows[grown[(by[grown] == earlier) & (old[grown] == word)]]
        either = causes(runs[earlier].document, runs[place].document, WORDS[word], history)
        found.append((Widening(earlier, place, WORDS[word], either), which))
    newest.word[rows], newest.by[rows] = words, place
    return found


def recorded(store: Path, run: AuditedEntry) -> Iterator[tuple[str, Ints, npt.NDArray[np.uint8]]]:
    """What a run recorded, batch by batch: the key of a ping file, row numbers in it, and their places in `WORDS`."""
    keys = {source["file"]: key for key, source in _ping_files(run)}
    for output in run.document["outputs"]:
        part = output["name"].partition("/")[0]
        path = output_path(store, run, output["name"])
        if part == "release" or not is_plain(store, path):
            continue
        prefix = "quarantine:" if part == "quarantine" else ""
        spelled = pa.array([word.removeprefix(prefix) if word.startswith(prefix) else "" for word in WORDS])
        for batch in pq.ParquetFile(path).iter_batches(1 << 20, columns=["file", "row", "reason"]):
            words = pc.fill_null(pc.index_in(batch["reason"], spelled), NOT_RECORDED).to_numpy(zero_copy_only=False)
            file, row = batch["file"].to_numpy(), batch["row"].to_numpy()
            for number in np.unique(file).tolist():
                mine = file == number
                yield keys[number], row[mine], words[mine].astype(np.uint8)


def _ping_files(run: AuditedEntry) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The ping files of a run, each with a key: its SHA-256, and its place among files with the same bytes."""
    copies: Counter[str] = Counter()
    for source in run.document["inputs"]:
        if source["table"] == "pings":
            yield f"{source['sha256']}/{copies[source['sha256']]}", source
            copies[source["sha256"]] += 1
