"""Makes the tables of an analysis again, byte by byte: what everybody may see, and the section of one officer."""

from __future__ import annotations

import csv
import io
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from functools import cache
from typing import Any, NamedTuple

from offduty.verify.answers_again.evidence_of_duty import EPOCH, NOT_DECIDED, DutyEvidence, length
from offduty.verify.redecide.duty.on_duty import common, union
from offduty.verify.redecide.duty.roster import Span

CONFIRMED, NOT_VISIBLE, NOT_ASSESSED = "confirmed", "not visible", "not assessed"
QUARTER_US, MINUTE_US = 900_000_000, 60_000_000
TEN = 10
AskedDays = tuple[date | None, date | None]
"""The first day that was asked about, and the first after the last; None where none was named."""
Amounts = Counter[str]


@dataclass(frozen=True)
class AnsweredWindow:
    """A window with its answer."""

    span: Span
    state: str
    why: str
    joined_us: int
    plain_us: int
    open: bool = False
    """Whether no run had decided it when it ended."""


class AnsweredDay(NamedTuple):
    """A local day with its answer; ``open`` where no run had decided duty of it when it ended."""

    day: date
    state: str
    open: bool


class _Covered:
    """Disjoint stretches in order of time, of which only those are looked at that may lie in a span."""

    def __init__(self, stretches: list[Span]) -> None:
        self.stretches = stretches
        self.begins, self.ends = ([each[side] for each in stretches] for side in (0, 1))

    def length_in(self, spans: list[Span]) -> int:
        """How much of the stretches lies in disjoint spans."""
        near = (self.stretches[bisect_right(self.ends, a) : bisect_left(self.begins, b)] for a, b in spans)
        return sum(length(common([span], some)) for span, some in zip(spans, near, strict=True))


def presence_windows(evidence: DutyEvidence) -> dict[str, list[AnsweredWindow]]:
    """The windows of each officer, with what is confirmed of them."""
    found = {}
    for officer, windows in evidence.windows.items():
        joined, plain = (_Covered(evidence.covered(officer, join_s)) for join_s in (evidence.asked.join_s, 0))
        seen = [(window, evidence.eligible(window)) for window in windows]
        measured = [(window, joined.length_in(spans), plain.length_in(spans)) for window, spans in seen]
        ever = any(us for _, us, _ in measured)
        found[officer] = [_answered(window, us, plain_us, ever) for window, us, plain_us in measured]
    return found


def _answered(window: Any, joined_us: int, plain_us: int, ever: bool) -> AnsweredWindow:
    why = "" if joined_us else window.why or ("" if ever else "no position in the whole period")
    state = NOT_ASSESSED if why else CONFIRMED if joined_us else NOT_VISIBLE
    return AnsweredWindow(window.span, state, why, joined_us, plain_us, window.why == NOT_DECIDED)


def presence_section(days: AskedDays, windows: Iterable[AnsweredWindow]) -> bytes:
    """What is said of one officer without a date: how many windows, and whether a quarter of them is confirmed.
    Those that were open are not among them: whether they are assessed depends on what was seen.
    """
    states = [each.state for each in windows if each.state != NOT_ASSESSED and not each.open]
    said: tuple[Any, Any, str] = "", "", f"{NOT_ASSESSED}: fewer than {TEN} windows"
    if len(states) >= TEN:
        if 4 * states.count(CONFIRMED) >= len(states):
            said = len(states), 25, f"{CONFIRMED}: a quarter of them or more"
        else:
            said = len(states), 0, f"{NOT_VISIBLE}: nothing is said of them"
    head = ["from", "to", "windows", "confirmed_at_least_percent", "answer"]
    return as_csv([head, [*(day or "" for day in days), *said]])


def presence_dates(evidence: DutyEvidence, windows: Iterable[AnsweredWindow]) -> bytes:
    """Every window of one officer."""
    head = ["starts_at", "ends_at", "state", "why", "confirmed_minutes", "minutes_without_joining"]
    rows = [
        [
            *(_local(evidence, us) for us in each.span),
            each.state,
            each.why,
            *(us // QUARTER_US * 15 for us in (each.joined_us, each.plain_us)),
        ]
        for each in windows
    ]
    return as_csv([head, *rows])


def presence_tables(evidence: DutyEvidence, windows: dict[str, list[AnsweredWindow]]) -> dict[str, bytes]:
    """The two tables that everybody may see."""
    return {
        "presence-weeks.csv": as_csv(
            [["unit", "from", "to", "windows", "confirmed_percent"], *_weeks(evidence, windows)]
        ),
        "presence-sites.csv": as_csv([["site", "hour", "at_least"], *_sites_by_hour(evidence)]),
    }


def _weeks(evidence: DutyEvidence, windows: dict[str, list[AnsweredWindow]]) -> Iterable[list[Any]]:
    by_unit: dict[str, dict[date, list[tuple[str, bool]]]] = defaultdict(lambda: defaultdict(list))
    for officer, mine in windows.items():
        for each in mine:
            if each.state != NOT_ASSESSED:
                day = evidence.day(each.span[0])
                monday = day - timedelta(day.weekday())
                by_unit[unit_of(evidence, officer)][monday].append((officer, each.state == CONFIRMED))
    for unit, weeks in sorted(by_unit.items()):
        everybody = len({officer for rows in weeks.values() for officer, _ in rows})
        outer = [
            monday
            for monday in (min(weeks), max(weeks))
            if not may_print(Counter(officer for officer, _ in weeks[monday]), everybody)
        ]
        for begin, last, found in _joined_weeks(weeks, everybody) or []:
            of, confirmed = found.every.total, found.confirmed.total
            percent = min(100 * confirmed // of // 10 * 10, 90)
            ends = ("" if monday in outer else monday for monday in (begin, last))
            yield [unit, *ends, (of + 5) // 10 * 10, percent]


class _Tally:
    """Amounts by person that only grow, with all that `may_print` asks of them: a week more costs what is in it."""

    def __init__(self) -> None:
        self.amounts, self.total, self.most = Amounts(), 0, 0

    def add(self, who: str, amount: int) -> None:
        """So much more of somebody, more than nothing."""
        self.amounts[who] += amount
        self.total += amount
        self.most = max(self.most, self.amounts[who])

    def may_print(self, everybody: int) -> bool:
        """As `may_print` says of the amounts."""
        return len(self.amounts) >= TEN and everybody >= 2 * TEN and 2 * self.most <= self.total


class _CountedWindows:
    """How many windows of each officer there are in some weeks: all, those that are confirmed, and the others."""

    def __init__(self) -> None:
        self.every, self.confirmed, self.others = _Tally(), _Tally(), _Tally()

    def add(self, officer: str, confirmed: bool) -> None:
        """One more window."""
        self.every.add(officer, 1)
        (self.confirmed if confirmed else self.others).add(officer, 1)

    def take_in(self, before: _CountedWindows) -> None:
        """The windows of other weeks, too."""
        for mine, theirs in zip(vars(self).values(), vars(before).values(), strict=True):
            for officer, amount in theirs.amounts.items():
                mine.add(officer, amount)

    def may_print(self, everybody: int) -> bool:
        """Whether the share may be printed: the others, too, are ten people, where they are not almost none."""
        almost = 10 * self.confirmed.total >= 9 * self.every.total
        asked = [self.every, self.confirmed, *([] if almost else [self.others])]
        return all(each.may_print(everybody) for each in asked)


def _joined_weeks(
    weeks: Mapping[date, Iterable[tuple[str, bool]]], everybody: int
) -> list[tuple[date, date, _CountedWindows]] | None:
    """Weeks that are joined until they may be printed, each group with its first and its last Monday; the rest takes in
    as many of the last groups as it needs. None where none may.
    """
    groups: list[tuple[date, date, _CountedWindows]] = []
    mondays = sorted(weeks)
    begin: date = mondays[0]
    running: _CountedWindows | None = _CountedWindows()
    for monday in mondays:
        if running is None:
            begin, running = groups[-1][1] + timedelta(7), _CountedWindows()
        for officer, confirmed in weeks[monday]:
            running.add(officer, confirmed)
        if running.may_print(everybody):
            groups.append((begin, monday, running))
            running = None
    if running is None:
        return groups
    while not running.may_print(everybody):
        if not groups:
            return None
        begin, _, before = groups.pop()
        running.take_in(before)
    return [*groups, (begin, mondays[-1], running)]


def joined(count: int, may: Callable[[int, int], bool]) -> list[tuple[int, int]] | None:
    """Spans from the first part on, each as short as it may be; the rest takes in as many of the last as it needs."""
    spans: list[tuple[int, int]] = []
    for stop in range(1, count + 1):
        start = spans[-1][1] if spans else 0
        spans += [(start, stop)] if may(start, stop) else []
    while not spans or spans[-1][1] < count:
        start = spans[-1][1] if spans else 0
        if may(start, count):
            return [*spans, (start, count)]
        if not spans:
            return None
        end = spans.pop()[0]
        if may(end, count):
            return [*spans, (end, count)]
        if not spans:
            return None
    return spans


def may_print(amounts: Amounts, everybody: int) -> bool:
    """Ten people of twenty or more, none of whom is more than half of the sum."""
    people = [amount for amount in amounts.values() if amount > 0]
    return len(people) >= TEN and everybody >= 2 * TEN and 2 * max(people) <= sum(people)


def _sites_by_hour(evidence: DutyEvidence) -> Iterable[list[Any]]:
    """Who was at which site in which hour of the day, counted."""
    who: dict[tuple[str, int], set[str]] = defaultdict(set)
    names = [row.id("site_id") or f"site {number}" for number, row in enumerate(evidence.asked.sites, 1)]

    @cache
    def hour_of(at: int) -> int:
        return (EPOCH + timedelta(microseconds=at)).astimezone(evidence.zone).hour

    for officer, windows in evidence.windows.items():
        spans = union(span for window in windows for span in evidence.eligible(window))
        begins = [begin for begin, _ in spans]
        for at, place in evidence.rows.get(officer, []):
            before = bisect_right(begins, at)
            if evidence.at_sites[place] and before and at < spans[before - 1][1]:
                for site in evidence.at_sites[place]:
                    who[names[site], hour_of(at)].add(officer)
    return [[*key, len(people) // 5 * 5] for key, people in sorted(who.items()) if len(people) >= TEN]


def unit_of(evidence: DutyEvidence, officer: str) -> str:
    """The unit of an officer; empty where no table of units was read."""
    return evidence.asked.units.get(officer, "")


def site_days(evidence: DutyEvidence, codes: Sequence[str], terms: dict[str, Any]) -> dict[str, list[AnsweredDay]]:
    """The days of each officer with their state."""
    return {officer: list(_days(evidence, officer, codes, terms)) for officer in evidence.windows}


def _days(evidence: DutyEvidence, officer: str, codes: Sequence[str], terms: dict[str, Any]) -> Iterable[AnsweredDay]:
    eligible = [span for window in evidence.windows[officer] for span in evidence.eligible(window)]
    coded = evidence.duties[officer].codes
    mine, other = (
        common(eligible, [(a, b) for a, b, code in coded if (code in codes) is wanted]) for wanted in (True, False)
    )
    at_site = common(mine, evidence.covered(officer, evidence.asked.join_s, at_site=True))
    sums = [_by_day(evidence, spans) for spans in (mine, other, at_site)]
    open_ = [w for w in evidence.windows[officer] if w.why == NOT_DECIDED]
    undecided = _by_day(evidence, [span for window in open_ for span in evidence.eligible(window)])
    for day in sorted({*sums[0], *sums[1]}):
        whole = sums[0][day] >= terms["day_minutes"] * MINUTE_US and not sums[1][day]
        seen = sums[2][day] >= terms["least_minutes"] * MINUTE_US
        unknown = NOT_ASSESSED if undecided[day] else NOT_VISIBLE
        state = NOT_ASSESSED if not whole else CONFIRMED if seen else unknown
        yield AnsweredDay(day, state, undecided[day] > 0)


def _by_day(evidence: DutyEvidence, spans: Iterable[Span]) -> Counter[date]:
    """How much of the spans lies in each local day."""
    sums: Counter[date] = Counter()
    for begin, end in spans:
        while begin < end:
            day = evidence.day(begin)
            until = min(end, evidence.midnight(day + timedelta(1)))
            sums[day] += until - begin
            begin = until
    return sums


def site_days_section(
    asked: AskedDays, codes: Sequence[str], target_percent: int, days: Iterable[AnsweredDay]
) -> bytes:
    """What is said of one officer without a date: how many of how many days are confirmed, and the target; none of them
    was open.
    """
    states = [each.state for each in days if each.state != NOT_ASSESSED and not each.open]
    confirmed = states.count(CONFIRMED)
    said: tuple[Any, Any, str] = len(states), confirmed, _target(confirmed, len(states), target_percent)
    if len(states) < TEN:
        said = "", "", f"{NOT_ASSESSED}: fewer than {TEN} days"
    head = ["from", "to", "codes", "days", "confirmed", "target"]
    return as_csv([head, [*(day or "" for day in asked), ", ".join(codes), *said]])


def site_days_dates(days: Iterable[AnsweredDay]) -> bytes:
    """Every day of one officer."""
    return as_csv([["day", "state"], *([each.day, each.state] for each in days)])


def site_days_tables(
    evidence: DutyEvidence, days: dict[str, list[AnsweredDay]], target_percent: int
) -> dict[str, bytes]:
    """The table that everybody may see."""
    by_unit: dict[str, dict[str, tuple[int, int]]] = defaultdict(dict)
    for officer, mine in days.items():
        states = [each.state for each in mine if each.state != NOT_ASSESSED]
        if len(states) >= TEN:
            by_unit[unit_of(evidence, officer)][officer] = states.count(CONFIRMED), len(states)
    rows = [row for unit, people in sorted(by_unit.items()) for row in _unit(unit, people, target_percent)]
    return {"site-days-units.csv": as_csv([["unit", "days", "confirmed_percent", "target"], *rows])}


def _unit(unit: str, people: dict[str, tuple[int, int]], target: int) -> Iterable[list[Any]]:
    """The row of a unit; none where it may not be printed."""
    confirmed, days = (sum(each[i] for each in people.values()) for i in (0, 1))
    almost = 10 * confirmed >= 9 * days
    counted = [Counter({who: each[i] for who, each in people.items()}) for i in (0, 1)]
    counted += [] if almost else [Counter({who: each[1] - each[0] for who, each in people.items()})]
    if not all(may_print(amounts, len(people)) for amounts in counted):
        return
    words = _target(confirmed, days, target)
    yield [unit, (days + 5) // 10 * 10, min(100 * confirmed // days // 10 * 10, 90), words]


def _target(confirmed: int, days: int, target: int) -> str:
    """Whether so many days show a target."""
    shown = "shown" if 100 * confirmed >= target * days else "not shown"
    return shown if target else "no target was agreed on"


def as_csv(rows: Iterable[Iterable[Any]]) -> bytes:
    """Rows as CSV, each ended by a line feed."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def _local(evidence: DutyEvidence, us: int) -> str:
    at = (EPOCH + timedelta(microseconds=us)).astimezone(UTC).astimezone(evidence.zone)
    return at.isoformat(timespec="minutes")
