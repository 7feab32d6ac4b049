"""Reads single values: missing ones, instants (integers, microseconds in UTC), wall times and numbers."""

from __future__ import annotations

import importlib.resources
import re
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
FIRST_INSTANT = (datetime(1, 1, 1, tzinfo=UTC) - EPOCH) // MICROSECOND
LAST_INSTANT = (datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC) - EPOCH) // MICROSECOND
Row = dict[str, Any]

INSTANT = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[T ](?P<clock>[0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(?:(?<=:[0-9]{2}:[0-9]{2})\.(?P<fraction>[0-9]{1,9}))?"
    r"(?P<offset>Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


class Stop(Exception):  # noqa: N818 (it is what the specification calls it)
    """The input stops the run: a row would hide something and does not name whose (specification#row-without-owner)."""


class Unreadable(Exception):  # noqa: N818 (it is what the specification calls it)
    """A value that cannot be read, or is missing where it is needed."""


def missing(value: Any) -> bool:
    """Whether a value is missing: NULL or an empty text."""
    return value is None or value == ""


def text(value: Any) -> str | None:
    """The value as text, or None where it is missing."""
    return None if missing(value) else str(value)


def is_empty(row: Row) -> bool:
    """Whether nothing is written in a row; such rows are ignored (specification#empty-rows)."""
    return all(missing(value) for value in row.values())


def number(value: Any) -> float | None:
    """A number; None where it is missing, NaN where the text is not a number."""
    if missing(value):
        return None
    if isinstance(value, (int, float)):
        return float(value)
    return float(value) if NUMBER.fullmatch(str(value)) else float("nan")


def date_and_time(value: Any) -> datetime:
    """The date and time as written, aware only if it has an offset; raises `Unreadable`."""
    match = None if missing(value) else INSTANT.fullmatch(str(value))
    if match is None:
        raise Unreadable
    clock = match["clock"] or "00:00"
    clock += "" if clock.count(":") == 2 else ":00"
    micros = ((match["fraction"] or "") + "000000")[:6]
    try:
        naive = datetime.strptime(f"{match['date']} {clock}.{micros}", "%Y-%m-%d %H:%M:%S.%f")
        if naive.second > 59:
            raise Unreadable
        return naive.replace(tzinfo=None if match["offset"] is None else offset_zone(match["offset"]))
    except ValueError as error:
        raise Unreadable from error


def offset_zone(written: str) -> timezone:
    """The offset `Z`, `+01`, `+0100` or `+01:00`; `Unreadable` beyond 23:59."""
    if written == "Z":
        return UTC
    digits = written[1:].replace(":", "") + "00"
    hours, minutes = int(digits[:2]), int(digits[2:4])
    if hours > 23 or minutes > 59:
        raise Unreadable
    ahead = timedelta(hours=hours, minutes=minutes)
    return timezone(-ahead if written[0] == "-" else ahead)


def micros(aware: datetime) -> int:
    """Microseconds since 1970 of an aware time; `Unreadable` outside of the years 1 to 9999."""
    since = (aware.replace(tzinfo=None) - EPOCH.replace(tzinfo=None)) - (aware.utcoffset() or timedelta())
    at = since // MICROSECOND
    if not FIRST_INSTANT <= at <= LAST_INSTANT:
        raise Unreadable
    return at


def instant(value: Any) -> int:
    """An instant; without an offset it is UTC (specification#instants)."""
    written = date_and_time(value)
    return micros(written if written.tzinfo else written.replace(tzinfo=UTC))


def readings(value: Any, zone: ZoneInfo) -> tuple[int, int]:
    """The earlier and the later reading of a roster time (specification#ambiguous-times)."""
    written = date_and_time(value)
    if written.tzinfo:
        return micros(written), micros(written)
    both = [micros(written.replace(tzinfo=zone, fold=fold)) for fold in (0, 1)]
    return min(both), max(both)


@cache
def zone_named(name: str) -> ZoneInfo:
    """A zone of the pinned tzdata package, not of the machine; `Unreadable` for an unknown name."""
    data = importlib.resources.files("tzdata")
    if name not in data.joinpath("zones").read_text().split():
        raise Unreadable
    with data.joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


def span(start: Any, end: Any) -> tuple[int, int | None]:
    """`[start, end)` of two instants; a missing end is open; `Unreadable` where reversed."""
    first = instant(start)
    last = None if missing(end) else instant(end)
    if last is not None and last < first:
        raise Unreadable
    return first, last


def within(at: int, start: int | None, end: int | None) -> bool:
    """Whether an instant is in a half-open interval; an end of None is open."""
    return (start is None or start <= at) and (end is None or at < end)
