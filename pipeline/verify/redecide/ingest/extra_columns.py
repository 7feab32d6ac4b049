"""Hashes and orders the extra columns that a policy releases: one number for the values of a row.

A hash is the same in inputs and release. The order decides which of several equal fixes is released
(specification#reason-duplicate): column by column; numbers by size, text by code points, missing values last.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from offduty.core.errors import InputError
from offduty.verify.redecide.ingest.input_streams import UNREADABLE
from offduty.verify.redecide.ingest.json_values import read_json, text_of_json
from offduty.verify.redecide.ingest.ping_columns import DeviceLookup
from offduty.verify.redecide.ingest.ping_reader import ReadTask, read_task
from offduty.verify.redecide.model import Ints
from offduty.verify.redecide.rules import Rules


def hashed(columns: Sequence[pa.Array], rows: int) -> Ints:
    """One hash of these columns for each row: rows with different values have different hashes."""
    out = np.zeros(rows, np.int64)
    for column in columns:
        coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
        values = [*map(_number, _values(coded.dictionary)), _number(None)]
        mine = np.array(values, np.int64)[np.asarray(coded.indices.fill_null(len(values) - 1)).astype(np.int64)]
        out = out * 1_000_003 + mine  # overflow is intended
    return out


def _values(column: pa.Array) -> list[Any]:
    """Values as Python objects; instants and durations as whole numbers, so that none is out of range."""
    kind = column.type
    if (
        pa.types.is_timestamp(kind)
        or pa.types.is_duration(kind)
        or pa.types.is_time64(kind)
        or pa.types.is_date64(kind)
    ):
        column = column.cast(pa.int64())
    elif pa.types.is_time32(kind) or pa.types.is_date32(kind):
        column = column.cast(pa.int32())
    return list(column.to_pylist())


def _number(value: Any) -> int:
    digest = hashlib.blake2b(repr((type(value).__name__, value)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def extras_of(tasks: Sequence[tuple[ReadTask, int]], rows: Ints, devices: DeviceLookup, rules: Rules) -> Ints:
    """The hashes of the extra columns of some rows, given in order by their places among all rows.

    Each task comes with the place of the first row of its file. Raises `InputError` where a column is missing.
    """
    out = np.zeros(len(rows), np.int64)
    for task, file_first in tasks:
        for first, columns in _read(task, devices, rules):
            start, count = file_first + first, len(columns[0])
            low, high = np.searchsorted(rows, [start, start + count])
            if low < high:
                at = pa.array(rows[low:high] - start)
                out[low:high] = hashed([column.take(at) for column in columns], high - low)
    return out


def order_of_extras(
    tasks: Sequence[tuple[ReadTask, int]], rows: Ints, devices: DeviceLookup, rules: Rules
) -> dict[int, tuple[Any, ...]]:
    """For some rows, given like those of `extras_of`, what orders them by their extra columns."""
    found: dict[int, tuple[Any, ...]] = {}
    for task, file_first in tasks:
        for first, columns in _read(task, devices, rules):
            start = file_first + first
            low, high = np.searchsorted(rows, [start, start + len(columns[0])])
            if low < high:
                at = pa.array(rows[low:high] - start)
                values = zip(*(map(_place, _values(column.take(at))) for column in columns), strict=True)
                found.update(zip(rows[low:high].tolist(), values, strict=True))
    return found


def _place(value: Any) -> tuple[int, Any]:
    """What orders a value: kinds of values first, as a column may be of another kind in another file."""
    if value is None:
        return 9, 0
    if isinstance(value, bool | int | float | Decimal):
        return (1, 0) if value != value else (0, value)
    return (2, value) if isinstance(value, str) else (3, repr(value))


def _read(task: ReadTask, devices: DeviceLookup, rules: Rules) -> Iterator[tuple[int, list[pa.Array]]]:
    """The extra columns of a task in pieces, each with the number of its first row in its file."""
    try:
        if task.group is None:
            for read in read_task(task, devices, rules):
                yield read.first, [_texts(read.text, name) for name in rules.extra]
            return
        row = task.first_row
        file = task.open()
        for batch in file.iter_batches(1 << 18, row_groups=[task.group], columns=list(rules.extra)):
            yield row, [batch[name] for name in rules.extra]
            row += batch.num_rows
    except (*UNREADABLE, KeyError) as error:
        raise InputError(
            "the file has no column with the name of an extra column that the policy releases", file=task.source.name
        ) from error


def _texts(text: Any, name: str) -> pa.Array:
    """One column of a batch of CSV, or of lines of JSON, as text."""
    if isinstance(text, pa.RecordBatch):
        return text[name]
    values = (read_json(line) for line in text)
    return pa.array([_released(value.get(name) if isinstance(value, dict) else None) for value in values], pa.string())


def _released(value: Any) -> str | None:
    """A JSON value as text, as the release has it: exponents without a plus sign and without leading zeros."""
    text = text_of_json(value)
    return text if isinstance(value, str) or text is None else re.sub(r"(\d)e([+-]?)0*(\d)", _exponent, text)


def _exponent(found: re.Match[str]) -> str:
    return f"{found[1]}e{'-' if found[2] == '-' else ''}{found[3]}"
