"""Turns the rows of sites into areas, and answers which positions are inside one (specification#anchor)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from offduty.core.refusal import Refusal
from offduty.geofence.areas import SQUARE_KM_M2, circle_areas_m2, polygon_areas_m2, sums
from offduty.geofence.boundaries import settle_chains
from offduty.geofence.geodesy import Bools, Floats, Ints, frozen, widened
from offduty.geofence.grid_index import GridIndex, settle_cells
from offduty.geofence.parts import Parts, within_circle
from offduty.geofence.polygons import settle_polygons
from offduty.geofence.read_geometry import DrawnGeometries, FileRows, file_rows, read_shapes, refusals, understood
from offduty.geofence.rings import ring_lines, strictly_drawn

TABLE = "sites"
BLOCK = 1 << 16
EDGE_M = 1e-6  # subtracted from each radius, so that rounding does not put the edge of a circle inside


@dataclass(frozen=True, eq=False)
class Sites:
    """All sites of a run that count. May be pickled, and shared between threads.

    A ping is inside by the circles and the insides of `pieces`, which are what `cells` finds; the chains of boundary
    are there to measure distances. `numbers` are file and row of each row of the table, `too_large_rows` those of the
    sites that were understood and are too large to count.
    """

    pieces: Parts
    cells: GridIndex
    numbers: Ints
    refused: tuple[Refusal, ...]
    too_large_rows: FileRows

    @property
    def too_large(self) -> int:
        """How many sites were understood and are too large to count."""
        return len(self.too_large_rows)

    def inside(self, lon: Floats, lat: Floats) -> Bools:
        """Whether each position is strictly inside a site; False on an edge, in a hole, and for an invalid position."""
        lon, lat = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
        found = np.zeros(len(lon), bool)
        for ping, _ in self.containing(lon, lat):
            found[ping] = True
        return found

    def containing(self, lon: Floats, lat: Floats) -> Iterator[tuple[Ints, Ints]]:
        """Each position with each site that it is strictly inside: pairs of position and row of the table."""
        lon, lat = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
        for start in range(0, len(lon), BLOCK):
            x, y = lon[start : start + BLOCK], lat[start : start + BLOCK]
            usable = (np.abs(x) <= 180) & (np.abs(y) <= 90)
            at = None if usable.all() else np.flatnonzero(usable)
            if at is not None:
                x, y = x[at], y[at]
            for ping, piece in self.cells.near(x, y, None):
                hit = np.flatnonzero(self.contained(piece, x[ping], y[ping]))
                here = ping[hit] if at is None else at[ping[hit]]
                yield here + start, self.pieces.row[piece[hit]]

    def contained(self, piece: Ints, lon: Floats, lat: Floats) -> Bools:
        """Whether each position is strictly inside its piece, which must be a circle or an inside."""
        circles, insides = self.pieces.ends
        answer = np.zeros(len(piece), bool)
        at = np.flatnonzero(piece < circles)
        which = piece[at]
        answer[at] = within_circle(
            self.pieces.circle_lon[which],
            self.pieces.circle_lat[which],
            lon[at],
            lat[at],
            self.pieces.circle_radius_m[which] - EDGE_M,
        )
        at = np.flatnonzero(piece >= insides)
        answer[at] = self.pieces.insides.contains(piece[at] - insides, lon[at], lat[at])
        return answer


def site_areas_km2(rows: pa.Table) -> Floats:
    """The area of each site in square kilometres, by row; 0 for one that cannot be understood."""
    drawn = read_shapes(rows)
    polygons = strictly_drawn(drawn.polygons, drawn.polygon_row, drawn.why)
    polygon_row = drawn.polygon_row[understood(drawn.why)[drawn.polygon_row]]
    area_m2 = sums(drawn.circle_row, circle_areas_m2(drawn.circle_radius_m), rows.num_rows)
    area_m2 += sums(polygon_row, polygon_areas_m2(polygons), rows.num_rows)
    return area_m2 / SQUARE_KM_M2


def settle_sites(rows: pa.Table, max_site_km2: float) -> Sites:
    """Turn the rows of the sites table (`file`, `row`, `geometry`, `lon`, `lat`, `radius_m`) into areas.

    A site that cannot be understood, or whose rings are invalid, does not count and is in `refused`
    (specification#bad-site). One larger than `max_site_km2` does not count either: somebody's home may be inside it.
    """
    drawn = read_shapes(rows)
    polygons = strictly_drawn(drawn.polygons, drawn.polygon_row, drawn.why)
    polygon_row = drawn.polygon_row[understood(drawn.why)[drawn.polygon_row]]
    area_m2 = sums(drawn.circle_row, circle_areas_m2(drawn.circle_radius_m), rows.num_rows)
    area_m2 += sums(polygon_row, polygon_areas_m2(polygons), rows.num_rows)
    counts = area_m2 <= max_site_km2 * SQUARE_KM_M2
    some = counts[polygon_row]
    pieces = _settle_pieces(drawn, counts[drawn.circle_row], polygons[some], polygon_row[some])
    numbers = np.array([rows.column(name).to_pylist() for name in ("file", "row")], np.int64).T
    too_large = file_rows(rows, np.flatnonzero(~counts))
    return Sites(pieces, _settle_cells(pieces), frozen(numbers), refusals(TABLE, rows, drawn.why), too_large)


def _settle_pieces(drawn: DrawnGeometries, circles: Bools, polygons: NDArray[Any], polygon_row: Ints) -> Parts:
    lines, polygon_of = ring_lines(polygons)
    chains, ring_of = settle_chains(*shapely.get_coordinates(lines, return_index=True))
    return Parts(
        frozen(np.concatenate([drawn.circle_row[circles], polygon_row[polygon_of[ring_of]], polygon_row])),
        frozen(drawn.circle_lon[circles]),
        frozen(drawn.circle_lat[circles]),
        frozen(drawn.circle_radius_m[circles]),
        chains,
        settle_polygons(polygons),
    )


def _settle_cells(pieces: Parts) -> GridIndex:
    """The index of the circles and the insides; without margins, because a site has no buffer."""
    circles, insides = pieces.ends
    lon, lat, radius_m = pieces.circle_lon, pieces.circle_lat, pieces.circle_radius_m
    box = np.vstack([np.column_stack([lon, lat, lon, lat]), pieces.insides.box])
    boxes, no_box = widened(box, np.append(radius_m, np.zeros(len(pieces.insides.box))))
    numbers = np.append(np.arange(circles), np.arange(insides, len(pieces.row)))
    return settle_cells(boxes, no_box, numbers, None, 1)
