"""Where an officer is on one day: the stops, in order, and the true state at and between them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from offduty.synth.arrays import Bytes, Flags, Floats
from offduty.synth.geography import Land
from offduty.synth.people import People
from offduty.synth.rng import RandomStream
from offduty.synth.shift_pattern import DayKind, DayShifts
from offduty.synth.world import World


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
# The stops of a day. Who rests stays at home from FIRST_WORK to LAST_WORK, for an instant.
HOME, OUTING, HOME_AGAIN, FIRST_WORK = 0, 1, 2, 3
LAST_WORK = FIRST_WORK + BEAT_STOPS + 1
HOME_AFTER, EVENING, NIGHT = LAST_WORK + 1, LAST_WORK + 2, LAST_WORK + 3
STOPS = NIGHT + 1
LUNCH = FIRST_WORK + BEAT_STOPS // 2


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
    shifts: DayShifts
    day: int
    home: Floats
    home_after: Floats
    works: Flags
    silent: Flags

    def __len__(self) -> int:
        return len(self.people)


def make_stops(crew: Crew, dice: RandomStream) -> Stops:
    """The stops of a block of officers; who rests, or does not go out, stays where the stop before was."""
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


def _place_work(crew: Crew, points: Floats, dwell: Bytes, dice: RandomStream) -> None:
    """Station first and last, the beat between, now and then the station again; a court day is all at court."""
    count, people, streets = len(crew), crew.people, crew.land.streets
    base = crew.land.stations[people.station]
    away_m = people.beat_radius_m[:, None, None] * dice.normal(count, BEAT_STOPS, 2)
    stops = people.beat[:, None, :] + away_m
    stops[:, :, 1] = streets.near_y(stops[:, :, 1])
    # Who works inside all day, and the stops that everybody makes at the station.
    desk_day = (crew.shifts.kind == DayKind.OFFICE) & dice.chance(0.7, count)
    inside = (dice.chance(0.18, count, BEAT_STOPS) | desk_day[:, None]) & ~people.roams[:, None]
    fixed = {DayKind.COURT: (crew.land.court, State.COURT), DayKind.TRAINING: (crew.land.training, State.TRAINING)}
    stops = np.where(inside[:, :, None], base[:, None, :], stops)
    dwell[:, FIRST_WORK : LAST_WORK + 1] = State.STATION
    dwell[:, FIRST_WORK + 1 : LAST_WORK] = np.where(inside, State.STATION, State.BEAT)
    points[:, FIRST_WORK + 1 : LAST_WORK] = stops
    for stop, beside in ((FIRST_WORK, stops[:, 0]), (LAST_WORK, stops[:, -1])):
        points[:, stop] = np.where(people.roams[:, None], beside, base)
        dwell[people.roams, stop] = State.BEAT
    for kind, (where, state) in fixed.items():
        there = crew.shifts.kind == kind
        points[there, FIRST_WORK : LAST_WORK + 1] = where
        dwell[there, FIRST_WORK : LAST_WORK + 1] = state


def _place_lunch(crew: Crew, points: Floats, dwell: Bytes, way: Bytes) -> None:
    """Those who eat at home, and those who only drive past, do so in the middle of the shift."""
    ordinary = (crew.shifts.kind != DayKind.COURT) & (crew.shifts.kind != DayKind.TRAINING)
    goes = crew.works & ordinary & (crew.people.lunch > 0)
    points[goes, LUNCH] = crew.home[goes]
    dwell[goes, LUNCH] = State.LUNCH_HOME
    way[goes, LUNCH - 1 : LUNCH + 1] = State.LUNCH_LEG


def _place_outings(crew: Crew, points: Floats, dwell: Bytes, dice: RandomStream) -> None:
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
