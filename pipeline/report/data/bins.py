"""Lays counts into bins: days (or weeks, or months, where there are many), the hours of the day, runs one after the
other.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from offduty.report.data.select_runs import ReportedRun

MOST_DAYS = 62
MOST_WEEKS = 62
MOST_NAMED = 8
STRAY = 0.001
"""The share of positions at either end that may lie far from all others: clocks of feeds are wrong now and then."""
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


@dataclass(frozen=True)
class BinnedCounts:
    """Counts of fates over bins: ``labels`` in full, ``short`` for an axis. ``days`` are the days of bins that are
    days.
    """

    what: str
    labels: tuple[str, ...]
    short: tuple[str, ...]
    columns: dict[str, list[int]]
    days: tuple[date, ...] = ()


def by_hour(hours: Mapping[str, Counter[int]]) -> BinnedCounts:
    """The 24 hours of the local day, over all days together."""
    columns = {fate: [0] * 24 for fate in hours}
    for fate, found in hours.items():
        for slot, count in found.items():
            columns[fate][slot % 24] += count
    labels = tuple(f"{hour:02}:00 to {hour + 1:02}:00" for hour in range(24))
    return BinnedCounts("hour", labels, tuple(f"{hour:02}" for hour in range(24)), columns)


def by_day(hours: Mapping[str, Counter[int]]) -> BinnedCounts:
    """Local days from the first to the last; what lies far from all others comes into two bins at the ends."""
    days: Counter[int] = Counter()
    for found in hours.values():
        for slot, count in found.items():
            days[slot // 24] += count
    if not days:
        return BinnedCounts("day", (), (), {fate: [] for fate in hours})
    first, last = _bulk(days) if max(days) - min(days) >= MOST_DAYS else (min(days), max(days))
    bins = _calendar(first, last)
    starts = [start for start, _, _ in bins]
    stray = min(days) < first, max(days) > last
    columns = {fate: _laid(found, starts, last, stray) for fate, found in hours.items()}
    labels = (*(["earlier"] if stray[0] else []), *(label for _, label, _ in bins), *(["later"] if stray[1] else []))
    short = (*(["…"] if stray[0] else []), *(mark for _, _, mark in bins), *(["…"] if stray[1] else []))
    return BinnedCounts("day", labels, short, columns, (date.fromordinal(first), date.fromordinal(last)))


def by_run(runs: Sequence[ReportedRun], fates: Iterable[str]) -> BinnedCounts:
    """One bin a run, by what the manifests count."""
    numbers = tuple(f"run {number}" for number in range(1, len(runs) + 1))
    columns = {fate: [int(run.document["counts"].get(fate, 0)) for run in runs] for fate in fates}
    return BinnedCounts("run", numbers, tuple(str(number) for number in range(1, len(runs) + 1)), columns)


def _bulk(days: Counter[int]) -> tuple[int, int]:
    """The days between which nearly all positions lie."""
    few = STRAY * days.total()
    return _beyond(sorted(days), days, few), _beyond(sorted(days, reverse=True), days, few)


def _beyond(order: Sequence[int], days: Counter[int], few: float) -> int:
    passed = 0
    for day in order:
        passed += days[day]
        if passed > few:
            return day
    return order[-1]


def _calendar(first: int, last: int) -> list[tuple[int, str, str]]:
    """The bins from the first to the last day: where each starts, its name, its mark on an axis."""
    if last - first < MOST_DAYS:
        return [
            (day, day_name(date.fromordinal(day)), _mark(day, last - first < MOST_NAMED))
            for day in range(first, last + 1)
        ]
    if (last - first) // 7 < MOST_WEEKS:
        monday = first - date.fromordinal(first).weekday()
        return [
            (day, f"week of {day_name(date.fromordinal(day))}", str(date.fromordinal(day).day))
            for day in range(monday, last + 1, 7)
        ]
    months = sorted({(date.fromordinal(day).year, date.fromordinal(day).month) for day in range(first, last + 1)})
    return [
        (date(year, month, 1).toordinal(), f"{MONTHS[month - 1]} {year}", MONTHS[month - 1][:1])
        for year, month in months
    ]


def _mark(day: int, named: bool) -> str:
    """The day of the month, after the day of the week where there is room."""
    when = date.fromordinal(day)
    return f"{WEEKDAYS[when.weekday()]} {when.day}" if named else str(when.day)


def _laid(found: Counter[int], starts: list[int], last: int, stray: tuple[bool, bool]) -> list[int]:
    row = [0] * (len(starts) + 2)
    for slot, count in found.items():
        day = slot // 24
        row[len(starts) + 1 if day > last else bisect_right(starts, day)] += count
    return row[0 if stray[0] else 1 : None if stray[1] else -1]


def day_name(day: date) -> str:
    """A day as people write it.

    >>> day_name(date(2026, 3, 2))
    '2 March 2026'
    """
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"
