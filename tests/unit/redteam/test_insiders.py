"""Attack 19 looks at weeks from Monday to Sunday, as pseudonyms rotate, whichever day a release begins on."""

from __future__ import annotations

import numpy as np
import pytest

from offduty.redteam.attacker_view import KnownDuties, VisibleRows
from offduty.redteam.attacks import week_links
from offduty.redteam.ground_truth import ForceTruth
from offduty.redteam.insiders import first_monday, weeks

DAY_S = 86_400.0


def force_of(weekday: int, days: int) -> ForceTruth:
    """One officer who is seen at noon of each day."""
    day = np.arange(days)
    rows = VisibleRows.in_order(np.zeros(days, np.int64), day, DAY_S * (day + 0.5), day * 1.0, day * 1.0, day * 0.0, 1)
    no_sites, no_homes = np.zeros((0, 2)), np.zeros((1, 4, 2))
    return ForceTruth(rows, no_homes, lambda x, y: x * y, None, no_sites, None, 60.0, weekday=weekday)


@pytest.mark.parametrize(("weekday", "first"), [(0, 0), (6, 1), (5, 2), (1, 6)])
def test_a_week_begins_on_a_monday(weekday, first):
    """A release that begins on a Sunday has one day that is of another pseudonym: it is in neither week."""
    force = force_of(weekday, 21)
    both = weeks(force)
    assert first_monday(force) == first
    assert [rows.t_s.tolist() for rows in both] == [
        [DAY_S * (first + 7 * week + day + 0.5) for day in range(7)] for week in range(2)
    ]
    assert [rows.duty.tolist() for rows in both] == [list(range(7))] * 2


def test_of_less_than_a_week_all_is_looked_at():
    """From Wednesday to Sunday: one pseudonym, whose days count from its Monday."""
    assert [rows.duty.tolist() for rows in weeks(force_of(2, 5))] == [[2, 3, 4, 5, 6], []]


def test_of_days_that_the_roster_does_not_have_nothing_is_known():
    """It is shorter than the release, or begins after it."""
    rows = weeks(force_of(0, 7))[0]
    whole = KnownDuties(np.zeros(3, np.int64), np.arange(3), DAY_S * np.arange(3), DAY_S * (np.arange(3) + 1))
    empty = KnownDuties(*(np.zeros(0, kind) for kind in (np.int64, np.int64, float, float)))
    assert week_links.name(rows, whole).tolist() == [0]
    assert week_links.name(rows, empty).tolist() == [-1]
