"""Reads instants and wall times: the one place where text becomes microseconds since 1970, UTC (SPEC 2).

An instant is ISO 8601: a date, or a date and a time of day, with an offset or none (then it is UTC). A wall time is the
same without an offset, in an IANA zone of the pinned ``tzdata`` package; it may have happened twice, or never, so it
has two readings. Fractions beyond the microsecond are cut. Years 1 to 9999; whatever else is written cannot be read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from offduty.arrays.arrow import Bools, Ints, is_null, to_numpy

FIRST_US = -62_135_596_800_000_000
LAST_US = 253_402_300_799_999_999
NEVER_US = -(1 << 62)
"""Before every instant: an interval open to the past begins here."""
FOREVER_US = 1 << 62
"""After every instant: an interval open to the future ends here."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SHAPE = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?:(Z)|([+-])([01]\d|2[0-3])(?::?([0-5]\d))?)?)?",
    re.ASCII,
)
_PLAIN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?Z?$"


@dataclass(frozen=True)
class Instants:
    """Instants of a column: ``us`` (0 where there is none), ``read`` (it was read), ``missing`` (nothing was written)."""

    us: Ints
    read: Bools
    missing: Bools


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo | None:
    """The zone of that name in the pinned ``tzdata`` package, never the machine's; None when there is none."""
    parts = name.split("/")
    if not all(re.fullmatch(r"[A-Za-z0-9_+\-]+", part) for part in parts):
        return None
    try:
        file = resources.files("tzdata").joinpath("zoneinfo", *parts)
        with file.open("rb") as data:
            return ZoneInfo.from_file(data, key=name)
    except (OSError, ValueError):
        return None


def to_us(moment: datetime) -> int:
    """An aware datetime as microseconds since 1970, exactly."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def from_us(us: int) -> datetime:
    """Microseconds since 1970 as an aware datetime."""
    return _EPOCH + timedelta(microseconds=us)


def iso_text(us: int) -> str:
    """An instant as the project writes it: ``2026-03-02T08:00:00Z``, microseconds only where there are any."""
    return from_us(us).isoformat().replace("+00:00", "Z")


@lru_cache(maxsize=1 << 16)
def _parts(text: str) -> tuple[datetime, int | None] | None:
    """The wall clock reading and the offset in minutes (None: none written); None when it cannot be read."""
    found = _SHAPE.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, zulu, sign, off_hours, off_minutes = found.groups()
    micro = int(((fraction or "") + "000000")[:6])
    try:
        wall = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), micro)  # noqa: DTZ001 (a wall clock has no zone)
    except ValueError:
        return None
    if zulu:
        return wall, 0
    if sign is None:
        return wall, None
    offset = int(off_hours) * 60 + int(off_minutes or 0)
    return wall, -offset if sign == "-" else offset


def _wall_us(wall: datetime) -> int:
    return to_us(wall.replace(tzinfo=UTC))


def instant(text: str) -> int | None:
    """One instant; without an offset it is UTC. None when it cannot be read.

    >>> iso_text(instant("2026-03-02 09:00:00.25+01:00"))
    '2026-03-02T08:00:00.250000Z'
    >>> instant("yesterday") is None
    True
    """
    parts = _parts(text)
    if parts is None:
        return None
    us = _wall_us(parts[0]) - (parts[1] or 0) * 60_000_000
    return us if FIRST_US <= us <= LAST_US else None


@dataclass(frozen=True)
class WallTimeReading:
    """A wall time's two readings (equal on most days), and the wall clock itself where no offset was written."""

    early_us: int
    late_us: int
    wall_us: int | None


def _offset_us(local: datetime) -> int:
    return (local.utcoffset() or timedelta()) // timedelta(microseconds=1)


@lru_cache(maxsize=1 << 16)
def wall_time(text: str, zone_name: str) -> WallTimeReading | None:
    """Both readings of a wall time in a zone; an explicit offset wins over the zone. None when it cannot be read.

    A time that happened twice has its two instants; one that never happened has the instants that the offsets on
    either side of the gap give (SPEC 2).
    """
    parts = _parts(text)
    where = zone(zone_name)
    if parts is None or where is None:
        return None
    wall, offset = parts
    wall_us = _wall_us(wall)
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
    """The first instant of a calendar day in a zone, also where midnight never was or was twice."""
    reading = wall_time(day.isoformat(), zone_name)
    if reading is None:
        raise ValueError("no such zone")
    return reading.early_us if local_date(reading.early_us, zone_name) == day else reading.late_us


def instants(column: pa.Array) -> Instants:
    """A text column of instants, at once: plain shapes through Arrow, the rest one by one over the distinct texts.

    An empty text is missing, as NULL is.
    """
    held = column.dictionary_encode()
    us, read = _distinct_instants(held.dictionary)
    missing = is_null(held.indices)
    if not len(us):
        return Instants(np.zeros(len(column), np.int64), np.zeros(len(column), np.bool_), missing)
    index = np.where(missing, 0, to_numpy(held.indices, np.int32))
    missing |= (to_numpy(pc.binary_length(held.dictionary), np.int32) == 0)[index]
    found = read[index] & ~missing
    return Instants(np.where(found, us[index], 0), found, missing)


def _distinct_instants(distinct: pa.Array) -> tuple[Ints, Bools]:
    if len(distinct) and pc.all(pc.match_substring_regex(distinct, _PLAIN)).as_py():
        try:
            us = to_numpy(pc.replace_substring_regex(distinct, "Z$", "").cast(pa.timestamp("us")), np.int64)
            return us, (us >= FIRST_US) & (us <= LAST_US)
        except pa.ArrowInvalid:
            pass  # some calendar day that never was: one by one, below
    found = [instant(text) for text in distinct.to_pylist()]
    read = np.fromiter((us is not None for us in found), np.bool_, len(found))
    return np.fromiter((us or 0 for us in found), np.int64, len(found)), read
