"""Writes geometries in one form, whatever form they came in, so that equal ones have equal digests."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from offduty.geofence.geodesy import Bools, Floats
from offduty.geofence.read_geometry import FARTHEST_LON, usable_geometries

_POINT, _ONE_RING = "0101000000", "010300000001000000"
_COUNT_DIGITS, _POSITION_DIGITS, _FEWEST_POINTS = 8, 32, 4
_MOST_POINTS = 1 << 7  # what is longer has to be looked at more closely, whether it is nested


def geometry_texts(values: Sequence[str | None]) -> list[str | None]:
    """The little-endian WKB of each geometry, in hex and in two dimensions; None where it cannot be used.

    ``values`` are WKB in hex, WKT, or GeoJSON. Usable is a point, a polygon or a multipolygon that is not empty, whose
    rings are closed and have four points, and whose coordinates are degrees (specification#canonical-row).
    """
    out: NDArray[Any] = np.full(len(values), None, object)
    done = _written_so(values, out)
    left = np.flatnonzero(~done)
    if len(left):
        out[left] = _rewritten([values[at] for at in left.tolist()])
    return list(out)


def _written_so(values: Sequence[str | None], out: NDArray[Any]) -> Bools:
    """Which geometries are surely in this form already: a point, or one ring in degrees that is closed, with no zero
    that has a sign. They are written into ``out``, in capitals.
    """
    done = np.zeros(len(values), np.bool_)
    starts = [_first_position(value) for value in values]
    where = [at for at, start in enumerate(starts) if start]
    digits = [str(values[at])[starts[at] :] for at in where]
    points = np.array([len(each) // _POSITION_DIGITS for each in digits], np.int64)
    try:
        data = bytes.fromhex("".join(digits))
    except ValueError:
        return done
    if not where or len(data) != 16 * points.sum():
        return done
    fine = _in_degrees(np.frombuffer(data, "<f8").reshape(-1, 2))
    whole = np.logical_and.reduceat(fine, np.cumsum(points) - points)
    for at, good in zip(where, whole.tolist(), strict=True):
        if good:
            out[at], done[at] = str(values[at]).upper(), True
    return done


def _first_position(value: str | None) -> int:
    """Where the digits of the positions begin, in the hex of a point or of one closed ring; 0 for any other text."""
    text = value or ""
    if text.startswith(_POINT):
        return len(_POINT) if len(text) == len(_POINT) + _POSITION_DIGITS else 0
    begin = len(_ONE_RING) + _COUNT_DIGITS
    points, more = divmod(len(text) - begin, _POSITION_DIGITS)
    if more or not _FEWEST_POINTS <= points <= _MOST_POINTS or not text.startswith(_ONE_RING):
        return 0
    counted = text[len(_ONE_RING) : begin].lower() == points.to_bytes(4, "little").hex()
    return begin if counted and text[begin : begin + _POSITION_DIGITS] == text[-_POSITION_DIGITS:] else 0


def _in_degrees(positions: Floats) -> Bools:
    lon, lat = positions.T
    signed = ((positions == 0) & np.signbit(positions)).any(axis=1)
    fine: Bools = (np.abs(lon) <= FARTHEST_LON) & (np.abs(lat) <= 90) & ~signed
    return fine


def _rewritten(values: list[str | None]) -> NDArray[Any]:
    """Geometries of all forms: read, and written again."""
    shapes, usable = usable_geometries(values)
    out: NDArray[Any] = np.full(len(shapes), None, object)
    if usable.any():
        chosen = shapely.set_srid(shapes[usable], 0)
        positive = shapely.set_coordinates(chosen, shapely.get_coordinates(chosen) + 0.0)  # -0.0 becomes 0.0
        out[usable] = shapely.to_wkb(positive, hex=True, output_dimension=2, byte_order=1, include_srid=False)
    return out
