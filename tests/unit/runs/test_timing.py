"""How the positions lie in time, in whole numbers, and in words with a warning where something is wrong."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from offduty.config.policy import Policy
from offduty.decision.around_duty import NOT_AROUND, AroundDuty
from offduty.decision.gaps import LONGEST_S, GapCounts
from offduty.runs.notes import around_duty, is_shifted, is_slow, longest_gap, timing_in, usual_gap
from offduty.runs.timing import timing_of
from tests.world import policy_of


def policy(**legs: object) -> Policy:
    """A policy with some of its rules for legs changed."""
    return Policy.from_dict(policy_of({"legs": legs}))


def timing(gaps: dict[int, int], around: AroundDuty = NOT_AROUND, off_sites: int = 0, released=(0, 0, 0, 0), **legs):
    """The figures for gaps of so many seconds each so many times."""
    counts = np.zeros(LONGEST_S + 1, np.int64)
    for seconds, count in gaps.items():
        counts[seconds] = count
    found = GapCounts(counts, 1_000, 250, off_sites, np.array(released))
    return timing_of(SimpleNamespace(gaps=[found], read=SimpleNamespace(around=around)), policy(**legs))


def test_figures_of_enough_positions():
    """Choices add up: what a shorter gap releases a longer one releases, too."""
    assert timing({60: 10}, AroundDuty(5, 50, 40, 100), 100, (40, 10, 0, 1)) == {
        "usual_gap_s": 60,
        "silent_percent": 25,
        "released_percent": {"300": 40, "600": 50, "900": 50, "1800": 51},
        "around_duty_percent": {"before": 10, "first": 100, "last": 80, "after": 200},
    }


def test_where_there_are_too_few_positions_a_figure_is_left_out():
    """Nine of anything could be one officer."""
    assert timing({60: 9}, AroundDuty(9, 9, 9, 9), 9) == {}
    assert timing({60: 10}, AroundDuty(99, 9, 9, 99), 9) == {"usual_gap_s": 60, "silent_percent": 25}
    assert "around_duty_percent" in timing({60: 9}, AroundDuty(0, 10, 0, 0))


def test_without_the_rule_of_legs_a_silence_means_nothing():
    """Only the usual gap is left."""
    assert timing({60: 10}, off_sites=100, rule="off") == {"usual_gap_s": 60}


@pytest.mark.parametrize(("usual_s", "slow"), [(150, False), (151, True), (LONGEST_S, True)])
def test_there_is_a_warning_where_the_usual_gap_is_over_half_of_the_limit(usual_s, slow):
    """At exactly half there is none."""
    assert is_slow(usual_s, 300) is slow
    assert ("two to three times" in usual_gap(usual_s, 300)) is slow


def test_without_the_rule_of_legs_no_gap_is_too_long():
    """Nothing is compared with a limit that means nothing."""
    assert longest_gap(policy(rule="off").as_document()) is None
    assert longest_gap(policy(max_gap_s=300).as_document()) == 300
    assert is_slow(LONGEST_S, None) is False
    assert usual_gap(60, None) == "usually 60 s between two positions on duty"


def test_hours_of_devices_that_report_all_day_say_nothing_of_a_zone():
    """A check says so; a run leaves the line out. Where one side is empty the hours speak for themselves."""
    all_day = {"before": 96, "first": 100, "last": 96, "after": 88}
    assert around_duty(all_day).endswith("so a time zone that is wrong by an hour cannot be seen here")
    assert list(timing_in({"timing": {"around_duty_percent": all_day}})) == []
    some = {**all_day, "after": 10}
    assert around_duty(some).endswith("10 % in the hour after it")
    assert len(list(timing_in({"timing": {"around_duty_percent": some}}))) == 1


def test_an_hour_or_more_is_not_measured_further():
    assert (
        usual_gap(LONGEST_S, 7_200) == "usually an hour or more between two positions on duty; legs.max_gap_s is 7200"
    )


@pytest.mark.parametrize(
    ("before", "first", "last", "after", "shifted"),
    [
        (98, 100, 3, 0, True),
        (0, 3, 100, 97, True),
        (100, 100, 100, 100, False),
        (2, 100, 97, 3, False),
        (49, 100, 0, 0, False),
        (50, 100, 25, 0, False),
        (50, 100, 24, 0, True),
    ],
)
def test_a_zone_that_is_wrong_by_an_hour_shows(before, first, last, after, shifted):
    """The hour beside duty is full and its other end is empty; devices that are always on show nothing."""
    percent = {"before": before, "first": first, "last": last, "after": after}
    assert is_shifted(percent) is shifted
    assert around_duty(percent).endswith("is a time zone wrong by an hour?") is shifted


def test_one_line_for_each_figure():
    """In the order of the choices, whatever the order of the manifest is."""
    document = {
        "policy": policy().as_document(),
        "timing": {
            "usual_gap_s": 60,
            "silent_percent": 25,
            "released_percent": {"1800": 51, "300": 40, "600": 50, "900": 50},
            "around_duty_percent": {"before": 10, "first": 100, "last": 80, "after": 20},
        },
    }
    assert list(timing_in(document)) == [
        "pings: usually 60 s between two positions on duty; legs.max_gap_s is 100000000",
        "pings: 25 % of duty time lies in longer gaps",
        "pings: of the positions off sites legs.max_gap_s would release 40 % with 300 s, 50 % with 600 s,"
        " 50 % with 900 s, 51 % with 1800 s",
        "pings: around duty: 10 % in the hour before it, 100 % in its first and 80 % in its last hour, 20 % in the"
        " hour after it",
    ]
    assert list(timing_in({"timing": {}})) == list(timing_in({})) == []
