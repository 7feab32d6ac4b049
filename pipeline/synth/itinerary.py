"""Makes the stops of a day in order, and the true state at and between them."""

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
    """What the carrier of a device is truly doing; the red team reads the names from the truth files."""

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
    SILENT = 11  # switched off: no ping has this state


BEAT_STOPS = 14
# The numbers of a day's stops. On a rest day those from FIRST_WORK to LAST_WORK are at home and last an instant.
HOME, OUTING, HOME_AGAIN, FIRST_WORK = 0, 1, 2, 3
LAST_WORK = FIRST_WORK + BEAT_STOPS + 1
HOME_AFTER, EVENING, NIGHT = LAST_WORK + 1, LAST_WORK + 2, LAST_WORK + 3
STOPS = NIGHT + 1
LUNCH = FIRST_WORK + BEAT_STOPS // 2


@dataclass(frozen=True)
class Stops:
    """The stops of a day, without times, shape (n, STOPS); positions in metres."""

    x_m: Floats
    y_m: Floats
    dwell: Bytes  # the state while there
    way: Bytes  # the state on the way to the next, (n, STOPS - 1)


@dataclass(frozen=True)
class Crew:
    """A block of officers on one day: who they are, their shifts, and their homes in the morning and in the evening."""

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


def make_stops(crew: Crew, rng: RandomStream) -> Stops:
    """The stops of a block of officers. Officers who rest or do not go out stay at the stop before."""
    count, works = len(crew), crew.works[:, None]
    points = np.repeat(crew.home[:, None, :], STOPS, axis=1)
    dwell = np.full((count, STOPS), State.HOME, dtype=np.int8)
    way = np.full((count, STOPS - 1), State.OFF, dtype=np.int8)
    way[:, HOME_AGAIN] = way[:, LAST_WORK] = State.COMMUTE
    way[:, FIRST_WORK:LAST_WORK] = State.BEAT
    _place_work(crew, points, dwell, rng)
    _place_lunch(crew, points, dwell, way)
    points[:, HOME_AFTER:] = crew.home_after[:, None, :]
    _place_outings(crew, points, dwell, rng)
    points[:, FIRST_WORK:HOME_AFTER] = np.where(works[:, None], points[:, FIRST_WORK:HOME_AFTER], crew.home[:, None, :])
    dwell[:, FIRST_WORK:HOME_AFTER] = np.where(works, dwell[:, FIRST_WORK:HOME_AFTER], State.HOME)
    way[:, HOME_AGAIN:HOME_AFTER] = np.where(works, way[:, HOME_AGAIN:HOME_AFTER], State.OFF)
    return Stops(points[:, :, 0], points[:, :, 1], dwell, way)


def _place_work(crew: Crew, points: Floats, dwell: Bytes, rng: RandomStream) -> None:
    """Station first and last, the beat in between, sometimes the station again; court and training days are there."""
    count, people, streets = len(crew), crew.people, crew.land.streets
    base = crew.land.stations[people.station]
    away_m = people.beat_radius_m[:, None, None] * rng.normal(count, BEAT_STOPS, 2)
    stops = people.beat[:, None, :] + away_m
    stops[:, :, 1] = streets.near_y(stops[:, :, 1])
    # Some work at the station all day; everybody makes some stops there.
    desk_day = (crew.shifts.kind == DayKind.OFFICE) & rng.chance(0.7, count)
    inside = (rng.chance(0.18, count, BEAT_STOPS) | desk_day[:, None]) & ~people.roams[:, None]
    fixed = {DayKind.COURT: (crew.land.court, State.COURT), DayKind.TRAINING: (crew.land.training, State.TRAINING)}
    stops = np.where(inside[:, :, None], base[:, None, :], stops)
    dwell[:, FIRST_WORK : LAST_WORK + 1] = State.STATION
    dwell[:, FIRST_WORK + 1 : LAST_WORK] = np.where(inside, State.STATION, State.BEAT)
    points[:, FIRST_WORK + 1 : LAST_WORK] = stops
    for stop, on_beat in ((FIRST_WORK, stops[:, 0]), (LAST_WORK, stops[:, -1])):
        points[:, stop] = np.where(people.roams[:, None], on_beat, base)
        dwell[people.roams, stop] = State.BEAT
    for kind, (where, state) in fixed.items():
        there = crew.shifts.kind == kind
        points[there, FIRST_WORK : LAST_WORK + 1] = where
        dwell[there, FIRST_WORK : LAST_WORK + 1] = state


def _place_lunch(crew: Crew, points: Floats, dwell: Bytes, way: Bytes) -> None:
    """Some eat at home in the middle of the shift, and some only drive past."""
    ordinary = (crew.shifts.kind != DayKind.COURT) & (crew.shifts.kind != DayKind.TRAINING)
    goes = crew.works & ordinary & ((crew.people.lunch > 0) | crew.shifts.partly_away)
    points[goes, LUNCH] = crew.home[goes]
    dwell[goes, LUNCH] = State.LUNCH_HOME
    way[goes, LUNCH - 1 : LUNCH + 1] = State.LUNCH_LEG


def _place_outings(crew: Crew, points: Floats, dwell: Bytes, rng: RandomStream) -> None:
    """Shops and friends near home, school in the morning, the other home in the evening; with a silent phone, none."""
    count, people, streets = len(crew), crew.people, crew.land.streets
    places = points[:, [HOME, NIGHT]] + 1_800.0 * rng.normal(count, 2, 2)
    places[:, :, 1] = streets.near_y(places[:, :, 1]) + 18.0
    goes = rng.chance(0.45, count, 2) & ~crew.silent[:, None]
    goes[:, 0] |= (people.school != people.home).any(axis=1) & ~crew.silent
    places[:, 0] = np.where((people.school != people.home).any(axis=1)[:, None], people.school, places[:, 0])
    stays_over = (people.other_home != people.home).any(axis=1) & ~crew.silent
    goes[:, 1] |= stays_over
    places[:, 1] = np.where(stays_over[:, None], people.other_home, places[:, 1])
    for column, stop, home in ((0, OUTING, crew.home), (1, EVENING, crew.home_after)):
        points[:, stop] = np.where(goes[:, column, None], places[:, column], home)
        dwell[:, stop] = np.where(goes[:, column], State.OFF, np.where(crew.silent, State.SILENT, State.HOME))
    dwell[stays_over, EVENING] = State.OTHER_HOME
