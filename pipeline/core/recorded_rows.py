"""Reads the rows that a ledger or a quarantine recorded, with file, row and reason, as a stream for DuckDB."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

ROWS = pa.schema([("file", pa.int32()), ("row", pa.int64()), ("reason", pa.string())])


def recorded_rows(files: Sequence[Path]) -> pa.RecordBatchReader:
    """The rows of these files of Parquet, in order, to be read once; none where there are no files.

    Nothing is opened before the first row is wanted. DuckDB makes an error of its own of one that it meets here: ask
    `unreadable` then. ``pyarrow.dataset`` would import pandas (pyarrow 26), which costs each run, and each "already
    there", half a second.
    """
    return pa.RecordBatchReader.from_batches(ROWS, _batches(files))


def unreadable(files: Sequence[Path]) -> Path | None:
    """The first of these files that cannot be read or has other columns; None where each of them can be read, again.

    Raises `MemoryError` where the memory is too little for one.
    """
    for file in files:
        try:
            for _ in _batches([file]):
                pass
        except MemoryError:  # Arrow's own is one, too
            raise
        except (OSError, ValueError, pa.ArrowException):
            return file
    return None


def _batches(files: Sequence[Path]) -> Iterator[pa.RecordBatch]:
    for file in files:
        with pq.ParquetFile(file) as reader:
            for batch in reader.iter_batches(columns=ROWS.names):
                yield batch.cast(ROWS)
