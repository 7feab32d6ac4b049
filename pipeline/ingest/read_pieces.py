"""Reads one piece of a file of pings, joined with the stretches of its devices, and quarantines the rows that are no
pings (specification#bad-pings).

DuckDB reads a file itself where it reads it as Arrow does; else Arrow reads it, and the same statement joins its table.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from offduty.arrays.arrow import Ints, to_arrow
from offduty.core.times import NO_TIME_US, LocalTime
from offduty.decision.join import PieceRows, PingBatch, PingJoin, join_pings, join_table, prepare
from offduty.decision.pings import read_instants
from offduty.duty.timeline import bulk
from offduty.ingest.duckdb_session import damaged, unreadable
from offduty.ingest.ping_files import Piece, PingFile, as_read
from offduty.ingest.ping_view import is_read_by_duckdb, is_shown_as_written, show_pings

COLUMNS = ("device_id", "observed_at", "lon", "lat", "accuracy_m", "received_at", "valid")
LARGEST_GROUP_ROWS = 1 << 21
MOST_ROWS_AS_READ = 1 << 12
_SHORT_US = 3 * 86_400_000_000
_HEAD = 1_024
_BRIEF = 16


@dataclass
class PingSession:
    """A DuckDB session in which one thread reads pieces and joins them; ``shown`` is the file in its view of pings."""

    con: duckdb.DuckDBPyConnection
    join: PingJoin
    shown: Path | None = None

    @classmethod
    def of(cls, con: duckdb.DuckDBPyConnection, join: PingJoin) -> PingSession:
        """A session on a connection of its own."""
        prepare(con)
        return cls(con, join)

    def show(self, file: PingFile) -> None:
        """Have a file in the view of pings."""
        if self.shown != file.path:
            show_pings(self.con, file.path, file.schema)
            self.shown = file.path


def read_piece(piece: Piece, session: PingSession) -> Iterator[PingBatch]:
    """Read a piece, joined with the stretches of its devices, in several batches where it is too large for one.

    Rows that are not pings are in ``quarantined`` of their batch. Raises `InputError`, or `StorageError` for a copy,
    where the file cannot be read.
    """
    if piece.rows <= LARGEST_GROUP_ROWS and is_read_by_duckdb(piece.file.path, piece.file.schema):
        yield _read_by_duckdb(piece, session)
        return
    first_row, con = piece.first_row, session.con
    session.shown = None
    for table in _tables(piece, [name for name in COLUMNS if name in piece.file.columns]):
        batch = join_table(table, first_row, session.join, con, piece.instants)
        rows = _some_as_read(piece.file, table, first_row, batch.quarantined.row, con)
        yield replace(batch, quarantined=replace(batch.quarantined, as_read=rows))
        first_row += table.num_rows


def _read_by_duckdb(piece: Piece, session: PingSession) -> PingBatch:
    """A piece that DuckDB reads itself, in the statement that joins it."""
    file = piece.file
    try:
        session.show(file)
        span = _span(piece, session.join.reading.local)
        rows = PieceRows(piece.start, piece.rows, piece.first_row, span, piece.instants)
        batch, bad = join_pings(rows, session.join, session.con)
    except duckdb.InterruptException:
        raise KeyboardInterrupt from None
    except duckdb.OutOfMemoryException as error:
        raise unreadable(file.source, error) from None
    except duckdb.Error:
        raise damaged(file.source, file.copied, "damaged") from None
    as_it_was = _bad_as_read(file, bad, batch.quarantined.row, session.con)
    return replace(batch, quarantined=replace(batch.quarantined, as_read=as_it_was))


def _span(piece: Piece, local: LocalTime) -> tuple[int, int]:
    """A span of time with nearly all pings of a piece: that of its statistics where it is short. Else, where its rows
    come in order of time, from the beginning of its first row group to that of the next one after it, or to its end;
    and elsewhere that of its first and its last row group.
    """
    if piece.to_us - piece.from_us <= _SHORT_US:
        return piece.from_us, piece.to_us
    heads = [bulk(head[head != NO_TIME_US]) for head in _heads(piece, local)]
    begin_us, end_us = heads[0][0], heads[-1][1]
    if len(heads) == len(piece.groups):
        end_us = _bulk_of(replace(piece, groups=piece.groups[-1:]), local)[1]
    in_order = all(earlier[1] <= later[0] for earlier, later in pairwise(heads))
    if in_order and all((to_us - from_us) * _BRIEF <= end_us - begin_us for from_us, to_us in heads):
        return begin_us, end_us
    return _bulk_of(replace(piece, groups=tuple(sorted({piece.groups[0], piece.groups[-1]}))), local)


def _bulk_of(piece: Piece, local: LocalTime) -> tuple[int, int]:
    some = np.concatenate([np.zeros(0, np.int64), *instants_of(piece, local)])
    return bulk(some[some != NO_TIME_US])


def _heads(piece: Piece, local: LocalTime) -> Iterator[Ints]:
    """The first instants of each row group of a piece, and of the one after it in its file if there is one."""
    after = piece.groups[-1] + 1
    groups = [*piece.groups, *([after] if after < piece.file.metadata.num_row_groups else [])]
    try:
        reader = pq.ParquetFile(piece.file.path, metadata=piece.file.metadata, pre_buffer=False)
        for group in groups:
            batches = reader.iter_batches(_HEAD, row_groups=[group], columns=["observed_at"], use_threads=False)
            yield from (read_instants(pa.chunked_array([batch.column(0)]), local) for batch in islice(batches, 1))
    except (pa.ArrowException, OSError):
        raise damaged(piece.file.source, piece.file.copied, "damaged") from None


def instants_of(piece: Piece, local: LocalTime) -> Iterator[Ints]:
    """The instants of a piece's rows, in parts; NO_TIME_US where there is none, or more than one reading."""
    return (read_instants(table["observed_at"], local) for table in _tables(piece, ["observed_at"]))


def _tables(piece: Piece, columns: list[str]) -> Iterator[pa.Table]:
    file = piece.file
    try:
        reader = file.reader()
        if piece.rows <= LARGEST_GROUP_ROWS:
            yield reader.read_row_groups(list(piece.groups), columns=columns, use_threads=False)
            return
        for batch in reader.iter_batches(1 << 20, row_groups=list(piece.groups), columns=columns, use_threads=False):
            yield pa.Table.from_batches([batch])
    except (pa.ArrowException, OSError):
        raise damaged(file.source, file.copied, "damaged") from None


def _bad_as_read(
    file: PingFile, bad: pa.Table, quarantined: Ints, con: duckdb.DuckDBPyConnection
) -> tuple[tuple[Ints, pa.Array], ...]:
    """The quarantined rows as they were read, if the view of the file shows every column as it is written.

    Otherwise nothing: the quarantine then reads these rows again.
    """
    if file.copied or not (is_shown_as_written(file.schema) and 0 < len(quarantined) <= MOST_ROWS_AS_READ):
        return ()
    return ((quarantined, as_read(file, bad.select(file.columns), con)),)


def _some_as_read(
    file: PingFile, table: pa.Table, first_row: int, quarantined: Ints, con: duckdb.DuckDBPyConnection
) -> tuple[tuple[Ints, pa.Array], ...]:
    """The quarantined rows as they were read, if they are few and ``table`` has every column of the file.

    Otherwise nothing: the quarantine then reads these rows again.
    """
    is_whole = set(file.columns) <= set(table.column_names)
    if not is_whole or not 0 < len(quarantined) <= MOST_ROWS_AS_READ:
        return ()
    return ((quarantined, as_read(file, table.take(to_arrow(quarantined - first_row, pa.int64())), con)),)
