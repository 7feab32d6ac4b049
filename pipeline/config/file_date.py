"""Finds the date in the name of a file, as the job declares it to be written there.

Rule: specification#file-date.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import PurePath

DIGITS = {"Y": "[0-9]{4}", "m": "[0-9]{2}", "d": "[0-9]{2}"}
_PART = re.compile(r"%(.?)|([^%]+)", re.DOTALL)


def check_file_date(form: str) -> str:
    """The form itself; ``ValueError``, which says why, where it does not have %Y, %m and %d once each, or has a slash.

    >>> check_file_date("%Y-%m-%d")
    '%Y-%m-%d'
    """
    letters = [letter for letter, literal in _PART.findall(form) if not literal and letter != "%"]
    if sorted(letters) != sorted(DIGITS):
        raise ValueError("%Y, %m and %d must stand in it once each, and no other directive")
    if "/" in form:
        raise ValueError("a date stands in one name, and a slash between two")
    return form


def dates_in(name: str, form: str) -> set[date]:
    """The dates that are written in one name in that form, with no further digit before or behind.

    >>> sorted(dates_in("pings_2026-03-02.csv", "%Y-%m-%d"))
    [datetime.date(2026, 3, 2)]
    >>> dates_in("pings_2026-02-30.csv", "%Y-%m-%d"), dates_in("120260302.csv", "%Y%m%d")
    (set(), set())
    """
    written = "".join(
        re.escape(literal or "%") if literal or letter == "%" else f"(?P<{letter}>{DIGITS[letter]})"
        for letter, literal in _PART.findall(form)
    )
    hits = re.finditer(f"(?<![0-9])(?={written}(?![0-9]))", name)
    return {day for hit in hits if (day := _date(hit["Y"], hit["m"], hit["d"])) is not None}


def file_date(path: PurePath | str, form: str) -> date | None:
    """The date of a file, of which the name is relative: the one in its own name, else in that of the nearest folder in
    it that has one. None where there is none, or where one name has several.
    """
    for name in reversed(PurePath(path).parts):
        if found := dates_in(name, form):
            return next(iter(found)) if len(found) == 1 else None
    return None


def _date(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None
