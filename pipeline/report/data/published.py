"""Reads what runs published: released rows, ledger and quarantine, and only the files that the log names.

A file that the log does not name does not exist (`specification#log`).
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
REASON_WORDS = [reason.word for reason in Reason]


@dataclass(frozen=True)
class ReleasedRows:
    """Released rows of one local date. ``officer`` has indexes into ``officers``, which are the pseudonyms."""

    date: date
    officer: Ints
    officers: list[str]
    observed_us: Ints
    lon: Floats
    lat: Floats


@dataclass(frozen=True)
class LedgerRows:
    """Rows of the ledger: the number of the input file, the row in it, and the value of the `Reason`."""

    file: Ints
    row: Ints
    reason: npt.NDArray[np.int64]


def is_stored(store: Path, run: ReportedRun, part: str) -> bool:
    """Whether all files of a part (release, ledger or quarantine) that the log names are still in the store."""
    return all((store / "runs" / run.run_id / name).is_file() for name in _file_names(run, part))


def released_rows(store: Path, run: ReportedRun) -> Iterator[ReleasedRows]:
    """The released rows of a run, file by file; raises `StorageError` where a file cannot be read."""
    for name in _file_names(run, "release"):
        for table in _tables(store, run, name, ["officer", "observed_at", "lon", "lat"], ["officer"]):
            codes, texts = _codes_and_texts(table["officer"])
            yield ReleasedRows(
                date_in(name),
                codes,
                texts,
                to_ints(table["observed_at"], 0),
                to_floats(table["lon"]),
                to_floats(table["lat"]),
            )


def released_tables(store: Path, run: ReportedRun) -> Iterator[tuple[date, pa.Table]]:
    """The released rows of a run with all their columns, each table with its local date."""
    for name in _file_names(run, "release"):
        for table in _tables(store, run, name, None, []):
            yield date_in(name), table


def ledger_rows(store: Path, run: ReportedRun) -> Iterator[LedgerRows]:
    """The ledger of a run, in batches."""
    for name in _file_names(run, "ledger"):
        for table in _tables(store, run, name, ["file", "row", "reason"], ["reason"]):
            codes, texts = _codes_and_texts(table["reason"])
            values = np.array([REASON_WORDS.index(text) for text in texts], np.int64)
            file = table["file"].cast(pa.int64())
            yield LedgerRows(to_ints(file, -1), to_ints(table["row"], -1), values[codes])


def quarantined_rows(store: Path, run: ReportedRun) -> dict[str, Ints]:
    """The quarantined rows of a run: row numbers within each input file, by the SHA-256 of that file."""
    sha256 = {entry["file"]: str(entry["sha256"]) for entry in run.document["inputs"]}
    found: dict[str, Ints] = {}
    for name in _file_names(run, "quarantine"):
        for table in _tables(store, run, name, ["file", "row"], []):
            file, row = to_ints(table["file"].cast(pa.int64()), -1), to_ints(table["row"], -1)
            for number in np.unique(file).tolist():
                so_far = found.get(sha256[number], np.zeros(0, np.int64))
                found[sha256[number]] = np.union1d(so_far, row[file == number])
    return found


def _file_names(run: ReportedRun, part: str) -> list[str]:
    return [str(output["name"]) for output in run.document["outputs"] if str(output["name"]).startswith(f"{part}/")]


def date_in(name: str) -> date:
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
            "a file of the store cannot be read; run offduty verify on the store, and restore the file from a copy",
            file=Path(name).name,
        ) from None


def _codes_and_texts(column: pa.ChunkedArray) -> tuple[Ints, list[str]]:
    """A column of texts as indexes, and the distinct texts that they point to."""
    array = column.combine_chunks()
    array = array.chunk(0) if isinstance(array, pa.ChunkedArray) else array
    array = array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
    return to_numpy(array.indices.cast(pa.int32()), np.int32).astype(np.int64), array.dictionary.to_pylist()
