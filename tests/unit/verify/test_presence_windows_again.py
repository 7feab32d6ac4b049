"""The second hand measures how much of each window is covered, and looks at the stretches in it alone."""

from __future__ import annotations

import random
from types import SimpleNamespace
from typing import Any

import pytest

from offduty.verify.answers_again import answers
from offduty.verify.answers_again.answers import CONFIRMED, NOT_VISIBLE
from offduty.verify.redecide.duty.on_duty import union
from tests.unit.verify.test_sites_by_hour_again import Counted

Span = tuple[int, int]


def evidence_of(windows: dict[str, list[Span]], covered: dict[int, list[Span]], hold: int) -> Any:
    """What windows are measured by: what could be seen of each, and the stretches, by how they are joined."""
    made = {officer: [SimpleNamespace(span=span, why="") for span in spans] for officer, spans in windows.items()}
    return SimpleNamespace(
        asked=SimpleNamespace(join_s=900),
        windows=made,
        covered=lambda officer, join_s: covered[join_s],
        eligible=lambda window: [
            (begin + hold, end - hold) for begin, end in [window.span] if begin + hold < end - hold
        ],
    )


def seconds_in(spans: list[Span], begin: int, end: int) -> int:
    """How much of the spans lies in a window, second by second."""
    return sum(any(a <= at < b for a, b in spans) for at in range(begin, end))


@pytest.mark.parametrize("block", range(4))
def test_windows_are_measured_as_second_by_second(block):
    """On 100 random days: stretches begin and end before, on and after the ends of windows, and lie across several."""
    some = 0
    for seed in range(25 * block, 25 * block + 25):
        rng = random.Random(seed)
        ends = sorted(rng.sample(range(200), 12))
        windows = [(ends[at], ends[at + 1]) for at in range(0, 12, 2)]
        covered = {
            join_s: union((at, at + rng.randrange(40)) for at in rng.choices([*ends, *range(-20, 200, 9)], k=number))
            for join_s, number in ((900, 6), (0, 2))
        }
        hold = rng.choice([0, 2])
        found = answers.presence_windows(evidence_of({"o1": windows}, covered, hold))["o1"]
        for (begin, end), each in zip(windows, found, strict=True):
            measured = [seconds_in(covered[join_s], begin + hold, end - hold) for join_s in (900, 0)]
            assert [each.joined_us, each.plain_us] == measured, seed
            some += each.joined_us > 0
    assert some > 20


def test_a_window_is_not_held_against_every_stretch_of_a_year():
    """Some comparisons for each window and each stretch in it."""
    hour = 3_600
    windows = [(day * 24 * hour, (day * 24 + 8) * hour) for day in range(365)]
    stretches = [
        (Counted(day * 24 * hour + at * hour + 60), Counted(day * 24 * hour + at * hour + 120))
        for day in range(365)
        for at in range(0, 24, 2)
    ]
    Counted.compared = 0
    found = answers.presence_windows(evidence_of({"o1": windows}, {900: stretches, 0: stretches}, 0))["o1"]
    assert {(each.state, each.joined_us, each.plain_us) for each in found} == {(CONFIRMED, 240, 240)}
    assert Counted.compared <= 100 * len(windows)


def test_nothing_covered_is_not_visible_where_something_else_is():
    """A window without a stretch is that; one that touches a stretch at its end as well."""
    evidence = evidence_of({"o1": [(0, 10), (10, 20), (30, 40)]}, {900: [(10, 20)], 0: [(10, 20)]}, 0)
    states = [each.state for each in answers.presence_windows(evidence)["o1"]]
    assert states == [NOT_VISIBLE, CONFIRMED, NOT_VISIBLE]
