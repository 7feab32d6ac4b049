"""Checks shapes that were read from map files, and writes those that can be a place or a site as WKT."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely

POINT, POLYGON, MULTIPOLYGON = 0, 3, 6
KINDS = {POINT, POLYGON, MULTIPOLYGON}
NAMES = {1: "a line", 2: "a ring", 4: "several points", 5: "several lines", 7: "a collection"}
HOLE = "it has a hole: a place is protected as a whole, and a site cannot have one; draw it without"
NOTHING = "it has no shape"
LATITUDE_FIRST = "its coordinates are not longitudes and latitudes in degrees: the latitude may stand first"
FARTHEST_LON = 360.0


def drawn_texts(shapes: Sequence[bytes | None]) -> tuple[list[str], list[tuple[int, str]]]:
    """The WKT of each shape, given as WKB, and what is wrong with some of them, by row. A wrong one has no text.

    >>> drawn_texts([shapely.to_wkb(shapely.Point(-1, 51)), None])
    (['POINT (-1 51)', ''], [(1, 'it has no shape')])
    """
    drawn = shapely.from_wkb(np.array(shapes, object), on_invalid="ignore")
    wrong = [(row, what) for row, shape in enumerate(drawn) if (what := _fault(shape))]
    bad = {row for row, _ in wrong}
    return [
        "" if row in bad else shapely.to_wkt(shape, rounding_precision=-1) for row, shape in enumerate(drawn)
    ], wrong


def _fault(shape: Any) -> str:
    """Why a shape can be neither a place nor a site; empty where it can."""
    if shape is None or shape.is_empty:
        return NOTHING
    kind = int(shapely.get_type_id(shape))
    if kind not in KINDS:
        return (
            f"it is {NAMES.get(kind, 'another shape')}: a polygon, several polygons, or a point with a radius are read"
        )
    if any(shapely.get_num_interior_rings(part) for part in shapely.get_parts(shape) if kind != POINT):
        return HOLE
    points = shapely.get_coordinates(shape)
    in_degrees = (
        np.isfinite(points).all() and (abs(points[:, 0]) <= FARTHEST_LON).all() and (abs(points[:, 1]) <= 90).all()
    )
    return "" if in_degrees else LATITUDE_FIRST
