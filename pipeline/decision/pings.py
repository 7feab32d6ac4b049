"""Reads columns of pings, and finds the rows that cannot be read as pings and why: Arrow in, arrays out, no file."""

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

Reasons = npt.NDArray[np.uint8]
"""A `Reason` for each ping."""
NO_TIME_US = FOREVER_US
UNITS_PER_US = {"s": (1_000_000, 1), "ms": (1_000, 1), "us": (1, 1), "ns": (1, 1_000)}
UNASSIGNED_DEVICE = -1
WHITE_SPACE = " \t\r\n"  # as the contract's check of device_id
_BLANK = -2
_BLOCK = 1 << 15


@dataclass(frozen=True)
class Pings:
    """The columns of pings, one element each.

    ``row`` is the number of the row across all files. ``device`` is the number of the device, and -1 for a device
    without an assignment. ``observed_us`` are microseconds since 1970, ``lon`` and ``lat`` degrees. ``accuracy_m`` is
    the stated or the assumed accuracy in metres, and NaN where neither can be used.
    """

    row: Ints
    device: Codes
    observed_us: Ints
    lon: Floats
    lat: Floats
    accuracy_m: Floats


@dataclass(frozen=True)
class QuarantinedRows:
    """Rows that cannot be read as pings.

    ``row`` is the number of the row across all files, ``reason`` a `QuarantineReason`, and ``observed_us`` is
    NO_TIME_US where there is no instant. ``as_read`` has pairs of row numbers and the rows as text, as they were read,
    where the reader had them; it may lack some rows and have others.
    """

    row: Ints
    reason: npt.NDArray[np.uint8]
    observed_us: Ints
    as_read: tuple[tuple[Ints, pa.Array], ...] = ()

    @staticmethod
    def together(parts: list[QuarantinedRows]) -> QuarantinedRows:
        """Concatenate the parts; there may be none."""
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
    """The rows of one piece as pings, and those of them that cannot be read.

    A row that cannot be read is also among the pings, as a ping of an unassigned device, so that it can never be
    released.
    """

    pings: Pings
    quarantined: QuarantinedRows


@dataclass(frozen=True)
class PingReading:
    """What the reader needs: the known devices, `as_of`, and the accuracy to assume where none is stated.

    ``devices`` are the ids of devices in the order of their numbers. ``assumed_m`` is NaN where no accuracy is assumed.
    """

    devices: pa.Array
    as_of_us: int
    assumed_m: float


def read_pings(table: pa.Table, first_row: int, reading: PingReading, con: duckdb.DuckDBPyConnection) -> PingBatch:
    """Read ``device_id``, ``observed_at``, ``lon``, ``lat`` and, if present, ``accuracy_m`` of a table.

    Rows are numbered from ``first_row``. Instants are timestamps of any unit (without a zone they are UTC), or text.
    The contract's checks run in ``con``, and only for the rows that are not clearly pings.
    """
    device = _devices(table["device_id"], reading.devices)
    observed_us = _observed(table["observed_at"])
    lon, lat = _numbers(table["lon"]), _numbers(table["lat"])
    good = _clearly_pings(device, observed_us, lon, lat, reading.as_of_us)
    accuracy = _accuracy(table, reading)
    row = np.arange(first_row, first_row + table.num_rows)
    pings = Pings(row, device, observed_us, lon, lat, accuracy)
    bad = np.flatnonzero(~good)
    if not len(bad):
        return PingBatch(pings, QuarantinedRows.together([]))
    quarantined = _quarantined(row, device, observed_us, lon, lat, bad, reading, con)
    device[bad] = UNASSIGNED_DEVICE
    return PingBatch(pings, quarantined)


def _clearly_pings(device: Codes, observed_us: Ints, lon: Floats, lat: Floats, as_of_us: int) -> Bools:
    """Which rows clearly are pings: the checks of the contract in numpy. The contract itself decides about the others.

    In blocks, so that the columns stay in the processor's cache.
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


def _quarantined(
    row: Ints,
    device: Codes,
    observed_us: Ints,
    lon: Floats,
    lat: Floats,
    bad: Ints,
    reading: PingReading,
    con: duckdb.DuckDBPyConnection,
) -> QuarantinedRows:
    """Run the contract's checks on the rows that are not clearly pings (specification#bad-pings), in DuckDB."""
    readable = (observed_us[bad] >= FIRST_US) & (observed_us[bad] <= LAST_US)
    named = _nullable(pa.string(), device[bad] != _BLANK)
    instant = _masked(to_arrow(observed_us[bad], pa.int64()), readable)
    columns = [named, instant, to_arrow(lon[bad], pa.float64()), to_arrow(lat[bad], pa.float64())]
    con.register("pings", pa.Table.from_arrays(columns, ["device_id", "observed_us", "lon", "lat"]))
    con.execute(_first_failed_check_macro())
    query = resources.files("offduty.decision").joinpath("readable.sql").read_text()
    found = con.sql(query, params={"as_of_us": reading.as_of_us}).to_arrow_table()
    failed = to_numpy(found["failed_check"], np.uint8)
    if not failed.all():
        raise AssertionError("a row that is not clearly a ping passed the contract's checks; please report this bug")
    order = np.array([QuarantineReason[reason.upper()] for reason, _ in contract("pings").checks], np.uint8)
    return QuarantinedRows(row[bad], order[failed - 1], np.where(readable, observed_us[bad], NO_TIME_US))


def _first_failed_check_macro() -> str:
    """SQL that defines `first_failed_check` for readable.sql from the checks of the contract."""
    cases = " ".join(
        f"WHEN ({condition}) IS NOT TRUE THEN {number}"
        for number, (_, condition) in enumerate(contract("pings").checks, start=1)
    )
    parameters = "device_id, observed_us, lon, lat, as_of_us"
    return f"CREATE OR REPLACE TEMP MACRO first_failed_check({parameters}) AS CASE {cases} ELSE 0 END"


def _nullable(kind: pa.DataType, present: Bools) -> pa.Array:
    """A text column with a placeholder where a text is present, and NULL elsewhere."""
    ends = np.concatenate([[0], np.cumsum(present)]).astype(np.int32)
    data = pa.py_buffer(b"x" * int(present.sum()))
    mask = pa.py_buffer(np.packbits(present, bitorder="little"))
    return pa.Array.from_buffers(kind, len(present), [mask, pa.py_buffer(ends), data])


def _masked(values: pa.Array, present: Bools) -> pa.Array:
    """The values where present, and NULL elsewhere."""
    mask = pa.py_buffer(np.packbits(present, bitorder="little"))
    return pa.Array.from_buffers(values.type, len(values), [mask, values.buffers()[1]])


def _devices(column: pa.ChunkedArray, devices: pa.Array) -> Codes:
    """The number of each row's device: -1 for a device without an assignment, _BLANK where no device is named."""
    parts = [_device_codes(chunk, devices) for chunk in column.chunks]
    return parts[0] if len(parts) == 1 else np.concatenate([np.zeros(0, np.int32), *parts])


def _device_codes(chunk: pa.Array, devices: pa.Array) -> Codes:
    encoded = chunk if pa.types.is_dictionary(chunk.type) else chunk.cast(pa.string()).dictionary_encode()
    indices = encoded.indices.cast(pa.int32())  # other writers use narrower or wider ones
    names = encoded.dictionary.cast(pa.string())
    found = pc.index_in(names, value_set=devices.cast(pa.string()))
    unknown = is_null(found)
    numbers: Codes = np.append(np.where(unknown, UNASSIGNED_DEVICE, to_numpy(found, np.int32)), _BLANK).astype(np.int32)
    for place in np.flatnonzero(unknown).tolist():
        if not (names[place].as_py() or "").strip(WHITE_SPACE):
            numbers[place] = _BLANK
    index = to_numpy(indices, np.int32)
    if indices.null_count:
        index = np.where(is_null(indices), len(numbers) - 1, index)
    codes: Codes = np.take(numbers, index)
    return codes


def _observed(column: pa.ChunkedArray) -> Ints:
    """Instants as microseconds since 1970; NO_TIME_US where there is none.

    Nanoseconds are cut off. A coarser timestamp that does not fit into microseconds is no instant.
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
    array = one_chunk(column)
    return to_floats(array if pa.types.is_float64(array.type) else pc.cast(array, pa.float64(), safe=False))


def _accuracy(table: pa.Table, reading: PingReading) -> Floats:
    """The stated accuracy, or the assumed one where none is stated; a stated NaN stays NaN.

    The rule is specification#accuracy-when-missing.
    """
    if "accuracy_m" not in table.column_names:
        return np.full(table.num_rows, reading.assumed_m)
    column = one_chunk(table["accuracy_m"])
    values = _numbers(column)
    return np.where(is_null(column), reading.assumed_m, values) if column.null_count else values
