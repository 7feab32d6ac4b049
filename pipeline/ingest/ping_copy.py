"""Copies pings that are text, or declared, into Parquet, and decides which rows are refused: which CSV row is no ping.

Each text is read once, and has the types of the contract from then on. Times without an offset become instants in the
declared zone; their offsets come from the pinned ``tzdata``, by quarters of an hour, because DuckDB has zones of its
own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from offduty.arrays.arrow import to_arrow, to_ints
from offduty.config.contracts import contract
from offduty.core.duckdb_connection import DuckDBConnection
from offduty.core.instants import FIRST_US, LAST_US
from offduty.core.times import LocalTime, wall_offsets
from offduty.ingest.duckdb_session import DuckDBSession, reading_text
from offduty.ingest.plain_copy import copy_plain
from offduty.ingest.plain_csv import NotPlainError
from offduty.ingest.quoting import identifier
from offduty.ingest.source_file import Source
from offduty.ingest.text_files import open_text, show_texts

TIMES = ("observed_at", "received_at")
_BOUNDS = {"first_us": FIRST_US, "last_us": LAST_US}


@dataclass(frozen=True)
class PingCopy:
    """The copy of a file: its path, the columns of the file itself, and those in which some time has no offset."""

    path: Path
    columns: tuple[str, ...]
    lacks_offset: tuple[str, ...]


def copy_text(engine: DuckDBSession, source: Source, local: LocalTime, extra: tuple[str, ...]) -> PingCopy:
    """A file that is read as text (declared Parquet, too) as Parquet with the contract's types; extra columns are text.

    The copy has `AS_READ` for the rows that are not pings. A plain CSV is read by Arrow, the odd rows of it and every
    other file by the statement. Raises what `open_text` raises.
    """
    path = engine.copy(source)
    statement = _TextReading(engine, source, local, extra)
    with reading_text(source, path):
        try:
            names = copy_plain(source, path, engine.threads, extra, statement.ask)
            return PingCopy(Path(path), names, statement.lacks_offset(_nulls(path, "observed_at")))
        except NotPlainError:
            return statement.copy(path)


class _TextReading:
    """The statement that reads text by the contract (pings_from_text.sql): of a whole file, or of some of its rows."""

    def __init__(self, engine: DuckDBSession, source: Source, local: LocalTime, extra: tuple[str, ...]) -> None:
        self._engine, self._source, self._local, self._extra = engine, source, local, extra
        self._lacking: set[str] = set()
        engine.con.execute(_is_ping())

    def copy(self, path: str) -> PingCopy:
        """Copy the whole file."""
        engine = self._engine
        names = open_text(engine, self._source, self._extra)
        times = self._times(names)
        copy_typed(engine.con, path, self._wall_offsets(times))
        # observed_at is looked at only where some instant is missing in the copy; that is known without reading it.
        with_nulls = _nulls(path, "observed_at")
        self._lacking = {name for name in times if (name != "observed_at" or with_nulls) and _lacks(engine, name)}
        return PingCopy(Path(path), tuple(names), self.lacks_offset(with_nulls))

    def ask(self, texts: pa.Table) -> pa.Table:
        """Read some rows, of which every column of the file is text."""
        engine, times = self._engine, self._times(texts.column_names)
        with engine.con.showing(asked_rows=texts):
            show_texts(engine, self._source, "asked_rows", texts.column_names, self._extra)
            answers = _typed(engine.con, self._wall_offsets(times))
            # Without a declared zone, a time without an offset is none.
            may_lack = [name for name in times if self._local.declared is not None or answers[name].null_count]
            self._lacking |= {name for name in may_lack if name not in self._lacking and _lacks(engine, name)}
        return answers

    def lacks_offset(self, with_nulls: bool) -> tuple[str, ...]:
        """The columns in which some time that was read here has no offset; ``observed_at`` only where some instant is
        missing.
        """
        return tuple(name for name in TIMES if name in self._lacking and (name != "observed_at" or with_nulls))

    def _times(self, names: Sequence[str]) -> list[str]:
        declared = self._source.declared
        return [name for name in TIMES if declared.written_name(name) in names or name in declared.constants]

    def _wall_offsets(self, times: list[str]) -> pa.Table | None:
        return None if self._local.declared is None else _offsets(self._engine, times, self._local)


def copy_typed(con: DuckDBConnection, path: str, wall_offsets: pa.Table | None) -> None:
    """Copy the session's ``input_text`` into Parquet at ``path``: one row for each of its rows, in their order.

    ``wall_offsets`` are the offsets of the declared zone (`_offsets`); without them, a time without an offset is no
    instant. The session needs the macros, ``is_ping`` among them. Raises what `DuckDBConnection` raises.
    """
    with _timed(con, wall_offsets) as select:
        con.execute(f"COPY ({select}) TO $path (FORMAT parquet, USE_TMP_FILE false)", {"path": path, **_BOUNDS})


def _typed(con: DuckDBConnection, wall_offsets: pa.Table | None) -> pa.Table:
    """What `copy_typed` copies, as a table."""
    with _timed(con, wall_offsets) as select:
        return con.ask(select, _BOUNDS)


@contextmanager
def _timed(con: DuckDBConnection, wall_offsets: pa.Table | None) -> Iterator[str]:
    """The statement, and in the session the view ``timed_text`` that it reads."""
    select = _sql("pings_from_text.sql")
    if wall_offsets is None:
        con.execute(_sql("times_with_offset.sql"))
        yield select
        return
    with con.showing(wall_offsets=wall_offsets):
        con.execute(_sql("times_in_zone.sql"))
        yield f"{select} ORDER BY row"
        con.execute("DROP VIEW timed_text")


def _sql(name: str) -> str:
    return resources.files("offduty.ingest").joinpath(name).read_text(encoding="utf-8")


def _is_ping() -> str:
    """SQL that defines the macro ``is_ping``: whether a row passes every check of the contract. It is never NULL."""
    checks = " AND ".join(f"({check}) IS TRUE" for _, check in contract("pings").checks)
    parameters = "device_id, observed_us, received_us, lon, lat, valid"
    return f"CREATE OR REPLACE TEMP MACRO is_ping({parameters}) AS {checks}"


def _offsets(engine: DuckDBSession, times: list[str], local: LocalTime) -> pa.Table:
    """The offset of each quarter of an hour of wall time in the file, where it has exactly one in the declared zone."""
    quarter = "SELECT DISTINCT quarter_of(wall_from_text({})) AS quarter FROM input_text"
    found = [engine.con.ask(quarter.format(identifier(name)))["quarter"] for name in times]
    none = np.zeros(0, np.int64)
    quarters = np.unique(np.concatenate([none, *(to_ints(column.drop_null(), 0) for column in found)]))
    offsets, known = wall_offsets(quarters, local)
    columns = [to_arrow(values[known], pa.int64()) for values in (quarters, offsets)]
    return pa.Table.from_arrays(columns, ["quarter", "offset_us"])


def _lacks(engine: DuckDBSession, name: str) -> bool:
    query = f"SELECT bool_or(lacks_offset({identifier(name)})) AS some FROM input_text"
    return bool(engine.con.ask(query)["some"][0].as_py())


def _nulls(path: str, name: str) -> bool:
    metadata = pq.read_metadata(path)
    index = metadata.schema.to_arrow_schema().names.index(name)
    groups = (metadata.row_group(group).column(index).statistics for group in range(metadata.num_row_groups))
    return any(statistics is None or not statistics.has_null_count or statistics.null_count for statistics in groups)
