"""Shows a Parquet file of pings to DuckDB as the view ``pings``, with the contract's names and types.

Only what DuckDB reads as Arrow does is shown: other types of columns, wall times and ambiguous names are read by Arrow,
and joined by the same statement.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa

from offduty.config.contracts import Column, contract
from offduty.ingest.duckdb_session import is_pattern
from offduty.ingest.parquet_types import is_text
from offduty.ingest.quoting import identifier

_SQL_TYPES = {"id": "VARCHAR", "instant": "TIMESTAMPTZ", "degrees": "DOUBLE", "metres": "DOUBLE", "word": "VARCHAR"}
_ROW = "file_row_number"


def is_read_by_duckdb(path: Path, schema: pa.Schema) -> bool:
    """Whether DuckDB reads the columns of the contract from a file of this schema exactly as Arrow does.

    DuckDB does not tell names apart by upper and lower case.
    """
    names = [name.casefold() for name in schema.names]
    there = [name for name in contract("pings").names if name in schema.names]
    distinct = len(set(names)) == len(names) and _ROW not in names
    return distinct and not is_pattern(str(path)) and all(_fits(name, schema.field(name).type) for name in there)


def is_shown_as_written(schema: pa.Schema) -> bool:
    """Whether every column of such a file comes out of the join, and each value of it as DuckDB would write it as
    text. ``received_at`` and ``valid`` do not: one column more of all rows that leave costs more than to read a few
    rows again.
    """
    numbers = [column.name for column in contract("pings").columns if column.type in ("degrees", "metres")]
    is_exact = all(pa.types.is_float64(schema.field(name).type) for name in numbers if name in schema.names)
    return is_exact and set(schema.names) <= set(contract("pings").names) - {"received_at", "valid"}


def _fits(name: str, kind: pa.DataType) -> bool:
    integer, texts = bool(pa.types.is_integer(kind)), is_text(kind)
    return {
        "id": texts or integer,
        "instant": pa.types.is_timestamp(kind) and kind.unit == "us" and kind.tz is not None,
        "degrees": pa.types.is_float64(kind) or pa.types.is_float32(kind) or integer,
        "metres": pa.types.is_float64(kind) or pa.types.is_float32(kind) or integer,
        "word": texts or integer or pa.types.is_boolean(kind),
    }[contract("pings").column(name).type]


def show_pings(con: duckdb.DuckDBPyConnection, path: Path, schema: pa.Schema) -> None:
    """Show a file in this session, which is `prepare`d; it takes the place of the one that was shown last."""
    columns = ", ".join(
        f"{_shown(column, schema)} AS {identifier(column.name)}" for column in contract("pings").columns
    )
    con.execute("SET VARIABLE path = $path", {"path": str(path)})
    con.execute(
        f"CREATE OR REPLACE TEMP VIEW pings AS SELECT {_ROW} AS row, {columns}"
        f" FROM read_parquet(getvariable('path'), {_ROW} = true)"
    )


def _shown(column: Column, schema: pa.Schema) -> str:
    """A column as the contract has it; NULL where the file lacks it, which the checks then cost nothing."""
    if column.name not in schema.names:
        return f"NULL::{_SQL_TYPES[column.type]}"
    value = f"{identifier(column.name)}::{_SQL_TYPES[column.type]}"
    return f"valid_word({value})" if column.type == "word" else value
