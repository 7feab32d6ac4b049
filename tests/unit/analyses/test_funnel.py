"""Recorders are outside of the funnel by what chance does not explain, and seldom without abuse."""

from __future__ import annotations

import math
import random

import numpy as np
import pandas as pd
import pytest

from offduty.analyses.funnel import chances, concentrated, discoveries, outside, unusual_edits

RNG_SEED = 11
WORLDS = 300


def drawn(rates: list[float], edits: list[int], seed: int) -> np.ndarray:
    """How many edits of each recorder are marked."""
    return np.random.default_rng(seed).binomial(edits, rates).astype(np.float64)


def test_chances_are_those_of_edits_that_are_dealt_out_blindly():
    """The upper tail, with half of the middle, by whole numbers."""
    for n, y, m, z in ((30, 7, 100, 9), (5, 0, 8, 3), (12, 12, 40, 1), (40, 3, 41, 0)):
        ways = [math.comb(y + z, k) * math.comb(n + m - y - z, n - k) for k in range(y, min(n, y + z) + 1)]
        got = chances(*(np.array([float(number)]) for number in (n, y, m, z)))[0]
        assert got == pytest.approx((sum(ways) - ways[0] / 2) / math.comb(n + m, n), abs=1e-12)


def test_recorders_without_abuse_are_seldom_outside():
    """At most 1 of 100, over many made-up funnels."""
    edits = [30, 40, 60, 90, 150, 200] * 4
    flagged = sum(int(outside(np.array(edits, float), drawn([0.2] * 24, edits, seed)).sum()) for seed in range(WORLDS))
    assert flagged <= 0.01 * 24 * WORLDS


def test_five_times_the_rate_is_found_with_thirty_edits():
    """In at least 8 of 10."""
    edits, rates = [30] + [100] * 19, [0.5] + [0.1] * 19
    found = [bool(outside(np.array(edits, float), drawn(rates, edits, seed))[0]) for seed in range(WORLDS)]
    assert sum(found) >= 0.8 * WORLDS


def test_fewer_than_thirty_edits_are_never_outside():
    """Whatever they are."""
    assert not outside(np.array([29.0, 500.0]), np.array([29.0, 5.0])).any()
    assert not outside(np.zeros(0), np.zeros(0)).any()
    assert not concentrated(np.array([100.0]), np.array([100.0]), np.array([29.0]), np.array([0.0])).any()


def test_discoveries_are_those_of_benjamini_and_hochberg():
    """The largest chance that is below its limit, and all smaller ones."""
    assert discoveries(np.array([0.04, 0.9, 0.049, 0.07])).tolist() == [True, False, True, True]
    assert not discoveries(np.array([0.5, 0.9])).any()


def frame(rows: list[tuple[str, str, bool]]) -> pd.DataFrame:
    """Late grants by recorder, subject, and whether over rest, of one unit."""
    late = pd.DataFrame(rows, columns=["recorder", "subject", "over_rest"])
    return late.assign(entry=range(len(late)), unit="u1", role="clerk")


def test_a_desk_that_records_everybodys_late_shifts_is_not_outside():
    """It has most of the late grants, and as many over rest as others have for each hundred."""
    rng = random.Random(RNG_SEED)
    names = ["desk"] * 1000 + [f"clerk {i % 10}" for i in range(400)]
    late = frame([(name, f"o{rng.randrange(50)}", rng.random() < 0.2) for name in names])
    assert unusual_edits(late).empty
    others = late["recorder"] != "desk"
    late.loc[~others, "over_rest"] = True
    assert set(late.loc[unusual_edits(late)["entry"], "recorder"]) == {"desk"}  # and it is, where all are over rest


def usual(seed: int) -> list[tuple[str, str, bool]]:
    """What four clerks of a unit record for twenty officers."""
    rng = random.Random(seed)
    return [(f"clerk {i % 4}", f"o{rng.randrange(20)}", False) for i in range(400)]


def test_one_who_records_for_one_subject_is_found():
    """R10 marks all of those edits."""
    found = unusual_edits(frame([*usual(RNG_SEED), *[("clerk 9", "o1", False)] * 40]))
    assert set(found["signal"]) == {"R10"}
    assert set(found["entry"]) >= set(range(400, 440))


def test_those_who_record_for_everybody_are_seldom_found():
    """In at most 1 of 10 units is there anybody, by chance."""
    assert sum(not unusual_edits(frame(usual(seed))).empty for seed in range(40)) <= 4
