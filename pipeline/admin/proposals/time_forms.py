"""Lists the forms in which one written time could be read: as the contract has it, or as a job may declare it.

Rule: specification#declared-time-forms. Whether the day or the month comes first cannot be read from ``02/03/2026``, so
that text has two forms; many values together may prove one of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time
from functools import lru_cache
from typing import Literal

from offduty.config.declarations import EXCEL, UNIX_MS, UNIX_S
from offduty.core.instants import DAY_FORM, instant
from offduty.core.times import LACKS_OFFSET

Kind = Literal["instant", "wall time", "bare date"]
AS_CONTRACT = ""
FIRST_YEAR, LAST_YEAR = 1990, 2199
FIRST_S, LAST_S = 631_152_000, 7_258_118_400
"""1990 and 2200, in seconds since 1970: numbers outside are taken for something else than a time."""
FIRST_DAY, LAST_DAY = 32_874, 109_576
"""The same, in days since 1899-12-30."""
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
LONG_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_LACKS_OFFSET = re.compile(LACKS_OFFSET, re.ASCII)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?", re.ASCII)
_WEEKDAY = re.compile(r"([A-Za-z]{3,9})(,? )")
_NUMERIC = re.compile(r"(\d{1,4})([-/. ])(\d{1,2})\2(\d{4}|\d{1,2})(?!\d)", re.ASCII)
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(?=$|[T ])", re.ASCII)
_DAY_NAME_YEAR = re.compile(r"(\d{1,2})([-/. ]?)([A-Za-z]{3,9})([-/. ]?)(\d{4}|\d{2})(?!\d)", re.ASCII)
_NAME_DAY_YEAR = re.compile(r"([A-Za-z]{3,9})( )(\d{1,2})(,? )(\d{4})(?!\d)", re.ASCII)
_TIME = re.compile(
    r"(?P<join>T|, | - |  ?)(?P<hour>\d{1,2})(?P<colon>[:.])(?P<minute>\d\d)"
    r"(?:(?P=colon)(?P<second>\d\d)(?:(?P<point>[.,])(?P<fraction>\d{1,9}))?)?"
    r"(?:(?P<gap>[ \u00a0\u202f]?)(?P<half>[AaPp][Mm]))?"
    r"(?P<space> ?)(?P<zone>Z|[+-]\d\d:?\d\d|UTC|GMT)?",
    re.ASCII,
)
TIME_OF_DAY = re.compile(r"\d{1,2}[:.]\d\d(?:[:.]\d\d)?(?: ?[AaPp][Mm])?", re.ASCII)
"""A time without a date, which no declaration makes into one."""


@dataclass(frozen=True, order=True)
class TimeForm:
    """A form of times: what ``times`` declares (`AS_CONTRACT`: nothing to declare), and what is written in it."""

    form: str
    kind: Kind


@dataclass(frozen=True)
class _Date:
    """A date that may be meant by the beginning of a text, its format, and the rest of the text."""

    day: date
    form: str
    rest: str


@lru_cache(maxsize=1 << 17)
def forms_of(text: str) -> frozenset[TimeForm]:
    """Every form in which a text is a time of the years 1990 to 2199, or the end of time (31.12.9999); empty for a text
    that is no time.

    >>> sorted(form.form for form in forms_of("02/03/2026 08:00"))
    ['%d/%m/%Y %H:%M', '%m/%d/%Y %H:%M']
    >>> [form.form for form in forms_of("13/03/2026 08:00")], [form.form for form in forms_of("1772438400")]
    (['%d/%m/%Y %H:%M'], ['unix_s'])
    """
    if instant(text) is not None:
        return frozenset({TimeForm(AS_CONTRACT, _contract_kind(text))})
    if _NUMBER.fullmatch(text):
        return frozenset(_number_forms(text))
    return frozenset(form for written in _dates(text) if (form := _with_time(written)) is not None)


def _contract_kind(text: str) -> Kind:
    if DAY_FORM.fullmatch(text):
        return "bare date"
    return "wall time" if _LACKS_OFFSET.fullmatch(text) else "instant"


def _number_forms(text: str) -> Iterator[TimeForm]:
    number, whole = float(text.replace(",", ".")), re.split("[.,]", text)[0]
    if FIRST_S <= number < LAST_S:
        yield TimeForm(UNIX_S, "instant")
    if FIRST_S <= number / 1000 < LAST_S:
        yield TimeForm(UNIX_MS, "instant")
    if FIRST_DAY <= number < LAST_DAY:
        yield TimeForm(EXCEL, "wall time")
    if whole == text and len(text) in (8, 12, 14) and _in_calendar(text[:4], text[4:6], text[6:8]):
        clock = {8: "", 12: "%H%M", 14: "%H%M%S"}[len(text)]
        if not clock or _on_clock(text[8:10], text[10:12], text[12:] or "0"):
            yield TimeForm(f"%Y%m%d{clock}", "wall time" if clock else "bare date")


def _dates(text: str) -> Iterator[_Date]:
    """The dates that the beginning of a text may mean, with and without the name of a weekday."""
    weekday = _WEEKDAY.match(text)
    if weekday is not None and any(weekday[1].lower() in (name, name[:3]) for name in WEEKDAYS):
        form = f"{'%a' if len(weekday[1]) == 3 else '%A'}{weekday[2]}"
        for written in _plain_dates(text[weekday.end() :]):
            yield _Date(written.day, form + written.form, written.rest)
    yield from _plain_dates(text)


def _plain_dates(text: str) -> Iterator[_Date]:
    if found := _NUMERIC.match(text):
        first, mark, second, third = found.groups()
        for order in _orders(first, mark, third):
            numbers = dict(zip((letter.lower() for letter in order), (first, second, third), strict=True))
            form = mark.join(f"%{letter}" for letter in order)
            yield from _date(numbers["y"], numbers["m"], numbers["d"], form, text[found.end() :])
    if found := _COMPACT.match(text):
        yield from _date(found[1], found[2], found[3], "%Y%m%d", text[found.end() :])
    if found := _DAY_NAME_YEAR.match(text):
        day, mark, name, other, year = found.groups()
        for directive, month in _month_names(name):
            form = f"%d{mark}{directive}{other}{'%Y' if len(year) == 4 else '%y'}"
            yield from _date(year, month, day, form, text[found.end() :])
    if found := _NAME_DAY_YEAR.match(text):
        name, mark, day, other, year = found.groups()
        for directive, month in _month_names(name):
            yield from _date(year, month, day, f"{directive}{mark}%d{other}%Y", text[found.end() :])


def _orders(first: str, mark: str, third: str) -> tuple[str, ...]:
    """In which orders the numbers of a date may stand. Nobody writes a year of two digits first before a slash."""
    if len(first) == 4:
        return ("Ymd",) if len(third) <= 2 else ()
    if len(first) == 3:
        return ()
    if len(third) == 4:
        return ("dmY", "mdY")
    if len(third) == 1:
        return ()
    return ("dmy", "mdy") if mark in "/ " or len(first) == 1 else ("dmy", "mdy", "ymd")


def _month_names(name: str) -> Iterator[tuple[str, str]]:
    """The directives that a name of a month may be, with its number; May is short and long."""
    for directive, names in (("%b", MONTHS), ("%B", LONG_MONTHS)):
        if name.lower() in names:
            yield directive, str(names.index(name.lower()) + 1)


def _date(year: str, month: str, day: str, form: str, rest: str) -> Iterator[_Date]:
    if _in_calendar(year, month, day):
        yield _Date(date(_year(year), int(month), int(day)), form, rest)


def _year(text: str) -> int:
    """The year, as two digits mean one."""
    return int(text) if len(text) == 4 else int(text) + (2000 if int(text) < 69 else 1900)


def _in_calendar(year: str, month: str, day: str) -> bool:
    """Whether there is such a day in the years that times are of; the last one of all stands for "no end"."""
    try:
        found = date(_year(year), int(month), int(day))
    except ValueError:
        return False
    return FIRST_YEAR <= found.year <= LAST_YEAR or found == date.max


def _on_clock(hour: str, minute: str, second: str) -> bool:
    try:
        time(int(hour), int(minute), int(second))
    except ValueError:
        return False
    return True


def _with_time(written: _Date) -> TimeForm | None:
    """The form of a date with what follows it; None where that is no time of day."""
    if not written.rest:
        return TimeForm(written.form, "bare date")
    found = _TIME.fullmatch(written.rest)
    if found is None or not _on_clock(found["hour"], found["minute"], found["second"] or "0"):
        return None
    half, zone = found["half"], found["zone"]
    if half and not 1 <= int(found["hour"]) <= 12:
        return None
    if (found["space"] and not zone) or (zone in ("UTC", "GMT") and not found["space"]):
        return None
    clock = f"{found['join']}{'%I' if half else '%H'}{found['colon']}%M"
    clock += f"{found['colon']}%S" if found["second"] else ""
    clock += f"{found['point']}%f" if found["fraction"] else ""
    clock += f"{found['gap']}%p" if half else ""
    offset = "" if not zone else zone if zone in ("UTC", "GMT") else "%z"
    return TimeForm(f"{written.form}{clock}{found['space']}{offset}", "instant" if offset == "%z" else "wall time")
