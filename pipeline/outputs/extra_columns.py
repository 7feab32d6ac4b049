"""Reads the extra columns that a policy names, for released rows only (specification#release-columns)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from offduty.arrays.arrow import to_arrow
from offduty.core.errors import InputError
from offduty.core.reasons import Reason
from offduty.ingest.ping_files import PingFile
from offduty.outputs.outcome import Outcome


def extra_schema(files: list[PingFile], names: tuple[str, ...]) -> pa.Schema:
    """The names and types of the extra columns, dictionaries as the type of their values, and every text as a string.

    Raises `InputError` where two files disagree, or where a column is nested: its parts would be columns that the
    policy does not name. Without files every column is a string.
    """
    types: dict[str, pa.DataType] = {}
    for file in files:
        schema = file.metadata.schema.to_arrow_schema()
        for name in names:
            kind = schema.field(name).type
            kind = kind.value_type if pa.types.is_dictionary(kind) else kind
            kind = pa.string() if pa.types.is_large_string(kind) or pa.types.is_string_view(kind) else kind
            if pa.types.is_nested(kind):
                raise InputError(
                    f"the column {name!r} is nested and cannot be released; remove it from release.extra_columns",
                    file=file.source.name,
                )
            if types.setdefault(name, kind) != kind:
                raise InputError(
                    f"the column {name!r} has another type than in the files before", file=file.source.name
                )
    return pa.schema([pa.field(name, types.get(name, pa.string())) for name in names])


def extra_columns(files: list[PingFile], schema: pa.Schema, rows: npt.NDArray[np.signedinteger[Any]]) -> pa.Table:
    """The extra columns of ``rows`` (numbered across all files), in their order. Other row groups are not read."""
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
                table = reader.read_row_groups([group], columns=schema.names, use_threads=False).select(schema.names)
                parts.append(table.take(to_arrow(wanted[low:high] - first, pa.int64())).cast(schema))
            first += count
    original_order = np.empty(len(rows), np.int64)
    original_order[order] = np.arange(len(rows))
    return pa.concat_tables(parts).take(to_arrow(original_order, pa.int64()))


def settle_twins(outcome: Outcome, files: list[PingFile], names: tuple[str, ...]) -> dict[int, int]:
    """Settle which of several equal pings is released, by their extra columns (specification#reason-duplicate).

    The reasons of ``outcome`` are changed where another one comes first; its row replaces the released row in the
    result. Equal pings beside the interval, of a window that reaches into it, are left alone: another run records them.
    Numbers are compared by size (NaN after them), texts by code points, and a missing value comes last.
    """
    groups = [group for group in outcome.twins if outcome.reasons[group[0]] == Reason.ON_DUTY]
    if not groups:
        return {}
    rows = np.unique(np.concatenate(groups))
    columns = extra_columns(files, extra_schema(files, names), rows).to_pydict()
    ranks = dict(zip(rows.tolist(), zip(*(map(_rank, columns[name]) for name in names), strict=True), strict=True))
    instead: dict[int, int] = {}
    for group in groups:
        released, *_ = mine = group.tolist()
        chosen = min(mine, key=lambda row: (ranks[row], row))
        if chosen != released:
            instead[released] = chosen
            outcome.reasons[chosen], outcome.reasons[released] = Reason.ON_DUTY, Reason.DUPLICATE
    return instead


def _rank(value: Any) -> tuple[int, Any]:
    """What orders a value: numbers by size and NaN after them, and a missing value last."""
    if value is None:
        return 2, 0
    return (1, 0) if value != value else (0, value)
