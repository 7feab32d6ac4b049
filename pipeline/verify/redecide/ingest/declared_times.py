"""Reads times as the job declares them: seconds or milliseconds since 1970, Excel's days, or by a format.

The rule is specification#declared-time-forms. What is written otherwise is `NO_TIME`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from offduty.verify.redecide.declarations import EXCEL, NUMBERED, UNIX_MS, UNIX_S
from offduty.verify.redecide.ingest.declared_numbers import EXACT
from offduty.verify.redecide.ingest.time_format import TimeFormat
from offduty.verify.redecide.model import Bools, Ints
from offduty.verify.redecide.text_values import DAY_US, FIRST_US, LAST_US, NO_TIME, Form, matches

EXCEL_FIRST_US = -25_569 * DAY_US
"""1899-12-30."""
DAY_MS = DAY_US // 1_000
PLACES = {UNIX_S: 6, UNIX_MS: 3}
"""By how many places the decimal point is moved to the right, to get microseconds."""
NEAR_HALF_MS = 0.05
"""So near to half a millisecond, days as doubles may be rounded to the wrong side: they are read exactly."""

_NUMBER = re.compile(r"([+-]?)([0-9]+)(?:\.([0-9]+))?")
_USUAL_SECONDS = {UNIX_S: r"^-?[0-9]{1,12}(\.[0-9]{1,6})?$", UNIX_MS: r"^-?[0-9]{1,15}(\.[0-9]{1,3})?$"}
_USUAL_DAYS = r"^-?[0-9]{1,7}(\.[0-9]{1,20})?$"


def kind_of(form: str) -> Form:
    """What the times of a declared form are: instants, wall times, or bare dates.

    Raises `ValueError` where the specification has no such form.
    """
    if form in PLACES:
        return Form.INSTANT
    return Form.WALL if form == EXCEL else TimeFormat.of(form).kind


def declared_times(column: pa.Array, form: str) -> Ints:
    """A column of text or of numbers as microseconds since 1970, by the clock as written (see `kind_of`).

    `NO_TIME` where nothing is written, or what is written is not of this form; a double is written by no format. Raises
    `ValueError` where there is no such form, and for a column of Parquet whose values are times already.
    """
    if pa.types.is_temporal(column.type):
        raise ValueError("a column of times is declared to be written otherwise")
    if form in NUMBERED:
        texts = _digits(column) if pa.types.is_floating(column.type) else column.cast(pa.string())
        us = _days(texts) if form == EXCEL else _since_1970(texts, form)
        return np.where((us >= FIRST_US) & (us < LAST_US), us, NO_TIME)
    if pa.types.is_floating(column.type):
        return np.full(len(column), NO_TIME, np.int64)
    coded = column.cast(pa.string()).dictionary_encode()
    us = np.append(TimeFormat.of(form).read(coded.dictionary), NO_TIME)
    return np.asarray(us[np.asarray(pc.fill_null(coded.indices, len(us) - 1))])


def _digits(column: pa.Array) -> pa.Array:
    """Doubles as text: the digits that tell each from others, without an exponent."""
    values = column.cast(pa.float64())
    numbers = np.asarray(pc.fill_null(values, np.nan))
    whole = np.equal(np.rint(numbers), numbers) & (np.abs(numbers) < EXACT)
    as_whole = pa.array(np.where(whole, numbers, 0).astype(np.int64)).cast(pa.string())
    texts = pc.if_else(pa.array(whole), as_whole, values.cast(pa.string()))
    long = matches(texts, "e")
    plain = [format(Decimal(repr(value)), "f") for value in numbers[long].tolist()]
    return pc.replace_with_mask(texts, pa.array(long), pa.array(plain, pa.string()))


def _since_1970(texts: pa.Array, form: str) -> Ints:
    """Numbers as microseconds; what is finer is cut towards the past."""
    places = PLACES[form]
    usual = matches(texts, _USUAL_SECONDS[form])
    out = np.full(len(texts), NO_TIME, np.int64)
    fixed = pc.cast(texts.filter(pa.array(usual)), pa.decimal128(18 + places, places))
    out[usual] = _unscaled(fixed)
    return _one_by_one(out, usual, texts, lambda sign, digits, scale: sign * digits * 10**places // scale)


def _unscaled(fixed: pa.Array) -> Ints:
    """Numbers with a fixed count of decimals as whole numbers of the last one: the lower halves of their 128 bits."""
    halves = np.frombuffer(fixed.buffers()[1], "<i8").reshape(-1, 2)
    return halves[fixed.offset : fixed.offset + len(fixed), 0].copy()


def _days(texts: pa.Array) -> Ints:
    """Excel's days as microseconds, rounded to the nearest millisecond, and half of one up."""
    usual = matches(texts, _USUAL_DAYS)
    ms = np.asarray(pc.cast(texts.filter(pa.array(usual)), pa.float64())) * DAY_MS
    sure = np.abs(ms - np.floor(ms) - 0.5) > NEAR_HALF_MS
    usual[np.flatnonzero(usual)[~sure]] = False
    out = np.full(len(texts), NO_TIME, np.int64)
    out[usual] = EXCEL_FIRST_US + np.floor(ms[sure] + 0.5).astype(np.int64) * 1_000

    def rounded(sign: int, digits: int, scale: int) -> int:
        return EXCEL_FIRST_US + (2 * sign * digits * DAY_MS + scale) // (2 * scale) * 1_000

    return _one_by_one(out, usual, texts, rounded)


def _one_by_one(out: Ints, usual: Bools, texts: pa.Array, us_of: Callable[[int, int, int], int]) -> Ints:
    """The numbers that are not usual, by a function of their sign, their digits, and the power of ten below these."""
    for at in np.flatnonzero(~usual):
        text = texts[int(at)].as_py()
        read = None if text is None else _NUMBER.fullmatch(text)
        if read is None:
            continue
        sign, whole, decimals = read[1], read[2], read[3] or ""
        try:
            us = us_of(-1 if sign == "-" else 1, int(whole + decimals), 10 ** len(decimals))
        except ValueError:  # more digits than Python reads
            continue
        out[at] = us if FIRST_US <= us < LAST_US else NO_TIME
    return out
