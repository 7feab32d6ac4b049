"""The cases of `../shared/conformance`, where they are at hand: the oracle answers them, and so does the filter."""

from __future__ import annotations

import pytest

from tests import oracle
from tests.conformance import conformance_cases
from tests.world import COLUMNS, policy_of


@pytest.mark.parametrize("case", conformance_cases(), ids=lambda case: case["name"].replace(" ", "-"))
def test_case(case, ask_filter):
    """Reasons by row, and the release where the case gives it."""
    given = {**case, "policy": policy_of(case["policy"]), "tables": {name: case["tables"][name] for name in COLUMNS}}
    said = ask_filter(given)
    if case["expect"] == "stop":
        with pytest.raises(oracle.Stop):
            oracle.answer(given)
        assert said.stopped
        return
    answer = oracle.answer(given)
    assert answer.reasons == case["expect"]
    assert said.reasons == case["expect"]
    assert said.release == answer.release == case.get("release", answer.release)
