"""Reads one piece of a file of pings, joined with the stretches of its devices, and quarantines the rows that are no
pings (specification#bad-pings).

Arrow decodes it, with devices as the dictionary that the file has, and DuckDB joins it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb
import pyarrow as pa

from offduty.arrays.arrow import Ints, to_arrow
from offduty.core.times import LocalTime
from offduty.decision.join import PingBatch, PingJoin, join_pings, prepare
from offduty.decision.pings import PingTable, read_instants
from offduty.ingest.duckdb_session import damaged, unreadable
from offduty.ingest.ping_files import Piece, PingFile, as_read

COLUMNS = ("device_id", "observed_at", "lon", "lat", "accuracy_m", "received_at", "valid")
LARGEST_GROUP_ROWS = 1 << 21
MOST_ROWS_AS_READ = 1 << 12


@dataclass(frozen=True)
class PingSession:
    """A DuckDB session in which one thread joins the pieces that it reads."""

    con: duckdb.DuckDBPyConnection
    join: PingJoin

    @classmethod
    def of(cls, con: duckdb.DuckDBPyConnection, join: PingJoin) -> PingSession:
        """A session on a connection of its own."""
        prepare(con)
        return cls(con, join)


@dataclass(frozen=True)
class DecodedPieces:
    """Pieces that another thread decodes, before it is known what they are joined with. `take` gives each of them once,
    and may be called by several threads.
    """

    _decoding: dict[tuple[Path, tuple[int, ...]], Future[list[pa.Table]]] = field(default_factory=dict)

    @classmethod
    def begin(cls, pieces: Iterable[Piece], executor: Executor) -> DecodedPieces:
        """Begin with these pieces, in their order; a piece that is too large to be read at once is left out."""
        some = (piece for piece in pieces if piece.rows <= LARGEST_GROUP_ROWS)
        return cls({(piece.file.path, piece.groups): executor.submit(_decoded, piece) for piece in some})

    def take(self, piece: Piece) -> Iterable[pa.Table]:
        """The tables of a piece: those that are decoded already, or are just being decoded, or else decoded now. Raises
        what `read_piece` raises of a file.
        """
        decoding = self._decoding.pop((piece.file.path, piece.groups), None)
        return _tables(piece, _columns(piece)) if decoding is None or decoding.cancel() else decoding.result()


def _decoded(piece: Piece) -> list[pa.Table]:
    return list(_tables(piece, _columns(piece)))


def _columns(piece: Piece) -> list[str]:
    return [name for name in COLUMNS if name in piece.file.columns]


def read_piece(
    piece: Piece, session: PingSession, decoded: Callable[[Piece], Iterable[pa.Table]] | None = None
) -> Iterator[PingBatch]:
    """Read a piece, joined with the stretches of its devices, in several batches where it is too large for one.
    ``decoded`` gives its tables where they may have been decoded before: `DecodedPieces.take`.

    Rows that are not pings are in ``quarantined`` of their batch. Raises `InputError`, or `StorageError` for a copy,
    where the file cannot be read.
    """
    first_row, file = piece.first_row, piece.file
    for table in (decoded or DecodedPieces().take)(piece):
        try:
            pings = PingTable.of(table, session.join.reading)
            batch = join_pings(pings, first_row, session.join, session.con, piece.instants)
            rows = _some_as_read(file, table, first_row, batch.quarantined.row, session.con)
        except duckdb.InterruptException:
            raise KeyboardInterrupt from None
        except duckdb.OutOfMemoryException as error:
            raise unreadable(file.source, error) from None
        except (duckdb.Error, UnicodeDecodeError, pa.ArrowException):
            raise damaged(file.source, file.copied, "damaged") from None
        yield replace(batch, quarantined=replace(batch.quarantined, as_read=rows))
        first_row += table.num_rows


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


def _some_as_read(
    file: PingFile, table: pa.Table, first_row: int, quarantined: Ints, con: duckdb.DuckDBPyConnection
) -> tuple[tuple[Ints, pa.Array], ...]:
    """The quarantined rows as they were read, with the columns in the order of the file, if they are few and ``table``
    has every column of the file; the columns of ``table`` come in the order in which they were asked for.

    Otherwise nothing: the quarantine then reads these rows again.
    """
    is_whole = set(file.columns) <= set(table.column_names)
    if not is_whole or not 0 < len(quarantined) <= MOST_ROWS_AS_READ:
        return ()
    rows = table.select(file.columns).take(to_arrow(quarantined - first_row, pa.int64()))
    return ((quarantined, as_read(file, rows, con)),)
