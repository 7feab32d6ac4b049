"""Intervals that stand alone are the stretches that overlaying them would give."""

from __future__ import annotations

import numpy as np
import pytest

from offduty.arrays.sweep import CoveredStretches, apart, sweep, together
from offduty.core.instants import FOREVER_US, NEVER_US


def _odd_intervals(seed: int) -> tuple[np.ndarray, ...]:
    """Owners, beginnings and ends: some overlap, touch, are equal, empty, or go on for ever."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(0, 40))
    owner = rng.integers(0, 1 + int(rng.integers(1, 12)), count)
    from_us = rng.integers(-50, 50, count) * 3_600_000_000
    to_us = from_us + rng.integers(-1, 9, count) * 3_600_000_000
    if seed % 3 == 0:
        to_us[rng.random(count) < 0.1] = FOREVER_US
        from_us[rng.random(count) < 0.1] = NEVER_US
    return owner, from_us, to_us, rng.integers(0, 5, (count, 2))


def _as_rows(stretches: CoveredStretches) -> list[tuple[int, ...]]:
    columns = (stretches.owner, stretches.from_us, stretches.to_us, *stretches.sums.T)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def _taken_apart(owner: np.ndarray, from_us: np.ndarray, to_us: np.ndarray, weights: np.ndarray) -> CoveredStretches:
    alone, others = apart(owner, from_us, to_us)
    as_they_stand = CoveredStretches(owner[alone], from_us[alone], to_us[alone], weights[alone])
    return together(as_they_stand, sweep(owner[others], from_us[others], to_us[others], weights[others]))


@pytest.mark.parametrize("seed", range(150))
def test_intervals_taken_apart_give_the_stretches_of_all_overlaid(seed: int) -> None:
    intervals = _odd_intervals(seed)

    assert _as_rows(_taken_apart(*intervals)) == _as_rows(sweep(*intervals))


def test_an_interval_within_a_long_one_does_not_stand_alone() -> None:
    owner, from_us, to_us = np.array([7, 7, 7, 8]), np.array([0, 2, 8, 5]), np.array([10, 3, 9, 6])

    alone, others = apart(owner, from_us, to_us)

    assert (alone.tolist(), others.tolist()) == ([3], [0, 1, 2])


def test_intervals_that_touch_stand_alone_and_empty_ones_are_left_out() -> None:
    alone, others = apart(np.array([1, 1, 1]), np.array([5, 0, 3]), np.array([9, 5, 3]))

    assert (alone.tolist(), others.tolist()) == ([1, 0], [])
