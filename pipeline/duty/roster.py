"""Reads the roster: the versions of each shift, what each grants or takes away, and the rows that cannot be read."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from offduty.arrays.arrow import Bools, Ints, one_chunk, to_ints
from offduty.arrays.dictionary import DictionaryColumn, coded, without_empty_rows
from offduty.core.errors import OwnerlessRowError
from offduty.core.instants import FOREVER_US, NEVER_US, instants, wall_time
from offduty.core.refusal import Refusal

ACTIVE = "active"
CANCELLED = "cancelled"
CLASH = "another entry of its shift has the same recorded_at and says otherwise"


@dataclass(frozen=True)
class Roster:
    """The entries of the requested officers, one element each, sorted by shift and record time.

    ``file`` and ``row`` say where the entry is written. ``shift`` numbers the shifts in the order of their ids. The
    entry counts at the knowledge times `[recorded, next_version)`; ``next_readable`` is the record time of the next
    version that can be read. A ``barred`` officer has no duty at any time, at knowledge times from ``barred_from`` on.
    ``last_recorded_us`` is the newest record time of the whole roster; None where none can be read.
    """

    file: Ints
    row: Ints
    shift: Ints
    officer: Ints
    starts_early: Ints
    starts_late: Ints
    ends_early: Ints
    ends_late: Ints
    code: Ints
    codes: list[str]
    grants: Bools
    takes: Bools
    contradicted: Bools
    recorded: Ints
    next_version: Ints
    next_readable: Ints
    barred: Ints
    barred_from: Ints
    refused: tuple[Refusal, ...]
    last_recorded_us: int | None


@dataclass(frozen=True)
class _RosterRows:
    """The columns of the rows after reading, one element for each row."""

    file: Ints
    row: Ints
    shift: Ints
    officer: DictionaryColumn
    start: _WallTimes
    end: _WallTimes
    zone: DictionaryColumn
    code: DictionaryColumn
    status: DictionaryColumn
    recorded: Ints
    recorded_read: Bools
    recorded_by: DictionaryColumn

    @property
    def cancelled(self) -> Bools:
        return self.status.flags({CANCELLED})

    @property
    def active(self) -> Bools:
        return self.status.flags({ACTIVE})


@dataclass(frozen=True)
class _WallTimes:
    """A column of wall times: both readings, the wall clock (`NEVER_US`: it had an offset), and whether it was read."""

    early: Ints
    late: Ints
    wall: Ints
    read: Bools


def read_roster(rows: pa.Table, officers: dict[str, int], policy_zone: str, on_codes: tuple[str, ...]) -> Roster:
    """The roster of these officers.

    ``rows`` has ``file``, ``row`` and the contract's columns as text, as they are written. A row of which anything
    cannot be read is refused, and is a version that grants nothing (specification#bad-roster-row). Empty rows are
    ignored. Raises `OwnerlessRowError` for a row that names neither officer nor shift, and for a row that takes duty
    away from a shift of which no version names an officer (specification#row-without-owner).
    """
    read = _read(without_empty_rows(rows), policy_zone)
    on_code = read.code.flags(frozenset(on_codes))
    wrong = _what_is_wrong(read, policy_zone)
    readable = np.array([not why for why in wrong], np.bool_)
    takes_away = ~read.cancelled & ~on_code
    barred, barred_from = _barred(read, readable, takes_away, officers)
    roster = _versions(read, readable, on_code, takes_away, officers, barred, barred_from)
    refused = [Refusal("roster", int(read.file[i]), int(read.row[i]), wrong[i]) for i in np.flatnonzero(~readable)]
    refused += roster.refused
    latest = int(read.recorded[read.recorded_read].max()) if read.recorded_read.any() else None
    return replace(roster, refused=tuple(sorted(refused)), last_recorded_us=latest)


def _read(rows: pa.Table, policy_zone: str) -> _RosterRows:
    shift, zone = coded(rows["shift_id"]), coded(rows["timezone"])
    recorded = instants(one_chunk(rows["recorded_at"]))
    return _RosterRows(
        file=to_ints(rows["file"].cast(pa.int64()), -1),
        row=to_ints(rows["row"], -1),
        shift=shift.codes,
        officer=coded(rows["officer_id"]),
        start=_read_wall_times(coded(rows["starts_at"]), zone, policy_zone),
        end=_read_wall_times(coded(rows["ends_at"]), zone, policy_zone),
        zone=zone,
        code=coded(rows["duty_code"]),
        status=coded(rows["status"]),
        recorded=recorded.us,
        recorded_read=recorded.read,
        recorded_by=coded(rows["recorded_by"]),
    )


def _read_wall_times(texts: DictionaryColumn, zones: DictionaryColumn, policy_zone: str) -> _WallTimes:
    """Read each distinct pair of wall time and zone once; the roster of a year has a few thousand of them."""
    width = len(zones.texts) + 1
    pairs, where = np.unique((texts.codes + 1) * width + zones.codes + 1, return_inverse=True)
    early, late, wall = (np.full(len(pairs), NEVER_US) for _ in range(3))
    read = np.zeros(len(pairs), np.bool_)
    for i, pair in enumerate(pairs.tolist()):
        text, zone = pair // width - 1, pair % width - 1
        reading = wall_time(texts.texts[text], zones.texts[zone] if zone >= 0 else policy_zone) if text >= 0 else None
        if reading is not None:
            early[i], late[i], read[i] = reading.early_us, reading.late_us, True
            wall[i] = NEVER_US if reading.wall_us is None else reading.wall_us
    return _WallTimes(early[where], late[where], wall[where], read[where])


def _what_is_wrong(read: _RosterRows, policy_zone: str) -> list[str]:
    """For each row what cannot be read, in words, or an empty text. Cancelled rows need no times."""
    backwards = np.where(
        (read.start.wall != NEVER_US) & (read.end.wall != NEVER_US),
        read.end.wall < read.start.wall,
        read.end.late < read.start.early,
    )
    timed = ~read.cancelled
    faults = [
        (read.shift < 0, "shift_id is missing"),
        (read.officer.missing, "officer_id is missing"),
        (~read.recorded_read, "recorded_at cannot be read"),
        (~read.active & ~read.cancelled, "status is neither active nor cancelled"),
        (timed & ~read.start.read, "starts_at cannot be read"),
        (timed & ~read.end.read, "ends_at cannot be read"),
        (timed & read.start.read & read.end.read & backwards, "it ends before it starts"),
    ]
    wrong = [""] * len(read.shift)
    for where, why in faults:
        for i in np.flatnonzero(where).tolist():
            wrong[i] = f"{wrong[i]}; {why}" if wrong[i] else why
    return wrong


def _barred(read: _RosterRows, readable: Bools, takes_away: Bools, officers: dict[str, int]) -> tuple[Ints, Ints]:
    """The officers who lose all duty because of an unreadable row, and the knowledge time from which on they lose it.

    A row that takes duty away takes all duty of its officer, at all times (specification#bad-roster-row). A row without
    a shift may be a version of any shift of its officer, so from its record time on none of them grants. The
    specification does not decide this case; this answer hides more (specification#doubt).
    """
    officer_codes = read.officer.onto(officers)
    barred: list[int] = []
    barred_from: list[int] = []
    for i in np.flatnonzero(~readable & (takes_away | (read.shift < 0))).tolist():
        from_us = int(read.recorded[i]) if not takes_away[i] and read.recorded_read[i] else NEVER_US
        for officer in _officers_concerned(read, officer_codes, i):
            barred.append(officer)
            barred_from.append(from_us)
    ownerless = ~readable & (read.shift < 0) & read.officer.missing
    if ownerless.any():
        i = int(np.flatnonzero(ownerless)[0])
        raise _ownerless_row(read, i, "names neither officer nor shift")
    return np.array(barred, np.int64), np.array(barred_from, np.int64)


def _officers_concerned(read: _RosterRows, officer_codes: Ints, i: int) -> list[int]:
    """The officers that row i concerns: its own, or those whom the other versions of its shift name.

    An officer who was not requested (code -1) is left out.
    """
    if read.officer.codes[i] >= 0:
        return [int(officer_codes[i])] if officer_codes[i] >= 0 else []
    if read.shift[i] < 0:
        return []
    others = (read.shift == read.shift[i]) & ~read.officer.missing
    if not others.any():
        raise _ownerless_row(read, i, "takes duty away and names no officer, and no version of its shift names one")
    return [int(officer) for officer in np.unique(officer_codes[others]) if officer >= 0]


def _ownerless_row(read: _RosterRows, i: int, what: str) -> OwnerlessRowError:
    return OwnerlessRowError(
        f"the row {what}: it may hide something and does not name whose. Correct or remove it, then run again",
        number=int(read.file[i]),
        row=int(read.row[i]),
    )


def _versions(
    read: _RosterRows,
    readable: Bools,
    on_code: Bools,
    takes_away: Bools,
    officers: dict[str, int],
    barred: Ints,
    barred_from: Ints,
) -> Roster:
    """Sort the entries by shift and version, and determine what each of them grants or takes away."""
    officer_codes = read.officer.onto(officers)
    order = _sorted_versions(read, officer_codes)
    shift, recorded, ok = read.shift[order], read.recorded[order], readable[order]
    clashes = _clashes(read, order, shift, recorded)
    contradicted = _whole_shift(shift, clashes | ~read.recorded_read[order])
    refused = tuple(Refusal("roster", int(read.file[i]), int(read.row[i]), CLASH) for i in order[clashes].tolist())
    next_version, next_readable = _next(shift, recorded, ok)
    officer = officer_codes[order]
    counts = ok & read.active[order] & (officer >= 0)
    return Roster(
        file=read.file[order],
        row=read.row[order],
        shift=shift,
        officer=officer,
        starts_early=read.start.early[order],
        starts_late=read.start.late[order],
        ends_early=read.end.early[order],
        ends_late=read.end.late[order],
        code=read.code.codes[order],
        codes=read.code.texts,
        grants=counts & on_code[order] & ~contradicted,
        takes=counts & takes_away[order],
        contradicted=contradicted,
        recorded=recorded,
        next_version=next_version,
        next_readable=next_readable,
        barred=barred,
        barred_from=barred_from,
        refused=refused,
        last_recorded_us=None,
    )


def _sorted_versions(read: _RosterRows, officer_codes: Ints) -> Ints:
    """The rows of the shifts that concern a requested officer, sorted by shift, record time, file and row."""
    concerned = np.zeros(int(read.shift.max(initial=-1)) + 2, np.bool_)
    concerned[read.shift[officer_codes >= 0]] = True
    concerned[-1] = False
    rows = np.flatnonzero(concerned[read.shift])
    return rows[np.lexsort((read.row[rows], read.file[rows], read.recorded[rows], read.shift[rows]))]


def _clashes(read: _RosterRows, order: Ints, shift: Ints, recorded: Ints) -> Bools:
    """Entries whose content differs from the entry before them, of the same shift and record time."""
    content = np.column_stack(
        [
            read.officer.codes,
            read.start.early,
            read.start.late,
            read.end.early,
            read.end.late,
            read.start.read,
            read.end.read,
            read.code.codes,
            read.status.codes,
            read.recorded_by.codes,
        ]
    )[order]
    clash = np.zeros(len(order), np.bool_)
    clash[1:] = (shift[1:] == shift[:-1]) & (recorded[1:] == recorded[:-1]) & (content[1:] != content[:-1]).any(axis=1)
    return clash


def _whole_shift(shift: Ints, found: Bools) -> Bools:
    """True for all entries of a shift that has at least one of the found entries."""
    hit = np.zeros(int(shift.max(initial=-1)) + 1, np.bool_)
    hit[shift[found]] = True
    return hit[shift]


def _next(shift: Ints, recorded: Ints, readable: Bools) -> tuple[Ints, Ints]:
    """For each entry the record time of the next version of its shift, and of the next version that can be read.

    `FOREVER_US` where there is none. Entries of one shift and record time are one version.
    """
    n = len(shift)
    begins = np.ones(n, np.bool_)
    begins[1:] = (shift[1:] != shift[:-1]) | (recorded[1:] != recorded[:-1])
    later = _next_at(begins, n)
    later_readable = _next_at(begins & readable, n)
    return _record_time(later, shift, recorded), _record_time(later_readable, shift, recorded)


def _next_at(marked: Bools, n: int) -> Ints:
    """For each position the next marked position after it; n where there is none."""
    positions = np.append(np.where(marked, np.arange(n), n), n)
    return np.minimum.accumulate(positions[::-1])[::-1][1:]


def _record_time(position: Ints, shift: Ints, recorded: Ints) -> Ints:
    """The record time at each position, or `FOREVER_US` where that is past the end or of another shift."""
    if not len(shift):
        return position
    inside = position < len(shift)
    at = np.where(inside, position, 0)
    return np.where(inside & (shift[at] == shift), recorded[at], FOREVER_US)
