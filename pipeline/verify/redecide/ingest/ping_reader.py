"""Reads ping files piece by piece, so that no file is ever in memory as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from offduty.core.errors import InputError
from offduty.verify.redecide.declarations import Declaration, DeclaredColumn
from offduty.verify.redecide.ingest.arrow_values import something_written
from offduty.verify.redecide.ingest.declared_columns import check_names, plain_cell, plain_column
from offduty.verify.redecide.ingest.input_streams import (
    UNREADABLE,
    bytes_in_memory,
    check_format,
    csv_lines,
    format_of,
    json_lines,
    parquet_of,
    utf8_of,
)
from offduty.verify.redecide.ingest.json_values import Values, read_row
from offduty.verify.redecide.ingest.ping_columns import (
    DeviceLookup,
    PingColumns,
    accuracies,
    numbers_of,
    observed_ahead,
    times_of,
    without_fix,
    written,
)
from offduty.verify.redecide.ingest.wall_times import NO_OFFSET, NoOffsetError, TableZone, table_zone
from offduty.verify.redecide.model import Bools, Indices, InputFile, Ints
from offduty.verify.redecide.rules import Rules
from offduty.verify.redecide.tables import COLUMNS
from offduty.verify.redecide.text_values import NO_TIME, blank

BATCH_ROWS = 1 << 18
LINES = 1 << 16
LONGEST_ROW = 1 << 26
Pick = Callable[[int, Ints], Ints]
"""Chooses rows: from a file's number and row numbers the places of the rows that are wanted."""


@dataclass(frozen=True)
class ReadTask:
    """A part of the pings that can be read alone: one row group of a Parquet file, or a whole text file."""

    source: InputFile
    declared: Declaration
    group: int | None = None
    first_row: int = 0
    rows: int | None = None
    """How many rows it has; None where that is not known before it is read."""
    in_memory: pa.Buffer | None = None
    """The bytes of a packed Parquet file."""

    def open(self) -> pq.ParquetFile:
        """The opened Parquet file, with its devices as dictionaries. Raises `InputError` like `tasks_of`."""
        device = self.declared.column("device_id").name
        try:
            file = parquet_of(self.source, self.in_memory, read_dictionary=[device])
            names = file.schema_arrow.names
        except UNREADABLE as error:
            raise InputError("the file cannot be read", file=self.source.name) from error
        check_names(names, "pings", self.declared, self.source.name)
        return file


def tasks_of(sources: Sequence[InputFile], rules: Rules) -> list[ReadTask]:
    """The tasks for all pings. Raises `InputError` where a Parquet file cannot be opened, a column is missing,
    or something is declared that means nothing for the format.
    """
    tasks: list[ReadTask] = []
    for source in sources:
        task = ReadTask(source, rules.declaration("pings"))
        check_format(source, task.declared)
        if format_of(source, task.declared) != "parquet":
            tasks.append(task)
            continue
        try:
            task = replace(task, in_memory=bytes_in_memory(source, task.declared))
        except UNREADABLE as error:
            raise InputError("the file cannot be read", file=source.name) from error
        file, row = task.open(), 0
        for group in range(file.num_row_groups):
            rows = file.metadata.row_group(group).num_rows
            tasks.append(replace(task, group=group, first_row=row, rows=rows))
            row += rows
    return tasks


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
class _RawColumns:
    """Some rows, by the columns of the contract that are there, with the words of the contract and decimal points.

    `in_file` finds in which rows something is written, in whatever column of the file.
    """

    columns: Mapping[str, pa.Array]
    rows: int
    in_file: Callable[[], Bools]


@dataclass(frozen=True)
class _Reading:
    """What a piece is read with: the devices, the rules, how the table is declared, and what a wall time means."""

    devices: DeviceLookup
    rules: Rules
    declared: Declaration
    zones: TableZone

    def columns(self, file: int, row: Ints, raw: _RawColumns) -> PingColumns:
        """Columns of Arrow as pings."""
        device, named = self.devices.look_up(raw.columns["device_id"])
        at_us, none = self._times(raw, "observed_at"), np.zeros(raw.rows, np.bool_)
        lon, lat = (numbers_of(raw.columns[name], self.declared.column(name)) for name in ("lon", "lat"))
        ahead = observed_ahead(at_us, self._times(raw, "received_at")) if "received_at" in raw.columns else none
        no_fix = without_fix(raw.columns["valid"]) if "valid" in raw.columns else none
        accuracy = raw.columns.get("accuracy_m", pa.nulls(raw.rows, pa.float64()))
        values = numbers_of(accuracy, self.declared.column("accuracy_m"))
        accuracy_m = accuracies(values, ~written(accuracy), self.rules)
        return PingColumns(file, row, device, named, at_us, lon, lat, accuracy_m, ahead, no_fix)

    def _times(self, raw: _RawColumns, name: str) -> Ints:
        return times_of(raw.columns[name], self.declared.column(name), self.zones)

    def piece(self, file: int, first: int, raw: _RawColumns, text: Any = None, row: Ints | None = None) -> ReadPiece:
        """A piece of a file: all rows from `first` on, or some of them, by their numbers."""
        pings = self.columns(file, np.arange(first, first + raw.rows) if row is None else row, raw)
        timed = pings.named & (pings.at_us != NO_TIME)
        count = raw.rows if timed.any() else int(raw.in_file().sum())
        off = timed & ~((np.abs(pings.lon) <= 180) & (np.abs(pings.lat) <= 90))
        misplaced = off & written(raw.columns["lon"]) & written(raw.columns["lat"]) if off.any() else off
        return ReadPiece(pings, first, count, int(misplaced.sum()), text)


def read_task(task: ReadTask, devices: DeviceLookup, rules: Rules, pick: Pick | None = None) -> Iterator[ReadPiece]:
    """The pieces of a task, only with the rows that `pick` chooses.

    Raises `InputError` where the file cannot be read.
    """
    reading = _Reading(devices, rules, task.declared, table_zone(*rules.zones_of("pings")))
    try:
        if task.group is not None:
            yield from _of_parquet(task, reading, pick)
            return
        is_csv = format_of(task.source, task.declared) == "csv"
        for read in (_of_csv if is_csv else _of_ndjson)(task, reading):
            piece = read.piece
            yield (read if pick is None else replace(read, piece=piece.take(pick(piece.file, piece.row))))
    except NoOffsetError as error:
        raise InputError(NO_OFFSET, file=task.source.name) from error
    except UNREADABLE as error:
        raise InputError("the file cannot be read", file=task.source.name) from error


def _of_batch(batch: pa.RecordBatch, declared: Declaration) -> dict[str, pa.Array]:
    """The columns of the contract in a batch."""
    found = {}
    for name in COLUMNS["pings"]:
        how = declared.column(name)
        if how.constant is not None:
            found[name] = pa.repeat(how.constant, batch.num_rows)
        elif how.name in batch.schema.names:
            found[name] = plain_column(batch[how.name], how)
    return found


def _of_parquet(task: ReadTask, reading: _Reading, pick: Pick | None) -> Iterator[ReadPiece]:
    file = task.open()
    names = {task.declared.column(name).name for name in COLUMNS["pings"]}
    wanted = [name for name in file.schema_arrow.names if name in names]
    first = task.first_row
    for whole in file.iter_batches(BATCH_ROWS, row_groups=[task.group], columns=wanted, use_threads=False):
        batch, row = whole, np.arange(first, first + whole.num_rows)
        if pick is not None:
            at = pick(task.source.number, row)
            batch, row = batch.take(pa.array(at)), row[at]
        in_file = _written_in_parquet(file, task, row)
        raw = _RawColumns(_of_batch(batch, task.declared), batch.num_rows, in_file)
        yield reading.piece(task.source.number, first, raw, row=row)
        first += whole.num_rows


def _written_in_parquet(file: pq.ParquetFile, task: ReadTask, row: Ints) -> Callable[[], Bools]:
    """Reads all columns of some rows, when it is asked in which of them something is written."""

    def found() -> Bools:
        rows = file.read_row_group(task.group).take(pa.array(row - task.first_row))
        return something_written((column.combine_chunks() for column in rows.columns), len(row))

    return found


def read_times(task: ReadTask, rules: Rules) -> Iterator[Ints]:
    """Only the instants of a row group."""
    zones, how = table_zone(*rules.zones_of("pings")), task.declared.column("observed_at")
    try:
        file = task.open()
        for batch in file.iter_batches(BATCH_ROWS, row_groups=[task.group], columns=[how.name], use_threads=False):
            yield times_of(_of_batch(batch, task.declared)["observed_at"], how, zones)
    except NoOffsetError as error:
        raise InputError(NO_OFFSET, file=task.source.name) from error
    except UNREADABLE as error:
        raise InputError("the file cannot be read", file=task.source.name) from error


def read_whose(task: ReadTask, devices: DeviceLookup, rules: Rules) -> Iterator[tuple[Indices, Ints]]:
    """Only the numbers of the devices, and the instants, of a row group."""
    zones = table_zone(*rules.zones_of("pings"))
    device, at = (task.declared.column(name) for name in ("device_id", "observed_at"))
    try:
        file = task.open()
        columns = [name for name in file.schema_arrow.names if name in (device.name, at.name)]
        for whole in file.iter_batches(BATCH_ROWS, row_groups=[task.group], columns=columns, use_threads=False):
            batch = _of_batch(whole, task.declared)
            yield devices.look_up(batch["device_id"])[0], times_of(batch["observed_at"], at, zones)
    except NoOffsetError as error:
        raise InputError(NO_OFFSET, file=task.source.name) from error
    except UNREADABLE as error:
        raise InputError("the file cannot be read", file=task.source.name) from error


def _of_csv(task: ReadTask, reading: _Reading) -> Iterator[ReadPiece]:
    names, rows_follow = _header(task)
    if not rows_follow:
        return
    reader = pa.csv.open_csv(
        utf8_of(task.source, task.declared),
        read_options=pa.csv.ReadOptions(block_size=LONGEST_ROW, use_threads=False, skip_rows=task.declared.skip_rows),
        parse_options=pa.csv.ParseOptions(newlines_in_values=True, delimiter=task.declared.delimiter),
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
            yield reading.piece(task.source.number, row, _of_texts(batch, task.declared), batch)
            row += batch.num_rows


def _header(task: ReadTask) -> tuple[list[str], bool]:
    """The column names of a CSV file, and whether any row follows.

    Raises `InputError` where they are not those of the contract and the declaration.
    """
    with csv_lines(task.source, task.declared) as lines:
        names = next(lines, [])
        rows_follow = any(lines)
    check_names(names, "pings", task.declared, task.source.name)
    return names, rows_follow


def _of_texts(batch: pa.RecordBatch, declared: Declaration) -> _RawColumns:
    """The columns of a batch of text."""
    return _RawColumns(
        _of_batch(batch, declared), batch.num_rows, lambda: something_written(batch.columns, batch.num_rows)
    )


def _of_ndjson(task: ReadTask, reading: _Reading) -> Iterator[ReadPiece]:
    first, lines, values = 0, list[str](), list[Values]()
    names: dict[str, None] = {}
    for line in json_lines(task.source, task.declared):
        read = read_row(line)
        lines.append(line)
        values.append(read if isinstance(read, dict) else {})
        names.update(dict.fromkeys(values[-1]))
        if len(lines) == LINES:
            yield reading.piece(task.source.number, first, _of_objects(values, task.declared), lines)
            first, lines, values = first + len(lines), [], []
    if lines:
        yield reading.piece(task.source.number, first, _of_objects(values, task.declared), lines)
    if first or lines:
        check_names(list(names), "pings", task.declared, task.source.name)


def _of_objects(values: list[Values], declared: Declaration) -> _RawColumns:
    """The columns of some lines of JSON."""
    columns = {name: _of_cells(values, declared.column(name)) for name in COLUMNS["pings"]}
    return _RawColumns(columns, len(values), lambda: _any_written(values))


def _of_cells(values: list[Values], how: DeclaredColumn) -> pa.Array:
    if how.constant is not None:
        return pa.repeat(how.constant, len(values))
    return pa.array([plain_cell(value.get(how.name), how) for value in values], pa.string())


def _any_written(values: Iterable[Values]) -> Bools:
    return np.array([not all(map(blank, value.values())) for value in values], np.bool_)
