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
    said = ask_filter(given_world)
    try:
        answer = oracle.answer(given_world)
    except oracle.Stop:
        return [] if said.stopped else ["the oracle stops, the filter does not"]
    if said.stopped:
        return ["the filter stops, the oracle does not"]
    triples = zip(given_world["tables"]["pings"], answer.reasons, said.reasons, strict=True)
    different: list = [(row, expected, got) for row, expected, got in triples if expected != got]
    return different or ([] if said.release == answer.release else [(answer.release, said.release)])


@settings(phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(worlds())
def test_filter_and_oracle_agree(ask_filter, given_world):
    """Reason by reason, row by row, and every released value; a disagreement is told by its smallest world."""
    if differences(given_world, ask_filter):
        least = smallest(given_world, lambda w: bool(differences(w, ask_filter)))
        pytest.fail(f"{pformat(differences(least, ask_filter))}\n{pformat(least, width=200)}", pytrace=False)


def test_every_reason_is_generated():
    """The worlds above would be no test of a reason they never have: the profile's examples have them all, and often."""
    seen: Counter[str | None] = Counter()

    @settings(max_examples=100, derandomize=True, database=None, phases=[Phase.generate])
    @given(worlds())
    def look(given_world):
        seen.update(set(reasons_of(given_world)))

    look()
    assert {reason for reason in REASONS if seen[reason] < 2} == set()
