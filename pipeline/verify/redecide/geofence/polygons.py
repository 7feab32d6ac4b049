"""Polygons of many areas at once: which pings are inside, and how far the others are from the boundaries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from offduty.verify.redecide.geofence.geodesy import Edges, nearest_m, roughly_m
from offduty.verify.redecide.geofence.rings import FlatPolygon
from offduty.verify.redecide.model import Bools, Floats, Ints


def spread(counts: Ints) -> tuple[Ints, Ints]:
    """For owners with these counts of parts: the owner of every part, and its place among the parts of its owner."""
    owner = np.repeat(np.arange(len(counts)), counts)
    return owner, np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)


@dataclass(frozen=True)
class Areas:
    """Areas by number; polygons and edges are in flat lists: those of area `a` are `first[a]` to `first[a + 1]`."""

    polygons: npt.NDArray[np.object_]
    first_polygon: Ints
    edges: Edges
    first_edge: Ints

    def contains(self, area: Ints, lon: Floats, lat: Floats, *, boundary: bool) -> Bools:
        """Pair by pair, whether the ping is in the area, in degrees; the boundary is inside only if `boundary`."""
        inside = np.zeros(len(area), np.bool_)
        if not len(area) or not len(self.polygons):
            return inside
        counts = self.first_polygon[area + 1] - self.first_polygon[area]
        pair, part = spread(counts)
        number = self.first_polygon[area][pair] + part
        west, _, east, _ = shapely.bounds(self.polygons).T
        turns = range(int(np.ceil((west.min() - 180) / 360)), int(np.floor((east.max() + 180) / 360)) + 1)
        for turn in turns:
            x = lon[pair] + 360 * turn
            near = np.flatnonzero((x >= west[number]) & (x <= east[number]))
            test = shapely.intersects_xy if boundary else shapely.contains_xy
            hit = test(self.polygons[number[near]], x[near], lat[pair[near]])
            inside[pair[near[hit]]] = True
        return inside

    def within(self, area: Ints, lon: Floats, lat: Floats, limit_m: Floats, margin_m: Floats) -> tuple[Bools, Floats]:
        """Pair by pair, whether the ping is within the limit of the area, and the distance where that is close.

        The distance is computed wherever it may be within the margin around the limit. It is NaN elsewhere: inside, or
        clearly nearer, or clearly farther.
        """
        near = self.contains(area, lon, lat, boundary=True)
        exact = np.full(len(area), np.nan)
        left = np.flatnonzero(~near)
        counts = self.first_edge[area[left] + 1] - self.first_edge[area[left]]
        pair, part = spread(counts)
        edge = self.first_edge[area[left]][pair] + part
        at = left[pair]
        least, most = roughly_m(lon[at], lat[at], self.edges.take(edge))
        surely = np.zeros(len(left), np.bool_)
        surely[pair[most <= (limit_m - margin_m)[at]]] = True
        near[left[surely]] = True
        doubt = ~surely[pair] & (least <= (limit_m + margin_m)[at])
        open_pairs = np.unique(pair[doubt])
        if len(open_pairs):
            owner = np.searchsorted(open_pairs, pair[doubt])
            where = left[open_pairs]
            found = nearest_m(owner, lon[at[doubt]], lat[at[doubt]], self.edges.take(edge[doubt]), len(open_pairs))
            exact[where] = found
            near[where] = found <= limit_m[where]
        return near, exact


def gathered(areas: Iterable[Sequence[FlatPolygon]]) -> Areas:
    """Areas of several parts as flat lists, with prepared polygons, which answer quickly."""
    polygons: list[shapely.Geometry] = []
    lines: list[Floats] = []
    first_polygon, first_edge = [0], [0]
    for parts in areas:
        polygons += [part.area for part in parts if part.area is not None]
        lines_of_area = [line for part in parts for line in part.lines]
        lines += lines_of_area
        first_polygon.append(len(polygons))
        first_edge.append(first_edge[-1] + sum(len(line) - 1 for line in lines_of_area))
    shapely.prepare(polygons)
    starts = np.concatenate([line[:-1] for line in lines]) if lines else np.zeros((0, 2))
    ends = np.concatenate([line[1:] for line in lines]) if lines else np.zeros((0, 2))
    edges = Edges(starts[:, 0], starts[:, 1], ends[:, 0], ends[:, 1])
    prepared = np.empty(len(polygons), object)
    prepared[:] = polygons
    return Areas(prepared, np.array(first_polygon), edges, np.array(first_edge))
