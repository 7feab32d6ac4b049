"""Tests many points against polygons in the plane of degrees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from offduty.geofence.geodesy import Bools, Floats, Ints, frozen

WORTH_PREPARING = 16  # vertices; a smaller polygon is tested as fast without preparation


@dataclass(frozen=True, eq=False)
class Polygons:
    """Valid polygons with their boxes; longitudes may exceed 180, so a point is tested at each longitude + 360 n.

    Larger polygons are prepared, and each is tested once when this object is made or unpickled, because GEOS (3.14)
    builds its index at the first test that reaches the ring, and two threads must not do that at once.
    """

    shapes: NDArray[Any]
    box: Floats

    def __post_init__(self) -> None:
        frozen(self.shapes)
        frozen(self.box)
        many = shapely.get_num_coordinates(self.shapes) > WORTH_PREPARING
        large, (west, south, east, north) = self.shapes[many], self.box[many].T
        shapely.prepare(large)
        for test in (shapely.intersects_xy, shapely.contains_xy):
            test(large, (west + east) / 2, (south + north) / 2)

    def __reduce__(self) -> tuple[Any, ...]:
        return _polygons_of_wkb, (list(shapely.to_wkb(self.shapes)), self.box)

    def intersects(self, which: Ints, lon: Floats, lat: Floats) -> Bools:
        """Whether each point is inside its polygon or on its edge."""
        return self._test(shapely.intersects_xy, which, lon, lat)

    def contains(self, which: Ints, lon: Floats, lat: Floats) -> Bools:
        """Whether each point is inside its polygon; the edge and the holes are not inside."""
        return self._test(shapely.contains_xy, which, lon, lat)

    def _test(self, test: Any, which: Ints, lon: Floats, lat: Floats) -> Bools:
        answer = np.zeros(len(which), bool)
        west, south, east, north = self.box[which].T
        turned = lon + 360.0 * np.ceil((west - lon) / 360.0)  # the first one at or east of the western edge
        left = np.flatnonzero((lat >= south) & (lat <= north))
        while len(left := left[turned[left] <= east[left]]):
            answer[left] |= test(self.shapes[which[left]], turned[left], lat[left])
            turned[left] += 360.0
        return answer


def settle_polygons(shapes: NDArray[Any]) -> Polygons:
    """The polygons with their boxes of west, south, east, north in degrees."""
    return Polygons(shapes, shapely.bounds(shapes).reshape(-1, 4))


def _polygons_of_wkb(shapes: list[bytes], box: Floats) -> Polygons:
    return Polygons(np.asarray(shapely.from_wkb(np.array(shapes, object)), object), box)
