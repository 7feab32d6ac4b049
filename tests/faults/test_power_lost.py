"""The power fails at any step, and the disk loses what was not flushed: a thousand times for each command
(specification#atomic-publish).

The command is repeated once for all states of the disk that differ only in the work folder. `make faults` does it three
times as often, and tells these states apart.
"""

from __future__ import annotations

from random import Random

import pytest

from tests.faults.commands import commands
from tests.faults.losing import PLANTED, Losing, record_of
from tests.faults.lost_disk import ROOT, Disk, Step, after_a_crash
from tests.faults.strace import Helper
from tests.faults.whole import WORK

SEEDS = 1_000
MOST_SEEDS = 3_000


@pytest.fixture(scope="module")
def losing(tmp_path_factory: pytest.TempPathFactory):
    """One for each command, with a helper that tries again."""
    made = []
    with Helper() as helper:
        for command in commands(tmp_path_factory.mktemp("commands"), helper):
            folder = tmp_path_factory.mktemp("power")
            made.append(Losing(record_of(command, folder, helper), folder, helper, unread=WORK))
        yield made


NAMES = ("a run into no store", "a run after one that was killed", "an expiry", "a run that reads text")


@pytest.mark.parametrize("which", range(4), ids=NAMES)
def test_what_was_named_is_whole_and_what_was_said_is_there(losing, which):
    """The log is a beginning of what it would have been, every file it names is whole, what a command that ended had
    reported is there, and the same command again ends where it must.
    """
    each = losing[which]
    assert list(each.losses(each.record.steps, range(SEEDS))) == []
    assert len(each.known) > 20


@pytest.mark.parametrize("name", PLANTED)
def test_publishing_in_a_wrong_order_is_found(losing, name):
    """Otherwise the test above would prove nothing: a flush is missing, an entry linked or a file deleted too early."""
    which, edit = PLANTED[name]
    record = losing[which].record
    steps = edit(record.steps)
    assert steps != record.steps
    assert next(losing[which].playing().losses(steps, range(MOST_SEEDS)), None) is not None


FILE, FOLDER = 1, 2
MADE = (
    Step("folder", FOLDER),
    Step("name", ROOT, name="store", other=FOLDER),
    Step("file", FILE),
    Step("name", FOLDER, name="a", other=FILE),
    Step("write", FILE, data=b"bytes"),
)


def states(steps) -> set:
    """All that may be on the disk after these steps, by many seeds."""
    return {after_a_crash(Disk(), steps, Random(seed)).state("store") for seed in range(400)}


def test_what_was_not_flushed_may_be_there_in_part():
    """Names each by themselves; bytes whole, torn, zero or none."""
    found = states(MADE)
    assert () in found
    assert (("store", None),) in found
    contents = {dict(state)["store/a"] for state in found if "store/a" in dict(state)}
    assert {b"", b"bytes", b"byt", bytes(5)} <= contents


def test_what_was_flushed_is_there():
    """The flush of a file preserves its bytes and not its name; that of a folder preserves the names in it."""
    flushed = (*MADE, Step("flush", FILE), Step("flush", FOLDER))
    assert states(flushed) == {(), (("store", None), ("store/a", b"bytes"))}
    assert states((*flushed, Step("flush", ROOT))) == {(("store", None), ("store/a", b"bytes"))}


def test_a_renamed_name_may_be_old_new_both_or_neither():
    """Until both folders are flushed."""
    before = (*MADE, Step("flush", FILE), Step("flush", FOLDER), Step("flush", ROOT))
    renamed = (*before, Step("name", FOLDER, name="b", other=FILE), Step("name", FOLDER, name="a"))
    names = {frozenset(name for name, _ in state) - {"store"} for state in states(renamed)}
    assert names == {frozenset(), frozenset({"store/a"}), frozenset({"store/b"}), frozenset({"store/a", "store/b"})}
    assert {len(state) for state in states((*renamed, Step("flush", FOLDER)))} == {2}
