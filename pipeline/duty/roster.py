"""Reads the roster: what the row of each version says, what of it cannot be read, and which rows are not there yet.

What a version grants, takes away or undoes is determined in `versions.py`. Rules: specification#table-roster,
specification#bad-roster-row, specification#unknown-yet.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from offduty.arrays.arrow import Bools, Ints, to_arrow, to_ints
from offduty.arrays.dictionary import DictionaryColumn, coded
from offduty.arrays.equal_rows import equal_rows
from offduty.core.errors import OwnerlessRowError
from offduty.core.id_columns import IdColumn, coded_ids
from offduty.core.ids import KeyOf, lookalike_key, stripped
from offduty.core.instants import FOREVER_US, WITHOUT_SUMMER_TIME
from offduty.core.instants import zone as zone_of
from offduty.core.refusal import BETWEEN_FAULTS, Refusal, VersionFault
from offduty.core.times import LocalTime, Times, read_local_times, read_times

TABLE = "roster"
ACTIVE = "active"
CANCELLED = "cancelled"
NO_TIME = "it takes duty away for no time: was a whole day meant? Write the dates without a time of day"
ALL_YEAR = "its timezone knows no summer time: it is read so, and also as the policy's zone"


@dataclass(frozen=True)
class RosterReading:
    """How a roster is read: what local times mean, which codes make duty, and which ids look alike."""

    local: LocalTime
    on_codes: tuple[str, ...]
    as_of_us: int = FOREVER_US
    officer_key: KeyOf = lookalike_key
    shift_key: KeyOf = lookalike_key


@dataclass(frozen=True)
class RosterRows:
    """The roster rows that were there at ``as_of``, one element for each row.

    ``there`` is the place of each row in the table.
    ``officer`` and ``shift`` are codes of ids, -1 where there is none; ``officer_family`` and ``shift_family`` are the
    same number for lookalikes. ``recorded`` is the one record time that counts: early for a row that hides, late for
    one that grants or undoes; ``recorded_as_written`` is equal for rows whose record times have equal readings.
    ``grants`` and ``takes`` say what a row does if it counts; ``would_take`` also of rows
    that cannot be read. ``timed`` is True where both times can be read. ``content`` is equal for rows that say the
    same.
    """

    there: Ints
    file: Ints
    row: Ints
    shift: Ints
    officer: Ints
    shift_family: Ints
    officer_family: Ints
    start: Times
    end: Times
    code: Ints
    codes: list[str]
    recorded: Ints
    recorded_as_written: Ints
    recorded_read: Bools
    readable: Bools
    grants: Bools
    takes: Bools
    would_take: Bools
    timed: Bools
    content: Ints
    officers: IdColumn
    shifts: IdColumn
    officer_keys: dict[str, int]
    wrong: tuple[Refusal, ...]
    doubted: tuple[Refusal, ...]
    unknown_yet: int
    last_recorded_us: int | None

    def __len__(self) -> int:
        return len(self.row)


def read_rows(rows: pa.Table, reading: RosterReading) -> RosterRows:
    """Read the rows. ``rows`` has ``file``, ``row`` and the contract's columns as text, as they are written.

    A row recorded after ``as_of`` is left out (specification#unknown-yet). A row of which anything cannot be read is
    kept, with `readable` False. Raises `OwnerlessRowError` for a row that names neither officer
    nor shift (specification#row-without-owner).
    """
    status, code = coded(rows["status"]), coded(rows["duty_code"])
    cancelled, on_code = status.flags({CANCELLED}), code.flags(frozenset(reading.on_codes))
    recorded = read_times(rows["recorded_at"], reading.local)
    zone = coded(rows["timezone"])
    start, end = (read_local_times(rows[name], zone, reading.local) for name in ("starts_at", "ends_at"))
    shift, officer = coded_ids(rows["shift_id"]), coded_ids(rows["officer_id"])
    faults = _faults(shift, officer, status, zone, start, end, recorded)
    readable = ~np.logical_or.reduce([where for where, _ in faults])
    would_take = ~cancelled & ~on_code
    hides = would_take | ~readable
    counted = np.where(hides, recorded.early, recorded.until)
    there = np.flatnonzero(~(recorded.read & (counted > reading.as_of_us)))
    kept = slice(None) if len(there) == rows.num_rows else there  # most often all are there: nothing is copied
    file, row = to_ints(rows["file"].cast(pa.int64()), -1), to_ints(rows["row"], -1)
    officer_keys: dict[str, int] = {}
    content = _content(rows, readable, cancelled, status, code, officer, start, end)
    found = RosterRows(
        there=there,
        file=file[kept],
        row=row[kept],
        shift=shift.codes[kept],
        officer=officer.codes[kept],
        shift_family=shift.families(reading.shift_key)[0][kept],
        officer_family=officer.keys(reading.officer_key, officer_keys)[kept],
        start=start.take(kept),
        end=end.take(kept),
        code=code.codes[kept],
        codes=code.texts,
        recorded=counted[kept],
        recorded_as_written=_pairs(recorded)[kept],
        recorded_read=recorded.read[kept],
        readable=readable[kept],
        grants=(readable & ~cancelled & on_code)[kept],
        takes=(readable & would_take)[kept],
        would_take=would_take[kept],
        timed=(start.read & end.read)[kept],
        content=content[kept],
        officers=IdColumn(officer.codes[kept], officer.distinct),
        shifts=IdColumn(shift.codes[kept], shift.distinct),
        officer_keys=officer_keys,
        wrong=_refusals(faults, there, file, row),
        doubted=(
            *_without_summer_time(zone, start, end, there, file, row),
            *_takes_no_time(readable & would_take & (start.early == end.until), there, file, row),
        ),
        unknown_yet=rows.num_rows - len(there),
        last_recorded_us=int(recorded.until[recorded.read].max()) if recorded.read.any() else None,
    )
    _stop_without_owner(found)
    return found


def _faults(
    shift: IdColumn,
    officer: IdColumn,
    status: DictionaryColumn,
    zone: DictionaryColumn,
    start: Times,
    end: Times,
    recorded: Times,
) -> list[tuple[Bools, VersionFault]]:
    """What cannot be read of each row, and why. Cancelled rows need no times, but those that they have must be read."""
    cancelled = status.flags({CANCELLED})
    return [
        (shift.missing, VersionFault.NO_SHIFT),
        (officer.missing, VersionFault.NO_OFFICER),
        (~recorded.read, VersionFault.NO_RECORD_TIME),
        (~cancelled & ~status.flags({ACTIVE}), VersionFault.NO_STATUS),
        (~start.read & ~(cancelled & start.missing), VersionFault.NO_START),
        (~end.read & ~(cancelled & end.missing), VersionFault.NO_END),
        (end.before(start), VersionFault.ENDS_BEFORE),
        (zone.flags(_unknown_zones(zone)), VersionFault.NO_ZONE),
    ]


def _unknown_zones(zones: DictionaryColumn) -> set[str]:
    return {name for name in zones.texts if zone_of(name) is None}


def _refusals(faults: list[tuple[Bools, VersionFault]], there: Ints, file: Ints, row: Ints) -> tuple[Refusal, ...]:
    """The rows that cannot be read, each with everything that is wrong with it."""
    wrong: dict[int, str] = {}
    kept = np.zeros(len(row), np.bool_)
    kept[there] = True
    for where, fault in faults:
        for i in np.flatnonzero(where & kept).tolist():
            wrong[i] = f"{wrong[i]}{BETWEEN_FAULTS}{fault.value}" if i in wrong else fault.value
    return tuple(Refusal(TABLE, int(file[i]), int(row[i]), why) for i, why in sorted(wrong.items()))


def _without_summer_time(
    zone: DictionaryColumn, start: Times, end: Times, there: Ints, file: Ints, row: Ints
) -> tuple[Refusal, ...]:
    """The rows whose zone knows no summer time and may be meant for the policy's (specification#gmt-all-year)."""
    doubled = (start.early != start.late) | (end.early != end.late)
    rows = there[(zone.flags(WITHOUT_SUMMER_TIME) & doubled)[there]].tolist()
    return tuple(Refusal(TABLE, int(file[i]), int(row[i]), ALL_YEAR) for i in rows)


def _takes_no_time(empty: Bools, there: Ints, file: Ints, row: Ints) -> tuple[Refusal, ...]:
    """The rows that take duty away from an instant to the same instant: an empty interval
    (specification#end-before-start), where a whole day may have been meant.
    """
    return tuple(Refusal(TABLE, int(file[i]), int(row[i]), NO_TIME) for i in there[empty[there]].tolist())


def _content(
    rows: pa.Table,
    readable: Bools,
    cancelled: Bools,
    status: DictionaryColumn,
    code: DictionaryColumn,
    officer: IdColumn,
    start: Times,
    end: Times,
) -> Ints:
    """A number for what each row says: officer and status; of an active row also code and times as instants; of a row
    that cannot be read its text (specification#contradicting-versions).
    """
    active = readable & ~cancelled
    columns = [
        np.where(readable, 0, 1 + _texts(rows, ~readable)),
        np.where(readable, officer.codes, 0),
        np.where(readable, status.codes, 0),
        *(_where(active, values) for values in (code.codes, *_readings(start, end))),
    ]
    return equal_rows(columns)


def _readings(start: Times, end: Times) -> tuple[Ints, ...]:
    """The readings of both times, each as the distance from the one before it: most distances are 0, or whole hours."""
    return start.early, start.late - start.early, end.early - start.late, end.late - end.early, end.until - end.late


def _where(which: Bools, values: Ints) -> Ints:
    """The values of these rows, and for the others one that is not far from them."""
    return np.where(which, values, values[np.argmax(which)]) if len(values) else values


def _pairs(recorded: Times) -> Ints:
    """A number for the readings of each record time: the time itself, where all have one reading."""
    if recorded.early is recorded.until or np.array_equal(recorded.early, recorded.until):
        return recorded.early
    return equal_rows([recorded.early, recorded.until])


def _texts(rows: pa.Table, which: Bools) -> Ints:
    """A number for the whole text of each of these rows, 0 for the others; equal texts have equal numbers.

    Where nothing is written, it does not matter how.
    """
    some = np.flatnonzero(which)
    numbers = np.zeros(rows.num_rows, np.int64)
    if len(some):
        chosen = rows.take(to_arrow(some, pa.int64()))
        columns = [chosen[name].to_pylist() for name in rows.column_names if name not in ("file", "row")]
        written = [tuple(text if stripped(text or "") else "" for text in row) for row in zip(*columns, strict=True)]
        known = {text: number for number, text in enumerate(sorted(set(written)))}
        numbers[some] = [known[text] for text in written]
    return numbers


def _stop_without_owner(found: RosterRows) -> None:
    ownerless = np.flatnonzero((found.shift < 0) & (found.officer < 0))
    if len(ownerless):
        raise ownerless_row(found, int(ownerless[0]), "names neither officer nor shift")


def ownerless_row(found: RosterRows, i: int, what: str) -> OwnerlessRowError:
    """The error for a row that may hide something and does not name whose."""
    return OwnerlessRowError(
        f"the row {what}: it may hide something and does not name whose. Correct or remove it, then run again",
        number=int(found.file[i]),
        row=int(found.row[i]),
    )
