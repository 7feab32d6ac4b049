"""Measures how far a point is from circles and rings, in metres on the ground, by geodesics."""

from __future__ import annotations

import itertools
import json
import math
import re
from dataclasses import dataclass
from typing import Any

from pyproj import Geod

from tests.oracle.reading import Row, Unreadable, missing, number

GEOD = Geod(ellps="WGS84")
Point = tuple[float, float]
Ring = list[Point]
STEPS_PER_EDGE = 64


@dataclass(frozen=True)
class Circle:
    """All points at most `radius_m` metres from the centre."""

    lon: float
    lat: float
    radius_m: float


@dataclass(frozen=True)
class Parts:
    """Polygons; each is a list of rings, the shell first."""

    polygons: list[list[Ring]]


Shape = Circle | Parts


def position(lon: Any, lat: Any) -> Point | None:
    """The position, or None where it is missing, not finite or out of range."""
    x, y = number(lon), number(lat)
    if x is None or y is None or not (math.isfinite(x) and math.isfinite(y)):
        return None
    return (x, y) if abs(x) <= 180 and abs(y) <= 90 else None


def shape(row: Row) -> Shape:
    """The geometry of a place or site; `Unreadable` where it cannot be understood, or there are two of them."""
    if not missing(row.get("geometry")):
        if not all(missing(row.get(column)) for column in ("lon", "lat", "radius_m")):
            raise Unreadable
        return Parts(polygons_of(row["geometry"]))
    centre, radius = position(row.get("lon"), row.get("lat")), number(row.get("radius_m"))
    if centre is None or radius is None or not math.isfinite(radius) or radius < 0:
        raise Unreadable
    return Circle(*centre, radius)


def polygons_of(geometry: Any) -> list[list[Ring]]:
    """The polygons of a GeoJSON object or of WKT; each ring must be closed, with four or more valid positions."""
    if isinstance(geometry, str):
        geometry = from_wkt(geometry)
    kinds = {"Polygon": lambda c: [c], "MultiPolygon": lambda c: c}
    if not isinstance(geometry, dict) or geometry.get("type") not in kinds:
        raise Unreadable
    polygons = kinds[geometry["type"]](geometry["coordinates"])
    if not polygons or not all(polygons):
        raise Unreadable
    return [[checked(ring) for ring in polygon] for polygon in polygons]


def checked(ring: list[Any]) -> Ring:
    """The ring as points; `Unreadable` where it is open, too short, or out of range."""
    points = [position(*point[:2]) for point in ring]
    if len(points) < 4 or None in points or points[0] != points[-1]:
        raise Unreadable
    return [point for point in points if point is not None]


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


def unwrapped(ring: Ring) -> Ring:
    """The ring with longitudes that may exceed 180; each edge takes the short way."""
    out = [ring[0]]
    for lon, lat in ring[1:]:
        step = (lon - out[-1][0] + 180) % 360 - 180
        out.append((out[-1][0] + step, lat))
    return out


def side(point: Point, ring: Ring) -> int:
    """1 inside, 0 on the ring, -1 outside: by the winding number in degrees, at longitude - 360, + 0 and + 360."""
    line = unwrapped(ring)
    return max(side_flat((point[0] + turn, point[1]), line) for turn in (-360, 0, 360))


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
    """True for a circle, and for polygons of which no ring crosses or touches itself."""
    return isinstance(area, Circle) or all(simple_ring(unwrapped(r)) for polygon in area.polygons for r in polygon)


def simple_ring(line: Ring) -> bool:
    """Whether only neighbouring edges meet, and the ring encloses an area."""
    edges = list(itertools.pairwise(line))
    apart = [
        (e, f) for i, e in enumerate(edges) for j, f in enumerate(edges) if j > i + 1 and (i, j) != (0, len(edges) - 1)
    ]
    twice_area = sum(a[0] * b[1] - b[0] * a[1] for a, b in edges)
    return twice_area != 0 and not any(meet(*e, *f) for e, f in apart)


def meet(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether two segments have a point in common."""

    def turn(p: Point, q: Point, r: Point) -> float:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    def on(p: Point, q: Point, r: Point) -> bool:
        return min(p[0], q[0]) <= r[0] <= max(p[0], q[0]) and min(p[1], q[1]) <= r[1] <= max(p[1], q[1])

    turns = (turn(a, b, c), turn(a, b, d), turn(c, d, a), turn(c, d, b))
    if turns[0] * turns[1] < 0 and turns[2] * turns[3] < 0:
        return True
    cases = ((a, b, c), (a, b, d), (c, d, a), (c, d, b))
    return any(t == 0 and on(*case) for t, case in zip(turns, cases, strict=True))
