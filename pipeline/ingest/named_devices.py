"""Finds the devices that the files of pings name: of them, and of their officers, a run needs the reference rows."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from offduty.core.ids import clean_id
from offduty.ingest.duckdb_session import damaged
from offduty.ingest.ping_files import PingFile

BATCH_ROWS = 1 << 20


def named_devices(files: Iterable[PingFile]) -> frozenset[str]:
    """Every device that some row of the files names, whenever that was; one column of each file is read.

    Raises `InputError`, or `StorageError` for a copy, where a file cannot be read.
    """
    written = {text for file in files for text in _texts(file).to_pylist()}
    ids = (clean_id(text) for text in written)
    return frozenset(name for name in ids if name is not None)


def _texts(file: PingFile) -> pa.Array:
    """Each text of the column once. Python sees them only then: every row group names nearly all devices again."""
    try:
        reader = file.reader()
        batches = reader.iter_batches(BATCH_ROWS, columns=["device_id"], use_threads=False)
        parts = [_distinct(batch.column(0)) for batch in batches]
    except (pa.ArrowException, OSError):
        raise damaged(file.source, file.copied, "damaged") from None
    return pc.unique(pa.chunked_array(parts, pa.string()))


def _distinct(column: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        used = pc.unique(column.indices).drop_null()
        return column.dictionary.take(used).cast(pa.string())
    return pc.unique(column).cast(pa.string())
