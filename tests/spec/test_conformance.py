"""The oracle, the filter and the second implementation agree with the conformance cases beside the checkout, where these
exist.
"""

from __future__ import annotations

import pytest

from tests import oracle
from tests.conformance import all_cases, conformance_cases
from tests.second_implementation import check_again
from tests.world import COLUMNS, policy_of

CASES = conformance_cases()
GIVEN = CASES or [
    pytest.param(
        {"name": "none"}, marks=pytest.mark.skip("there is no folder ../shared/conformance beside the project")
    )
]


def as_world(case):
    """The case with its policy in full: the rules of version 2 are off, but for those that it is about."""
    return {**case, "policy": policy_of(case["policy"]), "tables": {name: case["tables"][name] for name in COLUMNS}}


def name_of(case):
    """The name of a case, as a test id."""
    return case["name"].replace(" ", "-")


@pytest.mark.parametrize("case", GIVEN, ids=name_of)
def test_oracle(case):
    """The oracle gives the reasons by row, and the release where the case has it."""
    if case["expect"] == "stop":
        with pytest.raises(oracle.Stop):
            oracle.answer(as_world(case))
        return
    answer = oracle.answer(as_world(case))
    assert answer.reasons == case["expect"]
    assert answer.release == case.get("release", answer.release)


@pytest.mark.parametrize("case", GIVEN, ids=name_of)
def test_filter(case, ask_filter):
    """So does the filter; the release is that of the oracle where the case has none. The second implementation agrees."""
    given = as_world(case)
    outcome = ask_filter(given)
    assert outcome.stopped == (case["expect"] == "stop")
    if not outcome.stopped:
        assert outcome.reasons == case["expect"]
        assert outcome.release == oracle.answer(given).release
    check_again(given, outcome)


def test_only_cases_with_a_file_of_their_own_are_left_out():
    """Every case that is left out has a table that is written in a way of its own (`raw`)."""
    assert {case["name"] for case in all_cases() if "raw" in case} >= {c["name"] for c in all_cases() if c not in CASES}
