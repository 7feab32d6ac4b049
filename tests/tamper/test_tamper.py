"""For every check of `verify` there is a broken store that only that check finds; a store that is right passes all."""

from __future__ import annotations

from pathlib import Path

import pytest

from offduty.verify.auditor import Auditor, verify
from offduty.verify.verdict import Status
from tests.tamper.base import Audit, make_base
from tests.tamper.broken import ALONE, EVERYTHING, Broken
from tests.tamper.trying import PARTS, flipped, tried

NEVER_PASSED = {"1.6", "7.4", "7.5", "7.6", "8.1", "8.2"}
"""The checks of cosignatures, deleted releases, trials, agreements and analyses: the base store has none."""
FLIPS = 250
"""Of each part; `make tamper` flips four times as many."""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Audit:
    """The store that all broken stores are copies of."""
    return make_base(tmp_path_factory.mktemp("base"))


def test_a_store_that_is_right_passes_every_check(base: Audit) -> None:
    """With everything that an auditor can have, nothing is found, and only the cosigner is NOT DONE; nothing expired."""
    given = Auditor(keys=(base.key,), since=base.checkpoint, inputs=base.job, reference=base.job, policy=base.policy)
    statuses = {check.number: check.status for check in verify(base.store, given).checks}
    assert {number for number, status in statuses.items() if status is not Status.PASS} == NEVER_PASSED
    assert statuses["1.6"] is Status.NOT_DONE
    assert {statuses[number] for number in NEVER_PASSED - {"1.6"}} == {Status.DOES_NOT_APPLY}


def test_what_is_not_given_is_not_done(base: Audit) -> None:
    """With nothing but the store, every check that needs more is NOT DONE."""
    statuses = {check.number: check.status for check in verify(base.store).checks}
    assert {number for number, status in statuses.items() if status is Status.NOT_DONE} == {
        "1.3",
        "1.5",
        "1.6",
        "4.1",
        "4.2",
        "5.1",
        "5.2",
        "5.3",
        "5.4",
        "7.2",
    }
    assert Status.FAIL not in statuses.values()


@pytest.mark.parametrize("broken", EVERYTHING, ids=lambda broken: f"{broken.check} {broken.what}")
def test_a_broken_store_is_found(base: Audit, tmp_path: Path, broken: Broken) -> None:
    """By the intended check; by that one alone, where everything else was made consistent again."""
    found = tried(broken, base, tmp_path / "copy")
    assert broken.check in found
    if broken.alone:
        assert found == {broken.check}


def test_every_check_has_a_store_that_only_it_finds(base: Audit) -> None:
    """A new check needs one too."""
    numbers = {check.number for check in verify(base.store).checks}
    assert {broken.check for broken in ALONE} == numbers


@pytest.mark.parametrize("part", PARTS)
def test_no_bit_can_be_flipped(base: Audit, tmp_path: Path, part: str) -> None:
    """Some check finds it, wherever it is in a file of the store."""
    found = flipped(base, part, tmp_path, FLIPS)
    assert found["nobody"] == 0
    assert sum(found.values()) >= FLIPS
