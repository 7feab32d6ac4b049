"""Reads columns of Arrow as text, and finds what is written in them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from offduty.verify.redecide.model import Bools
from offduty.verify.redecide.text_values import blanks


def truths(column: pa.Array) -> Bools:
    """A boolean Arrow column as numpy; a missing value is False."""
    return np.asarray(pc.fill_null(column, False).cast(pa.uint8())).astype(np.bool_)


def is_text(kind: pa.DataType) -> bool:
    """Whether a type is one of text, also where each text is stored once."""
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return any(test(kind) for test in (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view))


def something_written(columns: Iterable[pa.Array], rows: int) -> Bools:
    """Which rows have something in one of these columns; white space alone is nothing."""
    found = np.zeros(rows, np.bool_)
    for column in columns:
        if found.all():
            break
        found |= ~blanks(column.cast(pa.string())) if is_text(column.type) else truths(column.is_valid())
    return found


def texts_of(column: pa.ChunkedArray | pa.Array) -> list[Any]:
    """A Parquet column as text: timestamps as ISO 8601, with `Z` if they have a time zone; bytes are not changed."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.cast(kind.value_type), kind.value_type
    if pa.types.is_timestamp(kind):
        return _times(column, kind)
    if pa.types.is_floating(kind):
        return [None if value is None else str(_narrow(kind)(value)) for value in column.to_pylist()]
    values: list[Any] = column.to_pylist()
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return values
    return values if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) else [_plain(value) for value in values]


def _narrow(kind: pa.DataType) -> Any:
    """The numpy type whose digits a number is written with, so that 0.1 in four bytes is still 0.1."""
    return {16: np.float16, 32: np.float32}.get(kind.bit_width, np.float64)


def _plain(value: Any) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    return value if value is None or isinstance(value, str) else str(value)


def _times(column: pa.ChunkedArray, kind: pa.DataType) -> list[str | None]:
    counts = column.cast(pa.int64()).to_pylist()
    per_second = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[kind.unit]
    ending = "Z" if kind.tz else ""
    return [None if n is None else _written(n * 10**6 // per_second) + ending for n in counts]


def _written(micros: int) -> str:
    if not -(1 << 62) < micros < 1 << 62:
        return "out of range"
    return str(np.datetime_as_string(np.datetime64(micros, "us")))
