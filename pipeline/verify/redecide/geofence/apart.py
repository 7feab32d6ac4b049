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
from offduty.verify.redecide.model import Bools, Floats

SPHERE_M = 6_371_000.0
TURNS = (-720.0, -360.0, 0.0, 360.0, 720.0)
ROUGH = 0.006
"""A distance on a sphere differs from that on the ellipsoid by less than this share."""
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


def within_of_zero(shape: Shape, limit_m: float) -> bool:
    """Whether an area comes so near to where longitude and latitude are zero."""
    return NearestSites([Circle(0.0, 0.0, 0.0)]).any_within(shape, limit_m)


class NearestSites:
    """Finds out whether a place is within some distance of any site, mostly without measuring it exactly."""

    def __init__(self, sites: Sequence[Shape]) -> None:
        self.sites = sites
        self._bounds = np.array([_circle_around(site) for site in sites]).reshape(-1, 3)

    def any_within(self, place: Shape, limit_m: float) -> bool:
        """Whether some site is at most so far away."""
        lon, lat, radius_m = _circle_around(place)
        far_m = _roughly_m(lon, lat, self._bounds[:, 0], self._bounds[:, 1])
        reach_m = radius_m + self._bounds[:, 2]
        if bool((far_m * (1 + ROUGH) + reach_m <= limit_m).any()):
            return True
        maybe: Bools = ~(far_m * (1 - ROUGH) - reach_m > limit_m)
        return any(apart_m(place, self.sites[at]) <= limit_m for at in np.flatnonzero(maybe).tolist())


def _circle_around(shape: Shape) -> tuple[float, float, float]:
    """A circle that holds the shape; its radius is infinite where the shape is very large."""
    if isinstance(shape, Circle):
        return shape.lon, shape.lat, shape.radius_m
    corners = _corners(shape)
    lon, lat = corners[0]
    if (np.ptp(corners, axis=0) > WIDEST_DEGREES).any() or (np.abs(corners[:, 1]) > 80).any():
        return float(lon), float(lat), np.inf
    longest_m = _roughly_m(float(lon), float(lat), corners[:, 0], corners[:, 1]).max()
    return float(lon), float(lat), float(longest_m) * 1.1 + 1


def _roughly_m(lon: float, lat: float, lons: Floats, lats: Floats) -> Floats:
    """Distances on a sphere, which may be wrong by the share of `ROUGH`."""
    one, other = np.radians(lat), np.radians(lats)
    half = np.sin((other - one) / 2) ** 2 + np.cos(one) * np.cos(other) * np.sin(np.radians(lons - lon) / 2) ** 2
    return np.asarray(2 * SPHERE_M * np.arcsin(np.sqrt(np.clip(half, 0, 1))))
