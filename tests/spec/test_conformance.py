"""The oracle and the filter agree with the conformance cases beside the checkout, where these exist."""

from __future__ import annotations

import pytest

from tests import oracle
from tests.conformance import conformance_cases
from tests.world import COLUMNS, policy_of


@pytest.mark.parametrize("case", conformance_cases(), ids=lambda case: case["name"].replace(" ", "-"))
def test_case(case, ask_filter):
    """The reasons by row, and the release where the case has it."""
    given = {**case, "policy": policy_of(case["policy"]), "tables": {name: case["tables"][name] for name in COLUMNS}}
    outcome = ask_filter(given)
    if case["expect"] == "stop":
        with pytest.raises(oracle.Stop):
            oracle.answer(given)
        assert outcome.stopped
        return
    answer = oracle.answer(given)
    assert answer.reasons == case["expect"]
    assert outcome.reasons == case["expect"]
    assert outcome.release == answer.release == case.get("release", answer.release)
