"""Makes the tables of a roster audit again, byte by byte: the list of edits, and the figures that everybody may see."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from offduty.verify.answers_again.answers import TEN, as_csv, joined, may_print
from offduty.verify.answers_again.edit_signals import EditSignal, edit_signals
from offduty.verify.answers_again.evidence_of_duty import EPOCH
from offduty.verify.answers_again.recorded_roster import Entry, RecordedRoster
from offduty.verify.answers_again.recorders import LEAST_EDITS, ComparedRecorder, Recorder, compared, unusual_edits
from offduty.verify.entries import zone
from offduty.verify.redecide.ingest.reference_row import ReferenceRow
from offduty.verify.redecide.rules import Rules

SECOND_US, MINUTE_US, HOUR_US = 1_000_000, 60_000_000, 3_600_000_000
IN_HOURS = ("R2", "R6", "R8")
TEN_HOURS = 10 * 60
"""In minutes."""
LEAD_HOURS = (-72, -24, 0, 24, 168, 336)
BANDS = (LEAST_EDITS, 50, 100, 200, 500)
NOT_PRINTED, NOT_ASSESSED = "not printed: about too few people", "not assessed"
LAWFUL = {
    "R1": "a shift that ran over, a recall, a correction of an error, a system that was down",
    "R2": "a recall, a court overrun, overtime that is recorded the next day",
    "R3": "a recall from rest, leave that was given up, a sick note that was withdrawn",
    "R4": "a unit in which everybody keeps their own record, a supervisor's own shift",
    "R5": "a mistake that was undone",
    "R6": "overtime that is recorded beside the shift, two parts of one duty",
    "R7": "two desks that recorded one shift at once, an import that ran twice",
    "R8": "a shift that ended early, sickness that was reported afterwards, a correction of an error",
    "R9": "a desk that is asked for recalls, a unit with more of them",
    "R10": "a desk that looks after few people, a subject who is recalled more often",
}
"""What stands beside each signal in the list of edits."""
Amounts = Counter[str]


class RosterAuditAgain:
    """A roster audit, made again. ``recorders`` are those of the table of people; None where it was not read."""

    def __init__(
        self,
        rows: Sequence[ReferenceRow],
        rules: Rules,
        terms: Mapping[str, Any],
        recorders: Mapping[str, Recorder] | None,
    ) -> None:
        self.roster, self.terms, self.zone = RecordedRoster(rows, rules), terms, zone(rules.zone)
        self._named = {row.id("officer_id") or "" for row in rows} - {""}
        self.recorders, self.with_people = recorders or {}, recorders is not None
        self.everybody = len(self.roster.officers)
        officer_of = {name: known.officer for name, known in self.recorders.items()}
        found = edit_signals(self.roster, terms["rest_codes"], officer_of)
        self._over_rest = frozenset(each.entry.place for each in found if each.name == "R3")
        self._late = [entry for entry in self.roster.late if entry.officer in self.roster.officers]
        self.signals = [*found, *unusual_edits(self._late, self._over_rest, self.recorders)]

    def tables(self) -> dict[str, bytes]:
        """Every table of the answer for everybody, by name."""
        people = [
            ("officers assessed", _people(self.everybody, self.everybody + self.roster.not_assessed)),
            ("recorders compared", _people(len(self._many), len(self._compared))),
            ("recorders outside", _people(sum(each.outside for each in self._many), len(self._many))),
        ]
        weeks = [row for name in ("R2", "R8") for row in self._weeks(name)]
        return {
            "roster-edits.csv": self._edits(self.signals),
            "roster-audit-signals.csv": as_csv([["signal", "unit", "figure", "why_not"], *map(self._figure, LAWFUL)]),
            "roster-audit-lead-times.csv": as_csv([["from_hours", "to_hours", "grants"], *self._lead_times()]),
            "roster-audit-weeks.csv": as_csv([["signal", "from", "to", "hours"], *weeks]),
            "roster-audit-recorders.csv": as_csv(
                [["role", "from_grants", "to_grants", "recorders", "over_rest_percent"], *self._funnel()]
            ),
            "roster-audit-people.csv": as_csv([["who", "how_many"], *people]),
        }

    def sections(self) -> Iterator[tuple[str, bytes]]:
        """The section of everybody whom the roster names, or the table of people."""
        known = {recorder.officer for recorder in self.recorders.values()} - {""}
        yield from ((officer, self.section(officer)) for officer in sorted(self._named | known))

    def section(self, officer: str) -> bytes:
        """The edits of one officer's shifts, and those that the officer recorded."""
        return self._edits(self._about.get(officer, ()))

    @cached_property
    def _about(self) -> dict[str, list[EditSignal]]:
        """The signals of each officer's section, in order."""
        found: dict[str, list[EditSignal]] = defaultdict(list)
        for one in self.signals:
            for officer in {one.entry.officer, self._recorded_by(one)} - {""}:
                found[officer].append(one)
        return found

    def _recorded_by(self, one: EditSignal) -> str:
        known = self.recorders.get(one.entry.recorder)
        return "" if known is None else known.officer

    def _edits(self, signals: Iterable[EditSignal]) -> bytes:
        """The list of edits: each version and signal once."""
        head = ["shift_id", "version", "signal", "seconds", "after_end", "across_pay_cut_off", "lawful_reasons"]
        found: dict[tuple[str, int, str], dict[int, EditSignal]] = defaultdict(dict)
        for one in signals:
            found[*one.edit, one.name].setdefault(one.at_us, one)
        rows = []
        for (shift, number, name), by_time in sorted(found.items()):
            amounts = [one.us for one in by_time.values()]
            seconds = (sum(amounts) if name in IN_HOURS else max(amounts)) // SECOND_US
            after_end, across = (any(map(test, by_time.values())) for test in (_after_end, self._across))
            rows.append([shift, number, name, seconds, after_end, across, LAWFUL[name]])
        return as_csv([head, *rows])

    def _across(self, one: EditSignal) -> bool:
        """Whether the day of pay lies between the version that was undone and the one that undid it."""
        day = int(self.terms["pay_cut_off_day"])
        if not day or one.name != "R5":
            return False
        local = [
            (EPOCH + timedelta(microseconds=us)).astimezone(self.zone)
            for us in (one.entry.recorded_us - one.us, one.entry.recorded_us)
        ]
        before, after = (at.year * 12 + at.month - (at.day < day) for at in local)
        return before != after

    def _figure(self, name: str) -> list[Any]:
        """How many versions have a signal, or how many hours it is about."""
        unit = "hours" if name in IN_HOURS else "versions"
        if name in ("R4", "R10") and not self.with_people:
            return [name, unit, "", NOT_ASSESSED]
        mine = [one for one in self.signals if one.name == name]
        amounts = _minutes(mine) if name in IN_HOURS else _versions(mine)
        if not may_print(amounts, self.everybody):
            return [name, unit, "", NOT_PRINTED]
        return [name, unit, _hours(amounts) if name in IN_HOURS else _tens(amounts), ""]

    def _lead_times(self) -> Iterator[list[Any]]:
        """Grants by how long before their start they were recorded."""
        bounds = [hours * HOUR_US for hours in LEAD_HOURS]
        parts = [Amounts() for _ in range(len(bounds) + 1)]
        for entry in self.roster.granting:
            if entry.officer in self.roster.officers:
                parts[bisect_left(bounds, entry.span[0] - entry.recorded_us)][entry.officer] += 1
        ends = ["", *LEAD_HOURS, ""]
        for start, stop, amounts in self._groups(parts):
            yield [ends[start], ends[stop], "" if amounts is None else _tens(amounts)]

    def _weeks(self, name: str) -> Iterator[list[Any]]:
        """Hours by local week; weeks that follow each other are joined until they may be printed. The first and the
        last end are open, and no row is there of what may not be printed.
        """
        by_week: dict[date, list[EditSignal]] = defaultdict(list)
        for one in self.signals:
            if one.name == name:
                day = (EPOCH + timedelta(microseconds=one.at_us)).astimezone(self.zone).date()
                by_week[day - timedelta(day.weekday())].append(one)
        mondays = sorted(by_week)
        for start, stop, amounts in self._groups([_minutes(by_week[monday]) for monday in mondays]):
            if amounts is not None:
                begin = mondays[start - 1] + timedelta(7) if start else ""
                yield [name, begin, mondays[stop - 1] if stop < len(mondays) else "", _hours(amounts)]

    def _groups(self, parts: Sequence[Amounts]) -> Iterator[tuple[int, int, Amounts | None]]:
        """Parts that are joined until they may be printed; all of them with None where they may not. What is left at
        the end takes in as many of the last groups as it needs.
        """
        groups: list[tuple[int, int, Amounts | None]] = []
        start, running = 0, Amounts()
        for stop, part in enumerate(parts, 1):
            running.update(part)
            if may_print(running, self.everybody):
                groups.append((start, stop, running))
                start, running = stop, Amounts()
        while start < len(parts):
            if may_print(running, self.everybody):
                groups.append((start, len(parts), running))
                break
            if not groups:
                groups.append((0, len(parts), None))
                break
            start, _, before = groups.pop()
            running.update(before or Amounts())
        yield from groups

    @cached_property
    def _compared(self) -> list[ComparedRecorder]:
        return compared(self._late, self._over_rest, self.recorders)

    @property
    def _many(self) -> list[ComparedRecorder]:
        """The recorders with enough grants to be compared."""
        return [each for each in self._compared if each.edits >= LEAST_EDITS]

    def _funnel(self) -> Iterator[list[Any]]:
        """Groups of ten recorders or more, by role; none where the grants over rest may not be printed at all."""
        over_rest = _versions([one for one in self.signals if one.name == "R3"])
        by_role: dict[str, list[ComparedRecorder]] = defaultdict(list)
        for each in self._many if may_print(over_rest, self.everybody) else []:
            by_role[each.role].append(each)
        on_rest, others = (
            Amounts(entry.officer for entry in self._late if (entry.place in self._over_rest) is over)
            for over in (True, False)
        )
        for role, mine in sorted(by_role.items()):
            yield from _groups_of_role(role, mine, on_rest, others)


def _groups_of_role(
    role: str, recorders: Sequence[ComparedRecorder], on_rest: Amounts, others: Amounts
) -> Iterator[list[Any]]:
    """The groups of a role; ``on_rest`` and ``others`` are the grants of each subject, by whomever."""
    ends = [*BANDS[1:], None]
    parts = [
        [each for each in recorders if begin <= each.edits and (end is None or each.edits < end)]
        for begin, end in zip(BANDS, ends, strict=True)
    ]

    def may(start: int, stop: int) -> bool:
        mine = [each for part in parts[start:stop] for each in part]
        edits = Amounts({each.name: each.edits for each in mine})
        marked = Amounts({each.name: each.marked for each in mine})
        enough = _surely_of_ten(marked.total(), on_rest) and _surely_of_ten(edits.total() - marked.total(), others)
        return enough and all(may_print(amounts, len(recorders)) for amounts in (edits, marked, edits - marked))

    for start, stop in joined(len(parts), may) or []:
        mine = [each for part in parts[start:stop] for each in part]
        percent = round(100 * sum(each.marked for each in mine) / sum(each.edits for each in mine))
        end = ends[stop - 1]
        yield [role, BANDS[start], "" if end is None else end - 1, (len(mine) + 2) // 5 * 5, percent]


def _surely_of_ten(grants: int, subjects: Amounts) -> bool:
    """Whether some grants of those that the subjects have must be of ten of them, and of none more than half."""
    first_nine = [count for _, count in subjects.most_common(TEN - 1)]
    return sum(first_nine) < grants and all(2 * count <= grants for count in first_nine)


def _after_end(one: EditSignal) -> bool:
    return one.name == "R1" and one.entry.recorded_us >= one.entry.span[1]


def _versions(signals: Iterable[EditSignal]) -> Amounts:
    """How many versions of each subject; one that was written down twice is the first subject's."""
    return Amounts({one.edit: one.entry.officer for one in reversed(list(signals))}.values())


def _minutes(signals: Iterable[EditSignal]) -> Amounts:
    """How many minutes of each subject."""
    once = {(*one.edit, one.at_us): one for one in signals}
    us = Amounts()
    for one in once.values():
        us[one.entry.officer] += one.us
    return Amounts({officer: amount // MINUTE_US for officer, amount in us.items()})


def _tens(amounts: Amounts) -> int:
    return (amounts.total() + TEN // 2) // TEN * TEN


def _hours(amounts: Amounts) -> int:
    """A sum of minutes in tens of hours."""
    return (amounts.total() + TEN_HOURS // 2) // TEN_HOURS * TEN_HOURS // 60


def _people(count: int, of: int) -> str:
    """How many of some people, in words that single out nobody."""
    if of < TEN:
        return "not shown: too few people"
    if count in (0, of):
        return "all of them" if count else "none"
    if of - count < TEN:
        return "all but fewer than 10"
    return "fewer than 10" if count < TEN else f"{(count + 2) // 5 * 5:,}"


__all__ = ["Entry", "RosterAuditAgain"]
