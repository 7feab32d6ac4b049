"""Reads pings in pieces, in order of time as far as the files go, and sets aside the rows that are none (SPEC 2)."""

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
from offduty.ingest.sources import Source
from offduty.ingest.text_files import check_columns, open_text, quoted

COLUMNS = ("device_id", "observed_at", "lon", "lat", "accuracy_m")
AS_READ = "as_read"
INSTANT = r"\d{4}-\d\d-\d\d([T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?(Z|[+-]([01]\d|2[0-3])(:?[0-5]\d)?)?)?"
_BARE = r"^\d{4}-\d\d-\d\d([T ][0-9:.]+)?$"
NUMBER = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
MOST_KEPT = 1 << 12
TEXT_ROWS = 1 << 16


@dataclass(frozen=True)
class PingFile:
    """A file of pings as Parquet: itself, or a copy with the contract's types in the run's private folder.

    ``first_row`` is where its rows begin when all files are laid end to end.
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
        """How many rows it holds."""
        return int(self.metadata.num_rows)

    @property
    def columns(self) -> list[str]:
        """The names of its columns."""
        return list(self.metadata.schema.to_arrow_schema().names)


@dataclass(frozen=True)
class Piece:
    """Some row groups of one file, read together. No ping in it is earlier than ``from_us``, none later than ``to_us``,
    but rows without a readable instant may be anywhere (``timeless``)."""

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
    """Open every file of pings; text is copied into typed Parquet first. Raises `InputError` before anything is decided
    when one cannot be read, lacks a column, or has a column of a type that cannot be read."""
    files: list[PingFile] = []
    first_row = 0
    for source in (s for s in sources if s.table == "pings"):
        copied = source.kind != "parquet"
        path, names = _copy(engine, source, as_of_us, extra) if copied else (source.path, None)
        metadata = _metadata(source, path, extra)
        columns = tuple(metadata.schema.to_arrow_schema().names if names is None else names)
        lacks = _lacks_offset(engine, source, metadata, copied)
        file = PingFile(source, path, metadata, first_row, copied, columns, lacks)
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
    for name, (fits, words) in wanted.items():
        if name in schema.names:
            kind = schema.field(name).type
            kind = kind.value_type if pa.types.is_dictionary(kind) else kind
            if not fits(kind) and not pa.types.is_null(kind):
                raise InputError(f"the column {name!r} has the wrong type: {words} is expected", file=source.name)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_decimal(kind))


def read_as_utc(files: list[PingFile]) -> bool:
    """Whether some file gives instants without a zone."""
    return any(file.lacks_offset for file in files)


def _lacks_offset(engine: DuckDBSession, source: Source, metadata: pq.FileMetaData, copied: bool) -> bool:
    """Whether a file gives some instant without saying in which zone."""
    kind = metadata.schema.to_arrow_schema().field("observed_at").type
    if not copied and pa.types.is_timestamp(kind):
        return kind.tz is None
    if not copied:
        return any(bool(pc.any(pc.match_substring_regex(part, _BARE)).as_py()) for part in _instants_as_text(source))
    text = open_text(engine, source)
    names = ("path", "columns")[: len(text.parameters)]
    query = f"SELECT bool_or(regexp_full_match(observed_at, '{_BARE}')) FROM ({text.query})"
    try:
        answer = engine.con.execute(query, dict(zip(names, text.parameters, strict=True))).fetchall()
    except duckdb.Error as error:
        raise unreadable(source, error) from None
    return bool(answer[0][0])


def _instants_as_text(source: Source) -> Iterator[pa.Array]:
    """The column ``observed_at`` of a Parquet file, a part at a time: a year of it as text need not fit into memory."""
    try:
        with pq.ParquetFile(source.path, pre_buffer=False) as file:
            for batch in file.iter_batches(TEXT_ROWS, columns=["observed_at"]):
                yield batch.column("observed_at").cast(pa.string())
    except (pa.ArrowException, OSError):
        raise InputError("the file cannot be read as Parquet; it may be damaged", file=source.name) from None


def ignored_columns(files: list[PingFile], extra: tuple[str, ...]) -> frozenset[str]:
    """Columns that are neither the contract's nor named by the policy."""
    names = {name for file in files for name in file.written_columns}
    return frozenset(names - set(COLUMNS) - set(extra))


def _copy(engine: DuckDBSession, source: Source, as_of_us: int, extra: tuple[str, ...]) -> tuple[Path, list[str]]:
    """A text file as Parquet with the contract's types; ``as_read`` keeps the whole row where it is no ping."""
    text = open_text(engine, source, extra)
    path = engine.copy(source)
    query = _statement("pings_from_text.sql").replace("{text}", text.query).replace("{good}", _all_proofs())
    query = query.replace("{instant}", INSTANT).replace("{number}", NUMBER)
    query = query.replace("{first_us}", str(FIRST_US)).replace("{last_us}", str(LAST_US))
    query = query.replace("{extra}", "".join(f", {quoted(name)}" for name in extra))
    names = ("path", "columns")[: len(text.parameters)]
    parameters = {**dict(zip(names, text.parameters, strict=True)), "as_of_us": as_of_us}
    try:
        engine.con.execute(
            f"COPY ({query}) TO '{path.replace(chr(39), chr(39) * 2)}' (FORMAT parquet, USE_TMP_FILE false)", parameters
        )
    except duckdb.Error as error:
        raise unreadable(source, error, path) from None
    return Path(path), text.columns


def _statement(name: str) -> str:
    return resources.files("offduty.ingest").joinpath(name).read_text()


def _all_proofs() -> str:
    return " AND ".join(f"({sql}) IS TRUE" for _, sql in contract("pings").proofs)


def pieces(files: list[PingFile], target_rows: int) -> list[Piece]:
    """All row groups of all files, some together, those with the earliest pings first."""
    found = [piece for file in files for piece in _pieces(file, target_rows)]
    return sorted(found, key=lambda piece: (piece.from_us, piece.first_row))


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
    """The first and the last instant of a row group by its statistics, and whether rows without one may be in it."""
    leaves = [metadata.schema.column(place).path for place in range(metadata.num_columns)]
    place = leaves.index("observed_at")
    kind = metadata.schema.to_arrow_schema().field("observed_at").type
    column = metadata.row_group(group).column(place)
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
    """Read a piece; a row group too large to hold at once comes in several batches."""
    first_row = piece.first_row
    for table in _tables(piece):
        batch = read_pings(table, first_row, reading, con)
        yield PingBatch(
            batch.pings,
            replace(batch.quarantined, as_read=_kept(piece.file, table, first_row, batch.quarantined.row, con)),
        )
        first_row += table.num_rows


LARGEST_GROUP_ROWS = 1 << 21


def _tables(piece: Piece) -> Iterator[pa.Table]:
    file = piece.file
    have = [name for name in (*COLUMNS, AS_READ) if name in file.columns and (name != AS_READ or file.copied)]
    kind = file.metadata.schema.to_arrow_schema().field("device_id").type
    try:
        reader = pq.ParquetFile(
            file.path,
            metadata=file.metadata,
            read_dictionary=["device_id"] if _is_text(kind) else None,
            pre_buffer=False,
        )
        if piece.rows <= LARGEST_GROUP_ROWS:
            yield reader.read_row_groups(list(piece.groups), columns=have, use_threads=False)
            return
        for batch in reader.iter_batches(1 << 20, row_groups=list(piece.groups), columns=have, use_threads=False):
            yield pa.Table.from_batches([batch])
    except (pa.ArrowException, OSError):
        raise damaged(file.source, file.copied, "damaged") from None


def _kept(
    file: PingFile, table: pa.Table, first_row: int, bad: Ints, con: duckdb.DuckDBPyConnection
) -> tuple[tuple[Ints, pa.Array], ...]:
    """The bad rows as they were read, where they are few and nothing of them is missing here."""
    whole = file.copied or set(file.columns) <= set(table.column_names)
    if not whole or not 0 < len(bad) <= MOST_KEPT:
        return ()
    return ((bad, as_read(file, table.take(to_arrow(bad - first_row, pa.int64())), con)),)


def as_read(file: PingFile, table: pa.Table, con: duckdb.DuckDBPyConnection) -> pa.Array:
    """Rows of a file as JSON objects of texts; those of a copy were kept when they were copied."""
    if file.copied:
        return string_array(table[AS_READ].to_pylist())
    names = table.column_names
    place = to_arrow(np.arange(table.num_rows, dtype=np.int64), pa.int64())
    con.register("bad", pa.Table.from_arrays([*table.columns, place], [*names, "offduty place"]))
    packed = ", ".join(f"{quoted(name)} := {quoted(name)}::VARCHAR" for name in names)
    query = f'SELECT to_json(struct_pack({packed}))::VARCHAR AS as_read, "offduty place" AS place FROM bad'
    found = con.sql(query).to_arrow_table()
    con.unregister("bad")
    return one_chunk(found["as_read"].take(to_arrow(np.argsort(to_ints(found["place"], 0)), pa.int64())))
