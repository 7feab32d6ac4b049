"""Writes the quarantine: rows that are no pings, whole, for the engineer who has to mend the feed (SPEC 2, 8)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.columns import Ints, texts, to_arrow, to_ints, words
from pipeline.engine import Engine
from pipeline.errors import InputError
from pipeline.ping_files import Faults, PingFile
from pipeline.reasons import QuarantineReason
from pipeline.texts import quoted

SCHEMA = pa.schema(
    [
        pa.field("file", pa.int32(), nullable=False),
        pa.field("row", pa.int64(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("as_read", pa.string(), nullable=False),
    ]
)


def write_quarantine(path: Path, engine: Engine, files: list[PingFile], faults: Faults) -> int:
    """Write every fault with its row as it was read, as a JSON object of texts; returns how many."""
    order = np.argsort(faults.row)
    rows, reasons = faults.row[order], faults.reason[order]
    starts = np.array([file.first_row for file in files] or [0], np.int64)
    place = np.searchsorted(starts, rows, "right") - 1
    schema = SCHEMA.set(2, pa.field("reason", pa.dictionary(pa.int32(), pa.string()), nullable=False))
    with pq.ParquetWriter(path, schema, compression="zstd", use_dictionary=["reason"], store_schema=False) as writer:
        for number, file in enumerate(files):
            mine = place == number
            for first in range(0, int(mine.sum()), 1 << 16):
                some = np.flatnonzero(mine)[first : first + (1 << 16)]
                within = rows[some] - file.first_row
                columns = [
                    to_arrow(np.full(len(some), file.source.number, np.int32), pa.int32()),
                    to_arrow(within, pa.int64()),
                    words(reasons[some], [reason.word for reason in QuarantineReason]),
                    _as_read(engine, file, within),
                ]
                writer.write_table(pa.Table.from_arrays(columns, schema=schema))
    return len(rows)


def _as_read(engine: Engine, file: PingFile, rows: Ints) -> pa.Array:
    """These rows of a file, whole: only the row groups that hold one of them are read again."""
    parts = []
    first = 0
    try:
        reader = pq.ParquetFile(file.path)
        for group in range(reader.num_row_groups):
            count = reader.metadata.row_group(group).num_rows
            mine = rows[(rows >= first) & (rows < first + count)] - first
            if len(mine):
                table = reader.read_row_group(group, columns=["as_read"] if file.copied else None, use_threads=False)
                parts.append(_json(engine, file, table.take(to_arrow(mine, pa.int64()))))
            first += count
    except (pa.ArrowException, OSError):
        raise InputError("the file cannot be read as Parquet; it may be damaged", file=file.source.name) from None
    return pa.concat_arrays(parts)


def _json(engine: Engine, file: PingFile, table: pa.Table) -> pa.Array:
    if file.copied:
        return texts(table["as_read"].to_pylist())
    place = to_arrow(np.arange(table.num_rows, dtype=np.int64), pa.int64())
    names = table.column_names
    engine.con.register("bad", pa.Table.from_arrays([*table.columns, place], [*names, "offduty place"]))
    packed = ", ".join(f"{quoted(name)} := {quoted(name)}::VARCHAR" for name in names)
    query = f'SELECT to_json(struct_pack({packed}))::VARCHAR AS as_read, "offduty place" AS place FROM bad'
    found = engine.con.sql(query).to_arrow_table()
    engine.con.unregister("bad")
    return found["as_read"].take(to_arrow(np.argsort(to_ints(found["place"], 0)), pa.int64())).combine_chunks()
