"""Gaps on duty are counted as they are, and what another limit would release is what that limit releases."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from offduty.core.instants import FOREVER_US, NEVER_US
from offduty.core.interval import Interval
from offduty.decision import gaps
from offduty.decision.gaps import CHOICES_S, LONGEST_S, NO_GAPS, GapCounts, gap_counts, needed_choice
from offduty.decision.legs import CANDIDATE, CONTACT, DutyPings, LegRows, after_silence, between_anchors, gaps_before
from offduty.duty.timeline import Windows
from tests.unit.decision.test_legs import KINDS, S, arrays

HOUR = 3_600


def windows(count: int = 1, length_s: int = 8 * HOUR, cluster: list[int] | None = None) -> Windows:
    """Windows that begin at 0 and are equally long, each a cluster of its own unless said otherwise."""
    none = np.zeros(count, np.int64)
    clusters = np.arange(count) if cluster is None else np.array(cluster)
    return Windows(none, none, none, none + length_s * S, clusters, none, none, none)


def counted(kinds: str, seconds: list[int], windows_of: list[int] | None = None, max_gap_s: int = 300, hold_s: int = 0):
    """What is counted of pings by a letter each; see `test_legs.arrays`."""
    window, us, kind = arrays(kinds, seconds, windows_of)
    found = windows(int(window.max(initial=0)) + 1)
    outside = (us >= hold_s * S) & (us < (8 * HOUR - hold_s) * S)
    silent = after_silence(window, us, max_gap_s * S)
    pings = DutyPings(window, us, kind, outside, LegRows(window, us, kind, silent))
    return gap_counts(pings, found, max_gap_s * S)


def by_choice(counts: GapCounts) -> list[int]:
    """How many candidates off sites each choice would release."""
    return counts.released.cumsum().tolist()


def test_the_usual_gap_is_the_median_of_whole_seconds():
    """Of pings of one window; two pings at one instant are no gap, and the lower one of two in the middle counts."""
    assert counted("----", [0, 60, 180, 181]).usual_s == 60
    assert counted("---", [0, 60, 180]).usual_s == 60
    assert counted("---", [0, 0, 45]).usual_s == 45
    assert counted("--", [0, 2 * HOUR]).usual_s == LONGEST_S
    assert counted("--", [0, 50], [0, 1]).usual_s is None
    assert counted("-", [0]).usual_s is None
    assert NO_GAPS.usual_s is None


def test_silent_time_is_in_longer_gaps_before_between_and_after():
    """Of windows with a useful instant; a gap of exactly the limit is not longer."""
    found = counted("---", [300, 600, 1_000])
    assert found.duty_us == 8 * HOUR * S
    assert found.silent_us == (400 + 8 * HOUR - 1_000) * S
    assert counted("---", [301, 600, 900]).silent_us == (301 + 8 * HOUR - 900) * S
    assert counted("--", [0, 100], [0, 1]).duty_us == 16 * HOUR * S


def test_each_choice_releases_what_lies_between_anchors_without_a_longer_gap():
    """Anchors themselves do not count; the longest gap on the way to the nearer anchor on each side decides."""
    assert by_choice(counted("a-a", [0, 60, 120])) == [1, 1, 1, 1]
    assert by_choice(counted("a-a", [0, 300, 600])) == [1, 1, 1, 1]
    assert by_choice(counted("a-a", [0, 301, 600])) == [0, 1, 1, 1]
    assert by_choice(counted("a-a", [0, 600, 1_600])) == [0, 0, 0, 1]
    assert by_choice(counted("a-a", [0, 600, 2_401])) == [0, 0, 0, 0]
    assert by_choice(counted("a-a-a", [0, 60, 120, 1_000, 1_060])) == [1, 1, 2, 2]
    assert by_choice(counted("-a-", [0, 60, 120])) == [0, 0, 0, 0]
    assert by_choice(counted("a-c-a", [0, 60, 120, 180, 240])) == [0, 0, 0, 0]
    assert by_choice(counted("a-a", [0, 60, 120], [0, 0, 1])) == [0, 0, 0, 0]
    assert counted("a-c-a", [0, 60, 120, 180, 240]).off_sites == 2


def test_what_is_held_back_is_released_by_no_choice():
    """It is off site all the same."""
    found = counted("a--a", [0, 60, 1_000, 1_060], max_gap_s=2_000, hold_s=900)
    assert (by_choice(found), found.off_sites) == ([0, 0, 0, 1], 2)


def test_without_the_rule_of_legs_nothing_is_said_of_choices():
    """Gaps are counted all the same."""
    window, us, kind = arrays("a-a", [0, 60, 120])
    pings = DutyPings(window, us, kind, np.ones(3, np.bool_), None)
    found = gap_counts(pings, windows(), 300 * S)
    assert (found.usual_s, found.off_sites, by_choice(found)) == (60, 1, [0, 0, 0, 0])


@given(
    st.lists(
        st.tuples(st.sampled_from("aaa--ce+"), st.sampled_from([0, 1, 250, 300, 301, 700, 901, 1_801])), max_size=30
    )
)
def test_a_choice_gives_what_the_rule_gives_with_that_limit(steps):
    """For every ping, with contacts of other devices (+) among them and pings at one instant."""
    kinds = "".join("c" if letter == "+" else letter for letter, _ in steps)
    seconds = np.cumsum([0, *(step for _, step in steps)])[:-1].tolist()
    foreign = np.array([letter == "+" for letter, _ in steps], np.bool_)
    window, us, kind = arrays(kinds, seconds)
    places = np.flatnonzero(~foreign)
    own = window[places], us[places]
    gap_us = gaps_before(*own)
    needed = needed_choice(LegRows(window, us, kind, foreign, places), gap_us)
    for number, choice in enumerate(CHOICES_S):
        silent = np.zeros(len(window), np.bool_)
        silent[places] = after_silence(*own, choice * S)
        expected = between_anchors(window, us, kind, silent)[places]
        assert (needed <= number).tolist() == expected.tolist()


def test_the_counts_of_parts_add_up():
    """Windows are counted once each, whatever part they are in."""
    parts = [counted("a-a", [0, 60, 120]), counted("a-a", [0, 400, 800]), NO_GAPS]
    found = GapCounts.together(parts)
    assert (found.off_sites, by_choice(found), found.gaps[60], found.gaps[400]) == (2, [1, 2, 2, 2], 2, 2)
    assert GapCounts.together([]).usual_s is None


def test_only_chosen_windows_are_counted():
    """With the rows of the rule of legs, in which other devices' contacts stand."""
    window = np.array([0, 0, 1, 1, 1, 2], np.int32)
    us = np.array([0, 60, 0, 60, 120, 0], np.int64) * S
    kind = np.array([KINDS[letter] for letter in "a-a-a-"], np.uint8)
    rows = np.array([0, 0, 0, 1, 1, 1, 2], np.int32), np.array([0, 30, 60, 0, 60, 120, 0], np.int64) * S
    row_kinds = np.insert(kind, 1, CONTACT)
    legs = LegRows(*rows, row_kinds, np.zeros(7, np.bool_), np.array([0, 2, 3, 4, 5, 6]))
    pings = DutyPings(window, us, kind, np.ones(6, np.bool_), legs)
    found = gap_counts(pings.of_windows(np.array([False, True, False])), windows(3), 300 * S)
    assert (found.off_sites, by_choice(found), found.duty_us) == (1, [1, 1, 1, 1], 8 * HOUR * S)
    assert gap_counts(pings.of_windows(np.zeros(3, np.bool_)), windows(3), 300 * S) is NO_GAPS
    assert (kind == CANDIDATE).sum() == 3


def test_the_windows_of_the_interval_are_counted_and_of_very_many_always_the_same(monkeypatch):
    """Those that only touch the interval are not in it; whole clusters are chosen."""
    everything = Interval(NEVER_US, FOREVER_US)
    assert gaps.windows_counted(everything, windows(3)).tolist() == [True, True, True]
    assert not gaps.windows_counted(Interval(8 * HOUR * S, FOREVER_US), windows(3)).any()
    assert gaps.windows_counted(Interval(8 * HOUR * S - 1, FOREVER_US), windows(3)).all()
    monkeypatch.setattr(gaps, "ENOUGH_WINDOWS", 2)
    many = windows(8, cluster=[0, 0, 1, 2, 3, 4, 5, 6])
    assert gaps.windows_counted(everything, many).tolist() == [True, True, False, False, False, True, False, False]
    assert gaps.windows_counted(everything, windows(4)).all()


@pytest.mark.parametrize("count", [0, 1])
def test_no_pings_are_no_gaps(count):
    """And none of them breaks anything."""
    assert counted("-" * count, [0] * count).gaps.sum() == 0
