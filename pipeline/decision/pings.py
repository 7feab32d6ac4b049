"""Reads columns of pings, and finds the rows that cannot be read as pings and why: Arrow in, arrays out, no file."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from importlib import resources

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from offduty.arrays.arrow import (
    Bools,
    Codes,
    Floats,
    Ints,
    dictionary_array,
    is_null,
    one_chunk,
    string_array,
    to_arrow,
    to_floats,
    to_ints,
    to_numpy,
)
from offduty.config.contracts import contract
from offduty.core.ids import clean_id, exact_key, lookalike_key, stripped
from offduty.core.instants import FIRST_US, LAST_US
from offduty.core.reasons import QuarantineReason
from offduty.core.times import NO_TIME_US, LocalTime, Times, any_lacks_offset, read_times, wall_instants

Reasons = npt.NDArray[np.uint8]
"""A `Reason` for each ping."""
UNITS_PER_US = {"s": (1_000_000, 1), "ms": (1_000, 1), "us": (1, 1), "ns": (1, 1_000)}
UNASSIGNED_DEVICE = -1
RECEIPT_TOLERANCE_US = 60_000_000  # as the contract's check of received_at
VALID_WORDS = frozenset({"true", "t", "yes", "y", "1", "a", "valid"})
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
    released. ``usable`` is how many rows have a device and an instant, ``misplaced`` how many of those have a position
    that is written and cannot be read, and ``met`` how many a device that somebody held at some time, or a lookalike.
    ``lookalikes`` are rows of a device that only looks like one that somebody held. ``unassigned`` has a hash of the id
    of each device that nobody was ever assigned, where the reading asks for them.
    """

    pings: Pings
    quarantined: QuarantinedRows
    usable: int
    met: int
    misplaced: int = 0
    lookalikes: int = 0
    unassigned: Ints = field(default_factory=lambda: np.zeros(0, np.int64))


@dataclass(frozen=True)
class PingReading:
    """What the reader needs: the known devices, what times without an offset mean, and the accuracy to assume.

    ``devices`` are the ids of devices by number, and ``lookalikes`` the number of the device that stands for the other
    ids with a lookalike key, by key; ``distinct`` says that lookalikes are different devices. ``assumed_m`` is NaN
    where no accuracy is assumed. Where ``zero_is_missing``, a stated accuracy of 0 counts as not stated.
    Where ``lists_unassigned``, batches say which devices nobody was ever assigned.
    """

    devices: dict[str, int]
    lookalikes: dict[str, int]
    distinct: bool
    local: LocalTime
    assumed_m: float
    zero_is_missing: bool
    lists_unassigned: bool = False

    @cached_property
    def ids(self) -> pa.Array:
        """The ids of the devices in the order of their numbers."""
        return string_array(list(self.devices))

    def number(self, written: str) -> int:
        """The number of a device as it is written: -1 for one that nobody ever held, and for a missing id `_BLANK`."""
        device = clean_id(written)
        if device is None:
            return _BLANK
        key = (exact_key if self.distinct else lookalike_key)(device)
        return self.devices.get(device, self.lookalikes.get(key, UNASSIGNED_DEVICE))


def read_pings(table: pa.Table, first_row: int, reading: PingReading, con: duckdb.DuckDBPyConnection) -> PingBatch:
    """Read ``device_id``, ``observed_at``, ``lon``, ``lat`` and, if present, ``accuracy_m``, ``received_at`` and
    ``valid`` of a table.

    Rows are numbered from ``first_row``. Instants are timestamps of any unit, or text; without a zone they are wall
    times of the table's declared zone. The contract's checks run in ``con``, and only for the rows that are not
    clearly pings.
    """
    device, unassigned = _devices(table["device_id"], reading)
    observed_us = read_instants(table["observed_at"], reading.local)
    lon, lat = _numbers(table["lon"]), _numbers(table["lat"])
    received_us, valid = _received(table, reading.local), _valid(table)
    good = _clearly_pings(device, observed_us, lon, lat)
    if received_us is not None:
        good &= observed_us <= received_us + RECEIPT_TOLERANCE_US
    if valid is not None:
        good &= valid
    accuracy = _accuracy(table, reading)
    row = np.arange(first_row, first_row + table.num_rows)
    pings = Pings(row, device, observed_us, lon, lat, accuracy)
    bad = np.flatnonzero(~good)
    met = int(np.count_nonzero(device >= 0))
    lookalikes = int(np.count_nonzero(device >= len(reading.devices)))
    if not len(bad):
        none = QuarantinedRows.together([])
        return PingBatch(pings, none, len(row), met, lookalikes=lookalikes, unassigned=unassigned)
    doubtful = _Doubtful(
        device[bad],
        observed_us[bad],
        np.full(len(bad), NO_TIME_US) if received_us is None else received_us[bad],
        lon[bad],
        lat[bad],
        np.ones(len(bad), np.bool_) if valid is None else valid[bad],
    )
    quarantined = _quarantined(row[bad], doubtful, con)
    usable = (device[bad] != _BLANK) & (observed_us[bad] != NO_TIME_US)
    batch = PingBatch(
        pings,
        quarantined,
        usable=len(row) - int((~usable).sum()),
        met=met - int((~usable & (device[bad] >= 0)).sum()),
        misplaced=int((usable & _misplaced(table, lon, lat)[bad]).sum()),
        lookalikes=lookalikes,
        unassigned=unassigned,
    )
    device[bad] = UNASSIGNED_DEVICE
    return batch


def _clearly_pings(device: Codes, observed_us: Ints, lon: Floats, lat: Floats) -> Bools:
    """Which rows clearly are pings: the checks of the contract in numpy. The contract itself decides about the others.

    In blocks, so that the columns stay in the processor's cache.
    """
    good = np.empty(len(device), np.bool_)
    for start in range(0, len(device), _BLOCK):
        some = slice(start, start + _BLOCK)
        x, y, at = lon[some], lat[some], observed_us[some]
        fits = device[some] != _BLANK
        fits &= at >= FIRST_US
        fits &= at <= LAST_US
        fits &= np.abs(x) <= 180
        fits &= np.abs(y) <= 90
        fits &= (x != 0) | (y != 0)
        good[some] = fits
    return good


def _misplaced(table: pa.Table, lon: Floats, lat: Floats) -> Bools:
    """Where a position is written and cannot be read, or is out of range; a device without a fix writes none."""
    written = ~is_null(one_chunk(table["lon"])) & ~is_null(one_chunk(table["lat"]))
    in_range: Bools = (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
    return written & ~in_range


@dataclass(frozen=True)
class _Doubtful:
    """The columns of the rows that are not clearly pings."""

    device: Codes
    observed_us: Ints
    received_us: Ints
    lon: Floats
    lat: Floats
    valid: Bools


def _quarantined(row: Ints, rows: _Doubtful, con: duckdb.DuckDBPyConnection) -> QuarantinedRows:
    """Run the contract's checks on the rows that are not clearly pings (specification#bad-pings), in DuckDB."""
    readable = (rows.observed_us >= FIRST_US) & (rows.observed_us <= LAST_US)
    received = _masked(to_arrow(rows.received_us, pa.int64()), rows.received_us != NO_TIME_US)
    columns = {
        "device_id": _nullable(pa.string(), rows.device != _BLANK),
        "observed_us": _masked(to_arrow(rows.observed_us, pa.int64()), readable),
        "received_us": received,
        "lon": to_arrow(rows.lon, pa.float64()),
        "lat": to_arrow(rows.lat, pa.float64()),
        "valid": dictionary_array(rows.valid.astype(np.int8), ["false", "true"]).dictionary_decode(),
    }
    con.register("pings", pa.Table.from_arrays(list(columns.values()), list(columns)))
    con.execute(_first_failed_check_macro())
    query = resources.files("offduty.decision").joinpath("readable.sql").read_text()
    found = con.sql(query).to_arrow_table()
    failed = to_numpy(found["failed_check"], np.uint8)
    if not failed.all():
        raise AssertionError("a row that is not clearly a ping passed the contract's checks; please report this bug")
    order = np.array([QuarantineReason[reason.upper()] for reason, _ in contract("pings").checks], np.uint8)
    return QuarantinedRows(row, order[failed - 1], np.where(readable, rows.observed_us, NO_TIME_US))


def _first_failed_check_macro() -> str:
    """SQL that defines `first_failed_check` for readable.sql from the checks of the contract."""
    cases = " ".join(
        f"WHEN ({condition}) IS NOT TRUE THEN {number}"
        for number, (_, condition) in enumerate(contract("pings").checks, start=1)
    )
    parameters = "device_id, observed_us, received_us, lon, lat, valid"
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


def _devices(column: pa.ChunkedArray, reading: PingReading) -> tuple[Codes, Ints]:
    """The number of each row's device: -1 for a device without an assignment, _BLANK where no device is named; and a
    hash of each id without an assignment.
    """
    parts = [_device_codes(chunk, reading) for chunk in column.chunks]
    if len(parts) == 1:
        return parts[0]
    codes = np.concatenate([np.zeros(0, np.int32), *(found for found, _ in parts)])
    return codes, np.concatenate([np.zeros(0, np.int64), *(unassigned for _, unassigned in parts)])


def _device_codes(chunk: pa.Array, reading: PingReading) -> tuple[Codes, Ints]:
    encoded = chunk if pa.types.is_dictionary(chunk.type) else chunk.cast(pa.string()).dictionary_encode()
    indices = encoded.indices.cast(pa.int32())  # other writers use narrower or wider ones
    names = encoded.dictionary.cast(pa.string())
    found = pc.index_in(names, value_set=reading.ids)
    unknown = is_null(found)
    numbers: Codes = np.append(np.where(unknown, UNASSIGNED_DEVICE, to_numpy(found, np.int32)), _BLANK).astype(np.int32)
    for place in np.flatnonzero(unknown).tolist():
        numbers[place] = reading.number(names[place].as_py() or "")
    index = to_numpy(indices, np.int32)
    if indices.null_count:
        index = np.where(is_null(indices), len(numbers) - 1, index)
    codes: Codes = np.take(numbers, index)
    return codes, _unassigned(names, numbers, index) if reading.lists_unassigned else np.zeros(0, np.int64)


def _unassigned(names: pa.Array, numbers: Codes, index: Codes) -> Ints:
    """A hash of each id that some row has and nobody was ever assigned. A dictionary may have ids that no row has."""
    unknown = np.flatnonzero(numbers == UNASSIGNED_DEVICE)
    if not len(unknown):
        return np.zeros(0, np.int64)
    used = np.zeros(len(numbers), np.bool_)
    used[index] = True
    ids = {clean_id(names[place].as_py()) for place in unknown[used[unknown]].tolist()}
    return np.array([hash(device) for device in ids], np.int64)


def read_instants(column: pa.ChunkedArray, local: LocalTime) -> Ints:
    """Instants as microseconds since 1970; NO_TIME_US where there is none, or more than one reading.

    Nanoseconds are cut off. A coarser timestamp that does not fit into microseconds is no instant.
    """
    kind = column.type
    if pa.types.is_null(kind):
        return np.full(len(column), NO_TIME_US)
    if not pa.types.is_timestamp(kind):
        return _one_instant(read_times(column.cast(pa.string()), local))
    raw = _microseconds(column)
    if kind.tz is not None:
        return raw
    clock = raw != NO_TIME_US
    us, one = wall_instants(np.where(clock, raw, 0), local)
    return np.where(clock & one, us, NO_TIME_US)


def naive_instants(table: pa.Table) -> list[str]:
    """The columns of instants of a table of pings in which some time has no offset."""
    return [name for name in ("observed_at", "received_at") if name in table.column_names and _is_naive(table[name])]


def _is_naive(column: pa.ChunkedArray) -> bool:
    kind = column.type
    if pa.types.is_timestamp(kind):
        return kind.tz is None
    return not pa.types.is_null(kind) and any_lacks_offset(column)


def _one_instant(times: Times) -> Ints:
    """The instants of texts that are exactly one instant; a bare date is none (specification#bare-dates)."""
    return np.where(times.read & ~times.dated & (times.early == times.late), times.early, NO_TIME_US)


def _microseconds(column: pa.ChunkedArray) -> Ints:
    """A column of timestamps in microseconds, whatever its unit."""
    raw = to_ints(column, NO_TIME_US)
    many, few = UNITS_PER_US[column.type.unit]
    if few > 1:
        raw = np.where(raw == NO_TIME_US, NO_TIME_US, raw // few)
    if len(raw) and (raw.min() < FIRST_US // many or raw.max() > LAST_US // many):
        fits = (raw >= FIRST_US // many) & (raw <= LAST_US // many)
        return np.where(fits, raw * many, NO_TIME_US)
    return raw if many == 1 else raw * many


def _received(table: pa.Table, local: LocalTime) -> Ints | None:
    """When each row was received; NO_TIME_US, which is after every instant, where that is not known. None without such
    a column.
    """
    if "received_at" not in table.column_names:
        return None
    return read_instants(table["received_at"], local)


def _valid(table: pa.Table) -> Bools | None:
    """Whether the device says that it had a fix; True where it says nothing (specification#bad-pings). None without
    such a column.
    """
    if "valid" not in table.column_names:
        return None
    column = one_chunk(table["valid"])
    encoded = column if pa.types.is_dictionary(column.type) else column.cast(pa.string()).dictionary_encode()
    words = [word or "" for word in encoded.dictionary.cast(pa.string()).to_pylist()]
    allowed = np.array([*(not stripped(word) or word.lower() in VALID_WORDS for word in words), True], np.bool_)
    indices = encoded.indices.cast(pa.int32())
    if not len(indices):
        return np.zeros(0, np.bool_)
    valid: Bools = allowed[np.where(is_null(indices), len(words), to_numpy(indices, np.int32))]
    return valid


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
    if reading.zero_is_missing:
        values = np.where(values == 0, reading.assumed_m, values)
    return np.where(is_null(column), reading.assumed_m, values) if column.null_count else values
