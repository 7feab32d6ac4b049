"""Finds the devices that the files of pings name: of them, and of their officers, a run needs the reference rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

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
    written = {text for file in files for text in _texts(file)}
    ids = (clean_id(text) for text in written)
    return frozenset(name for name in ids if name is not None)


def _texts(file: PingFile) -> Iterator[str | None]:
    try:
        reader = file.reader()
        for batch in reader.iter_batches(BATCH_ROWS, columns=["device_id"], use_threads=False):
            distinct = pc.unique(batch.column(0))
            if pa.types.is_dictionary(distinct.type):
                distinct = distinct.dictionary_decode()
            yield from distinct.cast(pa.string()).to_pylist()
    except (pa.ArrowException, OSError):
        raise damaged(file.source, file.copied, "damaged") from None
