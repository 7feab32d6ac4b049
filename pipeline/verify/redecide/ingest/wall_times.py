"""Reads wall times as instants, with time zones of the `tzdata` package; no other module does.

The rules are specification#local-times and specification#ambiguous-times.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

from offduty.verify.redecide.text_values import DAY_US, wall

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 (a wall time has no zone)
Readings = tuple[int, int]
"""The earlier and the later instant that a wall time may mean; equal where only one instant is possible."""


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


def readings(text: object, where: ZoneInfo | None) -> Readings | None:
    """Both readings of a roster time; both are equal for an instant with an offset. None where it cannot be read."""
    read = wall(text)
    if read is None or where is None:
        return None
    micros, settled = read
    if settled:
        return micros, micros
    both = sorted(micros - offset for offset in _offsets(micros, where))
    return both[0], both[-1]


@lru_cache(maxsize=1 << 16)
def _offsets(micros: int, where: ZoneInfo) -> tuple[int, int]:
    """The offsets of the zone from UTC at a wall time, by both readings, in microseconds."""
    clock = EPOCH + timedelta(microseconds=micros)
    first, second = (where.utcoffset(clock.replace(tzinfo=where, fold=fold)) or timedelta() for fold in (0, 1))
    return first // timedelta(microseconds=1), second // timedelta(microseconds=1)


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
