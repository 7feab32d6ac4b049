"""No count from 1 to 9 is printed, and nobody who knows the rules and the page can work one out."""

from __future__ import annotations

from collections import defaultdict
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offduty.core.disclosure import (
    MINIMUM,
    count_in_words,
    grouped,
    people_in_words,
    printable,
    rounded,
    share,
    total,
)

COUNTS = st.integers(0, 60) | st.integers(0, 5_000)


@given(COUNTS)
def test_a_count_is_printed_in_tens_or_not_at_all(count):
    """The page has a word for 0, a word for 1 to 9, or a multiple of ten that is near."""
    printed = printable(count)
    assert (printed is None) == (1 <= count <= 9)
    if printed is not None:
        assert printed % 10 == 0
        assert abs(printed - count) <= 5
        assert (printed == 0) == (count == 0)
    words = count_in_words(printed)
    assert words in ("none", "fewer than 10") or int(words.replace(",", "")) >= MINIMUM


@given(st.lists(COUNTS, max_size=12))
def test_a_total_reveals_nothing_that_its_parts_do_not(counts):
    """It is made from the printed parts: other counts that are printed alike have the same total."""
    printed = [printable(count) for count in counts]
    alike = [9 if part is None else part for part in printed]
    assert total(printed) == total([printable(count) for count in alike])
    assert total(printed) % 10 == 0


@given(st.lists(COUNTS, min_size=1, max_size=30))
def test_printed_groups_have_none_or_ten(counts):
    """Groups follow each other without a gap, and none of them has a sum from 1 to 9."""
    groups = grouped(counts)
    if groups is None:
        assert 0 < sum(counts) < MINIMUM
        return
    assert [group.start for group in groups] == [0, *(group.stop for group in groups[:-1])]
    assert groups[-1].stop == len(counts)
    for group in groups:
        exact = sum(counts[group.start : group.stop])
        assert exact == 0 or exact >= MINIMUM
        assert group.printed == rounded(exact)
        assert exact or group.bins == 1


def test_no_bin_of_a_short_row_can_be_worked_out():
    """Every row of four bins with counts up to 13, for a reader who knows the rule and even the exact sums of groups.

    Rows that are printed alike differ in each combined bin, so the count of such a bin could be several numbers.
    """
    alike = defaultdict(list)
    for row in product(range(14), repeat=4):
        groups = grouped(row)
        if groups is not None:
            alike[tuple((g.start, g.stop, sum(row[g.start : g.stop])) for g in groups)].append(row)
    for printed, rows in alike.items():
        for start, stop, exact in printed:
            if stop - start == 1:
                assert exact == 0 or exact >= MINIMUM
                continue
            if exact > 13:  # rows with larger bins are printed alike too, and are not tried here
                continue
            for bin_ in range(start, stop):
                assert len({row[bin_] for row in rows}) > 1, printed


@given(st.integers(1, 9), st.integers(0, 200))
def test_two_reports_do_not_reveal_a_small_difference(more, count):
    """What two reports print before and after a small growth is also printed for another growth, or for none."""
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
    """Where 1 to 9 people are counted, or are not counted, the number is not given."""
    count = min(count, of)
    text = people_in_words(count, of)
    if of < 10:
        assert text == "not shown: too few people"
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
    """A share is never rounded to 0 % or to 100 % where it is neither, and is never more than the whole."""
    assert share(part, whole) == expected
