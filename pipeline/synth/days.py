"""What an officer does on one day: a list of stops and the ways between them, as times, positions and true states."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from pipeline.synth.arrays import DAY_MIN, Bytes, Flags, Floats
from pipeline.synth.dice import Dice
from pipeline.synth.land import Land
from pipeline.synth.people import People
from pipeline.synth.rota import Kind, Shifts
from pipeline.synth.world import World


class State(IntEnum):
    """What a device is truly doing; the attack suite reads the names from the truth files."""

    HOME = 0
    OTHER_HOME = 1
    COMMUTE = 2
    STATION = 3
    COURT = 4
    TRAINING = 5
    BEAT = 6
    LUNCH_LEG = 7
    LUNCH_HOME = 8
    OFF = 9
    STORED = 10  # a spare device in a drawer at a station
    SILENT = 11  # switched off: no ping is ever written with it


BEAT_STOPS = 14
LEGS = 5
MOVES = LEGS + 1  # five legs and one delay on the way
# The stops of a day. Who rests stays at home from FIRST_WORK to LAST_WORK, for an instant.
HOME, OUTING, HOME_AGAIN, FIRST_WORK = 0, 1, 2, 3
LAST_WORK = FIRST_WORK + BEAT_STOPS + 1
HOME_AFTER, EVENING, NIGHT = LAST_WORK + 1, LAST_WORK + 2, LAST_WORK + 3
STOPS = NIGHT + 1
LUNCH = FIRST_WORK + BEAT_STOPS // 2

WALK_M_S, TOWN_M_S, COUNTRY_M_S = 1.4, 8.0, 15.0


@dataclass(frozen=True)
class Legs:
    """Straight pieces of a day, shape (n, pieces): from `t_s[k]` at `(x_m, y_m)[k]` to `t_s[k + 1]` at `[k + 1]`."""

    t_s: Floats  # (n, pieces + 1), never falling
    x_m: Floats
    y_m: Floats
    state: Bytes  # (n, pieces)
    moving: Flags


@dataclass(frozen=True)
class Stops:
    """The day's stops before any times are known, shape (n, STOPS)."""

    x_m: Floats
    y_m: Floats
    dwell: Bytes  # the state while there
    way: Bytes  # the state on the way to the next, (n, STOPS - 1)


@dataclass(frozen=True)
class Crew:
    """A block of officers on one day: who, their shifts, where they live that morning and that evening."""

    world: World
    land: Land
    people: People
    shifts: Shifts
    day: int
    home: Floats
    home_after: Floats
    works: Flags
    silent: Flags

    def __len__(self) -> int:
        return len(self.people)


def make_day(world: World, land: Land, people: People, shifts: Shifts, day: int, block: int) -> Legs:
    """The day of a block of officers, from the first thing they do in the morning to the last at night."""
    dice = Dice(world.seed, "day", day, block)
    works = shifts.works
    silent = ~works & ~shifts.abusive & dice.chance(world.habits.off_when_resting, len(people))
    crew = Crew(world, land, people, shifts, day, people.home_on(day - 1), people.home_on(day), works, silent)
    stops = _stops(crew, dice)
    corners_x, corners_y = land.streets.way(stops.x_m, stops.y_m, _turnings(crew, dice))
    ride_s = _ride_s(corners_x, corners_y, crew.people.on_foot, dice)
    delay_s = _delay_s(ride_s, dice)
    leave_s, arrive_s = _timetable(crew, ride_s.sum(axis=2) + delay_s, dice)
    return _legs(stops, corners_x, corners_y, ride_s, delay_s, leave_s, arrive_s)


def _stops(crew: Crew, dice: Dice) -> Stops:
    count, works = len(crew), crew.works[:, None]
    points = np.repeat(crew.home[:, None, :], STOPS, axis=1)
    dwell = np.full((count, STOPS), State.HOME, dtype=np.int8)
    way = np.full((count, STOPS - 1), State.OFF, dtype=np.int8)
    way[:, HOME_AGAIN] = way[:, LAST_WORK] = State.COMMUTE
    way[:, FIRST_WORK:LAST_WORK] = State.BEAT
    _place_work(crew, points, dwell, dice)
    _place_lunch(crew, points, dwell, way)
    points[:, HOME_AFTER:] = crew.home_after[:, None, :]
    _place_outings(crew, points, dwell, dice)
    points[:, FIRST_WORK:HOME_AFTER] = np.where(works[:, None], points[:, FIRST_WORK:HOME_AFTER], crew.home[:, None, :])
    dwell[:, FIRST_WORK:HOME_AFTER] = np.where(works, dwell[:, FIRST_WORK:HOME_AFTER], State.HOME)
    way[:, HOME_AGAIN:HOME_AFTER] = np.where(works, way[:, HOME_AGAIN:HOME_AFTER], State.OFF)
    return Stops(points[:, :, 0], points[:, :, 1], dwell, way)


def _place_work(crew: Crew, points: Floats, dwell: Bytes, dice: Dice) -> None:
    """Station first and last, the beat between, now and then the station again; a court day is all at court."""
    count, people, streets = len(crew), crew.people, crew.land.streets
    base = crew.land.stations[people.station]
    away_m = people.beat_radius_m[:, None, None] * dice.normal(count, BEAT_STOPS, 2)
    stops = people.beat[:, None, :] + away_m
    stops[:, :, 1] = streets.near_y(stops[:, :, 1])
    # Who works inside all day, and the stops that everybody makes at the station.
    desk_day = (crew.shifts.kind == Kind.OFFICE) & dice.chance(0.7, count)
    inside = dice.chance(0.18, count, BEAT_STOPS) | desk_day[:, None]
    fixed = {Kind.COURT: (crew.land.court, State.COURT), Kind.TRAINING: (crew.land.training, State.TRAINING)}
    stops = np.where(inside[:, :, None], base[:, None, :], stops)
    dwell[:, FIRST_WORK : LAST_WORK + 1] = State.STATION
    dwell[:, FIRST_WORK + 1 : LAST_WORK] = np.where(inside, State.STATION, State.BEAT)
    points[:, FIRST_WORK] = points[:, LAST_WORK] = base
    points[:, FIRST_WORK + 1 : LAST_WORK] = stops
    for kind, (where, state) in fixed.items():
        there = crew.shifts.kind == kind
        points[there, FIRST_WORK : LAST_WORK + 1] = where
        dwell[there, FIRST_WORK : LAST_WORK + 1] = state


def _place_lunch(crew: Crew, points: Floats, dwell: Bytes, way: Bytes) -> None:
    """Those who eat at home, and those who only drive past, do so in the middle of the shift."""
    ordinary = (crew.shifts.kind != Kind.COURT) & (crew.shifts.kind != Kind.TRAINING)
    goes = crew.works & ordinary & (crew.people.lunch > 0)
    points[goes, LUNCH] = crew.home[goes]
    dwell[goes, LUNCH] = State.LUNCH_HOME
    way[goes, LUNCH - 1 : LUNCH + 1] = State.LUNCH_LEG


def _place_outings(crew: Crew, points: Floats, dwell: Bytes, dice: Dice) -> None:
    """Shops and friends near home, school in the morning, the other home in the evening; who is silent stays in."""
    count, people, streets = len(crew), crew.people, crew.land.streets
    places = points[:, [HOME, NIGHT]] + 1_800.0 * dice.normal(count, 2, 2)
    places[:, :, 1] = streets.near_y(places[:, :, 1]) + 18.0
    goes = dice.chance(0.45, count, 2) & ~crew.silent[:, None]
    goes[:, 0] |= (people.school != people.home).any(axis=1) & ~crew.silent
    places[:, 0] = np.where((people.school != people.home).any(axis=1)[:, None], people.school, places[:, 0])
    stays_over = (people.other_home != people.home).any(axis=1) & ~crew.silent
    goes[:, 1] |= stays_over
    places[:, 1] = np.where(stays_over[:, None], people.other_home, places[:, 1])
    for column, stop, home in ((0, OUTING, crew.home), (1, EVENING, crew.home_after)):
        points[:, stop] = np.where(goes[:, column, None], places[:, column], home)
        dwell[:, stop] = np.where(goes[:, column], State.OFF, np.where(crew.silent, State.SILENT, State.HOME))
    dwell[stays_over, EVENING] = State.OTHER_HOME


def _turnings(crew: Crew, dice: Dice) -> Floats:
    """Where each way turns: at the same corner each day on four of five commutes, anywhere else otherwise."""
    via = dice.uniform(0, 1, len(crew), STOPS - 1)
    usual = dice.chance(0.8, len(crew), 2)
    for column, stop in ((0, HOME_AGAIN), (1, LAST_WORK)):
        own = crew.people.via if column == 0 else 1 - crew.people.via  # the way back is the way there, turned round
        via[:, stop] = np.where(usual[:, column], own, via[:, stop])
    return via


def _ride_s(corners_x: Floats, corners_y: Floats, on_foot: Flags, dice: Dice) -> Floats:
    """Seconds per leg, (n, ways, 5): on foot for short ways, faster on long ones, and never twice alike."""
    leg_m = np.abs(np.diff(corners_x, axis=2)) + np.abs(np.diff(corners_y, axis=2))
    way_m = leg_m.sum(axis=2)
    speed = np.clip(TOWN_M_S + (way_m - 4_000) / 2_000, TOWN_M_S, COUNTRY_M_S) * dice.uniform(0.75, 1.15, *way_m.shape)
    walks = (way_m < 500) | (on_foot[:, None] & (way_m < 1_000))
    speed = np.where(walks, WALK_M_S * dice.uniform(0.85, 1.2, *way_m.shape), speed)
    return leg_m / speed[:, :, None]


def _delay_s(ride_s: Floats, dice: Dice) -> Floats:
    """Time lost at a corner: lights mostly, sometimes petrol or a coffee; nothing where nobody moves."""
    shape = ride_s.shape[:2]
    lost = np.where(dice.chance(0.06, *shape), dice.uniform(240, 900, *shape), dice.uniform(0, 70, *shape))
    return np.where(ride_s.sum(axis=2) > 60, lost, 0.0)


def _timetable(crew: Crew, way_s: Floats, dice: Dice) -> tuple[Floats, Floats]:
    """When each stop is left and the next is reached, both (n, STOPS - 1), seconds since the world's first instant."""
    start_s, end_s = _duty_s(crew)
    leave, arrive = np.zeros_like(way_s), np.zeros_like(way_s)
    _work_times(crew, leave, arrive, way_s, start_s, end_s, dice)
    _outing_times(crew, leave, arrive, way_s, dice)
    flat = np.stack([leave, arrive], axis=2).reshape(len(crew), -1)
    flat = np.maximum.accumulate(flat, axis=1)  # a plan that does not fit is late, never backwards in time
    return flat[:, 0::2], flat[:, 1::2]


def _duty_s(crew: Crew) -> tuple[Floats, Floats]:
    """Start and end of work on the clock everybody lives by, overtime included."""
    world, shifts = crew.world, crew.shifts
    end_min = shifts.end_min + shifts.overtime_min
    rest_min = np.full_like(end_min, crew.day * DAY_MIN + 14 * 60)
    start = np.where(crew.works, shifts.start_min, rest_min)
    end = np.where(crew.works, end_min, rest_min)
    return world.instant_s(start).astype(np.float64), world.instant_s(end).astype(np.float64)


def _work_times(
    crew: Crew, leave: Floats, arrive: Floats, way_s: Floats, start_s: Floats, end_s: Floats, dice: Dice
) -> None:
    """Fills the times from leaving for work to being home again."""
    count, at_home, works = len(crew), crew.people.starts_at_home, crew.works
    early_s = crew.people.early_s + way_s[:, HOME_AGAIN]
    out_s = start_s + np.where(at_home, dice.uniform(0, 600, count), -early_s)
    leave[:, HOME_AGAIN] = np.where(works, out_s, start_s)
    arrive[:, HOME_AGAIN] = leave[:, HOME_AGAIN] + way_s[:, HOME_AGAIN]
    briefed = np.maximum(arrive[:, HOME_AGAIN], start_s) + dice.uniform(600, 2_400, count)
    homeward = np.where(at_home, end_s - way_s[:, LAST_WORK], end_s + dice.uniform(60, 800, count))
    homeward = np.where(dice.chance(0.06, count), end_s - dice.uniform(120, 900, count), homeward)  # away early
    back = np.minimum(homeward, end_s) - dice.uniform(600, 1_800, count)
    ways = way_s[:, FIRST_WORK:LAST_WORK]
    busy_s = np.maximum(back - briefed, 0.0)
    hurry = np.minimum(1.0, busy_s / np.maximum(ways.sum(axis=1), 1.0))  # more ways than time: the ways are cut short
    share = dice.uniform(0.2, 1.8, count, BEAT_STOPS)
    share[:, LUNCH - FIRST_WORK - 1] = np.where(crew.people.lunch == 2, 0.02, share[:, LUNCH - FIRST_WORK - 1])
    dwell = share / share.sum(axis=1)[:, None] * np.maximum(busy_s - ways.sum(axis=1), 0.0)[:, None]
    reached = np.cumsum(ways * hurry[:, None], axis=1)
    stayed = np.cumsum(dwell, axis=1)
    reached[:, 1:] += stayed
    arrive[:, FIRST_WORK:LAST_WORK] = np.where(works[:, None], briefed[:, None] + reached, start_s[:, None])
    leave[:, FIRST_WORK] = np.where(works, briefed, start_s)
    between = briefed[:, None] + reached[:, :-1] + dwell
    leave[:, FIRST_WORK + 1 : LAST_WORK] = np.where(works[:, None], between, start_s[:, None])
    leave[:, LAST_WORK] = np.where(works, np.maximum(homeward, arrive[:, LAST_WORK - 1]), start_s)
    arrive[:, LAST_WORK] = leave[:, LAST_WORK] + way_s[:, LAST_WORK]


def _outing_times(crew: Crew, leave: Floats, arrive: Floats, way_s: Floats, dice: Dice) -> None:
    """Fills the outings before and after work; one that does not fit becomes a glance out of the door."""
    count, day_s = len(crew), crew.world.instant_s(np.full(len(crew), crew.day * DAY_MIN)).astype(np.float64)
    noon = np.where(crew.silent, day_s + 11.8 * 3_600, day_s + 9.2 * 3_600 + dice.uniform(0, 3_600, count))
    noon = np.where(crew.works | crew.silent, noon, noon + 2.6 * 3_600)  # the morning after a night is for sleep
    latest = leave[:, HOME_AGAIN] - np.where(crew.silent, 0, 300) - way_s[:, OUTING]
    stay = np.where(crew.silent, latest, noon + way_s[:, HOME] + dice.uniform(600, 4_500, count))
    fits = noon + way_s[:, HOME] + 120 < latest
    leave[:, HOME] = np.where(fits, noon, latest - way_s[:, HOME])
    too_early = crew.works & ~fits & (crew.shifts.kind != Kind.LATE)
    leave[:, HOME] = np.where(too_early, leave[:, HOME_AGAIN], leave[:, HOME])
    arrive[:, HOME] = leave[:, HOME] + np.where(fits, way_s[:, HOME], 0.0)
    leave[:, OUTING] = np.where(fits, np.minimum(stay, latest), arrive[:, HOME])
    arrive[:, OUTING] = leave[:, OUTING] + np.where(fits, way_s[:, OUTING], 0.0)
    home_s = arrive[:, LAST_WORK]
    planned = np.maximum(home_s + 1_200, day_s + 17.5 * 3_600 + dice.uniform(0, 5_400, count))
    planned = np.where(crew.silent, home_s, planned)
    ends = planned + way_s[:, HOME_AFTER] + dice.uniform(1_200, 9_000, count)
    ends = np.where(crew.silent, day_s + 27.5 * 3_600, ends)
    sensible = crew.silent | (planned < day_s + 20.5 * 3_600)
    leave[:, HOME_AFTER] = np.where(sensible, planned, home_s)
    arrive[:, HOME_AFTER] = np.where(sensible, planned + way_s[:, HOME_AFTER], home_s)
    leave[:, EVENING] = np.where(sensible, ends, home_s)
    arrive[:, EVENING] = np.where(sensible, ends + way_s[:, EVENING], home_s)


def _legs(
    stops: Stops,
    corners_x: Floats,
    corners_y: Floats,
    ride_s: Floats,
    delay_s: Floats,
    leave_s: Floats,
    arrive_s: Floats,
) -> Legs:
    """Stops, corners and times as straight pieces: per way five legs, a delay after the second, and a dwell."""
    count, ways = leave_s.shape
    moves_s = np.concatenate([ride_s[:, :, :2], delay_s[:, :, None], ride_s[:, :, 2:]], axis=2)
    whole_s = np.maximum(moves_s.sum(axis=2), 1e-9)
    pace = (arrive_s - leave_s) / whole_s  # not 1 where a plan had to be squeezed
    t_s = leave_s[:, :, None] + np.cumsum(moves_s, axis=2) * pace[:, :, None]
    t_s = np.concatenate([leave_s[:, :, None], t_s], axis=2).reshape(count, -1)
    order = [0, 1, 2, 2, 3, 4, 5]
    x_m, y_m = (corners[:, :, order].reshape(count, -1) for corners in (corners_x, corners_y))
    state = np.repeat(stops.way, MOVES + 1, axis=1)
    state[:, MOVES :: MOVES + 1] = stops.dwell[:, 1:]
    moving = np.ones((count, ways, MOVES + 1), dtype=bool)
    moving[:, :, [2, MOVES]] = False
    return Legs(np.maximum.accumulate(t_s, axis=1), x_m, y_m, state[:, :-1], moving.reshape(count, -1)[:, :-1])
