"""Makes the roster as it was recorded: plans two weeks ahead, and corrections before, during and after the shifts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from offduty.synth.arrays import DAY_MIN, DAY_S, Columns, Flags, Ints, joined
from offduty.synth.people import People
from offduty.synth.recorders import (
    ABUSIVE,
    AFTER,
    BEFORE,
    CUT,
    DESK,
    DURING,
    EDITS,
    PLAN,
    PLANNING,
    RECALL,
    SUPERVISOR,
    recorded_by,
    shift_names,
    writers,
)
from offduty.synth.rng import RandomStream
from offduty.synth.shift_pattern import Absence, DayKind, DayShifts, Edit, make_shifts
from offduty.synth.world import TIMEZONE, World

CODES = ["duty", "overtime", "court", "training", "leave", "rest", "sick", "federation", "break", "on_call"]
DUTY, OVERTIME, COURT, TRAINING, LEAVE, REST, SICK, FEDERATION, BREAK, ON_CALL = range(len(CODES))
PARTS = ["", "-overtime", "-federation", "-break", "-on-call", "-rest", "-extra"]
BASE, PART_OVERTIME, PART_FEDERATION, PART_BREAK, PART_ON_CALL, PART_REST, PART_EXTRA = range(len(PARTS))
ACTIVE, CANCELLED = 0, 1
REST_STARTS_MIN = 11 * 60  # a rest day begins when the last night shift is surely over


class RosterDesk:
    """Collects the versions of one day's shifts. `write` takes one number for all officers, or an array of one for
    each.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._parts: list[Columns] = []

    def write(self, who: Flags, **values: int | Ints) -> None:
        """Add a version for everybody in `who`: part, code, status, start and end, recorded_s, writer, edit."""
        officer = np.flatnonzero(who)
        columns = {name: np.broadcast_to(np.asarray(value), self._count)[officer] for name, value in values.items()}
        self._parts.append({"officer": officer, **columns})

    def versions(self) -> Columns:
        """All versions, in the order in which they were recorded."""
        rows = joined(self._parts)
        order = np.lexsort((rows["part"], rows["officer"], rows["recorded_s"]))
        return {name: values[order] for name, values in rows.items()}


def roster_tables(world: World, people: People, officer_ids: pa.Array) -> Iterator[tuple[pa.Table, pa.Table]]:
    """For each day, from the one before the interval on: the rows of the roster, and the true kind of each edit."""
    for day in range(-1, world.days):
        shifts = make_shifts(world, people, day)
        versions = day_versions(world, people, shifts, day)
        versions["writer"] = recorded_by(world, people, versions, day)
        yield _tables(world, day, versions, officer_ids, writers(world, people))


def day_versions(world: World, people: People, shifts: DayShifts, day: int) -> Columns:
    """Everything that was ever recorded about one day's shifts, in columns of numbers."""
    rng, desk = RandomStream(world.seed, "roster", day), RosterDesk(len(people))
    planned_s = _instant_before(day, 14, rng, len(people))
    _plans(desk, shifts, planned_s, day)
    for step in (_absences, _kind_changes, _corrections, _overtime, _taken_away, _abuse, _recalls, _cuts):
        step(desk, world, shifts, day, rng)
    return desk.versions()


def _instant_before(day: int, days: int, rng: RandomStream, count: int) -> Ints:
    """About 10:00, `days` before a day; the minute differs from officer to officer."""
    return (day - days) * DAY_S + 36_000 + 60 * rng.below(180, count)


def _plans(desk: RosterDesk, shifts: DayShifts, planned_s: Ints, day: int) -> None:
    codes = np.array([REST, DUTY, DUTY, DUTY, DUTY, COURT, TRAINING])[shifts.kind]
    code = np.where(shifts.moved_kind, DUTY, codes)
    desk.write(
        shifts.kind != DayKind.REST,
        part=BASE,
        code=code,
        status=ACTIVE,
        start_min=shifts.planned_start_min,
        end_min=shifts.planned_end_min,
        recorded_s=planned_s,
        writer=PLANNING,
        edit=PLAN,
    )
    desk.write(
        shifts.kind == DayKind.REST,
        part=PART_REST,
        code=REST,
        status=ACTIVE,
        start_min=day * DAY_MIN + REST_STARTS_MIN,
        end_min=(day + 1) * DAY_MIN,
        recorded_s=planned_s,
        writer=PLANNING,
        edit=PLAN,
    )


def _change(desk: RosterDesk, who: Flags, shifts: DayShifts, **values: int | Ints) -> None:
    """Write a later version of the shifts; `values` replace the usual columns."""
    usual: dict[str, int | Ints] = {
        "part": BASE,
        "code": DUTY,
        "status": ACTIVE,
        "start_min": shifts.start_min,
        "end_min": shifts.end_min,
        "writer": DESK,
    }
    desk.write(who, **(usual | values))


def _absences(desk: RosterDesk, world: World, shifts: DayShifts, day: int, rng: RandomStream) -> None:
    """Leave days before, sickness in the morning or a day late, cancellations the day before."""
    count = len(shifts.kind)
    start_s = world.instant_s(shifts.start_min)
    early_s, late_s = 60 * (45 + rng.below(90, count)), DAY_S + 60 * rng.below(600, count)
    for absence, code, recorded_s, edit in (
        (Absence.LEAVE, LEAVE, _instant_before(day, 8, rng, count), BEFORE),
        (Absence.SICK, SICK, start_s - early_s, BEFORE),
        (Absence.SICK_LATE, SICK, start_s + late_s, AFTER),
    ):
        _change(desk, shifts.absence == absence, shifts, code=code, recorded_s=recorded_s, edit=edit)
    cancelled_s = _instant_before(day, 1, rng, count)
    _change(desk, shifts.absence == Absence.CANCELLED, shifts, status=CANCELLED, recorded_s=cancelled_s, edit=BEFORE)


def _kind_changes(desk: RosterDesk, world: World, shifts: DayShifts, day: int, rng: RandomStream) -> None:
    """Ordinary duty that is changed to a day at court or in training, three days before."""
    code = np.where(shifts.kind == DayKind.COURT, COURT, TRAINING)
    recorded_s = _instant_before(day, 3, rng, len(shifts.kind))
    _change(desk, shifts.moved_kind & shifts.on_paper, shifts, code=code, recorded_s=recorded_s, edit=BEFORE)


def _corrections(desk: RosterDesk, world: World, shifts: DayShifts, day: int, rng: RandomStream) -> None:
    """Times that are changed days before the shift, during it, or within three days after it."""
    count, code = len(shifts.kind), np.array([DUTY] * 5 + [COURT, TRAINING])[shifts.kind]
    start_s, end_s = world.instant_s(shifts.start_min), world.instant_s(shifts.planned_end_min)
    during_s = start_s + (rng.uniform(0.4, 0.95, count) * (end_s - start_s)).astype(np.int64)
    after_s = end_s + 7_200 + rng.below(3 * DAY_S, count)
    for edit, recorded_s, name in (
        (Edit.BEFORE, _instant_before(day, 2, rng, count), BEFORE),
        (Edit.DURING, during_s, DURING),
        (Edit.AFTER, after_s, AFTER),
    ):
        _change(desk, shifts.edit == edit, shifts, code=code, recorded_s=recorded_s, edit=name)


def _overtime(desk: RosterDesk, world: World, shifts: DayShifts, day: int, rng: RandomStream) -> None:
    """Overtime has an entry of its own: planned, or recorded shortly before the shift ends, or on the next day."""
    count, ends_s = len(shifts.kind), world.instant_s(shifts.end_min)
    recorded = np.stack(
        [
            _instant_before(day, 5, rng, count),
            ends_s - 60 * (5 + rng.below(60, count)),
            ends_s + DAY_S // 2 + 60 * rng.below(900, count),
        ]
    )
    recorded_s = recorded[shifts.overtime_record, np.arange(count)]
    edit = np.array([PLAN, DURING, AFTER])[shifts.overtime_record]
    _change(
        desk,
        shifts.on_paper & (shifts.overtime_min > 0),
        shifts,
        part=PART_OVERTIME,
        code=OVERTIME,
        start_min=shifts.end_min,
        end_min=shifts.end_min + shifts.overtime_min,
        recorded_s=recorded_s,
        edit=edit,
    )


def _taken_away(desk: RosterDesk, world: World, shifts: DayShifts, day: int, rng: RandomStream) -> None:
    """Entries that take duty away, in a shift or on a rest day: federation business, a break, on call."""
    count, middle = len(shifts.kind), (shifts.start_min + shifts.end_min) // 30 * 15
    federation_s = _instant_before(day, 4, rng, count)
    planned_s = _instant_before(day, 13, rng, count)
    evening = day * DAY_MIN + 18 * 60
    for who, part, code, start, end, recorded_s in (
        (shifts.federation, PART_FEDERATION, FEDERATION, middle, middle + 120, federation_s),
        (shifts.takes_break, PART_BREAK, BREAK, middle - 15, middle + 45, planned_s),
        (shifts.on_call, PART_ON_CALL, ON_CALL, np.full(count, evening), np.full(count, evening + 240), planned_s),
    ):
        _change(desk, who, shifts, part=part, code=code, start_min=start, end_min=end, recorded_s=recorded_s, edit=PLAN)


def _abuse(desk: RosterDesk, world: World, shifts: DayShifts, day: int, rng: RandomStream) -> None:
    """A day of rest that is made duty two to four days later; half of these edits cancel the rest entry, too."""
    count = len(shifts.kind)
    recorded_s = (day + 2) * DAY_S + 32_400 + 60 * rng.below(2 * DAY_MIN, count)
    morning = day * DAY_MIN + 9 * 60
    thorough = shifts.abusive & rng.chance(0.5, count)
    extra: dict[str, int | Ints] = {
        "start_min": morning,
        "end_min": morning + 480,
        "recorded_s": recorded_s,
        "writer": SUPERVISOR,
        "edit": ABUSIVE,
    }
    _change(desk, shifts.abusive, shifts, part=PART_EXTRA, **extra)
    _change(desk, thorough, shifts, part=PART_REST, code=REST, status=CANCELLED, **extra)


def _recalls(desk: RosterDesk, world: World, shifts: DayShifts, day: int, rng: RandomStream) -> None:
    """A day of rest that is truly worked, recorded during it or within a day after it; the rest entry is cancelled
    with it, but for one in ten, whose clerk forgets that.
    """
    count, draw = len(shifts.kind), RandomStream(world.seed, "recalls", day)
    start_s, end_s = world.instant_s(shifts.start_min), world.instant_s(shifts.end_min)
    during_s = start_s + (draw.uniform(0.02, 0.9, count) * (end_s - start_s)).astype(np.int64)
    recorded_s = np.where(draw.chance(0.7, count), during_s, end_s + draw.below(DAY_S, count))
    _change(desk, shifts.recalled, shifts, part=PART_EXTRA, recorded_s=recorded_s, edit=RECALL)
    thorough = shifts.recalled & draw.chance(0.9, count)
    cancelled: dict[str, int | Ints] = {"part": PART_REST, "code": REST, "status": CANCELLED, "edit": RECALL}
    _change(desk, thorough, shifts, recorded_s=recorded_s, **cancelled)


def _cuts(desk: RosterDesk, world: World, shifts: DayShifts, day: int, rng: RandomStream) -> None:
    """Work that was done and is taken away one to five days afterwards."""
    draw = RandomStream(world.seed, "cuts", day)
    recorded_s = world.instant_s(shifts.end_min) + DAY_S + draw.below(4 * DAY_S, len(shifts.kind))
    end_min = shifts.end_min - shifts.cut_min
    _change(desk, shifts.cut_min > 0, shifts, end_min=end_min, recorded_s=recorded_s, edit=CUT)


def shift_ids(world: World, day: int, officer: Ints, part: Ints, officer_ids: pa.Array) -> pa.Array:
    """The ids of shifts of a day: of the officer, the date and the part, or of one form for all where there are clerks
    (`recorders.shift_names`).
    """
    if world.habits.clerks:
        return shift_names(world, day, officer, part, len(PARTS))
    date, parts = pa.scalar(f"-{world.day(day).isoformat()}"), pa.array(PARTS).take(pa.array(part))
    return pc.binary_join_element_wise(officer_ids.take(pa.array(officer)), date, parts, "")


def _tables(
    world: World, day: int, versions: Columns, officer_ids: pa.Array, names: list[str]
) -> tuple[pa.Table, pa.Table]:
    officer = officer_ids.take(pa.array(versions["officer"]))
    shift = shift_ids(world, day, versions["officer"], versions["part"], officer_ids)
    epoch_s = world.epoch_us // 1_000_000
    recorded = _written(versions["recorded_s"] + epoch_s, "%Y-%m-%dT%H:%M:%SZ")
    # Wall times are formatted as if they were UTC: midnight plus the minutes on the wall clock.
    starts, ends = (_written(versions[name] * 60 + epoch_s, "%Y-%m-%dT%H:%M:%S") for name in ("start_min", "end_min"))

    def named(words: list[str], column: str) -> pa.Array:
        return pa.array(words).take(pa.array(versions[column]))

    roster = pa.table(
        {
            "shift_id": shift,
            "officer_id": officer,
            "starts_at": starts,
            "ends_at": ends,
            "timezone": pa.repeat(pa.scalar(TIMEZONE), len(shift)),
            "duty_code": named(CODES, "code"),
            "status": named(["active", "cancelled"], "status"),
            "recorded_at": recorded,
            "recorded_by": named(names, "writer"),
        }
    )
    return roster, pa.table({"shift_id": shift, "recorded_at": recorded, "edit": named(EDITS, "edit")})


def _written(seconds: Ints, form: str) -> pa.Array:
    return pc.strftime(pa.array(seconds.astype("datetime64[s]")), format=form)
