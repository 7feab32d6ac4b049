"""Reads times as instants, with time zones of the `tzdata` package; no other module does.

What is written may mean several instants: a wall time that happened twice or never, a bare date, a clock whose zone is
in doubt. What grants takes the narrow reading, what hides the wide one (specification#local-times,
specification#ambiguous-times, specification#bare-dates, specification#gmt).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from importlib import resources
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from offduty.core.errors import InputError
from offduty.verify.redecide.model import Bools, Ints
from offduty.verify.redecide.text_values import DAY_US, FIRST_US, LAST_US, NO_TIME, Form, written_time

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 (a wall time has no zone)
NO_OFFSET = "a time has no offset, and the job declares no time zone for its table"
MEANT_OTHERWISE = frozenset({"GMT", "GMT0", "Etc/GMT", "EST", "MST", "HST"})
"""Zones without summer time whose names are often written for a zone that has it."""


class Readings(NamedTuple):
    """The instants that a time may mean.

    A beginning is `early` where it hides and `begin` where it grants; an end is `late` where it hides and `early` where
    it grants; a record time is `early` or `late`.
    """

    early: int
    begin: int
    late: int

    def ends_before(self, start: Readings) -> bool:
        """Whether it is an end before that beginning, whatever both mean; a day that is over by then is one."""
        is_day = self.late > self.begin
        return self.late < start.early or (is_day and self.late == start.early)


class NoOffsetError(ValueError):
    """A time without an offset, in a table whose zone is not declared: it stops the run."""


@cache
def _names() -> frozenset[str]:
    return frozenset((resources.files("tzdata") / "zones").read_text(encoding="utf-8").split())


@cache
def zone(name: str) -> ZoneInfo | None:
    """The time zone with exactly that name in the pinned `tzdata`; None for any other name."""
    if name not in _names():
        return None
    with resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as data:
        return ZoneInfo.from_file(data, key=name)


@dataclass(frozen=True)
class WallZone:
    """The zone of a wall time, and the zone that may have been meant in its stead."""

    named: ZoneInfo
    perhaps: ZoneInfo | None = None

    def zones(self, micros: int) -> tuple[ZoneInfo, ...]:
        """The zones in which a wall time is read: both, if in its year the second has the first's offset in winter."""
        if self.perhaps is None:
            return (self.named,)
        return _both(self.named, self.perhaps, _clock(micros).year)

    def offsets(self, micros: int) -> list[tuple[int, int]]:
        """For each zone the offsets from UTC at a wall time, by both readings, in microseconds."""
        return [_offsets(micros, each) for each in self.zones(micros)]

    def readings(self, micros: int) -> Readings:
        """A wall time as instants."""
        all_of_them = [micros - offset for pair in self.offsets(micros) for offset in pair]
        return Readings(min(all_of_them), max(all_of_them), max(all_of_them))

    def day(self, micros: int) -> Readings:
        """A bare date as instants: the day's first instant, and the first instant of the next day."""
        where = self.zones(micros)
        first, end = ([at - _offsets(at, each)[0] for each in where] for at in (micros, micros + DAY_US))
        return Readings(min(first), max(first), max(end))


@dataclass(frozen=True)
class TableZone:
    """The zones of a table: for wall times the declared one, if there is one; for bare dates else the policy's."""

    walls: WallZone | None
    days: WallZone

    def readings(self, value: object) -> Readings | None:
        """The instants that a value may mean; None where it cannot be read.

        Raises `NoOffsetError` for a wall time without an offset where no zone is declared.
        """
        read = written_time(value)
        if read is not None and read[1] is Form.WALL and self.walls is None:
            raise NoOffsetError
        return _readings(read, self.walls, self.days)


def wall_readings(value: object, where: WallZone | None) -> Readings | None:
    """A roster time in the zone of its row; None where it cannot be read, or there is no such zone."""
    return None if where is None else _readings(written_time(value), where, where)


def _readings(read: tuple[int, Form] | None, walls: WallZone | None, days: WallZone) -> Readings | None:
    if read is None:
        return None
    micros, form = read
    if form is Form.DAY:
        return days.day(micros)
    if form is Form.INSTANT or walls is None:
        return Readings(micros, micros, micros)
    found = walls.readings(micros)  # a wall time is an instant of UTC, which the years 1 to 9999 must have
    return found if found.early >= FIRST_US and found.late < LAST_US else None


@cache
def wall_zone(name: str, policy_zone: str) -> WallZone | None:
    """The zone with that name; where it may have been meant for the policy's, both. None where there is no such."""
    named = zone(name)
    return None if named is None else WallZone(named, zone(policy_zone) if name in MEANT_OTHERWISE else None)


def table_zone(declared: str | None, policy_zone: str) -> TableZone:
    """The zones of a table. Raises `InputError` where the declared one, or the policy's, does not exist."""
    days = zone(policy_zone)
    walls = None if declared is None else wall_zone(declared, policy_zone)
    if days is None or (declared is not None and walls is None):
        raise InputError("the manifest names an unknown time zone")
    return TableZone(walls, walls or WallZone(days))


@lru_cache(maxsize=1 << 12)
def _both(named: ZoneInfo, perhaps: ZoneInfo, year: int) -> tuple[ZoneInfo, ...]:
    winter, summer = (datetime(year, month, 1, 12, tzinfo=UTC) for month in (1, 7))
    offsets = [when.astimezone(perhaps).utcoffset() or timedelta() for when in (winter, summer)]
    keeps_summer_time = offsets[0] != offsets[1]
    same = min(offsets) == (winter.astimezone(named).utcoffset() or timedelta())
    return (named, perhaps) if keeps_summer_time and same else (named,)


def _clock(micros: int) -> datetime:
    """A wall time as Python has it; beyond the year 9999 its last day."""
    return EPOCH + timedelta(microseconds=min(micros, LAST_US - 1))


@lru_cache(maxsize=1 << 16)
def _offsets(micros: int, where: ZoneInfo) -> tuple[int, int]:
    """The offsets of the zone from UTC at a wall time, by both readings, in microseconds."""
    clock = _clock(micros)
    first, second = (where.utcoffset(clock.replace(tzinfo=where, fold=fold)) or timedelta() for fold in (0, 1))
    return first // timedelta(microseconds=1), second // timedelta(microseconds=1)


def certain_instants(us: Ints, walls: Bools, zones: TableZone) -> Ints:
    """A column of times as instants; `NO_TIME` where there is none, and where a wall time has two readings.

    Raises `NoOffsetError` where some have no offset and no zone is declared.
    """
    if not walls.any():
        return us
    if zones.walls is None:
        raise NoOffsetError
    out = us.copy()
    at = np.flatnonzero(walls)
    days, which = np.unique(us[at] // DAY_US, return_inverse=True)
    shifts = [_shift(int(day), zones.walls) for day in days]
    shift = np.array([0 if each is None else each for each in shifts], np.int64)[which]
    odd = np.array([each is None for each in shifts])[which]
    out[at] = np.where(shift == NO_TIME, NO_TIME, us[at] - shift)
    values, which = np.unique(us[at[odd]], return_inverse=True)
    out[at[odd]] = np.array([_certain(int(value), zones.walls) for value in values], np.int64)[which]
    return np.where((out >= FIRST_US) & (out < LAST_US), out, NO_TIME)


def _shift(day: int, where: WallZone) -> int | None:
    """The one offset of a local day; `NO_TIME` where two zones differ on it, None where a clock changes in it."""
    of_zones = list(zip(*(where.offsets(at * DAY_US) for at in (day, day + 1)), strict=False))
    if any(len({*first, *second}) > 1 for first, second in of_zones):
        return None
    offsets = {first[0] for first, _ in of_zones}
    return offsets.pop() if len(offsets) == 1 else NO_TIME


def _certain(micros: int, where: WallZone) -> int:
    readings = where.readings(micros)
    return readings.early if readings.early == readings.late else NO_TIME


def local_date(micros: int, where: ZoneInfo) -> date:
    """The local date in the zone at an instant; outside the years 1 to 9999 the nearest date."""
    days = (micros + _offset_at(micros, where)) // DAY_US
    ordinal = days + date(1970, 1, 1).toordinal()
    return date.fromordinal(min(max(ordinal, date.min.toordinal()), date.max.toordinal()))


def _offset_at(micros: int, where: ZoneInfo) -> int:
    """The offset of the zone from UTC at an instant, in microseconds."""
    try:
        there = (EPOCH.replace(tzinfo=UTC) + timedelta(microseconds=micros)).astimezone(where)
    except OverflowError:
        return 0
    return (there.utcoffset() or timedelta()) // timedelta(microseconds=1)
