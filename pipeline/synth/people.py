"""Makes the officers: where they live and work, which team they are in, and the habits that never change."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from offduty.synth.arrays import Flags, Floats, Ints
from offduty.synth.geography import Land, draw_homes
from offduty.synth.habits import Habits
from offduty.synth.rng import RandomStream
from offduty.synth.world import World

NEVER = 1_000_000  # a day after every interval
RESPONSE_TEAMS = 5
DAY_TEAM, NEIGHBOURHOOD_TEAM = 5, 6
NEAR_WORK_M = 9_000.0  # officers who live nearer than this may eat at home


@dataclass(frozen=True)
class People:
    """One entry per officer in each array; points are (n, 2) metres."""

    home: Floats
    new_home: Floats  # where those live who move, from day `moves_on`
    moves_on: Ints  # `NEVER` for most
    other_home: Floats  # a partner's; equal to `home` for most
    school: Floats  # equal to `home` for most
    station: Ints
    team: Ints
    beat: Floats  # its centre
    beat_radius_m: Floats
    roams: Flags  # first and last stop of a shift are on the beat, which is around the home, and not at a station
    starts_at_home: Flags
    lunch: Ints  # 0 at work, 1 at home, 2 drives past home
    on_foot: Flags
    early_s: Floats  # how long before a shift they arrive
    via: Floats  # where on the way to work they turn, in [0, 1]
    home_recorded: Flags
    days_at_home: Ints  # of each week, office teams only: they work from home

    def __len__(self) -> int:
        return len(self.home)

    def home_on(self, day: int) -> Floats:
        """Where each officer lives at the end of day `day`."""
        return np.where((self.moves_on <= day)[:, None], self.new_home, self.home)


def make_people(world: World, land: Land) -> People:
    """The officers of one world."""
    count, habits, rng = world.officers, world.habits, RandomStream(world.seed, "people")
    home = _beside_clinics(draw_homes(land.streets, count, rng), world, land)
    station = _stations(home, land, rng)
    roams = rng.chance(habits.stops_all_round, count)
    beat = np.where(roams[:, None], home, land.stations[station] + 1_400.0 * rng.normal(count, 2))
    near = np.abs(home - land.stations[station]).sum(axis=1) < NEAR_WORK_M
    moves = rng.chance(habits.moves_house, count)
    moves_on = np.where(moves, 1 + rng.below(max(world.days - 1, 1), count), NEVER)
    return People(
        home=home,
        new_home=draw_homes(land.streets, count, rng),
        moves_on=moves_on,
        other_home=_elsewhere(home, habits.two_homes, 12_000, land, rng),
        school=_elsewhere(home, habits.has_school, 1_500, land, rng),
        station=station,
        team=rng.weighted(np.array([12.0] * RESPONSE_TEAMS + [20.0, 20.0]), count),
        beat=beat,
        roams=roams,
        beat_radius_m=habits.beat_radius_m * rng.uniform(0.5, 1.3, count),
        starts_at_home=rng.chance(habits.starts_at_home, count),
        lunch=_lunches(near, habits, rng),
        on_foot=rng.chance(0.3, count),
        early_s=rng.uniform(240, 1_500, count),
        via=rng.uniform(0, 1, count),
        home_recorded=~rng.chance(habits.home_unrecorded, count),
        days_at_home=RandomStream(world.seed, "hybrid").below(habits.most_days_at_home + 1, count),
    )


def _beside_clinics(home: Floats, world: World, land: Land) -> Floats:
    """The homes, some of them moved to 150 to 450 m from a place that is protected for everyone."""
    count, rng = len(home), RandomStream(world.seed, "clinics")
    near = land.refuges[rng.below(len(land.refuges), count)]
    angle, away_m = rng.uniform(0, 2 * np.pi, count), rng.uniform(150, 450, count)
    beside = near + away_m[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return np.where(rng.chance(world.habits.beside_clinic, count)[:, None], beside, home)


def _stations(home: Floats, land: Land, rng: RandomStream) -> Ints:
    """The station of each officer: for three of four officers one of the nearest, for the others any."""
    count = len(home)
    best = np.full(count, np.inf)
    nearest = np.zeros(count, dtype=np.int64)
    liking = rng.uniform(0.7, 1.6, len(land.stations))  # some are bigger than others
    for number, (x_m, y_m) in enumerate(land.stations):  # at most 40
        away_m = (np.abs(home[:, 0] - x_m) + np.abs(home[:, 1] - y_m)) * liking[number] * rng.uniform(0.7, 1.4, count)
        nearest, best = np.where(away_m < best, number, nearest), np.minimum(away_m, best)
    return np.where(rng.chance(0.25, count), rng.below(len(land.stations), count), nearest)


def _elsewhere(home: Floats, share: float, spread_m: float, land: Land, rng: RandomStream) -> Floats:
    """For `share` of the officers a house about `spread_m` from home, for the others the home itself."""
    count = len(home)
    away = home + spread_m * rng.normal(count, 2)
    x_m, y_m = land.streets.houses(away[:, 0], away[:, 1], rng)
    return np.where(rng.chance(share, count)[:, None], np.stack([x_m, y_m], axis=1), home)


def _lunches(near: Flags, habits: Habits, rng: RandomStream) -> Ints:
    count, draw = len(near), rng.uniform(0, 1, len(near))
    lunch = np.where(draw < habits.home_for_lunch + habits.past_home, 2, np.zeros(count, dtype=np.int64))
    return np.where(near, np.where(draw < habits.home_for_lunch, 1, lunch), 0)
