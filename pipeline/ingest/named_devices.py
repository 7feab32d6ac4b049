"""Finds the devices that the files of pings name: of them, and of their officers, a run needs the reference rows."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from offduty.arrays.arrow import to_arrow, to_numpy
from offduty.core.ids import clean_id
from offduty.ingest.duckdb_session import damaged
from offduty.ingest.ping_files import PingFile

BATCH_ROWS = 1 << 20


def named_devices(files: Iterable[PingFile]) -> frozenset[str]:
    """Every device that some row of the files names, whenever that was; one column of each file is read.

    Raises `InputError`, or `StorageError` for a copy, where a file cannot be read.
    """
    written: set[str | None] = set()
    for file in files:
        written.update(_texts(file))
    ids = (clean_id(text) for text in written if text is not None)
    return frozenset(name for name in ids if name is not None)


def _texts(file: PingFile) -> list[str | None]:
    """Each text of the column once. Python sees them only then: every row group names nearly all devices again."""
    try:
        reader = file.reader()
        batches = reader.iter_batches(BATCH_ROWS, columns=["device_id"], use_threads=False)
        parts = [_distinct(batch.column(0)) for batch in batches]
        texts: list[str | None] = pc.unique(pa.chunked_array(parts, pa.string())).to_pylist()
        return texts
    except (pa.ArrowException, OSError, UnicodeDecodeError):
        raise damaged(file.source, file.copied, "damaged") from None


def _distinct(column: pa.Array) -> pa.Array:
    """Each text of an array once. A dictionary may have texts that no row has."""
    if not pa.types.is_dictionary(column.type):
        return pc.unique(column).cast(pa.string())
    used = np.zeros(len(column.dictionary), np.bool_)
    used[to_numpy(column.indices.drop_null().cast(pa.int32()), np.int32)] = True
    return column.dictionary.take(to_arrow(np.flatnonzero(used), pa.int64())).cast(pa.string())
