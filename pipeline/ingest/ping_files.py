"""Reads pings in pieces, in order of time as far as the files allow, and quarantines the rows that are not pings.

Rules: specification#table-pings, specification#bad-pings, specification#bad-ping-file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from offduty.arrays.arrow import bools_to_arrow, one_chunk, string_array, to_arrow, to_ints
from offduty.core.duckdb_connection import DuckDBConnection
from offduty.core.errors import InputError
from offduty.core.interval import Interval
from offduty.core.lazy_imports import when_used
from offduty.core.times import LocalTime, any_lacks_offset
from offduty.ingest.columns import AS_READ, check_columns, for_each, used_columns
from offduty.ingest.duckdb_session import DuckDBSession, reading_parquet
from offduty.ingest.file_times import EVERY_TIME, day_of, group_span
from offduty.ingest.parquet_types import check_types, is_text
from offduty.ingest.quoting import identifier
from offduty.ingest.source_file import Source

if TYPE_CHECKING:
    from offduty.ingest import ping_copy
else:
    ping_copy = when_used("offduty.ingest.ping_copy")

TIMES = ("observed_at", "received_at")
TEXT_ROWS = 1 << 16
_MOST_MS = 9_223_372_022_400_000
"""The milliseconds before 1970 of the first day that DuckDB can write."""


@dataclass(frozen=True)
class PingFile:
    """A file of pings as Parquet: the file itself, or (``copied``) a typed copy in the run's private folder.

    Rows are numbered across all files; ``first_row`` is the number of this file's first row. ``written_columns`` are
    the columns of the input itself. ``lacks_offset`` are the columns in which some time has no offset. ``day`` is the
    time in which all of its rows must lie, by the date in its name.
    """

    source: Source
    path: Path
    metadata: pq.FileMetaData
    first_row: int
    copied: bool
    written_columns: tuple[str, ...]
    lacks_offset: tuple[str, ...] = ()
    day: Interval = EVERY_TIME

    @property
    def rows(self) -> int:
        """The number of rows."""
        return int(self.metadata.num_rows)

    @property
    def columns(self) -> list[str]:
        """The names of the columns of ``path``."""
        return list(self.schema.names)

    @cached_property
    def schema(self) -> pa.Schema:
        """The columns of ``path`` and their types."""
        return self.metadata.schema.to_arrow_schema()

    def reader(self) -> pq.ParquetFile:
        """The file, opened; devices that are text come as a dictionary. Raises what pyarrow raises."""
        # Not `schema`, which is kept once it was asked for: a thread may read while Spark pickles this very object.
        kind = self.metadata.schema.to_arrow_schema().field("device_id").type
        return pq.ParquetFile(
            self.path,
            metadata=self.metadata,
            read_dictionary=["device_id"] if is_text(kind) else None,
            pre_buffer=False,
        )


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

    @property
    def instants(self) -> Interval:
        """The time in which every instant is said to be."""
        return Interval(self.from_us, self.to_us + 1)

    @property
    def start(self) -> int:
        """Its first row, counted in the file."""
        return sum(self.file.metadata.row_group(group).num_rows for group in range(self.groups[0]))


def open_ping_files(
    engine: DuckDBSession,
    sources: list[Source],
    local: LocalTime,
    extra: tuple[str, ...] = (),
) -> list[PingFile]:
    """Open every file of pings among ``sources``, in their order; text, and Parquet that the job declares to be written
    otherwise, is copied into typed Parquet first.

    ``local`` says what times without an offset mean, and ``extra`` are the extra columns that the policy names. Raises
    `InputError`, before anything is decided, when a file cannot be read, lacks a column, or has a column of a type that
    cannot be read (specification#bad-ping-file).
    """
    files = for_each(
        [source for source in sources if source.table == "pings"],
        lambda source: _of_its_day(_open(engine, source, local, extra), local),
    )
    first_rows = accumulate((file.rows for file in files), initial=0)
    return [replace(file, first_row=first) for file, first in zip(files, first_rows, strict=False)]


def _open(engine: DuckDBSession, source: Source, local: LocalTime, extra: tuple[str, ...]) -> PingFile:
    """One file, whose rows are numbered from 0."""
    if source.kind == "parquet":
        path = Path(engine.path(source))
        metadata = _metadata(source, path)
        schema = metadata.schema.to_arrow_schema()
        names = tuple(schema.names)
        check_columns(source, names, extra)
        check_types(source, schema)
        if source.declared.as_contract:
            return PingFile(source, path, metadata, 0, False, names, _lacks_offset(source, path, metadata))
    copy = ping_copy.copy_text(engine, source, local, extra)
    return PingFile(source, copy.path, _metadata(source, copy.path), 0, True, copy.columns, copy.lacks_offset)


def _of_its_day(file: PingFile, local: LocalTime) -> PingFile:
    """The file with its day. Raises `InputError` where the statistics say that a row lies outside of it; groups without
    statistics are looked at when they are read.
    """
    day = day_of(file.source, local.policy)
    if day is None:
        return file
    spans = (group_span(file.metadata, group) for group in range(file.metadata.num_row_groups))
    if any(not timeless and (low < day.from_us or high >= day.to_us) for low, high, timeless in spans):
        raise outside_its_day(file.source)
    return replace(file, day=day)


def outside_its_day(source: Source) -> InputError:
    """The error to raise for a file with rows of another day than its name says (specification#file-date)."""
    return InputError(
        "it holds rows of another day than the date in its name: inputs.pings.file_date says that no file does, so rows"
        " of an interval may be missing from it. Correct the file or its name, or take file_date out of the job",
        file=source.name,
    )


def _metadata(source: Source, path: Path) -> pq.FileMetaData:
    with reading_parquet(source, source.is_text, "cut short", (ValueError,)):
        metadata = pq.read_metadata(path)
        metadata.schema.to_arrow_schema()
    return metadata


def _lacks_offset(source: Source, path: Path, metadata: pq.FileMetaData) -> tuple[str, ...]:
    """The columns of times of a Parquet file in which some time has no offset."""
    schema = metadata.schema.to_arrow_schema()
    return tuple(name for name in TIMES if name in schema.names and _column_lacks_offset(source, path, name, schema))


def _column_lacks_offset(source: Source, path: Path, name: str, schema: pa.Schema) -> bool:
    kind = schema.field(name).type
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    if pa.types.is_timestamp(kind):
        return kind.tz is None
    return not pa.types.is_null(kind) and any(any_lacks_offset(part) for part in _column_as_text(source, path, name))


def _column_as_text(source: Source, path: Path, name: str) -> Iterator[pa.Array]:
    """A column of a Parquet file as text, in parts: a year of it need not fit into memory."""
    with reading_parquet(source, False), pq.ParquetFile(path, pre_buffer=False) as file:
        for batch in file.iter_batches(TEXT_ROWS, columns=[name]):
            yield batch.column(name).cast(pa.string())


def ignored_columns(files: list[PingFile], extra: tuple[str, ...]) -> frozenset[str]:
    """The columns that are neither in the contract nor named by the policy (specification#extra-input-columns)."""
    return frozenset(
        name
        for file in files
        for name in set(file.written_columns) - used_columns(file.source.table, file.source.declared, extra)
    )


def pieces(files: list[PingFile], target_rows: int) -> list[Piece]:
    """All row groups of all files as pieces of about ``target_rows`` rows; pieces with the earliest pings come first.

    A row group is never divided here, so a piece may be larger. Row groups without rows, as some programs write them
    into empty files, are in none.
    """
    unsorted = [piece for file in files for piece in _pieces(file, target_rows) if piece.rows]
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
                max(min(part[2] for part in together), file.day.from_us),
                min(max(part[3] for part in together), file.day.to_us - 1),
                any(part[4] for part in together),
            )
            first_row += rows
            together = []


def as_read(file: PingFile, table: pa.Table, con: DuckDBConnection) -> pa.Array:
    """Rows of a file as JSON objects of texts, in the order of ``table``, which has every column of the file.

    For a copy of a text file they are in its column `AS_READ`.
    """
    if file.copied:
        return string_array(table[AS_READ].to_pylist())
    names = table.column_names
    columns, texts = zip(*(_for_engine(one_chunk(column)) for column in table.columns), strict=True)
    position = to_arrow(np.arange(table.num_rows, dtype=np.int64), pa.int64())
    others = [f"offduty text {number}" for number in range(len(names))]
    quarantined = pa.Table.from_arrays([*columns, *texts, position], [*names, *others, "offduty position"])
    packed = ", ".join(
        f"{identifier(name)} := coalesce({identifier(name)}::VARCHAR, {identifier(other)})"
        for name, other in zip(names, others, strict=True)
    )
    with con.showing(quarantined=quarantined):
        rows = con.ask(
            f'SELECT to_json(struct_pack({packed}))::VARCHAR AS as_read, "offduty position" AS position'
            " FROM quarantined"
        )
    return one_chunk(rows["as_read"].take(to_arrow(np.argsort(to_ints(rows["position"], 0)), pa.int64())))


def _for_engine(column: pa.Array) -> tuple[pa.Array, pa.Array]:
    """A column as DuckDB writes it as text, NULL where it cannot, and the texts of the values where it cannot: numbers
    of two bytes, which it does not know, and times in milliseconds that do not fit into its microseconds.
    """
    kind, none = column.type, pa.nulls(len(column), pa.string())
    if pa.types.is_float16(kind):
        texts = [None if value is None else str(np.float16(value)) for value in column.to_pylist()]
        return none, string_array(texts)
    if not pa.types.is_timestamp(kind) or kind.unit != "ms":
        return column, none
    counts = column.cast(pa.int64())
    far = bools_to_arrow(np.abs(to_ints(counts, 0)) >= _MOST_MS)
    return pc.if_else(far, pa.nulls(len(column), kind), column), pc.if_else(far, counts.cast(pa.string()), none)


def first_rows(file: PingFile, most: int, con: DuckDBConnection) -> tuple[pa.Table, list[dict[str, Any]]]:
    """The first rows of a file, and the same as they are written, by the names in the file; none where that cannot be
    read.
    """
    try:
        rows = pq.ParquetFile(file.path).read_row_group(0, use_threads=False).slice(0, most) if file.rows else None
        if rows is not None:
            return rows, [json.loads(row or "{}") for row in as_read(file, rows, con).to_pylist()]
    except (pa.ArrowException, OSError, ValueError):
        pass
    return file.schema.empty_table(), []


def first_texts(file: PingFile, engine: DuckDBSession) -> dict[str, str]:
    """The device and the instant of the first row of a file, as they are written; nothing where that cannot be read."""
    _, written = first_rows(file, 1, engine.con)
    name_of = file.source.declared.written_name
    return {name: str(row.get(name_of(name)) or "") for row in written for name in ("device_id", "observed_at")}
