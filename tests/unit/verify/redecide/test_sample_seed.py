"""Samples are drawn by a seed, so that anybody can draw the same rows, and prove a bound that is known."""

from __future__ import annotations

import hashlib
from itertools import islice
from math import comb

import numpy as np
import pytest

from offduty.verify.redecide import confidence_bound
from offduty.verify.redecide.decision.sample_seed import drawn


def test_the_draw_is_as_documented():
    """SHA-256 of seed, colon and number, modulo the count; a row that was drawn before is skipped."""
    found, number = [], 0
    while len(found) < 20:
        at = int(hashlib.sha256(f"a seed:{number}".encode()).hexdigest(), 16) % 50
        found += [] if at in found else [at]
        number += 1
    assert list(islice(drawn(50, "a seed"), 20)) == found


@pytest.mark.parametrize("count", [0, 1, 5, 1000])
def test_each_row_is_drawn_once_until_none_is_left(count):
    """In whatever order the seed gives."""
    assert sorted(drawn(count, "s")) == list(range(count))


def test_other_seeds_draw_others():
    """And the same seed the same."""
    one, again, other = (list(islice(drawn(10**6, seed), 100)) for seed in ("1", "1", "2"))
    assert one == again
    assert one != other


def test_every_row_is_drawn_about_as_often():
    """Over many seeds: within five standard deviations of the expected count."""
    hits = np.zeros(40)
    for seed in range(2_000):
        hits[list(islice(drawn(40, str(seed)), 10))] += 1
    assert np.abs(hits - 500).max() < 5 * (2_000 * 0.25 * 0.75) ** 0.5


def test_a_sample_of_46_050_rows():
    """Without a difference it proves, with 99 % confidence, that fewer than 1 in 10,000 rows are wrong."""
    assert confidence_bound(46_050) < 1e-4 < confidence_bound(46_040)


@pytest.mark.parametrize("n", [1, 2, 30, 1_000])
@pytest.mark.parametrize("wrong", [0, 1, 3, 29])
@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.99])
def test_the_bound_is_clopper_and_pearsons(n, wrong, confidence):
    """At the bound, so few wrong rows have exactly the probability that the confidence leaves."""
    if n <= wrong:
        assert confidence_bound(n, wrong, confidence) == 1.0
        return
    share = confidence_bound(n, wrong, confidence)
    chance = sum(comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(wrong + 1))
    assert chance == pytest.approx(1 - confidence, rel=1e-6)


def test_nothing_drawn_proves_nothing():
    """Any share may be wrong."""
    assert confidence_bound(0) == 1.0


def test_millions_of_rows():
    """The bound is right where powers would underflow."""
    assert confidence_bound(20_000_000) == pytest.approx(4.60517 / 20_000_000, rel=1e-4)
    assert confidence_bound(20_000_000, 200) == pytest.approx(235 / 20_000_000, rel=0.02)
