"""Finds the sites beside a home: for who lives there they are no sites (specification#site-beside-home)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from offduty.verify.redecide.geofence.apart import beside
from offduty.verify.redecide.geofence.bounding_boxes import BoundingBoxes, box_of
from offduty.verify.redecide.geofence.places import GROW_M, PlaceRow, owners_of
from offduty.verify.redecide.geofence.sites import NoSiteFor, SiteAreas
from offduty.verify.redecide.rules import Rules


def without_sites_beside_homes(
    sites: SiteAreas, places: list[PlaceRow], officers: Sequence[str], rules: Rules
) -> SiteAreas:
    """The sites, with those left out for an officer while a personal place lies beside them."""
    owners = owners_of(places, officers, rules)
    personal = [place for place in places if place.officer is not None and owners[place.officer]]
    found = [
        (officer * len(sites.shapes) + site, *place.valid)
        for place, site in _beside(personal, sites, rules)
        for officer in owners[str(place.officer)]
    ]
    return replace(sites, none_for=NoSiteFor.of(found))


def _beside(places: list[PlaceRow], sites: SiteAreas, rules: Rules) -> Iterator[tuple[PlaceRow, int]]:
    """Each place with the sites within the buffer; none for one that covers the Earth, where all pings are hidden."""
    drawn = [(place, place.shape) for place in places if place.shape is not None]
    boxes = BoundingBoxes.of([box_of(shape, rules.buffer_m + 1) for _, shape in drawn])
    every = np.arange(len(drawn))
    pairs = [
        (at, site)
        for site in range(len(sites.shapes))
        for at in every[boxes.meet(every, *sites.boxes.one(site))].tolist()
    ]
    shapes = [drawn[at][1] for at, _ in pairs]
    near = beside(shapes, [sites.shapes[site] for _, site in pairs], rules.buffer_m + GROW_M)
    yield from ((drawn[pairs[at][0]][0], pairs[at][1]) for at in np.flatnonzero(near).tolist())
