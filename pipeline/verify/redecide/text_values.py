"""Reads instants and numbers from text, one by one and by the column (docs/choices.md, "Reading").

An instant is `YYYY-MM-DD`, or that with `T` or a space, `HH:MM`, perhaps `:SS` and a fraction of one to nine digits,
and perhaps `Z` or an offset `+HH`, `+HHMM` or `+HH:MM`. No other character may be before or after it. Fractions finer
than a microsecond are truncated.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from offduty.verify.redecide.model import Bools, Floats, Ints

BLANKS = " \t\r\n"
DAY_US = 86_400_000_000
FIRST_US = (date.min.toordinal() - date(1970, 1, 1).toordinal()) * DAY_US
LAST_US = (date.max.toordinal() + 1 - date(1970, 1, 1).toordinal()) * DAY_US
NO_TIME = np.iinfo(np.int64).min
"""The value in a column of instants where none can be read."""

_INSTANT = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[T ]([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9])(?:\.([0-9]{1,9}))?)?"
    r"(Z|([+-])([01][0-9]|2[0-3])(?::?([0-5][0-9]))?)?)?"
)
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_DAY = "((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)"
_USUAL_INSTANT = rf"^[0-9]{{4}}-{_DAY}[T ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{{1,6}})?"
_USUAL_NUMBER = r"^-?[0-9]{1,15}(\.[0-9]{1,30})?$"


def blank(value: object) -> bool:
    """Whether a value is missing, or is text with nothing but white space."""
    return value is None or (isinstance(value, str) and not value.strip(BLANKS))


def wall(text: object) -> tuple[int, bool] | None:
    """Microseconds since 1970 by the clock as written, and whether an offset was written (it is then subtracted).

    None where it cannot be read. An instant with an offset must be in the years 1 to 9999 in UTC too.
    """
    return _wall(text) if isinstance(text, str) else None


@lru_cache(maxsize=1 << 16)
def _wall(text: str) -> tuple[int, bool] | None:
    read = _INSTANT.fullmatch(text)
    if read is None:
        return None
    year, month, day, hour, minute, second, fraction, offset, sign, off_hour, off_minute = read.groups()
    try:
        days = date(int(year), int(month), int(day)).toordinal() - date(1970, 1, 1).toordinal()
    except ValueError:
        return None
    seconds = int(hour or 0) * 3600 + int(minute or 0) * 60 + int(second or 0)
    micros = days * DAY_US + seconds * 1_000_000 + int((fraction or "").ljust(6, "0")[:6])
    if offset is None:
        return micros, False
    if sign:
        east = int(off_hour) * 60 + int(off_minute or 0)
        micros -= (east if sign == "+" else -east) * 60_000_000
    return (micros, True) if FIRST_US <= micros < LAST_US else None


def instant(text: object) -> int | None:
    """Microseconds since 1970 in UTC; None where it cannot be read. Text without an offset is UTC."""
    read = wall(text)
    return None if read is None else read[0]


def number(text: object) -> float | None:
    """A finite number in decimal digits; None for anything else, also for words such as `nan`, and with spaces."""
    if not isinstance(text, str) or _NUMBER.fullmatch(text) is None:
        return None
    value = float(text)
    return value if np.isfinite(value) else None


def instants(texts: pa.Array) -> Ints:
    """A column of text as instants; `NO_TIME` where none can be read. Arrow reads usual spellings, `instant` others."""
    out = np.full(len(texts), NO_TIME, np.int64)
    left = np.ones(len(texts), np.bool_)
    for ending, zone in (("$", None), ("(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$", "UTC")):
        usual = _matches(texts, _USUAL_INSTANT + ending)
        try:
            read = pc.cast(texts.filter(pa.array(usual)), pa.timestamp("us", zone))
        except pa.ArrowInvalid:
            continue
        micros = np.asarray(read.cast(pa.int64()))
        out[usual] = np.where((micros >= FIRST_US) & (micros < LAST_US), micros, NO_TIME)
        left &= ~usual
    for at in np.flatnonzero(left):
        value = instant(texts[int(at)].as_py())
        out[at] = NO_TIME if value is None else value
    return out


def numbers(texts: pa.Array) -> Floats:
    """A column of text as numbers; NaN where none can be read."""
    out = np.full(len(texts), np.nan)
    usual = _matches(texts, _USUAL_NUMBER)
    out[usual] = np.asarray(pc.cast(texts.filter(pa.array(usual)), pa.float64()))
    for at in np.flatnonzero(~usual):
        value = number(texts[int(at)].as_py())
        out[at] = np.nan if value is None else value
    return out


def _matches(texts: pa.Array, pattern: str) -> Bools:
    found = pc.fill_null(pc.match_substring_regex(texts, pattern), False)
    return np.asarray(found.cast(pa.uint8())).astype(np.bool_)
