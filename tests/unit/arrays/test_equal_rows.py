"""Equal rows have equal numbers and no others, however far apart the values are."""

from __future__ import annotations

import numpy as np
import pytest

from offduty.arrays.equal_rows import MOST, distinct_numbers, equal_rows
from offduty.core.instants import FOREVER_US, NEVER_US

SPREADS = [
    [2, 3],
    [1, 1, 1],
    [40, MOST - 1],
    [MOST - 1, MOST - 1, MOST - 1],
    [1 << 44, 1 << 44, 1 << 44, 5],
    [3, 1 << 61, 3, 1 << 61],
]


@pytest.mark.parametrize("spread", SPREADS, ids=str)
def test_numbers_are_equal_where_rows_are(spread):
    """As Python compares them; some rows are equal in all columns but one."""
    rng = np.random.default_rng(5)
    columns = [rng.choice(rng.integers(-(most // 2), most - most // 2, 4), 300) for most in spread]
    rows = [tuple(row) for row in np.column_stack(columns).tolist()]
    numbers = equal_rows(columns).tolist()
    assert len(set(zip(rows, numbers, strict=True))) == len(set(rows)) == len(set(numbers))


def test_the_ends_of_time_are_numbers_like_others():
    """Nothing overflows between them."""
    ends = np.array([NEVER_US, FOREVER_US, 0, NEVER_US])
    assert len(set(equal_rows([ends, ends, ends[::-1].copy()]).tolist())) == 3
    assert equal_rows([ends, ends]).tolist()[0] == equal_rows([ends, ends]).tolist()[3]


def test_no_rows_no_numbers():
    """Of the type that arrays of numbers have."""
    assert equal_rows([np.zeros(0, np.int64)] * 3).dtype == np.int64
    assert len(equal_rows([np.zeros(0, np.int64)])) == 0


@pytest.mark.parametrize("spread", [1, 3, 100, 1 << 40], ids=str)
@pytest.mark.parametrize("first", [0, -7, 1 << 50])
def test_distinct_numbers_are_those_that_sorting_finds(spread, first):
    values = first + np.random.default_rng(3).integers(0, spread, 50)
    distinct, places = distinct_numbers(values)
    assert (distinct.tolist(), distinct[places].tolist()) == (sorted(set(values.tolist())), values.tolist())
