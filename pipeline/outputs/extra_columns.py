"""Fetches the extra columns that a policy names, for released rows alone (SPEC 7)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from offduty.arrays.arrow import to_arrow
from offduty.core.errors import InputError
from offduty.ingest.ping_files import PingFile


def extra_schema(files: list[PingFile], names: tuple[str, ...]) -> pa.Schema:
    """The types of the extra columns; raises `InputError` where two files disagree."""
    found: dict[str, pa.DataType] = {}
    for file in files:
        schema = file.metadata.schema.to_arrow_schema()
        for name in names:
            kind = schema.field(name).type
            kind = kind.value_type if pa.types.is_dictionary(kind) else kind
            if pa.types.is_nested(kind):
                raise InputError(
                    f"the column {name!r} has parts of its own; it cannot be released", file=file.source.name
                )
            if found.setdefault(name, kind) != kind:
                raise InputError(
                    f"the column {name!r} has another type than in the files before", file=file.source.name
                )
    return pa.schema([pa.field(name, found.get(name, pa.string())) for name in names])


def extra_columns(files: list[PingFile], schema: pa.Schema, rows: npt.NDArray[np.signedinteger[Any]]) -> pa.Table:
    """The extra columns of some rows (numbered across all files), in their order; only what holds one of them is read."""
    order = np.argsort(rows, kind="stable")
    wanted = rows[order]
    parts = [schema.empty_table()]
    for file in files:
        reader = pq.ParquetFile(file.path, metadata=file.metadata)
        first = file.first_row
        for group in range(reader.num_row_groups):
            count = reader.metadata.row_group(group).num_rows
            low, high = np.searchsorted(wanted, [first, first + count])
            if low < high:
                held = reader.read_row_groups([group], columns=schema.names, use_threads=False).select(schema.names)
                parts.append(held.take(to_arrow(wanted[low:high] - first, pa.int64())).cast(schema))
            first += count
    back = np.empty(len(rows), np.int64)
    back[order] = np.arange(len(rows))
    return pa.concat_tables(parts).take(to_arrow(back, pa.int64()))
