"""Reads the rows that ledgers and quarantines recorded, with file, row and reason, for DuckDB to compare."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

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


def same_files(one: Iterable[Mapping[str, Any]], other: Iterable[Mapping[str, Any]]) -> pa.Table:
    """The files that two runs read, of their inputs as manifests have them: ``pair``, and the number of the file in
    ``one`` and in ``other``. A file is the same by its content, and equal files are paired in order.

    >>> a, b, b_again = ({"file": number, "sha256": sha256} for number, sha256 in enumerate("abb"))
    >>> same_files([a, b], [b_again, a, b]).to_pydict()
    {'pair': [0, 1], 'one': [1, 0], 'other': [2, 0]}
    """
    left: dict[str, list[int]] = defaultdict(list)
    for given in one:
        left[given["sha256"]].append(given["file"])
    both = [(left[given["sha256"]].pop(0), given["file"]) for given in other if left[given["sha256"]]]
    columns = {"pair": range(len(both)), "one": [a for a, _ in both], "other": [b for _, b in both]}
    return pa.table({name: pa.array(values, pa.int32()) for name, values in columns.items()})


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
