"""Reads the versions of the roster: what each row grants, takes away or replaces, and what an unreadable row does.

The rules are specification#roster-versions, specification#bad-roster-row and specification#contradicting-versions.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from offduty.core.errors import InputError
from offduty.verify.redecide.ingest.reference_reader import ReferenceRow
from offduty.verify.redecide.ingest.wall_times import Readings, readings, zone
from offduty.verify.redecide.model import FOREVER_US, NEVER_US, Cell
from offduty.verify.redecide.rules import Rules
from offduty.verify.redecide.text_values import instant, wall

Span = tuple[int, int]
NO_READINGS: Readings = (0, 0)
ALWAYS: Span = (NEVER_US, FOREVER_US)


@dataclass(frozen=True)
class ShiftVersion:
    """One row of the roster, as it was read.

    `recorded_us`, `starts` and `ends` are None where they cannot be read. `takes` says whether the row would take duty
    away: it is not cancelled, and its code is not a duty code. `readable` says whether all of it can be read.
    """

    file: int
    row: int
    shift: str | None
    officer: str | None
    recorded_us: int | None
    status: str | None
    code: str | None
    starts: Readings | None
    ends: Readings | None
    recorded_by: str | None
    takes: bool
    readable: bool

    @property
    def contents(self) -> tuple[object, ...]:
        """What two entries with the same shift and the same `recorded_at` must agree on."""
        return self.officer, self.starts, self.ends, self.code, self.status, self.recorded_by

    @property
    def grants(self) -> bool:
        """Whether it can be read, is active, and has a duty code."""
        return self.readable and self.status == "active" and not self.takes

    def granted(self) -> Span:
        """When it grants: from the later reading of its start to the earlier of its end; never where one is missing."""
        return (self.starts or NO_READINGS)[1], (self.ends or NO_READINGS)[0]

    def taken(self) -> Span:
        """When it takes duty away: from the earlier reading of its start to the later reading of its end."""
        return (self.starts or NO_READINGS)[0], (self.ends or NO_READINGS)[1]


@dataclass(frozen=True)
class Contradiction:
    """Entries with the same shift and `recorded_at` that differ, and all officers that the shift names."""

    rows: frozenset[Cell]
    officers: frozenset[str]


@dataclass
class ShiftVersions:
    """Versions by shift, in the order of their record times, and which officers lose their duty.

    `contradicted` shifts grant nothing, and what takes duty away in them does so at every knowledge time. Officers of
    `without_any` have no duty at all; those of `without_from` have none from a knowledge time on.
    """

    versions: dict[str, list[ShiftVersion]] = field(default_factory=dict)
    contradicted: set[str] = field(default_factory=set)
    without_any: set[str] = field(default_factory=set)
    without_from: dict[str, int] = field(default_factory=dict)
    refused: set[Cell] = field(default_factory=set)
    contradictions: list[Contradiction] = field(default_factory=list)
    last_recorded_us: int | None = None


def read_shifts(rows: Iterable[ReferenceRow], rules: Rules, names: dict[int, str]) -> ShiftVersions:
    """All versions of all shifts.

    Raises `InputError` for a row that names neither officer nor shift, or that takes duty away and does not say whose.
    """
    shifts = ShiftVersions()
    for row in rows:
        version = _version(row, rules)
        if version.shift is None and version.officer is None:
            raise InputError("a roster row names neither officer nor shift", file=names.get(row.file), row=row.row)
        if version.recorded_us is not None:
            shifts.last_recorded_us = max(shifts.last_recorded_us or version.recorded_us, version.recorded_us)
        if not version.readable:
            shifts.refused.add((version.file, version.row))
        if version.shift is None:
            _of_no_shift(shifts, version)
        else:
            shifts.versions.setdefault(version.shift, []).append(version)
    for shift, versions in shifts.versions.items():
        _settle(shifts, shift, versions, names)
    return shifts


def _version(row: ReferenceRow, rules: Rules) -> ShiftVersion:
    status, code = row.text("status"), row.text("duty_code")
    cancelled = status == "cancelled"
    where = zone(row.text("timezone") or rules.zone)
    starts, ends = (readings(row.values.get(column), where) for column in ("starts_at", "ends_at"))
    shift, officer, recorded = row.text("shift_id"), row.text("officer_id"), instant(row.values.get("recorded_at"))
    timed = starts is not None and ends is not None and not _is_reversed(row, starts, ends)
    known = status in ("active", "cancelled") and recorded is not None and shift is not None and officer is not None
    return ShiftVersion(
        row.file,
        row.row,
        shift,
        officer,
        recorded,
        status,
        code,
        starts,
        ends,
        row.text("recorded_by"),
        takes=not cancelled and code not in rules.on_codes,
        readable=known and (cancelled or timed),
    )


def _is_reversed(row: ReferenceRow, starts: Readings, ends: Readings) -> bool:
    """Whether the end is before the start: by the wall clock where both are wall times, else by every reading."""
    clocks = [wall(row.values.get(column)) for column in ("starts_at", "ends_at")]
    if all(clock is not None and not clock[1] for clock in clocks):
        first, last = (clock[0] for clock in clocks if clock is not None)
        return last < first
    return ends[1] < starts[0]


def _of_no_shift(shifts: ShiftVersions, version: ShiftVersion) -> None:
    """A row without a shift may be a version of any shift of its officer: from its record time on none of them grants.

    See docs/choices.md.
    """
    officer = str(version.officer)
    if version.takes or version.recorded_us is None:
        shifts.without_any.add(officer)
    else:
        shifts.without_from[officer] = min(shifts.without_from.get(officer, FOREVER_US), version.recorded_us)


def _settle(shifts: ShiftVersions, shift: str, versions: list[ShiftVersion], names: dict[int, str]) -> None:
    named = frozenset(version.officer for version in versions if version.officer is not None)
    versions.sort(key=lambda version: NEVER_US if version.recorded_us is None else version.recorded_us)
    if any(version.recorded_us is None for version in versions):
        shifts.contradicted.add(shift)
    by_recording: dict[int | None, list[ShiftVersion]] = {}
    for version in versions:
        by_recording.setdefault(version.recorded_us, []).append(version)
    for recorded, together in by_recording.items():
        if recorded is not None and len({version.contents for version in together}) > 1:
            shifts.contradicted.add(shift)
            shifts.contradictions.append(Contradiction(frozenset((v.file, v.row) for v in together), named))
    for version in versions:
        if version.takes and not version.readable:
            _takes_all(shifts, version, named, names)


def _takes_all(shifts: ShiftVersions, version: ShiftVersion, named: frozenset[str], names: dict[int, str]) -> None:
    """An unreadable row that takes duty away takes all duty of its officer, or of all officers that its shift names."""
    officers = named if version.officer is None else {version.officer}
    if not officers:
        raise InputError(
            "a roster row takes duty away and does not say from whom", file=names.get(version.file), row=version.row
        )
    shifts.without_any |= officers
