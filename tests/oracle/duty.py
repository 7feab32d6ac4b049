"""Determines who was on duty, and since when that was known, for one instant at a time (specification#duty-rule)."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

from tests.oracle.clock import ALWAYS, Clock, Interval, Times, When, overlap, within, zone_named
from tests.oracle.custody import attempt
from tests.oracle.ids import alike, readable_id
from tests.oracle.reading import Row, Stop, Unreadable, blank, is_empty, no_time, text

COLUMNS = (
    *("shift_id", "officer_id", "starts_at", "ends_at", "timezone"),
    *("duty_code", "status", "recorded_at", "recorded_by"),
)


@dataclass(frozen=True)
class Entry:
    """One roster row: a version of its shift. `times` is None where a cancelled row lacks one, or a row is unreadable.

    `side` is where a cancelled row may lie that has one time or none, read narrowly.
    """

    shift: str | None
    officer: str | None
    status: str | None
    code: str | None
    on_code: bool
    times: Times | None
    side: Interval
    recorded: When | None
    readable: bool
    content: tuple[Any, ...]

    @property
    def grants(self) -> bool:
        """Whether it is active and readable, and its code is one of `duty.on_codes`."""
        return self.readable and self.status == "active" and self.on_code

    @property
    def would_take(self) -> bool:
        """Whether it takes duty away, or would if it could be read: not cancelled, and with another code or none."""
        return self.status != "cancelled" and not self.on_code

    @property
    def takes(self) -> bool:
        """Whether it takes duty away for its time."""
        return self.readable and self.would_take

    @property
    def recorded_at(self) -> int | None:
        """When it was recorded: read early where it hides, late where it grants or cancels."""
        if self.recorded is None:
            return None
        return self.recorded.early if self.would_take or not self.readable else self.recorded.end


@dataclass(frozen=True)
class Claim:
    """What an entry says of its officer's time, and the knowledge times at which it counts."""

    officer: str
    shift: str
    code: str
    time: Interval
    known: Interval

    def holds(self, t: int, k: int) -> bool:
        """Whether it says something of t at knowledge time k."""
        return within(t, self.time) and within(k, self.known)


@dataclass(frozen=True)
class Roster:
    """What grants duty and what takes it away. A bar ("no duty") takes all time away."""

    grants: list[Claim]
    takings: list[Claim]
    distinct: bool

    def duty(self, officer: str, t: int, k: int) -> bool:
        """Whether some entry that counts at knowledge time k grants t, and none takes it away."""
        return bool(self.granting(officer, t, k)) and not any(c.holds(t, k) for c in self.against(officer))

    def granting(self, officer: str, t: int, k: int) -> list[Claim]:
        """The claims that count at k and grant t to exactly this officer, in the order of shift_id."""
        found = [c for c in self.grants if c.officer == officer and c.holds(t, k)]
        return sorted(found, key=lambda c: c.shift)

    def against(self, officer: str) -> list[Claim]:
        """The claims that take duty away from the officer: the officer's own, and those of lookalikes."""
        return [c for c in self.takings if alike(c.officer, officer, distinct=self.distinct)]

    def turning_points(self, officer: str, tolerance: int) -> set[int]:
        """Every instant at which the officer's duty may change, or what was known of it in time."""
        points: set[int] = set()
        for claim in [*(c for c in self.grants if c.officer == officer), *self.against(officer)]:
            points |= {*claim.time, *(at - tolerance for at in claim.known)}
        return points


@dataclass(frozen=True)
class Versions:
    """All entries that were known at `as_of`, and whether lookalikes of shifts and of officers are different things."""

    entries: list[Entry]
    distinct_shifts: bool
    distinct_officers: bool

    def of(self, shift: str) -> list[Entry]:
        """The versions of exactly this shift."""
        return [e for e in self.entries if e.shift == shift]

    def of_lookalikes(self, shift: str) -> list[Entry]:
        """The versions of the lookalikes of this shift."""
        others = [e for e in self.entries if e.shift is not None and e.shift != shift]
        return [e for e in others if e.shift and alike(e.shift, shift, distinct=self.distinct_shifts)]

    def may_concern(self, entry: Entry, officer: str) -> bool:
        """Whether an entry names the officer or a lookalike, or nobody: then it may be anybody's."""
        return entry.officer is None or alike(entry.officer, officer, distinct=self.distinct_officers)

    def contradicted(self, shift: str) -> bool:
        """Whether versions of equal `recorded_at` differ, or a `recorded_at` cannot be read."""
        versions = self.of(shift)
        if any(e.recorded_at is None for e in versions):
            return True
        return any(contradict(a, b) for a, b in itertools.combinations(versions, 2))


def contradict(one: Entry, other: Entry) -> bool:
    """Whether two entries differ and have the same `recorded_at`, as it counts for them or as it is written.

    Without the second, of a leave and a duty recorded on one date the duty would always come later.
    """
    same = one.recorded_at == other.recorded_at or one.recorded == other.recorded
    return same and one.content != other.content


def read_roster(rows: list[Row], clock: Clock, policy: dict[str, Any], as_of: int, distinct: list[str]) -> Roster:
    """The roster of these rows; raises `Stop` where none can be read, or where one hides and does not say from whom."""
    read = [read_entry(row, clock, policy) for row in rows if not is_empty(row)]
    known = [e for e in read if e.recorded_at is None or e.recorded_at <= as_of]
    if known and not any(e.readable for e in known):
        raise Stop("no roster entry can be read")
    versions = Versions(known, "shift_id" in distinct, "officer_id" in distinct)
    grants = [granted(e, versions) for e in known if e.grants]
    takings = [taken(e, versions) for e in known if e.takes]
    bars = [bar for e in known if not e.readable for bar in barred(e, versions)]
    return Roster([c for c in grants if c is not None], [*takings, *bars], versions.distinct_officers)


def granted(entry: Entry, versions: Versions) -> Claim | None:
    """A grant counts from when it was recorded until any later version is; None where the versions contradict."""
    assert entry.shift and entry.officer and entry.times and entry.recorded_at is not None
    if versions.contradicted(entry.shift):
        return None
    alike_ = [e for e in versions.of_lookalikes(entry.shift) if versions.may_concern(e, entry.officer)]
    if any(e.recorded is None or contradict(e, entry) for e in alike_):
        return None
    undone = first_after(entry.recorded_at, [*versions.of(entry.shift), *alike_])
    return Claim(entry.officer, entry.shift, entry.code or "", entry.times.narrow, (entry.recorded_at, undone))


def taken(entry: Entry, versions: Versions) -> Claim:
    """A taking counts from when it was recorded until a version undoes it; where versions contradict, at all times."""
    assert entry.shift and entry.officer and entry.times and entry.recorded_at is not None
    known = ALWAYS
    if not versions.contradicted(entry.shift):
        undoing = [e for e in versions.of(entry.shift) if undoes(e, entry, versions)]
        known = (entry.recorded_at, first_after(entry.recorded_at, undoing))
    return Claim(entry.officer, entry.shift, "", entry.times.wide, known)


def undoes(later: Entry, taking: Entry, versions: Versions) -> bool:
    """Whether a version undoes a taking, if it is later: it can be read, names the same officer, and meets it in time.

    One without times undoes it where all takings before it, of that officer in that shift, meet one through the next.
    So does one with a single time, but no taking that lies wholly on the other side of that time.
    """
    assert taking.times and taking.shift
    if not later.readable or later.officer != taking.officer:
        return False
    if later.times is not None:
        return overlap(later.times.narrow, taking.times.wide)
    return overlap(later.side, taking.times.wide) and connected(
        [
            e.times.wide
            for e in versions.of(taking.shift)
            if e.takes and e.times and e.officer == taking.officer and before(e, later)
        ]
    )


def before(one: Entry, other: Entry) -> bool:
    """Whether one entry was recorded before the other."""
    assert one.recorded_at is not None and other.recorded_at is not None
    return one.recorded_at < other.recorded_at


def connected(intervals: list[Interval]) -> bool:
    """Whether all intervals meet each other, one through the next."""
    reached, rest = intervals[:1], intervals[1:]
    while met := [i for i in rest if any(overlap(i, r) for r in reached)]:
        reached += met
        rest = [i for i in rest if i not in met]
    return not rest


def first_after(recorded_at: int, entries: list[Entry]) -> int:
    """When the first of these entries was recorded that was recorded later; the end of time where none was."""
    later = [e.recorded_at for e in entries if e.recorded_at is not None and e.recorded_at > recorded_at]
    return min(later, default=ALWAYS[1])


def barred(entry: Entry, versions: Versions) -> list[Claim]:
    """What an entry that cannot be read takes away (specification#bad-roster-row)."""
    if entry.officer is None and entry.shift is None:
        raise Stop("a roster row with neither officer nor shift")
    if entry.would_take:
        return [bar(officer, ALWAYS[0]) for officer in whose(entry, versions)]
    if entry.shift is None and entry.officer is not None:
        return [bar(entry.officer, ALWAYS[0] if entry.recorded_at is None else entry.recorded_at)]
    return []


def bar(officer: str, since: int) -> Claim:
    """No duty of the officer, at knowledge times from one on."""
    return Claim(officer, "", "", ALWAYS, (since, ALWAYS[1]))


def whose(entry: Entry, versions: Versions) -> set[str]:
    """The officer of the row, or all officers whom other versions of its shift name; `Stop` where there is none."""
    if entry.officer is not None:
        return {entry.officer}
    assert entry.shift is not None
    named = {e.officer for e in [*versions.of(entry.shift), *versions.of_lookalikes(entry.shift)] if e.officer}
    if not named:
        raise Stop("a roster row that takes duty away and does not name from whom")
    return named


def read_entry(row: Row, clock: Clock, policy: dict[str, Any]) -> Entry:
    """Read one row."""
    shift, officer = readable_id(row.get("shift_id")), readable_id(row.get("officer_id"))
    status, code = text(row.get("status")), text(row.get("duty_code"))
    recorded = attempt(clock.when, row.get("recorded_at"))
    try:
        times, can_be_read = read_times(row, clock, needed=status != "cancelled"), True
    except Unreadable:
        times, can_be_read = None, False
    readable = can_be_read and None not in (shift, officer, recorded) and status in ("active", "cancelled")
    content = content_of(row, clock) if readable else tuple(text(row.get(column)) for column in COLUMNS)
    on_code = code in policy["duty"]["on_codes"]
    side = clock.times(row.get("starts_at"), row.get("ends_at"), zone_of(row)).narrow if readable else ALWAYS
    return Entry(shift, officer, status, code, on_code, times, side, recorded, readable, content)


def zone_of(row: Row) -> str | None:
    """The zone that the row names; `Unreadable` where there is no such zone."""
    name = text(row.get("timezone"))
    if name is not None:
        zone_named(name)
    return name


def read_times(row: Row, clock: Clock, *, needed: bool) -> Times | None:
    """From when to when; None for a cancelled row that lacks a time. `Unreadable` if what is written or needed is."""
    zone = zone_of(row)
    absent = [no_time(row.get(column)) for column in ("starts_at", "ends_at")]
    if needed and any(absent):
        raise Unreadable
    times = clock.times(row.get("starts_at"), row.get("ends_at"), zone)
    return None if any(absent) else times


def content_of(row: Row, clock: Clock) -> tuple[Any, ...]:
    """What two versions are compared by: officer and status, and of an active row code and times as instants."""
    who = (readable_id(row.get("officer_id")), text(row.get("status")))
    if who[1] == "cancelled":
        return who
    zone = None if blank(row.get("timezone")) else text(row.get("timezone"))
    start, end = (clock.when(row[column], zone) for column in ("starts_at", "ends_at"))
    return (*who, text(row.get("duty_code")), start.early, start.late, end)  # a day begins when its first hour does
