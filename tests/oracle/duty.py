"""Determines who was on duty, and since when that was known, for one instant at a time (specification#duty-rule)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.oracle.reading import (
    Row,
    Stop,
    Unreadable,
    date_and_time,
    instant,
    is_empty,
    missing,
    readings,
    text,
    within,
    zone_named,
)

Span = tuple[int, int]
STATUSES = ("active", "cancelled")


@dataclass(frozen=True)
class Entry:
    """One roster row; `starts` and `ends` are both readings, the earlier first, or None where missing or unreadable."""

    shift: str
    officer: str | None
    starts: Span | None
    ends: Span | None
    code: str | None
    status: str | None
    recorded_at: int | None
    recorded_by: str | None
    readable: bool
    on_code: bool
    unread: tuple[str | None, ...] = ()

    @property
    def grants(self) -> bool:
        """Whether it is active and readable, and its code is one of `duty.on_codes`."""
        return self.readable and self.status == "active" and self.on_code

    @property
    def takes(self) -> bool:
        """Whether it would take duty away: not cancelled, and with another code or none."""
        return self.status != "cancelled" and not self.on_code

    def narrow(self) -> Span:
        """The time that a granting entry grants: from the later start to the earlier end."""
        assert self.starts and self.ends
        return self.starts[1], self.ends[0]

    def wide(self) -> Span:
        """The time that another entry takes away: from the earlier start to the later end."""
        assert self.starts and self.ends
        return self.starts[0], self.ends[1]


@dataclass
class Roster:
    """The duty of every officer at every instant and knowledge time.

    `contradicted` are shifts whose versions contradict each other. Officers in `never` have no duty at any time, those
    in `never_from` have none at knowledge times from that instant on.
    """

    versions: dict[str, list[Entry]] = field(default_factory=dict)
    contradicted: set[str] = field(default_factory=set)
    never: set[str] = field(default_factory=set)
    never_from: dict[str, int] = field(default_factory=dict)

    def duty(self, officer: str, t: int, k: int) -> bool:
        """Whether some entry that counts at knowledge time k grants t, and none takes it away."""
        return bool(self.granting(officer, t, k)) and not self.taken(officer, t, k)

    def granting(self, officer: str, t: int, k: int) -> list[Entry]:
        """The entries that count at k and grant t to the officer, in the order of shift_id."""
        counted = [self.counted(shift, k) for shift in sorted(self.versions) if shift not in self.contradicted]
        return [e for e in counted if e and e.grants and e.officer == officer and within(t, *e.narrow())]

    def taken(self, officer: str, t: int, k: int) -> bool:
        """Whether an entry takes t away from the officer, or the officer has lost all duty."""
        if officer in self.never or (officer in self.never_from and k >= self.never_from[officer]):
            return True
        taking = [entry for shift in self.versions for entry in self.taking(shift, k)]
        return any(e.officer == officer and within(t, *e.wide()) for e in taking)

    def taking(self, shift: str, k: int) -> list[Entry]:
        """The entries of the shift that take duty away at k: the one that counts, or all where versions contradict."""
        if shift in self.contradicted:
            return [e for e in self.versions[shift] if e.readable and e.takes]
        known = [e for e in self.versions[shift] if e.recorded_at is not None and e.recorded_at <= k]
        while (
            known and not known[-1].readable
        ):  # an unreadable version does not restore what the version before it took away
            known.pop()
        return [known[-1]] if known and known[-1].takes else []

    def counted(self, shift: str, k: int) -> Entry | None:
        """The version that counts at k: the one with the greatest recorded_at that is not after k."""
        known = [e for e in self.versions[shift] if e.recorded_at is not None and e.recorded_at <= k]
        return known[-1] if known else None

    def turning_points(self, tolerance: int) -> set[int]:
        """Every instant at which the duty of some officer may change."""
        points: set[int] = set()
        for entry in (e for versions in self.versions.values() for e in versions):
            points |= set(entry.starts or ()) | set(entry.ends or ())
            points |= set() if entry.recorded_at is None else {entry.recorded_at - tolerance}
        return points | {at - tolerance for at in self.never_from.values()}


def read_roster(rows: list[Row], policy: dict[str, Any]) -> Roster:
    """The roster of these rows; raises `Stop` where a row would hide something and does not name whose."""
    rows = [row for row in rows if not is_empty(row)]
    roster = Roster()
    for row in rows:
        officer, shift = text(row.get("officer_id")), text(row.get("shift_id"))
        if shift is None:
            without_shift(roster, officer, read_entry(row, policy))
        else:
            roster.versions.setdefault(shift, []).append(read_entry(row, policy))
    for shift, entries in roster.versions.items():
        settle(roster, shift, entries)
    return roster


def without_shift(roster: Roster, officer: str | None, entry: Entry) -> None:
    """A row without a shift concerns every shift of its officer: none of them grants from when it was recorded."""
    if officer is None:
        raise Stop("a roster row with neither officer nor shift")
    if entry.takes or entry.recorded_at is None:
        roster.never.add(officer)
    else:
        roster.never_from[officer] = min(entry.recorded_at, roster.never_from.get(officer, entry.recorded_at))


def settle(roster: Roster, shift: str, entries: list[Entry]) -> None:
    """Sort the versions, find contradictions, and take away everything where a row that takes away cannot be read."""
    for entry in entries:
        if not entry.readable and entry.takes:
            roster.never |= whose(entry, entries)
    unique = list(dict.fromkeys(entries))
    times = [entry.recorded_at for entry in unique]
    if None in times or len(set(times)) < len(times):
        roster.contradicted.add(shift)
    roster.versions[shift] = sorted(unique, key=lambda e: (e.recorded_at is not None, e.recorded_at or 0))


def whose(entry: Entry, entries: list[Entry]) -> set[str]:
    """The officer of the row, or all officers whom other rows of the shift name; `Stop` where there is none."""
    if entry.officer is not None:
        return {entry.officer}
    named = {e.officer for e in entries if e.officer is not None}
    if not named:
        raise Stop("a roster row that takes duty away and does not name from whom")
    return named


def read_entry(row: Row, policy: dict[str, Any]) -> Entry:
    """Read one row; a value that cannot be read is None and makes the entry unreadable."""
    code, status = text(row.get("duty_code")), text(row.get("status"))
    starts, ends, times_ok = read_times(row, policy, needed=status != "cancelled")
    recorded_at = attempt(instant, row.get("recorded_at"))
    officer, shift = text(row.get("officer_id")), text(row.get("shift_id"))
    readable = times_ok and None not in (recorded_at, officer, shift) and status in STATUSES
    unread = () if times_ok else tuple(text(row.get(c)) for c in ("starts_at", "ends_at", "timezone"))
    return Entry(
        shift or "",
        officer,
        starts,
        ends,
        code,
        status,
        recorded_at,
        text(row.get("recorded_by")),
        readable,
        code in policy["duty"]["on_codes"],
        unread,
    )


def read_times(row: Row, policy: dict[str, Any], *, needed: bool) -> tuple[Span | None, Span | None, bool]:
    """Both readings of start and end, and whether all values that are present or needed can be read."""
    name = text(row.get("timezone")) or policy["policy"]["timezone"]
    zone = attempt(zone_named, name)
    if zone is None:
        return None, None, False
    starts, ends = (attempt(lambda v: readings(v, zone), row.get(c)) for c in ("starts_at", "ends_at"))
    absent = [missing(row.get("starts_at")), missing(row.get("ends_at"))]
    unread = [value is None and (needed or not gone) for value, gone in zip((starts, ends), absent, strict=True)]
    ok = not any(unread) and not (starts and ends and reversed_times(row, starts, ends))
    return starts, ends, ok


def reversed_times(row: Row, starts: Span, ends: Span) -> bool:
    """Whether the end is before the start: by the wall clock for two wall times, otherwise by the widest reading."""
    start, end = date_and_time(row["starts_at"]), date_and_time(row["ends_at"])
    if start.tzinfo is None and end.tzinfo is None:
        return end < start
    return ends[1] < starts[0]


def attempt(read: Any, value: Any) -> Any:
    """The value as read, or None where it cannot be read."""
    try:
        return read(value)
    except Unreadable:
        return None
