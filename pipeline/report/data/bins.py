"""Sorts counts into bins: days (or weeks or months, where there are many), hours of the day, and runs."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from offduty.pages.language import ENGLISH, Language
from offduty.report.data.select_runs import ReportedRun

MOST_DAYS = 62
"""With more days than this, bins are weeks."""
MOST_WEEKS = 62
"""With more weeks than this, bins are months."""
MOST_NAMED = 8
"""How many days there may be at most for the weekday to be on the axis."""
STRAY_SHARE = 0.001
"""The share of positions at either end that may be far from all others: clocks of devices are wrong now and then."""


@dataclass(frozen=True)
class BinnedCounts:
    """Counts of outcomes over bins. ``unit`` is day, hour or run.

    ``labels`` names the bins in full, ``short`` on an axis. ``columns`` has a count per bin for each outcome. ``days``
    is the first and the last day, where the unit is a day.
    """

    unit: str
    labels: tuple[str, ...]
    short: tuple[str, ...]
    columns: dict[str, list[int]]
    days: tuple[date, ...] = ()


def by_hour(hours: Mapping[str, Counter[int]], language: Language = ENGLISH) -> BinnedCounts:
    """Counts for the 24 hours of the local day, all days together; ``hours`` as of `timestamps.local_hours`."""
    columns = {outcome: [0] * 24 for outcome in hours}
    for outcome, found in hours.items():
        for slot, count in found.items():
            columns[outcome][slot % 24] += count
    labels = tuple(language.say("chart.hour", first=f"{hour:02}:00", last=f"{hour + 1:02}:00") for hour in range(24))
    return BinnedCounts("hour", labels, tuple(f"{hour:02}" for hour in range(24)), columns)


def by_day(hours: Mapping[str, Counter[int]], language: Language = ENGLISH) -> BinnedCounts:
    """Counts for local days from the first to the last; days far from all others are in two bins at the ends."""
    days: Counter[int] = Counter()
    for found in hours.values():
        for slot, count in found.items():
            days[slot // 24] += count
    if not days:
        return BinnedCounts("day", (), (), {outcome: [] for outcome in hours})
    first, last = _main_days(days) if max(days) - min(days) >= MOST_DAYS else (min(days), max(days))
    bins = _calendar(first, last, language)
    starts = [start for start, _, _ in bins]
    stray = min(days) < first, max(days) > last
    columns = {outcome: _binned(found, starts, last, stray) for outcome, found in hours.items()}
    labels = (
        *([language.say("chart.earlier")] if stray[0] else []),
        *(label for _, label, _ in bins),
        *([language.say("chart.later")] if stray[1] else []),
    )
    short = (*(["…"] if stray[0] else []), *(mark for _, _, mark in bins), *(["…"] if stray[1] else []))
    return BinnedCounts("day", labels, short, columns, (date.fromordinal(first), date.fromordinal(last)))


def by_run(runs: Sequence[ReportedRun], outcomes: Iterable[str], language: Language = ENGLISH) -> BinnedCounts:
    """One bin for each run, with the counts of its manifest."""
    numbers = tuple(language.say("chart.run", number=str(number)) for number in range(1, len(runs) + 1))
    columns = {outcome: [int(run.document["counts"].get(outcome, 0)) for run in runs] for outcome in outcomes}
    return BinnedCounts("run", numbers, tuple(str(number) for number in range(1, len(runs) + 1)), columns)


def _main_days(days: Counter[int]) -> tuple[int, int]:
    """The first and the last day, when the few positions that are far from all others are left out at both ends."""
    few = STRAY_SHARE * days.total()
    return _first_after(sorted(days), days, few), _first_after(sorted(days, reverse=True), days, few)


def _first_after(order: Sequence[int], days: Counter[int], few: float) -> int:
    """The first day of ``order`` at which more than ``few`` positions have been counted."""
    counted = 0
    for day in order:
        counted += days[day]
        if counted > few:
            return day
    return order[-1]


def _calendar(first: int, last: int, language: Language) -> list[tuple[int, str, str]]:
    """The bins from the first to the last day: the day on which each starts, its label, its label on an axis."""
    if last - first < MOST_DAYS:
        return [
            (day, language.day(date.fromordinal(day)), _axis_label(day, last - first < MOST_NAMED, language))
            for day in range(first, last + 1)
        ]
    if (last - first) // 7 < MOST_WEEKS:
        monday = first - date.fromordinal(first).weekday()
        return [
            (day, language.say("chart.week", day=language.day(date.fromordinal(day))), str(date.fromordinal(day).day))
            for day in range(monday, last + 1, 7)
        ]
    months = sorted({(date.fromordinal(day).year, date.fromordinal(day).month) for day in range(first, last + 1)})
    return [
        (date(year, month, 1).toordinal(), language.month(year, month), language.months[month - 1][:1])
        for year, month in months
    ]


def _axis_label(day: int, with_weekday: bool, language: Language) -> str:
    """The day of the month, with the day of the week where there is space for it."""
    when = date.fromordinal(day)
    return f"{language.weekdays[when.weekday()]} {when.day}" if with_weekday else str(when.day)


def _binned(found: Counter[int], starts: list[int], last: int, stray: tuple[bool, bool]) -> list[int]:
    row = [0] * (len(starts) + 2)
    for slot, count in found.items():
        day = slot // 24
        row[len(starts) + 1 if day > last else bisect_right(starts, day)] += count
    return row[0 if stray[0] else 1 : None if stray[1] else -1]
