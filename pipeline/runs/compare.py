"""Compares the ledgers of a run and of the one that it supersedes: new rows, and rows with another reason."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from offduty.core.errors import StorageError
from offduty.core.locations import Location
from offduty.runs.changes import Change, Known, changes_since
from offduty.store.remote import local_copy
from offduty.transparency.log import read_log

ROWS = pa.schema([("file", pa.int32()), ("row", pa.int64()), ("reason", pa.string())])


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
        pairs = _pairs(manifests[older], manifests[newer])
        with duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False}) as con:
            con.register("pairs", pairs)
            for name, run_id in (("older", older), ("newer", newer)):
                for part in ("ledger", "quarantine"):
                    con.register(f"{name}_{part}", _rows(store / "runs" / run_id, part))
            query = (resources.files("offduty.runs") / "compared_ledgers.sql").read_text(encoding="utf-8")
            found = con.sql(query).to_arrow_table().to_pylist()
    except (KeyError, OSError, pa.ArrowException, duckdb.Error):
        raise StorageError(
            "the ledgers of the two runs cannot be compared: the log or a ledger is missing or damaged. Run"
            " offduty verify, or restore the store from a copy"
        ) from None
    new = sum(row["rows"] for row in found if row["is_new"])
    moved = {(row["was"] or "not recorded", row["became"]): row["rows"] for row in found if not row["is_new"]}
    because = changes_since(manifests[older], Known.of_manifest(manifests[newer]))
    return Supersession(older, because, new, dict(sorted(moved.items())))


def _pairs(older: Mapping[str, Any], newer: Mapping[str, Any]) -> pa.Table:
    """The numbers, in both manifests, of the files that both runs read, by content. Equal files are paired in order."""
    left: dict[str, list[int]] = defaultdict(list)
    for given in older["inputs"]:
        left[given["sha256"]].append(given["file"])
    both = [(left[given["sha256"]].pop(0), given["file"]) for given in newer["inputs"] if left[given["sha256"]]]
    return pa.table(
        {
            "pair": pa.array(range(len(both)), pa.int32()),
            "older": pa.array([one for one, _ in both], pa.int32()),
            "newer": pa.array([other for _, other in both], pa.int32()),
        }
    )


def _rows(run: Path, part: str) -> pa.RecordBatchReader:
    """The rows of a part of a run, for DuckDB to read once, as a stream; empty where its files have expired.

    ``pyarrow.dataset`` would import pandas (pyarrow 26), which costs each run, and each "already there", half a second.
    """
    return pa.RecordBatchReader.from_batches(ROWS, _batches(sorted((run / part).glob("*.parquet"))))


def _batches(files: Sequence[Path]) -> Iterator[pa.RecordBatch]:
    for file in files:
        with pq.ParquetFile(file) as reader:
            for batch in reader.iter_batches(columns=ROWS.names):
                yield batch.cast(ROWS)
