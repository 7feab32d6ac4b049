"""Reads the area of a row of places or sites: a circle, or rings of degrees (docs/reference/places.md)."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from offduty.verify.redecide.ingest.json_values import DuplicateNames, names_wgs84, read_once_each
from offduty.verify.redecide.ingest.reference_row import ReferenceRow
from offduty.verify.redecide.model import Floats
from offduty.verify.redecide.text_values import WHITE, blank, number

WGS84 = 4326
_SRID = re.compile(r"\s*SRID=([0-9]+);", re.IGNORECASE)


_NESTS_FEW_BYTES = 3_000
_LIMITS = np.array([360.0, 90.0])
_WITHOUT_PARTS = (1, 3)  # points and polygons


class UnusableGeometryError(ValueError):
    """The area of the row cannot be used (docs/reference/places.md)."""


@dataclass(frozen=True)
class Circle:
    """A centre in degrees and a radius in metres."""

    lon: float
    lat: float
    radius_m: float


Ring = Floats
"""A closed ring of at least four points; each row is a longitude and a latitude."""


@dataclass(frozen=True)
class DrawnPolygons:
    """Polygons as drawn: the rings of each, the shell first."""

    polygons: tuple[tuple[Ring, ...], ...]


def read_geometry(row: ReferenceRow) -> Circle | DrawnPolygons:
    """The area of a row. Raises `UnusableGeometryError` where docs/reference/places.md says that it cannot be used."""
    geometry = row.values.get("geometry")
    east, north, radius = (row.text(column) for column in ("lon", "lat", "radius_m"))
    if blank(geometry):
        return _circle(_as_number(east), _as_number(north), _as_number(radius))
    if east is not None or north is not None:
        raise UnusableGeometryError
    kind, polygons = usable_geometry(geometry)
    if kind == "Point":
        lon, lat = polygons[0][0][0].tolist()
        return _circle(lon, lat, _as_number(radius))
    if radius is not None:
        raise UnusableGeometryError
    return DrawnPolygons(polygons)


def usable_geometry(geometry: Any) -> tuple[str, tuple[tuple[Ring, ...], ...]]:
    """The type of a geometry, and its polygons; a point is one ring of one position.

    Raises `UnusableGeometryError` where it is no point, polygon or multipolygon on Earth.
    """
    kind, parts = _parts(geometry)
    if kind == "Point":
        point = np.array([parts[:2]], np.float64)
        if not _on_earth(point):
            raise UnusableGeometryError
        return kind, ((point,),)
    polygons = tuple(tuple(_ring(ring) for ring in rings) for rings in parts)
    if not polygons or not all(polygons):
        raise UnusableGeometryError
    return kind, polygons


def swapped(drawn: Circle | DrawnPolygons) -> Circle | DrawnPolygons:
    """The same area with longitude and latitude the other way round.

    Raises `UnusableGeometryError` where a latitude would be beyond ±90.
    """
    if isinstance(drawn, Circle):
        return _circle(drawn.lat, drawn.lon, drawn.radius_m)
    rings = tuple(tuple(ring[:, ::-1] for ring in polygon) for polygon in drawn.polygons)
    if not all(_on_earth(ring) for polygon in rings for ring in polygon):
        raise UnusableGeometryError
    return DrawnPolygons(rings)


def _as_number(text: str | None) -> float | None:
    """The number of a place or a site, without the spaces around it (docs/reference/choices.md)."""
    return None if text is None else number(text.strip(WHITE))


def _circle(lon: float | None, lat: float | None, radius: float | None) -> Circle:
    if lon is None or lat is None or radius is None or radius <= 0 or not _on_earth(np.array([[lon, lat]])):
        raise UnusableGeometryError
    return Circle(lon if abs(lon) <= 180 else lon - math.copysign(360, lon), lat, radius)


def _on_earth(points: Floats) -> bool:
    """Whether all points have finite latitudes within ±90, and longitudes within ±360: beyond ±180 they go on."""
    return bool((np.abs(points) <= _LIMITS).all())  # NaN is not


def _ring(points: Any) -> Ring:
    try:
        ring = np.array([(point[0], point[1]) for point in points], np.float64).reshape(-1, 2)
    except (TypeError, ValueError, IndexError) as error:
        raise UnusableGeometryError from error
    if len(ring) < 4 or not _on_earth(ring) or not np.array_equal(ring[0], ring[-1]):
        raise UnusableGeometryError
    return ring


def _parts(geometry: Any) -> tuple[str, Any]:
    """The type of the geometry, and the coordinates of a point, or polygons as nested lists."""
    try:
        if isinstance(geometry, str) and geometry.strip(WHITE).startswith("{"):
            geometry = read_once_each(geometry)
        if isinstance(geometry, DuplicateNames):
            raise UnusableGeometryError
        if isinstance(geometry, dict):
            return _geojson(geometry)
        return _shapely(geometry)
    except (shapely.errors.ShapelyError, NotImplementedError, TypeError, ValueError, KeyError, RecursionError) as error:
        raise UnusableGeometryError from error


def _geojson(geometry: dict[str, Any]) -> tuple[str, Any]:
    if "crs" in geometry and not names_wgs84(geometry["crs"]):
        raise UnusableGeometryError
    kind = geometry["type"]
    if kind == "Feature":
        return _geojson(geometry["geometry"])
    coordinates = geometry["coordinates"]
    if kind == "Point":
        return kind, _position(coordinates)
    if kind not in ("Polygon", "MultiPolygon"):
        raise UnusableGeometryError
    polygons = [coordinates] if kind == "Polygon" else coordinates
    return kind, [[[_position(point) for point in ring] for ring in rings] for rings in polygons]


def _position(point: Any) -> list[float]:
    """A position of two numbers, or three with a height; nothing else is a position."""
    if not isinstance(point, list) or len(point) not in (2, 3):
        raise UnusableGeometryError
    if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in point):
        raise UnusableGeometryError
    return [float(value) for value in point]


def _shapely(geometry: str | bytes) -> tuple[str, Any]:
    shape = _read(geometry)
    if shape is None or shapely.get_srid(shape) not in (0, WGS84) or shapely.is_empty(shape):
        raise UnusableGeometryError
    flat = shapely.force_2d(shape)
    kind = shape.geom_type
    if kind == "Point":
        return kind, list(flat.coords[0])
    if kind not in ("Polygon", "MultiPolygon"):
        raise UnusableGeometryError
    polygons = [flat] if kind == "Polygon" else list(flat.geoms)
    if any(shapely.is_empty(polygon) for polygon in polygons):
        raise UnusableGeometryError
    return kind, [[list(ring.coords) for ring in (polygon.exterior, *polygon.interiors)] for polygon in polygons]


def _read(geometry: str | bytes) -> Any:
    if isinstance(geometry, bytes):
        return _from_wkb(geometry)
    text = geometry.strip(WHITE)
    if re.fullmatch(r"(?:[0-9A-Fa-f]{2})+", text):
        return _from_wkb(bytes.fromhex(text))
    if "COLLECTION" in text.upper():  # it cannot be used, and GEOS (3.14) breaks off where they are nested very deep
        raise UnusableGeometryError
    srid = _SRID.match(text)
    if srid is not None and int(srid[1]) != WGS84:
        raise UnusableGeometryError
    return shapely.from_wkt(text[srid.end() :] if srid else text)


def _from_wkb(data: bytes) -> Any:
    """A point, a polygon, or polygons. Nothing else can be used, and GEOS (3.14) breaks off where geometries are nested
    very deep, which takes nine bytes each: a long one that is no list of polygons is not given to it.
    """
    if len(data) > _NESTS_FEW_BYTES and _kind_at(data, 0) not in _WITHOUT_PARTS and not _only_polygons(data):
        raise UnusableGeometryError
    return shapely.from_wkb(data)


def _kind_at(data: bytes, at: int) -> int:
    """The kind of the geometry that begins there, without its dimensions."""
    code = int.from_bytes(data[at + 1 : at + 5], "big" if data[at] == 0 else "little")
    return (code & 0x0FFFFFFF) % 1000


def _only_polygons(data: bytes) -> bool:
    """Whether each part of a collection is a polygon, each where the one before it ends."""
    try:
        at = _body(data, 0)[1]
        count, at = _whole(data, at, data[0]), at + 4
        for _ in range(count):
            if _kind_at(data, at) != 3:
                return False
            width, begin = _body(data, at)
            rings, order, at = _whole(data, begin, data[at]), data[at], begin + 4
            for _ in range(rings):
                at += 4 + width * _whole(data, at, order)
    except IndexError:
        return False
    return True


def _body(data: bytes, at: int) -> tuple[int, int]:
    """The bytes of one point, and where the numbers of the geometry begin."""
    code = int.from_bytes(data[at + 1 : at + 5], "big" if data[at] == 0 else "little")
    thousands = (code & 0x0FFFFFFF) // 1000
    heights, measures = bool(code & 1 << 31) or thousands in (1, 3), bool(code & 1 << 30) or thousands in (2, 3)
    return 8 * (2 + heights + measures), at + (9 if code & 1 << 29 else 5)


def _whole(data: bytes, at: int, order: int) -> int:
    if at + 4 > len(data):
        raise IndexError
    return int.from_bytes(data[at : at + 4], "big" if order == 0 else "little")
