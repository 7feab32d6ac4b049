"""Turns the rows of sites into areas, and answers which positions are inside one (specification#anchor)."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from offduty.core.refusal import Refusal
from offduty.geofence.geodesy import Bools, Floats, Ints, frozen, widened
from offduty.geofence.grid_index import GridIndex, settle_cells
from offduty.geofence.parts import within_circle
from offduty.geofence.polygons import Polygons, settle_polygons
from offduty.geofence.read_geometry import DrawnGeometries, read_shapes, refusals
from offduty.geofence.rings import strictly_drawn

TABLE = "sites"
BLOCK = 1 << 16
EDGE_M = 1e-6  # subtracted from each radius, so that rounding does not put the edge of a circle inside


@dataclass(frozen=True, eq=False)
class Sites:
    """All sites of a run: first the circles, then the polygons. May be pickled, and shared between threads."""

    circle_lon: Floats
    circle_lat: Floats
    circle_radius_m: Floats
    polygons: Polygons
    cells: GridIndex
    refused: tuple[Refusal, ...]

    def inside(self, lon: Floats, lat: Floats) -> Bools:
        """Whether each position is strictly inside a site; False on an edge, in a hole, and for an invalid position."""
        lon, lat = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
        found = np.zeros(len(lon), bool)
        for start in range(0, len(found), BLOCK):
            block = slice(start, start + BLOCK)
            found[block] = self._block(lon[block], lat[block])
        return found

    def _block(self, lon: Floats, lat: Floats) -> Bools:
        usable = (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
        if not usable.all():
            found = np.zeros(len(lon), bool)
            found[usable] = self._block(lon[usable], lat[usable])
            return found
        found = np.zeros(len(lon), bool)
        for ping, piece in self.cells.near(lon, lat, None):
            found[ping[self._contained(piece, lon[ping], lat[ping])]] = True
        return found

    def _contained(self, piece: Ints, lon: Floats, lat: Floats) -> Bools:
        circles = len(self.circle_lon)
        answer = np.zeros(len(piece), bool)
        at = np.flatnonzero(piece < circles)
        which = piece[at]
        answer[at] = within_circle(
            self.circle_lon[which], self.circle_lat[which], lon[at], lat[at], self.circle_radius_m[which] - EDGE_M
        )
        at = np.flatnonzero(piece >= circles)
        answer[at] = self.polygons.contains(piece[at] - circles, lon[at], lat[at])
        return answer


def settle_sites(rows: pa.Table) -> Sites:
    """Turn the rows of the sites table (`file`, `row`, `geometry`, `lon`, `lat`, `radius_m`) into areas.

    A site that cannot be understood, or whose rings are invalid, does not count and is in `refused`
    (specification#bad-site).
    """
    drawn = read_shapes(rows)
    polygons = settle_polygons(strictly_drawn(drawn.polygons, drawn.polygon_row, drawn.why))
    cells = _settle_cells(drawn, polygons)
    return Sites(
        frozen(drawn.circle_lon),
        frozen(drawn.circle_lat),
        frozen(drawn.circle_radius_m),
        polygons,
        cells,
        refusals(TABLE, rows, drawn.why),
    )


def _settle_cells(drawn: DrawnGeometries, polygons: Polygons) -> GridIndex:
    lon, lat = drawn.circle_lon, drawn.circle_lat
    box = np.vstack([np.column_stack([lon, lat, lon, lat]), polygons.box])
    boxes, no_box = widened(box, np.append(drawn.circle_radius_m, np.zeros(len(polygons.box))))
    return settle_cells(boxes, no_box, np.arange(len(boxes)), None, 1)
