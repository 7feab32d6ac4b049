"""Reads ping files piece by piece, so that no file is ever in memory as a whole."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from offduty.core.errors import InputError
from offduty.verify.redecide.ingest.ping_columns import (
    NEEDED,
    OPTIONAL,
    DeviceLookup,
    PingColumns,
    accuracies,
    accuracies_of,
    doubles_of,
    observed_ahead,
    rows_written,
    times_of,
    without_fix,
)
from offduty.verify.redecide.ingest.reference_reader import (
    UNREADABLE,
    first_value_wins,
    lines_of,
    long_csv_cells,
    text_of_json,
)
from offduty.verify.redecide.ingest.wall_times import NO_OFFSET, NoOffsetError, TableZone, table_zone
from offduty.verify.redecide.model import Bools, Floats, Indices, InputFile, Ints
from offduty.verify.redecide.rules import Rules
from offduty.verify.redecide.text_values import NO_TIME, blank, blanks, number, numbers

BATCH_ROWS = 1 << 18
LINES = 1 << 16
LONGEST_ROW = 1 << 26
Pick = Callable[[int, Ints, Indices], Ints]
"""Chooses rows: from a file's number, row numbers and their devices, the places of the rows that are wanted."""


@dataclass(frozen=True)
class ReadTask:
    """A part of the pings that can be read alone: one row group of a Parquet file, or a whole text file."""

    source: InputFile
    group: int | None = None
    first_row: int = 0
    rows: int | None = None
    """How many rows it has; None where that is not known before it is read."""


def tasks_of(sources: Sequence[InputFile]) -> list[ReadTask]:
    """The tasks for all pings. Raises `InputError` where a Parquet file cannot be opened, or a column is missing."""
    tasks: list[ReadTask] = []
    for source in sources:
        if not _is_parquet(source):
            tasks.append(ReadTask(source))
            continue
        file = open_parquet(source)
        row = 0
        for group in range(file.num_row_groups):
            rows = file.metadata.row_group(group).num_rows
            tasks.append(ReadTask(source, group, row, rows))
            row += rows
    return tasks


def _is_parquet(source: InputFile) -> bool:
    return source.name.rpartition(".")[2].lower() in ("parquet", "geoparquet")


def open_parquet(source: InputFile) -> pq.ParquetFile:
    """The opened file, with its devices as dictionaries. Raises `InputError` like `tasks_of`."""
    try:
        file = pq.ParquetFile(source.path, read_dictionary=["device_id"])
        names = file.schema_arrow.names
    except UNREADABLE as error:
        raise InputError("the file cannot be read", file=source.name) from error
    if not set(NEEDED) <= set(names) or len(set(names)) < len(names):
        raise InputError("a column is missing, or is there twice", file=source.name)
    return file


@dataclass(frozen=True)
class ReadPiece:
    """A piece of pings; for a text file also what was read: an Arrow batch, or lines of JSON, from row `first` on.

    `written` is how many of its rows are not wholly empty; it is counted only where no row has a device and an instant.
    `misplaced` is how many rows with a device and an instant have a position that is written and cannot be read.
    """

    piece: PingColumns
    first: int
    written: int
    misplaced: int
    text: Any = None


@dataclass(frozen=True)
class _Reading:
    """What a piece is read with: the devices, the rules, and what times without an offset mean."""

    devices: DeviceLookup
    rules: Rules
    zones: TableZone

    def columns(self, file: int, row: Ints, raw: _RawColumns) -> PingColumns:
        """Columns of Arrow as pings."""
        device, named = self.devices.look_up(raw.device)
        at_us = times_of(raw.observed, self.zones)
        none = np.zeros(len(at_us), np.bool_)
        ahead = none if raw.received is None else observed_ahead(at_us, times_of(raw.received, self.zones))
        no_fix = none if raw.valid is None else without_fix(raw.valid)
        return PingColumns(file, row, device, named, at_us, raw.lon, raw.lat, raw.accuracy_m, ahead, no_fix)

    def piece(self, file: int, first: int, raw: _RawColumns, text: Any = None) -> ReadPiece:
        """All rows of a piece."""
        columns = self.columns(file, np.arange(first, first + len(raw.lon)), raw)
        return ReadPiece(columns, first, raw.rows_written(columns), raw.misplaced(columns), text)


@dataclass(frozen=True)
class _RawColumns:
    """The columns of a piece: texts or numbers as they are in the file, positions as numbers."""

    device: pa.Array
    observed: pa.Array
    lon: Floats
    lat: Floats
    accuracy_m: Floats
    received: pa.Array | None
    valid: pa.Array | None
    every: Callable[[], list[pa.Array]]
    placed: Callable[[], Bools]

    def rows_written(self, columns: PingColumns) -> int:
        """See `ReadPiece.written`."""
        some = bool((columns.named & (columns.at_us != NO_TIME)).any())
        return len(columns.row) if some else rows_written(self.every())

    def misplaced(self, columns: PingColumns) -> int:
        """See `ReadPiece.misplaced`."""
        timed = columns.named & (columns.at_us != NO_TIME)
        off = timed & ~((np.abs(columns.lon) <= 180) & (np.abs(columns.lat) <= 90))
        return int((off & self.placed()).sum()) if off.any() else 0


def read_task(task: ReadTask, devices: DeviceLookup, rules: Rules, pick: Pick | None = None) -> Iterator[ReadPiece]:
    """The pieces of a task, only with the rows that `pick` chooses.

    Raises `InputError` where the file cannot be read.
    """
    reading = _Reading(devices, rules, table_zone(*rules.zones_of("pings")))
    try:
        if task.group is not None:
            yield from _of_parquet(task, reading, pick)
            return
        is_csv = task.source.name.rpartition(".")[2].lower() == "csv"
        for read in (_of_csv if is_csv else _of_ndjson)(task, reading):
            piece = read.piece
            yield (read if pick is None else replace(read, piece=piece.take(pick(piece.file, piece.row, piece.device))))
    except NoOffsetError as error:
        raise InputError(NO_OFFSET, file=task.source.name) from error
    except UNREADABLE as error:
        raise InputError("the file cannot be read", file=task.source.name) from error


def _of_parquet(task: ReadTask, reading: _Reading, pick: Pick | None) -> Iterator[ReadPiece]:
    file = open_parquet(task.source)
    wanted = [name for name in (*NEEDED, *OPTIONAL) if name in file.schema_arrow.names]
    first = task.first_row
    for whole in file.iter_batches(BATCH_ROWS, row_groups=[task.group], columns=wanted, use_threads=False):
        batch, row = whole, np.arange(first, first + whole.num_rows)
        if pick is not None:
            at = pick(task.source.number, row, reading.devices.look_up(batch["device_id"])[0])
            batch, row = batch.take(pa.array(at)), row[at]
        raw = _of_batch(batch, reading.rules)
        columns = reading.columns(task.source.number, row, raw)
        yield ReadPiece(columns, first, raw.rows_written(columns), raw.misplaced(columns))
        first += whole.num_rows


def _of_batch(batch: pa.RecordBatch, rules: Rules) -> _RawColumns:
    """The columns of a batch of Parquet."""
    present = set(batch.schema.names)
    accuracy = batch["accuracy_m"] if "accuracy_m" in present else pa.nulls(batch.num_rows, pa.float64())
    received, valid = (batch[name] if name in present else None for name in ("received_at", "valid"))
    lon, lat, accuracy_m = doubles_of(batch["lon"]), doubles_of(batch["lat"]), accuracies_of(accuracy, rules)
    return _RawColumns(
        batch["device_id"],
        batch["observed_at"],
        lon,
        lat,
        accuracy_m,
        received,
        valid,
        lambda: batch.columns,
        lambda: _written(batch["lon"]) & _written(batch["lat"]),
    )


def read_times(task: ReadTask, rules: Rules) -> Iterator[Ints]:
    """Only the instants of a row group."""
    zones = table_zone(*rules.zones_of("pings"))
    try:
        file = open_parquet(task.source)
        for batch in file.iter_batches(BATCH_ROWS, row_groups=[task.group], columns=["observed_at"], use_threads=False):
            yield times_of(batch["observed_at"], zones)
    except NoOffsetError as error:
        raise InputError(NO_OFFSET, file=task.source.name) from error
    except UNREADABLE as error:
        raise InputError("the file cannot be read", file=task.source.name) from error


def _of_csv(task: ReadTask, reading: _Reading) -> Iterator[ReadPiece]:
    names, rows_follow = _header(task.source)
    if not rows_follow:
        return
    reader = pa.csv.open_csv(
        task.source.path,
        read_options=pa.csv.ReadOptions(block_size=LONGEST_ROW, use_threads=False),
        parse_options=pa.csv.ParseOptions(newlines_in_values=True),
        convert_options=pa.csv.ConvertOptions(
            column_types={name: pa.string() for name in names},
            strings_can_be_null=True,
            null_values=[""],
            quoted_strings_can_be_null=True,
        ),
    )
    row = 0
    for whole in reader:
        for at in range(0, whole.num_rows, BATCH_ROWS):
            batch = whole.slice(at, BATCH_ROWS)
            yield reading.piece(task.source.number, row, _of_texts(batch, reading.rules), batch)
            row += batch.num_rows


def _header(source: InputFile) -> tuple[list[str], bool]:
    """The column names of a CSV file, and whether any row follows.

    Raises `InputError` where a column is missing, or is there twice.
    """
    with source.path.open(encoding="utf-8-sig", newline="") as file, long_csv_cells():
        lines = csv.reader(file, strict=True)
        names = next(lines, [])
        rows_follow = any(lines)
    if not set(NEEDED) <= set(names) or len(set(names)) < len(names):
        raise InputError("a column is missing, or is there twice", file=source.name)
    return names, rows_follow


def _of_texts(batch: pa.RecordBatch, rules: Rules) -> _RawColumns:
    """The columns of a batch of text."""
    present = set(batch.schema.names)
    texts = batch["accuracy_m"] if "accuracy_m" in present else pa.nulls(batch.num_rows, pa.string())
    received, valid = (batch[name] if name in present else None for name in ("received_at", "valid"))
    return _RawColumns(
        batch["device_id"],
        batch["observed_at"],
        numbers(batch["lon"]),
        numbers(batch["lat"]),
        accuracies(numbers(texts), blanks(texts), rules),
        received,
        valid,
        lambda: [batch[name] for name in (*NEEDED, *OPTIONAL) if name in present],
        lambda: ~blanks(batch["lon"]) & ~blanks(batch["lat"]),
    )


def _written(column: pa.Array) -> Bools:
    """Where a column of Parquet has a value."""
    return np.asarray(column.is_valid())


def _of_ndjson(task: ReadTask, reading: _Reading) -> Iterator[ReadPiece]:
    row, lines, values = 0, [], []
    for line in lines_of(task.source):
        read = json.loads(line, object_pairs_hook=first_value_wins)
        lines.append(line)
        values.append(read if isinstance(read, dict) else {})
        if len(lines) == LINES:
            yield reading.piece(task.source.number, row, _of_objects(values, reading.rules), lines)
            row, lines, values = row + len(lines), [], []
    if lines:
        yield reading.piece(task.source.number, row, _of_objects(values, reading.rules), lines)


def _of_objects(values: list[dict[str, Any]], rules: Rules) -> _RawColumns:
    """The columns of some lines of JSON."""

    def texts(name: str) -> pa.Array:
        return pa.array([text_of_json(value.get(name)) for value in values], pa.string())

    def times(name: str) -> pa.Array:
        found = (value.get(name) for value in values)
        return pa.array([text if isinstance(text, str) else None for text in found], pa.string())

    accuracy = [value.get("accuracy_m") for value in values]
    lon, lat, accuracy_m = (
        np.array([_as_number(figure) for figure in figures], np.float64)
        for figures in ([value.get("lon") for value in values], [value.get("lat") for value in values], accuracy)
    )
    return _RawColumns(
        texts("device_id"),
        times("observed_at"),
        lon,
        lat,
        accuracies(accuracy_m, np.array([blank(each) for each in accuracy], np.bool_), rules),
        times("received_at"),
        texts("valid"),
        lambda: [texts(name) for name in (*NEEDED, *OPTIONAL)],
        lambda: ~blanks(texts("lon")) & ~blanks(texts("lat")),
    )


def _as_number(value: Any) -> float:
    """The number of a JSON number, or of text that is one; NaN for anything else."""
    if isinstance(value, float):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value) if abs(value) < 1 << 1000 else np.inf
    read = number(value)
    return np.nan if read is None else read
