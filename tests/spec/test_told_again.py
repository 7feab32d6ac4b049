"""The second implementation agrees with the filter on every example, and on the conformance cases where they exist."""

import pytest

from tests.conformance import conformance_cases
from tests.second_implementation import found_in, stops_too
from tests.spec import make_docs
from tests.spec.stories import world_of
from tests.world import COLUMNS, filtered, policy_of

NAMES = (*make_docs.REASONS, *make_docs.BESIDES)
EXAMPLES = [example for chapter in make_docs.chapters(NAMES) for example in chapter.examples]


def check_again(given, folder):
    """The second implementation finds no difference in the filter's run, or stops where the filter stops."""
    outcome = filtered(given, folder)
    if outcome.path is None:
        assert stops_too(given, folder)
        return
    found = found_in(outcome.path, folder)
    assert not found.differs, found
    assert found.rows_at_a_boundary == 0


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_example(example, ask_filter):
    """Each example of the reasons, of the quarantine, of refused rows and of summer time."""
    check_again(world_of(example), ask_filter.folder())


def test_cases(ask_filter):
    """The conformance cases, where the folder beside the checkout exists."""
    for case in conformance_cases():
        tables = {name: case["tables"][name] for name in COLUMNS}
        check_again({**case, "policy": policy_of(case["policy"]), "tables": tables}, ask_filter.folder())
