"""The filter and the oracle give the same reasons and the same release, on every world."""

from __future__ import annotations

from collections import Counter
from pprint import pformat

import pytest
from hypothesis import Phase, given, settings

from tests import oracle
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


def reasons_of(given_world):
    """The oracle's reasons; `['stop']` where it stops."""
    try:
        return oracle.answer(given_world).reasons
    except oracle.Stop:
        return ["stop"]


def differences(given_world, ask_filter):
    """`(row, oracle, filter)` where they differ on reasons or on stopping; the two releases where they differ."""
    outcome = ask_filter(given_world)
    try:
        answer = oracle.answer(given_world)
    except oracle.Stop:
        return [] if outcome.stopped else ["the oracle stops, the filter does not"]
    if outcome.stopped:
        return ["the filter stops, the oracle does not"]
    triples = zip(given_world["tables"]["pings"], answer.reasons, outcome.reasons, strict=True)
    different: list = [(row, expected, got) for row, expected, got in triples if expected != got]
    return different or ([] if outcome.release == answer.release else [(answer.release, outcome.release)])


@settings(phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(worlds())
def test_filter_and_oracle_agree(ask_filter, given_world):
    """All reasons and all released values agree; a failure shows the smallest world that differs."""
    if differences(given_world, ask_filter):
        least = smallest(given_world, lambda w: bool(differences(w, ask_filter)))
        pytest.fail(f"{pformat(differences(least, ask_filter))}\n{pformat(least, width=200)}", pytrace=False)


def test_every_reason_is_generated():
    """The worlds have every reason at least twice: otherwise the test above would not test it."""
    found: Counter[str | None] = Counter()

    @settings(max_examples=100, derandomize=True, database=None, phases=[Phase.generate])
    @given(worlds())
    def look(given_world):
        found.update(set(reasons_of(given_world)))

    look()
    assert {reason for reason in REASONS if found[reason] < 2} == set()
