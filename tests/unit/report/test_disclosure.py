"""No count from 1 to 9 is printed, and none can be worked out, by whoever knows the rule and all that is printed."""

from __future__ import annotations

from collections import defaultdict
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offduty.report.disclosure import FEWEST, grouped, people, printable, rounded, share, total, words

COUNTS = st.integers(0, 60) | st.integers(0, 5_000)


@given(COUNTS)
def test_a_count_is_printed_in_tens_or_not_at_all(count):
    """What stands on the page is nothing, a word for few, or a multiple of ten that is near."""
    printed = printable(count)
    assert (printed is None) == (1 <= count <= 9)
    if printed is not None:
        assert printed % 10 == 0
        assert abs(printed - count) <= 5
        assert (printed == 0) == (count == 0)
    assert words(printed) in ("none", "fewer than 10") or int(words(printed).replace(",", "")) >= FEWEST


@given(st.lists(COUNTS, max_size=12))
def test_a_total_tells_nothing_that_its_parts_do_not(counts):
    """It is made from what is printed of the parts: other counts that print alike have the same total."""
    printed = [printable(count) for count in counts]
    alike = [9 if part is None else part for part in printed]
    assert total(printed) == total([printable(count) for count in alike])
    assert total(printed) % 10 == 0


@given(st.lists(COUNTS, min_size=1, max_size=30))
def test_bins_that_are_printed_hold_none_or_ten(counts):
    """Groups follow each other without a gap, and none of them holds from 1 to 9."""
    groups = grouped(counts)
    if groups is None:
        assert 0 < sum(counts) < FEWEST
        return
    assert [group.start for group in groups] == [0, *(group.stop for group in groups[:-1])]
    assert groups[-1].stop == len(counts)
    for group in groups:
        exact = sum(counts[group.start : group.stop])
        assert exact == 0 or exact >= FEWEST
        assert group.printed == rounded(exact)
        assert exact or group.bins == 1


def test_no_bin_of_a_short_row_can_be_worked_out():
    """Every row of four bins up to 13: rows that print alike, even with exact sums of groups, differ in each bin that
    was put together, and a bin that hides from 1 to 9 could be several of these. The reader is taken to know the rule.
    """
    alike = defaultdict(list)
    for row in product(range(14), repeat=4):
        groups = grouped(row)
        if groups is not None:
            alike[tuple((g.start, g.stop, sum(row[g.start : g.stop])) for g in groups)].append(row)
    for printed, rows in alike.items():
        for start, stop, exact in printed:
            if stop - start == 1:
                assert exact == 0 or exact >= FEWEST
                continue
            if exact > 13:  # beyond that, rows with larger bins would print alike too, and are not among these
                continue
            for bin_ in range(start, stop):
                assert len({row[bin_] for row in rows}) > 1, printed


@given(st.integers(1, 9), st.integers(0, 200))
def test_two_reports_do_not_tell_a_small_difference(more, count):
    """What two reports print of a count before and after a small growth is also printed after none, or after another."""
    before, after = printable(count), printable(count + more)
    others = {
        growth
        for growth in range(10)
        for start in range(220)
        if (printable(start), printable(start + growth)) == (before, after)
    }
    assert len(others) > 1


@given(st.integers(0, 300), st.integers(0, 300))
def test_people_are_never_few(count, of):
    """Neither those who are meant nor those who are not can be told where they are from 1 to 9."""
    count = min(count, of)
    text = people(count, of)
    if of < 10:
        assert text == "not told: too few people"
    elif 0 < count < 10:
        assert text == "fewer than 10"
    elif 0 < of - count < 10:
        assert text == "all but fewer than 10"
    else:
        assert text in ("none", "all of them") or int(text) % 5 == 0


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [
        (None, 100, ""),
        (0, 100, ""),
        (10, 0, ""),
        (10, 1000, "1.0 %"),
        (990, 1000, "99 %"),
        (999_990, 1_000_000, "over 99 %"),
        (50, 40, "100 %"),
    ],
)
def test_shares(part, whole, expected):
    """A share says neither nothing nor everything where it is something, and is never more than the whole."""
    assert share(part, whole) == expected
