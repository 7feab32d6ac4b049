"""Two commands at once on one store, fifty times (`make faults`: two hundred): one at a time has the lock, and both succeed when repeated
(specification#exit-5).
"""

from __future__ import annotations

import pytest

from tests.faults.racing import fault_found, raced, races
from tests.faults.strace import Helper
from tests.faults.whole import WORK

ROUNDS = 25  # of each of the two pairs


@pytest.fixture(scope="module")
def rounds(tmp_path_factory: pytest.TempPathFactory):
    """The result of each round, by pair."""
    folder = tmp_path_factory.mktemp("races")
    with Helper() as helper:
        all_races = races(folder / "set up", helper)
        return {race.name: list(raced(race, ROUNDS, folder, helper, unread=WORK)) for race in all_races}


@pytest.mark.parametrize("pair", ["the same run twice", "two intervals"])
def test_the_store_is_whole_and_nobody_is_lost(rounds, pair):
    """Exits are 0 and 5; the log is gapless and names whole files; tried again, both runs are there and nothing else
    is.
    """
    assert [fault_found(report) for report in rounds[pair] if fault_found(report)] == []
    assert len(rounds[pair]) == ROUNDS


@pytest.mark.parametrize("pair", ["the same run twice", "two intervals"])
def test_they_did_meet(rounds, pair):
    """In some rounds one was turned away: without that the test above would say nothing."""
    assert sum(5 in [each["code"] for each in report["ended"]] for report in rounds[pair]) > 2
