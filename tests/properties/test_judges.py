"""The filter's run of any world stands before all judges: one run for each world, because the filter takes longest."""

from __future__ import annotations

from collections import Counter
from pprint import pformat

import pytest
from hypothesis import Phase, given, settings

from tests import oracle
from tests.properties.judges import JUDGES
from tests.properties.worlds import smallest, worlds

REASONS = (
    "unassigned",
    "shared",
    "off_duty",
    "late_edit",
    "window_open",
    "imprecise",
    "no_home",
    "protected_place",
    "home_leg",
    "duplicate",
    "on_duty",
    "quarantine:no_device",
    "quarantine:bad_time",
    "quarantine:bad_position",
    "quarantine:future_time",
    "stop",
)


@settings(phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(worlds())
def test_no_judge_finds_anything(ask_filter, given_world):
    """Reasons, released values, refused rows and counts are those of the oracle and of the second implementation, and no
    released row is impossible. A failure names the judge, and shows the smallest world with which it finds something.
    """
    outcome = ask_filter(given_world)
    for name, judge in JUDGES.items():
        if judge(given_world, outcome):
            least = smallest(given_world, lambda w, judge=judge: bool(judge(w, ask_filter(w))))
            found = pformat(judge(least, ask_filter(least)))
            pytest.fail(f"{name}: {found}\n{pformat(least, width=200)}", pytrace=False)


def reasons_of(given_world):
    """The oracle's reasons; `['stop']` where it stops."""
    try:
        return oracle.answer(given_world).reasons
    except oracle.Stop:
        return ["stop"]


def test_every_reason_is_generated():
    """The worlds have every reason at least twice: otherwise the test above would not test it."""
    found: Counter[str | None] = Counter()

    @settings(max_examples=100, derandomize=True, database=None, phases=[Phase.generate])
    @given(worlds())
    def look(given_world):
        found.update(set(reasons_of(given_world)))

    look()
    assert {reason for reason in REASONS if found[reason] < 2} == set()
