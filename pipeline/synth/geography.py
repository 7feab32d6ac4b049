"""Makes the force's area: an invented county with towns, streets, stations, homes and protected places.

Positions are metres east and north of a point in it. One fixed scale for each axis converts them to degrees. The map is
flat, so distances on the ground differ by up to 0.8 % at its northern and southern edge; nothing relies on them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from offduty.synth.arrays import Floats, Ints
from offduty.synth.rng import RandomStream
from offduty.synth.world import World

ORIGIN_LON, ORIGIN_LAT = -1.0, 51.65
METRES_PER_LON, METRES_PER_LAT = 69_213.0, 111_261.0
HALF_WIDTH_M, HALF_HEIGHT_M = 34_000.0, 38_000.0
DECIMALS = 7  # of a degree, as phones report: a centimetre


@dataclass(frozen=True)
class SynthTown:
    """A town: where it is, what share of the officers live around it (a relative weight), and how widely."""

    name: str
    x_m: float
    y_m: float
    weight: float
    spread_m: float


TOWNS = (
    SynthTown("Aldermere", -2_000, 1_500, 30, 2_600),
    SynthTown("Brackworth", 15_500, 9_000, 18, 1_900),
    SynthTown("Castle Ferring", -19_000, -8_500, 14, 1_700),
    SynthTown("Dunwell", 7_000, -17_500, 10, 1_400),
    SynthTown("Easthollow", 24_000, -9_500, 8, 1_200),
    SynthTown("Fenbrook", -12_500, 18_000, 7, 1_100),
    SynthTown("Great Marling", 9_500, 26_000, 5, 900),
    SynthTown("Harrowby", -26_000, 11_000, 4, 800),
    SynthTown("Kingsholt", -8_000, -29_000, 3, 700),
    SynthTown("Little Osney", 2_500, 11_500, 2, 500),
)
COUNTRYSIDE_WEIGHT = 12.0  # of homes that are spread evenly over the county


def degrees(x_m: Floats, y_m: Floats) -> tuple[Floats, Floats]:
    """Longitude and latitude of positions in metres, to seven decimals; NaN stays NaN."""
    lon = np.rint((x_m / METRES_PER_LON + ORIGIN_LON) * 10**DECIMALS) / 10**DECIMALS
    lat = np.rint((y_m / METRES_PER_LAT + ORIGIN_LAT) * 10**DECIMALS) / 10**DECIMALS
    return lon, lat


@dataclass(frozen=True)
class Streets:
    """An irregular grid: streets running north at each of `x_m`, and east at each of `y_m`, both ascending."""

    x_m: Floats
    y_m: Floats

    def near_x(self, x_m: Floats) -> Floats:
        """The nearest street that runs north; the outermost one for positions outside the county."""
        return _nearest(self.x_m, x_m)

    def near_y(self, y_m: Floats) -> Floats:
        """The nearest street that runs east."""
        return _nearest(self.y_m, y_m)

    def way(self, x_m: Floats, y_m: Floats, via: Floats) -> tuple[Floats, Floats]:
        """The six corners of the way between consecutive stops: shapes (n, stops) to (n, stops - 1, 6).

        A way goes from the stop to its street (the longest such leg is a cul-de-sac), along it, by one street that runs
        north to the street of the other stop, along that, and to the stop. `via` in `[0, 1]` says where it turns.
        """
        x_from, x_to, y_from, y_to = x_m[:, :-1], x_m[:, 1:], y_m[:, :-1], y_m[:, 1:]
        x_turn = self.near_x(x_from + via * (x_to - x_from))
        street_from, street_to = self.near_y(y_from), self.near_y(y_to)
        stays = (x_from == x_to) & (y_from == y_to)  # no way: do not go around the block
        x_turn, street_from, street_to = (
            np.where(stays, own, turn) for own, turn in ((x_from, x_turn), (y_from, street_from), (y_to, street_to))
        )
        corners_x = np.stack([x_from, x_from, x_turn, x_turn, x_to, x_to], axis=2)
        corners_y = np.stack([y_from, street_from, street_from, street_to, street_to, y_to], axis=2)
        return corners_x, corners_y

    def houses(self, x_m: Floats, y_m: Floats, rng: RandomStream) -> tuple[Floats, Floats]:
        """Houses near positions: beside a street that runs east, a quarter of them at the end of a cul-de-sac."""
        count = len(x_m)
        back_m = np.where(rng.chance(0.25, count), rng.uniform(40, 140, count), rng.uniform(8, 25, count))
        return x_m, self.near_y(y_m) + back_m * np.where(rng.chance(0.5, count), 1.0, -1.0)


def _nearest(ascending: Floats, values: Floats) -> Floats:
    above = np.clip(np.searchsorted(ascending, values), 1, len(ascending) - 1)
    low, high = ascending[above - 1], ascending[above]
    return np.where(values - low <= high - values, low, high)


@dataclass(frozen=True)
class Land:
    """Streets, stations, court, training ground and protected places; the same for one seed and number of officers."""

    streets: Streets
    stations: Floats  # (n, 2), metres
    court: Floats  # (2,)
    training: Floats  # (2,)
    refuges: Floats  # (5, 2): protected for everyone


def make_streets(rng: RandomStream) -> Streets:
    """Streets every 60 to 220 m in the whole county."""
    width = np.cumsum(rng.uniform(60, 220, 600)) - HALF_WIDTH_M - 5_000
    height = np.cumsum(rng.uniform(60, 220, 680)) - HALF_HEIGHT_M - 5_000
    return Streets(np.rint(width), np.rint(height))


def make_land(world: World) -> Land:
    """The land of one world. Towns are fixed; streets and buildings depend on the seed."""
    rng = RandomStream(world.seed, "land")
    streets = make_streets(rng)
    count = min(max(world.officers // 150, 5), 40)
    towns = np.concatenate([np.arange(min(count, len(TOWNS))), rng.below(4, max(count - len(TOWNS), 0))])
    stations = _buildings(streets, towns, 0.45, rng)
    stations[: len(TOWNS)] = _buildings(streets, towns[: len(TOWNS)], 0.15, rng)
    others = _buildings(streets, np.array([0, 3]), 0.3, rng)
    return Land(streets, stations, others[0], others[1], _buildings(streets, np.array([0, 0, 1, 2, 4]), 0.8, rng))


def _buildings(streets: Streets, towns: Ints, reach: float, rng: RandomStream) -> Floats:
    """One building in each of `towns`, within about `reach` times the town's spread of its centre."""
    centre = np.array([(town.x_m, town.y_m) for town in TOWNS])[towns]
    spread_m = np.array([town.spread_m for town in TOWNS])[towns]
    x_m, y_m = (centre[:, axis] + reach * spread_m * rng.normal(len(towns)) for axis in (0, 1))
    return np.stack([x_m, streets.near_y(y_m) + 45.0], axis=1)


def draw_homes(streets: Streets, count: int, rng: RandomStream) -> Floats:
    """Random homes in the towns and the countryside, (count, 2) metres, by the density that a blind guess knows."""
    weights = np.array([*(town.weight for town in TOWNS), COUNTRYSIDE_WEIGHT])
    town = rng.weighted(weights, count)
    centre = np.array([*((t.x_m, t.y_m) for t in TOWNS), (0.0, 0.0)])[town]
    spread_m = np.array([*(t.spread_m for t in TOWNS), 0.0])[town]
    spread_m = spread_m * rng.uniform(0.3, 1.4, count)  # a denser centre than one bell, and suburbs
    rural = town == len(TOWNS)
    reach_m = np.array([HALF_WIDTH_M, HALF_HEIGHT_M])
    even = reach_m * rng.uniform(-1, 1, count, 2)
    point = np.where(rural[:, None], even, centre + spread_m[:, None] * rng.normal(count, 2))
    point = np.clip(point, -reach_m, reach_m)
    x_m, y_m = streets.houses(point[:, 0], point[:, 1], rng)
    return np.stack([np.rint(x_m * 10) / 10, np.rint(y_m * 10) / 10], axis=1)
