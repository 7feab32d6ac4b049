"""Released values are coarse exactly as the rules say: grid, step, accuracy class, pseudonym and order."""

from __future__ import annotations

import hashlib
import hmac
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from offduty.outputs.coarsening import ACCURACY_CLASSES_M, accuracy_class, rounded, steps
from offduty.outputs.pseudonyms import period, pseudonym
from offduty.outputs.release import in_order

DEGREES = st.floats(-180, 180) | st.integers(-18_000_000, 18_000_000).map(lambda n: n / 100_000)
HALVES = st.integers(-1_800_000, 1_800_000).map(lambda n: (2 * n + 1) / 20_000)


@given(st.lists(DEGREES | HALVES, min_size=1), st.integers(0, 9))
def test_rounding_is_that_of_the_exact_value(values: list[float], decimals: int) -> None:
    """Python's `round` works on the exact binary value. Ours gives the same, also near a half."""
    found = rounded(np.array(values), decimals) / 10.0**decimals
    assert found.tolist() == [round(value, decimals) for value in values]


@pytest.mark.parametrize(
    ("us", "step_s", "number"), [(0, 60, 0), (59_999_999, 60, 0), (60_000_000, 60, 1), (-1, 60, -1)]
)
def test_steps_are_counted_from_1970_downwards(us: int, step_s: int, number: int) -> None:
    """Also before 1970."""
    assert steps(np.array([us]), step_s).tolist() == [number]


@pytest.mark.parametrize(("metres", "shown"), [(0.1, 10), (10, 10), (10.001, 30), (30, 30), (31, 100), (300.5, 1000)])
def test_the_class_is_the_next_that_is_not_below(metres: float, shown: float) -> None:
    """An accuracy that is equal to a class is in that class."""
    assert ACCURACY_CLASSES_M[accuracy_class(np.array([metres]))].tolist() == [shown]


def test_a_pseudonym_by_hand() -> None:
    """Before each part is its length in four bytes, big-endian."""
    message = b"\0\0\0\x04duty\0\0\0\x082026-W10\0\0\0\x03\xc3\xa91"
    expected = hmac.new(b"k" * 32, message, hashlib.sha256).hexdigest()[:16]
    assert pseudonym(b"k" * 32, "duty", period(date(2026, 3, 2), "week"), "é1") == expected


@given(
    st.integers(1, 40).flatmap(
        lambda n: st.lists(st.lists(st.integers(-5, 5), min_size=n, max_size=n), min_size=2, max_size=4)
    )
)
def test_rows_as_integers_sort_as_columns_do(columns: list[list[int]]) -> None:
    """Sorting packed integers gives the same rows as sorting tuples."""
    found = [
        np.concatenate(parts) for parts in zip(*in_order([np.array(column) for column in columns], 7), strict=True)
    ]
    assert list(zip(*(column.tolist() for column in found), strict=True)) == sorted(zip(*columns, strict=True))


def test_columns_too_wide_to_pack_are_sorted_too() -> None:
    """Two columns of 62 bits."""
    wide = np.array([1 << 61, 0, 1 << 61, 5])
    found = [np.concatenate(parts) for parts in zip(*in_order([wide, wide[::-1].copy()], 3), strict=True)]
    assert found[0].tolist() == [0, 5, 1 << 61, 1 << 61]
    assert found[1].tolist() == [1 << 61, 1 << 61, 0, 5]
