"""Makes a street network: crossings, the segments between them, and culs-de-sac, with lengths along the streets.

`Streets` is a complete grid. In the network some segments are missing (parks, railways, joined blocks), most are a
little longer than straight, and one of four has a cul-de-sac. It is for attacks that compute ways along streets; the
tracks of `offduty.synth` do not need it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from offduty.arrays.concatenated_ranges import concatenated_ranges
from offduty.synth.arrays import Flags, Floats, Ints
from offduty.synth.geography import Streets
from offduty.synth.rng import RandomStream

MISSING, STUBBED = 0.18, 0.25  # of segments
POINT_M = 10.0  # between two points along a street


@dataclass(frozen=True)
class StreetNetwork:
    """Crossings at (`x_m[i]`, `y_m[j]`), and the lengths of the streets between them.

    `east_m[i, j]` is the length of the segment from (i, j) to (i + 1, j), infinite where there is none; `north_m[i, j]`
    is the same to (i, j + 1). `stub_m` has the lengths of culs-de-sac that run north from the middles of eastward
    segments; 0: none.
    """

    x_m: Floats
    y_m: Floats
    east_m: Floats
    north_m: Floats
    stub_m: Floats

    def window(self, i: int, j: int, reach: int) -> StreetNetwork:
        """The crossings up to `reach` streets away from (i, j), which must be at least that far from the edge."""
        a, b = slice(i - reach, i + reach + 1), slice(j - reach, j + reach + 1)
        inner_a, inner_b = slice(i - reach, i + reach), slice(j - reach, j + reach)
        return StreetNetwork(
            self.x_m[a], self.y_m[b], self.east_m[inner_a, b], self.north_m[a, inner_b], self.stub_m[inner_a, b]
        )

    def distances(self, start: Floats) -> Floats:
        """The lengths of the shortest ways to all crossings, (n, columns, rows), from known lengths at some of them
        (`start`, infinite elsewhere).
        """
        far: Floats = start.copy()
        while True:
            before = far.copy()
            np.minimum(far[:, 1:], far[:, :-1] + self.east_m, out=far[:, 1:])
            np.minimum(far[:, :-1], far[:, 1:] + self.east_m, out=far[:, :-1])
            np.minimum(far[:, :, 1:], far[:, :, :-1] + self.north_m, out=far[:, :, 1:])
            np.minimum(far[:, :, :-1], far[:, :, 1:] + self.north_m, out=far[:, :, :-1])
            if np.array_equal(before, far):
                return far

    def points(self) -> NetworkPoints:
        """Points every ten metres along all streets and culs-de-sac, with their distances from the crossings next to
        them.
        """
        parts = [_along(self, True), _along(self, False), _in_stubs(self)]
        return NetworkPoints(*(np.concatenate([part[k] for part in parts]) for k in range(8)))


@dataclass(frozen=True)
class NetworkPoints:
    """Positions on a network: each is `first_m` along the streets from crossing (`i`, `j`), and `second_m` from
    (`i2`, `j2`).
    """

    x_m: Floats
    y_m: Floats
    i: Ints
    j: Ints
    first_m: Floats
    i2: Ints
    j2: Ints
    second_m: Floats

    def __len__(self) -> int:
        return len(self.x_m)

    def reached(self, far: Floats) -> Floats:
        """The distances of all points, (n, points), from those of the crossings, (n, columns, rows)."""
        there: Floats = np.minimum(far[:, self.i, self.j] + self.first_m, far[:, self.i2, self.j2] + self.second_m)
        return there


Columns8 = tuple[Floats, Floats, Ints, Ints, Floats, Ints, Ints, Floats]


def _along(network: StreetNetwork, east: bool) -> Columns8:
    length_m = network.east_m if east else network.north_m
    i, j = np.nonzero(np.isfinite(length_m))
    count = np.maximum((length_m[i, j] / POINT_M).astype(np.int64), 1)
    which = np.repeat(np.arange(len(i)), count)
    nth = concatenated_ranges(np.zeros(len(i), np.int64), count)
    share = (nth + 0.5) / count[which]
    i, j = i[which], j[which]
    i2, j2 = (i + 1, j) if east else (i, j + 1)
    x_m = network.x_m[i] + share * (network.x_m[i2] - network.x_m[i])
    y_m = network.y_m[j] + share * (network.y_m[j2] - network.y_m[j])
    whole = length_m[i, j]
    return x_m, y_m, i, j, share * whole, i2, j2, (1 - share) * whole


def _in_stubs(network: StreetNetwork) -> Columns8:
    i, j = np.nonzero((network.stub_m > 0) & np.isfinite(network.east_m))
    count = np.maximum((network.stub_m[i, j] / POINT_M).astype(np.int64), 1)
    which = np.repeat(np.arange(len(i)), count)
    nth = concatenated_ranges(np.zeros(len(i), np.int64), count)
    in_m = (nth + 1.0) / count[which] * network.stub_m[i, j][which]
    i, j = i[which], j[which]
    half = network.east_m[i, j] / 2
    x_m = (network.x_m[i] + network.x_m[i + 1]) / 2
    return x_m, network.y_m[j] + in_m, i, j, half + in_m, i + 1, j, half + in_m


def make_network(streets: Streets, seed: int) -> StreetNetwork:
    """The network of a county's streets: 18 % of segments are missing, the others up to 15 % longer than straight."""
    rng = RandomStream(seed, "network")
    columns, rows = len(streets.x_m), len(streets.y_m)
    east_m = _lengths(np.diff(streets.x_m)[:, None], (columns - 1, rows), rng)
    north_m = _lengths(np.diff(streets.y_m)[None, :], (columns, rows - 1), rng)
    stubs: Flags = rng.chance(STUBBED, *east_m.shape)
    return StreetNetwork(
        streets.x_m, streets.y_m, east_m, north_m, np.where(stubs, rng.uniform(40, 140, *east_m.shape), 0.0)
    )


def _lengths(straight_m: Floats, shape: tuple[int, int], rng: RandomStream) -> Floats:
    bent = straight_m * (1 + 0.15 * rng.uniform(0, 1, *shape) ** 2)
    return np.where(rng.chance(MISSING, *shape), np.inf, bent)
