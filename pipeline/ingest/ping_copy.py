"""Copies pings that are text, or declared, into Parquet, and decides which rows are refused: which CSV row is no ping.

Each text is read once, and has the types of the contract from then on. Times without an offset become instants in the
declared zone; their offsets come from the pinned ``tzdata``, by quarters of an hour, because DuckDB has zones of its
own.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from offduty.arrays.arrow import to_arrow, to_ints
from offduty.config.contracts import contract
from offduty.core.instants import FIRST_US, LAST_US
from offduty.core.times import LocalTime, wall_offsets
from offduty.ingest.duckdb_session import DuckDBSession, unreadable
from offduty.ingest.quoting import identifier
from offduty.ingest.source_file import Source
from offduty.ingest.text_files import open_text

TIMES = ("observed_at", "received_at")


@dataclass(frozen=True)
class PingCopy:
    """The copy of a file: its path, the columns of the file itself, and those in which some time has no offset."""

    path: Path
    columns: tuple[str, ...]
    lacks_offset: tuple[str, ...]


def copy_text(engine: DuckDBSession, source: Source, local: LocalTime, extra: tuple[str, ...]) -> PingCopy:
    """A file that is read as text (declared Parquet, too) as Parquet with the contract's types; extra columns are text.

    The copy has `AS_READ` for the rows that are not pings. Raises what `open_text` raises.
    """
    names = open_text(engine, source, extra)
    declared, path = source.declared, engine.copy(source)
    times = [name for name in TIMES if declared.written_name(name) in names or name in declared.constants]
    parameters = {"path": path, "first_us": FIRST_US, "last_us": LAST_US, "zoned": local.declared is not None}
    statement = resources.files("offduty.ingest").joinpath("pings_from_text.sql").read_text(encoding="utf-8")
    try:
        engine.con.execute(_is_ping())
        engine.con.register("wall_offsets", _offsets(engine, times, local))
        engine.con.execute(statement, parameters)
        engine.con.unregister("wall_offsets")
        lacks = _lacks_offset(engine, times, path)
    except duckdb.Error as error:
        raise unreadable(source, error, path) from None
    return PingCopy(Path(path), tuple(names), lacks)


def _is_ping() -> str:
    """SQL that defines the macro ``is_ping``: whether a row passes every check of the contract. It is never NULL."""
    checks = " AND ".join(f"({check}) IS TRUE" for _, check in contract("pings").checks)
    parameters = "device_id, observed_us, received_us, lon, lat, valid"
    return f"CREATE OR REPLACE TEMP MACRO is_ping({parameters}) AS {checks}"


def _offsets(engine: DuckDBSession, times: list[str], local: LocalTime) -> pa.Table:
    """The offset of each quarter of an hour of wall time in the file, where it has exactly one; without a declared
    zone there is none.
    """
    quarters = np.zeros(0, np.int64)
    if local.declared is not None:
        found = [
            engine.con.sql(
                f"SELECT DISTINCT quarter_of(wall_from_text({identifier(name)})) AS quarter FROM input_text"
            ).to_arrow_table()["quarter"]
            for name in times
        ]
        quarters = np.unique(np.concatenate([quarters, *(to_ints(column.drop_null(), 0) for column in found)]))
    offsets, known = wall_offsets(quarters, local)
    columns = [to_arrow(values[known], pa.int64()) for values in (quarters, offsets)]
    return pa.Table.from_arrays(columns, ["quarter", "offset_us"])


def _lacks_offset(engine: DuckDBSession, times: list[str], path: str) -> tuple[str, ...]:
    """The columns in which some time has no offset. ``observed_at`` is looked at only where some instant is missing in
    the copy; that is known without reading it.
    """
    with_nulls = _nulls(path, "observed_at")
    return tuple(name for name in times if (name != "observed_at" or with_nulls) and _lacks(engine, name))


def _lacks(engine: DuckDBSession, name: str) -> bool:
    query = f"SELECT bool_or(lacks_offset({identifier(name)})) FROM input_text"
    return bool(engine.con.execute(query).fetchall()[0][0])


def _nulls(path: str, name: str) -> bool:
    metadata = pq.read_metadata(path)
    index = metadata.schema.to_arrow_schema().names.index(name)
    groups = (metadata.row_group(group).column(index).statistics for group in range(metadata.num_row_groups))
    return any(statistics is None or not statistics.has_null_count or statistics.null_count for statistics in groups)
