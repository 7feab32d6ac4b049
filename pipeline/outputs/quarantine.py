"""Writes the quarantine: rows that are no pings, whole, for the engineer who has to mend the feed (SPEC 2, 8)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from offduty.arrays.arrow import Ints, dictionary_array, string_array, to_arrow
from offduty.core.reasons import QuarantineReason
from offduty.decision.pings import QuarantinedRows
from offduty.ingest.duckdb_session import DuckDBSession, damaged
from offduty.ingest.ping_files import PingFile, as_read
from offduty.ingest.text_files import AS_READ

ROWS_PER_GROUP = 1 << 16

SCHEMA = pa.schema(
    [
        pa.field("file", pa.int32(), nullable=False),
        pa.field("row", pa.int64(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("as_read", pa.string(), nullable=False),
    ]
)


def write_quarantine(path: Path, engine: DuckDBSession, files: list[PingFile], faults: QuarantinedRows) -> int:
    """Write every fault with its row as it was read, as a JSON object of texts; returns how many."""
    order = np.argsort(faults.row)
    rows, reasons = faults.row[order], faults.reason[order]
    starts = np.array([file.first_row for file in files] or [0], np.int64)
    place = np.searchsorted(starts, rows, "right") - 1
    schema = SCHEMA.set(2, pa.field("reason", pa.dictionary(pa.int32(), pa.string()), nullable=False))
    kept_rows = np.concatenate([np.zeros(0, np.int64), *(pair[0] for pair in faults.as_read)])
    kept = pa.concat_arrays([string_array([]), *(pair[1] for pair in faults.as_read)])
    by_row = np.argsort(kept_rows)
    with pq.ParquetWriter(path, schema, compression="zstd", use_dictionary=["reason"], store_schema=False) as writer:
        for number, file in enumerate(files):
            mine = np.flatnonzero(place == number)
            for first in range(0, len(mine), ROWS_PER_GROUP):
                some = mine[first : first + ROWS_PER_GROUP]
                found = np.searchsorted(kept_rows[by_row], rows[some])
                at_hand = found < len(by_row)
                at_hand[at_hand] = kept_rows[by_row[found[at_hand]]] == rows[some][at_hand]
                whole = (
                    kept.take(to_arrow(by_row[found], pa.int64()))
                    if at_hand.all()
                    else _read_again(engine, file, rows[some])
                )
                columns = [
                    to_arrow(np.full(len(some), file.source.number, np.int32), pa.int32()),
                    to_arrow(rows[some] - file.first_row, pa.int64()),
                    dictionary_array(reasons[some], [reason.word for reason in QuarantineReason]),
                    whole,
                ]
                writer.write_table(pa.Table.from_arrays(columns, schema=schema))
    return len(rows)


def _read_again(engine: DuckDBSession, file: PingFile, rows: Ints) -> pa.Array:
    """These rows of a file, whole: only the row groups that hold one of them are read again."""
    parts = []
    first = file.first_row
    try:
        reader = pq.ParquetFile(file.path)
        for group in range(reader.num_row_groups):
            count = reader.metadata.row_group(group).num_rows
            mine = rows[(rows >= first) & (rows < first + count)] - first
            if len(mine):
                table = reader.read_row_group(group, columns=[AS_READ] if file.copied else None, use_threads=False)
                parts.append(as_read(file, table.take(to_arrow(mine, pa.int64())), engine.con))
            first += count
    except (pa.ArrowException, OSError):
        raise damaged(file.source, file.copied, "damaged") from None
    return pa.concat_arrays(parts)
