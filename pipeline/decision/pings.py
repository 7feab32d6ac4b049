"""Reads columns of pings: which rows are pings, which are none and why; Arrow in, arrays out, from no file (SPEC 2)."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from offduty.arrays.arrow import Bools, Codes, Floats, Ints, is_null, one_chunk, to_arrow, to_floats, to_ints, to_numpy
from offduty.config.contracts import contract
from offduty.core.instants import FIRST_US, FOREVER_US, LAST_US, instants
from offduty.core.reasons import QuarantineReason
from offduty.decision.decide import Pings

NO_TIME_US = FOREVER_US
UNITS_PER_US = {"s": (1_000_000, 1), "ms": (1_000, 1), "us": (1, 1), "ns": (1, 1_000)}
NOBODYS = -1
WHITE = " \t\r\n"  # what the contract takes for white space
_BLANK = -2
_BLOCK = 1 << 15


@dataclass(frozen=True)
class QuarantinedRows:
    """Rows set aside: ``row`` counts across all files, ``observed_us`` is NO_TIME_US where there is no instant.

    ``kept`` has rows as they were read where that was at hand, by the same row numbers; it may lack some and hold more.
    """

    row: Ints
    reason: npt.NDArray[np.uint8]
    observed_us: Ints
    as_read: tuple[tuple[Ints, pa.Array], ...] = ()

    @staticmethod
    def together(parts: list[QuarantinedRows]) -> QuarantinedRows:
        """All of them, one after the other; there may be none."""
        none = QuarantinedRows(np.zeros(0, np.int64), np.zeros(0, np.uint8), np.zeros(0, np.int64))
        parts = [none, *parts]
        return QuarantinedRows(
            np.concatenate([part.row for part in parts]),
            np.concatenate([part.reason for part in parts]),
            np.concatenate([part.observed_us for part in parts]),
            tuple(pair for part in parts for pair in part.as_read),
        )


@dataclass(frozen=True)
class PingBatch:
    """What a piece holds: its rows as pings, and which of them are none.

    A row that is no ping stands among the pings as that of a device that nobody holds, so that nothing can be proven of
    it.
    """

    pings: Pings
    quarantined: QuarantinedRows


@dataclass(frozen=True)
class PingReading:
    """What reading needs to know: whose devices count, as of when, and the accuracy to assume where none is stated.

    ``devices`` holds the known ids, each at the place of its number.
    """

    devices: pa.Array
    as_of_us: int
    assumed_m: float


def read_pings(table: pa.Table, first_row: int, reading: PingReading, con: duckdb.DuckDBPyConnection) -> PingBatch:
    """Read ``device_id``, ``observed_at``, ``lon``, ``lat`` and, where there is one, ``accuracy_m`` of a table.

    Rows are numbered from ``first_row``. Instants are timestamps of any unit (without a zone they are UTC) or text; the
    contract's checks say in ``con`` why a row is no ping.
    """
    device = _devices(table["device_id"], reading.devices)
    observed_us = _observed(table["observed_at"])
    lon, lat = _numbers(table["lon"]), _numbers(table["lat"])
    good = _plainly_pings(device, observed_us, lon, lat, reading.as_of_us)
    accuracy = _accuracy(table, reading)
    row = np.arange(first_row, first_row + table.num_rows)
    pings = Pings(row, device, observed_us, lon, lat, accuracy)
    bad = np.flatnonzero(~good)
    if not len(bad):
        return PingBatch(pings, QuarantinedRows.together([]))
    faults = _faults(row, device, observed_us, lon, lat, bad, reading, con)
    device[bad] = NOBODYS
    return PingBatch(pings, faults)


def _plainly_pings(device: Codes, observed_us: Ints, lon: Floats, lat: Floats, as_of_us: int) -> Bools:
    """Which rows are pings beyond doubt: what the contract asks for, in numpy; the contract itself judges the others.

    Some at a time, so that the columns stay in the processor's cache.
    """
    good = np.empty(len(device), np.bool_)
    latest = min(LAST_US, as_of_us)
    for start in range(0, len(device), _BLOCK):
        some = slice(start, start + _BLOCK)
        x, y, at = lon[some], lat[some], observed_us[some]
        fits = device[some] != _BLANK
        fits &= at >= FIRST_US
        fits &= at <= latest
        fits &= np.abs(x) <= 180
        fits &= np.abs(y) <= 90
        fits &= (x != 0) | (y != 0)
        good[some] = fits
    return good


def _faults(
    row: Ints,
    device: Codes,
    observed_us: Ints,
    lon: Floats,
    lat: Floats,
    bad: Ints,
    reading: PingReading,
    con: duckdb.DuckDBPyConnection,
) -> QuarantinedRows:
    """Why the rows that are not plainly pings are none: the contract's own checks say it, in DuckDB."""
    readable = (observed_us[bad] >= FIRST_US) & (observed_us[bad] <= LAST_US)
    named = _nullable(pa.string(), device[bad] != _BLANK)
    instant = _masked(to_arrow(observed_us[bad], pa.int64()), readable)
    columns = [named, instant, to_arrow(lon[bad], pa.float64()), to_arrow(lat[bad], pa.float64())]
    con.register("pings", pa.Table.from_arrays(columns, ["device_id", "observed_us", "lon", "lat"]))
    con.execute("CREATE OR REPLACE TEMP TABLE run AS SELECT ?::BIGINT AS as_of_us", [reading.as_of_us])
    checks = " ".join(
        f"WHEN ({sql}) IS NOT TRUE THEN {number + 1}" for number, (_, sql) in enumerate(contract("pings").checks)
    )
    found = con.sql(
        resources.files("offduty.decision").joinpath("readable.sql").read_text().replace("{checks}", checks)
    ).to_arrow_table()["fault"]
    fault = to_numpy(found, np.uint8)
    if not fault.all():
        raise AssertionError("a row that is not plainly a ping passed the contract's checks")
    order = np.array([QuarantineReason[reason.upper()] for reason, _ in contract("pings").checks], np.uint8)
    return QuarantinedRows(row[bad], order[fault - 1], np.where(readable, observed_us[bad], NO_TIME_US))


def _nullable(kind: pa.DataType, present: Bools) -> pa.Array:
    """A column of which only it is known whether something is written in it."""
    ends = np.concatenate([[0], np.cumsum(present)]).astype(np.int32)
    data = pa.py_buffer(b"x" * int(present.sum()))
    mask = pa.py_buffer(np.packbits(present, bitorder="little"))
    return pa.Array.from_buffers(kind, len(present), [mask, pa.py_buffer(ends), data])


def _masked(values: pa.Array, present: Bools) -> pa.Array:
    mask = pa.py_buffer(np.packbits(present, bitorder="little"))
    return pa.Array.from_buffers(values.type, len(values), [mask, values.buffers()[1]])


def _devices(column: pa.ChunkedArray, devices: pa.Array) -> Codes:
    """Each row's device by its number: -1 for one nobody was ever assigned, _BLANK where none is written."""
    parts = [_device_codes(chunk, devices) for chunk in column.chunks]
    return parts[0] if len(parts) == 1 else np.concatenate([np.zeros(0, np.int32), *parts])


def _device_codes(chunk: pa.Array, devices: pa.Array) -> Codes:
    held = chunk if pa.types.is_dictionary(chunk.type) else chunk.cast(pa.string()).dictionary_encode()
    indices = held.indices.cast(pa.int32())  # others write them narrower or wider
    names = held.dictionary.cast(pa.string())
    found = pc.index_in(names, value_set=devices.cast(pa.string()))
    unknown = is_null(found)
    numbers: Codes = np.append(np.where(unknown, NOBODYS, to_numpy(found, np.int32)), _BLANK).astype(np.int32)
    for place in np.flatnonzero(unknown).tolist():
        if not (names[place].as_py() or "").strip(WHITE):
            numbers[place] = _BLANK
    index = to_numpy(indices, np.int32)
    if indices.null_count:
        index = np.where(is_null(indices), len(numbers) - 1, index)
    codes: Codes = np.take(numbers, index)
    return codes


def _observed(column: pa.ChunkedArray) -> Ints:
    """Instants as microseconds; NO_TIME_US where there is none. Finer units are cut, coarser ones that overflow have
    none.
    """
    kind = column.type
    if pa.types.is_null(kind):
        return np.full(len(column), NO_TIME_US)
    if not pa.types.is_timestamp(kind):
        read = instants(one_chunk(column).cast(pa.string()))
        return np.where(read.read, read.us, NO_TIME_US)
    raw = to_ints(column, NO_TIME_US)
    many, few = UNITS_PER_US[kind.unit]
    if few > 1:
        raw = np.where(raw == NO_TIME_US, NO_TIME_US, raw // few)
    if len(raw) and (raw.min() < FIRST_US // many or raw.max() > LAST_US // many):
        fits = (raw >= FIRST_US // many) & (raw <= LAST_US // many)
        return np.where(fits, raw * many, NO_TIME_US)
    return raw if many == 1 else raw * many


def _numbers(column: pa.ChunkedArray) -> Floats:
    held = one_chunk(column)
    return to_floats(held if pa.types.is_float64(held.type) else pc.cast(held, pa.float64(), safe=False))


def _accuracy(table: pa.Table, reading: PingReading) -> Floats:
    """The stated accuracy; the assumed one (NaN: none may be) where none is stated. A NaN that is stated stays one."""
    if "accuracy_m" not in table.column_names:
        return np.full(table.num_rows, reading.assumed_m)
    column = one_chunk(table["accuracy_m"])
    values = _numbers(column)
    return np.where(is_null(column), reading.assumed_m, values) if column.null_count else values
