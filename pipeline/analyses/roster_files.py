"""Reads a roster and sites for the analyses, by the filter's own reader, and who approved each version.

Nothing else is opened: no ping, no place, no quarantine (A1). Of a job only what it says of these two tables is used:
where they are, and how they are written.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from offduty.config.check_declarations import check_declarations
from offduty.config.declarations import UNDECLARED, TableDeclaration
from offduty.config.job import Job
from offduty.config.job_paths import JobInputs, JobPath
from offduty.core.errors import InputError, UsageError
from offduty.decision.reference import check_offsets
from offduty.ingest.duckdb_session import DuckDBSession, open_engine, reading_text
from offduty.ingest.early_names import check_quietly, find_quietly
from offduty.ingest.reference_files import read_reference
from offduty.ingest.source_file import Source
from offduty.ingest.sources import find_sources
from offduty.ingest.text_files import open_text

APPROVED = "approved_by"
MEMORY_MB = 1_000
PACKED = frozenset({".gz", ".zip", ".bz2", ".xz", ".zst", ".tar", ".tgz", ".7z"})
"""Endings of packed files: a second reader, which makes answers again, unpacks none of them."""


Declared = Mapping[str, TableDeclaration]
"""How tables are written, by their names; a table that is written as its contract says is not among them."""


@dataclass(frozen=True)
class RosterFiles:
    """A roster as it was read: ``rows``, ``approved`` and ``declared`` as `roster_audit` takes them; ``tables`` names
    its files.
    """

    rows: pa.Table
    approved: pd.DataFrame
    tables: tuple[dict[str, Any], ...]
    declared: Declared = field(default_factory=dict)


@dataclass(frozen=True)
class NamedTables:
    """Where a roster and sites are, and how they are written; None for what was not named."""

    roster: JobPath | None
    sites: JobPath | None
    declared: Declared = field(default_factory=dict)

    @classmethod
    def of_job(cls, job: Path | Job) -> NamedTables:
        """The roster and the sites of a job. Raises `UsageError` where the job cannot be understood."""
        loaded = Job.of(job)
        check_declarations(loaded)
        inputs = loaded.inputs
        return cls(inputs.roster, inputs.sites, declared_of(inputs.declared, ("roster", "sites")))

    def read_roster(self) -> RosterFiles:
        """The roster; see `roster_files`. `UsageError` where none was named."""
        rows, sources, approved = _read("roster", _there(self.roster, "roster"), self.declared)
        _check_written("roster", rows.num_rows)
        return RosterFiles(rows, approved, _named("roster", sources), declared_of(self.declared, ("roster",)))

    def read_sites(self) -> tuple[pa.Table, tuple[dict[str, Any], ...]]:
        """The sites; see `site_files`. `UsageError` where none were named."""
        rows, sources, _ = _read("sites", _there(self.sites, "sites"), self.declared)
        _check_written("sites", rows.num_rows)
        return rows, _named("sites", sources)


def declared_of(declared: Declared, tables: Iterable[str]) -> dict[str, TableDeclaration]:
    """The declarations of these tables; none of a table that is written as its contract says."""
    found = {table: declared.get(table, UNDECLARED) for table in tables}
    return {table: how for table, how in found.items() if how.as_document()}


def read_roster_files(roster: str, folder: Path) -> tuple[pa.Table, pd.DataFrame]:
    """The rows of a roster, and who approved each: `roster_files` without the hashes of the files."""
    found = roster_files(roster, folder)
    return found.rows, found.approved


def roster_files(roster: str, folder: Path) -> RosterFiles:
    """The rows of a file, a glob or a folder (relative to ``folder``), as `roster_audit` takes them, and
    ``approved_by`` of each, where a file has it.

    Raises `InputError` where nothing is found or a file cannot be read, where there is no record time (a roster without
    ``recorded_at`` cannot be audited), and where record times have no offset.
    """
    return NamedTables(JobPath(roster, folder), None).read_roster()


def site_files(sites: str, folder: Path) -> tuple[pa.Table, tuple[dict[str, Any], ...]]:
    """The rows of the sites, as text, and what identifies their files. Raises `InputError` as `roster_files`."""
    return NamedTables(None, JobPath(sites, folder)).read_sites()


def roster_of_job(job: Path | Job) -> RosterFiles:
    """The roster of a job, read as the job declares it; see `roster_files`. Nothing else that the job names is opened.

    Raises `UsageError` where the job cannot be understood.
    """
    return NamedTables.of_job(job).read_roster()


def sites_of_job(job: Path | Job) -> tuple[pa.Table, tuple[dict[str, Any], ...]]:
    """The sites of a job, read as the job declares them; see `site_files`. `UsageError` where it names none."""
    return NamedTables.of_job(job).read_sites()


def _check_written(table: str, rows: int) -> None:
    """Raise `InputError` for a table without rows: whatever is asked of it, "nothing" would be the answer."""
    if not rows:
        raise InputError(f"the table of the {table} has no rows, so nothing can be said: is it the right file?")


def _there(where: JobPath | None, table: str) -> JobPath:
    if where is None:
        raise UsageError(f"the job names no {table}, and this question needs them: name them in the job")
    return where


def _read(table: str, where: JobPath, declared: Declared) -> tuple[pa.Table, list[Source], pd.DataFrame]:
    """The rows of one table alone, by the filter's own reader, its files, and who approved each row, where a file says
    so. In messages no name holds an id of it.
    """
    how = {table: declared.get(table, UNDECLARED)}
    inputs = JobInputs(pings=where, assignments=where, roster=where, places=where, sites=where, declared=how)
    found = find_quietly(inputs) if table == "roster" else find_sources(inputs, tables=(table,))
    sources = [source for source in found if source.table == table]
    check_quietly(sources)
    with (
        tempfile.TemporaryDirectory(prefix="offduty-") as private,
        open_engine(sources, Path(private), 1, MEMORY_MB) as engine,
    ):
        read = read_reference(engine, table, sources)
        approved = _approved(engine, read.rows, sources if table == "roster" else [])
    check_offsets({table: read.lacks_offset}, how)
    return read.rows, sources, approved


def _named(table: str, sources: list[Source]) -> tuple[dict[str, Any], ...]:
    return tuple(read_table(table, source.path) for source in sources)


def read_table(table: str, path: Path) -> dict[str, Any]:
    """A file as an entry of the log names it: table, SHA-256 and size. Its name could hold an id."""
    with path.open("rb") as file:
        return {
            "table": table,
            "sha256": hashlib.file_digest(file, "sha256").hexdigest(),
            "bytes": path.stat().st_size,
        }


def read_people(path: Path) -> pd.DataFrame:
    """The table of recorders as text (CSV or Parquet); `InputError` where it cannot be read, is packed, or its rows
    have a value more than the header: pandas would take the first column for names of rows, and move all others.
    """
    if path.suffix.lower() in PACKED:
        raise InputError("a packed file cannot be read here: unpack it, and name the .csv or .parquet", file=path.name)
    try:
        if path.suffix.lower() == ".parquet":
            return pd.DataFrame(_as_plain_text(pq.read_table(path)).to_pandas())
        found = pd.read_csv(path, dtype=str, keep_default_na=False, compression=None)
    except FileNotFoundError:
        raise InputError("there is no such file", file=path.name) from None
    except (OSError, ValueError):
        raise InputError("the table of recorders cannot be read: CSV or Parquet is expected", file=path.name) from None
    if not isinstance(found.index, pd.RangeIndex):
        raise InputError("its rows have more values than the header has columns; correct the file", file=path.name)
    return found


def _as_plain_text(table: pa.Table) -> pa.Table:
    """The same table without dictionaries (pandas would make categories, which take no other value), and with whole
    numbers as text: of some with gaps pandas would make fractions, and of 1 "1.0".
    """
    kinds = [each.type.value_type if pa.types.is_dictionary(each.type) else each.type for each in table.schema]
    texts = [pa.string() if pa.types.is_integer(kind) else kind for kind in kinds]
    for wanted in (kinds, texts):
        table = table.cast(pa.schema(list(zip(table.column_names, wanted, strict=True))))
    return table


def read_units(path: Path) -> pd.DataFrame:
    """The unit of each officer, as text (CSV or Parquet); `InputError` where it cannot be read, or lacks a column."""
    found = read_people(path)
    lacking = [name for name in ("officer_id", "unit") if name not in found.columns]
    if lacking:
        raise InputError(f"the table of units lacks {' and '.join(lacking)}", file=path.name)
    return found


def read_register(path: Path) -> pd.DataFrame:
    """The register of interests, as text (CSV or Parquet); `InputError` where it cannot be read, or has no rows."""
    try:
        found = read_people(path)
    except InputError as problem:
        raise InputError(problem.what.replace("table of recorders", "register"), file=path.name) from None
    _check_written("register", len(found))
    return found


def _approved(engine: DuckDBSession, rows: pa.Table, sources: list[Source]) -> pd.DataFrame:
    """Who approved each row; no column where no file says so, and an empty text where one file does not."""
    texts: dict[tuple[int, int], str] = {}
    for source in sources:
        texts |= {(source.number, row): text for row, text in _column(engine, source)}
    if not texts:
        return pd.DataFrame()
    places = zip(rows["file"].to_pylist(), rows["row"].to_pylist(), strict=True)
    return pd.DataFrame({APPROVED: [texts.get(place, "") for place in places]})


def _column(engine: DuckDBSession, source: Source) -> Iterator[tuple[int, str]]:
    """The values of ``approved_by`` in a file with the number of their row, by the reader that read the other columns;
    none where it has no such column. It is no column of the contract, so no declaration gives it another name.

    Raises `InputError` where it cannot be read: an approver who is passed over would be a silent zero.
    """
    if APPROVED not in open_text(engine, source, (APPROVED,), check=False):
        return
    with reading_text(source):
        found = engine.con.ask("SELECT row, approved_by::VARCHAR AS text FROM input_text")
    for row, text in zip(found["row"].to_pylist(), found["text"].to_pylist(), strict=True):
        yield row, text or ""
