"""Reads single values as they are written: nothing, text, numbers, and a date with or without a time and an offset."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import Any

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
SECOND = 1_000_000
FIRST_INSTANT = (datetime(1, 1, 1, tzinfo=UTC) - EPOCH) // MICROSECOND
LAST_INSTANT = (datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC) - EPOCH) // MICROSECOND
Row = dict[str, Any]

WHITE = "".join(chr(c) for c in range(0x3001) if chr(c).isspace()) + "\u00a0\u200b\ufeff"
MISSING_WORDS = frozenset(["NULL", "null", "None", "none", "nan", "NaN", r"\N", "N/A", "#N/A", "<NA>"])
INSTANT = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[T ](?P<clock>[0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(?:(?<=:[0-9]{2}:[0-9]{2})\.(?P<fraction>[0-9]{1,9}))?"
    r"(?P<offset>Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


class Stop(Exception):  # noqa: N818 (it is what the specification calls it)
    """The input stops the run (specification#stopping)."""


class Unreadable(Exception):  # noqa: N818 (it is what the specification calls it)
    """A value that cannot be read, or is missing where it is needed."""


def blank(value: Any) -> bool:
    """Whether nothing is written: NULL, an empty text, or white space alone."""
    return value is None or (isinstance(value, str) and not value.strip(WHITE))


def no_time(value: Any) -> bool:
    """Whether a column of time is missing: nothing is written, or one of the words for nothing."""
    return blank(value) or str(value) in MISSING_WORDS


def text(value: Any) -> str | None:
    """The value as text, exactly as written, or None where nothing is."""
    return None if blank(value) else str(value)


def is_empty(row: Row) -> bool:
    """Whether nothing is written in a row; such rows are passed over (specification#empty-rows)."""
    return all(blank(value) for value in row.values())


def number(value: Any) -> float | None:
    """A number; None where nothing is written, NaN where the text is not a number."""
    if blank(value):
        return None
    if isinstance(value, (int, float)):
        return float(value)
    return float(value) if NUMBER.fullmatch(str(value)) else float("nan")


@lru_cache(maxsize=10_000)
def date_and_time(written: str) -> tuple[datetime, bool]:
    """The date and time as written, aware if it has an offset, and whether it is a bare date; or `Unreadable`."""
    match = INSTANT.fullmatch(written)
    if match is None:
        raise Unreadable
    hour, minute, second = (int(part) for part in f"{match['clock'] or '00:00'}:00".split(":")[:3])
    micros = int(((match["fraction"] or "") + "000000")[:6])
    zone = None if match["offset"] is None else offset_zone(match["offset"])
    try:
        year, month, day = (int(part) for part in match["date"].split("-"))
        moment = datetime(year, month, day, hour, minute, second, tzinfo=zone) + micros * MICROSECOND
    except ValueError as error:
        raise Unreadable from error
    return moment, match["clock"] is None


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
    at = any_micros(aware)
    if not FIRST_INSTANT <= at <= LAST_INSTANT:
        raise Unreadable
    return at


def any_micros(aware: datetime) -> int:
    """Microseconds since 1970 of an aware time of any year."""
    since = (aware.replace(tzinfo=None) - EPOCH.replace(tzinfo=None)) - (aware.utcoffset() or timedelta())
    return since // MICROSECOND


def instant(value: Any) -> int:
    """An instant for the tests themselves: without an offset it is UTC. No rule of the oracle reads a table so."""
    if no_time(value):
        raise Unreadable
    written, _ = date_and_time(str(value))
    return micros(written if written.tzinfo else written.replace(tzinfo=UTC))
