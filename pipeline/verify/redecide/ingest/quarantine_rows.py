"""Compares rows of the quarantine with the input: text to the letter, Parquet by value (specification#quarantine)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pyarrow as pa

from offduty.core.errors import InputError
from offduty.verify.redecide.ingest.arrow_values import texts_of, truths
from offduty.verify.redecide.ingest.input_streams import UNREADABLE
from offduty.verify.redecide.ingest.ping_reader import ReadTask
from offduty.verify.redecide.model import Bools, Ints
from offduty.verify.redecide.text_values import FIRST_US, LAST_US, instants

WRITTEN_OTHERWISE = (
    pa.types.is_binary,
    pa.types.is_large_binary,
    pa.types.is_fixed_size_binary,
    pa.types.is_binary_view,
    pa.types.is_time,
    pa.types.is_duration,
    pa.types.is_interval,
)
PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def fingerprint(text: Any, at: int) -> int:
    """A hash of a row of a text file as the quarantine should have it: the line of JSON, or the CSV row by column."""
    if isinstance(text, pa.RecordBatch):
        return _digest([[name, text[name][at].as_py()] for name in text.schema.names])
    return _digest(text[at])


def same_text(recorded: str | None, read: int) -> bool:
    """Whether the quarantine has the row with this hash: a line of JSON as it is, or CSV columns in their order."""
    if recorded is None:
        return False
    columns = _columns(recorded)
    return read in (
        _digest(recorded.strip("\r\n")),
        _digest([list(pair) for pair in columns.items()] if isinstance(columns, dict) else columns),
    )


def _digest(what: Any) -> int:
    return int.from_bytes(hashlib.blake2b(json.dumps(what).encode(), digest_size=16).digest(), "big")


def _columns(recorded: str) -> Any:
    try:
        return json.loads(recorded)
    except ValueError:
        return None


def wrong_in_parquet(
    tasks: Sequence[tuple[ReadTask, int]], recorded: Mapping[int, str | None], threads: int
) -> list[int]:
    """The rows of the quarantine, by their places among all pings, that differ from their Parquet file."""
    rows = np.array(sorted(recorded), np.int64)
    groups = [(task, first) for task, first in tasks if task.group is not None]
    with ThreadPoolExecutor(threads) as pool:
        return [
            row
            for wrong in pool.map(lambda each: list(_wrong(each[0], each[1], rows, recorded)), groups)
            for row in wrong
        ]


def _wrong(task: ReadTask, file_first: int, rows: Ints, recorded: Mapping[int, str | None]) -> Iterator[int]:
    try:
        file = task.open()
        start = file_first + task.first_row
        count = file.metadata.row_group(task.group).num_rows
        low, high = np.searchsorted(rows, [start, start + count])
        if low == high:
            return
        mine = rows[low:high]
        table = _rows(file, task.group, mine - start)
    except UNREADABLE as error:
        raise InputError("the file cannot be read", file=task.source.name) from error
    columns = [_columns(recorded[row] or "") for row in mine.tolist()]
    whole = np.array([isinstance(each, dict) and list(each) == table.column_names for each in columns], np.bool_)
    for name in table.column_names:
        texts = [each[name] if fits else None for each, fits in zip(columns, whole.tolist(), strict=True)]
        whole &= _same(texts, table.column(name).combine_chunks())
    yield from mine[~whole].tolist()


def _rows(file: Any, group: int | None, at: Ints) -> pa.Table:
    """The rows at these places in a row group, with all columns."""
    parts, first = [], 0
    for batch in file.iter_batches(1 << 16, row_groups=[group], use_threads=False):
        low, high = np.searchsorted(at, [first, first + batch.num_rows])
        if low < high:
            parts.append(batch.take(pa.array(at[low:high] - first)))
        first += batch.num_rows
    return pa.Table.from_batches(parts)


def _same(written: list[Any], column: pa.Array) -> Bools:
    """Which texts have the value of a Parquet column. For values with parts it is only checked that they are there."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.cast(kind.value_type), kind.value_type
    present = truths(column.is_valid())
    same: Bools = np.equal(np.array([text is not None for text in written], np.bool_), present)
    at = np.flatnonzero(same & present)
    texts, values = [written[n] for n in at], column.take(pa.array(at))
    if pa.types.is_timestamp(kind):
        same[at] = _same_times(texts, values)
    elif pa.types.is_floating(kind):
        same[at] = _same_numbers(texts, values)
    elif pa.types.is_boolean(kind):
        same[at] = [text == str(value).lower() for text, value in zip(texts, values.to_pylist(), strict=True)]
    elif not pa.types.is_nested(kind) and not any(test(kind) for test in WRITTEN_OTHERWISE):
        same[at] = [text == value for text, value in zip(texts, texts_of(values), strict=True)]
    return same


def _same_numbers(texts: list[Any], values: pa.Array) -> Bools:
    """Numbers by value, however many digits were written."""
    read = np.array([_as_number(text) for text in texts], np.float64)
    true = np.array([_as_number(text) for text in texts_of(values)], np.float64)
    return np.asarray((read == true) | (np.isnan(read) & np.isnan(true)))


def _as_number(text: Any) -> float:
    try:
        return float(text)
    except (TypeError, ValueError):
        return np.inf


def _same_times(texts: list[Any], values: pa.Array) -> Bools:
    """Instants to the last digit. Instants outside the years 1 to 9999 must only be there, in any form."""
    counts = np.asarray(values.cast(pa.int64()))
    per_second = PER_SECOND[values.type.unit]
    parts = [str(text).removesuffix("+00").partition(".") for text in texts]
    seconds = instants(pa.array([whole for whole, _, _ in parts], pa.string()))[0] // 1_000_000
    nanos_written = np.array(
        [int(f"{digits:0<9}"[:9]) if digits.isdigit() or not digits else -1 for _, _, digits in parts], np.int64
    )
    far = (counts // per_second < FIRST_US // 1_000_000) | (counts // per_second >= LAST_US // 1_000_000)
    nanos = counts % per_second * (10**9 // per_second)
    return np.asarray(far | ((seconds == counts // per_second) & (nanos_written == nanos)))
