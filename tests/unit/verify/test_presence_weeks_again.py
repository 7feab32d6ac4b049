"""The second hand joins weeks of presence as the contract says, and each window is counted a few times at most."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from offduty.verify.answers_again import answers
from offduty.verify.answers_again.answers import CONFIRMED, NOT_ASSESSED, NOT_VISIBLE, AnsweredWindow

MONDAY = date(2026, 1, 5)
Windows = dict[str, list[AnsweredWindow]]
Row = tuple[str, int, bool]


def window(day: int, state: str) -> AnsweredWindow:
    """A window of a day, by its number from the first Monday."""
    return AnsweredWindow((day, 0), state, "", 0, 0)


def weeks(windows: Windows, units: dict[str, str] | None = None) -> list[list[Any]]:
    """The rows of the table of weeks; instants are numbers of days."""
    asked = SimpleNamespace(units=units or {})
    evidence: Any = SimpleNamespace(day=lambda day: MONDAY + timedelta(day), asked=asked)
    return list(answers._weeks(evidence, windows))


def made_up(seed: int) -> Windows:
    """Windows of some officers in some weeks; in some of these there is none."""
    rng = random.Random(seed)
    officers, count, rate = rng.choice([9, 19, 20, 25, 40]), rng.choice([1, 4, 20]), rng.choice([0.3, 0.85, 0.93, 1])
    silent = {week for week in range(count) if rng.random() < 0.3}
    states = [CONFIRMED, NOT_VISIBLE, NOT_ASSESSED]
    shares = [rate, (1 - rate) * 0.8, (1 - rate) * 0.2]
    return {
        f"o{number}": [
            window(7 * week + rng.randrange(7), rng.choices(states, shares)[0])
            for week in range(count)
            for _ in range(0 if week in silent else rng.randrange(4))
        ]
        for number in range(officers)
    }


def plainly(windows: Windows) -> list[list[Any]]:
    """The same by adding all up again for each span that may be printed; one unit."""
    mine = [(officer, each) for officer, of in windows.items() for each in of if each.state != NOT_ASSESSED]
    rows: list[Row] = [(officer, each.span[0] // 7, each.state == CONFIRMED) for officer, each in mine]
    if not rows:
        return []
    numbers = [week for _, week, _ in rows]
    first, stop, everybody = min(numbers), max(numbers) + 1, len({row[0] for row in rows})
    spans: list[tuple[int, int]] = []
    for end in range(first + 1, stop + 1):
        begin = spans[-1][1] if spans else first
        spans += [(begin, end)] if may_print(inside(rows, begin, end), everybody) else []
    while not spans or spans[-1][1] < stop:
        before = spans.pop()[0] if spans else None
        begin = first if before is None else before
        if may_print(inside(rows, begin, stop), everybody):
            spans.append((begin, stop))
        elif before is None:
            return []
    table = [printed(inside(rows, begin, end), begin, end) for begin, end in spans]
    if not of_ten(inside(rows, first, first + 1), everybody):
        table[0][1] = ""
    if not of_ten(inside(rows, stop - 1, stop), everybody):
        table[-1][2] = ""
    return table


def of_ten(rows: list[Row], everybody: int) -> bool:
    """Whether rows are of ten people, of whom none has more than half; only then may it be said that there are some."""
    by = Counter(row[0] for row in rows)
    return everybody >= 20 and len(by) >= 10 and 2 * max(by.values()) <= by.total()


def inside(rows: list[Row], begin: int, end: int) -> list[Row]:
    """The rows of some weeks."""
    return [row for row in rows if begin <= row[1] < end]


def may_print(rows: list[Row], everybody: int) -> bool:
    """All, the confirmed, and the others where they are more than a tenth: ten people each, none more than half."""
    sums = [Counter(row[0] for row in rows if wanted(row[2])) for wanted in (bool, lambda seen: not seen)]
    almost = 10 * sums[0].total() >= 9 * len(rows)
    asked = [sums[0] + sums[1], sums[0], *([] if almost else [sums[1]])]
    return everybody >= 20 and all(len(each) >= 10 and 2 * max(each.values()) <= each.total() for each in asked)


def monday(week: int) -> date:
    """The Monday of a week, by its number."""
    return MONDAY + timedelta(7 * week)


def printed(rows: list[Row], begin: int, end: int) -> list[Any]:
    """A row of the table."""
    percent = min(100 * sum(row[2] for row in rows) // len(rows) // 10 * 10, 90)
    return ["", monday(begin), monday(end - 1), (len(rows) + 5) // 10 * 10, percent]


@pytest.mark.parametrize("block", range(4))
def test_weeks_are_joined_as_by_adding_up_each_span(block):
    """On 200 random forces, with weeks of which there is nothing, and with all shares."""
    found = 0
    for seed in range(50 * block, 50 * block + 50):
        windows = made_up(seed)
        assert weeks(windows) == plainly(windows), seed
        found += len(weeks(windows))
    assert found > 50


@pytest.mark.parametrize("officers", [19, 40])
def test_a_window_is_counted_a_few_times_however_many_weeks_there_are(monkeypatch, officers):
    """Nineteen are never printed, so that every week is joined with all before it."""
    windows = {
        f"o{number}": [window(7 * week, (CONFIRMED, NOT_VISIBLE)[week % 2]) for week in range(300)]
        for number in range(officers)
    }
    added = answers._Tally.add
    counted = Counter[str]()
    monkeypatch.setattr(answers._Tally, "add", lambda *given: counted.update(["add"]) or added(*given))
    assert len(weeks(windows)) == (0 if officers == 19 else 150)
    assert counted["add"] <= 4 * 300 * officers


def test_a_wrong_year_makes_no_week_that_has_nothing(monkeypatch):
    """One window of the year 1826 is in the first group, and the weeks between are not looked at."""
    windows = {f"o{number}": [window(7 * week, CONFIRMED) for week in (0, 1)] for number in range(40)}
    windows["o1"].append(window(-73_000, CONFIRMED))
    asked = Counter[str]()
    may = answers._CountedWindows.may_print
    monkeypatch.setattr(answers._CountedWindows, "may_print", lambda *given: asked.update(["may"]) or may(*given))
    assert weeks(windows) == [["", "", MONDAY, 40, 90], ["", MONDAY + timedelta(7), MONDAY + timedelta(7), 40, 90]]
    assert asked["may"] < 10
