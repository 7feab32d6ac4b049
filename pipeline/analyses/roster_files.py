"""Reads the files of a roster for the audit, by the filter's own reader, and who approved each version.

Nothing else is opened: no job, no ping, no place, no quarantine (A1).
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import pandas as pd
import pyarrow as pa

from offduty.config.job_paths import JobInputs, JobPath
from offduty.core.errors import InputError
from offduty.ingest.duckdb_session import open_engine
from offduty.ingest.early_names import check_quietly, find_quietly
from offduty.ingest.reference_files import read_reference
from offduty.ingest.source_file import Source

APPROVED = "approved_by"
MEMORY_MB = 1_000


def read_roster_files(roster: str, folder: Path) -> tuple[pa.Table, pd.DataFrame]:
    """The rows of a file, a glob or a folder (relative to ``folder``), as `roster_audit` takes them, and
    ``approved_by`` of each, where there is one file of CSV or Parquet that has it.

    Raises `InputError` where nothing is found or a file cannot be read, and where there is no record time: a roster
    without ``recorded_at`` cannot be audited.
    """
    where = JobPath(roster, folder)
    found = find_quietly(JobInputs(pings=where, assignments=where, roster=where, places=where, sites=None))
    sources = [source for source in found if source.table == "roster"]
    check_quietly(sources)
    with (
        tempfile.TemporaryDirectory(prefix="offduty-") as private,
        open_engine(sources, Path(private), 1, MEMORY_MB) as engine,
    ):
        rows = read_reference(engine, "roster", sources).rows
    return rows, _approved(rows, sources)


def read_people(path: Path) -> pd.DataFrame:
    """The table of recorders as text (CSV or Parquet); `InputError` where it cannot be read."""
    try:
        return (
            pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path, dtype=str, keep_default_na=False)
        )
    except FileNotFoundError:
        raise InputError("there is no such file", file=path.name) from None
    except (OSError, ValueError):
        raise InputError("the table of recorders cannot be read: CSV or Parquet is expected", file=path.name) from None


def _approved(rows: pa.Table, sources: list[Source]) -> pd.DataFrame:
    """Who approved each row; no column where no file says so, and an empty text where one file does not."""
    texts: dict[tuple[int, int], str] = {}
    for source in sources:
        column = _column(source)
        texts |= {(source.number, number): text for number, text in enumerate(column)}
    if not texts:
        return pd.DataFrame()
    places = zip(rows["file"].to_pylist(), rows["row"].to_pylist(), strict=True)
    return pd.DataFrame({APPROVED: [texts.get(place, "") for place in places]})


def _column(source: Source) -> list[str]:
    """The values of ``approved_by`` in a plain file, row by row; none where it has no such column."""
    try:
        if source.kind == "parquet":
            frame = pd.read_parquet(source.path, columns=[APPROVED])
        else:
            frame = pd.read_csv(source.path, usecols=[APPROVED], dtype=str, keep_default_na=False)
    except (ValueError, OSError, ImportError):  # there is no such column, or pandas cannot unpack the file
        return []
    found: list[str] = frame[APPROVED].fillna("").astype(str).tolist()
    return found
