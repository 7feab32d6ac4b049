"""Every story, and every case of `../shared/conformance` where it is at hand, is told by the second implementation too."""

import pytest

from tests.second_implementation import found_in, stops_too
from tests.spec import make_docs
from tests.spec.stories import world_of
from tests.spec.test_conformance import CASES
from tests.world import COLUMNS, filtered, policy_of

NAMES = (*make_docs.REASONS, *make_docs.BESIDES)
STORIES = [story for chapter in make_docs.chapters(NAMES) for story in chapter.stories]


def told_again(given, folder):
    """The filter runs; the second implementation finds nothing in it, or stops where the filter does."""
    said = filtered(given, folder)
    if said.path is None:
        assert stops_too(given, folder)
        return
    found = found_in(said.path, folder)
    assert not found.differs, found
    assert found.rows_at_a_rim == 0


@pytest.mark.parametrize("story", STORIES, ids=str)
def test_story(story, ask_filter):
    """Each story of the reasons, of quarantine, of refused rows and of summer time."""
    told_again(world_of(story), ask_filter.folder())


def test_cases(ask_filter):
    """Where they are at hand; a checkout alone has none."""
    for case in CASES:
        tables = {name: case["tables"][name] for name in COLUMNS}
        told_again({**case, "policy": policy_of(case["policy"]), "tables": tables}, ask_filter.folder())
