"""Polygons in the plane of degrees, asked about many points at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from offduty.geofence.geodesy import Bools, Floats, Ints, frozen

WORTH_PREPARING = 16  # vertices; a smaller polygon is asked as fast without


@dataclass(frozen=True, eq=False)
class Polygons:
    """Valid polygons whose longitudes may run past 180; a point is looked for at every turn of the world.

    Larger polygons are prepared, and each is asked once, when this is made or unpickled: GEOS builds its index at the
    first question that reaches the ring, which two threads must not do at once.
    """

    shapes: NDArray[Any]
    box: Floats

    def __post_init__(self) -> None:
        frozen(self.shapes)
        frozen(self.box)
        many = shapely.get_num_coordinates(self.shapes) > WORTH_PREPARING
        large, (west, south, east, north) = self.shapes[many], self.box[many].T
        shapely.prepare(large)
        for question in (shapely.intersects_xy, shapely.contains_xy):
            question(large, (west + east) / 2, (south + north) / 2)

    def __reduce__(self) -> tuple[Any, ...]:
        return _polygons_of_wkb, (list(shapely.to_wkb(self.shapes)), self.box)

    def touch(self, which: Ints, lon: Floats, lat: Floats) -> Bools:
        """Whether each point lies in its polygon or on its edge."""
        return self._ask(shapely.intersects_xy, which, lon, lat)

    def hold(self, which: Ints, lon: Floats, lat: Floats) -> Bools:
        """Whether each point lies inside its polygon; its edge, and its holes, are not inside."""
        return self._ask(shapely.contains_xy, which, lon, lat)

    def _ask(self, question: Any, which: Ints, lon: Floats, lat: Floats) -> Bools:
        answer = np.zeros(len(which), bool)
        west, south, east, north = self.box[which].T
        turned = lon + 360.0 * np.ceil((west - lon) / 360.0)  # the first turn at or east of the western edge
        left = np.flatnonzero((lat >= south) & (lat <= north))
        while len(left := left[turned[left] <= east[left]]):
            answer[left] |= question(self.shapes[which[left]], turned[left], lat[left])
            turned[left] += 360.0
        return answer


def settle_polygons(shapes: NDArray[Any]) -> Polygons:
    """Polygons with their boxes of west, south, east, north in degrees."""
    return Polygons(shapes, shapely.bounds(shapes).reshape(-1, 4))


def _polygons_of_wkb(shapes: list[bytes], box: Floats) -> Polygons:
    return Polygons(np.asarray(shapely.from_wkb(np.array(shapes, object)), object), box)
