"""What a roster covers: whom it names, whom it names besides, and the codes that take duty away."""

from __future__ import annotations

import pytest

from offduty.duty.entries import ENOUGH_OFFICERS
from tests.unit.duty.tables import roster_of
from tests.world import shift


def of_officers(count: int, code: str | None = "leave", first: int = 0):
    """A shift with a code for each of some officers."""
    return [shift(code=code, officer=f"o{n}", shift_id=f"{code}{n}") for n in range(first, first + count)]


def test_an_empty_roster_covers_nobody():
    """And has no codes."""
    found = roster_of([]).coverage
    assert (found.named.tolist(), found.unmet_officers, found.taking_codes, found.other_codes) == ([], 0, (), False)


def test_officers_are_named_exactly_or_not_at_all():
    """A lookalike neither has a roster nor lacks a device."""
    found = roster_of(
        [shift(officer="O1"), shift(officer="o2"), shift(officer="o9"), shift(officer="o9")],
        officers=("o1", "o2", "o3"),
    ).coverage
    assert found.named.tolist() == [1]
    assert found.unmet_officers == 1


def test_a_cancelled_or_unreadable_row_names_its_officer_too():
    """Somebody wrote the officer down."""
    rows = [shift(None, None, None, status="cancelled"), shift("nonsense", officer="o2")]
    assert roster_of(rows, officers=("o1", "o2")).coverage.named.tolist() == [0, 1]


@pytest.mark.parametrize("count", [ENOUGH_OFFICERS - 1, ENOUGH_OFFICERS])
def test_a_code_is_named_where_enough_officers_have_it(count):
    """However many rows one of them has; the others stand together."""
    rows = [*of_officers(count), *of_officers(1), *of_officers(1)]
    found = roster_of(rows).coverage
    enough = count == ENOUGH_OFFICERS
    assert (found.taking_codes, found.other_codes) == ((("leave",), False) if enough else ((), True))


def test_codes_are_sorted_and_those_that_grant_are_no_news():
    """A missing code takes duty away, and has no name."""
    rows = [*of_officers(10, "sick"), *of_officers(10, "break"), *of_officers(10, "duty"), *of_officers(10, None)]
    found = roster_of(rows).coverage
    assert (found.taking_codes, found.other_codes) == (("break", "sick"), True)
    assert roster_of(of_officers(10, "duty")).coverage.other_codes is False
