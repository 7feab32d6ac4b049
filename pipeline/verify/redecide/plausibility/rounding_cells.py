"""The instants and positions that a released row may come from, and whether one is away from every place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from offduty.verify.redecide.geofence.bounding_boxes import TrackBoxes
from offduty.verify.redecide.geofence.geodesy import DEGREE_M
from offduty.verify.redecide.geofence.places import PlaceFences
from offduty.verify.redecide.geofence.polygons import spread
from offduty.verify.redecide.model import Bools, Floats, Ints
from offduty.verify.redecide.outputs.coarsening import CLASSES, CoarseRows, degrees
from offduty.verify.redecide.rules import Rules

HALVINGS = 12
"""How many times a rounding cell is quartered; what is then still undecided counts as possible."""


@dataclass(frozen=True)
class PossibleInstants:
    """Possible instants of rows: the row, its officer, and the instant."""

    row: Ints
    officer: Ints
    at_us: Ints

    def take(self, at: Ints | Bools) -> PossibleInstants:
        """The instants at these places."""
        return PossibleInstants(self.row[at], self.officer[at], self.at_us[at])


@dataclass(frozen=True)
class RoundingCells:
    """Boxes in degrees, by their centres: the positions that round to one position, or a part of them."""

    lon: Floats
    lat: Floats
    half: float

    def reach_m(self) -> Floats:
        """The greatest distance in metres of a point of each box from its centre."""
        east = np.cos(np.radians(np.maximum(np.abs(self.lat) - self.half, 0)))
        return np.asarray(DEGREE_M * self.half * np.hypot(1, east))

    def quarters(self) -> RoundingCells:
        """Each box cut in four: the first quarters of all, then the second quarters, and so on."""
        half = self.half / 2
        corners = [(x, y) for x in (-half, half) for y in (-half, half)]
        lon = np.concatenate([self.lon + x for x, _ in corners])
        return RoundingCells(lon, np.concatenate([self.lat + y for _, y in corners]), half)

    def take(self, at: Ints | Bools) -> RoundingCells:
        """The cells at these places."""
        return RoundingCells(self.lon[at], self.lat[at], self.half)


def cells_of(coarse: CoarseRows, rules: Rules) -> RoundingCells:
    """The boxes that round to these positions; at ±180 and ±90 a box may extend beyond, which does no harm."""
    half = 0.5 / 10.0**rules.decimals
    return RoundingCells(degrees(coarse.lon, rules.decimals), degrees(coarse.lat, rules.decimals), half)


def least_reach_m(accuracy: Ints, rules: Rules) -> Floats:
    """The smallest distance to a place at which a ping of each class may be released: with its smallest accuracy.

    NaN where no accuracy of the class is allowed.
    """
    below = np.concatenate([[0.0], CLASSES])[accuracy]
    return np.where(below < rules.max_m, rules.buffer_m + rules.factor * below, np.nan)


def split(row: Ints, officer: Ints, from_us: Ints, to_us: Ints, edges: tuple[Ints, Ints]) -> PossibleInstants:
    """The first instant of each span, and every instant within it when a place of its officer starts or ends."""
    first, at_us = edges
    owner, nth = spread(first[officer + 1] - first[officer])
    edge = at_us[first[officer][owner] + nth]
    within = (from_us[owner] < edge) & (edge < to_us[owner])
    owner, edge = owner[within], edge[within]
    return PossibleInstants(
        np.concatenate([row, row[owner]]), np.concatenate([officer, officer[owner]]), np.concatenate([from_us, edge])
    )


def edges_of(fences: PlaceFences, officers: int) -> tuple[Ints, Ints]:
    """For each officer, in flat arrays, the instants when a place of the officer or for everyone starts or ends.

    A home on record starts and ends at instants of its own: it is read narrowly.
    """
    shared = fences.for_everyone.numbers_of
    found = []
    for officer in range(officers):
        places = np.concatenate([fences.places_of_officer[fences.first[officer] : fences.first[officer + 1]], shared])
        homes = fences.homes[:, officer].reshape(-1)
        found.append(np.unique(np.concatenate([fences.from_us[places], fences.to_us[places], homes])))
    flat = [np.zeros(0, np.int64), *found]
    return np.concatenate([[0], np.cumsum([len(each) for each in found], dtype=np.int64)]), np.concatenate(flat)


def away(instants: PossibleInstants, cells: RoundingCells, reach_m: Floats, fences: PlaceFences) -> Bools:
    """Whether some point of each cell is farther than its reach from every place that is valid then.

    A cell whose centre is far enough has such a point. A cell whose centre is too near by more than the size of the
    cell has none. Other cells are cut in four. A cell that is undecided at the end counts as having such a point.
    """
    found = np.zeros(len(instants.row), np.bool_)
    owner = np.arange(len(instants.row))
    for _ in range(HALVINGS):
        size_m = cells.reach_m()
        sure = ~_touches(instants, cells, reach_m + size_m, fences)
        found[owner[sure]] = True
        hopeless = (reach_m > size_m) & _touches(instants, cells, np.where(sure, np.nan, reach_m - size_m), fences)
        left = np.flatnonzero(~sure & ~hopeless & ~found[owner])
        if not len(left):
            return found
        owner, instants = np.tile(owner[left], 4), instants.take(np.tile(left, 4))
        reach_m, cells = np.tile(reach_m[left], 4), cells.take(left).quarters()
    found[owner] = True
    return found


def _touches(instants: PossibleInstants, cells: RoundingCells, reach_m: Floats, fences: PlaceFences) -> Bools:
    """Whether the centre of each cell is certainly within its reach of a place."""
    tracks = TrackBoxes.over(instants.officer, cells.lon, cells.lat)
    return fences.contacts(instants.officer, instants.at_us, cells.lon, cells.lat, reach_m, tracks).any
