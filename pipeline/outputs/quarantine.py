"""Writes the quarantine: the rows that cannot be read as pings, complete, for the engineer who corrects their source.

Rules: specification#quarantine, specification#bad-pings.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from offduty.arrays.arrow import Ints, dictionary_array, string_array, to_arrow
from offduty.core.reasons import QuarantineReason
from offduty.decision.pings import QuarantinedRows
from offduty.ingest.columns import AS_READ
from offduty.ingest.duckdb_session import DuckDBSession, reading_parquet
from offduty.ingest.ping_files import PingFile, as_read

ROWS_PER_GROUP = 1 << 16

SCHEMA = pa.schema(
    [
        pa.field("file", pa.int32(), nullable=False),
        pa.field("row", pa.int64(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("as_read", pa.string(), nullable=False),
    ]
)


def write_quarantine(path: Path, engine: DuckDBSession, files: list[PingFile], quarantined: QuarantinedRows) -> int:
    """Write every quarantined row as it was read, as a JSON object of texts; returns how many.

    Rows are written in order of file and row. Those that `quarantined` does not have as they were read are read again
    from ``files``; raises `InputError` or `StorageError` where that is not possible.
    """
    order = np.argsort(quarantined.row)
    rows, reasons = quarantined.row[order], quarantined.reason[order]
    starts = np.array([file.first_row for file in files] or [0], np.int64)
    file_index = np.searchsorted(starts, rows, "right") - 1
    schema = SCHEMA.set(2, pa.field("reason", pa.dictionary(pa.int32(), pa.string()), nullable=False))
    available = _AvailableRows.of(quarantined)
    with pq.ParquetWriter(path, schema, compression="zstd", use_dictionary=["reason"], store_schema=False) as writer:
        for index, file in enumerate(files):
            in_file = np.flatnonzero(file_index == index)
            for first in range(0, len(in_file), ROWS_PER_GROUP):
                some = in_file[first : first + ROWS_PER_GROUP]
                texts = available.find(rows[some])
                columns = [
                    to_arrow(np.full(len(some), file.source.number, np.int32), pa.int32()),
                    to_arrow(rows[some] - file.first_row, pa.int64()),
                    dictionary_array(reasons[some], [reason.word for reason in QuarantineReason]),
                    _read_again(engine, file, rows[some]) if texts is None else texts,
                ]
                writer.write_table(pa.Table.from_arrays(columns, schema=schema))
    return len(rows)


@dataclass(frozen=True)
class _AvailableRows:
    """The rows that the reader has already as they were read: their numbers, sorted, and their texts."""

    rows: Ints
    texts: pa.Array

    @staticmethod
    def of(quarantined: QuarantinedRows) -> _AvailableRows:
        rows = np.concatenate([np.zeros(0, np.int64), *(rows for rows, _ in quarantined.as_read)])
        texts = pa.concat_arrays([string_array([]), *(texts for _, texts in quarantined.as_read)])
        order = np.argsort(rows)
        return _AvailableRows(rows[order], texts.take(to_arrow(order, pa.int64())))

    def find(self, rows: Ints) -> pa.Array | None:
        """The texts of these rows in their order, or None if one of them is missing."""
        index = np.searchsorted(self.rows, rows)
        is_available = index < len(self.rows)
        is_available[is_available] = self.rows[index[is_available]] == rows[is_available]
        return self.texts.take(to_arrow(index, pa.int64())) if is_available.all() else None


def _read_again(engine: DuckDBSession, file: PingFile, rows: Ints) -> pa.Array:
    """These rows of a file as they were read; only the row groups that have one of them are read again."""
    parts = []
    first = file.first_row
    with reading_parquet(file.source, file.copied):
        reader = pq.ParquetFile(file.path)
        for group in range(reader.num_row_groups):
            count = reader.metadata.row_group(group).num_rows
            in_group = rows[(rows >= first) & (rows < first + count)] - first
            if len(in_group):
                table = reader.read_row_group(group, columns=[AS_READ] if file.copied else None, use_threads=False)
                parts.append(as_read(file, table.take(to_arrow(in_group, pa.int64())), engine.con))
            first += count
    return pa.concat_arrays(parts)
