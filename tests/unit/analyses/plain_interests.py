"""Declared interests in plain Python: one officer, one instant at a time, on the oracle's roster."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache, cached_property
from zoneinfo import ZoneInfo

from tests.oracle.clock import Clock
from tests.oracle.duty import Claim, Entry, Roster, Versions, granted, read_entry, taken
from tests.unit.analyses.registers import DAYS, TERMS, RegisterWorld

SECOND = 1_000_000
MINUTE, HOUR = 60 * SECOND, 3600 * SECOND
LONDON = ZoneInfo("Europe/London")
WORDS = {"employment", "self_employed", "teaching", "voluntary", "property"}
Version = dict[str, str]
Found = tuple[str, str, str, int, int]


class PlainInterests:
    """What must be found in a world all of whose times are whole minutes; only words of the register may be wrong."""

    def __init__(self, world: RegisterWorld) -> None:
        self.as_of = world.as_of_us
        policy = world.policy.as_document()
        clock = Clock(None, "Europe/London")
        entries = [read_entry(row, clock, policy) for row in world.shifts]
        self.entries = [entry for entry in entries if (entry.recorded_at or 0) <= self.as_of]
        versions = Versions(self.entries, False, False)
        grants = [granted(entry, versions) for entry in self.entries if entry.grants]
        self.takings: list[tuple[Entry, Claim]] = [(e, taken(e, versions)) for e in self.entries if e.takes]
        self.roster = Roster([claim for claim in grants if claim is not None], [c for _, c in self.takings], False)
        self.sure = [(e, c) for e, c in self.takings if not versions.contradicted(e.shift or "")]
        self.rows: dict[str, list[Version]] = defaultdict(list)
        for row in world.register:
            self.rows[row["interest_id"]].append(row)
        self.interests = {name: kept for name, mine in self.rows.items() if (kept := self._settled(mine))}

    def _settled(self, rows: list[Version]) -> list[Version]:
        """The known versions in order; none where something is wrong with one."""
        if not all(readable(row) for row in rows):
            return []
        known = sorted((row for row in rows if us(row["recorded_at"]) <= self.as_of), key=lambda r: r["recorded_at"])
        if any(a["recorded_at"] == b["recorded_at"] and a != b for a, b in itertools.combinations(known, 2)):
            return []
        return [] if len({row["officer_id"] for row in known}) > 1 else known

    def not_assessed(self) -> list[tuple[str, set[str]]]:
        """The interests of which nothing is said, each with those whom its rows name."""
        found: dict[str, set[str]] = defaultdict(set)
        for name, rows in self.rows.items():
            wrong = [row for row in rows if not readable(row)]
            known = [row for row in rows if row in wrong or us(row["recorded_at"]) <= self.as_of]
            if name not in self.interests and known:
                found[name] = {row["officer_id"] for row in known}
        return sorted(found.items())

    def findings(self) -> list[Found]:
        """Rule, officer, interest, from, and microseconds of each; sorted."""
        found: list[Found] = []
        for name, versions in self.interests.items():
            officer = versions[0]["officer_id"]
            found += [("I1", officer, name, *part) for part in self._together(name, self.on_duty)]
            found += [("I6", officer, name, *part) for part in self._together(name, self.sick)]
            found += [("I3", officer, name, *part) for part in self._rests(name)]
            found += [(rule, officer, name, begin, 0) for rule, begin in self._conditions(versions[-1])]
        for officer in {versions[0]["officer_id"] for versions in self.interests.values()}:
            found += [("I2", officer, "", *part) for part in self._weeks(officer)]
        return sorted(found)

    def on_duty(self, officer: str, t: int) -> bool:
        """Granted then and now."""
        return t < self.as_of and self.roster.duty(officer, t, t) and self.roster.duty(officer, t, self.as_of)

    def sick(self, officer: str, t: int) -> bool:
        """An entry of such a code, that stood then and stands now."""
        return t < self.as_of and any(
            e.officer == officer
            and e.code in TERMS["sick_codes"]
            and c.time[0] <= t < c.time[1]
            and c.known[0] <= t
            and c.known[1] > self.as_of
            for e, c in self.sure
        )

    def _at(self, name: str, t: int) -> tuple[Version, Version] | None:
        """The versions of then and now, where both are valid and not refused."""
        versions = self.interests[name]
        then = [row for row in versions if us(row["recorded_at"]) <= t]
        if not then or t >= self.as_of:
            return None
        both = then[-1], versions[-1]
        day = local(t).date().isoformat()
        good = all(
            row["valid_from"] <= day and (not row["valid_to"] or day < row["valid_to"]) and row["decision"] != "refused"
            for row in both
        )
        return both if good else None

    def declared(self, name: str, t: int) -> bool:
        """Whether the pattern of then and that of now name the instant."""
        both = self._at(name, t)
        return both is not None and all(named(row["pattern"], t) for row in both)

    @cached_property
    def points(self) -> dict[str, list[int]]:
        """Every instant at which something may change for an officer, by officer."""
        found: dict[str, set[int]] = defaultdict(set)
        for versions in self.interests.values():
            mine = found[versions[0]["officer_id"]]
            mine |= self.roster.turning_points(versions[0]["officer_id"], 0) | {self.as_of}
            mine |= {at for e, c in self.takings for at in (*c.time, *c.known)}
            first = date.fromisoformat(min(row["valid_from"] for row in versions))
            for number in range((local(self.as_of).date() - first).days + 2):
                day = first + timedelta(days=number - 1)
                mine.add(midnight(day))
                mine |= {edge for row in versions for span in spans(row["pattern"], day) for edge in span}
            mine |= {us(row["recorded_at"]) for row in versions}
        return {officer: sorted(at for at in mine if 0 < at <= self.as_of) for officer, mine in found.items()}

    def _officer(self, name: str) -> str:
        return self.interests[name][0]["officer_id"]

    def _stretches(self, officer: str, holds: Callable[[int], bool]) -> list[tuple[int, int]]:
        """The longest stretches at all of whose instants it holds."""
        parts: list[tuple[int, int]] = []
        for a, b in itertools.pairwise(self.points[officer]):
            if holds(a):
                if parts and parts[-1][1] == a:
                    parts[-1] = parts[-1][0], b
                else:
                    parts.append((a, b))
        return parts

    def _together(self, name: str, other: Callable[[str, int], bool]) -> list[tuple[int, int]]:
        officer = self._officer(name)
        parts = self._stretches(officer, lambda t: self.declared(name, t) and other(officer, t))
        return [(a, b - a) for a, b in parts if b - a >= 15 * MINUTE]

    def _rests(self, name: str) -> Iterator[tuple[int, int]]:
        officer = self._officer(name)
        mine = [other for other in self.interests if self._officer(other) == officer]
        duty = self._stretches(officer, lambda t: self.on_duty(officer, t))
        busy = self._stretches(officer, lambda t: self.on_duty(officer, t) or any(self.declared(o, t) for o in mine))
        for begin, end in self._stretches(officer, lambda t: self.declared(name, t)):
            found = []
            for first in (begin, end - 24 * HOUR):
                last = first + 24 * HOUR
                if any(a < last and b > first for a, b in duty):
                    edges = [first, *(at for a, b in busy if a < last and b > first for at in (a, b)), last]
                    found.append(max(b - a for a, b in zip(edges[::2], edges[1::2], strict=True)))
            if found and min(found) < 11 * HOUR:
                yield begin, max(min(found), 0)

    def _weeks(self, officer: str) -> Iterator[tuple[int, int]]:
        mine = [name for name in self.interests if self._officer(name) == officer]
        by_pattern = [name for name in mine if not self.interests[name][-1]["weekly_hours"]]
        busy = self._stretches(
            officer, lambda t: self.on_duty(officer, t) or any(self.declared(name, t) for name in by_pattern)
        )
        named_ = self._stretches(officer, lambda t: any(self.declared(name, t) for name in by_pattern))
        begun = [t for t in self.points[officer] if self.on_duty(officer, t) or any(self._at(name, t) for name in mine)]
        if not any(self.on_duty(officer, t) for t in begun):
            return
        day = local(begun[0]).date()
        day -= timedelta(days=day.weekday())
        while midnight(day + timedelta(weeks=17)) <= self.as_of:
            edges = midnight(day), midnight(day + timedelta(weeks=17))
            given = sum(self._given(name, day + timedelta(weeks=week)) for name in mine for week in range(17))
            total, without = (
                sum(max(0, min(b, edges[1]) - max(a, edges[0])) for a, b in each) for each in (busy, named_)
            )
            if total + given > 17 * 48 * HOUR and without + given > 0:
                yield edges[0], (total + given) // 17
            day += timedelta(weeks=1)

    def _given(self, name: str, monday: date) -> int:
        """Its weekly hours, where all of the week it is declared by one version of then."""
        first, last = midnight(monday), midnight(monday + timedelta(weeks=1)) - MINUTE
        ends = [self._at(name, first), self._at(name, last)]
        changes = [us(row["recorded_at"]) for row in self.interests[name]]
        if None in ends or any(first < at <= last for at in changes):
            return 0
        both = ends[0]
        assert both is not None
        hours = [row["weekly_hours"] for row in both]
        return 0 if "" in hours else int(min(float(text) for text in hours) * 3600) * SECOND

    def _conditions(self, now: Version) -> Iterator[tuple[str, int]]:
        today = local(self.as_of).date().isoformat()
        if now["valid_from"] <= today and (not now["valid_to"] or today < now["valid_to"]):
            if now["decision"] != "approved":
                yield "I4", midnight(date.fromisoformat(now["valid_from"]))
            elif now["review_by"] and now["review_by"] < today:
                yield "I5", midnight(date.fromisoformat(now["review_by"]))


def us(text: str) -> int:
    """An instant of the register."""
    return int(datetime.fromisoformat(text).timestamp()) * SECOND


def local(t: int) -> datetime:
    """The local time of an instant."""
    return datetime.fromtimestamp(t // SECOND, UTC).astimezone(LONDON)


@cache
def readings(wall: datetime) -> tuple[int, ...]:
    """The instants at which the clocks show a time; where they never do, those by the offsets of the days around it."""
    offsets = {(wall + timedelta(days=days)).replace(tzinfo=LONDON).utcoffset() or timedelta() for days in (-1, 1)}
    meant = {int((wall - offset).replace(tzinfo=UTC).timestamp()) * SECOND for offset in offsets}
    shown = {t for t in meant if local(t).replace(tzinfo=None) == wall}
    return tuple(sorted(shown or meant))


def midnight(day: date) -> int:
    """When a local day begins."""
    return readings(datetime(day.year, day.month, day.day))[0]


@cache
def spans(pattern: str, day: date) -> tuple[tuple[int, int], ...]:
    """The hours of a pattern that begin on a day: from the latest, to the earliest that is meant."""
    found = []
    for part in pattern.split(";") if pattern else ():
        weekday, _, hours = part.partition(" ")
        if DAYS[day.weekday()] == weekday:
            clocks = [[int(number) for number in text.split(":")] for text in hours.split("-")]
            begin, end = (
                datetime(day.year, day.month, day.day) + timedelta(hours=clock[0], minutes=clock[1]) for clock in clocks
            )
            end += timedelta(days=1) if end <= begin else timedelta()
            found.append((max(readings(begin)), min(readings(end))))
    return tuple(found)


def named(pattern: str, t: int) -> bool:
    """Whether a pattern names an instant: on this day, or from the day before."""
    day = local(t).date()
    return any(begin <= t < end for d in (day, day - timedelta(days=1)) for begin, end in spans(pattern, d))


def readable(row: Version) -> bool:
    """Whether a row of these worlds, in which only words may be wrong, is as the contract has it."""
    return row["kind"] in WORDS and (row["decision"] == "pending" or bool(row["decided_at"]))
