"""Draws circles and rings, and measures in metres on the ground how far they are from a point and from each other."""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pyproj import Geod

from tests.oracle.reading import Row, Unreadable, blank, number

GEOD = Geod(ellps="WGS84")
Point = tuple[float, float]
Ring = tuple[Point, ...]
STEPS_PER_EDGE = 64
TURNS = (-720, -360, 0, 360, 720)


@dataclass(frozen=True)
class Circle:
    """All points at most `radius_m` metres from the centre."""

    lon: float
    lat: float
    radius_m: float


@dataclass(frozen=True)
class Parts:
    """Polygons; each is some rings, the shell first."""

    polygons: tuple[tuple[Ring, ...], ...]


Shape = Circle | Parts


def position(lon: Any, lat: Any, limit: float = 180) -> Point | None:
    """The position, or None where it is missing, not finite or out of range."""
    x, y = number(lon), number(lat)
    if x is None or y is None or not (math.isfinite(x) and math.isfinite(y)):
        return None
    return (x, y) if abs(x) <= limit and abs(y) <= 90 else None


def shape(row: Row) -> Shape:
    """The geometry of a place or site; `Unreadable` where it cannot be understood, or there are two of them.

    Longitudes may run beyond 180 degrees, to 360 (specification#beyond-180).
    """
    if not blank(row.get("geometry")):
        if not all(blank(row.get(column)) for column in ("lon", "lat", "radius_m")):
            raise Unreadable
        return Parts(polygons_of(row["geometry"]))
    centre, radius = position(row.get("lon"), row.get("lat"), 360), number(row.get("radius_m"))
    if centre is None or radius is None or not (math.isfinite(radius) and radius > 0):
        raise Unreadable
    return Circle(*centre, radius)


def polygons_of(geometry: Any) -> tuple[tuple[Ring, ...], ...]:
    """The polygons of a GeoJSON object or of WKT; each ring must be closed, with four or more valid positions."""
    if isinstance(geometry, str):
        geometry = from_wkt(geometry)
    if not isinstance(geometry, dict) or geometry.get("type") not in ("Polygon", "MultiPolygon"):
        raise Unreadable
    polygons = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    if not polygons or not all(polygons):
        raise Unreadable
    return tuple(tuple(checked(ring) for ring in polygon) for polygon in polygons)


def checked(ring: list[Any]) -> Ring:
    """The ring as points; `Unreadable` where it is open, too short, or out of range."""
    points = [position(point[0], point[1], 360) for point in ring]
    if len(points) < 4 or None in points or points[0] != points[-1]:
        raise Unreadable
    return tuple(point for point in points if point is not None)


def from_wkt(written: str) -> dict[str, Any]:
    """POLYGON or MULTIPOLYGON text as GeoJSON; `Unreadable` for any other text."""
    match = re.fullmatch(r"\s*(MULTI)?POLYGON\s*(\(.*\))\s*", written, re.IGNORECASE | re.DOTALL)
    if match is None:
        raise Unreadable
    body = re.sub(r"([^\s,()]+)\s+([^\s,()]+)", r"[\1,\2]", match[2]).replace("(", "[").replace(")", "]")
    try:
        return {"type": "MultiPolygon" if match[1] else "Polygon", "coordinates": json.loads(body)}
    except ValueError as error:
        raise Unreadable from error


def metres(a: Point, b: Point) -> float:
    """Length of the geodesic from a to b."""
    return float(GEOD.inv(a[0], a[1], b[0], b[1])[2])


def distance_m(point: Point, area: Shape) -> float:
    """Metres from the point to a place, 0 inside; holes are filled (specification#place-holes)."""
    if isinstance(area, Circle):
        return max(0.0, metres(point, (area.lon, area.lat)) - area.radius_m)
    shells = [polygon[0] for polygon in area.polygons]
    if any(side(point, shell) >= 0 for shell in shells):
        return 0.0
    return min(ring_distance_m(point, shell) for shell in shells)


def inside_site(point: Point, area: Shape) -> bool:
    """Whether the point is strictly inside a site; its edge and its holes are not inside."""
    if isinstance(area, Circle):
        return metres(point, (area.lon, area.lat)) < area.radius_m
    return any(
        side(point, shell) > 0 and all(side(point, hole) < 0 for hole in holes) for shell, *holes in area.polygons
    )


def site_distance_m(point: Point, site: Shape) -> float:
    """Metres from the point to a site, 0 inside and on its edge; in a hole, the way to the edge of the hole."""
    if isinstance(site, Circle):
        return distance_m(point, site)
    return min(part_distance_m(point, part) for part in site.polygons)


def part_distance_m(point: Point, part: tuple[Ring, ...]) -> float:
    """Metres from the point to a polygon with holes."""
    shell, *holes = part
    if side(point, shell) >= 0 and all(side(point, hole) <= 0 for hole in holes):
        return 0.0
    return min(ring_distance_m(point, ring) for ring in part)


@lru_cache(maxsize=1_000)
def apart_m(place: Shape, site: Shape) -> float:
    """Metres from a place to a site, 0 where they touch."""
    if isinstance(place, Circle):
        return max(0.0, site_distance_m((place.lon, place.lat), site) - place.radius_m)
    if isinstance(site, Circle):
        return max(0.0, distance_m((site.lon, site.lat), place) - site.radius_m)
    if any(cross(p, q) for p in edges([part[0] for part in place.polygons]) for q in edges(rings(site))):
        return 0.0
    corners = [site_distance_m(point, site) for part in place.polygons for point in part[0]]
    return min(*corners, *(distance_m(point, place) for ring in rings(site) for point in ring))


def nearer_than(place: Shape, site: Shape, limit_m: float) -> bool:
    """Whether a place is at most so many metres from a site; a look at two of their points may be enough."""
    return metres(corner(place), corner(site)) <= limit_m or apart_m(place, site) <= limit_m


def corner(area: Shape) -> Point:
    """A point of a place or site."""
    return (area.lon, area.lat) if isinstance(area, Circle) else area.polygons[0][0][0]


def swapped(area: Shape) -> Shape | None:
    """The place with latitudes and longitudes exchanged; None where these are no latitudes."""
    if isinstance(area, Circle):
        return Circle(area.lat, area.lon, area.radius_m) if abs(area.lon) <= 90 else None
    if any(abs(lon) > 90 for ring in rings(area) for lon, _ in ring):
        return None
    return Parts(tuple(tuple(tuple((y, x) for x, y in ring) for ring in part) for part in area.polygons))


def area_km2(area: Shape) -> float:
    """Square kilometres on the ground, without the holes."""
    if isinstance(area, Circle):
        return math.pi * area.radius_m * area.radius_m / 1e6
    return sum(ring_km2(shell) - sum(map(ring_km2, holes)) for shell, *holes in area.polygons)


def ring_km2(ring: Ring) -> float:
    """Square kilometres inside a ring."""
    lons, lats = zip(*unwrapped(ring), strict=True)
    return abs(float(GEOD.polygon_area_perimeter(lons, lats)[0])) / 1e6


def rings(area: Parts) -> list[Ring]:
    """All rings."""
    return [ring for part in area.polygons for ring in part]


def edges(some: list[Ring]) -> list[tuple[Point, Point]]:
    """All edges of some rings."""
    return [edge for ring in some for edge in itertools.pairwise(unwrapped(ring))]


def cross(p: tuple[Point, Point], q: tuple[Point, Point]) -> bool:
    """Whether two edges have a point in common, on the globe."""
    return any(meet(*p, *((x + turn, y) for x, y in q)) for turn in TURNS)


@lru_cache(maxsize=1_000)
def unwrapped(ring: Ring) -> Ring:
    """The ring with longitudes that may exceed 180; vertices more than 180 degrees apart are joined the short way."""
    return tuple(along(ring))


def along(ring: Ring) -> Iterator[Point]:
    """Its points one after the other."""
    at = before = ring[0][0]
    for lon, lat in ring:
        step = lon - before
        at += step if abs(step) <= 180 else (step + 180) % 360 - 180
        before = lon
        yield at, lat


def side(point: Point, ring: Ring) -> int:
    """1 inside, 0 on the ring, -1 outside: by the winding number in degrees, however often about the globe."""
    line = unwrapped(ring)
    return max(side_flat((point[0] + turn, point[1]), line) for turn in TURNS)


def side_flat(point: Point, line: Ring) -> int:
    """`side` in the plane."""
    x, y = point
    winding = 0
    for (ax, ay), (bx, by) in itertools.pairwise(line):
        cross = (bx - ax) * (y - ay) - (by - ay) * (x - ax)
        if cross == 0 and min(ax, bx) <= x <= max(ax, bx) and min(ay, by) <= y <= max(ay, by):
            return 0
        if ay <= y < by and cross > 0:
            winding += 1
        elif by <= y < ay and cross < 0:
            winding -= 1
    return 1 if winding else -1


def ring_distance_m(point: Point, ring: Ring) -> float:
    """Metres to the nearest edge; edges are cut into small steps and projected about the point."""
    line = unwrapped(ring)
    return min(edge_distance_m(point, a, b) for a, b in itertools.pairwise(line))


@lru_cache(maxsize=10_000)
def edge_distance_m(point: Point, a: Point, b: Point) -> float:
    """Metres from the point to the edge, which is straight in degrees (as GeoJSON draws it)."""
    shares = [i / STEPS_PER_EDGE for i in range(STEPS_PER_EDGE + 1)]
    lons = [a[0] + (b[0] - a[0]) * s for s in shares]
    lats = [a[1] + (b[1] - a[1]) * s for s in shares]
    many = len(shares)
    azimuths, _, lengths = GEOD.inv([point[0]] * many, [point[1]] * many, lons, lats)
    flat = [
        (m * math.sin(math.radians(z)), m * math.cos(math.radians(z))) for z, m in zip(azimuths, lengths, strict=True)
    ]
    return min(from_origin(p, q) for p, q in itertools.pairwise(flat))


def from_origin(p: Point, q: Point) -> float:
    """Distance in the plane from (0, 0) to the segment p-q."""
    dx, dy = q[0] - p[0], q[1] - p[1]
    square = dx * dx + dy * dy
    share = 0.0 if square == 0 else min(1.0, max(0.0, -(p[0] * dx + p[1] * dy) / square))
    return math.hypot(p[0] + share * dx, p[1] + share * dy)


def simple(area: Shape) -> bool:
    """True for a circle, and for polygons that are valid: no ring meets itself, holes are inside, parts are apart."""
    if isinstance(area, Circle):
        return True
    one_by_one = all(simple_ring(unwrapped(ring)) for ring in rings(area))
    return one_by_one and not any(pierce(p, q) for p, q in itertools.combinations(rings(area), 2)) and in_order(area)


def pierce(one: Ring, other: Ring) -> bool:
    """Whether an edge of one ring crosses an edge of the other; touching is no crossing."""
    return any(opposite(*p, *q) for p in edges([one]) for q in edges([other]))


def in_order(area: Parts) -> bool:
    """Whether no hole has a corner outside of its shell, and no part has one inside another."""
    holes_inside = all(side(point, shell) >= 0 for shell, *holes in area.polygons for hole in holes for point in hole)
    pairs = itertools.permutations(area.polygons, 2)
    return holes_inside and not any(
        part_distance_m(p, other) == 0 < side(p, other[0]) for one, other in pairs for p in one[0]
    )


def simple_ring(line: Ring) -> bool:
    """Whether only neighbouring edges meet, and the ring encloses an area."""
    all_edges = list(itertools.pairwise(line))
    last = len(all_edges) - 1
    apart = [
        (e, f) for i, e in enumerate(all_edges) for j, f in enumerate(all_edges) if j > i + 1 and (i, j) != (0, last)
    ]
    twice_area = sum(a[0] * b[1] - b[0] * a[1] for a, b in all_edges)
    return twice_area != 0 and not any(meet(*e, *f) for e, f in apart)


def turn(p: Point, q: Point, r: Point) -> float:
    """Positive where the way from p over q to r turns left, negative where it turns right."""
    return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])


def opposite(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether two segments cross, each with its ends on both sides of the other."""
    return turn(a, b, c) * turn(a, b, d) < 0 and turn(c, d, a) * turn(c, d, b) < 0


def meet(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether two segments have a point in common."""

    def on(p: Point, q: Point, r: Point) -> bool:
        return min(p[0], q[0]) <= r[0] <= max(p[0], q[0]) and min(p[1], q[1]) <= r[1] <= max(p[1], q[1])

    cases = ((a, b, c), (a, b, d), (c, d, a), (c, d, b))
    return opposite(a, b, c, d) or any(turn(*case) == 0 and on(*case) for case in cases)
