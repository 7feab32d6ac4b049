"""Sites: which pings lie inside a workplace (SPEC 5, docs/places.md)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from offduty.verify.redecide.geofence.bounding_boxes import BoundingBoxes, BoxTree, TrackBoxes, box_of
from offduty.verify.redecide.geofence.geodesy import geodesic_m
from offduty.verify.redecide.geofence.polygons import Areas, gathered, spread
from offduty.verify.redecide.geofence.read_geometry import Circle, NotUnderstoodError, understood
from offduty.verify.redecide.geofence.rings import FlatPolygon, site_parts
from offduty.verify.redecide.ingest.reference_reader import ReferenceRow
from offduty.verify.redecide.model import Bools, Floats, Ints

SMALLER_M = 1e-6
"""Circular sites are so much smaller than they were drawn: rounding must not let a ping in."""


@dataclass(frozen=True)
class SiteAreas:
    """Circles first, then areas."""

    circles: tuple[Circle, ...]
    areas: Areas
    boxes: BoundingBoxes
    tree: BoxTree

    def anchors(self, tried: Bools, lon: Floats, lat: Floats, tracks: TrackBoxes) -> Bools:
        """Which of the rows that are tried lie inside a site; its edge is not inside."""
        inside = np.zeros(len(lon), np.bool_)
        run, site = self.tree.met_by(tracks)
        owner, step = spread(tracks.count[run])
        row, site = tracks.first[run][owner] + step, site[owner]
        kept = tried[row] & self.boxes.hold(site, lon[row], lat[row])
        row, site = row[kept], site[kept]
        round_ = site < len(self.circles)
        inside[row[round_][self._in_circle(site[round_], lon[row[round_]], lat[row[round_]])]] = True
        drawn, where = site[~round_] - len(self.circles), row[~round_]
        inside[where[self.areas.holds(drawn, lon[where], lat[where], rim=False)]] = True
        return inside

    def _in_circle(self, site: Ints, lon: Floats, lat: Floats) -> Bools:
        centre = np.array([(circle.lon, circle.lat, circle.radius_m) for circle in self.circles]).reshape(-1, 3)[site]
        return geodesic_m(centre[:, 0], centre[:, 1], lon, lat) < centre[:, 2] - SMALLER_M


def settle_sites(rows: Iterable[ReferenceRow]) -> tuple[SiteAreas, set[tuple[int, int]]]:
    """All sites that can be understood, and the rows that cannot: those are none."""
    circles: list[Circle] = []
    drawn: list[list[FlatPolygon]] = []
    refused = set()
    for row in rows:
        try:
            shape = understood(row)
            if isinstance(shape, Circle):
                circles.append(shape)
            else:
                drawn.append(site_parts(shape))
        except NotUnderstoodError:
            refused.add((row.file, row.row))
    boxes = BoundingBoxes.of([*(box_of(circle, 1.0) for circle in circles), *(box_of(parts, 1.0) for parts in drawn)])
    return SiteAreas(tuple(circles), gathered(drawn), boxes, boxes.tree(np.arange(len(boxes.middle)))), refused
