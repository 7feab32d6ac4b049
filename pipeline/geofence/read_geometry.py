"""Reads the rows of places or sites as circles and polygons, and gives the reason for each row that cannot be read."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from offduty.arrays.arrow import to_arrow
from offduty.core.crs import geojson_in_degrees
from offduty.core.refusal import Refusal
from offduty.geofence.duplicate_names import has_duplicate_name
from offduty.geofence.geodesy import Bools, Floats, Ints
from offduty.geofence.nesting import SHORT_BYTES, is_too_deep

Geometries = NDArray[Any]  # of shapely geometries or None
FileRows = tuple[tuple[int, int], ...]  # file and row of some rows of a table
POINT, POLYGON, MULTIPOLYGON = 0, 3, 6
WORLD_SRIDS = (0, 4326)
FARTHEST_LON = 360.0  # a longitude beyond 180 is the same meridian, written past the antimeridian

UNREADABLE = "the geometry cannot be read"
EMPTY = "the geometry is empty, or a part of it is"
TOO_SHORT = "a ring has fewer than four points"
OTHER_KIND = "the geometry is neither a polygon nor a multipolygon nor a point with a radius"
OTHER_SYSTEM = "the geometry is not in longitude and latitude (WGS 84)"
OUT_OF_RANGE = "a coordinate is not finite, or not a longitude or latitude in degrees"
NOTHING = "there is neither a geometry nor a complete circle (lon, lat, radius_m)"
BOTH = "there is both a geometry and a lon or lat"
NO_RADIUS = "a point needs a radius_m"
BAD_RADIUS = "radius_m is not a finite number above 0"
POLYGON_RADIUS = "a polygon has a radius_m: it is not clear what is meant"


@dataclass(frozen=True, eq=False)
class DrawnGeometries:
    """The geometries of one table, as drawn: not yet repaired, and with their holes.

    `why[row]` is None where the row was understood, otherwise the reason in plain words. `circle_row` and `polygon_row`
    are the rows that circles and polygons come from. A multipolygon is several polygons of one row. A row with a `why`
    has no circle and no polygon. Longitudes are as written: they may run beyond 180, to 360.
    """

    why: NDArray[Any]
    circle_row: Ints
    circle_lon: Floats
    circle_lat: Floats
    circle_radius_m: Floats
    polygon_row: Ints
    polygons: Geometries


def read_shapes(rows: pa.Table) -> DrawnGeometries:
    """Read `geometry`, or `lon`, `lat` and `radius_m`, of each row (specification#geometry-forms).

    Geometry is WKB (bytes or hex text), WKT, or the text of a GeoJSON object. Blanks count as missing, and heights are
    dropped. A ring that is not closed, or has fewer than four points, cannot be read.
    """
    count = rows.num_rows
    why = np.full(count, None, object)
    given = _column(rows, "geometry")
    has_shape = _are_present(given)
    shapes = _parse(given, why)
    lon, has_lon = _numbers(rows, "lon")
    lat, has_lat = _numbers(rows, "lat")
    radius_m, has_radius = _numbers(rows, "radius_m")

    _refuse(why, has_shape & (has_lon | has_lat), BOTH)
    _refuse(why, ~has_shape & ~(has_lon & has_lat & has_radius), NOTHING)
    _check_shapes(shapes, why, has_shape)
    kind = shapely.get_type_id(shapes)
    point = has_shape & (kind == POINT)
    readable = point & understood(why)
    lon[readable], lat[readable] = shapely.get_x(shapes[readable]), shapely.get_y(shapes[readable])
    _refuse(why, point & ~has_radius, NO_RADIUS)
    _refuse(why, has_shape & ~point & has_radius, POLYGON_RADIUS)
    circle = point | ~has_shape
    _refuse(why, circle & ~((np.abs(lon) <= FARTHEST_LON) & (np.abs(lat) <= 90)), OUT_OF_RANGE)
    _refuse(why, circle & ~((radius_m > 0) & (radius_m < np.inf)), BAD_RADIUS)

    good = understood(why)
    circles, drawn = np.flatnonzero(good & circle), np.flatnonzero(good & ~circle)
    polygons, part_of = shapely.get_parts(shapes[drawn], return_index=True)
    return DrawnGeometries(why, circles, lon[circles], lat[circles], radius_m[circles], drawn[part_of], polygons)


def usable_geometries(values: list[Any]) -> tuple[Geometries, Bools]:
    """The geometries in a column, without heights, and which of them can be used as a place or a site; for a point that
    is so before anything is known of its radius.
    """
    why = np.full(len(values), None, object)
    present = _are_present(values)
    shapes = _parse(values, why)
    _check_shapes(shapes, why, present)
    return shapes, present & understood(why)


def understood(why: NDArray[Any]) -> Bools:
    """The rows without a reason against them."""
    without: Bools = why == np.array(None, object)
    return without.astype(bool)


def refusals(table: str, rows: pa.Table, reasons: NDArray[Any]) -> tuple[Refusal, ...]:
    """One refusal for each row that has a reason, in the order of file and row."""
    at = np.flatnonzero(~understood(reasons))
    some = rows.select(["file", "row"]).take(to_arrow(at.astype(np.int64), pa.int64())).to_pydict()
    return tuple(sorted(Refusal(table, *named) for named in zip(some["file"], some["row"], reasons[at], strict=True)))


def file_rows(rows: pa.Table, which: Ints) -> FileRows:
    """File and row of these rows of a table, sorted."""
    some = rows.select(["file", "row"]).take(to_arrow(which.astype(np.int64), pa.int64())).to_pydict()
    return tuple(sorted(zip(some["file"], some["row"], strict=True)))


def _refuse(why: NDArray[Any], where: Bools, reason: str) -> None:
    """Set the reason of rows that have none yet: the first reason counts."""
    why[where & understood(why)] = reason


def _column(rows: pa.Table, name: str) -> list[Any]:
    if name not in rows.column_names:
        return [None] * rows.num_rows
    return list(rows.column(name).to_pylist())


def _are_present(values: list[Any]) -> Bools:
    """Which cells have a value. A text that begins with a visible character of ASCII does, and needs no look."""
    return np.array([(type(value) is str and "!" <= value[:1] <= "~") or _present(value) for value in values], bool)


def _present(value: Any) -> bool:
    """Whether a cell has a value; blanks do not count as one."""
    return value is not None and bool(value.strip() if isinstance(value, (str, bytes)) else True)


def _numbers(rows: pa.Table, name: str) -> tuple[Floats, Bools]:
    """The numbers of a column, NaN where one is missing or cannot be read; and where a value is present."""
    if name not in rows.column_names or rows.column(name).null_count == rows.num_rows:
        return np.full(rows.num_rows, np.nan), np.zeros(rows.num_rows, bool)
    values = _column(rows, name)
    return (
        np.array([_number(value) for value in values], np.float64),
        _are_present(values),
    )


def _number(value: Any) -> float:
    if not _present(value) or isinstance(value, bool):
        return np.nan
    if isinstance(value, str) and (
        not value.isascii() or "_" in value
    ):  # Python reads 1_0 as ten, other programs do not
        return np.nan
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return np.nan


def _parse(values: list[Any], why: NDArray[Any]) -> Geometries:
    """The geometries, None where one is missing or cannot be read."""
    out = np.full(len(values), None, object)
    texts: dict[str, list[int]] = {"wkb": [], "wkt": [], "json": []}
    forms = [_short_wkb(value) or _readable(*_form(value)) for value in values]
    for at, (form, _) in enumerate(forms):
        if form:
            texts[form].append(at)
    readers: dict[str, Callable[[Any], Any]] = {
        "wkb": lambda some: shapely.from_wkb(some, on_invalid="ignore"),
        "wkt": lambda some: shapely.from_wkt(some, on_invalid="ignore"),
        "json": lambda some: shapely.from_geojson(some, on_invalid="ignore"),
    }
    for form, at_rows in texts.items():
        out[at_rows] = _each(readers[form], [forms[at][1] for at in at_rows])
    foreign = np.array([form == "json" and _foreign_crs(str(text)) for form, text in forms], bool)
    _refuse(why, foreign | ~np.isin(shapely.get_srid(out), (-1, *WORLD_SRIDS)), OTHER_SYSTEM)
    return out


def _short_wkb(value: Any) -> tuple[str, Any] | None:
    """The form and the value of a hex text of WKB that is too short to be nested too deep; None for all others."""
    if type(value) is not str or not value.startswith("01") or len(value) > 2 * SHORT_BYTES:
        return None
    try:
        return "wkb", bytes.fromhex(value)
    except ValueError:
        return None


def _form(value: Any) -> tuple[str, Any]:
    """The form in which a geometry is written (wkb, wkt, json, or an empty text), and the value for its reader."""
    if not _present(value):
        return "", None
    if isinstance(value, bytes):
        return "wkb", value
    text = str(value).strip()
    if text.startswith("{"):
        return "json", text
    if text[:1] == "0":  # the byte order mark of WKB; WKT begins with a letter
        try:
            return "wkb", bytes.fromhex(text)
        except ValueError:
            return "wkt", text
    if text[:10].upper() == "SRID=4326;":
        text = text[10:]
    return "wkt", text


def _readable(form: str, value: Any) -> tuple[str, Any]:
    """The form and the value; of one that is nested too deep, or has a name twice, a text that cannot be read."""
    if is_too_deep(form, value):
        return "wkt", "nested too deep"
    return ("wkt", "a name twice") if form == "json" and has_duplicate_name(value) else (form, value)


def _each(reader: Callable[[Any], Any], values: list[Any]) -> Geometries:
    """Read all at once. Where that fails (curves raise an error), read one by one, with None for each that fails."""
    with np.errstate(all="ignore"):
        try:
            return np.asarray(reader(np.array(values, object)), object)
        except (shapely.errors.ShapelyError, NotImplementedError, ValueError, TypeError):
            return np.array([_one(reader, value) for value in values], object)


def _one(reader: Callable[[Any], Any], value: Any) -> Any:
    try:
        return reader(value)
    except (shapely.errors.ShapelyError, NotImplementedError, ValueError, TypeError):
        return None


def _foreign_crs(text: str) -> bool:
    """Whether GeoJSON names another coordinate system, which was allowed before RFC 7946.

    Most texts do not have the member, not even with a letter written as an escape, and need not be parsed again.
    """
    if "crs" not in text and "\\" not in text:
        return False
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        return False  # the reader of GeoJSON refuses it, too
    inner = parsed.get("geometry") if isinstance(parsed, dict) else None
    return not all(geojson_in_degrees(each) for each in (parsed, inner) if isinstance(each, dict))


def _check_shapes(shapes: Geometries, why: NDArray[Any], has_shape: Bools) -> None:
    """Refuse geometries that are unreadable, of another kind, empty, too short or out of range; drop the heights."""
    _refuse(why, has_shape & shapely.is_missing(shapes), UNREADABLE)
    _refuse(why, has_shape & ~np.isin(shapely.get_type_id(shapes), (POINT, POLYGON, MULTIPOLYGON)), OTHER_KIND)
    good = np.flatnonzero(has_shape & understood(why))
    shapes[good] = shapely.force_2d(shapes[good])
    parts, part_of = shapely.get_parts(shapes[good], return_index=True)
    hollow = np.bincount(part_of[shapely.is_empty(parts)], minlength=len(good)) > 0
    points, point_of = shapely.get_coordinates(shapes[good], return_index=True)
    outside = ~((np.abs(points[:, 0]) <= FARTHEST_LON) & (np.abs(points[:, 1]) <= 90))
    off = np.bincount(point_of[outside], minlength=len(good)) > 0
    rings, ring_of = shapely.get_rings(shapes[good], return_index=True)
    few = np.bincount(ring_of[shapely.get_num_coordinates(rings) < 4], minlength=len(good)) > 0
    for reason, found in ((EMPTY, hollow | shapely.is_empty(shapes[good])), (TOO_SHORT, few), (OUT_OF_RANGE, off)):
        bad = np.zeros(len(why), bool)
        bad[good] = found
        _refuse(why, bad, reason)
