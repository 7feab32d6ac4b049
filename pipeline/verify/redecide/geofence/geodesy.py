"""Metres on the ground: geodesics on WGS 84 from pings to points and to edges that are straight in degrees.

The distance to an edge is found by cutting it. About the ping, distance and azimuth to both ends of a piece place it on
a plane on which everything seen from the ping is as far as on the ground. How far the piece may stray from the chord
between its ends is bounded; pieces that cannot be nearest fall out, the others are halved until the bound is nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pyproj import Geod

from offduty.verify.redecide.model import Bools, Floats, Ints

GEOD = Geod(ellps="WGS84")
EARTH_M = 6_335_000.0
"""The smallest radius of curvature on the ellipsoid: bends are not sharper than this says."""
DEGREE_M = 111_700.0
"""A degree of a great circle is nowhere longer."""
FINE_M = 2e-5
COARSE_M = 5.0
FAR_M = 500_000.0
"""Beyond this, distances to edges are only good to some metres."""


def geodesic_m(lon: Floats, lat: Floats, lon_to: Floats, lat_to: Floats) -> Floats:
    """Metres between points, pair by pair."""
    return np.asarray(GEOD.inv(lon, lat, lon_to, lat_to)[2])


@dataclass(frozen=True)
class Edges:
    """Edges straight in longitude and latitude; longitudes may run on past ±180."""

    lon: Floats
    lat: Floats
    lon_to: Floats
    lat_to: Floats

    def take(self, at: Ints | Bools) -> Edges:
        """Some of them."""
        return Edges(self.lon[at], self.lat[at], self.lon_to[at], self.lat_to[at])

    def longest_m(self) -> Floats:
        """A length that none of them exceeds on the ground."""
        nearest = np.minimum(np.abs(self.lat), np.abs(self.lat_to)) * (self.lat * self.lat_to > 0)
        east = np.abs(self.lon_to - self.lon) * np.cos(np.radians(nearest))
        return np.asarray(DEGREE_M * np.hypot(self.lat_to - self.lat, east))


def roughly_m(lon: Floats, lat: Floats, edges: Edges) -> tuple[Floats, Floats]:
    """A least and a greatest distance, pair by pair, by flat reckoning: 3 % apart either way, where that holds.

    It holds below 80 degrees of latitude for what is within 10 km; elsewhere the bounds are nothing and infinity.
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
    """From the origin of a plane to a piece of a straight line."""
    along_x, along_y = x_to - x, y_to - y
    squared = along_x**2 + along_y**2
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.clip(np.nan_to_num(-(x * along_x + y * along_y) / squared), 0, 1)
    return np.hypot(x + share * along_x, y + share * along_y)


def nearest_m(owner: Ints, lon: Floats, lat: Floats, edges: Edges, owners: int) -> Floats:
    """For each owner the distance from its ping to the nearest of its edges, true to less than a tenth of a millimetre.

    `lon` and `lat` are those of the owner's ping, repeated for each of its edges. Beyond 500 km it is true to some
    metres. An owner without edges is infinitely far.
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
    """The first halves of all, then the second ones."""
    lon, lat = (edges.lon + edges.lon_to) / 2, (edges.lat + edges.lat_to) / 2
    return Edges(
        np.concatenate([edges.lon, lon]),
        np.concatenate([edges.lat, lat]),
        np.concatenate([lon, edges.lon_to]),
        np.concatenate([lat, edges.lat_to]),
    )


def _bounds(lon: Floats, lat: Floats, edges: Edges) -> tuple[Floats, Floats]:
    """Least and greatest distance to a piece: to its chord as seen from the ping, give or take how far it may stray."""
    azimuth, _, from_m = GEOD.inv(lon, lat, edges.lon, edges.lat)
    azimuth_to, _, to_m = GEOD.inv(lon, lat, edges.lon_to, edges.lat_to)
    length_m = edges.longest_m()
    within_reach = (from_m + to_m - length_m) / 2  # no point of a piece is nearer than this, wherever it lies
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
    """How far a piece may lie from the chord between its ends, on the plane about the ping.

    A line straight in degrees bends by at most 1.09 tan(latitude) / R against the shortest way; the plane bends the
    shortest way by less than its distance / R². Twice that is taken; where it is far off, the piece's own length.
    """
    steepest = np.radians(np.minimum(np.maximum(np.abs(edges.lat), np.abs(edges.lat_to)), 89.9999999))
    bend = 1.09 * np.tan(steepest) / EARTH_M + far_m / EARTH_M**2
    surely = np.where(far_m > FAR_M, np.inf, 2 * bend * length_m**2 / 8)
    return np.where((bend * length_m < 0.1) & np.isfinite(surely), surely, np.inf)
