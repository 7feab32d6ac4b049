"""Turns plain GeoJSON geometries, parsed already, into WKB, so that nobody has to write and parse their text again."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from offduty.geofence.geodesy import Bools, Floats
from offduty.geofence.read_geometry import FARTHEST_LON

_NUMBERS = {int, float}
_MEMBERS = {"type", "coordinates"}
_FEWEST_POINTS = 4


def plain_wkb(values: Sequence[Any]) -> list[str | None]:
    """The little-endian WKB, in hex, of each value that is a plain point or polygon in GeoJSON; None for all others,
    whose text has to be read with care.

    Plain are two members and no more, numbers in degrees, two for each position, and closed rings of four and more
    positions: the text of such a geometry means these numbers and nothing else.
    """
    found: NDArray[Any] = np.full(len(values), None, object)
    points = [at for at, value in enumerate(values) if _is(value, "Point") and _is_position(value["coordinates"])]
    _write(found, np.array(points, np.int64), *_drawn_points([values[at]["coordinates"] for at in points]))
    areas = [at for at, value in enumerate(values) if _is(value, "Polygon") and _are_rings(value["coordinates"])]
    _write(found, np.array(areas, np.int64), *_drawn_areas([values[at]["coordinates"] for at in areas]))
    return list(found)


def _is(value: Any, kind: str) -> bool:
    return isinstance(value, dict) and value.get("type") == kind and value.keys() == _MEMBERS


def _is_position(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and set(map(type, value)) <= _NUMBERS


def _are_rings(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_ring, value))


def _is_ring(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) >= _FEWEST_POINTS
        and set(map(type, value)) == {list}
        and set(map(len, value)) == {2}
        and set(map(type, chain.from_iterable(value))) <= _NUMBERS
        and value[0] == value[-1]
    )


def _drawn_points(positions: list[list[float]]) -> tuple[NDArray[Any], Bools]:
    """The points, and which of them are in degrees."""
    places = _floats(positions)
    return np.asarray(shapely.points(places), object).reshape(-1), _in_degrees(places)


def _drawn_areas(polygons: list[list[list[list[float]]]]) -> tuple[NDArray[Any], Bools]:
    """The polygons, and which of them are in degrees."""
    rings = list(chain.from_iterable(polygons))
    places = _floats(list(chain.from_iterable(rings)))
    ring_of = np.repeat(np.arange(len(rings)), [len(ring) for ring in rings])
    area_of = np.repeat(np.arange(len(polygons)), [len(polygon) for polygon in polygons])
    fine = np.ones(len(polygons), bool)
    fine[area_of[ring_of[~_in_degrees(places)]]] = False
    kept = fine[area_of[ring_of]]
    shapes = np.full(len(polygons), None, object)
    if kept.any():
        _, numbered = np.unique(ring_of[kept], return_inverse=True)
        lines = shapely.linearrings(places[kept], indices=numbered)
        _, whose = np.unique(area_of[fine[area_of]], return_inverse=True)
        shapes[fine] = shapely.polygons(lines, indices=whose)
    return shapes, fine


def _floats(positions: list[list[float]]) -> Floats:
    """Positions as numbers; a whole number that no double can hold is not finite."""
    try:
        flat = np.fromiter(chain.from_iterable(positions), np.float64, 2 * len(positions))
    except OverflowError:
        flat = np.array([_float(number) for number in chain.from_iterable(positions)], np.float64)
    return flat.reshape(-1, 2)


def _float(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        return np.inf


def _in_degrees(places: Floats) -> Bools:
    inside: Bools = (np.abs(places[:, 0]) <= FARTHEST_LON) & (np.abs(places[:, 1]) <= 90)
    return inside


def _write(found: NDArray[Any], rows: NDArray[np.int64], shapes: NDArray[Any], usable: Bools) -> None:
    if usable.any():
        found[rows[usable]] = shapely.to_wkb(shapes[usable], hex=True, byte_order=1)
