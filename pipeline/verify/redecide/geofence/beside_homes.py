"""Finds the sites beside a home: for who lives there they are no sites (specification#site-beside-home)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from offduty.verify.redecide.geofence.apart import apart_m
from offduty.verify.redecide.geofence.bounding_boxes import BoundingBoxes, box_of
from offduty.verify.redecide.geofence.places import GROW_M, PlaceRow, owners_of
from offduty.verify.redecide.geofence.read_geometry import Circle
from offduty.verify.redecide.geofence.rings import FlatPolygon
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
        for place in personal
        for site in _beside(place.shape, sites, rules)
        for officer in owners[str(place.officer)]
    ]
    return replace(sites, none_for=NoSiteFor.of(found))


def _beside(shape: Circle | list[FlatPolygon] | None, sites: SiteAreas, rules: Rules) -> Iterator[int]:
    """The sites within the buffer of a place; none for a place that covers the Earth, at which all pings are hidden."""
    if shape is None:
        return
    box = BoundingBoxes.of([box_of(shape, rules.buffer_m + 1)])
    every = np.arange(len(sites.shapes))
    here = np.zeros(len(every), np.int64)
    near = box.meet(here, sites.boxes.middle, sites.boxes.half, sites.boxes.south, sites.boxes.north)
    for site in every[near].tolist():
        if apart_m(shape, sites.shapes[site]) <= rules.buffer_m + GROW_M:
            yield site
