"""Finds how the numbers of a table are written: the decimal sign, and the unit of degrees and of lengths.

Rules: specification#declared-decimal, specification#declared-units.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from offduty.admin.proposals.sample import ColumnSample

_POINT = re.compile(r"\s*[+-]?\d*\.\d+(?:[eE][+-]?\d+)?\s*", re.ASCII)
_COMMA = re.compile(r"\s*[+-]?\d*,\d+\s*", re.ASCII)
_WHOLE = re.compile(r"\s*[+-]?\d+\.?(?:[eE][+-]?\d+)?\s*", re.ASCII)
_UNIT_NAMES = {"ft": ("ft", "feet", "foot"), "km": ("km", "kilometres", "kilometers"), "mi": ("mi", "miles")}
ENOUGH = 0.9
FURTHEST = {"lon": 360.0, "lat": 90.0}


def is_number(text: str) -> bool:
    """Whether a text is a number, with a decimal point, a decimal comma, or whole."""
    return any(pattern.fullmatch(text) for pattern in (_POINT, _COMMA, _WHOLE))


def is_like_numbers(column: ColumnSample) -> bool:
    """Whether most values of a column are numbers, or nothing is written in it."""
    written = column.written
    return column.typed is None and sum(map(is_number, written)) >= len(written) / 2


def decimal_signs(columns: Iterable[ColumnSample]) -> set[str]:
    """The signs before the decimals in some columns; empty where all numbers are whole.

    >>> decimal_signs([ColumnSample(["51,5", "3"])])
    {','}
    """
    texts = [text for column in columns for text in column.written]
    signs = ((".", _POINT), (",", _COMMA))
    return {sign for sign, pattern in signs if any(pattern.fullmatch(text) for text in texts)}


def unit_by_name(name: str) -> str | None:
    """The unit of length that a column's name says at its end; None for metres, or where it says none.

    >>> unit_by_name("accuracy_ft"), unit_by_name("Radius (km)"), unit_by_name("accuracy"), unit_by_name("gps_swift")
    ('ft', 'km', None, None)
    """
    words = re.split(r"[^a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower().strip(" ()[]."))
    return next((unit for unit, names in _UNIT_NAMES.items() if len(words) > 1 and words[-1] in names), None)


def degree_factors(columns: Mapping[str, ColumnSample]) -> tuple[str, ...]:
    """By what columns of longitude and latitude may have to be multiplied to be degrees: nothing for degrees, one
    factor where only it gives degrees of the Earth, and both powers of ten where both do.

    ``("?",)`` where no factor does: then they are perhaps metres of a national grid.

    >>> degree_factors({"lat": ColumnSample(["515000000"]), "lon": ColumnSample(["-1200000"])})
    ('1e-7',)
    """
    numbers = {name: [abs(_number(text)) for text in column.written] for name, column in columns.items()}
    if _are_degrees(numbers, 1):
        return ()
    whole = all(_WHOLE.fullmatch(text) for column in columns.values() for text in column.written if is_number(text))
    factors = tuple(factor for factor in ("1e-6", "1e-7") if whole and _are_degrees(numbers, float(factor)))
    largest = max(max(found, default=0.0) for found in numbers.values())
    return factors if factors and largest >= 1e6 else ("?",)  # smaller ones are metres of a grid, no parts of a degree


def _are_degrees(numbers: Mapping[str, list[float]], factor: float) -> bool:
    """Whether nearly all numbers are degrees of the Earth; a place that could not be found has a number of its own."""
    return all(
        sum(value * factor <= FURTHEST[name] for value in found) >= ENOUGH * len(found)
        for name, found in numbers.items()
    )


def _number(text: str) -> float:
    return float(text.replace(",", ".")) if is_number(text) else 0.0
