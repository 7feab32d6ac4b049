"""Geodesic distances on WGS 84, in metres: from pings to points, and to edges that are straight in degrees.

The distance to an edge is found by cutting it into pieces. Distance and azimuth from the ping to both ends of a piece
give its place on a plane with the ping at the origin, on which distances from the ping are true. How far the piece can
be from the straight line between its ends is bounded. Pieces that cannot be the nearest are dropped; the others are
halved until the bound is small enough.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pyproj import Geod

from offduty.verify.redecide.model import Bools, Floats, Ints

GEOD = Geod(ellps="WGS84")
EARTH_M = 6_335_000.0
"""The smallest radius of curvature on the ellipsoid: no line on it bends more than this allows."""
DEGREE_M = 111_700.0
"""The greatest length of a degree, in any direction."""
FINE_M = 2e-5
COARSE_M = 5.0
FAR_M = 500_000.0
"""Beyond this, distances to edges are accurate only to some metres."""


def geodesic_m(lon: Floats, lat: Floats, lon_to: Floats, lat_to: Floats) -> Floats:
    """Geodesic distances between points in metres, pair by pair."""
    return np.asarray(GEOD.inv(lon, lat, lon_to, lat_to)[2])


@dataclass(frozen=True)
class Edges:
    """Edges that are straight in longitude and latitude; longitudes may be beyond ±180."""

    lon: Floats
    lat: Floats
    lon_to: Floats
    lat_to: Floats

    def take(self, at: Ints | Bools) -> Edges:
        """The edges at these places."""
        return Edges(self.lon[at], self.lat[at], self.lon_to[at], self.lat_to[at])

    def longest_m(self) -> Floats:
        """For each edge a length in metres that it does not exceed."""
        nearest = np.minimum(np.abs(self.lat), np.abs(self.lat_to)) * (self.lat * self.lat_to > 0)
        east = np.abs(self.lon_to - self.lon) * np.cos(np.radians(nearest))
        return np.asarray(DEGREE_M * np.hypot(self.lat_to - self.lat, east))


def roughly_m(lon: Floats, lat: Floats, edges: Edges) -> tuple[Floats, Floats]:
    """A lower and an upper bound of each distance, from a flat approximation with a margin of 3 % on both sides.

    The approximation is valid below 80 degrees of latitude and within 10 km; elsewhere the bounds are 0 and infinity.
    """
    east_m = np.radians(1) * 6_378_137 * np.cos(np.radians(lat)) * (1 + np.sin(np.radians(lat)) ** 2 / 298.257)
    north_m = np.radians(1) * 6_367_449 * (1 - 0.00505 * np.cos(2 * np.radians(lat)))
    start = np.remainder(edges.lon - lon + 180, 360) - 180
    x, y = start * east_m, (edges.lat - lat) * north_m
    along_x, along_y = (edges.lon_to - edges.lon) * east_m, (edges.lat_to - edges.lat) * north_m
    flat = _to_chord(x, y, x + along_x, y + along_y)
    good = (np.abs(lat) < 80) & (flat < 10_000) & (np.hypot(along_x, along_y) < 10_000)
    return np.where(good, flat * 0.97, 0), np.where(good, flat * 1.03, np.inf)


def _to_chord(x: Floats, y: Floats, x_to: Floats, y_to: Floats) -> Floats:
    """The distance from the origin of a plane to a straight line segment."""
    along_x, along_y = x_to - x, y_to - y
    squared = along_x**2 + along_y**2
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.clip(np.nan_to_num(-(x * along_x + y * along_y) / squared), 0, 1)
    return np.hypot(x + share * along_x, y + share * along_y)


def nearest_m(owner: Ints, lon: Floats, lat: Floats, edges: Edges, owners: int) -> Floats:
    """For each owner the distance from its ping to the nearest of its edges, accurate to a tenth of a millimetre.

    `lon` and `lat` are those of the owner's ping, repeated for each of its edges. Beyond 500 km the distance is
    accurate to some metres. The distance of an owner without edges is infinite.
    """
    best = np.full(owners, np.inf)
    while len(owner):
        least, most = _bounds(lon, lat, edges)
        np.minimum.at(best, owner, most)
        fine = np.where(best[owner] > FAR_M, COARSE_M, FINE_M)
        left = np.flatnonzero((least < best[owner]) & (most - least > fine))
        owner, lon, lat = np.tile(owner[left], 2), np.tile(lon[left], 2), np.tile(lat[left], 2)
        edges = _halved(edges.take(left))
    return best


def _halved(edges: Edges) -> Edges:
    """The first halves of all edges, then the second halves."""
    lon, lat = (edges.lon + edges.lon_to) / 2, (edges.lat + edges.lat_to) / 2
    return Edges(
        np.concatenate([edges.lon, lon]),
        np.concatenate([edges.lat, lat]),
        np.concatenate([lon, edges.lon_to]),
        np.concatenate([lat, edges.lat_to]),
    )


def _bounds(lon: Floats, lat: Floats, edges: Edges) -> tuple[Floats, Floats]:
    """A lower and an upper bound of the distance to each piece: that to its chord, minus and plus its possible bend."""
    azimuth, _, from_m = GEOD.inv(lon, lat, edges.lon, edges.lat)
    azimuth_to, _, to_m = GEOD.inv(lon, lat, edges.lon_to, edges.lat_to)
    length_m = edges.longest_m()
    within_reach = (from_m + to_m - length_m) / 2  # no point of a piece is nearer than this
    (x, y), (x_to, y_to) = (
        _on_plane(np.radians(turned), far) for turned, far in ((azimuth, from_m), (azimuth_to, to_m))
    )
    chord_m = _to_chord(x, y, x_to, y_to)
    stray_m = _stray_m(edges, np.maximum(from_m, to_m), length_m)
    least = np.maximum(np.maximum(within_reach, chord_m - stray_m), 0)
    return least, np.minimum(np.minimum(from_m, to_m), chord_m + stray_m)


def _on_plane(azimuth: Floats, far_m: Floats) -> tuple[Floats, Floats]:
    return far_m * np.sin(azimuth), far_m * np.cos(azimuth)


def _stray_m(edges: Edges, far_m: Floats, length_m: Floats) -> Floats:
    """How far a piece can be from the chord between its ends, on the plane around the ping.

    A line that is straight in degrees bends by at most 1.09 tan(latitude) / R against the geodesic; the plane bends the
    geodesic by less than its distance / R². Twice the sum is taken; where that is not valid, infinity.
    """
    steepest = np.radians(np.minimum(np.maximum(np.abs(edges.lat), np.abs(edges.lat_to)), 89.9999999))
    bend = 1.09 * np.tan(steepest) / EARTH_M + far_m / EARTH_M**2
    surely = np.where(far_m > FAR_M, np.inf, 2 * bend * length_m**2 / 8)
    return np.where((bend * length_m < 0.1) & np.isfinite(surely), surely, np.inf)
