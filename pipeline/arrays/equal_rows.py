"""Numbers rows by what their columns say: equal rows have equal numbers, and no others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from offduty.arrays.arrow import Ints

MOST = 1 << 62
"""Numbers stay below this, so that nothing overflows."""
WIDE = 1 << 24
"""The values of a wider column may be instants, which stand at whole minutes or hours."""
_SAMPLE = 1_024
_MOST_FLAGS = 4
"""Numbers that lie so close to each other need not be sorted: a flag for each number of their range is faster."""


def equal_rows(columns: Sequence[Ints]) -> Ints:
    """A number for each row of these columns; their order means nothing. At least one column; no rows, no numbers.

    The ranges of the columns are multiplied, and only where that would overflow are values replaced by their ranks:
    twenty times as fast as to sort whole rows. Of instants the steps are counted, because microseconds would overflow
    soon.

    >>> equal_rows([np.array([7, 7, 8]), np.array([1, 2, 1])]).tolist()
    [0, 1, 2]
    """
    numbers = np.zeros(len(columns[0]), np.int64)
    if not len(numbers):
        return numbers
    count = 1
    for column in columns:
        low, width = int(column.min()), int(column.max()) - int(column.min()) + 1
        if WIDE < width < MOST:
            column, width = _steps(column - low)
            low = 0
        if count * width >= MOST:
            numbers, count = _ranks(numbers)
        if count * width >= MOST:
            column, width = _ranks(column)
            low = 0
        numbers = numbers * width + (column - low)
        count *= width
    return numbers


def _steps(distances: Ints) -> tuple[Ints, int]:
    """Distances from the least value, counted in the greatest step that all of them are whole numbers of; and one more
    than the greatest of these counts. A few of them show most often what the step is.
    """
    step = int(np.gcd.reduce(distances[:_SAMPLE]))
    if not step or (distances % step).any():
        step = int(np.gcd(step, np.gcd.reduce(distances)))
    counts = distances // max(step, 1)
    return counts, int(counts.max()) + 1


def _ranks(values: Ints) -> tuple[Ints, int]:
    """The rank of each value among the distinct ones, and how many those are."""
    distinct, ranks = distinct_numbers(values)
    return ranks, len(distinct)


def distinct_numbers(values: Ints) -> tuple[Ints, Ints]:
    """The distinct numbers, sorted, and the place of each number among them.

    >>> distinct, places = distinct_numbers(np.array([7, 9, 7]))
    >>> distinct.tolist(), places.tolist()
    ([7, 9], [0, 1, 0])
    """
    if not len(values):
        return values, np.zeros(0, np.int64)
    low = int(values.min())
    width = int(values.max()) - low + 1
    if width > _MOST_FLAGS * len(values):
        distinct, places = np.unique(values, return_inverse=True)
        return distinct, np.asarray(places, np.int64).reshape(-1)
    there = np.zeros(width, np.bool_)
    there[values - low] = True
    return np.flatnonzero(there) + low, (np.cumsum(there) - 1)[values - low]
