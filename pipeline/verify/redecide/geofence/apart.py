"""How far two areas are from each other: places from sites, and places from where longitude and latitude are zero.

Two areas that do not meet are nearest at a corner of one of them, or a circle is measured from its centre.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from shapely import affinity

from offduty.verify.redecide.geofence.geodesy import geodesic_m, nearest_m
from offduty.verify.redecide.geofence.polygons import gathered, spread
from offduty.verify.redecide.geofence.read_geometry import Circle
from offduty.verify.redecide.geofence.rings import FlatPolygon, Shape
from offduty.verify.redecide.model import Bools, Floats, Ints

SPHERE_M = 6_371_000.0
TURNS = (-720.0, -360.0, 0.0, 360.0, 720.0)
ROUGH = 0.006
"""A distance on a sphere differs from that on the ellipsoid by less than this share."""
CELLS = 1 << 20
"""So many distances between places and sites are looked at together."""
WIDEST_DEGREES = 20.0
"""Beyond this width or height a polygon is not bounded by a circle around one of its corners."""


def apart_m(one: Shape, other: Shape) -> float:
    """The distance between two areas in metres; 0 where they meet."""
    if isinstance(one, Circle):
        if isinstance(other, Circle):
            centres = (np.array([value]) for value in (one.lon, one.lat, other.lon, other.lat))
            return max(float(geodesic_m(*centres)[0]) - one.radius_m - other.radius_m, 0.0)
        return max(float(_to_area(np.array([[one.lon, one.lat]]), other)[0]) - one.radius_m, 0.0)
    if isinstance(other, Circle):
        return apart_m(other, one)
    if _meet(one, other):
        return 0.0
    return float(min(_to_area(_corners(one), other).min(), _to_area(_corners(other), one).min()))


def _corners(area: Sequence[FlatPolygon]) -> Floats:
    return np.concatenate([line for part in area for line in part.lines])


def _to_area(points: Floats, area: Sequence[FlatPolygon]) -> Floats:
    """The distance of each point, a longitude and a latitude, from an area; 0 inside."""
    areas = gathered([area])
    lon, lat = np.remainder(points[:, 0] + 180, 360) - 180, points[:, 1]
    number = np.zeros(len(lon), np.int64)
    owner, edge = spread(np.full(len(lon), areas.first_edge[1]))
    far = nearest_m(owner, lon[owner], lat[owner], areas.edges.take(edge), len(lon))
    return np.where(areas.contains(number, lon, lat, boundary=True), 0.0, far)


def beside(ones: Sequence[Shape], others: Sequence[Shape], limit_m: float) -> Bools:
    """Pair by pair, whether two areas are at most so far from each other; points and areas are measured all at once."""
    found = np.zeros(len(ones), np.bool_)
    asked: list[tuple[int, Floats, Sequence[FlatPolygon], float]] = []
    for pair, (one, other) in enumerate(zip(ones, others, strict=True)):
        if isinstance(one, Circle):
            one, other = other, one
        if isinstance(one, Circle):
            found[pair] = apart_m(one, other) <= limit_m
        elif isinstance(other, Circle):
            asked.append((pair, np.array([[other.lon, other.lat]]), one, limit_m + other.radius_m))
        elif _meet(one, other):
            found[pair] = True
        else:
            asked += [(pair, _corners(one), other, limit_m), (pair, _corners(other), one, limit_m)]
    if asked:
        pairs, points, areas, limits_m = zip(*asked, strict=True)
        counts = [len(each) for each in points]
        near = _near_areas(np.concatenate(points), areas, np.array(counts), np.array(limits_m))
        found[np.repeat(pairs, counts)[near]] = True
    return found


def _near_areas(points: Floats, areas: Sequence[Sequence[FlatPolygon]], counts: Ints, limits_m: Floats) -> Bools:
    """Which points are within the limit of their area; the first `counts[0]` are those of the first area."""
    numbered = {id(area): area for area in areas}
    number_of = {each: number for number, each in enumerate(numbered)}
    number = np.repeat([number_of[id(area)] for area in areas], counts)
    lon, lat = np.remainder(points[:, 0] + 180, 360) - 180, points[:, 1]
    limit_m = np.repeat(limits_m, counts)
    return gathered(numbered.values()).within(number, lon, lat, limit_m, np.zeros(len(lon)))[0]


def _meet(one: Sequence[FlatPolygon], other: Sequence[FlatPolygon]) -> bool:
    """Whether two areas have a point in common, on whichever side of the antimeridian they were drawn."""
    ones, others = (
        shapely.GeometryCollection([_drawn(part) for part in area if _drawn(part) is not None]) for area in (one, other)
    )
    return any(shapely.intersects(affinity.translate(ones, turn), others) for turn in TURNS)


def _drawn(part: FlatPolygon) -> shapely.Geometry | None:
    if part.area is not None:
        return part.area
    return shapely.LineString(part.lines[0]) if part.lines else None


class NearestSites:
    """Finds out whether places are within some distance of any site, mostly without measuring it exactly."""

    def __init__(self, sites: Sequence[Shape]) -> None:
        self.sites = sites
        self._bounds = _circles_around(sites)

    def any_within(self, places: Sequence[Shape], limit_m: float) -> Bools:
        """For each place whether some site is at most so far away."""
        found = np.zeros(len(places), np.bool_)
        circles, step = _circles_around(places), max(1, CELLS // max(1, len(self.sites)))
        for at in range(0, len(places), step):
            lon, lat, radius_m = circles[at : at + step].T[:, :, None]
            far_m = _roughly_m(lon, lat, self._bounds[:, 0], self._bounds[:, 1])
            reach_m = radius_m + self._bounds[:, 2]
            near = (far_m * (1 + ROUGH) + reach_m <= limit_m).any(axis=1)
            maybe = ~near[:, None] & ~(far_m * (1 - ROUGH) - reach_m > limit_m)
            for place in np.flatnonzero(maybe.any(axis=1)).tolist():
                sites = np.flatnonzero(maybe[place]).tolist()
                near[place] = any(apart_m(places[at + place], self.sites[site]) <= limit_m for site in sites)
            found[at : at + step] = near
        return found


def _circles_around(shapes: Sequence[Shape]) -> Floats:
    """A circle that holds each shape: longitude, latitude and radius, infinite where the shape is very large."""
    circles = np.array(
        [(shape.lon, shape.lat, shape.radius_m) if isinstance(shape, Circle) else (0.0, 0.0, 0.0) for shape in shapes]
    ).reshape(-1, 3)
    drawn = np.array([at for at, shape in enumerate(shapes) if not isinstance(shape, Circle)], np.int64)
    if not len(drawn):
        return circles
    lines = [_corners(shape) for shape in shapes if not isinstance(shape, Circle)]
    counts = np.array([len(line) for line in lines])
    first, corners = np.cumsum(counts) - counts, np.concatenate(lines)
    lon, lat = corners[first].T
    wide = np.maximum.reduceat(corners, first) - np.minimum.reduceat(corners, first) > WIDEST_DEGREES
    large = wide.any(axis=1) | (np.maximum.reduceat(np.abs(corners[:, 1]), first) > 80)
    far_m = _roughly_m(np.repeat(lon, counts), np.repeat(lat, counts), corners[:, 0], corners[:, 1])
    circles[drawn] = np.column_stack([lon, lat, np.where(large, np.inf, np.maximum.reduceat(far_m, first) * 1.1 + 1)])
    return circles


def _roughly_m(lon: Floats, lat: Floats, lons: Floats, lats: Floats) -> Floats:
    """Distances on a sphere, which may be wrong by the share of `ROUGH`."""
    one, other = np.radians(lat), np.radians(lats)
    half = np.sin((other - one) / 2) ** 2 + np.cos(one) * np.cos(other) * np.sin(np.radians(lons - lon) / 2) ** 2
    return np.asarray(2 * SPHERE_M * np.arcsin(np.sqrt(np.clip(half, 0, 1))))
