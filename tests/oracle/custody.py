"""Determines to whom a device was assigned, from when to when, and since when that was known (specification#custody)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.oracle.clock import ALWAYS, UNLIMITED, Clock, Times, When, within
from tests.oracle.ids import alike, readable_id
from tests.oracle.reading import Row, Stop, Unreadable, is_empty, no_time


@dataclass(frozen=True)
class Assignment:
    """One row that was known at `as_of`; without an officer it cannot be read, and hides its device for its time.

    `custody_from` is when it was known that it gives custody: ever, where nothing is recorded, and never, where only
    its early reading lies before `as_of`.
    """

    device: str
    officer: str | None
    times: Times
    custody_from: int


@dataclass(frozen=True)
class Custody:
    """The assignments that were known at `as_of`."""

    assignments: list[Assignment]
    distinct: bool

    def of(self, device: str) -> list[Assignment]:
        """The assignments of the device and of its lookalikes."""
        return [a for a in self.assignments if alike(a.device, device, distinct=self.distinct)]

    def holder(self, device: str, t: int) -> tuple[str | None, str]:
        """The officer who alone held the device at t, behind None; otherwise the reason, and no officer."""
        officers = {a.officer for a in self.of(device) if within(t, a.times.wide)}
        if None in officers or not officers:
            return "unassigned", ""
        if len(officers) > 1:
            return "shared", ""
        (officer,) = officers
        return (None, officer) if officer and self.granting(device, officer, t) else ("unassigned", "")

    def granting(self, device: str, officer: str, t: int) -> list[Assignment]:
        """The assignments of exactly this device to exactly this officer that give custody at t, read narrowly."""
        return [
            a
            for a in self.assignments
            if (a.device, a.officer) == (device, officer) and within(t, a.times.narrow) and a.custody_from < ALWAYS[1]
        ]

    def known_in_time(self, device: str, officer: str, t: int, tolerance: int) -> bool:
        """Whether one of them was recorded by t, or at most the tolerance later."""
        return any(a.custody_from <= t + tolerance for a in self.granting(device, officer, t))

    def turning_points(self, device: str, tolerance: int) -> set[int]:
        """Every instant at which the holder of the device may change, or what was known of it in time."""
        points: set[int] = set()
        for a in self.of(device):
            points |= {*a.times.narrow, *a.times.wide, a.custody_from - tolerance}
        return points


def read_custody(rows: list[Row], clock: Clock, as_of: int, *, distinct: bool) -> Custody:
    """Read the assignments; a row without a device, or none that can be read, stops the run."""
    read = [read_assignment(row, clock, as_of) for row in rows if not is_empty(row)]
    known = [a for a in read if a is not None]
    if known and all(a.officer is None for a in known):
        raise Stop("no assignment can be read")
    return Custody(known, distinct)


def read_assignment(row: Row, clock: Clock, as_of: int) -> Assignment | None:
    """Read one row; None where it was recorded after `as_of`. A row with bad times hides its device throughout."""
    recorded, written = attempt(clock.when, row.get("recorded_at")), not no_time(row.get("recorded_at"))
    if recorded and recorded.early > as_of:
        return None
    device, officer = readable_id(row.get("device_id")), readable_id(row.get("officer_id"))
    if device is None:
        raise Stop("an assignment without a device")
    times = None if no_time(row.get("valid_from")) else attempt(clock.times, row["valid_from"], row.get("valid_to"))
    if times is None or (written and recorded is None):
        return Assignment(device, None, UNLIMITED, ALWAYS[1])
    return Assignment(device, officer, times, custody_from(recorded, as_of))


def custody_from(recorded: When | None, as_of: int) -> int:
    """When it was known that an assignment gives custody, read late; never, where that is after `as_of`."""
    if recorded is None:
        return ALWAYS[0]
    return recorded.end if recorded.end <= as_of else ALWAYS[1]


def attempt(read: Callable[..., Any], *values: Any) -> Any:
    """The values as read, or None where they cannot be read."""
    try:
        return read(*values)
    except Unreadable:
        return None
