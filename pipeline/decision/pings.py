"""What pings are on their way to a decision, and how columns of any type become those of the contract; no file."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from offduty.arrays.arrow import (
    Bools,
    Codes,
    Floats,
    Ints,
    is_null,
    one_chunk,
    string_array,
    to_arrow,
    to_floats,
    to_ints,
    to_numpy,
)
from offduty.core.ids import clean_id, exact_key, lookalike_key
from offduty.core.instants import FIRST_US, LAST_US
from offduty.core.interval import Interval
from offduty.core.times import NO_TIME_US, LocalTime, Times, any_lacks_offset, read_times, wall_instants

Reasons = npt.NDArray[np.uint8]
"""A `Reason` for each ping."""
UNITS_PER_US = {"s": (1_000_000, 1), "ms": (1_000, 1), "us": (1, 1), "ns": (1, 1_000)}
UNASSIGNED_DEVICE = -1
BLANK = -2


@dataclass(frozen=True)
class Pings:
    """The columns of pings, one element each.

    ``row`` is the number of the row across all files. ``place`` is the stretch of the device's time into which the ping
    falls (`offduty.duty.timeline`). ``observed_us`` are microseconds since 1970, ``lon`` and ``lat`` degrees.
    ``accuracy_m`` is the stated or the assumed accuracy in metres, and NaN where neither can be used.
    """

    row: Ints
    place: Ints
    observed_us: Ints
    lon: Floats
    lat: Floats
    accuracy_m: Floats

    def take(self, which: Ints) -> Pings:
        """Only these elements; where they are all, in their order, without a copy. The numbers in ``which`` ascend."""
        if len(which) == len(self.row):
            return self
        return Pings(*(np.take(getattr(self, field.name), which) for field in fields(self)))


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
class PingReading:
    """What the reader needs: the known devices, what times without an offset mean, and the accuracy to assume.

    ``devices`` are the ids of devices by number, and ``lookalikes`` the number of the device that stands for the other
    ids with a lookalike key, by key; ``distinct`` says that lookalikes are different devices. ``assumed_m`` is NaN
    where no accuracy is assumed. Where ``zero_is_missing``, a stated accuracy of 0 counts as not stated.
    Of the rows of the interval ``lists_unassigned`` batches say which devices nobody was ever assigned; None: of none.
    """

    devices: dict[str, int]
    lookalikes: dict[str, int]
    distinct: bool
    local: LocalTime
    assumed_m: float
    zero_is_missing: bool
    lists_unassigned: Interval | None = None

    @cached_property
    def ids(self) -> pa.Array:
        """The ids of the devices in the order of their numbers."""
        return string_array(list(self.devices))

    def number(self, written: str) -> int:
        """The number of a device as it is written: -1 for one that nobody ever held, and for a missing id `BLANK`."""
        device = clean_id(written)
        if device is None:
            return BLANK
        key = (exact_key if self.distinct else lookalike_key)(device)
        return self.devices.get(device, self.lookalikes.get(key, UNASSIGNED_DEVICE))


@dataclass(frozen=True)
class PingTimes:
    """The device and the instant of each row of a table of pings; see `PingTable`."""

    device: Codes
    unassigned: Ints
    observed_us: Ints

    @classmethod
    def of(cls, table: pa.Table, reading: PingReading) -> PingTimes:
        """Read ``device_id`` and ``observed_at``, which may be of any type that a file may have."""
        observed_us = _readable(read_instants(table["observed_at"], reading.local))
        device, unassigned = device_numbers(table["device_id"], observed_us, reading)
        return cls(device, unassigned, observed_us)

    def take(self, which: Ints) -> PingTimes:
        """Only these rows."""
        return PingTimes(self.device[which], self.unassigned, self.observed_us[which])

    @property
    def usable(self) -> Bools:
        """Which rows have a device and an instant."""
        found: Bools = (self.device != BLANK) & (self.observed_us != NO_TIME_US)
        return found

    def counts(self) -> tuple[int, int]:
        """How many rows are usable, and how many of those of a device that somebody held at some time, or of a
        lookalike.
        """
        usable = self.usable
        met = usable & (self.device != UNASSIGNED_DEVICE)
        return int(np.count_nonzero(usable)), int(np.count_nonzero(met))


@dataclass(frozen=True)
class PingTable:
    """The columns of a table of pings, one element for each row; what cannot be read is there too.

    ``device`` is the number of each row's device as `device_numbers` has it, and ``unassigned`` the hashes that it
    gives. ``observed_us`` is NO_TIME_US where no instant can be read, and so is ``received_us``; None where the table
    has no such column. ``lon`` and ``lat`` are NaN where nothing is written. ``accuracy_m``, ``valid`` and the
    positions in ``written`` are as they stand in the table. ``row`` has the numbers of the rows in what was read,
    in their order, where some rows were passed over; None: all rows, from 0 on.
    """

    row: Ints | None
    device: Codes
    unassigned: Ints
    observed_us: Ints
    received_us: Ints | None
    lon: Floats
    lat: Floats
    accuracy_m: pa.Array
    valid: pa.Array | None
    written: tuple[pa.Array, pa.Array]

    @classmethod
    def of(cls, table: pa.Table, reading: PingReading) -> PingTable:
        """Read a table. ``device_id``, ``observed_at``, ``lon``, ``lat`` and, if present, ``accuracy_m``,
        ``received_at`` and ``valid`` may be of any type that a file may have. Instants without a zone are wall times of
        the table's declared zone.
        """
        times = PingTimes.of(table, reading)
        return cls.of_times(table, times, None, reading)

    @classmethod
    def of_times(cls, table: pa.Table, times: PingTimes, row: Ints | None, reading: PingReading) -> PingTable:
        """Read a table of which devices and instants were read before."""
        names = table.column_names
        written = _doubles(table["lon"]), _doubles(table["lat"])
        return cls(
            row=row,
            device=times.device,
            unassigned=times.unassigned,
            observed_us=times.observed_us,
            received_us=read_instants(table["received_at"], reading.local) if "received_at" in names else None,
            lon=to_floats(written[0]),
            lat=to_floats(written[1]),
            accuracy_m=_doubles(table["accuracy_m"]) if "accuracy_m" in names else pa.nulls(len(table), pa.float64()),
            valid=_texts(table["valid"]) if "valid" in names else None,
            written=written,
        )

    @property
    def rows(self) -> int:
        """The number of rows."""
        return len(self.device)

    @property
    def numbers(self) -> Ints:
        """The number of each row in what was read."""
        return np.arange(self.rows, dtype=np.int64) if self.row is None else self.row

    def places_of(self, numbers: Ints) -> Ints:
        """Where the rows with these numbers are here."""
        return numbers if self.row is None else np.searchsorted(self.row, numbers)

    def relation(self) -> pa.Table:
        """The table that join_pings.sql joins: no text but that of ``valid``, and no copy. It has ``received_us`` and
        ``valid`` only where the file has them.
        """
        columns = {
            "row": to_arrow(self.numbers, pa.int64()),
            "device": to_arrow(self.device, pa.int32()),
            "observed_us": to_arrow(self.observed_us, pa.int64()),
            "lon": self.written[0],
            "lat": self.written[1],
        }
        if self.received_us is not None:
            columns["received_us"] = to_arrow(self.received_us, pa.int64())
        if self.valid is not None:
            columns["valid"] = self.valid
        return pa.Table.from_arrays(list(columns.values()), list(columns))

    def misplaced(self, which: Ints) -> Bools:
        """Of these rows, where a position is written and cannot be read, or is out of range; a device without a fix
        writes none.
        """
        lon, lat = self.lon[which], self.lat[which]
        there = [~is_null(values)[which] for values in self.written]
        in_range: Bools = (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
        return there[0] & there[1] & ~in_range


def _readable(us: Ints) -> Ints:
    """Instants; NO_TIME_US also for those that are out of range."""
    if not len(us) or (us.min() >= FIRST_US and us.max() <= LAST_US):
        return us
    return np.where((us >= FIRST_US) & (us <= LAST_US), us, NO_TIME_US)


def _texts(column: pa.ChunkedArray) -> pa.Array:
    array = one_chunk(column)
    return array if is_coded_text(array.type) else array.cast(pa.string())


def is_coded_text(kind: pa.DataType) -> bool:
    """Whether a type is a dictionary of texts, which DuckDB reads as it is."""
    return bool(pa.types.is_dictionary(kind) and pa.types.is_string(kind.value_type))


def _doubles(column: pa.ChunkedArray) -> pa.Array:
    array = one_chunk(column)
    return array if pa.types.is_float64(array.type) else pc.cast(array, pa.float64(), safe=False)


def masked(values: pa.Array, present: Bools) -> pa.Array:
    """The values where present, and NULL elsewhere."""
    mask = pa.py_buffer(np.packbits(present, bitorder="little"))
    return pa.Array.from_buffers(values.type, len(values), [mask, values.buffers()[1]])


def device_numbers(column: pa.ChunkedArray, observed_us: Ints, reading: PingReading) -> tuple[Codes, Ints]:
    """The number of each row's device: -1 for a device without an assignment, `BLANK` where no device is named; and a
    hash of each id without an assignment, where the reading asks for them. ``observed_us`` are the rows' instants.
    """
    chunk = one_chunk(column)
    encoded = chunk if pa.types.is_dictionary(chunk.type) else chunk.cast(pa.string()).dictionary_encode()
    indices = encoded.indices.cast(pa.int32())  # other writers use narrower or wider ones
    names = encoded.dictionary.cast(pa.string())
    found = pc.index_in(names, value_set=reading.ids)
    unknown = is_null(found)
    numbers: Codes = np.append(np.where(unknown, UNASSIGNED_DEVICE, to_numpy(found, np.int32)), BLANK).astype(np.int32)
    for place in np.flatnonzero(unknown).tolist():
        numbers[place] = reading.number(names[place].as_py() or "")
    index = to_numpy(indices, np.int32)
    if indices.null_count:
        index = np.where(is_null(indices), len(numbers) - 1, index)
    codes: Codes = np.take(numbers, index)
    if reading.lists_unassigned is None:
        return codes, np.zeros(0, np.int64)
    listed = reading.lists_unassigned.contains(observed_us) | (observed_us == NO_TIME_US)
    return codes, _unassigned(names, numbers, index[listed])


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


def read_accuracy(column: pa.ChunkedArray, reading: PingReading) -> Floats:
    """The stated accuracy, or the assumed one where none is stated; a stated NaN stays NaN.

    The rule is specification#accuracy-when-missing.
    """
    stated = one_chunk(column)
    values = to_floats(stated)
    if reading.zero_is_missing:
        values = np.where(values == 0, reading.assumed_m, values)
    return np.where(is_null(stated), reading.assumed_m, values) if stated.null_count else values
