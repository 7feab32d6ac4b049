"""Makes the answer about declared interests again, in plain Python, one officer and one interest at a time."""

from __future__ import annotations

import csv
import string
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from offduty.verify.answers_again.answers import TEN, as_csv, may_print
from offduty.verify.answers_again.evidence_of_duty import EPOCH, DutyEvidence, length
from offduty.verify.answers_again.recorded_roster import assessed
from offduty.verify.redecide.duty.on_duty import common, union, without
from offduty.verify.redecide.duty.roster import ALWAYS, Span, read_versions
from offduty.verify.redecide.ingest.wall_times import WallZone
from offduty.verify.redecide.model import FOREVER_US, NEVER_US
from offduty.verify.redecide.text_values import instant, read_id

MINUTE_US, HOUR_US = 60_000_000, 3_600_000_000
DAY_US = 24 * HOUR_US
KINDS = frozenset({"employment", "self_employed", "teaching", "voluntary", "property"})
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
UNREADABLE = "a version of it cannot be read exactly, or contradicts another one"
NAMELESS = "a row of the register names no interest, and may be about this one"
SWITCHES = {"I1": "overlap", "I2": "hours", "I3": "rest", "I4": "approval", "I5": "review", "I6": "sickness"}
Row = Mapping[str, str]
Hours = tuple[int, int, int]
"""A weekday, and the minutes of it from which and until which."""


@dataclass(frozen=True)
class Declared:
    """A row of the register that can be read."""

    officer: str
    kind: str
    begins: date
    ends: date | None
    weekly_us: int | None
    pattern: tuple[Hours, ...]
    decision: str
    decided_us: int | None
    review: date | None
    recorded_us: int


@dataclass(frozen=True)
class InterestFinding:
    """One finding."""

    rule: str
    officer: str
    interest: str
    begin: int
    us: int
    cleared: bool = False


class InterestEvidence:
    """The register and the duty of everybody in it, asked about in the local days from the one until before the other;
    None: no such end.
    """

    def __init__(
        self,
        duty: DutyEvidence,
        register: Sequence[Row],
        terms: Mapping[str, Any],
        days: tuple[date | None, date | None] = (None, None),
    ) -> None:
        self.duty, self.terms, self.register = duty, terms, register
        self.as_of = duty.asked.rules.as_of_us
        self.wall = WallZone(duty.zone)
        begin, end = (None if day is None else duty.midnight(day) for day in days)
        self.days = NEVER_US if begin is None else begin, FOREVER_US if end is None else end
        self.silent: list[tuple[str, frozenset[str], str]] = []
        self.interests = dict(self._read())

    @cached_property
    def found(self) -> list[InterestFinding]:
        """Every finding of a rule that was agreed on, in order."""
        every = [found for name in self.interests for found in self._about(name)]
        every += [found for officer in self.officers for found in self._weeks(officer)]
        asked = [found for found in every if self.terms[SWITCHES[found.rule]]]
        return sorted(asked, key=lambda found: (found.rule, found.officer, found.interest, found.begin))

    @cached_property
    def officers(self) -> list[str]:
        """Whose interests are assessed."""
        return sorted({versions[0].officer for versions in self.interests.values()})

    @property
    def named(self) -> list[str]:
        """Everybody whom register or roster name."""
        return sorted(self.duty.named | {read_id(row["officer_id"]) or "" for row in self.register} - {""})

    def section(self, officer: str) -> bytes:
        """The section of one officer."""
        head = ["rule", "interest_id", "begins", "minutes", "state", "why"]
        rows = [
            [
                *(each.rule, each.interest, self._local(each.begin), each.us // MINUTE_US),
                *("cleared" if each.cleared else "finding", ""),
            ]
            for each in self.found
            if each.officer == officer
        ]
        not_assessed = [
            ["", interest, "", "", "not assessed", why] for interest, whose, why in self.silent if officer in whose
        ]
        return as_csv([head, *rows, *not_assessed])

    def table(self) -> dict[str, bytes]:
        """The table that everybody may see."""
        rows = [self._row(rule) for rule, switch in SWITCHES.items() if self.terms[switch]]
        return {"interests-rules.csv": as_csv([["rule", "findings", "cleared"], *rows])}

    def _row(self, rule: str) -> list[Any]:
        mine = [found for found in self.found if found.rule == rule]
        parts = [mine, [each for each in mine if each.cleared], [each for each in mine if not each.cleared]]
        fit = [may_print(Counter(each.officer for each in part), len(self.officers)) for part in parts]
        counts = [(len(part) + TEN // 2) // TEN * TEN for part in parts]
        return [rule, counts[0] if fit[0] else "", counts[1] if rule == "I1" and all(fit) else ""]

    def _read(self) -> Iterator[tuple[str, list[Declared]]]:
        """The versions of each interest that is assessed, in the order in which they were recorded; the others are
        noted with those whom their rows name, and why.
        """
        rows: dict[str, list[Row]] = defaultdict(list)
        nameless = set()
        for row in self.register:
            name = read_id(row["interest_id"])
            if name is None:
                nameless.add(read_id(row["officer_id"]))
            else:
                rows[name].append(row)
        self.silent = [("", frozenset([officer or ""]), NAMELESS) for officer in sorted(nameless, key=str)]
        for name, mine in sorted(rows.items()):
            read = [(read_id(row["officer_id"]) or "", declared(row)) for row in mine]
            known = {each for _, each in read if each is not None and each.recorded_us <= self.as_of}
            times = {each.recorded_us for each in known}
            whose = {each.officer for each in known}
            unread = {officer for officer, each in read if each is None}
            if any(each is None for _, each in read) or len(times) < len(known) or len(whose) > 1:
                self.silent.append((name, frozenset((whose | unread) - {""}), UNREADABLE))
            elif whose & nameless:
                self.silent.append((name, frozenset(whose), NAMELESS))
            elif whose:
                yield name, sorted(known, key=lambda each: each.recorded_us)

    def _midnight(self, day: date) -> int:
        return self.duty.midnight(day)

    def _spans(self, name: str) -> Iterator[tuple[Span, Declared]]:
        """When the version of then and that of now count."""
        versions = self.interests[name]
        now = versions[-1]
        edges = [*(each.recorded_us for each in versions), FOREVER_US]
        for then, (since, until) in zip(versions, pairwise(edges), strict=True):
            spans = [(since, until)]
            for each in (then, now):
                ends = FOREVER_US if each.ends is None else self._midnight(each.ends)
                spans = common(spans, [(self._midnight(each.begins), ends)]) if each.decision != "refused" else []
            yield from ((span, then) for span in spans)

    @cached_property
    def stretches(self) -> dict[str, list[Span]]:
        """The declared time of each interest before the question was asked."""
        return {name: self._stretches(name) for name in self.interests}

    def _stretches(self, name: str) -> list[Span]:
        now = self.interests[name][-1]
        found: list[Span] = []
        for span, then in self._spans(name):
            asked = common([span], [(NEVER_US, self.as_of)])
            for pattern in (then.pattern, now.pattern):
                asked = common(asked, self._hours(pattern, asked))
            found += asked
        return union(found)

    def _hours(self, pattern: Sequence[Hours], spans: Sequence[Span]) -> list[Span]:
        """The hours of a pattern around some spans: from the latest reading of their beginning to the earliest of their
        end.
        """
        if not pattern or not spans:
            return []
        day, last = self.duty.day(spans[0][0]) - timedelta(1), self.duty.day(spans[-1][1] - 1)
        found = []
        while day <= last:
            for weekday, begin, end in pattern:
                if weekday == day.weekday():
                    wall = (day - date(1970, 1, 1)).days * DAY_US
                    first, then = (self.wall.readings(wall + minute * MINUTE_US) for minute in (begin, end))
                    found.append((first.begin, then.early))
            day += timedelta(1)
        return union(found)

    @cached_property
    def on(self) -> dict[str, list[Span]]:
        """The duty of each officer, of then and of now, before the question was asked."""
        before = [(NEVER_US, self.as_of)]
        return {officer: common(list(duty.on), before) for officer, duty in self.duty.duties.items()}

    def _about(self, name: str) -> Iterator[InterestFinding]:
        now, mine = self.interests[name][-1], common(self.stretches[name], [self.days])
        duty = self.on.get(now.officer, [])
        for begin, end in common(mine, duty):
            if end - begin >= 15 * MINUTE_US:
                seen = self._confirmed(now.officer, (begin, end))
                yield InterestFinding("I1", now.officer, name, begin, end - begin, 2 * seen >= end - begin)
        for begin, end in common(mine, self.sick.get(now.officer, [])):
            if end - begin >= 15 * MINUTE_US:
                yield InterestFinding("I6", now.officer, name, begin, end - begin)
        yield from self._rests(name, now.officer, duty)
        yield from self._conditions(name, now)

    def _confirmed(self, officer: str, span: Span) -> int:
        eligible = union(part for window in self.duty.windows[officer] for part in self.duty.eligible(window))
        return length(common(common([span], eligible), self._covered(officer)))

    def _covered(self, officer: str) -> list[Span]:
        return self.duty.covered(officer, self.duty.asked.join_s)

    def _rests(self, name: str, officer: str, duty: list[Span]) -> Iterator[InterestFinding]:
        others = (self.stretches[each] for each, rows in self.interests.items() if rows[0].officer == officer)
        busy = union([*duty, *(span for spans in others for span in spans)])
        for begin, end in self.stretches[name]:
            days = [day for day in ((begin, begin + DAY_US), (end - DAY_US, end)) if common([day], duty)]
            rests = [max((b - a for a, b in without([day], busy)), default=0) for day in days]
            asked = self.days[0] <= begin < self.days[1]
            if asked and rests and min(rests) < 11 * HOUR_US:
                yield InterestFinding("I3", officer, name, begin, min(rests))

    def _conditions(self, name: str, now: Declared) -> Iterator[InterestFinding]:
        today = self.duty.day(self.as_of)
        if now.begins <= today and (now.ends is None or today < now.ends):
            if now.decision != "approved":
                yield InterestFinding("I4", now.officer, name, self._midnight(now.begins), 0)
            elif now.review is not None and now.review < today:
                yield InterestFinding("I5", now.officer, name, self._midnight(now.review), 0)

    def _weeks(self, officer: str) -> Iterator[InterestFinding]:
        mine = [name for name, rows in self.interests.items() if rows[0].officer == officer]
        counted = [span for name in mine for span, _ in self._spans(name)]
        duty = self.on.get(officer, [])
        if not duty or not counted:
            return
        by_pattern = [name for name in mine if self.interests[name][-1].weekly_us is None]
        named = union(span for name in by_pattern for span in self.stretches[name])
        busy = union([*duty, *named])
        day = self.duty.day(min(duty[0][0], *(span[0] for span in counted)))
        day -= timedelta(day.weekday())
        while self._midnight(day + timedelta(weeks=17)) <= self.as_of:
            span = self._midnight(day), self._midnight(day + timedelta(weeks=17))
            if span[0] < self.days[0] or span[1] > self.days[1]:
                day += timedelta(weeks=1)
                continue
            given = sum(self._given(name, day + timedelta(weeks=week)) for name in mine for week in range(17))
            total = length(common([span], busy)) + given
            if total > 17 * 48 * HOUR_US and length(common([span], named)) + given > 0:
                yield InterestFinding("I2", officer, "", span[0], total // 17)
            day += timedelta(weeks=1)

    def _given(self, name: str, monday: date) -> int:
        """The weekly hours of a week that lies in one span as a whole."""
        week, now = (self._midnight(monday), self._midnight(monday + timedelta(weeks=1))), self.interests[name][-1]
        for span, then in self._spans(name):
            if common([week], [span]) == [week]:
                return min(then.weekly_us or 0, now.weekly_us or 0)
        return 0

    @cached_property
    def sick(self) -> dict[str, list[Span]]:
        """The sickness of then and of now, of officers all of whose rows of the roster can be read exactly."""
        rules = self.duty.asked.rules
        exact = assessed(read_versions(self.duty.asked.roster, rules), rules)
        found: dict[str, list[Span]] = defaultdict(list)
        for taking in self.duty.settled.takings:
            version, narrow = taking.version, taking.version.narrow
            stands = taking.known != ALWAYS and taking.known[0] <= rules.as_of_us < taking.known[1]
            sure = taking.officer in exact
            if stands and sure and narrow is not None and version.code in self.terms["sick_codes"]:
                found[taking.officer].append((max(narrow[0], taking.known[0]), min(narrow[1], self.as_of)))
        return {officer: union(spans) for officer, spans in found.items()}

    def _local(self, us: int) -> str:
        at = (EPOCH + timedelta(microseconds=us)).astimezone(UTC).astimezone(self.duty.zone)
        return at.isoformat(timespec="minutes")


def read_register(path: Path) -> list[Row]:
    """The rows of a register, as text."""
    if path.suffix == ".parquet":
        rows = pq.read_table(path, partitioning=None).to_pylist()
        return [{name: "" if value is None else str(value) for name, value in row.items()} for row in rows]
    with path.open(newline="", encoding="utf-8-sig") as file:
        return [{name: value or "" for name, value in row.items()} for row in csv.DictReader(file)]


def declared(row: Row) -> Declared | None:
    """A row as it is read; None where something is not written as the contract says."""
    officer, kind, decision = read_id(row["officer_id"]), row["kind"], row["decision"]
    days = [_day(row.get(name, "")) for name in ("valid_from", "valid_to", "review_by")]
    times = [_time(row[name]) for name in ("decided_at", "recorded_at")]
    hours, pattern = row.get("weekly_hours", ""), _pattern(row.get("pattern", ""))
    weekly = _weekly_us(hours)
    written = [row.get(name, "") for name in ("valid_from", "valid_to", "review_by", "decided_at", "recorded_at")]
    unread = any(text and value is None for text, value in zip(written, [*days, *times], strict=True))
    needed = officer and days[0] and times[1] is not None and (times[0] is not None or decision == "pending")
    if unread or not needed or pattern is None or (hours and weekly is None):
        return None
    if kind not in KINDS or decision not in ("approved", "refused", "pending") or days[0] is None or times[1] is None:
        return None
    return Declared(str(officer), kind, days[0], days[1], weekly, pattern, decision, times[0], days[2], times[1])


def _digits(text: str, *lengths: int) -> bool:
    return len(text) in lengths and all(letter in string.digits for letter in text)


def _day(text: str) -> date | None:
    year, month, day = text[:4], text[5:7], text[8:]
    if len(text) != 10 or text[4] + text[7] != "--" or not (_digits(year, 4) and _digits(month, 2) and _digits(day, 2)):
        return None
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return found if 1970 <= found.year <= 9998 else None


def _time(text: str) -> int | None:
    at = instant(text)
    return at if at is not None and at >= 0 else None


def _weekly_us(text: str) -> int | None:
    whole, point, part = text.partition(".")
    if not _digits(whole, 1, 2, 3) or (point and not _digits(part, 1, 2)):
        return None
    us = int(whole) * HOUR_US + int(part.ljust(2, "0") or 0) * (HOUR_US // 100)
    return us if us <= 168 * HOUR_US else None


def _pattern(text: str) -> tuple[Hours, ...] | None:
    parts = [_part(part) for part in text.split(";")] if text else []
    return None if None in parts else tuple(part for part in parts if part is not None)


def _part(text: str) -> Hours | None:
    """Such as `fri 22:00-02:00`: a night goes on until the next day."""
    if len(text) != len("fri 22:00-02:00") or text[3] != " " or text[9] != "-" or text[:3] not in DAYS:
        return None
    clocks = [_clock(text[4:9]), _clock(text[10:])]
    if None in clocks:
        return None
    begin, end = (clock or 0 for clock in clocks)
    if begin == end or begin == 24 * 60:
        return None
    return DAYS.index(text[:3]), begin, end + (24 * 60 if end < begin else 0)


def _clock(text: str) -> int | None:
    hour, minute = text[:2], text[3:]
    if text[2] != ":" or not (_digits(hour, 2) and _digits(minute, 2)) or int(minute) > 59:
        return None
    found = int(hour) * 60 + int(minute)
    return found if found <= 24 * 60 else None


def sections(evidence: InterestEvidence) -> Iterable[tuple[str, bytes]]:
    """The section of everybody whom register or roster name."""
    return ((officer, evidence.section(officer)) for officer in evidence.named)


__all__ = ["InterestEvidence", "declared", "read_register", "sections"]
