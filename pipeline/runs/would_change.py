"""Says what a run would record otherwise than the newest run over that time: it decides, and publishes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from offduty.arrays.arrow import Codes, Ints, bools_to_arrow, dictionary_array, to_arrow
from offduty.core.duckdb_connection import QueryError
from offduty.core.errors import StorageError
from offduty.core.interval import Interval
from offduty.core.locations import Location
from offduty.core.reasons import QuarantineReason, Reason
from offduty.ingest.ping_files import PingFile
from offduty.ingest.sources import Fingerprint
from offduty.outputs.outcome import NOT_RECORDED
from offduty.runs.compare import Recorded, how_rows_fared
from offduty.runs.decided import Decided, SettledInputs, decide
from offduty.runs.resources import Resources
from offduty.store.open_store import local_copy


@dataclass(frozen=True)
class WouldChange:
    """What the next run would change: ``new_rows`` are rows of files that the newest run had not read; of the others
    ``moved`` is how many would have another reason, by ``(was, becomes)``.
    """

    new_rows: int
    moved: Mapping[tuple[str, str], int]

    @property
    def rows_moved(self) -> int:
        """The number of rows that the newest run read, and that would have another reason."""
        return sum(self.moved.values())


def what_would_change(
    known: SettledInputs,
    interval: Interval,
    prints: Sequence[Future[Fingerprint]],
    store: Location,
    newest: Mapping[str, Any],
    resources: Resources,
) -> WouldChange | None:
    """Decide a part of the interval of these inputs, whose fingerprints are ``prints``, and compare it with the newest
    run over that part. None where that run's ledger or quarantine has expired, or is not there.

    Raises `InputError` where the inputs would stop the run, and `StorageError` where the store cannot be read.
    """
    run_id = newest["run_id"]
    parts = [f"runs/{run_id}/{part}/" for part in ("ledger", "quarantine")]
    with local_copy(store, parts, may_be_missing=True) as folder:
        run = folder / "runs" / run_id
        named = (each["name"] for each in newest["outputs"] if not each["name"].startswith("release/"))
        if not all((run / name).is_file() for name in named):
            return None
        found = decide(replace(known, asked=replace(known.asked, interval=interval)), resources)
        read = np.array([source.number for source in known.read_over(interval)], np.int32)
        now = _recorded(found, [taken.result().sha256 for taken in prints], read)
        try:
            return WouldChange(*how_rows_fared(Recorded.by(newest["inputs"], run), now))
        except (OSError, pa.ArrowException, QueryError):
            raise StorageError(
                "the ledger of the newest run cannot be read: it is damaged. Run offduty verify, or restore the store"
                " from a copy",
                file=run_id,
            ) from None


def _recorded(found: Decided, hashes: list[str], read: Codes) -> Recorded:
    """What a run that reads the files with the numbers ``read`` would record of what was decided."""
    inputs = [{"file": source.number, "sha256": sha256} for source, sha256 in zip(found.sources, hashes, strict=True)]
    rows = np.flatnonzero(found.outcome.reasons != NOT_RECORDED)
    bad = found.outcome.quarantined
    return Recorded(
        inputs,
        _table(found.files, read, rows, found.outcome.reasons[rows], [reason.word for reason in Reason]),
        _table(found.files, read, bad.row, bad.reason, [reason.word for reason in QuarantineReason]),
    )


def _table(files: Sequence[PingFile], read: Codes, rows: Ints, codes: Any, words: list[str]) -> pa.Table:
    """The rows of the files ``read``, by their numbers across all files, with their reasons: file, row and reason."""
    starts = np.array([file.first_row for file in files], np.int64)
    numbers = np.array([file.source.number for file in files], np.int32)
    place = np.searchsorted(starts, rows, "right") - 1
    file, row = (np.take(numbers, place), rows - np.take(starts, place)) if len(rows) else (rows, rows)
    reasons = dictionary_array(np.asarray(codes), words).cast(pa.string())
    columns = [to_arrow(file.astype(np.int32), pa.int32()), to_arrow(row, pa.int64()), reasons]
    there = bools_to_arrow(np.isin(file, read))
    return pa.Table.from_arrays(columns, ["file", "row", "reason"]).filter(there)
