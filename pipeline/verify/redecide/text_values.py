"""Reads times, numbers and ids from text, one by one and by the column (docs/reference/choices.md, "Reading").

A time is `YYYY-MM-DD`, or that with `T` or a space, `HH:MM`, perhaps `:SS` and a fraction of one to nine digits, and
perhaps `Z` or an offset `+HH`, `+HHMM` or `+HH:MM` (specification#input-columns). No other character may be before or
after it. Fractions finer than a microsecond are truncated. Only with an offset is it an instant; what a wall time or a
bare date means depends on a time zone (`ingest.wall_times`).
"""

from __future__ import annotations

import json
import re
import sys
from datetime import date
from enum import Enum
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from offduty.verify.redecide.model import Bools, Floats, Ints

WHITE = "".join(c for c in map(chr, range(sys.maxunicode + 1)) if c.isspace()) + "\u200b\ufeff"
"""White space: Unicode's, with the no-break space, the zero-width space and the byte order mark."""
MISSING_WORDS = frozenset({"NULL", "null", "None", "none", "nan", "NaN", "\\N", "N/A", "#N/A", "<NA>"})
"""Words that mean a missing value in columns of ids and of times."""
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
NUMBER = re.compile(
    r"(?P<sign>[+-]?)(?=\.?[0-9])(?P<whole>[0-9]*)(?:\.(?P<decimals>[0-9]*))?(?:[eE](?P<exponent>[+-]?[0-9]+))?"
)
"""A number in decimal digits, perhaps with a fraction and an exponent."""
_DAY = "((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)"
_USUAL_INSTANT = rf"^[0-9]{{4}}-{_DAY}[T ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{{1,6}})?"
USUAL_NUMBER = r"^-?[0-9]{1,15}(\.[0-9]{1,30})?$"


class Form(Enum):
    """What is written of a time: a date alone, a wall time without an offset, or an instant."""

    DAY = 0
    WALL = 1
    INSTANT = 2


WrittenTime = tuple[int, Form]
"""Microseconds since 1970 by the clock as written (an offset is subtracted), and the form."""


def blank(value: object) -> bool:
    """Whether a value is missing, or is text with nothing but white space."""
    return value is None or (isinstance(value, str) and not value.strip(WHITE))


def read_id(value: object) -> str | None:
    """The id in a cell; None where it is missing, or is a JSON list or object, which is no id (specification#ids)."""
    text = "" if value is None else str(value).strip(WHITE)
    return None if not text or text in MISSING_WORDS or _is_json(text) else text


def _is_json(text: str) -> bool:
    if text[0] not in "[{":
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def no_time(value: object) -> bool:
    """Whether a value in a column of times is a missing one: blank, or a word such as NULL."""
    return blank(value) or value in MISSING_WORDS


def written_time(text: object) -> WrittenTime | None:
    """A time as it is written; None where it cannot be read.

    An instant with an offset must be in the years 1 to 9999 in UTC too.
    """
    return _written_time(text) if isinstance(text, str) else None


@lru_cache(maxsize=1 << 16)
def _written_time(text: str) -> WrittenTime | None:
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
        return micros, Form.DAY if hour is None else Form.WALL
    if sign:
        east = int(off_hour) * 60 + int(off_minute or 0)
        micros -= (east if sign == "+" else -east) * 60_000_000
    return (micros, Form.INSTANT) if FIRST_US <= micros < LAST_US else None


def instant(text: object) -> int | None:
    """An instant of a manifest as microseconds since 1970 in UTC; None for anything else."""
    read = written_time(text)
    return read[0] if read is not None and read[1] is Form.INSTANT else None


def number(text: object) -> float | None:
    """A finite number in decimal digits; None for anything else, also for words such as `nan`, and with spaces."""
    if not isinstance(text, str) or NUMBER.fullmatch(text) is None:
        return None
    value = float(text)
    return value if np.isfinite(value) else None


def instants(texts: pa.Array) -> tuple[Ints, Bools]:
    """A column of text as instants, and which of them are wall times without an offset, as the clock shows them.

    `NO_TIME` where there is neither. Arrow reads usual spellings, `written_time` the others.
    """
    out, walls = np.full(len(texts), NO_TIME, np.int64), np.zeros(len(texts), np.bool_)
    left = np.ones(len(texts), np.bool_)
    for ending, zone in (("$", None), ("(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$", "UTC")):
        usual = matches(texts, _USUAL_INSTANT + ending)
        try:
            read = pc.cast(texts.filter(pa.array(usual)), pa.timestamp("us", zone))
        except pa.ArrowInvalid:
            continue
        micros = np.asarray(read.cast(pa.int64()))
        out[usual] = np.where((micros >= FIRST_US) & (micros < LAST_US), micros, NO_TIME)
        walls |= usual if zone is None else False
        left &= ~usual
    for at in np.flatnonzero(left):
        value = written_time(texts[int(at)].as_py())
        if value is not None and value[1] is not Form.DAY:
            out[at], walls[at] = value[0], value[1] is Form.WALL
    return out, walls & (out != NO_TIME)


def blanks(texts: pa.Array) -> Bools:
    """Which texts of a column are missing, or nothing but white space."""
    trimmed = pc.utf8_length(pc.utf8_trim(texts, WHITE))
    return np.asarray(pc.fill_null(pc.equal(trimmed, 0), True).cast(pa.uint8())).astype(np.bool_)


def numbers(texts: pa.Array) -> Floats:
    """A column of text as numbers; NaN where none can be read."""
    out = np.full(len(texts), np.nan)
    usual = matches(texts, USUAL_NUMBER)
    out[usual] = np.asarray(pc.cast(texts.filter(pa.array(usual)), pa.float64()))
    for at in np.flatnonzero(~usual):
        value = number(texts[int(at)].as_py())
        out[at] = np.nan if value is None else value
    return out


def matches(texts: pa.Array, pattern: str) -> Bools:
    """Which texts of a column a pattern matches; a missing one is not matched."""
    found = pc.fill_null(pc.match_substring_regex(texts, pattern), False)
    return np.asarray(found.cast(pa.uint8())).astype(np.bool_)
