"""Reads pings in pieces, in order of time as far as the files allow, and quarantines the rows that are not pings.

Rules: specification#table-pings, specification#bad-pings, specification#bad-ping-file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from offduty.arrays.arrow import Ints, one_chunk, string_array, to_arrow, to_ints
from offduty.config.contracts import contract
from offduty.core.errors import InputError
from offduty.core.instants import FIRST_US, FOREVER_US, LAST_US, NEVER_US
from offduty.decision.pings import UNITS_PER_US, PingBatch, PingReading, read_pings
from offduty.ingest.duckdb_session import DuckDBSession, damaged, unreadable
from offduty.ingest.quoting import identifier
from offduty.ingest.sources import Source
from offduty.ingest.text_files import AS_READ, check_columns, open_text

COLUMNS = ("device_id", "observed_at", "lon", "lat", "accuracy_m")
TEXT_ROWS = 1 << 16
LARGEST_GROUP_ROWS = 1 << 21
MOST_ROWS_AS_READ = 1 << 12
_WITHOUT_OFFSET = r"^\d{4}-\d\d-\d\d([T ][0-9:.]+)?$"  # for Arrow; in SQL it is the macro lacks_offset


@dataclass(frozen=True)
class PingFile:
    """A file of pings as Parquet: the file itself, or (``copied``) a typed copy in the run's private folder.

    Rows are numbered across all files; ``first_row`` is the number of this file's first row. ``written_columns`` are
    the columns of the input itself. ``lacks_offset`` is true where some instant is given without an offset.
    """

    source: Source
    path: Path
    metadata: pq.FileMetaData
    first_row: int
    copied: bool
    written_columns: tuple[str, ...]
    lacks_offset: bool

    @property
    def rows(self) -> int:
        """The number of rows."""
        return int(self.metadata.num_rows)

    @property
    def columns(self) -> list[str]:
        """The names of the columns of ``path``."""
        return list(self.metadata.schema.to_arrow_schema().names)


@dataclass(frozen=True)
class Piece:
    """Some row groups of one file, read together.

    Every instant in it is from ``from_us`` to ``to_us``, both inclusive. If ``timeless`` is true, it may also have rows
    without a readable instant.
    """

    file: PingFile
    groups: tuple[int, ...]
    first_row: int
    rows: int
    from_us: int
    to_us: int
    timeless: bool


def open_ping_files(
    engine: DuckDBSession, sources: list[Source], as_of_us: int, extra: tuple[str, ...]
) -> list[PingFile]:
    """Open every file of pings among ``sources``, in their order; text is copied into typed Parquet first.

    ``extra`` are the extra columns that the policy names. Raises `InputError`, before anything is decided, when a file
    cannot be read, lacks a column, or has a column of a type that cannot be read (specification#bad-ping-file).
    """
    files: list[PingFile] = []
    first_row = 0
    for source in (s for s in sources if s.table == "pings"):
        copied = source.kind != "parquet"
        path, names = _copy(engine, source, as_of_us, extra) if copied else (source.path, None)
        metadata = _metadata(source, path, extra)
        columns = tuple(metadata.schema.to_arrow_schema().names if names is None else names)
        lacks_offset = _lacks_offset(engine, source, metadata, copied)
        file = PingFile(source, path, metadata, first_row, copied, columns, lacks_offset)
        files.append(file)
        first_row += file.rows
    return files


def _metadata(source: Source, path: Path, extra: tuple[str, ...]) -> pq.FileMetaData:
    try:
        metadata = pq.read_metadata(path)
        schema = metadata.schema.to_arrow_schema()
    except (pa.ArrowException, OSError, ValueError):
        raise damaged(source, path != source.path, "cut short") from None
    check_columns(source, list(schema.names), extra)
    if len(set(schema.names)) < len(schema.names):
        raise InputError("two columns have the same name", file=source.name)
    _check_types(source, schema)
    return metadata


def _check_types(source: Source, schema: pa.Schema) -> None:
    wanted: dict[str, Any] = {
        "device_id": (lambda t: _is_text(t) or pa.types.is_integer(t), "text"),
        "observed_at": (lambda t: pa.types.is_timestamp(t) or _is_text(t), "an instant"),
        "lon": (_is_number, "a number"),
        "lat": (_is_number, "a number"),
        "accuracy_m": (_is_number, "a number"),
    }
    for name, (fits, expected) in wanted.items():
        if name in schema.names:
            kind = schema.field(name).type
            kind = kind.value_type if pa.types.is_dictionary(kind) else kind
            if not fits(kind) and not pa.types.is_null(kind):
                raise InputError(f"the column {name!r} has the wrong type: {expected} is expected", file=source.name)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_decimal(kind))


def read_as_utc(files: list[PingFile]) -> bool:
    """Whether some file gives an instant without an offset, which is read as UTC (specification#instants)."""
    return any(file.lacks_offset for file in files)


def _lacks_offset(engine: DuckDBSession, source: Source, metadata: pq.FileMetaData, copied: bool) -> bool:
    """Whether a file gives some instant without an offset."""
    kind = metadata.schema.to_arrow_schema().field("observed_at").type
    if not copied and pa.types.is_timestamp(kind):
        return kind.tz is None
    if not copied:
        parts = _instants_as_text(source)
        return any(bool(pc.any(pc.match_substring_regex(part, _WITHOUT_OFFSET)).as_py()) for part in parts)
    open_text(engine, source)
    try:
        answer = engine.con.execute("SELECT bool_or(lacks_offset(observed_at)) FROM input_text").fetchall()
    except duckdb.Error as error:
        raise unreadable(source, error) from None
    return bool(answer[0][0])


def _instants_as_text(source: Source) -> Iterator[pa.Array]:
    """The column ``observed_at`` of a Parquet file, in parts: a year of it as text need not fit into memory."""
    try:
        with pq.ParquetFile(source.path, pre_buffer=False) as file:
            for batch in file.iter_batches(TEXT_ROWS, columns=["observed_at"]):
                yield batch.column("observed_at").cast(pa.string())
    except (pa.ArrowException, OSError):
        raise InputError("the file cannot be read as Parquet; it may be damaged", file=source.name) from None


def ignored_columns(files: list[PingFile], extra: tuple[str, ...]) -> frozenset[str]:
    """The columns that are neither in the contract nor named by the policy (specification#extra-input-columns)."""
    names = {name for file in files for name in file.written_columns}
    return frozenset(names - set(COLUMNS) - set(extra))


def _copy(engine: DuckDBSession, source: Source, as_of_us: int, extra: tuple[str, ...]) -> tuple[Path, list[str]]:
    """A text file as Parquet with the contract's types, and the names of the text file's columns.

    The copy has the extra columns as text, and `AS_READ` for the rows that are not pings.
    """
    names = open_text(engine, source, extra)
    path = engine.copy(source)
    parameters = {"path": path, "as_of_us": as_of_us, "first_us": FIRST_US, "last_us": LAST_US}
    statement = resources.files("offduty.ingest").joinpath("pings_from_text.sql").read_text(encoding="utf-8")
    try:
        engine.con.execute(_is_ping())
        engine.con.execute(statement, parameters)
    except duckdb.Error as error:
        raise unreadable(source, error, path) from None
    return Path(path), names


def _is_ping() -> str:
    """SQL that defines the macro ``is_ping``: whether a row passes every check of the contract. It is never NULL."""
    checks = " AND ".join(f"({check}) IS TRUE" for _, check in contract("pings").checks)
    return f"CREATE OR REPLACE TEMP MACRO is_ping(device_id, observed_us, lon, lat, as_of_us) AS {checks}"


def pieces(files: list[PingFile], target_rows: int) -> list[Piece]:
    """All row groups of all files as pieces of about ``target_rows`` rows; pieces with the earliest pings come first.

    A row group is never divided here, so a piece may be larger.
    """
    unsorted = [piece for file in files for piece in _pieces(file, target_rows)]
    return sorted(unsorted, key=lambda piece: (piece.from_us, piece.first_row))


def _pieces(file: PingFile, target_rows: int) -> Iterator[Piece]:
    first_row = file.first_row
    together: list[tuple[int, int, int, int, bool]] = []
    for group in range(file.metadata.num_row_groups):
        together.append((group, file.metadata.row_group(group).num_rows, *group_span(file.metadata, group)))
        rows = sum(part[1] for part in together)
        if rows >= target_rows or group == file.metadata.num_row_groups - 1:
            yield Piece(
                file,
                tuple(part[0] for part in together),
                first_row,
                rows,
                min(part[2] for part in together),
                max(part[3] for part in together),
                any(part[4] for part in together),
            )
            first_row += rows
            together = []


def group_span(metadata: pq.FileMetaData, group: int) -> tuple[int, int, bool]:
    """The first and the last instant of a row group by its statistics, and whether it may have rows without one.

    Where the statistics do not say: `NEVER_US`, `FOREVER_US` and True, so that the group is always read.
    """
    leaves = [metadata.schema.column(number).path for number in range(metadata.num_columns)]
    kind = metadata.schema.to_arrow_schema().field("observed_at").type
    column = metadata.row_group(group).column(leaves.index("observed_at"))
    statistics = column.statistics
    if (
        not pa.types.is_timestamp(kind)
        or statistics is None
        or not statistics.has_min_max
        or column.physical_type != "INT64"
    ):
        return NEVER_US, FOREVER_US, True
    many, few = UNITS_PER_US[kind.unit]
    low, high = statistics.min_raw * many // few, statistics.max_raw * many // few
    readable = low >= FIRST_US and high <= LAST_US
    timeless = not (readable and statistics.has_null_count and statistics.null_count == 0)
    return max(low, NEVER_US), min(high, FOREVER_US), timeless


def read_piece(piece: Piece, reading: PingReading, con: duckdb.DuckDBPyConnection) -> Iterator[PingBatch]:
    """Read a piece, in several batches where it is too large for one.

    Rows that are not pings are in ``quarantined`` of their batch. Raises `InputError`, or `StorageError` for a copy,
    where the file cannot be read.
    """
    first_row = piece.first_row
    for table in _tables(piece):
        batch = read_pings(table, first_row, reading, con)
        yield PingBatch(
            batch.pings,
            replace(batch.quarantined, as_read=_some_as_read(piece.file, table, first_row, batch.quarantined.row, con)),
        )
        first_row += table.num_rows


def _tables(piece: Piece) -> Iterator[pa.Table]:
    file = piece.file
    columns = [name for name in (*COLUMNS, AS_READ) if name in file.columns and (name != AS_READ or file.copied)]
    kind = file.metadata.schema.to_arrow_schema().field("device_id").type
    try:
        reader = pq.ParquetFile(
            file.path,
            metadata=file.metadata,
            read_dictionary=["device_id"] if _is_text(kind) else None,
            pre_buffer=False,
        )
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
    """The quarantined rows as they were read, if they are few and ``table`` has every column of the file.

    Otherwise nothing: the quarantine then reads these rows again.
    """
    is_whole = file.copied or set(file.columns) <= set(table.column_names)
    if not is_whole or not 0 < len(quarantined) <= MOST_ROWS_AS_READ:
        return ()
    return ((quarantined, as_read(file, table.take(to_arrow(quarantined - first_row, pa.int64())), con)),)


def as_read(file: PingFile, table: pa.Table, con: duckdb.DuckDBPyConnection) -> pa.Array:
    """Rows of a file as JSON objects of texts, in the order of ``table``, which has every column of the file.

    For a copy of a text file they are in its column `AS_READ`.
    """
    if file.copied:
        return string_array(table[AS_READ].to_pylist())
    names = table.column_names
    position = to_arrow(np.arange(table.num_rows, dtype=np.int64), pa.int64())
    con.register("quarantined", pa.Table.from_arrays([*table.columns, position], [*names, "offduty position"]))
    packed = ", ".join(f"{identifier(name)} := {identifier(name)}::VARCHAR" for name in names)
    rows = con.sql(
        f'SELECT to_json(struct_pack({packed}))::VARCHAR AS as_read, "offduty position" AS position FROM quarantined'
    ).to_arrow_table()
    con.unregister("quarantined")
    return one_chunk(rows["as_read"].take(to_arrow(np.argsort(to_ints(rows["position"], 0)), pa.int64())))
