"""Sites: which pings are inside a workplace (specification#anchor, specification#bad-site, docs/places.md)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from offduty.verify.redecide.geofence.bounding_boxes import BoundingBoxes, BoxTree, TrackBoxes, box_of
from offduty.verify.redecide.geofence.geodesy import geodesic_m
from offduty.verify.redecide.geofence.polygons import Areas, gathered, spread
from offduty.verify.redecide.geofence.read_geometry import Circle, UnusableGeometryError, read_geometry
from offduty.verify.redecide.geofence.rings import FlatPolygon, site_parts
from offduty.verify.redecide.ingest.reference_reader import ReferenceRow
from offduty.verify.redecide.model import Bools, Floats, Ints

SHRINK_M = 1e-6
"""Circular sites are reduced by this, in metres, so that rounding never puts a ping inside."""


@dataclass(frozen=True)
class SiteAreas:
    """All sites by number: the circles first, then the polygons."""

    circles: tuple[Circle, ...]
    areas: Areas
    boxes: BoundingBoxes
    tree: BoxTree

    def anchors(self, tried: Bools, lon: Floats, lat: Floats, tracks: TrackBoxes) -> Bools:
        """Which of the tried rows are inside a site; its boundary is not inside."""
        inside = np.zeros(len(lon), np.bool_)
        run, site = self.tree.met_by(tracks)
        owner, step = spread(tracks.count[run])
        row, site = tracks.first[run][owner] + step, site[owner]
        tried_pairs = tried[row] & self.boxes.hold(site, lon[row], lat[row])
        row, site = row[tried_pairs], site[tried_pairs]
        is_circle = site < len(self.circles)
        inside[row[is_circle][self._in_circle(site[is_circle], lon[row[is_circle]], lat[row[is_circle]])]] = True
        drawn, where = site[~is_circle] - len(self.circles), row[~is_circle]
        inside[where[self.areas.contains(drawn, lon[where], lat[where], boundary=False)]] = True
        return inside

    def _in_circle(self, site: Ints, lon: Floats, lat: Floats) -> Bools:
        centre = np.array([(circle.lon, circle.lat, circle.radius_m) for circle in self.circles]).reshape(-1, 3)[site]
        return geodesic_m(centre[:, 0], centre[:, 1], lon, lat) < centre[:, 2] - SHRINK_M


def settle_sites(rows: Iterable[ReferenceRow]) -> tuple[SiteAreas, set[tuple[int, int]]]:
    """All sites with a usable area, and the rows without one: these do not count."""
    circles: list[Circle] = []
    drawn: list[list[FlatPolygon]] = []
    refused = set()
    for row in rows:
        try:
            shape = read_geometry(row)
            if isinstance(shape, Circle):
                circles.append(shape)
            else:
                drawn.append(site_parts(shape))
        except UnusableGeometryError:
            refused.add((row.file, row.row))
    boxes = BoundingBoxes.of([*(box_of(circle, 1.0) for circle in circles), *(box_of(parts, 1.0) for parts in drawn)])
    return SiteAreas(tuple(circles), gathered(drawn), boxes, boxes.tree(np.arange(len(boxes.middle)))), refused
