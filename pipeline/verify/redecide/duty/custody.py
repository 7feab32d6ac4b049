"""Custody: which officer each device was assigned to, over time; several officers, or none, are possible.

Custody is granted narrowly: to the officer of an assignment of exactly this device, within the narrow reading of its
time, from when it was on record. Another holder takes it away widely: of a lookalike of the device, within the wide
reading, whenever it was recorded. The rules are specification#table-assignments, specification#bad-assignment,
specification#reason-shared and specification#late-edit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby

from offduty.core.errors import InputError
from offduty.verify.redecide.ingest.lookalikes import likeness
from offduty.verify.redecide.ingest.reference_row import KnownRow, ReferenceRow
from offduty.verify.redecide.ingest.wall_times import Readings, TableZone, table_zone
from offduty.verify.redecide.model import FOREVER_US, NEVER_US, Cell
from offduty.verify.redecide.rules import Rules
from offduty.verify.redecide.text_values import no_time

SHARED = None
"""The value in place of the officer where there are several."""
ALWAYS = Readings(NEVER_US, NEVER_US, NEVER_US)
"""The record time of a row that has none: it was always known."""
OPEN = Readings(FOREVER_US, FOREVER_US, FOREVER_US)


@dataclass(frozen=True)
class AssignedStretch:
    """A stretch of time in which a device was assigned: to one officer alone, or to several (`SHARED`).

    In a `late` stretch the officer holds it only by assignments that were recorded too late.
    """

    from_us: int
    to_us: int
    officer: str | None
    late: bool = False


@dataclass
class DeviceAssignments:
    """The stretches of each device that was ever assigned, in order and disjoint; and what was found in the rows.

    `alike` are the stretches of other devices that look like one of these, by their likeness; `absent` is how many rows
    were recorded after `as_of`, and `refused` are the rows that cannot be read.
    """

    by_device: dict[str, tuple[AssignedStretch, ...]] = field(default_factory=dict)
    alike: dict[str, tuple[AssignedStretch, ...]] = field(default_factory=dict)
    refused: set[Cell] = field(default_factory=set)
    absent: int = 0
    known: list[KnownRow] = field(default_factory=list)


@dataclass(frozen=True)
class _Assignment:
    """One row: `officer` is None where it cannot be read, the two times where one of them, or of all three, cannot."""

    device: str
    officer: str | None
    times: tuple[Readings, Readings] | None
    recorded: Readings

    @property
    def readable(self) -> bool:
        return self.officer is not None and self.times is not None


def settle_assignments(rows: Iterable[ReferenceRow], names: dict[int, str], rules: Rules) -> DeviceAssignments:
    """Combine the assignments of each device.

    Raises `InputError` for an assignment without a device (it would hide something, and does not say what), and where
    rows were known and none can be read.
    """
    settled, zones = DeviceAssignments(), table_zone(*rules.zones_of("assignments"))
    groups: dict[str, list[_Assignment]] = {}
    together = rules.alike("device_id", "assignments", "pings")
    for row in rows:
        recorded, known = _recorded(row, zones)
        times = _times(row, zones)
        device, officer = row.id("device_id"), row.id("officer_id")
        if recorded.early > rules.as_of_us:
            settled.absent += 1
            continue
        if device is None:
            raise InputError("an assignment names no device", file=names.get(row.file), row=row.row)
        assignment = _Assignment(device, officer, times if known else None, recorded)
        if not assignment.readable:
            settled.refused.add((row.file, row.row))
        settled.known.append(_known(row, assignment, known, rules))
        groups.setdefault(likeness(device) if together else device, []).append(assignment)
    every = [assignment for group in groups.values() for assignment in group]
    if every and not any(assignment.readable for assignment in every):
        raise InputError("no assignment can be read")
    for key, group in groups.items():
        for device in {each.device for each in group}:
            settled.by_device[device] = tuple(_stretches(device, group, rules))
        if together:
            settled.alike[key] = tuple(_stretches(None, group, rules))
    return settled


def _known(row: ReferenceRow, assignment: _Assignment, has_read: bool, rules: Rules) -> KnownRow:
    times, recorded = assignment.times, assignment.recorded
    span = None if times is None else (times[0].early, times[1].late)
    dated = has_read and recorded != ALWAYS
    return KnownRow(row, span, assignment.readable, recorded.late > rules.as_of_us, dated)


def _recorded(row: ReferenceRow, zones: TableZone) -> tuple[Readings, bool]:
    """When a row was recorded, and whether that can be read; a row without a record time was always known."""
    value = row.values.get("recorded_at")
    recorded = ALWAYS if no_time(value) else zones.readings(value)
    return recorded or ALWAYS, recorded is not None


def _times(row: ReferenceRow, zones: TableZone) -> tuple[Readings, Readings] | None:
    """Start and end; a missing end is open. None where one cannot be read, or the end is before the start."""
    start, end = (row.values.get(column) for column in ("valid_from", "valid_to"))
    first, last = zones.readings(start), OPEN if no_time(end) else zones.readings(end)
    return None if first is None or last is None or last.ends_before(first) else (first, last)


BAD, HELD, OWN, LATE = range(4)
"""What an interval says: nobody knows who holds it; an officer holds it; and has custody; or has it, recorded late."""
_Interval = tuple[int, int, int, str]
"""Start, end, one of these, and the officer."""


def _stretches(device: str | None, group: list[_Assignment], rules: Rules) -> Iterator[AssignedStretch]:
    """The stretches of a device, by its assignments and those of its lookalikes; None for a device that has none."""
    if any(each.times is None for each in group):
        return
    intervals = [interval for each in group for interval in _intervals(device, each, rules)]
    pieces = [piece for piece in _pieces(intervals) if piece is not None]
    before: AssignedStretch | None = None
    for now in pieces:
        if (
            before is not None
            and before.to_us == now.from_us
            and (before.officer, before.late)
            == (
                now.officer,
                now.late,
            )
        ):
            before = AssignedStretch(before.from_us, now.to_us, now.officer, now.late)
            continue
        if before is not None:
            yield before
        before = now
    if before is not None:
        yield before


def _intervals(device: str | None, row: _Assignment, rules: Rules) -> Iterator[_Interval]:
    """What one assignment says about a device."""
    start, end = row.times or (OPEN, OPEN)
    if row.officer is None:
        yield start.early, end.late, BAD, ""
        return
    yield start.early, end.late, HELD, row.officer
    if device == row.device and row.recorded.late <= rules.as_of_us:
        counts_from_us = row.recorded.late - rules.tolerance_us
        yield max(start.begin, counts_from_us), end.early, OWN, row.officer
        yield start.begin, min(end.early, counts_from_us), LATE, row.officer


def _pieces(intervals: list[_Interval]) -> Iterator[AssignedStretch | None]:
    """The time between each edge and the next, with what all intervals together say about it."""
    events = [
        (at, step, what, officer)
        for start, end, what, officer in intervals
        if start < end
        for at, step in ((start, 1), (end, -1))
    ]
    active: tuple[Counter[str], ...] = (Counter(), Counter(), Counter(), Counter())
    last_us = NEVER_US
    for at, together in groupby(sorted(events), key=lambda event: event[0]):
        yield _stretch(last_us, at, active)
        for _, step, what, officer in together:
            active[what][officer] += step
            if not active[what][officer]:
                del active[what][officer]
        last_us = at


def _stretch(from_us: int, to_us: int, active: tuple[Counter[str], ...]) -> AssignedStretch | None:
    """Who has the device in a piece of time; None where nobody has it, or nobody knows."""
    if active[BAD] or not active[HELD]:
        return None
    if len(active[HELD]) > 1:
        return AssignedStretch(from_us, to_us, SHARED)
    (officer,) = active[HELD]
    if not (active[OWN][officer] or active[LATE][officer]):
        return None
    return AssignedStretch(from_us, to_us, officer, late=not active[OWN][officer])
