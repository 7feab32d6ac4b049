"""Reads the versions of the roster: what each row grants, takes away or undoes, and what an unreadable row does.

The rules are specification#roster-versions, specification#bad-roster-row and specification#contradicting-versions.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from offduty.core.errors import InputError
from offduty.verify.redecide.ingest.lookalikes import likeness
from offduty.verify.redecide.ingest.reference_row import KnownRow, ReferenceRow
from offduty.verify.redecide.ingest.wall_times import (
    Readings,
    TableZone,
    WallZone,
    table_zone,
    wall_readings,
    wall_zone,
)
from offduty.verify.redecide.model import FOREVER_US, NEVER_US, Cell
from offduty.verify.redecide.rules import Rules
from offduty.verify.redecide.tables import COLUMNS
from offduty.verify.redecide.text_values import LAST_US, no_time

Span = tuple[int, int]
ALWAYS: Span = (NEVER_US, FOREVER_US)


@dataclass(frozen=True)
class ShiftVersion:
    """One row of the roster, as it was read.

    `recorded` is None where it cannot be read, and so is `times` (the start and the end). `side` is where it may lie,
    read narrowly, if it has one time or none. `takes` says whether the row would take duty away: it is not cancelled,
    and its code is not a duty code. `readable` says whether all of it can be read; `raw` is all that is written, where
    something cannot.
    """

    file: int
    row: int
    shift: str | None
    officer: str | None
    recorded: Readings | None
    status: str | None
    code: str | None
    times: tuple[Readings, Readings] | None
    side: Span
    takes: bool
    readable: bool
    raw: tuple[str | None, ...]

    @cached_property
    def recorded_us(self) -> int | None:
        """Its one record time: early where it takes duty away or cannot be read, else late."""
        if self.recorded is None:
            return None
        return self.recorded.early if self.takes or not self.readable else self.recorded.late

    @property
    def since_us(self) -> int:
        """Its record time; before all others where it cannot be read."""
        return NEVER_US if self.recorded_us is None else self.recorded_us

    @cached_property
    def contents(self) -> tuple[object, ...]:
        """What two entries with the same shift and the same record time must agree on."""
        if not self.readable:
            return self.raw
        if self.status == "cancelled" or self.times is None:
            return self.officer, self.status
        start, end = self.times
        return self.officer, self.code, start.early, start.begin, end  # a day begins when its first hour does

    @property
    def grants(self) -> bool:
        """Whether it can be read, is active, and has a duty code."""
        return self.readable and self.status == "active" and not self.takes

    @cached_property
    def narrow(self) -> Span | None:
        """Its time, read narrowly; it may be reversed. None where it has none."""
        return None if self.times is None else (self.times[0].begin, self.times[1].early)

    @cached_property
    def wide(self) -> Span:
        """Its time, read widely."""
        return ALWAYS if self.times is None else (self.times[0].early, self.times[1].late)


@dataclass(frozen=True)
class Grant:
    """A version that grants duty, with the knowledge times at which it counts."""

    known: Span
    version: ShiftVersion


@dataclass(frozen=True)
class Taking:
    """A time that is taken from an officer, with the knowledge times at which that counts."""

    known: Span
    officer: str
    span: Span
    version: ShiftVersion


@dataclass(frozen=True)
class Contradiction:
    """Entries with the same shift and record time that differ, and all officers that the shift names."""

    rows: frozenset[Cell]
    officers: frozenset[str]


@dataclass
class SettledRoster:
    """What the roster grants and takes away; `barred` officers have no duty at all.

    `absent` is how many rows were recorded after `as_of`, `refused` are rows that cannot be read, and
    `last_recorded_us` are the instants that the newest record time may mean.
    """

    grants: list[Grant] = field(default_factory=list)
    takings: list[Taking] = field(default_factory=list)
    barred: set[str] = field(default_factory=set)
    refused: set[Cell] = field(default_factory=set)
    contradictions: list[Contradiction] = field(default_factory=list)
    absent: int = 0
    known: list[KnownRow] = field(default_factory=list)
    last_recorded_us: frozenset[int | None] = frozenset({None})


def read_roster(rows: Iterable[ReferenceRow], rules: Rules, names: dict[int, str]) -> SettledRoster:
    """All versions of all shifts, settled.

    Raises `InputError` for a row that names neither officer nor shift, or that takes duty away and does not say whose,
    and where rows were known and none can be read.
    """
    roster = SettledRoster()
    zones = table_zone(*rules.zones_of("roster"))
    written = list(rows)
    versions = [_version(row, rules, zones) for row in written]
    recorded = [version.recorded for version in versions if version.recorded is not None]
    if recorded:
        newest = [min(max(instants), LAST_US - 1) for instants in zip(*recorded, strict=True)]
        roster.last_recorded_us = frozenset(newest)
    there = [version for version in versions if version.since_us <= rules.as_of_us]
    pairs = zip(written, versions, strict=True)
    roster.known = [_known(row, version) for row, version in pairs if version.since_us <= rules.as_of_us]
    roster.absent = len(versions) - len(there)
    if there and not any(version.readable for version in there):
        raise InputError("no row of the roster can be read")
    for version in there:
        if version.shift is None and version.officer is None:
            raise InputError(
                "a roster row names neither officer nor shift", file=names.get(version.file), row=version.row
            )
        if not version.readable:
            roster.refused.add((version.file, version.row))
    _settle(roster, there, _Alike.of(rules), names)
    return roster


def read_versions(rows: Iterable[ReferenceRow], rules: Rules) -> list[ShiftVersion]:
    """Every version that was there at ``as_of``, as it was read, whether or not it says something about duty."""
    zones = table_zone(*rules.zones_of("roster"))
    versions = (_version(row, rules, zones) for row in rows)
    return [version for version in versions if version.since_us <= rules.as_of_us]


def settle_versions(versions: list[ShiftVersion], rules: Rules) -> SettledRoster:
    """What these versions grant and take away, whether or not any of them can be read.

    Raises `InputError` for one that takes duty away and does not say whose.
    """
    roster = SettledRoster()
    _settle(roster, versions, _Alike.of(rules), {})
    return roster


def _known(row: ReferenceRow, version: ShiftVersion) -> KnownRow:
    span = None if version.times is None else version.wide
    return KnownRow(row, span, version.readable, recorded=version.recorded is not None)


def _version(row: ReferenceRow, rules: Rules, zones: TableZone) -> ShiftVersion:
    status, code = row.text("status"), row.text("duty_code")
    cancelled = status == "cancelled"
    where = _zone_of(row, rules, zones)
    starts_at, ends_at = (row.values.get(column) for column in ("starts_at", "ends_at"))
    starts, ends = wall_readings(starts_at, where), wall_readings(ends_at, where)
    times = _times(starts, ends)
    shift, officer = row.id("shift_id"), row.id("officer_id")
    recorded = zones.readings(row.values.get("recorded_at"))
    known = status in ("active", "cancelled") and recorded is not None and shift is not None and officer is not None
    timed = times is not None or (cancelled and _has_no_times((starts_at, ends_at), where))
    readable = known and timed and where is not None
    return ShiftVersion(
        row.file,
        row.row,
        shift,
        officer,
        recorded,
        status,
        code,
        times,
        side=(starts.begin if starts else NEVER_US, ends.early if ends else FOREVER_US),
        takes=not cancelled and code not in rules.on_codes,
        readable=readable,
        raw=() if readable else tuple(row.text(column) for column in COLUMNS["roster"]),
    )


def _has_no_times(values: tuple[object, object], where: WallZone | None) -> bool:
    """Whether one of the two is missing, and neither is written so that it cannot be read."""
    return any(map(no_time, values)) and all(no_time(value) or wall_readings(value, where) for value in values)


def _zone_of(row: ReferenceRow, rules: Rules, zones: TableZone) -> WallZone | None:
    """The zone of a row: its own, else the table's, else the policy's; None where its own does not exist."""
    name = row.text("timezone")
    return zones.days if name is None else wall_zone(name, rules.zone)


def _times(starts: Readings | None, ends: Readings | None) -> tuple[Readings, Readings] | None:
    """Start and end; None where one cannot be read, or the end is before the start by every reading."""
    return None if starts is None or ends is None or ends.ends_before(starts) else (starts, ends)


@dataclass(frozen=True)
class _Alike:
    """What lookalike shifts, and lookalike officers, have in common; where the job says so, nothing but their id."""

    shift: Callable[[str], str]
    officer: Callable[[str], str]

    @classmethod
    def of(cls, rules: Rules) -> _Alike:
        return cls(*(likeness if rules.alike(column, "roster") else str for column in ("shift_id", "officer_id")))


def _settle(roster: SettledRoster, versions: list[ShiftVersion], alike: _Alike, names: dict[int, str]) -> None:
    families: dict[str, dict[str, list[ShiftVersion]]] = defaultdict(lambda: defaultdict(list))
    for version in versions:
        if version.shift is None:
            # It may be a version of any shift of its officer, who so has no duty as it is known now.
            roster.barred.add(str(version.officer))
        else:
            families[alike.shift(version.shift)][version.shift].append(version)
    for family in families.values():
        named = {v.officer for each in family.values() for v in each if v.officer is not None}
        for versions_of_shift in family.values():
            contradicted = _contradicted(roster, versions_of_shift)
            if not contradicted:
                roster.grants += _grants(versions_of_shift, family, alike)
            roster.takings += _takings(versions_of_shift, throughout=contradicted)
        for version in (v for each in family.values() for v in each if v.takes and not v.readable):
            officers = named if version.officer is None else {version.officer}
            if not officers:
                what = "a roster row takes duty away and does not say from whom"
                raise InputError(what, file=names.get(version.file), row=version.row)
            roster.barred |= officers


def _contradicted(roster: SettledRoster, versions: list[ShiftVersion]) -> bool:
    """Whether a shift contradicts itself, or nobody knows in which order its versions were recorded."""
    named = frozenset(version.officer for version in versions if version.officer is not None)
    found = any(version.recorded is None for version in versions)
    together: dict[object, list[ShiftVersion]] = defaultdict(list)
    for version in versions:
        if version.recorded is not None:
            together[version.recorded_us].append(version)
            together[version.recorded].append(version)  # a bare date is read early for one row, and late for another
    for same_time in together.values():
        if len(same_time) > 1 and len({version.contents for version in same_time}) > 1:
            found = True
            roster.contradictions.append(Contradiction(frozenset((v.file, v.row) for v in same_time), named))
    return found


def _grants(versions: list[ShiftVersion], family: dict[str, list[ShiftVersion]], alike: _Alike) -> Iterator[Grant]:
    """The grants of a shift, each until the first later version of it, or of a lookalike, that undoes it."""
    times = sorted(version.recorded_us for version in versions if version.recorded_us is not None)
    shift = versions[0].shift
    others = [v for name, each in family.items() if name != shift for v in each]
    for version in versions:
        start = version.recorded_us
        if not version.grants or start is None:
            continue
        at = bisect_right(times, start)
        ends = [times[at] if at < len(times) else FOREVER_US]
        ends += [_undone_us(version, start, other) for other in others if _may_be_of(version, other, alike)]
        if min(ends) > start:
            yield Grant((start, min(ends)), version)


def _may_be_of(version: ShiftVersion, other: ShiftVersion, alike: _Alike) -> bool:
    """Whether a version of a lookalike shift may be of the same officer: it is alike, or cannot be read."""
    return other.officer is None or alike.officer(other.officer) == alike.officer(str(version.officer))


def _undone_us(version: ShiftVersion, start: int, other: ShiftVersion) -> int:
    """From when a version of a lookalike shift undoes a grant."""
    if other.recorded_us is None:
        return NEVER_US
    if other.recorded_us == start or other.recorded == version.recorded:
        return FOREVER_US if other.contents == version.contents else NEVER_US
    return other.recorded_us if other.recorded_us > start else FOREVER_US


def _takings(versions: list[ShiftVersion], *, throughout: bool) -> Iterator[Taking]:
    """What a shift takes away, each until the first later version that is readable, its officer's, and meets it."""
    by_officer: dict[str, list[ShiftVersion]] = defaultdict(list)
    for version in versions:
        if version.readable:
            by_officer[str(version.officer)].append(version)
    for officer, mine in by_officer.items():
        mine.sort(key=lambda version: version.since_us)
        untimed = {id(v) for v in mine if v.times is None and not throughout and _undoes_all(v, mine)}
        for at, version in enumerate(mine):
            if not version.takes:
                continue
            start = version.since_us
            undoing = (
                each.recorded_us
                for each in mine[at + 1 :]
                if each.recorded_us is not None and each.recorded_us > start
                if _meet(each.side if each.narrow is None else each.narrow, version.wide)
                if each.narrow is not None or id(each) in untimed
            )
            known = ALWAYS if throughout else (start, next(undoing, FOREVER_US))
            yield Taking(known, officer, version.wide, version)


def _meet(one: Span, other: Span) -> bool:
    """Whether two spans have time in common."""
    return max(one[0], other[0]) < min(one[1], other[1])


def _undoes_all(cancelled: ShiftVersion, versions: list[ShiftVersion]) -> bool:
    """Whether a cancelled version without times undoes the takings before it: all meet, one through the next."""
    before = cancelled.since_us
    spans = sorted(v.wide for v in versions if v.takes and v.since_us < before)
    end = spans[0][1] if spans else FOREVER_US
    for start, stop in spans[1:]:
        if start >= end or start >= stop:
            return False
        end = max(end, stop)
    return len(spans) < 2 or spans[0][0] < spans[0][1]
