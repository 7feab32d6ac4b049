"""Reads the times of a table as instants, with every reading that they allow (specification#instants).

An instant with an offset has one reading. A wall time has two where its zone repeats or skips it, or where GMT may have
been said for the policy's zone. A bare date is a local day, and means its first instant or its end.
"""

from __future__ import annotations

import importlib.resources
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from tests.oracle.reading import (
    FIRST_INSTANT,
    LAST_INSTANT,
    Unreadable,
    any_micros,
    date_and_time,
    micros,
    no_time,
)

LIKE_GMT = ("GMT", "GMT0", "Etc/GMT", "EST", "MST", "HST")
ALWAYS = (FIRST_INSTANT - 1, LAST_INSTANT + 1)
Interval = tuple[int, int]


@dataclass(frozen=True)
class When:
    """The earliest and the latest beginning that a written time may mean, and the latest end.

    They differ only for a wall time with two readings, and for a bare date, which ends a day after it begins.
    """

    early: int
    late: int
    end: int


@dataclass(frozen=True)
class Times:
    """From when to when a row holds: read narrowly where it grants, widely where it hides."""

    narrow: Interval
    wide: Interval


UNLIMITED = Times(ALWAYS, ALWAYS)


@dataclass(frozen=True)
class Clock:
    """How the times of one table are read: the zone that the job declares for it, and the policy's zone."""

    declared: str | None
    policy_zone: str

    def when(self, value: Any, zone: str | None = None) -> When:
        """All readings of a written time, in the named zone or else that of the table; `Unreadable` if there is none.

        A wall time in a table without a declared zone has stopped the run before it comes here (`has_no_offset`).
        """
        if no_time(value):
            raise Unreadable
        return read(str(value), zone or self.declared or self.policy_zone, self.policy_zone)

    def instant(self, value: Any) -> int:
        """The one instant that a ping may mean; `Unreadable` for a bare date or a wall time with two readings."""
        when = self.when(value)
        if not when.early == when.late == when.end:
            raise Unreadable
        return when.early

    def times(self, start: Any, end: Any, zone: str | None = None) -> Times:
        """From when to when; missing ends are open. `Unreadable` where, read widely, the end is before the start: of a
        bare date, where that day is over when the row begins.
        """
        first = None if no_time(start) else self.when(start, zone)
        last = None if no_time(end) else self.when(end, zone)
        wide = (first.early if first else ALWAYS[0], last.end if last else ALWAYS[1])
        a_day = last is not None and last.end > last.late
        if wide[1] < wide[0] or (a_day and wide[1] == wide[0]):
            raise Unreadable
        return Times((first.late if first else ALWAYS[0], last.early if last else ALWAYS[1]), wide)


def has_no_offset(value: Any) -> bool:
    """Whether a value is a date and a time without an offset."""
    try:
        written, bare = date_and_time("" if no_time(value) else str(value))
    except Unreadable:
        return False
    return written.tzinfo is None and not bare


@cache
def read(value: str, zone: str, policy_zone: str) -> When:
    """All readings of a text in a zone."""
    written, bare = date_and_time(value)
    if written.tzinfo:
        at = micros(written)
        return When(at, at, at)
    zones = zones_meant(zone, policy_zone, written.year)
    if bare:
        firsts, ends = [first_instant(written, z) for z in zones], [last_instant(written, z) for z in zones]
        return When(min(firsts), max(firsts), max(ends))
    readings = [micros(written.replace(tzinfo=z, fold=fold)) for z in zones for fold in (0, 1)]
    return When(min(readings), max(readings), max(readings))


def first_instant(day: datetime, zone: ZoneInfo) -> int:
    """The first instant of a local day, but never before the first of all."""
    return max(any_micros(day.replace(tzinfo=zone)), FIRST_INSTANT)


def last_instant(day: datetime, zone: ZoneInfo) -> int:
    """The end of a local day: the first instant of the next, but never after the last of all."""
    if day.date() == datetime.max.date():
        return LAST_INSTANT + 1
    return min(any_micros((day + timedelta(days=1)).replace(tzinfo=zone)), LAST_INSTANT + 1)


@cache
def zones_meant(name: str, policy_zone: str, year: int) -> list[ZoneInfo]:
    """The named zone, and the policy's too where GMT or the like may have been said for it (specification#gmt)."""
    zone, other = zone_named(name), zone_named(policy_zone)
    winter, summer = offset(other, year, 1), offset(other, year, 7)
    if name in LIKE_GMT and winter != summer and min(winter, summer) == offset(zone, year, 1):
        return [zone, other]
    return [zone]


def offset(zone: ZoneInfo, year: int, month: int) -> timedelta:
    """How far ahead of UTC a zone is on the first of a month, at noon."""
    return datetime(year, month, 1, 12, tzinfo=UTC).astimezone(zone).utcoffset() or timedelta()


@cache
def zone_named(name: str) -> ZoneInfo:
    """A zone of the pinned tzdata package, not of the machine; `Unreadable` for an unknown name."""
    data = importlib.resources.files("tzdata")
    if name not in data.joinpath("zones").read_text().split():
        raise Unreadable
    with data.joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


def within(at: int, interval: Interval) -> bool:
    """Whether an instant is in a half-open interval."""
    return interval[0] <= at < interval[1]


def overlap(one: Interval, other: Interval) -> bool:
    """Whether two intervals have more than a point in common."""
    return max(one[0], other[0]) < min(one[1], other[1])
