"""The formats of declared times: which directives they may have, and what is wrong with one that cannot be used.

Rule: specification#declared-time-forms.
"""

from __future__ import annotations

import re

DIGITS = frozenset("YymdHIMSf")
"""The directives that stand for digits."""
NAMES = frozenset("bBaAp")
KNOWN = DIGITS | NAMES | {"z", "%"}
_PART = re.compile(r"%(.)|([^%])", re.DOTALL)


def parts_of(form: str) -> list[tuple[str, str]]:
    """A format as pairs: a directive (its letter) and an empty text, or an empty directive and a literal character.

    ``ValueError``, which says why, where it has a ``%`` at its end.

    >>> parts_of("%d/%m")
    [('d', ''), ('', '/'), ('m', '')]
    """
    parts = [(found.group(1) or "", found.group(2) or "") for found in _PART.finditer(form)]
    if "".join(f"%{letter}" if letter else literal for letter, literal in parts) != form:
        raise ValueError("it ends with a single %")
    return [("", "%") if letter == "%" else (letter, literal) for letter, literal in parts]


def check_format(form: str) -> str:
    """The format itself; ``ValueError``, which says why, where it cannot be used."""
    letters = [letter for letter, _ in parts_of(form) if letter]
    unknown = [letter for letter in letters if letter not in KNOWN]
    hours = [letter for letter in letters if letter in "HI"]
    if unknown:
        raise ValueError(f"%{unknown[0]} is not one of the directives that can be read")
    if len(set(letters)) < len(letters):
        raise ValueError("a directive stands in it twice")
    for wanted, what in ({"Y", "y"}, "a year"), ({"m", "b", "B"}, "a month"), ({"d"}, "a day"):
        if len(wanted & set(letters)) != 1:
            raise ValueError(f"it has not exactly one directive for {what}")
    if len(hours) > 1 or ("p" in letters) != ("I" in letters) or (not hours and set("MSfz") & set(letters)):
        raise ValueError("the time of day needs %H, or %I with %p")
    if ("S" in letters and "M" not in letters) or ("f" in letters and "S" not in letters):
        raise ValueError("seconds need minutes (%M), and %f needs seconds (%S)")
    if "z" in letters and not form.endswith("%z"):
        raise ValueError("%z stands at the end")
    return form


def has_time_of_day(form: str) -> bool:
    """Whether a format has an hour; without one it gives bare dates."""
    return any(letter in ("H", "I") for letter, _ in parts_of(form))


def has_offset(form: str) -> bool:
    """Whether a format gives instants."""
    return any(letter == "z" for letter, _ in parts_of(form))


def must_have_two_digits(parts: list[tuple[str, str]], at: int) -> bool:
    """Whether the number at that place of a format has exactly two digits: another one stands directly beside it."""
    beside = [parts[place][0] for place in (at - 1, at + 1) if 0 <= place < len(parts)]
    return any(letter in DIGITS for letter in beside)
