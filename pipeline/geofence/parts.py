"""Cuts places into parts (circles, chains of boundary, insides) and measures pings against them in metres."""

from dataclasses import dataclass

import numpy as np

from offduty.geofence.boundaries import BoundaryChains, settle_chains
from offduty.geofence.geodesy import Bools, Floats, Ints, distance_bounds, frozen, geodesic, widened
from offduty.geofence.polygons import Polygons, settle_polygons
from offduty.geofence.read_geometry import DrawnGeometries
from offduty.geofence.rings import WHOLE_WORLD, filled, repaired, ring_lines, unroll

TOUCH_M = 0.001  # added to each limit, so that neither rounding nor `boundaries.SAG_M` can release a ping that touches


@dataclass(frozen=True, eq=False)
class Parts:
    """Pieces in one numbering: first the circles, then the chains of boundary, then the insides.

    `row` is the row of the table that a piece comes from. A place drawn as a polygon consists of its inside and of its
    whole boundary: the distance to it is 0 inside, and otherwise the distance to the nearest chain.
    """

    row: Ints
    circle_lon: Floats
    circle_lat: Floats
    circle_radius_m: Floats
    chains: BoundaryChains
    insides: Polygons

    @property
    def ends(self) -> tuple[int, int]:
        """The numbers at which the circles and the chains end."""
        circles = len(self.circle_lon)
        return circles, circles + len(self.chains.lon)

    def touched(self, piece: Ints, lon: Floats, lat: Floats, limit_m: Floats) -> Bools:
        """Whether each position is within `limit_m` metres of its piece; True on the limit."""
        circles, chains = self.ends
        answer = np.zeros(len(piece), bool)
        for here, test in (
            (piece < circles, self._circles),
            ((piece >= circles) & (piece < chains), self._chains),
            (piece >= chains, self._insides),
        ):
            at = np.flatnonzero(here)
            if len(at):
                answer[at] = test(piece[at], lon[at], lat[at], limit_m[at] + TOUCH_M)
        return answer

    def boxes(self, around_m: float) -> tuple[Floats, Bools]:
        """Boxes (west, south, east, north) of where each piece can be touched from `around_m` metres away.

        The second result is True where there is no such box (`geodesy.widened`).
        """
        around_circles = np.column_stack([self.circle_lon, self.circle_lat, self.circle_lon, self.circle_lat])
        box = np.vstack([around_circles, self.chains.box, self.insides.box])
        margin_m = np.concatenate(
            [self.circle_radius_m + around_m, np.full(len(self.chains.lon), around_m), np.zeros(len(self.insides.box))]
        )
        return widened(box, margin_m + TOUCH_M)

    def _circles(self, piece: Ints, lon: Floats, lat: Floats, limit_m: Floats) -> Bools:
        return within_circle(
            self.circle_lon[piece], self.circle_lat[piece], lon, lat, self.circle_radius_m[piece] + limit_m
        )

    def _chains(self, piece: Ints, lon: Floats, lat: Floats, limit_m: Floats) -> Bools:
        """Clear cases are decided by the circle around the chain, the others are measured segment by segment."""
        chain = piece - self.ends[0]
        reach_m = self.chains.reach_m[chain]
        near_m, far_m = distance_bounds(self.chains.lon[chain], self.chains.lat[chain], lon, lat)
        answer = far_m + reach_m <= limit_m
        at = np.flatnonzero((near_m - reach_m <= limit_m) & ~answer)
        answer[at] = self.chains.within(chain[at], lon[at], lat[at], limit_m[at])
        return answer

    def _insides(self, piece: Ints, lon: Floats, lat: Floats, limit_m: Floats) -> Bools:
        return self.insides.intersects(piece - self.ends[1], lon, lat)


def within_circle(centre_lon: Floats, centre_lat: Floats, lon: Floats, lat: Floats, limit_m: Floats) -> Bools:
    """Whether each position is at most `limit_m` metres (geodesic) from its centre."""
    near_m, far_m = distance_bounds(centre_lon, centre_lat, lon, lat)
    answer = far_m <= limit_m
    at = np.flatnonzero((near_m <= limit_m) & ~answer)
    answer[at] = geodesic(centre_lon[at], centre_lat[at], lon[at], lat[at])[1] <= limit_m[at]
    return answer


def settle_pieces(drawn: DrawnGeometries) -> Parts:
    """Cut everything that was drawn into pieces; a row that was not understood has no pieces.

    Where a ring turns out not to be understandable, its row is marked in `drawn.why`.
    """
    lines, polygon_of = ring_lines(drawn.polygons)
    rings, row_of = unroll(lines), drawn.polygon_row[polygon_of]
    polygons, unclear = filled(rings)
    drawn.why[row_of[unclear]] = WHOLE_WORLD
    mended = repaired(polygons)
    points = np.vstack([rings.points, mended.hull_points])
    chains, chain_of = settle_chains(points, np.append(rings.ring_of, mended.hull_number + len(rings.lines)))
    chain_row = np.append(row_of, row_of[mended.hull_of])[chain_of]
    row = np.concatenate([drawn.circle_row, chain_row, row_of[mended.polygon_of]])
    return Parts(
        frozen(row),
        frozen(drawn.circle_lon),
        frozen(drawn.circle_lat),
        frozen(drawn.circle_radius_m),
        chains,
        settle_polygons(mended.polygons),
    )
