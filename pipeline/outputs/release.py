"""Writes the release for analysts, from coarse released values only, in one order, always with the same bytes.

Rules: specification#section-7, specification#same-bytes; why it is one integer per row: docs/adr/003.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from offduty.arrays.arrow import Codes, Ints, dictionary_array, to_arrow
from offduty.arrays.spill import Spill
from offduty.arrays.value_ranges import ValueRanges
from offduty.config.policy import Policy
from offduty.decision.decide import Undecided
from offduty.outputs.coarsening import ACCURACY_CLASSES_M, accuracy_class, rounded, steps
from offduty.outputs.released_pings import ReleasedPings, StoredRows

ROWS_PER_FILE = 1 << 21
ROWS_PER_GROUP = 1 << 18
SORTED_AT_ONCE = 1 << 22
"""So many rows, of 8 bytes, are sorted together; only a file with one officer's rows alone can have more."""
GEO = {
    "version": "1.1.0",
    "primary_column": "geometry",
    "columns": {"geometry": {"encoding": "WKB", "geometry_types": ["Point"]}},
}
_POINT = np.frombuffer(b"\x01\x01\x00\x00\x00", np.uint8)

SCHEMA = pa.schema(
    [
        pa.field("officer", pa.string(), nullable=False),
        pa.field("observed_at", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("lon", pa.float64(), nullable=False),
        pa.field("lat", pa.float64(), nullable=False),
        pa.field("accuracy_m", pa.float64(), nullable=False),
        pa.field("duty_code", pa.string(), nullable=False),
        pa.field("geometry", pa.binary(), nullable=False),
    ]
)


def coarse(pings: Undecided, officer: Codes, policy: Policy) -> ReleasedPings:
    """The coarse values of released pings; the exact ones go no further (specification#release-columns)."""
    decimals = policy.release.decimals
    narrow = np.int32 if decimals <= 6 else np.int64
    has_extra_columns = bool(policy.release.extra_columns)
    return ReleasedPings(
        officer=officer.astype(np.int32),
        step=steps(pings.observed_us, policy.release.time_step_s),
        lon=rounded(pings.lon, decimals).astype(narrow),
        lat=rounded(pings.lat, decimals).astype(narrow),
        accuracy=accuracy_class(pings.accuracy_m).astype(np.uint8),
        code=pings.code,
        row=pings.row if has_extra_columns else np.zeros(len(pings), np.int8),
    )


@dataclass(frozen=True)
class ReleaseNames:
    """The texts of one day's release: pseudonyms by the number of the officer, duty codes by their number."""

    pseudonyms: dict[int, str]
    codes: list[str]


ExtraColumns = Callable[[npt.NDArray[np.signedinteger[Any]]], pa.Table]
"""Returns the extra columns of the rows (numbered across all files) that it is given, in that order."""


def parts_of(rows: StoredRows, names: ReleaseNames) -> Iterator[StoredRows]:
    """Divide a day's rows into files between officers, in the order of their pseudonyms.

    The division depends on the rows only, and the rows of one officer are in one file. A day with no more than
    `ROWS_PER_FILE` rows is one file. The rows of a day with more are moved: those of later files first wait in memory
    or on the disk.
    """
    if len(rows) <= ROWS_PER_FILE:
        yield rows
        return
    counts = counted(rows.officers(ROWS_PER_GROUP))
    rank, order = _ranks(counts, names.pseudonyms)
    ends = np.cumsum(counts[order])
    part_of, parts = np.zeros(len(order), np.int32), 0
    first = 0
    while first < len(order):
        done = int(ends[first - 1]) if first else 0
        last = max(int(np.searchsorted(ends, done + ROWS_PER_FILE, "right")), first + 1)
        part_of[first:last] = parts
        parts, first = parts + 1, last
    divided = rows.spill.another(ReleasedPings)
    for block in rows.blocks(ROWS_PER_GROUP):
        part = np.take(part_of, np.take(rank, block.officer))
        for some in np.flatnonzero(np.bincount(part)).tolist():
            divided.add(some, block.take(np.flatnonzero(part == some)))
    rows.remove()
    for some in range(parts):
        yield StoredRows(divided, some)


def counted(numbers: Iterable[npt.NDArray[np.signedinteger[Any]]]) -> Ints:
    """How often each number from 0 on occurs."""
    counts = np.zeros(0, np.int64)
    for some in numbers:
        counts = _added(counts, some)
    return counts


def _added(counts: Ints, numbers: npt.NDArray[np.signedinteger[Any]]) -> Ints:
    """Counts of numbers, with more of them counted."""
    more = np.bincount(numbers, minlength=len(counts))
    more[: len(counts)] += counts
    return more


def _ranks(counts: Ints, texts: Mapping[int, str] | Sequence[str]) -> tuple[Codes, list[int]]:
    """For each number its rank in the order of the texts of those that occur, and these numbers in that order."""
    order = sorted(np.flatnonzero(counts).tolist(), key=lambda number: texts[number])
    rank = np.zeros(len(counts), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    return rank, order


Blocks = Callable[[], Iterator[list[npt.NDArray[Any]]]]
"""Gives the columns of rows, some rows after the other."""


def in_order(columns: list[npt.NDArray[Any]], rows: int) -> Iterator[list[Ints]]:
    """Sort rows by their columns, the first column first; yields the sorted columns, so many ``rows`` at once. There
    must be at least one row.
    """
    spans = [(int(column.min()), int(column.max())) for column in columns]

    def blocks() -> Iterator[list[npt.NDArray[Any]]]:
        for start in range(0, len(columns[0]), rows):
            yield [column[start : start + rows] for column in columns]

    return _in_order(blocks, spans, len(columns[0]), rows, Spill(_RowKeys, Path(), 1 << 62))


def _in_order(
    blocks: Blocks, spans: list[tuple[int, int]], count: int, rows: int, keys: Spill[_RowKeys]
) -> Iterator[list[Ints]]:
    """`in_order` for rows that are not in memory: ``count`` of them, of which ``spans`` has the least and the greatest
    value of each column. ``keys`` keeps what does not fit either.

    A row of a release is small: officer, minute, cell, class and code rarely need more than 63 bits together. Then the
    row becomes one integer, which sorts many times faster than columns do. Otherwise the columns are sorted by lexsort.
    """
    lows = [low for low, _ in spans]
    bits = [(high - low).bit_length() for low, high in spans]
    if sum(bits) > 63:
        columns = [np.concatenate(parts) for parts in zip(*blocks(), strict=True)]
        order = np.lexsort(columns[::-1])
        for start in range(0, len(order), rows):
            yield [column[order[start : start + rows]] for column in columns]
        return

    def packed() -> Iterator[Ints]:
        return (_packed(some, lows, bits) for some in blocks())

    for key in _sorted(packed, count, rows, keys):
        yield _unpacked(key, lows, bits)


@dataclass(frozen=True)
class _RowKeys:
    """Rows as one integer each."""

    key: Ints

    @staticmethod
    def together(parts: list[_RowKeys]) -> _RowKeys:
        return _RowKeys(np.concatenate([part.key for part in parts]))


def _sorted(blocks: Callable[[], Iterator[Ints]], count: int, rows: int, keys: Spill[_RowKeys]) -> Iterator[Ints]:
    """All integers of all blocks, sorted, so many ``rows`` at once. One officer may have more of them than fit into
    memory: these are sorted range by range.
    """
    if count <= SORTED_AT_ONCE:
        key, done = np.empty(count, np.int64), 0
        for some in blocks():
            key[done : done + len(some)] = some
            done += len(some)
        key.sort()
        for start in range(0, count, rows):
            yield key[start : start + rows]
        return
    ranges = ValueRanges.of(blocks, SORTED_AT_ONCE)
    for some in blocks():
        number = ranges.number(some)
        for one in np.flatnonzero(np.bincount(number)).tolist():
            keys.add(one, _RowKeys(some[number == one]))
    left = np.zeros(0, np.int64)
    for one in range(len(ranges.starts)):
        key = np.concatenate([left, np.sort(keys.take(one).key)])
        whole = len(key) // rows * rows
        for start in range(0, whole, rows):
            yield key[start : start + rows]
        left = key[whole:]
    if len(left):
        yield left


def _packed(columns: list[npt.NDArray[Any]], lows: list[int], bits: list[int]) -> Ints:
    """Each row as one integer."""
    key = np.zeros(len(columns[0]), np.int64)
    for column, low, width in zip(columns, lows, bits, strict=True):
        key <<= width
        key |= column.astype(np.int64) - low
    return key


def _unpacked(key: Ints, lows: list[int], bits: list[int]) -> list[Ints]:
    """The columns of which each row became one integer; the integers are used up."""
    unpacked = []
    for low, width in zip(lows[::-1], bits[::-1], strict=True):
        unpacked.append((key & ((1 << width) - 1)) + low)
        key >>= width
    return unpacked[::-1]


def write_part(
    path: Path, released: StoredRows, names: ReleaseNames, policy: Policy, extra: ExtraColumns | None = None
) -> int:
    """Write one file, sorted by officer, observed_at, lon, lat, and then all other columns; returns its number of rows,
    which are removed from where they were stored.

    The bytes depend on the released values only: their order, pages and dictionaries are made from them, and nothing
    shows where a row came from (specification#hidden-rows-absent). A file without rows has the columns and metadata.
    """
    rows = len(released)
    if extra is not None and rows:
        released = StoredRows.of(released.taken())
    extras = extra(next(released.blocks(max(rows, 1)), NO_PINGS).row) if extra is not None else None
    schema = pa.schema([*_dictionaries(SCHEMA), *(extras.schema if extras is not None else ())])
    with _writer(path, schema) as writer:
        writer.add_key_value_metadata({"geo": json.dumps(GEO)})
        if not rows:
            writer.write_table(schema.empty_table())
            return 0
        columns = _Columns.of(released, names)
        if extras is not None:
            for table in _tables_with_extras(next(columns.blocks(rows)), columns, policy, extras):
                writer.write_table(table, row_group_size=ROWS_PER_GROUP)
            return rows
        keys = released.spill.another(_RowKeys)
        for some in _in_order(lambda: columns.blocks(ROWS_PER_GROUP), columns.spans, rows, ROWS_PER_GROUP, keys):
            table = release_table(some, columns.pseudonyms, columns.codes, policy)
            writer.write_table(table, row_group_size=ROWS_PER_GROUP)
    released.remove()
    return rows


@dataclass(frozen=True)
class _Columns:
    """The columns by which the rows of a file are sorted: the rank of the officer among ``pseudonyms``, step, lon, lat,
    accuracy class, and the rank of the duty code among ``codes``. ``spans`` are the least and the greatest value of
    each.
    """

    released: StoredRows
    pseudonyms: list[str]
    codes: list[str]
    spans: list[tuple[int, int]]
    _officer_rank: Codes
    _code_rank: Codes

    @classmethod
    def of(cls, released: StoredRows, names: ReleaseNames) -> _Columns:
        """The columns of stored rows, of which there must be at least one."""
        officers = codes = np.zeros(0, np.int64)
        spans: list[list[tuple[int, int]]] = []
        for some in released.blocks(ROWS_PER_GROUP):
            officers, codes = _added(officers, some.officer), _added(codes, some.code)
            values = (some.step, some.lon, some.lat, some.accuracy)
            spans.append([(int(each.min()), int(each.max())) for each in values])
        officer_rank, officer_order = _ranks(officers, names.pseudonyms)
        code_rank, code_order = _ranks(codes, names.codes)
        between = [(min(low for low, _ in each), max(high for _, high in each)) for each in zip(*spans, strict=True)]
        return cls(
            released,
            [names.pseudonyms[officer] for officer in officer_order],
            [names.codes[number] for number in code_order],
            [(0, len(officer_order) - 1), *between, (0, len(code_order) - 1)],
            officer_rank,
            code_rank,
        )

    def blocks(self, rows: int) -> Iterator[list[npt.NDArray[Any]]]:
        """The columns, at most so many ``rows`` at once."""
        for some in self.released.blocks(rows):
            rank, code = np.take(self._officer_rank, some.officer), np.take(self._code_rank, some.code)
            yield [rank, some.step, some.lon, some.lat, some.accuracy, code]


def release_table(columns: list[Ints], pseudonyms: list[str], codes: list[str], policy: Policy) -> pa.Table:
    """Coarse rows as a table in the columns of `SCHEMA`, with texts as dictionaries; row order is unchanged.

    ``columns`` are officer (its index in ``pseudonyms``), step, lon, lat, accuracy class and duty code (its index in
    ``codes``).
    """
    rank, step, lon_units, lat_units, accuracy, code = columns
    scale = 10.0**policy.release.decimals
    lon, lat = lon_units / scale, lat_units / scale
    arrays = [
        _used_texts(rank, pseudonyms),
        to_arrow(step * (policy.release.time_step_s * 1_000_000), pa.timestamp("us", tz="UTC")),
        to_arrow(lon, pa.float64()),
        to_arrow(lat, pa.float64()),
        to_arrow(np.take(ACCURACY_CLASSES_M, accuracy), pa.float64()),
        _used_texts(code, codes),
        _points(lon, lat),
    ]
    return pa.Table.from_arrays(arrays, schema=_dictionaries(SCHEMA))


def _dictionaries(schema: pa.Schema) -> pa.Schema:
    """The same schema with dictionaries in place of strings, as the writer gets them."""
    dictionary = pa.dictionary(pa.int32(), pa.string())
    return pa.schema([field.with_type(dictionary) if pa.types.is_string(field.type) else field for field in schema])


def _used_texts(index: Ints, dictionary: list[str]) -> pa.DictionaryArray:
    """The texts at these indices, with a dictionary of those that occur: a dictionary page must show no others."""
    present = np.flatnonzero(np.bincount(index, minlength=len(dictionary)))
    new_index = np.zeros(len(dictionary), np.int32)
    new_index[present] = np.arange(len(present), dtype=np.int32)
    return dictionary_array(np.take(new_index, index), [dictionary[i] for i in present.tolist()])


def _points(lon: npt.NDArray[np.float64], lat: npt.NDArray[np.float64]) -> pa.Array:
    """Points as little-endian WKB: 21 bytes each."""
    n = len(lon)
    wkb = np.empty((n, 21), np.uint8)
    wkb[:, :5] = _POINT
    wkb[:, 5:13] = lon.astype("<f8").view(np.uint8).reshape(n, 8)
    wkb[:, 13:] = lat.astype("<f8").view(np.uint8).reshape(n, 8)
    ends = np.arange(0, 21 * n + 1, 21, dtype=np.int32)
    return pa.Array.from_buffers(pa.binary(), n, [None, pa.py_buffer(ends), pa.py_buffer(wkb)])


def _tables_with_extras(
    columns: list[npt.NDArray[Any]], texts: _Columns, policy: Policy, extras: pa.Table
) -> Iterator[pa.Table]:
    """Sorted tables with extra columns, which come last in the order. This is slower than `in_order`."""
    keys = [*columns, *(_text_ranks(extras[name]) for name in extras.column_names)]
    order = np.lexsort(keys[::-1])
    for start in range(0, len(order), ROWS_PER_GROUP):
        some = order[start : start + ROWS_PER_GROUP]
        table = release_table([column[some] for column in columns], texts.pseudonyms, texts.codes, policy)
        indices = to_arrow(some.astype(np.int64), pa.int64())
        for name in extras.column_names:
            table = table.append_column(extras.schema.field(name), extras[name].take(indices))
        yield table


def _text_ranks(column: pa.ChunkedArray) -> Ints:
    """Each value's rank in the order of the values as text, so that any type, and NULL, has a place in the order."""
    values = [repr(value) for value in column.to_pylist()]
    rank = {value: i for i, value in enumerate(sorted(set(values)))}
    return np.array([rank[value] for value in values], np.int64)


def _writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    """A writer with fixed settings: the same rows give the same bytes, with any number of threads."""
    texts = [field.name for field in schema if pa.types.is_string(field.type) or pa.types.is_dictionary(field.type)]
    return pq.ParquetWriter(
        path,
        schema,
        compression="zstd",
        compression_level=1,
        use_dictionary=[*texts, "accuracy_m"],
        column_encoding={"observed_at": "DELTA_BINARY_PACKED"},
        write_statistics=True,
        store_schema=False,
    )


def folder_of(release: Path, day: date) -> Path:
    """The folder of a local day's files."""
    return release / f"date={day.isoformat()}"


NO_PINGS = ReleasedPings(
    np.zeros(0, np.int32),
    np.zeros(0, np.int64),
    np.zeros(0, np.int64),
    np.zeros(0, np.int64),
    np.zeros(0, np.uint8),
    np.zeros(0, np.int16),
    np.zeros(0, np.int64),
)
