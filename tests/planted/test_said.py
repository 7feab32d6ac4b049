"""Bugs planted in what is said and who may read it, in what the log records, in how a CSV is read and in what was made
faster: each is found by the test that it names, in a copy.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import offduty
from tests.paths import ROOT
from tests.planted.bug import Bug
from tests.planted.bugs_agreed import BEFORE
from tests.planted.bugs_asked import ASKED
from tests.planted.bugs_faster import FASTER
from tests.planted.bugs_plain import PLAIN
from tests.planted.bugs_recorded import RECORDED
from tests.planted.bugs_said import SAID
from tests.planted.planting import copied, in_copy

FOUND_BY = {**SAID, **ASKED, **BEFORE, **RECORDED, **PLAIN, **FASTER}


@pytest.mark.parametrize("planted", FOUND_BY, ids=lambda each: each.name)
def test_it_can_be_planted_and_its_test_is_there(tmp_path: Path, planted: Bug):
    """The old text stands once in its module as it is now."""
    for module in planted.modules:
        (tmp_path / module).parent.mkdir(parents=True)
        shutil.copy2(Path(offduty.__file__).parent / module, tmp_path / module)
    planted.plant(tmp_path)
    file, _, name = FOUND_BY[planted].partition("::")
    assert f"def {name.partition('[')[0]}(" in (ROOT / file).read_text(encoding="utf-8")


def test_without_a_bug_the_tests_pass(tmp_path: Path):
    """Or they would prove nothing."""
    done = in_copy(copied(tmp_path / "copy", None), *PYTEST, *sorted(set(FOUND_BY.values())))
    assert done.returncode == 0, done.stdout[-2_000:]


@pytest.mark.parametrize("planted", FOUND_BY, ids=lambda each: each.name)
def test_its_test_finds_it(tmp_path: Path, planted: Bug):
    """It fails in the copy, because of what it says: not because the copy cannot be run."""
    done = in_copy(copied(tmp_path / "copy", planted), *PYTEST, FOUND_BY[planted])
    assert done.returncode == 1, done.stdout[-2_000:]
    assert "1 failed" in done.stdout


PYTEST = ("-m", "pytest", "-q", "-x", "-p", "no:cacheprovider")
