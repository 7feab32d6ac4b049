"""Reads the day of a file of pings in its name, where the job declares that it stands there.

The rule is specification#file-date.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import lru_cache

from offduty.core.errors import InputError
from offduty.verify.redecide.ingest.wall_times import table_zone
from offduty.verify.redecide.model import InputFile, Ints
from offduty.verify.redecide.rules import Rules
from offduty.verify.redecide.text_values import DAY_US, NO_TIME

Span = tuple[int, int]
_EPOCH_DAY = date(1970, 1, 1).toordinal()


def day_of(source: InputFile, rules: Rules) -> Span | None:
    """From the first instant of a file's day to that of the next; None where no date is declared.

    Raises `InputError` where the name, or that of the nearest folder in it with a date, does not have exactly one.
    Folders above the job's are not looked at.
    """
    form = rules.declaration("pings").file_date
    if not form:
        return None
    for name in reversed((source.given_as or source.name).split("/")):
        found = _dates(name, form)
        if len(found) == 1:
            return _span(found.pop(), *rules.zones_of("pings"))
        if found:
            break
    raise InputError("its name has not exactly one date as the job declares it", file=source.name)


def check_day(source: InputFile, at_us: Ints, rules: Rules) -> None:
    """Raise `InputError` where a row is of another day than the name of its file says: it should stop the run."""
    day = day_of(source, rules)
    timed = at_us[at_us != NO_TIME]
    if day is not None and len(timed) and (int(timed.min()) < day[0] or int(timed.max()) >= day[1]):
        raise InputError("a row is of another day than the name of its file says", file=source.name)


def _dates(name: str, form: str) -> set[date]:
    """Every date that stands in a name in the declared form, and is no part of a longer number."""
    found = set()
    for start in range(len(name)):
        fits = _at(name, form, start)
        if fits is not None:
            found.add(fits)
    return found


def _at(name: str, form: str, start: int) -> date | None:
    """The date that begins at one place of a name; None where there is none."""
    if start and _is_digit(name[start - 1]):
        return None
    at, parts = start, dict[str, str]()
    for directive, literal in re.findall(r"%(.)|([^%])", form, re.DOTALL):
        if directive in ("Y", "m", "d"):
            width = 4 if directive == "Y" else 2
            parts[directive], at = name[at : at + width], at + width
            continue
        wanted = literal or directive
        if name[at : at + 1] != wanted:
            return None
        at += 1
    digits = "".join(parts.get(part, "") for part in "Ymd")
    if len(digits) != 8 or not all(map(_is_digit, digits)) or _is_digit(name[at : at + 1]):
        return None
    try:
        return datetime.strptime(digits, "%Y%m%d").date()  # noqa: DTZ007 (a date has no zone)
    except ValueError:
        return None


def _is_digit(text: str) -> bool:
    return text in tuple("0123456789")


@lru_cache(maxsize=1 << 12)
def _span(day: date, declared: str | None, policy_zone: str) -> Span:
    read = table_zone(declared, policy_zone).days.day((day.toordinal() - _EPOCH_DAY) * DAY_US)
    return read.early, read.late
