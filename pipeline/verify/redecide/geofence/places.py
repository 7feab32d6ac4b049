"""Places: the officers they protect, when they are valid, and which pings are in contact with one.

A place protects widely: its officer and every lookalike, within the wide reading of its validity. As a home on record
it counts narrowly. The rules are specification#bad-place, specification#reason-protected-place,
specification#reason-no-home and docs/reference/places.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from offduty.verify.redecide.geofence.bounding_boxes import EVERYWHERE, BoundingBoxes, BoxTree, TrackBoxes, box_of
from offduty.verify.redecide.geofence.geodesy import geodesic_m
from offduty.verify.redecide.geofence.polygons import Areas, gathered, spread
from offduty.verify.redecide.geofence.read_geometry import Circle
from offduty.verify.redecide.geofence.rings import FlatPolygon
from offduty.verify.redecide.ingest.lookalikes import likeness
from offduty.verify.redecide.model import Bools, Codes, Floats, Ints
from offduty.verify.redecide.rules import Rules

EARTH, CIRCLE, AREA = 0, 1, 2
GROW_M = 0.001
"""Places are extended by this, in metres."""
EXACT_M = 1e-8
"""Two sums of the same lengths may differ by rounding, but by less than this, in metres."""
FAR_M, FAR_TOLERANCE_M = 500_000.0, 25_000.0
Span = tuple[int, int]


def boundary_tolerance_m(far_m: Floats) -> Floats:
    """By how many metres two correct measurements of the distance to a polygon may differ.

    The filter follows a boundary to a millimetre, and projects it to a plane in chains of about 10 km: six kilometres
    from the centre of a chain the error is (6 km)² / 6 R² of the distance. Beyond 500 km it uses only the circles
    around the chains (docs/reference/places.md, "Measuring").
    """
    return np.where(far_m > FAR_M, FAR_TOLERANCE_M, 0.0011 + far_m * 1.5e-7)


@dataclass(frozen=True)
class PlaceRow:
    """One place: whom it protects (None: everyone), when, and when it is a home on record (None: never)."""

    officer: str | None
    valid: Span
    home: Span | None
    shape: Circle | list[FlatPolygon] | None
    """None means that the place covers the Earth."""


class Touches(NamedTuple):
    """Which pings are in contact with a personal place, and with a place for everyone; and which others may be."""

    personal: Bools
    everyone: Bools
    perhaps_personal: Bools
    perhaps_everyone: Bools

    @property
    def any(self) -> Bools:
        """Certain contacts."""
        return np.asarray(self.personal | self.everyone)


@dataclass(frozen=True)
class PlaceFences:
    """Places by number.

    Those of officer `o` are `places_of_officer[first[o] : first[o + 1]]`; those for everyone are in a tree.
    """

    kind: Codes
    from_us: Ints
    to_us: Ints
    lon: Floats
    lat: Floats
    radius_m: Floats
    area: Ints
    areas: Areas
    boxes: BoundingBoxes
    first: Ints
    places_of_officer: Ints
    for_everyone: BoxTree
    homes: Ints
    """When homes were on record, in three dimensions: the homes of an officer, the officer, and start and end."""

    def contacts(
        self, officer: Ints, at_us: Ints, lon: Floats, lat: Floats, reach_m: Floats, tracks: TrackBoxes
    ) -> Touches:
        """Which pings are in contact with a place of their officer or for everyone, and which others may be.

        `reach_m` is the buffer plus the disc; NaN where a ping need not be tried. Pings that may be in contact are so
        near the limit that two correct measurements may differ.
        """
        found: list[Bools] = []
        perhaps: list[Bools] = []
        for run, place in (self._own(officer, tracks), self.for_everyone.met_by(tracks)):
            touch, at_boundary = self._touched(run, place, (at_us, lon, lat, reach_m), tracks)
            found.append(touch)
            perhaps.append(at_boundary & ~touch)
        return Touches(*found, *perhaps)

    def _touched(
        self, run: Ints, place: Ints, pings: tuple[Ints, Floats, Floats, Floats], tracks: TrackBoxes
    ) -> tuple[Bools, Bools]:
        """For runs of pings and places whose boxes meet: which pings are in contact, and which may be."""
        at_us, lon, lat, reach_m = pings
        touch, at_boundary = np.zeros(len(lon), np.bool_), np.zeros(len(lon), np.bool_)
        owner, step = spread(tracks.count[run])
        row, place = tracks.first[run][owner] + step, place[owner]
        tried = np.isfinite(reach_m[row]) & (at_us[row] >= self.from_us[place]) & (at_us[row] < self.to_us[place])
        tried &= self.boxes.hold(place, lon[row], lat[row])
        row, place = row[tried], place[tried]
        near, doubt = self._near(place, lon[row], lat[row], reach_m[row] + GROW_M)
        touch[row[near & ~doubt]] = True
        at_boundary[row[doubt]] = True
        return touch, at_boundary

    def _own(self, officer: Ints, tracks: TrackBoxes) -> tuple[Ints, Ints]:
        """Runs of pings and places of their officers whose boxes meet."""
        owners = officer[tracks.first]
        run, nth = spread(self.first[owners + 1] - self.first[owners])
        place = self.places_of_officer[self.first[owners][run] + nth]
        met = self.boxes.meet(place, *(side[run] for side in tracks.boxes()))
        return run[met], place[met]

    def _near(self, place: Ints, lon: Floats, lat: Floats, limit_m: Floats) -> tuple[Bools, Bools]:
        """Pair by pair: whether the place is within the limit, and whether that depends on the last millimetres."""
        near, doubt = self.kind[place] == EARTH, np.zeros(len(place), np.bool_)
        is_circle = np.flatnonzero(self.kind[place] == CIRCLE)
        which = place[is_circle]
        gap = (
            geodesic_m(self.lon[which], self.lat[which], lon[is_circle], lat[is_circle])
            - self.radius_m[which]
            - limit_m[is_circle]
        )
        near[is_circle] = gap <= 0
        doubt[is_circle] = np.abs(gap) <= EXACT_M
        drawn = np.flatnonzero(self.kind[place] == AREA)
        margin_m = 2 * boundary_tolerance_m(limit_m[drawn])
        within, far_m = self.areas.within(self.area[place[drawn]], lon[drawn], lat[drawn], limit_m[drawn], margin_m)
        near[drawn] = within
        off = far_m - limit_m[drawn]
        doubt[drawn] = (np.abs(off) <= boundary_tolerance_m(far_m)) & ((far_m <= FAR_M) | (off > 0))
        return near, doubt

    def at_home(self, officer: Ints, at_us: Ints) -> Bools:
        """Whether a home of each ping's officer was on record at its instant."""
        known = np.zeros(len(officer), np.bool_)
        for start, end in ((home[:, 0], home[:, 1]) for home in self.homes):
            known |= (at_us >= start[officer]) & (at_us < end[officer])
        return known


def settle_fences(places: list[PlaceRow], officers: Sequence[str], rules: Rules, wider_m: float = 0.0) -> PlaceFences:
    """The places of these officers and for everyone, with boxes that contain every ping that can be in contact."""
    owners = owners_of(places, officers, rules)
    wanted = [place for place in places if place.officer is None or owners[place.officer]]
    pairs = [(officer, at) for at, place in enumerate(wanted) if place.officer for officer in owners[place.officer]]
    officer, place_of_officer = np.array(sorted(pairs), np.int64).reshape(-1, 2).T
    everyones = np.array([at for at, place in enumerate(wanted) if place.officer is None], np.int64)
    shapes = [place.shape for place in wanted]
    circles = [shape if isinstance(shape, Circle) else Circle(0.0, 0.0, 0.0) for shape in shapes]
    drawn = [shape for shape in shapes if isinstance(shape, list)]
    margin_m = rules.farthest_m + wider_m + 1
    boxes = BoundingBoxes.of([EVERYWHERE if shape is None else box_of(shape, margin_m) for shape in shapes])
    return PlaceFences(
        kind=np.array([EARTH if s is None else CIRCLE if isinstance(s, Circle) else AREA for s in shapes], np.uint8),
        from_us=np.array([place.valid[0] for place in wanted], np.int64),
        to_us=np.array([place.valid[1] for place in wanted], np.int64),
        lon=np.array([circle.lon for circle in circles]),
        lat=np.array([circle.lat for circle in circles]),
        radius_m=np.array([circle.radius_m for circle in circles]),
        area=np.cumsum([isinstance(shape, list) for shape in shapes], dtype=np.int64) - 1,
        areas=gathered(drawn),
        boxes=boxes,
        first=np.searchsorted(officer, np.arange(len(officers) + 1)),
        places_of_officer=place_of_officer,
        for_everyone=boxes.tree(everyones),
        homes=_homes(wanted, officers),
    )


def owners_of(places: list[PlaceRow], officers: Sequence[str], rules: Rules) -> dict[str, list[int]]:
    """For each officer that a place names, the numbers of the officers whom it protects."""
    alike: Callable[[str], str] = likeness if rules.alike("officer_id", "places") else str
    numbered: dict[str, list[int]] = defaultdict(list)
    for number, officer in enumerate(officers):
        numbered[alike(officer)].append(number)
    named = {place.officer for place in places if place.officer is not None}
    return {officer: numbered.get(alike(officer), []) for officer in named}


def _homes(places: list[PlaceRow], officers: Sequence[str]) -> Ints:
    numbered = {officer: at for at, officer in enumerate(officers)}
    spans: dict[int, list[Span]] = defaultdict(list)
    for place in places:
        if place.home is not None and place.officer in numbered:
            spans[numbered[place.officer]].append(place.home)
    homes = np.zeros((max(map(len, spans.values()), default=0), len(numbered), 2), np.int64)
    for officer, of_officer in spans.items():
        homes[: len(of_officer), officer] = of_officer
    return homes
