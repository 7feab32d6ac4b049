"""Turns rings on the globe into polygons in degrees: across the antimeridian, around a pole, and repaired.

The longitudes of an unwrapped ring continue beyond ±180, so that consecutive points are joined the short way
(docs/reference/places.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import shapely
import shapely.ops

from offduty.verify.redecide.geofence.read_geometry import Circle, DrawnPolygons, Ring, UnusableGeometryError
from offduty.verify.redecide.model import Floats

ROUNDING = 1e-9
"""By rounding alone, a repaired ring may lose this share of the area that was drawn."""


@dataclass(frozen=True)
class FlatPolygon:
    """An unwrapped polygon, and the lines from which distances are measured.

    The polygon of a place has no holes; the first line of a site is its shell, the others are its holes. A line is a
    chain of points. `area` is None where the ring has collapsed, and only its line is left.
    """

    area: shapely.Polygon | shapely.MultiPolygon | None
    lines: tuple[Floats, ...]


Shape = Circle | Sequence[FlatPolygon]
"""An area to measure from: a circle, or flat polygons with their lines."""


def unwrapped(ring: Ring) -> Ring:
    """The ring with longitudes that continue beyond ±180. A ring around the world is closed over its pole.

    Raises `UnusableGeometryError` where it goes around more than once, or where the pole cannot be decided.
    """
    lon, lat = ring[:, 0], ring[:, 1]
    if lon.max() - lon.min() <= 180:  # no two points are nearer the other way
        return ring
    steps = np.diff(lon)
    turned = np.cumsum(np.where(steps > 180, -360.0, np.where(steps < -180, 360.0, 0.0)))
    flat = np.concatenate([lon[:1], lon[1:] + turned])
    turns = round((flat[-1] - flat[0]) / 360)
    if turns == 0:
        as_written = np.ptp(flat) == 0 and np.ptp(lon) > 0  # a box from -180 to 180 would shrink to a line
        return ring if as_written else np.column_stack([flat, lat])
    if abs(turns) > 1:
        raise UnusableGeometryError
    pole = _pole(lat)
    over = [(flat[-1], pole), (flat[0], pole), (flat[0], lat[0])]
    return np.concatenate([np.column_stack([flat, lat]), over])


def _pole(lat: Floats) -> float:
    """The latitude of the pole that a ring around the world encloses: the one it touches, or that of its hemisphere."""
    touched = [pole for pole in (90.0, -90.0) if (lat == pole).any()]
    if len(touched) == 1:
        return touched[0]
    if touched or lat.min() < 0 < lat.max() or not lat.any():
        raise UnusableGeometryError
    return 90.0 if lat.max() > 0 else -90.0


def place_parts(drawn: DrawnPolygons) -> list[FlatPolygon]:
    """The parts of a place: every ring, also that of a hole, is an area, repaired so that no area is lost.

    The rules are specification#place-repair and specification#place-holes.
    """
    return [_repaired(unwrapped(ring)) for rings in drawn.polygons for ring in rings]


def _repaired(ring: Ring) -> FlatPolygon:
    """The area of a ring: as drawn if it is simple, else repaired, else its convex hull; and its own line."""
    drawn = shapely.Polygon(ring)
    if drawn.is_valid:
        return FlatPolygon(drawn, (ring,))
    repaired = _areal(shapely.make_valid(drawn, method="structure", keep_collapsed=True))
    line = shapely.LineString(ring)
    enclosed = sum(face.area for face in shapely.ops.polygonize(shapely.unary_union(line)))
    lost = (0.0 if repaired is None else repaired.area) < enclosed * (1 - ROUNDING)
    area = _areal(shapely.convex_hull(line)) if lost else repaired
    return FlatPolygon(area, (ring, *([] if area is None else _outlines(area))))


def _areal(shape: shapely.Geometry) -> shapely.Polygon | shapely.MultiPolygon | None:
    """The polygons of a shape; None where it has no area."""
    polygons = [each for each in shapely.get_parts(shape, return_index=False) if each.geom_type == "Polygon"]
    polygons += [
        inner
        for each in shapely.get_parts(shape)
        if each.geom_type in ("MultiPolygon", "GeometryCollection")
        for inner in shapely.get_parts(each)
        if inner.geom_type == "Polygon"
    ]
    areas = [each for each in polygons if each.area > 0]
    return None if not areas else shapely.MultiPolygon(areas) if len(areas) > 1 else areas[0]


def _outlines(area: shapely.Polygon | shapely.MultiPolygon) -> list[Floats]:
    return [shapely.get_coordinates(part.exterior) for part in shapely.get_parts(area)]


def site_parts(drawn: DrawnPolygons) -> list[FlatPolygon]:
    """The parts of a site, as drawn: holes are not inside. Parts and rings may touch in single points.

    Raises `UnusableGeometryError` where rings cross or parts overlap.
    """
    polygons = [_with_holes(rings) for rings in drawn.polygons]
    wrapped = ((one, other, _turns(other, one)) for one, other in combinations(polygons, 2))
    if not shapely.MultiPolygon(polygons).is_valid or any(_overlap(*pair) for pair in wrapped if pair[2]):
        raise UnusableGeometryError
    return [FlatPolygon(each, _rings(each)) for each in polygons]


def _rings(polygon: shapely.Polygon) -> tuple[Floats, ...]:
    """The shell, then the holes."""
    return tuple(shapely.get_coordinates(ring) for ring in (polygon.exterior, *polygon.interiors))


def _overlap(one: shapely.Polygon, other: shapely.Polygon, turns: int) -> bool:
    """Whether two parts overlap that were drawn on different sides of the antimeridian."""
    moved = shapely.transform(other, lambda points: _moved(points, turns))
    return bool(shapely.relate_pattern(one, moved, "T********"))


def _with_holes(rings: tuple[Ring, ...]) -> shapely.Polygon:
    shell, *holes = (shapely.Polygon(unwrapped(ring)) for ring in rings)
    moved = [_moved(shapely.get_coordinates(hole), _turns(hole, shell)) for hole in holes]
    return shapely.Polygon(shell.exterior, moved)


def _turns(polygon: shapely.Polygon, other: shapely.Polygon) -> int:
    """By how many whole turns of 360 degrees a polygon is away from another."""
    (west, _, east, _), (left, _, right, _) = polygon.bounds, other.bounds
    return round(((left + right) - (west + east)) / 720)


def _moved(ring: Ring, turns: int) -> Ring:
    return np.asarray(ring + np.array([360.0 * turns, 0.0]))
