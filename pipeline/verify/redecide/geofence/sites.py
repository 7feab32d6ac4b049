"""Which pings are inside a workplace (specification#anchor, specification#bad-site, docs/reference/places.md)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from offduty.verify.redecide.geofence.bounding_boxes import BoundingBoxes, BoxTree, TrackBoxes, box_of
from offduty.verify.redecide.geofence.geodesy import GEOD, geodesic_m
from offduty.verify.redecide.geofence.polygons import Areas, gathered, spread
from offduty.verify.redecide.geofence.read_geometry import Circle, UnusableGeometryError, read_geometry
from offduty.verify.redecide.geofence.rings import FlatPolygon, Shape, site_parts
from offduty.verify.redecide.ingest.reference_row import ReferenceRow
from offduty.verify.redecide.model import Bools, Cell, Floats, Ints
from offduty.verify.redecide.rules import Rules

SHRINK_M = 1e-6
"""Circular sites are reduced by this, in metres, so that rounding never puts a ping inside."""


@dataclass(frozen=True)
class NoSiteFor:
    """When a site is no site for an officer, because a personal place is beside it (specification#site-beside-home).

    `pair` is the number of the officer times the number of sites, plus that of the site; in order.
    """

    pair: Ints
    from_us: Ints
    to_us: Ints

    @classmethod
    def of(cls, found: Iterable[tuple[int, int, int]]) -> NoSiteFor:
        """From pairs with their times, in any order."""
        pair, from_us, to_us = np.array(sorted(found), np.int64).reshape(-1, 3).T
        return cls(pair, from_us, to_us)

    def holds(self, pair: Ints, at_us: Ints) -> Bools:
        """For each pair whether the site is none at that instant."""
        first = np.searchsorted(self.pair, pair, side="left")
        owner, nth = spread(np.searchsorted(self.pair, pair, side="right") - first)
        at = first[owner] + nth
        then = (self.from_us[at] <= at_us[owner]) & (at_us[owner] < self.to_us[at])
        none = np.zeros(len(pair), np.bool_)
        none[owner[then]] = True
        return none


@dataclass(frozen=True)
class SiteAreas:
    """All sites by number: the circles first, then the polygons."""

    circles: tuple[Circle, ...]
    drawn: tuple[list[FlatPolygon], ...]
    areas: Areas
    boxes: BoundingBoxes
    tree: BoxTree
    none_for: NoSiteFor = field(default_factory=lambda: NoSiteFor.of(()))

    @cached_property
    def shapes(self) -> Sequence[Shape]:
        """The areas by number."""
        return (*self.circles, *self.drawn)

    def anchors(self, tried: Bools, officer: Ints, at_us: Ints, lon: Floats, lat: Floats, tracks: TrackBoxes) -> Bools:
        """Which of the tried rows are inside a site of their officer; its boundary is not inside."""
        inside = np.zeros(len(lon), np.bool_)
        run, site = self.tree.met_by(tracks)
        owner, step = spread(tracks.count[run])
        row, site = tracks.first[run][owner] + step, site[owner]
        tried_pairs = tried[row] & self.boxes.hold(site, lon[row], lat[row])
        row, site = row[tried_pairs], site[tried_pairs]
        counts = ~self.none_for.holds(officer[row] * len(self.shapes) + site, at_us[row])
        row, site = row[counts], site[counts]
        is_circle = site < len(self.circles)
        inside[row[is_circle][self._in_circle(site[is_circle], lon[row[is_circle]], lat[row[is_circle]])]] = True
        drawn, where = site[~is_circle] - len(self.circles), row[~is_circle]
        inside[where[self.areas.contains(drawn, lon[where], lat[where], boundary=False)]] = True
        return inside

    def _in_circle(self, site: Ints, lon: Floats, lat: Floats) -> Bools:
        centre = np.array([(circle.lon, circle.lat, circle.radius_m) for circle in self.circles]).reshape(-1, 3)[site]
        return geodesic_m(centre[:, 0], centre[:, 1], lon, lat) < centre[:, 2] - SHRINK_M


def settle_sites(rows: Iterable[ReferenceRow], rules: Rules) -> tuple[SiteAreas, set[Cell]]:
    """All sites that count, and the rows that cannot be understood. A site that is too large counts as little."""
    circles: list[Circle] = []
    drawn: list[list[FlatPolygon]] = []
    refused = set()
    for row in rows:
        try:
            shape = read_geometry(row)
            if isinstance(shape, Circle):
                circles += [shape] if np.pi * shape.radius_m * shape.radius_m <= rules.max_site_m2 else []
            else:
                parts = site_parts(shape)
                drawn += [parts] if _size_m2(parts) <= rules.max_site_m2 else []
        except UnusableGeometryError:
            refused.add((row.file, row.row))
    boxes = BoundingBoxes.of([*(box_of(circle, 1.0) for circle in circles), *(box_of(parts, 1.0) for parts in drawn)])
    tree = boxes.tree(np.arange(len(boxes.middle)))
    return SiteAreas(tuple(circles), tuple(drawn), gathered(drawn), boxes, tree), refused


def _size_m2(parts: list[FlatPolygon]) -> float:
    """The area on the ellipsoid, without the holes."""
    return sum(_ring_m2(line) * (1 if at == 0 else -1) for part in parts for at, line in enumerate(part.lines))


def _ring_m2(ring: Floats) -> float:
    return abs(float(GEOD.polygon_area_perimeter(*ring.T)[0]))
