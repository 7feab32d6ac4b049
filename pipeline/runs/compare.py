"""Compares the ledgers of a run and of the one that it supersedes: new rows, and rows with another reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import pyarrow as pa

from offduty.core.duckdb_connection import DuckDBConnection, QueryError
from offduty.core.errors import StorageError
from offduty.core.locations import Location
from offduty.core.recorded_rows import recorded_rows, same_files
from offduty.runs.changes import Change, Known, changes_since
from offduty.store.open_store import local_copy
from offduty.transparency.log import read_log


@dataclass(frozen=True)
class Supersession:
    """How the rows of an interval have changed since the superseded run ``run_id``, and why it was run again.

    ``new_rows`` is the number of rows in files that it had not read (by their content). ``moved`` is, of the other rows
    whose reason changed, the number by ``(was, became)``.
    """

    run_id: str
    because: tuple[Change, ...]
    new_rows: int
    moved: Mapping[tuple[str, str], int]

    @property
    def rows_moved(self) -> int:
        """The number of rows that both runs read and whose reason changed."""
        return sum(self.moved.values())


def compare(store: Location, older: str, newer: str) -> Supersession:
    """Compare two runs of a store over the same interval, by their ids. Raises `StorageError` where the log does not
    name one of them, or a ledger is missing.
    """
    parts = [f"runs/{run_id}/{part}/" for run_id in (older, newer) for part in ("ledger", "quarantine")]
    with local_copy(store, ("log/", *parts)) as folder:
        return _compared(folder, older, newer)


def _compared(store: Path, older: str, newer: str) -> Supersession:
    try:
        manifests = {e.document["run_id"]: e.document for e in read_log(store / "log") if e.is_run}
        then, now = (Recorded.by(manifests[run_id]["inputs"], store / "runs" / run_id) for run_id in (older, newer))
        new, moved = how_rows_fared(then, now)
    except (KeyError, OSError, pa.ArrowException, QueryError):
        raise StorageError(
            "the ledgers of the two runs cannot be compared: the log or a ledger is missing or damaged. Run"
            " offduty verify, or restore the store from a copy"
        ) from None
    because = changes_since(manifests[older], Known.of_manifest(manifests[newer]))
    return Supersession(older, because, new, moved)


@dataclass(frozen=True)
class Recorded:
    """What is recorded of the rows of a run, or would be: its ``inputs`` as a manifest has them, and the rows of its
    ``ledger`` and ``quarantine``, each with file, row and reason, as DuckDB can read them.
    """

    inputs: Sequence[Mapping[str, Any]]
    ledger: Any
    quarantine: Any

    @classmethod
    def by(cls, inputs: Sequence[Mapping[str, Any]], folder: Path) -> Recorded:
        """What is in the folder of a run; no rows of a part whose files have expired."""
        parts = (recorded_rows(sorted((folder / part).glob("*.parquet"))) for part in ("ledger", "quarantine"))
        return cls(inputs, *parts)


def how_rows_fared(older: Recorded, newer: Recorded) -> tuple[int, dict[tuple[str, str], int]]:
    """How many rows are new, because they are in files that the older run had not read, and of the others how many have
    another reason, by ``(was, became)``. Raises what `DuckDBConnection` raises.
    """
    query = (resources.files("offduty.runs") / "compared_ledgers.sql").read_text(encoding="utf-8")
    tables = {"pairs": same_files(older.inputs, newer.inputs)}
    for name, recorded in (("older", older), ("newer", newer)):
        tables |= {f"{name}_ledger": recorded.ledger, f"{name}_quarantine": recorded.quarantine}
    with DuckDBConnection.open() as con, con.showing(**tables):
        found = con.ask(query).to_pylist()
    new = sum(row["rows"] for row in found if row["is_new"])
    moved = {(row["was"] or "not recorded", row["became"]): row["rows"] for row in found if not row["is_new"]}
    return new, dict(sorted(moved.items()))
