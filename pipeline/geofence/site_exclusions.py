"""Leaves out the sites beside somebody's home: for that officer such a site is no workplace, so it gives no anchor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from offduty.geofence.claims import PlaceClaims
from offduty.geofence.geodesy import Bools, Codes, Floats, Ints, frozen
from offduty.geofence.intervals import OfficerIntervals, groups_of, settle_spans
from offduty.geofence.nearness import near_pairs
from offduty.geofence.parts import Parts
from offduty.geofence.read_geometry import FileRows
from offduty.geofence.sites import Sites


@dataclass(frozen=True, eq=False)
class SiteExclusions:
    """The sites, and for whom and when each of them does not count. May be pickled, and shared between threads.

    `group_of` is the group of lookalikes of each officer (`places.Places`). `keys` are the pairs of group and site that
    are ever excluded, as `group * sites + site`, sorted; `when` are the intervals of each by its index in `keys`.
    `affected` is True for the groups that have one. `beside_rows` are file and row of the sites that are excluded for
    somebody: a site is public, so such a row number tells where a home is, and must not leave the machine.
    """

    sites: Sites
    group_of: Ints
    affected: Bools
    keys: Ints
    when: OfficerIntervals
    beside_rows: FileRows

    @property
    def beside(self) -> int:
        """How many sites are excluded for somebody at some time."""
        return len(self.beside_rows)

    def inside(self, officer: Codes, observed_us: Ints, lon: Floats, lat: Floats) -> Bools:
        """Whether each position is strictly inside a site that counts for its officer at that instant.

        An unknown officer has no places of their own, so every site counts; all their pings are contacts
        (`Places.touched`), so none of them becomes an anchor.
        """
        found = self.sites.inside(lon, lat)
        if not len(self.keys):
            return found
        at = np.flatnonzero(found)
        group = groups_of(self.group_of, np.asarray(officer, np.int64)[at])
        slow = self.affected[group]
        at, group = at[slow], group[slow]
        at_us = np.asarray(observed_us, np.int64)[at]
        found[at] = self._inside_a_counting_one(group, at_us, np.asarray(lon)[at], np.asarray(lat)[at])
        return found

    def _inside_a_counting_one(self, group: Ints, at_us: Ints, lon: Floats, lat: Floats) -> Bools:
        found = np.zeros(len(group), bool)
        for ping, site in self.sites.containing(lon, lat):
            key = group[ping] * len(self.sites.numbers) + site
            index = np.minimum(np.searchsorted(self.keys, key), len(self.keys) - 1)
            index = np.where(self.keys[index] == key, index, -1)
            found[ping[~self.when.contains(index, at_us[ping])]] = True
        return found


class PersonalPlaces(Protocol):
    """The places that `settle_places` gives, as far as they are needed here."""

    @property
    def pieces(self) -> Parts:
        """The parts of all places."""

    @property
    def claims(self) -> PlaceClaims:
        """Whose each place is, and when it holds."""

    @property
    def groups(self) -> int:
        """The number of groups of lookalikes."""

    @property
    def group_of(self) -> Ints:
        """The group of each officer."""


def settle_site_exclusions(sites: Sites, places: PersonalPlaces, buffer_m: float) -> SiteExclusions:
    """Find the sites at most `buffer_m` metres (touching counts) from a personal place, for the officer of that place.

    A place protects every lookalike of its officer, and while it is valid, read widely; so it does here. A place that
    covers the Earth excludes no site, because all pings of its officer are contacts anyway. A place lies in a site, or
    a site in a place, at the distance 0; the holes of a place are filled, those of a site are not.
    """
    claims = places.claims
    personal = ((claims.owner >= 0) & claims.drawn)[places.pieces.row]
    pairs = [
        places.pieces.row[piece] * len(sites.numbers) + sites.pieces.row[its]
        for piece, its in near_pairs(places.pieces, sites.pieces, buffer_m, personal)
    ]
    place, site = np.divmod(np.unique(np.concatenate([np.empty(0, np.int64), *pairs])), max(len(sites.numbers), 1))
    keys, key = np.unique(claims.owner[place] * len(sites.numbers) + site, return_inverse=True)
    when = settle_spans(key, claims.from_us[place], claims.to_us[place], len(keys))
    affected = np.zeros(places.groups + 1, bool)
    affected[claims.owner[place]] = True
    rows = sites.numbers[np.unique(site)].tolist()
    return SiteExclusions(
        sites, places.group_of, frozen(affected), frozen(keys), when, tuple((file, row) for file, row in rows)
    )
