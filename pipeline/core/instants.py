"""Reads instants and wall times: the only module that turns text into microseconds since 1970, UTC.

An instant is ISO 8601 with an offset (specification#instants). A wall time is the same without an offset, in an IANA
zone of the pinned ``tzdata`` package. It may have happened twice or never, so it has two readings
(specification#ambiguous-times). A bare date is a local day (specification#bare-dates). Digits beyond the microsecond
are cut off. The years are 1 to 9999. Any other text cannot be read. Whole columns are read in `core/times.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

FIRST_US = -62_135_596_800_000_000
LAST_US = 253_402_300_799_999_999
NEVER_US = -(1 << 62)
"""Before every instant: the start of an interval that is open to the past."""
FOREVER_US = 1 << 62
"""After every instant: the end of an interval that is open to the future."""

WITHOUT_SUMMER_TIME = frozenset({"GMT", "GMT0", "Etc/GMT", "EST", "MST", "HST"})
"""Zones that know no summer time, by names that people also use for zones that do."""

DAY_FORM = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
"""The form of a bare date."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SHAPE = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?:(Z)|([+-])([01]\d|2[0-3])(?::?([0-5]\d))?)?)?",
    re.ASCII,
)


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo | None:
    """The zone of that name in the pinned ``tzdata`` package (specification#local-times); None for an unknown name."""
    parts = name.split("/")
    if not all(re.fullmatch(r"[A-Za-z0-9_+\-]+", part) for part in parts):
        return None
    try:
        file = resources.files("tzdata").joinpath("zoneinfo", *parts)
        with file.open("rb") as data:
            return ZoneInfo.from_file(data, key=name)
    except (OSError, ValueError):
        return None


def to_us(time: datetime) -> int:
    """An aware datetime as microseconds since 1970, without rounding."""
    return (time - _EPOCH) // timedelta(microseconds=1)


def from_us(us: int) -> datetime:
    """Microseconds since 1970 as an aware datetime."""
    return _EPOCH + timedelta(microseconds=us)


def iso_text(us: int) -> str:
    """An instant as ISO 8601 text in UTC, such as ``2026-03-02T08:00:00Z``; with microseconds where they are not 0.

    Outside the years 1 to 9999, where no text can say it, the nearest instant within: the end of the last day of 9999
    lies in the year 10000 of UTC.

    >>> iso_text(LAST_US + 1), iso_text(NEVER_US)
    ('9999-12-31T23:59:59.999999Z', '0001-01-01T00:00:00Z')
    """
    return from_us(min(max(us, FIRST_US), LAST_US)).isoformat().replace("+00:00", "Z")


@lru_cache(maxsize=1 << 16)
def _parts(text: str) -> tuple[datetime, int | None] | None:
    """Date and time of day (as if in UTC), and the offset in minutes if there is one; None where it cannot be read."""
    found = _SHAPE.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, zulu, sign, off_hours, off_minutes = found.groups()
    micro = int(((fraction or "") + "000000")[:6])
    try:
        time_of_day = int(hour or 0), int(minute or 0), int(second or 0), micro
        wall = datetime(int(year), int(month), int(day), *time_of_day, tzinfo=UTC)
    except ValueError:
        return None
    if zulu:
        return wall, 0
    if sign is None:
        return wall, None
    offset = int(off_hours) * 60 + int(off_minutes or 0)
    return wall, -offset if sign == "-" else offset


def instant(text: str) -> int | None:
    """One instant in microseconds since 1970; without an offset it is UTC. None for text that cannot be read.

    For what this project writes itself. Columns of inputs are read by `read_times`, which knows no such default.

    >>> iso_text(instant("2026-03-02 09:00:00.25+01:00"))
    '2026-03-02T08:00:00.250000Z'
    >>> instant("yesterday") is None
    True
    """
    parts = _parts(text)
    if parts is None:
        return None
    us = to_us(parts[0]) - (parts[1] or 0) * 60_000_000
    return us if FIRST_US <= us <= LAST_US else None


def written_instant(text: str) -> tuple[int, bool] | None:
    """What a time says, in microseconds since 1970, and whether it has an offset; without one it is a wall clock.

    None for text that cannot be read, and for an instant outside of the years 1 to 9999.
    """
    parts = _parts(text)
    if parts is None:
        return None
    us = to_us(parts[0]) - (parts[1] or 0) * 60_000_000
    return (us, parts[1] is not None) if FIRST_US <= us <= LAST_US else None


@dataclass(frozen=True)
class WallTimeReading:
    """The two readings of a wall time, equal on most days, and the wall clock itself; None where it had an offset."""

    early_us: int
    late_us: int
    wall_us: int | None


def _offset_us(local: datetime) -> int:
    return (local.utcoffset() or timedelta()) // timedelta(microseconds=1)


@lru_cache(maxsize=1 << 16)
def wall_time(text: str, zone_name: str) -> WallTimeReading | None:
    """Both readings of a wall time in a zone; None where the text or the name of the zone cannot be read.

    An offset in the text takes precedence over the zone. A time that happened twice has its two instants as readings.
    A time that never happened has those that the offsets before and after the gap give (specification#ambiguous-times).
    """
    parts = _parts(text)
    where = zone(zone_name)
    if parts is None or where is None:
        return None
    wall, offset = parts
    wall_us = to_us(wall)
    if offset is not None:
        us = wall_us - offset * 60_000_000
        return WallTimeReading(us, us, None) if FIRST_US <= us <= LAST_US else None
    try:
        both = [wall_us - _offset_us(wall.replace(tzinfo=where, fold=fold)) for fold in (0, 1)]
    except OverflowError:
        return None
    return WallTimeReading(min(both), max(both), wall_us)


def local_date(us: int, zone_name: str) -> date:
    """The calendar day of an instant in a zone."""
    return from_us(us).astimezone(zone(zone_name)).date()


def midnight(day: date, zone_name: str) -> int:
    """The first instant of a calendar day in a zone, also where midnight happened twice or never.

    Raises `ValueError` for an unknown zone.
    """
    reading = wall_time(day.isoformat(), zone_name)
    if reading is None:
        raise ValueError("no such zone")
    if reading.early_us < FIRST_US:  # the first day of the year 1, east of Greenwich, begins in the year 0 of UTC
        return reading.early_us
    return reading.early_us if local_date(reading.early_us, zone_name) == day else reading.late_us
