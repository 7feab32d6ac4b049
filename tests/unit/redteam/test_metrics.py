"""Intervals, lifts, areas and verdicts have the values that are known from elsewhere."""

from __future__ import annotations

import math
import sys

import numpy as np
import pytest

from offduty.core.errors import UsageError
from offduty.redteam.attacker_view import Guess
from offduty.redteam.metrics import auc, exact_interval, score
from offduty.redteam.results import (
    CROSSED,
    FILTER,
    HOLDS,
    KNOWN,
    UNCLEAR,
    ResultRow,
    classified,
    counted,
    crossed,
    markdown,
    scored,
)

ROW = ResultRow("5 heading", "home", FILTER, 100, 20, 60, 1)


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(0, 25, 0.0, 0.1372), (25, 25, 0.8628, 1.0), (3, 100, 0.0062, 0.0852), (50, 100, 0.3983, 0.6017)],
)
def test_exact_intervals(hits: int, of: int, low: float, high: float):
    """The values of published tables for the intervals of Clopper and Pearson."""
    assert exact_interval(hits, of) == pytest.approx((low, high), abs=1e-4)


def test_without_scipy_the_extra_is_named(monkeypatch: pytest.MonkeyPatch):
    """No second way to the same figures; where nothing was tried, nothing is needed."""
    monkeypatch.setitem(sys.modules, "scipy.special", None)
    assert exact_interval(0, 0) == (0.0, 1.0)
    with pytest.raises(UsageError, match=r"offduty\[attack\]"):
        exact_interval(1, 2)


def test_a_guess_is_scored_by_the_nearest_home_and_none_is_a_miss():
    """Four officers: an exact guess, one near a second home, one far away, and no guess."""
    guess = Guess(np.array([0.0, 1_000.0, 5_000.0, np.nan]), np.array([0.0, 100.0, 0.0, np.nan]))
    homes = np.array(
        [[[0, 0], [np.nan, np.nan]], [[0, 0], [1_000, 0]], [[0, 0], [np.nan] * 2], [[0, 0], [np.nan] * 2]], float
    )
    found = score(guess, homes, blind=0.1)
    assert (found.near.hits, found.far.hits, found.far.of) == (1, 2, 4)
    assert found.median_m == 100.0
    assert found.lift == pytest.approx(5.0)


def test_areas_under_curves():
    """Perfect, useless and reversed scores; NaN where one class is empty."""
    label = np.array([False, False, True, True])
    assert auc(np.array([1.0, 2.0, 3.0, 4.0]), label).area == 1.0
    assert auc(np.ones(4), label).area == 0.5
    assert auc(np.array([4.0, 3.0, 2.0, 1.0]), label).area == 0.0
    assert math.isnan(auc(np.ones(4), np.zeros(4, bool)).area)


@pytest.mark.parametrize(("hits", "verdict"), [(10, HOLDS), (18, UNCLEAR), (60, CROSSED)])
def test_a_line_is_crossed_when_chance_cannot_have_done_it(hits: int, verdict: str):
    """1,000 officers and a blind guess of 1 %: the line is at 15 hits."""
    x_m = np.where(np.arange(1_000) < hits, 0.0, 9_000.0)
    found = score(Guess(x_m, np.zeros(1_000)), np.zeros((1_000, 2)), 0.01)
    row = scored(ROW, found, has_line=True)
    assert row.verdict == verdict
    assert crossed([row]) == ([row] if verdict == CROSSED else [])


def test_what_is_known_raises_no_alarm_and_is_not_hidden():
    """A known crossing is printed as such."""
    row = counted(ROW, 3, "3 of 9", "none", True, known=True)
    assert row.verdict == KNOWN and crossed([row]) == []
    assert KNOWN in markdown([row])


def test_any_count_crosses_a_line_at_nothing():
    assert counted(ROW, 1, "1 of 9", "none", True).verdict == CROSSED
    assert counted(ROW, 0, "0 of 9", "none", True).verdict == HOLDS


def test_an_area_that_cannot_be_measured_says_so():
    row = classified(ROW, auc(np.ones(3), np.zeros(3, bool)), True)
    assert "nothing to tell apart (0 of one kind, 3 of the other)" in row.finding
