"""Reads one piece of a file of pings, joined with the stretches of its devices, and quarantines the rows that are no
pings (specification#bad-pings).

Arrow decodes it, with devices as the dictionary that the file has, and DuckDB joins it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from contextlib import suppress
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa

from offduty.arrays.arrow import Ints, one_chunk, to_arrow
from offduty.core.duckdb_connection import DuckDBConnection
from offduty.core.errors import InputError
from offduty.core.times import LocalTime
from offduty.decision.join import PingBatch, PingJoin, join_pings, prepare
from offduty.decision.needed import NeededTime
from offduty.decision.pings import PingReading, PingTable, PingTimes, read_instants
from offduty.ingest.duckdb_session import reading_parquet
from offduty.ingest.ping_files import Piece, PingFile, as_read
from offduty.ingest.read_devices import ReadDevices

COLUMNS = ("device_id", "observed_at", "lon", "lat", "accuracy_m", "received_at", "valid")
LARGEST_GROUP_ROWS = 1 << 21
MOST_ROWS_AS_READ = 1 << 12


@dataclass(frozen=True)
class PingSession:
    """A DuckDB session in which one thread joins the pieces that it reads."""

    con: DuckDBConnection
    join: PingJoin

    @classmethod
    def of(cls, con: DuckDBConnection, join: PingJoin) -> PingSession:
        """A session on a connection of its own."""
        prepare(con)
        return cls(con, join)


@dataclass(frozen=True)
class DecodedPieces:
    """Pieces that another thread decodes, before it is known what they are joined with. `take` gives each of them once,
    and may be called by several threads; it notes the ``devices`` that they name.
    """

    _decoding: dict[tuple[int, tuple[int, ...]], Future[list[pa.Table]]] = field(default_factory=dict)
    devices: ReadDevices = field(default_factory=ReadDevices)

    def begin(self, pieces: Iterable[Piece], executor: Executor) -> None:
        """Begin with these pieces, in their order; a piece that is too large to be read at once is left out."""
        some = (piece for piece in pieces if piece.rows <= LARGEST_GROUP_ROWS)
        self._decoding.update(((piece.first_row, piece.groups), executor.submit(_decoded, piece)) for piece in some)

    def take(self, piece: Piece) -> Iterator[pa.Table]:
        """The tables of a piece: those that are decoded already, or are just being decoded, or else decoded now. Raises
        what `read_piece` raises of a file.
        """
        first_row = piece.first_row
        for table in self._decoded(piece):
            with reading_parquet(piece.file.source, piece.file.copied):
                devices = one_chunk(table["device_id"])
                self.devices.note(piece.file.path, first_row, devices)
            first_row += table.num_rows
            yield table.set_column(table.schema.get_field_index("device_id"), "device_id", devices)

    def _decoded(self, piece: Piece) -> Iterable[pa.Table]:
        decoding = self._decoding.pop((piece.first_row, piece.groups), None)
        if decoding is not None and not decoding.cancel():
            with suppress(InputError):  # it names the file as it was called then: fail again, with its quiet name
                return decoding.result()
        return _tables(piece, _columns(piece))


def _decoded(piece: Piece) -> list[pa.Table]:
    return list(_tables(piece, _columns(piece)))


def _columns(piece: Piece) -> list[str]:
    return [name for name in COLUMNS if name in piece.file.columns]


def read_piece(
    piece: Piece,
    session: PingSession,
    decoded: Callable[[Piece], Iterable[pa.Table]] | None = None,
    needed: NeededTime | None = None,
) -> Iterator[PingBatch]:
    """Read a piece, joined with the stretches of its devices, in several batches where it is too large for one.
    ``decoded`` gives its tables where they may have been decoded before: `DecodedPieces.take`. Rows that are not
    ``needed`` are passed over, but every column of them is decoded: a file that cannot be read stops the run. None: all
    rows are needed.

    Rows that are not pings are in ``quarantined`` of their batch. Raises `InputError`, or `StorageError` for a copy,
    where the file cannot be read.
    """
    first_row, file = piece.first_row, piece.file
    some = None if needed is None or needed.covers(piece.instants) else needed
    for table in (decoded or DecodedPieces().take)(piece):
        with reading_parquet(file.source, file.copied):
            read = _ReadRows.of(table, session.join.reading, some)
            batch = join_pings(read.pings, first_row, session.join, session.con, piece.instants)
            places = read.pings.places_of(batch.quarantined.row - first_row)
            rows = _some_as_read(file, read.table, places, batch.quarantined.row, session.con)
            if read.passed is not None:
                batch = batch.with_passed_over(read.passed)
        yield replace(batch, quarantined=replace(batch.quarantined, as_read=rows))
        first_row += table.num_rows


@dataclass(frozen=True)
class _ReadRows:
    """Rows of a piece, the same as pings, and the rows that were passed over (None: none was)."""

    table: pa.Table
    pings: PingTable
    passed: PingTimes | None

    @classmethod
    def of(cls, table: pa.Table, reading: PingReading, needed: NeededTime | None) -> _ReadRows:
        """The rows of a table that are needed. Raises what pyarrow raises."""
        times = PingTimes.of(table, reading)
        which = None if needed is None else needed.rows(times.device, times.observed_us)
        if which is None or 2 * len(which) > table.num_rows:  # to take most rows out costs more than to join the others
            return cls(table, PingTable.of_times(table, times, None, reading), None)
        others = np.ones(table.num_rows, np.bool_)
        others[which] = False
        some = table.take(to_arrow(which, pa.int64()))
        pings = PingTable.of_times(some, times.take(which), which, reading)
        return cls(some, pings, times.take(np.flatnonzero(others)))


def instants_of(piece: Piece, local: LocalTime) -> Iterator[Ints]:
    """The instants of a piece's rows, in parts; NO_TIME_US where there is none, or more than one reading."""
    return (read_instants(table["observed_at"], local) for table in _tables(piece, ["observed_at"]))


def counts_of(piece: Piece, reading: PingReading) -> tuple[int, int, int, int]:
    """Of a piece that is not decided: how many rows it has, how many of them a device and an instant, how many of those
    a device that somebody held at some time, or a lookalike, and how many a position that is written and cannot be
    read. Raises what `read_piece` raises of a file.
    """
    sums = np.zeros(4, np.int64)
    for table in _tables(piece, ["device_id", "observed_at", "lon", "lat"]):
        with reading_parquet(piece.file.source, piece.file.copied):
            times = PingTimes.of(table, reading)
            usable = np.flatnonzero(times.usable)
            misplaced = PingTable.of_times(table, times, None, reading).misplaced(usable)
        sums += [table.num_rows, *times.counts(), np.count_nonzero(misplaced)]
    rows, good, met, unplaced = sums.tolist()
    return rows, good, met, unplaced


def _tables(piece: Piece, columns: list[str]) -> Iterator[pa.Table]:
    file = piece.file
    with reading_parquet(file.source, file.copied):
        reader = file.reader()
        if piece.rows <= LARGEST_GROUP_ROWS:
            yield reader.read_row_groups(list(piece.groups), columns=columns, use_threads=False)
            return
        for batch in reader.iter_batches(1 << 20, row_groups=list(piece.groups), columns=columns, use_threads=False):
            yield pa.Table.from_batches([batch])


def _some_as_read(
    file: PingFile, table: pa.Table, places: Ints, quarantined: Ints, con: DuckDBConnection
) -> tuple[tuple[Ints, pa.Array], ...]:
    """The quarantined rows as they were read, with the columns in the order of the file, if they are few and ``table``
    has every column of the file; the columns of ``table`` come in the order in which they were asked for. They are at
    these ``places`` of the table.

    Otherwise nothing: the quarantine then reads these rows again.
    """
    is_whole = set(file.columns) <= set(table.column_names)
    if not is_whole or not 0 < len(quarantined) <= MOST_ROWS_AS_READ:
        return ()
    rows = table.select(file.columns).take(to_arrow(places, pa.int64()))
    return ((quarantined, as_read(file, rows, con)),)
