"""Writes geometries in one form, whatever form they came in, so that equal ones have equal digests."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from offduty.geofence.read_geometry import usable_geometries


def geometry_texts(values: Sequence[str | None]) -> list[str | None]:
    """The little-endian WKB of each geometry, in hex and in two dimensions; None where it cannot be used.

    ``values`` are WKB in hex, WKT, or GeoJSON. Usable is a point, a polygon or a multipolygon that is not empty, whose
    rings are closed and have four points, and whose coordinates are degrees (specification#canonical-row).
    """
    shapes, usable = usable_geometries(list(values))
    out: NDArray[Any] = np.full(len(shapes), None, object)
    if usable.any():
        chosen = shapely.set_srid(shapes[usable], 0)
        positive = shapely.set_coordinates(chosen, shapely.get_coordinates(chosen) + 0.0)  # -0.0 becomes 0.0
        out[usable] = shapely.to_wkb(positive, hex=True, output_dimension=2, byte_order=1, include_srid=False)
    return list(out)
