"""Moments at which a released row may have been taken, and whether its rounded position can be away from every place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from offduty.verify.redecide.geofence.bounding_boxes import TrackBoxes
from offduty.verify.redecide.geofence.geodesy import DEGREE_M
from offduty.verify.redecide.geofence.places import PlaceFences
from offduty.verify.redecide.geofence.polygons import spread
from offduty.verify.redecide.model import Bools, Floats, Ints
from offduty.verify.redecide.outputs.coarsening import CLASSES, degrees
from offduty.verify.redecide.outputs.expected_release import CoarseRows
from offduty.verify.redecide.rules import Rules

HALVINGS = 12
"""A rounding cell is cut in four so often before it is given the benefit of the doubt."""


@dataclass(frozen=True)
class PossibleInstants:
    """Instants at which rows may have been taken: the row, its officer, and the instant."""

    row: Ints
    officer: Ints
    at_us: Ints

    def take(self, at: Ints | Bools) -> PossibleInstants:
        """Some of them."""
        return PossibleInstants(self.row[at], self.officer[at], self.at_us[at])


@dataclass(frozen=True)
class RoundingCells:
    """Boxes in degrees, by their middles: what a position was before it was rounded, or a part of that."""

    lon: Floats
    lat: Floats
    half: float

    def reach_m(self) -> Floats:
        """How far a point of each box can be from its middle."""
        east = np.cos(np.radians(np.maximum(np.abs(self.lat) - self.half, 0)))
        return np.asarray(DEGREE_M * self.half * np.hypot(1, east))

    def quarters(self) -> RoundingCells:
        """Each cut in four: all first quarters, then all second ones, and so on."""
        half = self.half / 2
        corners = [(x, y) for x in (-half, half) for y in (-half, half)]
        lon = np.concatenate([self.lon + x for x, _ in corners])
        return RoundingCells(lon, np.concatenate([self.lat + y for _, y in corners]), half)

    def take(self, at: Ints | Bools) -> RoundingCells:
        """Some of them."""
        return RoundingCells(self.lon[at], self.lat[at], self.half)


def cells_of(coarse: CoarseRows, rules: Rules) -> RoundingCells:
    """The boxes that round to these positions; what is rounded to ±180 or ±90 may lie beyond, which is no harm."""
    half = 0.5 / 10.0**rules.decimals
    return RoundingCells(degrees(coarse.lon, rules.decimals), degrees(coarse.lat, rules.decimals), half)


def least_reach_m(accuracy: Ints, rules: Rules) -> Floats:
    """How near a place a ping of each class may have been, at the best: with the smallest accuracy of its class.

    NaN where no accuracy of the class is allowed.
    """
    below = np.concatenate([[0.0], CLASSES])[accuracy]
    return np.where(below < rules.max_m, rules.buffer_m + rules.factor * below, np.nan)


def split(row: Ints, officer: Ints, from_us: Ints, to_us: Ints, edges: tuple[Ints, Ints]) -> PossibleInstants:
    """The first instant of each span of time, and every instant within it at which a place of its officer comes or
    goes.
    """
    first, at_us = edges
    owner, nth = spread(first[officer + 1] - first[officer])
    edge = at_us[first[officer][owner] + nth]
    within = (from_us[owner] < edge) & (edge < to_us[owner])
    owner, edge = owner[within], edge[within]
    return PossibleInstants(
        np.concatenate([row, row[owner]]), np.concatenate([officer, officer[owner]]), np.concatenate([from_us, edge])
    )


def edges_of(fences: PlaceFences, officers: int) -> tuple[Ints, Ints]:
    """For each officer, flat, the instants at which one of the places that concern them comes or goes."""
    shared = fences.everyones.whose
    found = []
    for officer in range(officers):
        mine = np.concatenate([fences.mine[fences.first[officer] : fences.first[officer + 1]], shared])
        found.append(np.unique(np.concatenate([fences.from_us[mine], fences.to_us[mine]])))
    flat = [np.zeros(0, np.int64), *found]
    return np.concatenate([[0], np.cumsum([len(each) for each in found], dtype=np.int64)]), np.concatenate(flat)


def away(moments: PossibleInstants, cells: RoundingCells, reach_m: Floats, fences: PlaceFences) -> Bools:
    """Whether some point of each cell is farther than its reach from every place that is valid then.

    A cell whose middle is far enough has such a point, one whose middle is too near by more than its size has none;
    what is between is cut in four. What is still in doubt at the end is taken to have one.
    """
    found = np.zeros(len(moments.row), np.bool_)
    owner = np.arange(len(moments.row))
    for _ in range(HALVINGS):
        size_m = cells.reach_m()
        sure = ~_touches(moments, cells, reach_m + size_m, fences)
        found[owner[sure]] = True
        hopeless = (reach_m > size_m) & _touches(moments, cells, np.where(sure, np.nan, reach_m - size_m), fences)
        left = np.flatnonzero(~sure & ~hopeless & ~found[owner])
        if not len(left):
            return found
        owner, moments = np.tile(owner[left], 4), moments.take(np.tile(left, 4))
        reach_m, cells = np.tile(reach_m[left], 4), cells.take(left).quarters()
    found[owner] = True
    return found


def _touches(moments: PossibleInstants, cells: RoundingCells, reach_m: Floats, fences: PlaceFences) -> Bools:
    """Whether each cell's middle is surely within its reach of a place."""
    tracks = TrackBoxes.over(moments.officer, cells.lon, cells.lat)
    touch, _ = fences.contacts(moments.officer, moments.at_us, cells.lon, cells.lat, reach_m, tracks)
    return touch
