"""Makes the times of a day: how long the ways take, and when each stop is reached and left."""

from __future__ import annotations

import numpy as np

from offduty.synth.arrays import DAY_MIN, Flags, Floats
from offduty.synth.itinerary import (
    BEAT_STOPS,
    EVENING,
    FIRST_WORK,
    HOME,
    HOME_AFTER,
    HOME_AGAIN,
    LAST_WORK,
    LUNCH,
    OUTING,
    Crew,
)
from offduty.synth.rng import RandomStream
from offduty.synth.shift_pattern import DayKind

AWAY_TO_WORKING = 2 / 3  # somebody who is absent for a part of a shift is at home for two fifths of it
WALK_M_S, TOWN_M_S, COUNTRY_M_S = 1.4, 8.0, 15.0


def ride_s(corners_x: Floats, corners_y: Floats, on_foot: Flags, rng: RandomStream) -> Floats:
    """Seconds for each leg, (n, ways, 5): short ways on foot, long ones faster, and each a little different."""
    leg_m = np.abs(np.diff(corners_x, axis=2)) + np.abs(np.diff(corners_y, axis=2))
    way_m = leg_m.sum(axis=2)
    speed = np.clip(TOWN_M_S + (way_m - 4_000) / 2_000, TOWN_M_S, COUNTRY_M_S) * rng.uniform(0.75, 1.15, *way_m.shape)
    walks = (way_m < 500) | (on_foot[:, None] & (way_m < 1_000))
    speed = np.where(walks, WALK_M_S * rng.uniform(0.85, 1.2, *way_m.shape), speed)
    return leg_m / speed[:, :, None]


def delay_s(ride_s: Floats, rng: RandomStream) -> Floats:
    """Seconds lost at a corner of each way: mostly at lights, sometimes for petrol or a coffee; 0 without a way."""
    shape = ride_s.shape[:2]
    lost = np.where(rng.chance(0.06, *shape), rng.uniform(240, 900, *shape), rng.uniform(0, 70, *shape))
    return np.where(ride_s.sum(axis=2) > 60, lost, 0.0)


def make_timetable(crew: Crew, way_s: Floats, rng: RandomStream) -> tuple[Floats, Floats]:
    """When each stop is left and the next is reached, (n, STOPS - 1), in seconds since the world's first instant."""
    start_s, end_s = _duty_s(crew)
    leave, arrive = np.zeros_like(way_s), np.zeros_like(way_s)
    _work_times(crew, leave, arrive, way_s, start_s, end_s, rng)
    day_s = crew.world.instant_s(np.full(len(crew), crew.day * DAY_MIN)).astype(np.float64)
    _morning_times(crew, leave, arrive, way_s, day_s, rng)
    _evening_times(crew, leave, arrive, way_s, day_s, rng)
    flat = np.stack([leave, arrive], axis=2).reshape(len(crew), -1)
    flat = np.maximum.accumulate(flat, axis=1)  # a plan without enough time is late, but times never decrease
    return flat[:, 0::2], flat[:, 1::2]


def _duty_s(crew: Crew) -> tuple[Floats, Floats]:
    """Start and end of work with overtime, in seconds since the world's first instant."""
    world, shifts = crew.world, crew.shifts
    end_min = shifts.end_min + shifts.overtime_min
    rest_min = np.full_like(end_min, crew.day * DAY_MIN + 14 * 60)
    start = np.where(crew.works, shifts.start_min, rest_min)
    end = np.where(crew.works, end_min, rest_min)
    return world.instant_s(start).astype(np.float64), world.instant_s(end).astype(np.float64)


def _work_times(
    crew: Crew, leave: Floats, arrive: Floats, way_s: Floats, start_s: Floats, end_s: Floats, rng: RandomStream
) -> None:
    """Fill in the times from leaving for work to being back home."""
    count, at_home, works = len(crew), crew.people.starts_at_home, crew.works
    early_s = crew.people.early_s + way_s[:, HOME_AGAIN]
    out_s = start_s + np.where(at_home, rng.uniform(0, 600, count), -early_s)
    leave[:, HOME_AGAIN] = np.where(works, out_s, start_s)
    arrive[:, HOME_AGAIN] = leave[:, HOME_AGAIN] + way_s[:, HOME_AGAIN]
    beat_starts = np.maximum(arrive[:, HOME_AGAIN], start_s) + rng.uniform(600, 2_400, count)
    homeward = np.where(at_home, end_s - way_s[:, LAST_WORK], end_s + rng.uniform(60, 800, count))
    homeward = np.where(rng.chance(0.06, count), end_s - rng.uniform(120, 900, count), homeward)  # away early
    back = np.minimum(homeward, end_s) - rng.uniform(600, 1_800, count)
    ways = way_s[:, FIRST_WORK:LAST_WORK]
    busy_s = np.maximum(back - beat_starts, 0.0)
    hurry = np.minimum(1.0, busy_s / np.maximum(ways.sum(axis=1), 1.0))  # too little time for all ways: they take less
    share = rng.uniform(0.2, 1.8, count, BEAT_STOPS)
    share[:, LUNCH - FIRST_WORK - 1] = np.where(crew.people.lunch == 2, 0.02, share[:, LUNCH - FIRST_WORK - 1])
    others = share.sum(axis=1) - share[:, LUNCH - FIRST_WORK - 1]
    away = np.where(crew.shifts.partly_away, AWAY_TO_WORKING * others, share[:, LUNCH - FIRST_WORK - 1])
    share[:, LUNCH - FIRST_WORK - 1] = away
    dwell = share / share.sum(axis=1)[:, None] * np.maximum(busy_s - ways.sum(axis=1), 0.0)[:, None]
    reached = np.cumsum(ways * hurry[:, None], axis=1)
    stayed = np.cumsum(dwell, axis=1)
    reached[:, 1:] += stayed
    arrive[:, FIRST_WORK:LAST_WORK] = np.where(works[:, None], beat_starts[:, None] + reached, start_s[:, None])
    leave[:, FIRST_WORK] = np.where(works, beat_starts, start_s)
    between = beat_starts[:, None] + reached[:, :-1] + dwell
    leave[:, FIRST_WORK + 1 : LAST_WORK] = np.where(works[:, None], between, start_s[:, None])
    leave[:, LAST_WORK] = np.where(works, np.maximum(homeward, arrive[:, LAST_WORK - 1]), start_s)
    arrive[:, LAST_WORK] = leave[:, LAST_WORK] + way_s[:, LAST_WORK]


def _morning_times(crew: Crew, leave: Floats, arrive: Floats, way_s: Floats, day_s: Floats, rng: RandomStream) -> None:
    """Fill in the outing before work; without enough time it lasts an instant."""
    count = len(crew)
    noon = np.where(crew.silent, day_s + 11.8 * 3_600, day_s + 9.2 * 3_600 + rng.uniform(0, 3_600, count))
    noon = np.where(crew.works | crew.silent, noon, noon + 2.6 * 3_600)  # after a night shift they sleep in the morning
    latest = leave[:, HOME_AGAIN] - np.where(crew.silent, 0, 300) - way_s[:, OUTING]
    stay = np.where(crew.silent, latest, noon + way_s[:, HOME] + rng.uniform(600, 4_500, count))
    fits = noon + way_s[:, HOME] + 120 < latest
    leave[:, HOME] = np.where(fits, noon, latest - way_s[:, HOME])
    too_early = crew.works & ~fits & (crew.shifts.kind != DayKind.LATE)
    leave[:, HOME] = np.where(too_early, leave[:, HOME_AGAIN], leave[:, HOME])
    arrive[:, HOME] = leave[:, HOME] + np.where(fits, way_s[:, HOME], 0.0)
    leave[:, OUTING] = np.where(fits, np.minimum(stay, latest), arrive[:, HOME])
    arrive[:, OUTING] = leave[:, OUTING] + np.where(fits, way_s[:, OUTING], 0.0)


def _evening_times(crew: Crew, leave: Floats, arrive: Floats, way_s: Floats, day_s: Floats, rng: RandomStream) -> None:
    """Fill in the outing after work; nobody goes out after 20:30. A silent phone is off until 03:30."""
    count, home_s = len(crew), arrive[:, LAST_WORK]
    planned = np.maximum(home_s + 1_200, day_s + 17.5 * 3_600 + rng.uniform(0, 5_400, count))
    planned = np.where(crew.silent, home_s, planned)
    ends = planned + way_s[:, HOME_AFTER] + rng.uniform(1_200, 9_000, count)
    ends = np.where(crew.silent, day_s + 27.5 * 3_600, ends)
    sensible = crew.silent | (planned < day_s + 20.5 * 3_600)
    leave[:, HOME_AFTER] = np.where(sensible, planned, home_s)
    arrive[:, HOME_AFTER] = np.where(sensible, planned + way_s[:, HOME_AFTER], home_s)
    leave[:, EVENING] = np.where(sensible, ends, home_s)
    arrive[:, EVENING] = np.where(sensible, ends + way_s[:, EVENING], home_s)
