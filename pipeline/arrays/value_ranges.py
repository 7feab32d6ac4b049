"""Divides whole numbers that do not fit into memory into ranges, each with about as many as do."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from offduty.arrays.arrow import Ints

_MOST_BITS = 20
"""Values are counted in so many slices: two to this power."""


@dataclass(frozen=True)
class ValueRanges:
    """Ranges of values that follow one another, numbered from 0. ``starts`` are the least values that may be in each;
    there is none where there were no values.
    """

    starts: list[int]
    _shift: int
    _numbers: Ints

    @classmethod
    def of(cls, blocks: Callable[[], Iterable[Ints]], most: int) -> ValueRanges:
        """Ranges of about ``most`` values each: no more, but for one slice that alone has more. ``blocks`` gives all
        values, and is called twice. Equal values are in one range.

        >>> ValueRanges.of(lambda: [np.array([5, 9]), np.array([7, 5])], 2).starts
        [5, 7]
        """
        spans = [(int(values.min()), int(values.max())) for values in blocks() if len(values)]
        if not spans:
            return cls([], 0, np.zeros(0, np.int64))
        low, high = min(first for first, _ in spans), max(last for _, last in spans)
        shift = max((high - low).bit_length() - _MOST_BITS, 0)
        counts = np.zeros((high - low >> shift) + 1, np.int64)
        for values in blocks():
            counts += np.bincount(values - low >> shift, minlength=len(counts))
        used = np.flatnonzero(counts)
        begins = _begins((counts[used]).tolist(), most)
        numbers = np.zeros(len(counts), np.int64)
        numbers[used[begins]] = 1
        return cls([low + (int(used[at]) << shift) for at in begins], shift, np.cumsum(numbers) - 1)

    def number(self, values: Ints) -> Ints:
        """The number of the range of each value, of the values that the ranges were made of."""
        return np.take(self._numbers, values - self.starts[0] >> self._shift)


def _begins(counts: list[int], most: int) -> list[int]:
    """Where a new range begins, so that none has more than ``most``, but for one slice that alone has more."""
    begins, held = [0], 0
    for at, count in enumerate(counts):
        if held and held + count > most:
            begins.append(at)
            held = 0
        held += count
    return begins
