"""Puts many ranges of whole numbers one after the other in one array, without a loop."""

from __future__ import annotations

import numpy as np

from offduty.arrays.arrow import Ints


def concatenated_ranges(first: Ints, count: Ints) -> Ints:
    """For each entry the numbers ``first, first + 1, …``, as many as its ``count``, which may be 0.

    >>> concatenated_ranges(np.array([7, 0, 3]), np.array([2, 0, 3])).tolist()
    [7, 8, 3, 4, 5]
    """
    ends = np.cumsum(count)
    numbers: Ints = np.repeat(first - (ends - count), count)
    numbers += np.arange(len(numbers))
    return numbers
