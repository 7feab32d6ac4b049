"""Reads one piece of a file of pings, joined with the stretches of its devices, and quarantines the rows that are no
pings (specification#bad-pings).

DuckDB reads a file itself where it reads it as Arrow does; else Arrow reads it, and the same statement joins its table.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from offduty.arrays.arrow import Ints, to_arrow
from offduty.core.times import NO_TIME_US, LocalTime
from offduty.decision.join import PieceRows, PingBatch, PingJoin, join_pings, join_table
from offduty.decision.pings import read_instants
from offduty.duty.timeline import bulk
from offduty.ingest.duckdb_session import damaged, unreadable
from offduty.ingest.parquet_types import is_text
from offduty.ingest.ping_files import Piece, PingFile, as_read
from offduty.ingest.ping_view import is_read_by_duckdb, is_shown_as_written, show_pings

COLUMNS = ("device_id", "observed_at", "lon", "lat", "accuracy_m", "received_at", "valid")
LARGEST_GROUP_ROWS = 1 << 21
MOST_ROWS_AS_READ = 1 << 12
_SHORT_US = 3 * 86_400_000_000


def read_piece(piece: Piece, join: PingJoin, con: duckdb.DuckDBPyConnection) -> Iterator[PingBatch]:
    """Read a piece, joined with the stretches of its devices, in several batches where it is too large for one.

    Rows that are not pings are in ``quarantined`` of their batch. Raises `InputError`, or `StorageError` for a copy,
    where the file cannot be read.
    """
    if piece.rows <= LARGEST_GROUP_ROWS and is_read_by_duckdb(piece.file.path, piece.file.schema):
        yield _read_by_duckdb(piece, join, con)
        return
    first_row = piece.first_row
    for table in _tables(piece, [name for name in COLUMNS if name in piece.file.columns]):
        batch = join_table(table, first_row, join, con, piece.instants)
        rows = _some_as_read(piece.file, table, first_row, batch.quarantined.row, con)
        yield replace(batch, quarantined=replace(batch.quarantined, as_read=rows))
        first_row += table.num_rows


def _read_by_duckdb(piece: Piece, join: PingJoin, con: duckdb.DuckDBPyConnection) -> PingBatch:
    """A piece that DuckDB reads itself, in the statement that joins it."""
    file, start = piece.file, piece.start
    try:
        show_pings(con, file.path, file.schema)
        rows = PieceRows(start, piece.rows, piece.first_row, _span(piece, join.reading.local), piece.instants)
        batch, bad = join_pings(rows, join, con)
    except duckdb.InterruptException:
        raise KeyboardInterrupt from None
    except duckdb.OutOfMemoryException as error:
        raise unreadable(file.source, error) from None
    except duckdb.Error:
        raise damaged(file.source, file.copied, "damaged") from None
    as_it_was = _bad_as_read(file, bad, batch.quarantined.row, con)
    return replace(batch, quarantined=replace(batch.quarantined, as_read=as_it_was))


def _span(piece: Piece, local: LocalTime) -> tuple[int, int]:
    """A span of time with nearly all pings of a piece: that of its statistics where it is short, else that of its first
    and its last row group.
    """
    if piece.to_us - piece.from_us <= _SHORT_US:
        return piece.from_us, piece.to_us
    ends = replace(piece, groups=tuple(sorted({piece.groups[0], piece.groups[-1]})))
    some = np.concatenate([np.zeros(0, np.int64), *instants_of(ends, local)])
    return bulk(some[some != NO_TIME_US])


def instants_of(piece: Piece, local: LocalTime) -> Iterator[Ints]:
    """The instants of a piece's rows, in parts; NO_TIME_US where there is none, or more than one reading."""
    return (read_instants(table["observed_at"], local) for table in _tables(piece, ["observed_at"]))


def _tables(piece: Piece, columns: list[str]) -> Iterator[pa.Table]:
    file = piece.file
    kind = file.schema.field("device_id").type
    try:
        reader = pq.ParquetFile(
            file.path,
            metadata=file.metadata,
            read_dictionary=["device_id"] if is_text(kind) else None,
            pre_buffer=False,
        )
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
