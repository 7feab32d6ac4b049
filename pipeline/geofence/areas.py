"""Computes areas on the ground, of polygons whose edges are straight in longitude and latitude."""

import numpy as np
import shapely
from numpy.typing import NDArray

from offduty.geofence.geodesy import WGS84, Floats, Ints

SQUARE_KM_M2 = 1e6
NODES, WEIGHTS = np.polynomial.legendre.leggauss(16)


def polygon_areas_m2(polygons: NDArray[np.object_]) -> Floats:
    """The area of each polygon in square metres on WGS 84, without its holes.

    Longitudes may exceed 180, but no edge may jump (`rings.strictly_drawn`). By Green's theorem the area that a ring
    encloses is the integral along it of `_zone_m2(lat)` over longitude, which is exact for edges that are straight in
    degrees (specification#geometry-forms), however long they are.
    """
    rings, polygon_of = shapely.get_rings(polygons, return_index=True)
    points, ring_of = shapely.get_coordinates(rings, return_index=True)
    lon, lat = np.radians(points).T
    edge = np.flatnonzero(ring_of[1:] == ring_of[:-1])
    below: Floats = np.zeros(len(edge))
    for node, weight in zip(NODES, WEIGHTS, strict=True):
        along = lat[edge] + (lat[edge + 1] - lat[edge]) * (1 + node) / 2
        below += _zone_m2(along) * weight / 2
    enclosed = np.abs(sums(ring_of[edge], below * (lon[edge + 1] - lon[edge]), len(rings)))
    hole = np.diff(polygon_of, prepend=-1) == 0
    return sums(polygon_of, np.where(hole, -enclosed, enclosed), len(polygons))


def circle_areas_m2(radius_m: Floats) -> Floats:
    """The area of circles, as circles in a plane; infinite where it is no number: larger than any limit."""
    with np.errstate(over="ignore"):
        return np.pi * (radius_m * radius_m)


def sums(which: Ints, values: Floats, count: int) -> Floats:
    """The sum of the values of each number from 0 to `count`."""
    return np.bincount(which, values, count).astype(np.float64)  # it gives whole numbers where there are no values


def _zone_m2(lat: Floats) -> Floats:
    """The area between the equator and each latitude (radians), for one radian of longitude."""
    eccentricity = np.sqrt(WGS84.es)
    up = np.sin(lat)
    zone: Floats = up / (1 - WGS84.es * up * up) + np.arctanh(eccentricity * up) / eccentricity
    return zone * (WGS84.b * WGS84.b / 2)
