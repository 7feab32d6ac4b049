"""Reads ping files piece by piece, so that no file is ever in memory as a whole."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from offduty.core.errors import InputError
from offduty.verify.redecide.ingest.ping_columns import (
    NEEDED,
    DeviceLookup,
    PingColumns,
    accuracies_of,
    doubles_of,
    times_of,
    truths,
)
from offduty.verify.redecide.ingest.reference_reader import (
    UNREADABLE,
    first_value_wins,
    lines_of,
    long_csv_cells,
    text_of_json,
)
from offduty.verify.redecide.model import Indices, InputFile, Ints
from offduty.verify.redecide.rules import Rules
from offduty.verify.redecide.text_values import number, numbers

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
    """A piece of pings; for a text file also what was read: an Arrow batch, or lines of JSON, from row `first` on."""

    piece: PingColumns
    first: int
    text: Any = None


def read_task(task: ReadTask, devices: DeviceLookup, rules: Rules, pick: Pick | None = None) -> Iterator[ReadPiece]:
    """The pieces of a task, only with the rows that `pick` chooses.

    Raises `InputError` where the file cannot be read.
    """
    try:
        if task.group is not None:
            yield from _of_parquet(task, devices, rules, pick)
            return
        is_csv = task.source.name.rpartition(".")[2].lower() == "csv"
        for read in (_of_csv if is_csv else _of_ndjson)(task, devices, rules):
            piece = read.piece
            yield (
                read
                if pick is None
                else ReadPiece(piece.take(pick(piece.file, piece.row, piece.device)), read.first, read.text)
            )
    except UNREADABLE as error:
        raise InputError("the file cannot be read", file=task.source.name) from error


def _of_parquet(task: ReadTask, devices: DeviceLookup, rules: Rules, pick: Pick | None) -> Iterator[ReadPiece]:
    file = open_parquet(task.source)
    wanted = [name for name in (*NEEDED, "accuracy_m") if name in file.schema_arrow.names]
    first = task.first_row
    for whole in file.iter_batches(BATCH_ROWS, row_groups=[task.group], columns=wanted, use_threads=False):
        batch, row = whole, np.arange(first, first + whole.num_rows)
        device, named = devices.look_up(batch["device_id"])
        if pick is not None:
            at = pick(task.source.number, row, device)
            batch, device, named, row = batch.take(pa.array(at)), device[at], named[at], row[at]
        accuracy = batch["accuracy_m"] if "accuracy_m" in wanted else pa.nulls(batch.num_rows, pa.float64())
        lon, lat, accuracy_m = doubles_of(batch["lon"]), doubles_of(batch["lat"]), accuracies_of(accuracy, rules)
        times = times_of(batch["observed_at"])
        yield ReadPiece(PingColumns(task.source.number, row, device, named, times, lon, lat, accuracy_m), first)
        first += whole.num_rows


def read_times(task: ReadTask) -> Iterator[Ints]:
    """Only the instants of a row group."""
    try:
        file = open_parquet(task.source)
        for batch in file.iter_batches(BATCH_ROWS, row_groups=[task.group], columns=["observed_at"], use_threads=False):
            yield times_of(batch["observed_at"])
    except UNREADABLE as error:
        raise InputError("the file cannot be read", file=task.source.name) from error


def _of_csv(task: ReadTask, devices: DeviceLookup, rules: Rules) -> Iterator[ReadPiece]:
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
            yield ReadPiece(_texts(task.source.number, row, batch, devices, rules), row, batch)
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


def _texts(file: int, first: int, batch: pa.RecordBatch, devices: DeviceLookup, rules: Rules) -> PingColumns:
    device, named = devices.look_up(batch["device_id"])
    texts = batch["accuracy_m"] if "accuracy_m" in batch.schema.names else pa.nulls(batch.num_rows, pa.string())
    accuracy = numbers(texts)
    if rules.assumed_m is not None:
        accuracy[truths(texts.is_null())] = rules.assumed_m
    at_us = times_of(batch["observed_at"])
    row = np.arange(first, first + batch.num_rows)
    return PingColumns(file, row, device, named, at_us, numbers(batch["lon"]), numbers(batch["lat"]), accuracy)


def _of_ndjson(task: ReadTask, devices: DeviceLookup, rules: Rules) -> Iterator[ReadPiece]:
    row, lines, values = 0, [], []
    for line in lines_of(task.source):
        read = json.loads(line, object_pairs_hook=first_value_wins)
        lines.append(line)
        values.append(read if isinstance(read, dict) else {})
        if len(lines) == LINES:
            yield ReadPiece(_objects(task.source.number, row, values, devices, rules), row, lines)
            row, lines, values = row + len(lines), [], []
    if lines:
        yield ReadPiece(_objects(task.source.number, row, values, devices, rules), row, lines)


def _objects(file: int, first: int, values: list[dict[str, Any]], devices: DeviceLookup, rules: Rules) -> PingColumns:
    device, named = devices.look_up(pa.array([text_of_json(value.get("device_id")) for value in values], pa.string()))
    at = [value.get("observed_at") for value in values]
    accuracy = [rules.assumed_m if value.get("accuracy_m") in (None, "") else value["accuracy_m"] for value in values]
    lon, lat, accuracy_m = (
        np.array([_as_number(figure) for figure in figures])
        for figures in ([value.get("lon") for value in values], [value.get("lat") for value in values], accuracy)
    )
    times = times_of(pa.array([text if isinstance(text, str) else None for text in at], pa.string()))
    return PingColumns(file, np.arange(first, first + len(values)), device, named, times, lon, lat, accuracy_m)


def _as_number(value: Any) -> float:
    """The number of a JSON number, or of text that is one; NaN for anything else."""
    if isinstance(value, float):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value) if abs(value) < 1 << 1000 else np.inf
    read = number(value)
    return np.nan if read is None else read
