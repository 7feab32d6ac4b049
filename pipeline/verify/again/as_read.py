"""Whether the quarantine holds each row as it was read: text to the letter, Parquet by value (SPEC 8)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.errors import InputError
from pipeline.verify.again.feed import Task, open_parquet
from pipeline.verify.again.rows import UNREADABLE, texts_of
from pipeline.verify.again.spelling import instant
from pipeline.verify.again.terms import Ints

PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def fingerprint(kept: Any, at: int) -> int:
    """A number for a row of a text file as it should be held: the line of JSON itself, or the CSV row by column."""
    if isinstance(kept, pa.RecordBatch):
        return _digest([[name, kept[name][at].as_py()] for name in kept.schema.names])
    return _digest(kept[at].decode().strip("\r\n"))


def same_text(held: str | None, read: int) -> bool:
    """Whether that is what is held: a line of JSON as it stands, or a CSV row's columns in their order."""
    if held is None:
        return False
    told = _columns(held)
    return read in (
        _digest(held.strip("\r\n")),
        _digest([list(pair) for pair in told.items()] if isinstance(told, dict) else told),
    )


def _digest(what: Any) -> int:
    return int.from_bytes(hashlib.blake2b(json.dumps(what).encode(), digest_size=16).digest(), "big")


def _columns(held: str) -> Any:
    try:
        return json.loads(held)
    except ValueError:
        return None


def wrong_in_parquet(tasks: Sequence[tuple[Task, int]], held: Mapping[int, str | None]) -> Iterator[int]:
    """Of rows in quarantine by their number among all pings those that are not held as their Parquet file has them."""
    rows = np.array(sorted(held), np.int64)
    for task, file_first in tasks:
        if task.group is not None:
            yield from _wrong(task, file_first, rows, held)


def _wrong(task: Task, file_first: int, rows: Ints, held: Mapping[int, str | None]) -> Iterator[int]:
    try:
        file = open_parquet(task.source)
        start = file_first + task.first_row
        count = file.metadata.row_group(task.group).num_rows
        low, high = np.searchsorted(rows, [start, start + count])
        if low == high:
            return
        mine = rows[low:high]
        table = _rows(file, task.group, mine - start)
    except UNREADABLE as error:
        raise InputError("the file cannot be read", file=task.source.name) from error
    for at, row in enumerate(mine.tolist()):
        told = _columns(held[row] or "")
        if (
            not isinstance(told, dict)
            or list(told) != table.column_names
            or not all(_same(told[name], table.column(name).slice(at, 1)) for name in table.column_names)
        ):
            yield row


def _rows(file: Any, group: int | None, at: Ints) -> pa.Table:
    """Some rows of a row group, with all columns."""
    parts, first = [], 0
    for batch in file.iter_batches(1 << 16, row_groups=[group], use_threads=False):
        low, high = np.searchsorted(at, [first, first + batch.num_rows])
        if low < high:
            parts.append(batch.take(pa.array(at[low:high] - first)))
        first += batch.num_rows
    return pa.Table.from_batches(parts)


def _same(told: Any, value: pa.ChunkedArray) -> bool:
    """Whether a text says what one value of a Parquet column is. Of values that have parts only that they are there."""
    kind = value.type
    if pa.types.is_dictionary(kind):
        value, kind = value.cast(kind.value_type), kind.value_type
    if value.null_count or told is None:
        return value.null_count == 1 and told is None
    if not isinstance(told, str):
        return False
    if pa.types.is_timestamp(kind):
        return _same_time(told, value.cast(pa.int64())[0].as_py(), PER_SECOND[kind.unit])
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind) or pa.types.is_integer(kind):
        return _same_figure(told, value)
    if pa.types.is_boolean(kind):
        return told == str(value[0].as_py()).lower()
    textual = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    return bool(told == texts_of(value)[0]) if textual or pa.types.is_date(kind) else True


def _same_figure(told: str, value: pa.ChunkedArray) -> bool:
    try:
        read = float(told)
    except ValueError:
        return False
    there = float(texts_of(value)[0])
    return bool(read == there or (np.isnan(read) and np.isnan(there)))


def _same_time(told: str, count: int, per_second: int) -> bool:
    """An instant with an offset of whole hours or minutes, or none. Far years are only held to be written somehow."""
    text = told.removesuffix("+00")
    digits = text.partition(".")[2]
    read = instant(text.partition(".")[0])
    if read is None:
        return not 0 < count // per_second < 253_402_300_800
    nanos = read * 1_000 + int(digits.ljust(9, "0")[:9] or 0) if digits.isdigit() or not digits else None
    return nanos == count * (10**9 // per_second)
