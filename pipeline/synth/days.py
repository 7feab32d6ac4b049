"""Makes what officers do on one day, as straight pieces: times, positions and true states."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from offduty.synth.arrays import Bytes, Flags, Floats
from offduty.synth.departures import Ghost
from offduty.synth.geography import Land
from offduty.synth.itinerary import HOME_AGAIN, LAST_WORK, STOPS, Crew, Stops, make_stops
from offduty.synth.people import People
from offduty.synth.rng import RandomStream
from offduty.synth.shift_pattern import DayShifts
from offduty.synth.timetable import delay_s, make_timetable, ride_s
from offduty.synth.world import World

LEGS = 5
MOVES = LEGS + 1  # five legs and one delay on the way


@dataclass(frozen=True)
class DayPieces:
    """Straight pieces of a day, shape (n, pieces): from `t_s[k]` at `(x_m, y_m)[k]` to `t_s[k + 1]` at `[k + 1]`."""

    t_s: Floats  # (n, pieces + 1), never falling
    x_m: Floats
    y_m: Floats
    state: Bytes  # (n, pieces)
    moving: Flags


def make_day(world: World, land: Land, people: People, shifts: DayShifts, day: int, block: int) -> DayPieces:
    """The day of a block of officers, from the first activity in the morning to the last at night."""
    rng = RandomStream(world.seed, "day", day, block)
    works = shifts.works
    resting = ~works & ~shifts.abusive & ~shifts.at_home & (shifts.ghost == Ghost.NONE)
    silent = resting & rng.chance(world.habits.off_when_resting, len(people))
    crew = Crew(world, land, people, shifts, day, people.home_on(day - 1), people.home_on(day), works, silent)
    stops = make_stops(crew, rng)
    corners_x, corners_y = land.streets.way(stops.x_m, stops.y_m, _turnings(crew, rng))
    moved_s = ride_s(corners_x, corners_y, crew.people.on_foot, rng)
    lost_s = delay_s(moved_s, rng)
    leave_s, arrive_s = make_timetable(crew, moved_s.sum(axis=2) + lost_s, rng)
    return _legs(stops, (corners_x, corners_y), moved_s, lost_s, (leave_s, arrive_s))


def _turnings(crew: Crew, rng: RandomStream) -> Floats:
    """Where each way turns, in [0, 1]: at the same corner on four of five commutes, at a random one otherwise."""
    via = rng.uniform(0, 1, len(crew), STOPS - 1)
    usual = rng.chance(0.8, len(crew), 2)
    for column, stop in ((0, HOME_AGAIN), (1, LAST_WORK)):
        own = crew.people.via if column == 0 else 1 - crew.people.via  # the way back is the way there, reversed
        via[:, stop] = np.where(usual[:, column], own, via[:, stop])
    return via


def _legs(
    stops: Stops, corners: tuple[Floats, Floats], moved_s: Floats, lost_s: Floats, times: tuple[Floats, Floats]
) -> DayPieces:
    """Straight pieces from stops, corners and times: for each way five legs, a delay after the second, and a stay."""
    leave_s, arrive_s = times
    count, ways = leave_s.shape
    moves_s = np.concatenate([moved_s[:, :, :2], lost_s[:, :, None], moved_s[:, :, 2:]], axis=2)
    whole_s = np.maximum(moves_s.sum(axis=2), 1e-9)
    pace = (arrive_s - leave_s) / whole_s  # not 1 where there is too little time for the plan
    t_s = leave_s[:, :, None] + np.cumsum(moves_s, axis=2) * pace[:, :, None]
    t_s = np.concatenate([leave_s[:, :, None], t_s], axis=2).reshape(count, -1)
    order = [0, 1, 2, 2, 3, 4, 5]
    x_m, y_m = (axis[:, :, order].reshape(count, -1) for axis in corners)
    state = np.repeat(stops.way, MOVES + 1, axis=1)
    state[:, MOVES :: MOVES + 1] = stops.dwell[:, 1:]
    moving = np.ones((count, ways, MOVES + 1), dtype=bool)
    moving[:, :, [2, MOVES]] = False
    return DayPieces(np.maximum.accumulate(t_s, axis=1), x_m, y_m, state[:, :-1], moving.reshape(count, -1)[:, :-1])
