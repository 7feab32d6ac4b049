"""Reads whole columns of times: all that each text may mean, so that what grants is read narrowly, what hides widely.

A time with an offset is one instant. A time without one has two readings in its zone, equal on most days. A bare date
is a local day: it begins and it ends (specification#instants, specification#bare-dates, specification#ambiguous-times).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from offduty.arrays.arrow import Bools, Ints, to_arrow, to_bools, to_ints
from offduty.arrays.dictionary import DictionaryColumn, coded
from offduty.arrays.equal_rows import distinct_numbers
from offduty.core.ids import MISSING_WORDS, stripped
from offduty.core.instants import (
    DAY_FORM,
    FIRST_US,
    FOREVER_US,
    LAST_US,
    WITHOUT_SUMMER_TIME,
    from_us,
    midnight,
    wall_time,
    zone,
)

LACKS_OFFSET = r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?$"
"""The form of a time without an offset, for Arrow and for Python; a bare date is none."""
_PLAIN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?Z$"
QUARTER_US = 900_000_000
NO_TIME_US = FOREVER_US
"""Stands for no instant in arrays of instants."""
_LACKS_OFFSET = re.compile(LACKS_OFFSET, re.ASCII)


@dataclass(frozen=True)
class LocalTime:
    """In which zone the wall times and the dates of a table are meant.

    ``declared`` is the table's own time zone (None: not declared), ``policy`` the policy's. Without a declared zone a
    bare date is a day of the policy's zone, and a wall time cannot be read; the run stops before it comes to that.
    """

    declared: str | None
    policy: str

    @property
    def days(self) -> str:
        """The zone of bare dates."""
        return self.declared or self.policy


@dataclass(frozen=True)
class Times:
    """The times of a column, one element for each row, in microseconds since 1970; 0 where there is none.

    ``early`` and ``late`` are the readings of a time; of a bare date both are the first instant of the day. ``until``
    is ``late``, and of a bare date the end of the day. ``dated`` is True for bare dates, ``read`` where the text can be
    read, and ``missing`` where there is no text. Where neither is True the text cannot be read. Readings that are equal
    in all rows may be one array: nothing may be written into it.
    """

    early: Ints
    late: Ints
    until: Ints
    dated: Bools
    read: Bools
    missing: Bools

    def before(self, begin: Times) -> Bools:
        """Where these times, read widely as ends, are before the beginnings (specification#end-before-start).

        A bare date is where its day is over by then: a row until the date before its beginning would hide nothing.
        """
        over: Bools = (self.until < begin.early) | (self.dated & (self.until == begin.early))
        before: Bools = begin.read & self.read & over
        return before

    def take(self, which: Ints | slice) -> Times:
        """Only these elements."""
        return Times(
            *_each_once((self.early, self.late, self.until), lambda values: values[which]),
            self.dated[which],
            self.read[which],
            self.missing[which],
        )


@dataclass(frozen=True)
class TimeReading:
    """What one text may mean; see `Times`."""

    early: int
    late: int
    until: int
    dated: bool


def read_times(column: pa.ChunkedArray | pa.Array, local: LocalTime) -> Times:
    """Read a text column of instants. Each distinct text is read once; the usual form is read by Arrow."""
    texts = coded(column)
    plain = plain_instants(texts.distinct)
    others = np.flatnonzero(~plain.read).tolist()
    zones = [local.declared or ""] * len(others)
    found = _read_all([texts.texts[i] for i in others] if others else [], zones, local.days, local.policy)
    for name in ("early", "late", "until", "dated", "read", "missing"):
        getattr(plain, name)[others] = getattr(found, name)
    return _spread(plain, texts.codes)


def read_local_times(column: pa.ChunkedArray | pa.Array, zones: DictionaryColumn, local: LocalTime) -> Times:
    """Read a text column of wall times (or instants), each in the zone of its row, or in that of the table or policy.

    Each distinct pair of text and zone is read once; the roster of a year has a few thousand of them.
    """
    texts = coded(column)
    width = len(zones.texts) + 1
    pairs, where = distinct_numbers((texts.codes + 1) * width + zones.codes + 1)
    written = [texts.texts[pair // width - 1] if pair >= width else "" for pair in pairs.tolist()]
    meant = [zones.texts[pair % width - 1] if pair % width else local.days for pair in pairs.tolist()]
    return _shared(_read_all(written, meant, None, local.policy)).take(where)


def _read_all(texts: list[str], zones: list[str], days: str | None, policy: str) -> Times:
    """The times of some texts, each in its zone; ``days`` is the zone of bare dates where it is another one."""
    count = len(texts)
    early, late, until = (np.zeros(count, np.int64) for _ in range(3))
    dated, read, missing = (np.zeros(count, np.bool_) for _ in range(3))
    for i, (text, meant) in enumerate(zip(texts, zones, strict=True)):
        if is_missing_time(text):
            missing[i] = True
            continue
        reading = read_time(text, meant, days or meant, policy)
        if reading is not None:
            early[i], late[i], until[i], dated[i] = reading.early, reading.late, reading.until, reading.dated
            read[i] = True
    return Times(early, late, until, dated, read, missing)


def _spread(distinct: Times, codes: Ints) -> Times:
    """The times of the rows from those of the distinct texts; the code -1 is a missing text."""
    distinct = _shared(distinct)
    readings = (distinct.early, distinct.late, distinct.until)
    early, late, until = _each_once(readings, lambda values: np.append(values, 0)[codes])
    dated, read = (np.append(values, False)[codes] for values in (distinct.dated, distinct.read))
    return Times(early, late, until, dated, read, np.append(distinct.missing, True)[codes])


def _shared(times: Times) -> Times:
    """The same times; readings that are equal in all rows are one array."""
    late = times.early if np.array_equal(times.early, times.late) else times.late
    until = late if np.array_equal(late, times.until) else times.until
    return replace(times, late=late, until=until)


def _each_once(readings: tuple[Ints, Ints, Ints], made: Callable[[Ints], Ints]) -> tuple[Ints, Ints, Ints]:
    """What is made of each reading; of readings that are one array it is made once."""
    early, late, until = readings
    of_early = made(early)
    of_late = of_early if late is early else made(late)
    return of_early, of_late, of_late if until is late else made(until)


def plain_instants(distinct: pa.Array) -> Times:
    """The times of the texts that are instants in UTC of the usual form; the others count as not read yet."""
    texts = distinct.cast(pa.string())
    plain = np.flatnonzero(to_bools(pc.match_substring_regex(texts, _PLAIN)))
    us = np.full(len(texts), NO_TIME_US)
    chosen = texts if len(plain) == len(texts) else texts.take(to_arrow(plain, pa.int64()))
    with suppress(pa.ArrowInvalid):  # one of them is no date of the calendar (30 February): all are read one by one
        us[plain] = to_ints(pc.replace_substring_regex(chosen, "Z$", "").cast(pa.timestamp("us")), NO_TIME_US)
    read = (us >= FIRST_US) & (us <= LAST_US)
    us = np.where(read, us, 0)
    return Times(us, us.copy(), us.copy(), np.zeros(len(us), np.bool_), read, np.zeros(len(us), np.bool_))


def is_missing_time(text: str) -> bool:
    """Whether a text is a missing time: only white space, or exactly NULL or one of its like."""
    return text in MISSING_WORDS or not stripped(text)


def lacks_offset(text: str) -> bool:
    """Whether a text is a time without an offset; a bare date is none."""
    return _LACKS_OFFSET.fullmatch(text) is not None


def any_lacks_offset(column: pa.ChunkedArray | pa.Array) -> bool:
    """Whether some text of a column is a time without an offset. Most columns have texts in UTC alone, which end in Z
    and are not looked at more closely.
    """
    texts = (pc.unique(column) if pa.types.is_dictionary(column.type) else column).cast(pa.string())
    zulu = pc.ends_with(texts, "Z")
    if pc.all(zulu).as_py():
        return False
    return bool(pc.any(pc.match_substring_regex(texts.filter(pc.invert(zulu)), LACKS_OFFSET)).as_py())


@lru_cache(maxsize=1 << 16)
def read_time(text: str, zone_name: str, days: str, policy: str) -> TimeReading | None:
    """What one text may mean; None where it cannot be read.

    ``zone_name`` is the zone of wall times, empty where none is known; ``days`` is the zone of bare dates. A zone that
    knows no summer time may have been meant for the policy's zone (specification#gmt-all-year).
    """
    if DAY_FORM.fullmatch(text):
        return _day(text, days, policy)
    readings = [wall_time(text, name) for name in _meant(text, zone_name, policy)]
    known = [reading for reading in readings if reading is not None]
    if not known or (known[0].wall_us is not None and not zone_name):
        return None
    early, late = min(r.early_us for r in known), max(r.late_us for r in known)
    return TimeReading(early, late, late, False) if FIRST_US <= early <= late <= LAST_US else None


def _meant(text: str, zone_name: str, policy: str) -> list[str]:
    """The zones in which a wall time may be meant: its own, and the policy's where its own is GMT or its like."""
    if zone_name not in WITHOUT_SUMMER_TIME or not _without_summer_time(
        zone_name, policy, int(text[:4]) if text[:4].isdecimal() else 0
    ):
        return [zone_name or "UTC"]
    return [zone_name, policy]


@lru_cache(maxsize=1 << 12)
def _without_summer_time(zone_name: str, policy: str, year: int) -> bool:
    """Whether the policy's zone keeps summer time in that year, and has the offset of the other zone without it."""
    own, other = zone(policy), zone(zone_name)
    if own is None or other is None or not 1 <= year <= 9999:
        return False
    winter, summer = (
        datetime(year, month, 1, 12, tzinfo=UTC).astimezone(own).utcoffset() or timedelta() for month in (1, 7)
    )
    offset = datetime(year, 1, 1, 12, tzinfo=UTC).astimezone(other).utcoffset()
    return winter != summer and min(winter, summer) == offset


def _day(text: str, days: str, policy: str) -> TimeReading | None:
    """A bare date: the first instant of its day, and its end."""
    try:
        day = date.fromisoformat(text)
        zones = _meant(text, days, policy)
        first = [max(midnight(day, name), FIRST_US) for name in zones]
        end = [_end_of(day, name) for name in zones]
    except ValueError:
        return None
    return TimeReading(min(first), max(first), max(end), True)


def _end_of(day: date, zone_name: str) -> int:
    """The first instant after a day; the last day of the calendar never ends."""
    return FOREVER_US if day == date.max else midnight(day + timedelta(days=1), zone_name)


def wall_instants(wall_us: Ints, local: LocalTime) -> tuple[Ints, Bools]:
    """The instants of wall times in the declared zone, and where a wall time is exactly one instant.

    ``wall_us`` are wall clocks as if they were UTC.
    """
    quarters, where = np.unique(wall_us // QUARTER_US, return_inverse=True)
    offsets, known = wall_offsets(quarters, local)
    at = np.asarray(where, np.int64)
    return wall_us - offsets[at], known[at]


def wall_offsets(quarters: Ints, local: LocalTime) -> tuple[Ints, Bools]:
    """The offset of the wall times in each quarter of an hour, counted from 1970, and whether there is exactly one.

    Offsets change on quarters of an hour of the wall clock, as they have since 1972; where that is not true there is
    not one offset.
    """
    offsets = np.array([_offset_us(quarter, local) for quarter in quarters.tolist()], np.int64)
    known: Bools = offsets != _NO_OFFSET
    return np.where(known, offsets, 0), known


_NO_OFFSET = 1 << 62


@lru_cache(maxsize=1 << 16)
def _offset_us(quarter: int, local: LocalTime) -> int:
    """The offset of the wall times in a quarter of an hour; `_NO_OFFSET` where there is not exactly one."""
    first, last = quarter * QUARTER_US, (quarter + 1) * QUARTER_US - 1
    if not FIRST_US <= first <= last <= LAST_US:
        return _NO_OFFSET
    found = {wall - us for wall in (first, last) for us in _readings(wall, local)}
    return found.pop() if len(found) == 1 else _NO_OFFSET


def _readings(wall_us: int, local: LocalTime) -> tuple[int, ...]:
    text = from_us(wall_us).replace(tzinfo=None).isoformat(timespec="microseconds")
    reading = read_time(text, local.declared or "", local.days, local.policy)
    return () if reading is None else (reading.early, reading.late)
