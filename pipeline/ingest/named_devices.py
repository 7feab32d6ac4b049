"""Finds the devices that the files of pings name: of them, and of their officers, a run needs the reference rows."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from offduty.core.duckdb_connection import DuckDBConnection
from offduty.ingest.duckdb_session import is_pattern, reading_parquet
from offduty.ingest.parquet_types import is_text
from offduty.ingest.ping_files import PingFile
from offduty.ingest.read_devices import clean_ids, distinct_texts

BATCH_ROWS = 1 << 20


def named_devices(files: Iterable[PingFile], engine: DuckDBConnection) -> frozenset[str]:
    """Every device that some row of the files names, whenever that was; one column of each file is read.

    Where ``engine`` reads that column as Arrow does, it looks: Arrow takes twice the time and, for sixty million rows,
    half a gigabyte. Raises `InputError`, or `StorageError` for a copy, where a file cannot be read.
    """
    written: set[str | None] = set()
    for file in files:
        written.update((_distinct_texts(file, engine) if _is_read_by_engine(file) else _texts(file)).to_pylist())
    return clean_ids(written)


def _is_read_by_engine(file: PingFile) -> bool:
    """Whether DuckDB reads the devices of a file as Arrow does; it does not tell names of columns apart by case."""
    # Not `PingFile.schema`, which is kept once it was asked for: Spark may pickle this very object meanwhile.
    schema = file.metadata.schema.to_arrow_schema()
    named = [name for name in schema.names if name.casefold() == "device_id"]
    kind = schema.field("device_id").type
    return len(named) == 1 and not is_pattern(str(file.path)) and (is_text(kind) or bool(pa.types.is_integer(kind)))


def _distinct_texts(file: PingFile, engine: DuckDBConnection) -> pa.ChunkedArray:
    """Each text of the column once, and NULL where some row has none."""
    query = "SELECT DISTINCT device_id::VARCHAR AS device_id FROM read_parquet($path)"
    with reading_parquet(file.source, file.copied), engine.cursor() as own:
        return own.ask(query, {"path": str(file.path)})["device_id"]


def _texts(file: PingFile) -> pa.Array:
    """Each text of the column once. Python sees them only then: every row group names nearly all devices again."""
    with reading_parquet(file.source, file.copied):
        reader = file.reader()
        batches = reader.iter_batches(BATCH_ROWS, columns=["device_id"], use_threads=False)
        parts = [distinct_texts(batch.column(0)) for batch in batches]
    return pc.unique(pa.chunked_array(parts, pa.string()))
