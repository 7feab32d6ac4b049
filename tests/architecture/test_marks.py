"""The lists of what is slow, and of what takes longest, name what is there."""

from __future__ import annotations

import pytest

from tests.balance import ALONE, LONGEST, TOGETHER, longest_first, unit_of
from tests.marks import BY_CASE, LONG, NEEDS, SLOW, marks_of, third_of
from tests.marks import TOGETHER as IN_ONE_THIRD
from tests.paths import ROOT


@pytest.mark.parametrize("name", [*NEEDS, *SLOW, *LONG, *ALONE, *LONGEST, *TOGETHER, *IN_ONE_THIRD, *BY_CASE])
def test_what_is_named_is_there(name: str):
    """A folder, a file or the beginning of some, a test in a file."""
    file, _, test = name.partition("::")
    assert list(ROOT.glob(f"{file.rstrip('/')}*"))
    assert f"def {test}" in ((ROOT / file).read_text(encoding="utf-8") if test else "def ")


def test_a_test_has_the_marks_of_its_folder_file_and_name():
    """What needs something may be quick or slow."""
    assert marks_of("tests/faults/test_struck.py::test_both_ends_were_seen[an expiry]") == ["strace", "slow", "long"]
    assert marks_of("tests/unit/ingest/test_postgres.py::test_a") == ["postgres"]
    assert marks_of("tests/spec/test_off_duty.py::test_off_duty[a]") == []


def test_the_suite_is_divided_by_files_but_for_what_shares_a_session():
    """The session of Spark is one, and the cluster another."""
    assert unit_of("tests/spark/test_spark_page.py::test_a") == unit_of("tests/spark/test_spark_same.py::test_b[c]")
    assert unit_of("tests/spark/test_spark_faults.py::test_a") == "tests/spark/test_spark_faults.py"
    assert unit_of("tests/spec/test_docs.py::test_a") == "tests/spec/test_docs.py"


def test_the_longest_come_first_and_the_rest_stays_in_order():
    """In the order of the list."""

    class Test:
        """A test has an id."""

        def __init__(self, nodeid: str) -> None:
            self.nodeid = nodeid

    given = [
        "offduty/a.py::b",
        "tests/spec/test_docs.py::a",
        "tests/faults/test_struck.py::a",
        f"{TOGETHER[0]}same.py::a",
    ]
    assert [test.nodeid for test in longest_first([Test(each) for each in given])] == [*given[:1:-1], *given[:2]]


def test_three_thirds_are_all_and_none_is_nearly_empty():
    """Each test belongs to one of the thirds that CI runs in turn, and each third has its share of the cases of a test."""
    cases = [f"tests/spark/test_spark_same.py::test_a[{number}]" for number in range(300)]
    thirds = [third_of(case) for case in cases]
    assert set(thirds) == {0, 1, 2}
    assert min(map(thirds.count, range(3))) > 70


def test_what_shares_something_expensive_is_of_one_third():
    """All tests of a file, or all of one case; and what is kept together is divided among the thirds."""
    for file in IN_ONE_THIRD:
        assert len({third_of(f"{file}::test_{name}") for name in "abcdefgh"}) == 1
    assert set(IN_ONE_THIRD.values()) == {0, 1, 2}
    for file in BY_CASE:
        by_case = {case: {third_of(f"{file}::test_{name}[{case}]") for name in "abcdefgh"} for case in "abcdefgh"}
        assert all(len(thirds) == 1 for thirds in by_case.values())
        assert set().union(*by_case.values()) == {0, 1, 2}
