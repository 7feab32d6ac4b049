"""Reads what runs of a store published: released rows, the ledger, the quarantine; only files that the log names (SPEC
8).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from offduty.arrays.arrow import Floats, Ints, to_floats, to_ints, to_numpy
from offduty.core.errors import StorageError
from offduty.core.reasons import Reason
from offduty.report.data.select_runs import ReportedRun

BATCH_ROWS = 1 << 20
WORDS = [reason.word for reason in Reason]


@dataclass(frozen=True)
class ReleasedRows:
    """Released rows of one local date: ``officer`` numbers the pseudonyms in ``officers``."""

    date: date
    officer: Ints
    officers: list[str]
    observed_us: Ints
    lon: Floats
    lat: Floats


@dataclass(frozen=True)
class LedgerRows:
    """Rows of the ledger: the file's number, the row in it, and the reason's number."""

    file: Ints
    row: Ints
    reason: npt.NDArray[np.int64]


def kept(store: Path, run: ReportedRun, part: str) -> bool:
    """Whether all files of a part (release, ledger, quarantine) that the log names are still there."""
    return all((store / "runs" / run.run_id / name).is_file() for name in _named(run, part))


def released(store: Path, run: ReportedRun) -> Iterator[ReleasedRows]:
    """The released rows of a run, file by file; raises `StorageError` when one cannot be read."""
    for name in _named(run, "release"):
        for table in _tables(store, run, name, ["officer", "observed_at", "lon", "lat"], ["officer"]):
            codes, texts = _coded(table["officer"])
            yield ReleasedRows(
                day_of(name),
                codes,
                texts,
                to_ints(table["observed_at"], 0),
                to_floats(table["lon"]),
                to_floats(table["lat"]),
            )


def released_table(store: Path, run: ReportedRun) -> Iterator[tuple[date, pa.Table]]:
    """The released rows of a run with all their columns, and the local date under which they stand."""
    for name in _named(run, "release"):
        for table in _tables(store, run, name, None, []):
            yield day_of(name), table


def ledger(store: Path, run: ReportedRun) -> Iterator[LedgerRows]:
    """The ledger of a run, some rows at a time."""
    for name in _named(run, "ledger"):
        for table in _tables(store, run, name, ["file", "row", "reason"], ["reason"]):
            codes, texts = _coded(table["reason"])
            numbers = np.array([WORDS.index(text) for text in texts], np.int64)
            file = table["file"].cast(pa.int64())
            yield LedgerRows(to_ints(file, -1), to_ints(table["row"], -1), numbers[codes])


def set_aside(store: Path, run: ReportedRun) -> dict[str, Ints]:
    """The rows in quarantine: their places in each file, by the SHA-256 of the file."""
    sha256 = {entry["file"]: str(entry["sha256"]) for entry in run.document["inputs"]}
    found: dict[str, Ints] = {}
    for name in _named(run, "quarantine"):
        for table in _tables(store, run, name, ["file", "row"], []):
            file, row = to_ints(table["file"].cast(pa.int64()), -1), to_ints(table["row"], -1)
            for number in np.unique(file).tolist():
                held = found.get(sha256[number], np.zeros(0, np.int64))
                found[sha256[number]] = np.union1d(held, row[file == number])
    return found


def _named(run: ReportedRun, part: str) -> list[str]:
    return [str(output["name"]) for output in run.document["outputs"] if str(output["name"]).startswith(f"{part}/")]


def day_of(name: str) -> date:
    """The date in the name of a released file."""
    return date.fromisoformat(name.split("date=")[1][:10])


def _tables(
    store: Path, run: ReportedRun, name: str, columns: list[str] | None, dictionaries: list[str]
) -> Iterator[pa.Table]:
    try:
        file = pq.ParquetFile(store / "runs" / run.run_id / name, read_dictionary=dictionaries)
        for batch in file.iter_batches(BATCH_ROWS, columns=columns):
            if batch.num_rows:
                yield pa.Table.from_batches([batch])
    except (pa.ArrowException, OSError, ValueError):
        raise StorageError(
            "a file of the store cannot be read; ask offduty verify, and restore it from a copy", file=Path(name).name
        ) from None


def _coded(column: pa.ChunkedArray) -> tuple[Ints, list[str]]:
    """Texts as numbers, and the texts."""
    held = column.combine_chunks()
    held = held.chunk(0) if isinstance(held, pa.ChunkedArray) else held
    held = held if pa.types.is_dictionary(held.type) else held.dictionary_encode()
    return to_numpy(held.indices.cast(pa.int32()), np.int32).astype(np.int64), held.dictionary.to_pylist()
