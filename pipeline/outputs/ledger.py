"""Writes the ledger for auditors: one reason for each input row, and no position, time, device or officer.

Rules: specification#ledger, specification#every-row-once.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from offduty.arrays.arrow import dictionary_array, to_arrow
from offduty.core.reasons import Reason
from offduty.ingest.ping_files import PingFile
from offduty.outputs.outcome import NOT_RECORDED

ROWS_PER_FILE = 1 << 23
ROWS_PER_GROUP = 1 << 20

SCHEMA = pa.schema(
    [
        pa.field("file", pa.int32(), nullable=False),
        pa.field("row", pa.int64(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
    ]
)


def write_ledger_part(path: Path, reasons: npt.NDArray[np.uint8], files: list[PingFile], first: int, last: int) -> int:
    """Write the rows from ``first`` to ``last`` (exclusive) that are recorded; returns how many were written.

    Rows are numbered across all ``files``, and ``reasons`` has one reason for each. Rows with `NOT_RECORDED` are left
    out: they are outside the interval, or in the quarantine.
    """
    schema = SCHEMA.set(2, pa.field("reason", pa.dictionary(pa.int32(), pa.string()), nullable=False))
    starts = np.array([file.first_row for file in files], np.int64)
    numbers = np.array([file.source.number for file in files], np.int32)
    reason_words = [reason.word for reason in Reason]
    written = 0
    with pq.ParquetWriter(
        path,
        schema,
        compression="zstd",
        compression_level=1,
        use_dictionary=["reason"],
        write_statistics=False,
        column_encoding={"file": "DELTA_BINARY_PACKED", "row": "DELTA_BINARY_PACKED"},
        store_schema=False,
    ) as writer:
        for start in range(first, last, ROWS_PER_GROUP):
            some = reasons[start : min(start + ROWS_PER_GROUP, last)]
            rows = np.flatnonzero(some != NOT_RECORDED)
            reason = np.take(some, rows)
            rows += start
            file = np.searchsorted(starts, rows[[0, -1]], "right") - 1 if len(rows) else np.zeros(2, np.int64)
            if file[0] != file[1]:
                file = np.searchsorted(starts, rows, "right") - 1
                number, rows = np.take(numbers, file), rows - np.take(starts, file)
            elif len(rows):
                number, rows = np.full(len(rows), numbers[file[0]], np.int32), rows - starts[file[0]]
            else:
                number = np.zeros(0, np.int32)
            columns = [to_arrow(number, pa.int32()), to_arrow(rows, pa.int64()), dictionary_array(reason, reason_words)]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema), row_group_size=ROWS_PER_GROUP)
            written += len(rows)
    return written


def ledger_spans(rows: int) -> list[tuple[int, int]]:
    """The rows of each ledger file, as (first, last) with ``last`` exclusive. There is at least one file."""
    return [(first, min(first + ROWS_PER_FILE, rows)) for first in range(0, max(rows, 1), ROWS_PER_FILE)]
