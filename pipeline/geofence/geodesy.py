"""Computes distances on the ground: exact ones along the geodesic, and fast bounds for clear cases."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import Geod

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Codes = NDArray[np.int32]

WGS84 = Geod(ellps="WGS84")

# The smallest and the largest radius of curvature on WGS 84: along the meridian at the equator, and at the poles.
SHORTEST_RADIUS_M = 6_335_439.0
LONGEST_RADIUS_M = 6_399_594.0
ROUNDING_M = 0.001


def frozen(values: NDArray[Any]) -> NDArray[Any]:
    """Make the array read-only and return it, because threads share geofences."""
    values.setflags(write=False)
    return values


def geodesic(from_lon: Floats, from_lat: Floats, to_lon: Floats, to_lat: Floats) -> tuple[Floats, Floats]:
    """Azimuth (radians, at the first point) and distance (metres) between pairs of points in degrees."""
    azimuth, _, distance_m = WGS84.inv(from_lon, from_lat, to_lon, to_lat)
    return np.radians(azimuth), np.asarray(distance_m)


def distance_bounds(from_lon: Floats, from_lat: Floats, to_lon: Floats, to_lat: Floats) -> tuple[Floats, Floats]:
    """A lower and an upper bound of the geodesic distance, in metres and about 1 % apart: for clear cases only.

    On the unit sphere a step has the squared length `dlat^2 + cos^2(lat) dlon^2`. On the ellipsoid each of the two
    terms is multiplied by the square of a radius of curvature, which is between the two radii above. So the length of
    each path, and of the shortest one, is between the bounds. A millimetre on each side covers the rounding.
    """
    north, south = np.radians(from_lat), np.radians(to_lat)
    half_lat = np.sin((north - south) / 2)
    half_lon = np.sin(np.radians(from_lon - to_lon) / 2)
    chord = half_lat * half_lat + np.cos(north) * np.cos(south) * half_lon * half_lon
    angle = 2 * np.arcsin(np.sqrt(np.minimum(chord, 1.0)))
    near = angle * (SHORTEST_RADIUS_M * (1 - 1e-8)) - ROUNDING_M
    far = angle * (LONGEST_RADIUS_M * (1 + 1e-8)) + ROUNDING_M
    return near, far


def widened(box: Floats, by_m: Floats) -> tuple[Floats, Bools]:
    """Boxes `(n, 4)` of west, south, east, north in degrees that contain all within `by_m` metres of the given ones.

    The second result is True where a box reaches a pole or goes around the world, so that it has no west and east.
    """
    angle = np.maximum(by_m, 0) / SHORTEST_RADIUS_M + 1e-9
    highest = np.radians(np.maximum(np.abs(box[:, 1]), np.abs(box[:, 3])))
    at_pole = highest + angle >= np.pi / 2 - 1e-6
    with np.errstate(invalid="ignore", divide="ignore"):
        sideways = np.degrees(np.arcsin(np.minimum(np.sin(angle) / np.cos(highest), 1.0))) + 1e-6
    sideways = np.where(at_pole, 360.0, sideways)
    up = np.degrees(angle) + 1e-6
    wide = np.column_stack([box[:, 0] - sideways, box[:, 1] - up, box[:, 2] + sideways, box[:, 3] + up])
    return wide, at_pole | ~(wide[:, 2] - wide[:, 0] < 359.0)
