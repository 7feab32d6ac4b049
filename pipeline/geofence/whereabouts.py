"""Finds the places that lie where nobody can live: at longitude and latitude 0, or too far from every site."""

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from offduty.geofence.geodesy import Bools
from offduty.geofence.nearness import rows_near
from offduty.geofence.parts import Parts, settle_pieces
from offduty.geofence.read_geometry import DrawnGeometries, understood
from offduty.geofence.sites import Sites

ZERO_M = 1_000.0
AT_ZERO = "it lies within a kilometre of longitude and latitude zero: was its position not known?"
SWAPPED = "it is far from every site, and would not be with longitude and latitude exchanged: are they swapped?"


def refuse_at_zero(pieces: Parts, why: NDArray[Any]) -> None:
    """Mark the places that contain longitude and latitude 0, or lie within a kilometre of it: unknown positions."""
    count = len(pieces.row)
    nowhere = np.zeros(count)
    at_zero = np.zeros(len(why), bool)
    at_zero[pieces.row[pieces.touched(np.arange(count), nowhere, nowhere, np.full(count, ZERO_M))]] = True
    why[at_zero & understood(why)] = AT_ZERO


def refuse_swapped(drawn: DrawnGeometries, pieces: Parts, sites: Sites | None, max_km: float) -> Bools:
    """Mark the places whose longitude and latitude seem to be exchanged, and return which of the others are far.

    A place is far where it is farther than `max_km` kilometres from every site that counts; it seems exchanged where it
    would not be with its longitudes and latitudes exchanged. Without a site no place is far.
    """
    nowhere = np.zeros(len(drawn.why), bool)
    if sites is None or not len(sites.pieces.row):
        return nowhere
    limit_m, rows = max_km * 1_000.0, len(drawn.why)
    far = understood(drawn.why) & ~rows_near(pieces, sites.pieces, limit_m, rows)
    if far.any():
        exchanged = _exchanged(drawn, far)
        turned = settle_pieces(exchanged)
        swapped = far & rows_near(turned, sites.pieces, limit_m, rows) & understood(exchanged.why)
        drawn.why[swapped] = SWAPPED
        far &= ~swapped
    return far


def _exchanged(drawn: DrawnGeometries, rows: Bools) -> DrawnGeometries:
    """Some rows with longitudes and latitudes exchanged, as far as this gives latitudes."""
    west, _, east, _ = shapely.bounds(drawn.polygons).reshape(-1, 4).T
    fits = rows.copy()
    fits[drawn.circle_row[~(np.abs(drawn.circle_lon) <= 90)]] = False
    fits[drawn.polygon_row[~((west >= -90) & (east <= 90))]] = False
    circles, polygons = fits[drawn.circle_row], fits[drawn.polygon_row]
    turned = drawn.polygons[polygons]
    turned = shapely.set_coordinates(turned, shapely.get_coordinates(turned)[:, ::-1])
    return DrawnGeometries(
        drawn.why.copy(),
        drawn.circle_row[circles],
        drawn.circle_lat[circles],
        drawn.circle_lon[circles],
        drawn.circle_radius_m[circles],
        drawn.polygon_row[polygons],
        turned,
    )
