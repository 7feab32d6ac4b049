"""Finds the form in which the times of a column are written, and what in the values proves it.

Rule: specification#declared-time-forms. Where several forms would read every value (no day is over 12), none is chosen.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from offduty.admin.proposals.sample import ColumnSample
from offduty.admin.proposals.time_forms import AS_CONTRACT, TIME_OF_DAY, Kind, forms_of

_SIX_DIGITS = re.compile(r"(?:[01]\d|2[0-4])[0-5]\d[0-5]\d", re.ASCII)
ENOUGH = 0.9
"""The share of the written values that one form must read; of the rest the message says that they are not read."""


@dataclass(frozen=True)
class ColumnTimes:
    """In what form the times of a column are written.

    ``forms`` is one form (also `AS_CONTRACT`), several where the values prove none of them, and empty where none is
    found. ``kinds`` are what the values are in these forms. ``why`` says what proves the form, or what is wrong, and
    ``unread`` is how many values the form does not read. ``is_fault`` is True where no declaration can mend it.
    """

    forms: tuple[str, ...]
    kinds: frozenset[Kind]
    why: str
    unread: int = 0
    is_fault: bool = False


def times_of(column: ColumnSample) -> ColumnTimes:
    """The form of the times in a column, from its values."""
    if column.typed is not None:
        return ColumnTimes((AS_CONTRACT,), frozenset({column.typed}), "the type of the column says it")
    counts = Counter(column.written)
    if not counts:
        return ColumnTimes((AS_CONTRACT,), frozenset(), "nothing is written")
    read = _values_by_form(counts)
    total, best = counts.total(), max(read, key=lambda form: (_rows(read[form], counts), form), default=None)
    if best is None or _rows(read[best], counts) < ENOUGH * total:
        fault = _fault(list(counts))
        return ColumnTimes((), frozenset(), fault or _NO_FORM, is_fault=fault is not None)
    rivals = {form for form in read if read[form] & read[best] and not read[form] < read[best]} - {best}
    rivals -= {form for form in rivals if _is_other_name_of(best, form)}
    unread = total - _rows(read[best], counts)
    forms = tuple(sorted({best, *rivals}))
    kinds = frozenset(form.kind for text in counts for form in forms_of(text) if form.form in forms)
    if rivals:
        return ColumnTimes(forms, kinds, _doubt(best, rivals, read), unread)
    return ColumnTimes((best,), kinds, _proof(best), unread)


def is_like_times(column: ColumnSample) -> bool:
    """Whether most values of a column are times with a date, or nothing is written in it."""
    written = column.written
    return column.typed is not None or sum(bool(forms_of(text)) for text in written) >= len(written) / 2


def is_like_clocks(column: ColumnSample) -> bool:
    """Whether every value of a column is a time of day without a date, also as the six digits of SAP (``060000``).

    >>> is_like_clocks(ColumnSample(["06:00", "22:00:00"])), is_like_clocks(ColumnSample(["060000"]))
    (True, True)
    >>> is_like_clocks(ColumnSample(["20251"])), is_like_clocks(ColumnSample([]))
    (False, False)
    """
    texts = set(column.written)
    return bool(texts) and all(TIME_OF_DAY.fullmatch(text) or _SIX_DIGITS.fullmatch(text) for text in texts)


def _values_by_form(texts: Iterable[str]) -> Mapping[str, set[str]]:
    """For each form the different values that it reads."""
    read: dict[str, set[str]] = {}
    for text in texts:
        for form in forms_of(text):
            read.setdefault(form.form, set()).add(text)
    return read


def _rows(texts: Iterable[str], counts: Mapping[str, int]) -> int:
    return sum(counts[text] for text in texts)


def _is_other_name_of(form: str, other: str) -> bool:
    """Whether two forms differ only in how they call a month: May is its short and its long name."""
    return form.replace("%B", "%b") == other.replace("%B", "%b")


def _doubt(best: str, rivals: Iterable[str], read: Mapping[str, set[str]]) -> str:
    if all(read[form] == read[best] for form in rivals):
        return (
            "every value can be read in each of these ways: none has a number over 12 that shows where the day stands"
        )
    return "some values can be read in one of these ways only, others in the other only"


def _proof(form: str) -> str:
    """What proves a form, where other orders of day and month would be possible."""
    if form == AS_CONTRACT:
        return "as the contract has it"
    if not {"d", "m"} <= set(form.replace("%", "")) or form.lower().startswith("%y"):
        return "every value can be read so"
    names = {form.lower().index(letter): word for letter, word in (("%d", "day"), ("%m", "month"), ("%y", "year"))}
    order = ", ".join(names[place] for place in sorted(names))
    return f"{order}: a value has a number that can stand nowhere else"


def _fault(texts: Sequence[str]) -> str | None:
    """Why no declaration can make times of some texts; None where the reason is not known."""
    if all(TIME_OF_DAY.fullmatch(text) for text in texts):
        return "they have no date: date and time have to stand in one column"
    if all(text.isdigit() and len(text) >= 16 for text in texts):
        return "numbers of 16 or more digits (micro- or nanoseconds since 1970?)"
    if all(text != text.strip() and forms_of(text.strip()) for text in texts):
        return "there are spaces before or behind them"
    if any(re.search(r"(?<!\d)24:00", text) for text in texts):
        return "24:00 is no time of day: midnight is 00:00 of the next day"
    return "they are written in more than one way" if any(forms_of(text) for text in texts) else None


_NO_FORM = "no usual form reads them: declare a strptime format"
