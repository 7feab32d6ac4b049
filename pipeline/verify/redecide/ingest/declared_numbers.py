"""Reads numbers as the job declares them: with a decimal comma, and multiplied by a unit.

A power of ten moves the decimal point, so that the result is the nearest double of exactly what is written; another
unit is multiplied as a double (specification#declared-decimal, specification#declared-units).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from offduty.verify.redecide.model import Floats
from offduty.verify.redecide.text_values import NUMBER, USUAL_NUMBER, matches, number, numbers

UNREADABLE_TEXT = "cannot be read"
"""Text in place of a number, or of a time, that cannot be read; it is something written, and is neither of both."""
EXACT = 1 << 53
"""Whole numbers below this are exact as doubles, and so are the powers of ten up to the 22nd."""
MOST_PLACES = 22
LONGEST_EXPONENT = 9


def with_point(text: str) -> str:
    """A number with a decimal comma as one with a point; a point is no part of such a number."""
    return UNREADABLE_TEXT if "." in text else text.replace(",", ".")


def with_points(texts: pa.Array) -> pa.Array:
    """A column of such numbers."""
    if not len(texts):
        return texts
    return pc.if_else(pc.match_substring(texts, "."), UNREADABLE_TEXT, pc.replace_substring(texts, ",", "."))


@lru_cache
def places_of(unit: str) -> int | None:
    """By how many places a unit moves the decimal point to the right; None where it is no power of ten.

    >>> [places_of(unit) for unit in ("1e-7", "0.010", "1000", "1", "2", "-10", "0.3048")]
    [-7, -2, 3, 0, None, None, None]
    """
    read = NUMBER.fullmatch(unit)
    if read is None or read["sign"] == "-" or len(read["exponent"] or "") > LONGEST_EXPONENT:
        return None
    whole, decimals = read["whole"] or "", read["decimals"] or ""
    digits = (whole + decimals).rstrip("0")
    if digits.strip("0") != "1":
        return None
    return len(whole) - len(digits) + int(read["exponent"] or 0)


def moved(text: str, places: int) -> float | None:
    """A number with its decimal point moved to the right; None where there is none, or it is not finite."""
    read = NUMBER.fullmatch(text)
    exponent = "" if read is None else read["exponent"] or ""
    if read is None or len(exponent) > LONGEST_EXPONENT:
        return number(text)  # zero, or beyond all doubles, wherever the decimal point is
    mantissa = text[: -len(exponent) - 1] if exponent else text
    return number(f"{mantissa}e{int(exponent or 0) + places}")


def multiplied(texts: pa.Array, unit: str) -> Floats:
    """A column of numbers, written with a point, times a unit; NaN where none can be read or it is not finite."""
    places = places_of(unit)
    if places is None:
        return _product(numbers(texts), unit)
    out = np.full(len(texts), np.nan)
    usual = matches(texts, USUAL_NUMBER)
    written = pc.binary_join_element_wise(texts.filter(pa.array(usual)), f"e{places}", "")
    out[usual] = _finite(np.asarray(pc.cast(written, pa.float64())))
    for at in np.flatnonzero(~usual):
        text = texts[int(at)].as_py()
        value = None if text is None else moved(text, places)
        out[at] = np.nan if value is None else value
    return out


def multiplied_numbers(column: pa.Array, unit: str) -> Floats:
    """A column of Arrow numbers times a unit; what is written of a double are the digits that tell it from others."""
    places = places_of(unit)
    if pa.types.is_decimal(column.type):
        return multiplied(column.cast(pa.string()), unit)
    values = np.asarray(pc.fill_null(column.cast(pa.float64(), safe=False), np.nan))
    if places is None:
        return _product(values, unit)
    exact = np.equal(np.rint(values), values) & (np.abs(values) < EXACT) & (abs(places) <= MOST_PLACES)
    with np.errstate(over="ignore", invalid="ignore"):
        out = values * 10.0**places if places >= 0 else values / 10.0**-places
    others = column if pa.types.is_integer(column.type) else pa.array(values)
    out[~exact] = multiplied(others.filter(pa.array(~exact)).cast(pa.string()), unit)
    return out


def _product(values: Floats, unit: str) -> Floats:
    with np.errstate(over="ignore", invalid="ignore"):
        return _finite(values * float(unit))


def _finite(values: Floats) -> Floats:
    return np.where(np.isfinite(values), values, np.nan)
