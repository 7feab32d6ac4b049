"""Finds the sites at which nobody is seen, wholly or in part, because a place for everyone is within the buffer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from offduty.core.interval import Interval
from offduty.geofence.geodesy import Bools, Floats, Ints, distance_bounds, widened
from offduty.geofence.grid_index import GridIndex, settle_cells
from offduty.geofence.nearness import near_pairs
from offduty.geofence.parts import Parts, within_circle
from offduty.geofence.places import EVERYONE, Places
from offduty.geofence.read_geometry import FileRows
from offduty.geofence.sites import Sites

MOST_CUTS = 12  # how often a part of a site is halved at most: a compact one into pieces of a 64th of its width
MOST_PARTS = 1 << 10  # parts of sites that are looked at together, because each may be cut into thousands of pieces
SLACK = 1.001  # by which the radius of a piece is enlarged: distances are correct to 0.1 %


@dataclass(frozen=True)
class HiddenSites:
    """File and row of the sites that are hidden from everyone by places for everyone, each site once, in order.

    At a site that is `wholly` hidden no ping can be released, however exact it is: each of its positions is within the
    buffer of places that are valid all the time. One that is `partly` hidden comes within the buffer of a place that is
    valid at some of that time: at least a part of it is hidden, or all of it for a while. Such a row number tells where
    somebody is protected, and must not leave the machine.
    """

    wholly: FileRows = ()
    partly: FileRows = ()


def settle_hidden_sites(sites: Sites, places: Places, during: Interval) -> HiddenSites:
    """Find the sites at most `places.buffer_m` metres (touching counts) from a place for everyone, in this time.

    Only sites that count are looked at (readable, and not too large). Distances are those by which pings are hidden
    (specification#reason-protected-place), for the most exact ping: its disc has no size. That a site is wholly hidden
    is proven piece by piece; where one of 4,096 pieces is not proven, the site is partly hidden.
    """
    claims = places.claims
    everyones = (claims.owner == EVERYONE) & claims.drawn & (claims.from_us < claims.to_us)
    meeting = everyones & (claims.from_us < during.to_us) & (claims.to_us > during.from_us)
    throughout = meeting & (claims.from_us <= during.from_us) & (claims.to_us >= during.to_us)
    near = np.zeros(len(sites.numbers), bool)
    for _, its in near_pairs(places.pieces, sites.pieces, places.buffer_m, meeting[places.pieces.row]):
        near[sites.pieces.row[its]] = True
    wholly = near & ~_seen_at(sites, near, _Reach.of(places, throughout))
    return HiddenSites(_rows(sites, wholly), _rows(sites, near & ~wholly))


def _rows(sites: Sites, which: Bools) -> FileRows:
    return tuple((file, row) for file, row in sites.numbers[which].tolist())


@dataclass(frozen=True, eq=False)
class _Cells:
    """Pieces of sites: shapes in degrees, each within a disc about its centre and within a box.

    `part` is the number of the circle or inside of the site, of which the shape is a piece or all.
    """

    part: Ints
    lon: Floats
    lat: Floats
    radius_m: Floats
    box: Floats
    shape: NDArray[np.object_]

    def only(self, which: Bools) -> _Cells:
        """Only these pieces."""
        return _Cells(
            self.part[which],
            self.lon[which],
            self.lat[which],
            self.radius_m[which],
            self.box[which],
            self.shape[which],
        )

    def halves(self) -> _Cells:
        """The two halves of the box of each, across its longer side."""
        west, south, east, north = self.box.T
        lon, lat = (west + east) / 2, (south + north) / 2
        wide = (east - west) * np.cos(np.radians(lat)) > north - south
        first = np.column_stack([west, south, np.where(wide, lon, east), np.where(wide, north, lat)])
        second = np.column_stack([np.where(wide, lon, west), np.where(wide, south, lat), east, north])
        return _of_boxes(np.tile(self.part, 2), np.vstack([first, second]))


def _of_boxes(part: Ints, box: Floats) -> _Cells:
    """Boxes of west, south, east, north; the point of one that is farthest from its centre is a corner."""
    west, south, east, north = box.T
    lon, lat = (west + east) / 2, (south + north) / 2
    corners_m = [distance_bounds(lon, lat, east, corner)[1] for corner in (south, north)]
    radius_m = np.maximum(*corners_m) * SLACK
    return _Cells(part, lon, lat, radius_m, box, np.asarray(shapely.box(*box.T), object))


def _parts(sites: Sites, part: Ints) -> _Cells:
    """These circles and insides of the sites as they are drawn."""
    pieces = sites.pieces
    circles, insides = pieces.ends
    round_, drawn = part[part < circles], part[part >= insides]
    lon, lat, radius_m = (column[round_] for column in (pieces.circle_lon, pieces.circle_lat, pieces.circle_radius_m))
    boxes, no_box = widened(np.column_stack([lon, lat, lon, lat]), radius_m)
    boxes[no_box, 0], boxes[no_box, 2] = -180.0, 180.0
    boxes[:, 1::2] = np.clip(boxes[:, 1::2], -90.0, 90.0)
    polygons = _of_boxes(drawn, pieces.insides.box[drawn - insides])
    return _Cells(
        np.append(round_, drawn),
        np.append(lon, polygons.lon),
        np.append(lat, polygons.lat),
        np.append(radius_m, polygons.radius_m),
        np.vstack([boxes, polygons.box]),
        np.append(np.asarray(shapely.box(*boxes.T), object), pieces.insides.shapes[drawn - insides]),
    )


@dataclass(frozen=True, eq=False)
class _Reach:
    """Where some places hide each ping, however exact it is."""

    pieces: Parts
    index: GridIndex
    buffer_m: float

    @classmethod
    def of(cls, places: Places, rows: Bools) -> _Reach:
        """The reach of the places of these rows."""
        which = np.flatnonzero(rows[places.pieces.row])
        boxes, no_box = places.pieces.boxes(places.buffer_m)
        index = settle_cells(boxes[which], no_box[which], which, None, 1)
        return cls(places.pieces, index, places.buffer_m)

    def hides(self, lon: Floats, lat: Floats) -> Bools:
        """Which positions are hidden."""
        found = np.zeros(len(lon), bool)
        for at, piece in self.index.near(lon, lat, None):
            limit_m = np.full(len(at), self.buffer_m)
            found[at[self.pieces.touched(piece, lon[at], lat[at], limit_m)]] = True
        return found

    def hides_all_of(self, cells: _Cells) -> Bools:
        """Of which pieces every position is hidden, as far as one circle, chain or inside of a place proves it."""
        found = np.zeros(len(cells.part), bool)
        insides = self.pieces.ends[1]
        lon = _turned(cells.lon)
        for at, piece in self.index.near(lon, cells.lat, None):
            left_m = self.buffer_m - cells.radius_m[at]
            touched = self.pieces.touched(piece, lon[at], cells.lat[at], left_m)
            proven = touched & ((piece < insides) | (left_m >= 0))
            found[at[proven]] = True
            around = np.flatnonzero(touched & ~proven & ~found[at])
            found[at[around[self._encloses(piece[around] - insides, cells, at[around])]]] = True
        return found

    def _encloses(self, polygon: Ints, cells: _Cells, at: Ints) -> Bools:
        """Whether each piece lies in the inside of a place, in the plane of degrees in which both are drawn."""
        turn = 360.0 * np.ceil((self.pieces.insides.box[polygon, 0] - cells.box[at, 0]) / 360.0)
        shapes = cells.shape[at]
        points, shape_of = shapely.get_coordinates(shapes, return_index=True)
        points[:, 0] += turn[shape_of]
        return np.asarray(shapely.covers(self.pieces.insides.shapes[polygon], shapely.set_coordinates(shapes, points)))


def _seen_at(sites: Sites, rows: Bools, reach: _Reach) -> Bools:
    """At which of the sites of these rows some position is not hidden, or is not proven to be."""
    seen = np.zeros(len(rows), bool)
    circles, insides = sites.pieces.ends
    number = np.arange(len(sites.pieces.row))
    parts = np.flatnonzero(rows[sites.pieces.row] & ((number < circles) | (number >= insides)))
    for start in range(0, len(parts), MOST_PARTS):
        cells = _parts(sites, parts[start : start + MOST_PARTS])
        for _ in range(MOST_CUTS):
            cells = _left(sites, cells, reach, seen).halves()
            cells = cells.only(_meets(sites, cells))
        seen[sites.pieces.row[_left(sites, cells, reach, seen).part]] = True
    return seen


def _left(sites: Sites, cells: _Cells, reach: _Reach, seen: Bools) -> _Cells:
    """The pieces that are not hidden completely, of sites at which nothing was seen; what is seen here is noted."""
    cells = cells.only(~reach.hides_all_of(cells))
    row, lon = sites.pieces.row[cells.part], _turned(cells.lon)
    inside = np.flatnonzero(sites.contained(cells.part, lon, cells.lat))
    seen[row[inside[~reach.hides(lon[inside], cells.lat[inside])]]] = True
    return cells.only(~seen[row])


def _meets(sites: Sites, cells: _Cells) -> Bools:
    """Which pieces have something of their site in them, or may have."""
    pieces = sites.pieces
    circles, insides = pieces.ends
    meets = np.zeros(len(cells.part), bool)
    at = np.flatnonzero(cells.part < circles)
    of = cells.part[at]
    limit_m = pieces.circle_radius_m[of] + cells.radius_m[at]
    meets[at] = within_circle(pieces.circle_lon[of], pieces.circle_lat[of], cells.lon[at], cells.lat[at], limit_m)
    at = np.flatnonzero(cells.part >= insides)
    meets[at] = shapely.intersects(pieces.insides.shapes[cells.part[at] - insides], cells.shape[at])
    return meets


def _turned(lon: Floats) -> Floats:
    """The longitudes from -180 up to 180."""
    return lon - 360.0 * np.floor((lon + 180.0) / 360.0)
