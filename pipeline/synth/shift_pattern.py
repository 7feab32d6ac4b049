"""Makes the shifts: the plan of each day, what was worked, and which records were made late or in bad faith."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from offduty.synth.arrays import DAY_MIN, Flags, Ints
from offduty.synth.departures import DayPlan, Ghost, departures, more_corrected
from offduty.synth.people import DAY_TEAM, RESPONSE_TEAMS, People
from offduty.synth.rng import RandomStream
from offduty.synth.world import World

CYCLE_DAYS = 10  # two earlies, two lates, two nights, four days of rest


class DayKind(IntEnum):
    """What a day is for an officer, as planned."""

    REST = 0
    EARLY = 1
    LATE = 2
    NIGHT = 3
    OFFICE = 4
    COURT = 5
    TRAINING = 6


class Absence(IntEnum):
    """Why a planned shift was not worked."""

    NONE = 0
    LEAVE = 1
    SICK = 2
    SICK_LATE = 3  # recorded a day later
    CANCELLED = 4


class Edit(IntEnum):
    """When a shift's times were corrected: days before it, during it, or after it."""

    NONE = 0
    BEFORE = 1
    DURING = 2
    AFTER = 3


RECALL_START_MIN, RECALL_END_MIN = 9 * 60, 17 * 60
START_MIN = np.array([14, 7, 14, 22, 8, 9, 9]) * 60  # of each kind, wall time; rest days turn about two o'clock
LENGTH_MIN = np.array([0, 10, 10, 9, 8, 7, 7]) * 60
NEIGHBOURHOOD_LENGTH_MIN = 9 * 60


@dataclass(frozen=True)
class DayShifts:
    """One day's shifts, one entry per officer; minutes are wall minutes since the world's first midnight.

    `start_min` and `end_min` are what was worked (or would have been), overtime not counted.
    """

    kind: Ints
    absence: Ints
    edit: Ints
    start_min: Ints
    end_min: Ints
    planned_start_min: Ints
    planned_end_min: Ints
    overtime_min: Ints  # 0 for none
    overtime_record: Ints  # 0 planned days before, 1 shortly before the end, 2 the day after
    abusive: Flags  # a rest day made duty afterwards
    federation: Flags
    takes_break: Flags
    on_call: Flags
    moved_kind: Flags  # planned as ordinary duty, made court or training days before
    ghost: Ints  # `Ghost`: on paper only
    lent_to: Ints  # which colleague carries the phone of a ghost; -1 for most
    at_home: Flags  # works from home all day
    partly_away: Flags  # spends two fifths of the shift at home
    recalled: Flags  # a rest day that is worked
    cut_min: Ints  # taken away afterwards by the employer; 0 for none

    @property
    def on_paper(self) -> Flags:
        """Whether the plan still stands when the shift begins."""
        on_paper: Flags = (self.kind != DayKind.REST) & (self.absence == Absence.NONE)
        return on_paper

    @property
    def works(self) -> Flags:
        """Whether the officer turns up."""
        works: Flags = (self.on_paper & (self.ghost == Ghost.NONE) & ~self.at_home) | self.recalled
        return works


def plan_kinds(people: People, ordinal: int) -> Ints:
    """The planned kinds of a day. `ordinal` is `date.toordinal()`, so a world that starts later has the same rota."""
    phase = (ordinal + 2 * people.team) % CYCLE_DAYS
    response = np.array(
        [DayKind.EARLY, DayKind.EARLY, DayKind.LATE, DayKind.LATE, DayKind.NIGHT, DayKind.NIGHT, 0, 0, 0, 0]
    )[phase]
    weekday, week = (ordinal - 1) % 7, (ordinal - 1) // 7
    office = DayKind.OFFICE if weekday < 5 else DayKind.REST
    spread = np.arange(len(people))
    turn = np.where((week + spread) % 2 == 0, DayKind.EARLY, DayKind.LATE)
    neighbourhood = np.where((weekday + spread) % 7 < 5, turn, DayKind.REST)
    return np.where(people.team < RESPONSE_TEAMS, response, np.where(people.team == DAY_TEAM, office, neighbourhood))


def make_shifts(world: World, people: People, day: int) -> DayShifts:
    """What each officer was planned for on a day (-1 is the day before the interval), and what was worked."""
    rng, count, ordinal = RandomStream(world.seed, "rota", day), len(people), world.day(day).toordinal()
    usual = plan_kinds(people, ordinal)
    kind = _court_and_training(usual, rng)
    absence = _absences(world, people, ordinal, rng)
    start = day * DAY_MIN + START_MIN[kind]
    length = np.where((people.team > DAY_TEAM) & (kind == usual), NEIGHBOURHOOD_LENGTH_MIN, LENGTH_MIN[kind])
    length = np.where(kind == DayKind.REST, 0, length)
    resting, standing = kind == DayKind.REST, (kind != DayKind.REST) & (absence == Absence.NONE)
    edit = _edits(kind, absence, rng)
    edit = np.where((edit == Edit.NONE) & more_corrected(world, standing, day), Edit.AFTER, edit)
    start, end, planned_start, planned_end = _corrected(start, start + length, edit, rng)
    plain = (kind >= DayKind.EARLY) & (kind <= DayKind.OFFICE) & (absence == Absence.NONE) & (edit == Edit.NONE)
    overtime_min = _overtime_min(world, day, kind, plain, rng)
    overtime_record = rng.weighted(np.array([25.0, 55.0, 20.0]), count)
    abusive = resting & _abusive(world, day, resting, rng)
    at_home = np.where(people.team == DAY_TEAM, people.days_at_home, 0)
    plan = DayPlan(start, standing, plain & (overtime_min == 0), resting & ~abusive, people.station, at_home)
    departed = departures(world, plan, day)
    recalled, midnight_min = departed["recalled"], day * DAY_MIN
    return DayShifts(
        kind=kind,
        absence=np.where(resting, Absence.NONE, absence),
        edit=edit,
        start_min=np.where(recalled, midnight_min + RECALL_START_MIN, start),
        end_min=np.where(recalled, midnight_min + RECALL_END_MIN, end),
        planned_start_min=planned_start,
        planned_end_min=planned_end,
        overtime_min=overtime_min,
        overtime_record=overtime_record,
        abusive=abusive,
        federation=plain & rng.chance(0.01, count),
        takes_break=plain & (people.lunch > 0) & rng.chance(0.5, count),
        on_call=resting & rng.chance(0.03, count),
        moved_kind=(kind != usual) & rng.chance(0.5, count),
        **departed,
    )


def _overtime_min(world: World, day: int, kind: Ints, plain: Flags, rng: RandomStream) -> Ints:
    """Half an hour to two and a half hours. Where the clocks change, one late shift ends at 01:30 wall time."""
    count = len(kind)
    minutes: Ints = np.where(plain & rng.chance(0.07, count), 30 * (1 + rng.below(5, count)), 0)
    late = np.flatnonzero(plain & (kind == DayKind.LATE))
    if len(late) and world.clocks_change(day + 1):
        minutes[late[0]] = 90
    return minutes


def _court_and_training(usual: Ints, rng: RandomStream) -> Ints:
    """Some earlies and office days go to court or to training; never a day after a night."""
    daytime = (usual == DayKind.EARLY) | (usual == DayKind.OFFICE)
    draw = rng.uniform(0, 1, len(usual))
    return np.where(daytime & (draw < 0.05), DayKind.COURT, np.where(daytime & (draw > 0.96), DayKind.TRAINING, usual))


def _absences(world: World, people: People, ordinal: int, rng: RandomStream) -> Ints:
    """Leave takes a whole cycle of ten days, sickness takes single days, and a few shifts are cancelled."""
    count = len(people)
    leave = RandomStream(world.seed, "leave", ordinal // CYCLE_DAYS).chance(0.07, count)
    single = rng.weighted(np.array([95.5, 0.0, 1.8, 1.2, 1.5]), count)
    return np.where(leave, Absence.LEAVE, single)


def _edits(kind: Ints, absence: Ints, rng: RandomStream) -> Ints:
    drawn = rng.weighted(np.array([92.0, 4.0, 2.0, 2.0]), len(kind))
    return np.where((kind != DayKind.REST) & (absence == Absence.NONE), drawn, Edit.NONE)


def _corrected(start: Ints, end: Ints, edit: Ints, rng: RandomStream) -> tuple[Ints, Ints, Ints, Ints]:
    """Worked start and end, planned start and end. An edit before the shift moves it by an hour, one during the shift
    makes it longer, and one after it moves its end.
    """
    count = len(start)
    shift = np.where(rng.chance(0.5, count), 60, -60)
    longer = 30 * (1 + rng.below(3, count))
    worked_start = np.where(edit == Edit.BEFORE, start + shift, start)
    worked_end = np.where(edit == Edit.BEFORE, end + shift, np.where(edit == Edit.DURING, end + longer, end))
    worked_end = np.where(edit == Edit.AFTER, end + np.where(shift > 0, longer, -longer), worked_end)
    return worked_start, worked_end, start, end


def _abusive(world: World, day: int, resting: Flags, rng: RandomStream) -> Flags:
    """The rest days that are made duty later: mostly Saturdays, and at least one on each Saturday with rest days."""
    count = len(resting)
    saturday = world.day(day).weekday() == 5
    chosen = rng.chance(world.habits.abusive_edit * (3.0 if saturday else 0.5), count)
    if saturday and world.habits.abusive_edit > 0 and not (chosen & resting).any() and resting.any():
        chosen[np.flatnonzero(resting)[0]] = True
    return chosen
