"""Reads times that are written by a format such as `%d/%m/%Y %H:%M` (specification#declared-time-forms).

A format becomes a regular expression with a group for each directive; the groups are read as columns.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import count

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from offduty.verify.redecide.model import Bools, Ints
from offduty.verify.redecide.text_values import DAY_US, FIRST_US, LAST_US, NO_TIME, Form, matches

MONTHS = tuple(
    "january february march april may june july august september october november december".split()  # noqa: SIM905
)
DAYS = tuple("monday tuesday wednesday thursday friday saturday sunday".split())  # noqa: SIM905
OF_DIGITS = frozenset("YymdHIMSf")
OF_TIMES_OF_DAY = frozenset("HI")
MEANING = {
    "Y": "year",
    "y": "year",
    "m": "month",
    "b": "month",
    "B": "month",
    "d": "day",
    "H": "hour",
    "I": "hour",
    "M": "minute",
    "S": "second",
    "f": "micros",
    "z": "offset_us",
}
TIME_OF_DAY_US = {"hour": 3_600_000_000, "minute": 60_000_000, "second": 1_000_000, "micros": 1, "offset_us": -1}
BOUNDS = {"year": (1, 9999), "month": (1, 12), "day": (1, 31), "hour": (0, 23), "minute": (0, 59), "second": (0, 59)}
NEEDS = {"minute": "hour", "second": "minute", "micros": "second", "offset_us": "hour"}
"""What is nothing without the other."""
Part = tuple[str, str]
"""A directive, or no directive and a letter."""
PIVOT = 69
"""Years of two digits from this one on are in the 20th century, those below it in the 21st."""


def _in_any_case(words: Iterable[str]) -> str:
    """Any of these words, in small or capital letters, as a regular expression."""
    return "|".join("".join(f"[{letter.upper()}{letter}]" for letter in word) for word in words)


_EXACTLY_TWO, _ONE_OR_TWO = "[0-9]{2}", "[0-9]{1,2}"
_WRITTEN = {
    "Y": "[0-9]{4}",
    "y": _EXACTLY_TWO,
    "f": "[0-9]{1,9}",
    "b": _in_any_case(month[:3] for month in MONTHS),
    "B": _in_any_case(MONTHS),
    "a": _in_any_case(day[:3] for day in DAYS),
    "A": _in_any_case(DAYS),
    "p": _in_any_case(("am", "pm")),
    "z": "Z|[+-](?:[01][0-9]|2[0-3]):?[0-5][0-9]",
} | dict.fromkeys("mdHIMS", _ONE_OR_TWO)


@dataclass(frozen=True)
class TimeFormat:
    """A format: its regular expression, and the directives of its groups, which are named `g0`, `g1`, …"""

    pattern: str
    directives: tuple[str, ...]

    @classmethod
    @lru_cache
    def of(cls, text: str) -> TimeFormat:
        """A format as it is declared. Raises `ValueError` where the specification does not say what it means."""
        parts = _parts(text)
        directives = [directive for directive, _ in parts if directive]
        _check(parts, directives)
        number = count()
        pattern = "".join(
            f"(?P<g{next(number)}>{_expression(parts, at)})" if directive else re.escape(letter)
            for at, (directive, letter) in enumerate(parts)
        )
        return cls(f"^{pattern}$", tuple(directives))

    @property
    def kind(self) -> Form:
        """What it writes: an instant with an offset, a bare date without an hour, else a wall time."""
        if "z" in self.directives:
            return Form.INSTANT
        return Form.WALL if OF_TIMES_OF_DAY & set(self.directives) else Form.DAY

    def read(self, texts: pa.Array) -> Ints:
        """Texts as microseconds since 1970 by the clock as written; `NO_TIME` where one is not written so."""
        out = np.full(len(texts), NO_TIME, np.int64)
        found = pc.extract_regex(texts, self.pattern)
        written = np.asarray(found.is_valid().cast(pa.uint8())).astype(np.bool_)
        out[written] = self._micros(found.filter(pa.array(written)))
        return out

    def _micros(self, groups: pa.StructArray) -> Ints:
        """The groups of texts that are written so; `NO_TIME` where they are no time of the calendar."""
        fine = np.ones(len(groups), np.bool_)
        values: dict[str, Ints] = {}
        for at, directive in enumerate(self.directives):
            if directive not in MEANING:
                continue
            meaning, read = MEANING[directive], _values(directive, groups.field(f"g{at}"))
            fine &= _within(meaning, read) & ((read >= 1) & (read <= 12) if directive == "I" else True)
            if directive == "I":
                read = read % 12 + 12 * _afternoon(groups.field(f"g{self.directives.index('p')}"))
            values[meaning] = read
        days, exists = _days(values["year"], values["month"], values["day"])
        us = days * DAY_US + sum(values[part] * in_us for part, in_us in TIME_OF_DAY_US.items() if part in values)
        return np.where(fine & exists & (us >= FIRST_US) & (us < LAST_US), us, NO_TIME)


def _parts(text: str) -> list[Part]:
    """A format as its directives and single letters; `%%` is a letter."""
    found = re.findall(r"%(.)|([^%])|(%)$", text, re.DOTALL)
    parts: list[Part] = [("", "%") if directive == "%" else (directive, letter) for directive, letter, _ in found]
    if any(directive not in _WRITTEN and not letter for directive, letter in parts):
        raise ValueError("a format of times has a directive that is none")
    return parts


def _check(parts: list[Part], directives: list[str]) -> None:
    """Raise `ValueError` where a format has no date, or the specification does not say what its time of day means."""
    meanings = [MEANING[directive] for directive in directives if directive in MEANING]
    known = set(meanings)
    fine = (
        {"year", "month", "day"} <= known
        and len(known) == len(meanings)
        and all(coarser in known for finer, coarser in NEEDS.items() if finer in known)
        and directives.count("I") == directives.count("p")
        and ("z" not in directives or parts[-1][0] == "z")
    )
    if not fine:
        raise ValueError("a format of times has no date, or a time of day that means nothing")


def _expression(parts: list[Part], at: int) -> str:
    """The regular expression of the directive at a place of the format."""
    written = _WRITTEN[parts[at][0]]
    beside = (parts[place][0] for place in (at - 1, at + 1) if 0 <= place < len(parts))
    return _EXACTLY_TWO if written == _ONE_OR_TWO and OF_DIGITS & set(beside) else written


def _values(directive: str, texts: pa.Array) -> Ints:
    """What a directive stands for, in each text."""
    if directive == "f":
        texts = pc.utf8_rpad(pc.utf8_slice_codeunits(texts, 0, 6), 6, "0")
    if directive in OF_DIGITS:
        read = np.asarray(pc.cast(texts, pa.int64()))
        return np.where(read < PIVOT, read + 2000, read + 1900) if directive == "y" else read
    return _by_word(texts, _month if directive in "bB" else _offset_us)


def _by_word(texts: pa.Array, value_of: Callable[[str], int]) -> Ints:
    coded = texts.dictionary_encode()
    values = np.array([value_of(word) for word in coded.dictionary.to_pylist()], np.int64)
    return np.asarray(values[np.asarray(coded.indices)])


def _month(word: str) -> int:
    return next(at for at, month in enumerate(MONTHS, 1) if month[:3] == word[:3].lower())


def _offset_us(word: str) -> int:
    if word == "Z":
        return 0
    east = int(word[1:3]) * 60 + int(word[-2:])
    return (east if word[0] == "+" else -east) * 60_000_000


def _afternoon(texts: pa.Array) -> Ints:
    """1 for each text that is PM, and 0 for AM."""
    return matches(texts, "^[Pp]").astype(np.int64)


def _within(meaning: str, read: Ints) -> Bools:
    if meaning not in BOUNDS:
        return np.ones(len(read), np.bool_)
    low, high = BOUNDS[meaning]
    return np.asarray((read >= low) & (read <= high))


def _days(year: Ints, month: Ints, day: Ints) -> tuple[Ints, Bools]:
    """The days of dates since 1970, and which dates exist."""
    months = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    first, after = (each.astype("datetime64[D]").astype(np.int64) for each in (months, months + 1))
    return first + day - 1, np.asarray(day <= after - first)
