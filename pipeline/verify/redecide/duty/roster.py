"""The roster's versions: what each row grants, takes away, undoes, or spoils (SPEC 2 and 3)."""

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
    """One roster row as it was understood.

    `recorded_us` is None where it cannot be read, and so is `starts`, `ends`. `takes` says whether it would take duty
    away: active (or of a status nobody can tell) under any code that is not duty's. `readable` is whether all of it is.
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
    def said(self) -> tuple[object, ...]:
        """What two entries of one shift and one `recorded_at` must agree on."""
        return self.officer, self.starts, self.ends, self.code, self.status, self.recorded_by

    @property
    def grants(self) -> bool:
        """A version that can be read, is active, and is of a code that is duty."""
        return self.readable and self.status == "active" and not self.takes

    def granted(self) -> Span:
        """When it grants: from the later reading of its start to the earlier one of its end; never, where it has none."""
        return (self.starts or NO_READINGS)[1], (self.ends or NO_READINGS)[0]

    def taken(self) -> Span:
        """When it takes away: from the earlier reading of its start to the later one of its end."""
        return (self.starts or NO_READINGS)[0], (self.ends or NO_READINGS)[1]


@dataclass(frozen=True)
class Contradiction:
    """Entries of one shift and one `recorded_at` that say different things, and the officers whom the shift names."""

    rows: frozenset[Cell]
    officers: frozenset[str]


@dataclass
class ShiftVersions:
    """Versions by shift, in the order in which they were recorded, and what spoils the duty of whole officers.

    `contradicted` shifts grant nothing, and what takes away in them does so throughout. `without_any` officers have no
    duty at all; those of `without_from` have none from an instant of knowledge on.
    """

    versions: dict[str, list[ShiftVersion]] = field(default_factory=dict)
    contradicted: set[str] = field(default_factory=set)
    without_any: set[str] = field(default_factory=set)
    without_from: dict[str, int] = field(default_factory=dict)
    refused: set[Cell] = field(default_factory=set)
    clashes: list[Contradiction] = field(default_factory=list)
    last_recorded_us: int | None = None


def read_shifts(rows: Iterable[ReferenceRow], rules: Rules, names: dict[int, str]) -> ShiftVersions:
    """All versions. A row that names neither officer nor shift, or takes duty from nobody it names, stops everything."""
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
    timed = starts is not None and ends is not None and not _turned(row, starts, ends)
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


def _turned(row: ReferenceRow, starts: Readings, ends: Readings) -> bool:
    """Whether the end lies before the start: by the wall clock where both are wall times, else by every reading."""
    clocks = [wall(row.values.get(column)) for column in ("starts_at", "ends_at")]
    if all(clock is not None and not clock[1] for clock in clocks):
        first, last = (clock[0] for clock in clocks if clock is not None)
        return last < first
    return ends[1] < starts[0]


def _of_no_shift(shifts: ShiftVersions, version: ShiftVersion) -> None:
    """It may be a version of any shift of its officer: from its recording on none of them grants (docs/choices.md)."""
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
        if recorded is not None and len({version.said for version in together}) > 1:
            shifts.contradicted.add(shift)
            shifts.clashes.append(Contradiction(frozenset((v.file, v.row) for v in together), named))
    for version in versions:
        if version.takes and not version.readable:
            _takes_all(shifts, version, named, names)


def _takes_all(shifts: ShiftVersions, version: ShiftVersion, named: frozenset[str], names: dict[int, str]) -> None:
    """What would take duty away, nobody can tell when or from whom: all duty of its officer, or of all the shift names."""
    whose = named if version.officer is None else {version.officer}
    if not whose:
        raise InputError(
            "a roster row takes duty away from nobody knows whom", file=names.get(version.file), row=version.row
        )
    shifts.without_any |= whose
