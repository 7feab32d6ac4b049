"""Places: whose they are, when they are valid, and which pings are in contact with one (SPEC 2 and 4, docs/places.md)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from offduty.core.errors import InputError
from offduty.verify.redecide.geofence.bounding_boxes import EVERYWHERE, BoundingBoxes, BoxTree, TrackBoxes, box_of
from offduty.verify.redecide.geofence.geodesy import geodesic_m
from offduty.verify.redecide.geofence.polygons import Areas, gathered, spread
from offduty.verify.redecide.geofence.read_geometry import Circle, NotUnderstoodError, understood
from offduty.verify.redecide.geofence.rings import FlatPolygon, place_parts
from offduty.verify.redecide.ingest.reference_reader import ReferenceRow
from offduty.verify.redecide.model import FOREVER_US, NEVER_US, Bools, Codes, Floats, Ints
from offduty.verify.redecide.text_values import instant

EARTH, CIRCLE, AREA = 0, 1, 2
LARGER_M = 0.001
"""Places are so much larger than they were drawn."""
EXACT_M = 1e-8
"""Two sums of the same lengths may differ by so much, and no more."""
FAR_M, FAR_RIM_M = 500_000.0, 25_000.0


def rim_m(far_m: Floats) -> Floats:
    """How far from a polygon's rim two honest measurements may disagree (docs/places.md, "Measuring").

    The filter follows a boundary to a millimetre, and lays it flat in chains of some 10 km about their own centres:
    what lies six kilometres aside of the centre is then off by (6 km)² / 6 R² of the distance. Beyond 500 km it knows
    a boundary by the circles about its chains alone.
    """
    return np.where(far_m > FAR_M, FAR_RIM_M, 0.0011 + far_m * 1.5e-7)


@dataclass(frozen=True)
class PlaceRow:
    """One row of places as it was understood."""

    officer: str | None
    home: bool
    from_us: int
    to_us: int
    shape: Circle | list[FlatPolygon] | None
    """None covers the Earth."""


@dataclass(frozen=True)
class PlaceFences:
    """Places by number. Those of officer `o` are `mine[first[o]:first[o + 1]]`; everyone's stand in the tree."""

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
    mine: Ints
    everyones: BoxTree
    homes: Ints
    """When a home was on record, by the home's place among its officer's, the officer, and start or end."""

    def contacts(
        self, officer: Ints, at_us: Ints, lon: Floats, lat: Floats, reach_m: Floats, tracks: TrackBoxes
    ) -> tuple[Bools, Bools]:
        """Which pings come within their reach of a place that is theirs or everyone's, and which of the others might.

        `reach_m` is buffer and disc; NaN where a ping need not be tried. The second answer is of pings so near a rim
        that an honest measurement may say either.
        """
        touch, rim = np.zeros(len(lon), np.bool_), np.zeros(len(lon), np.bool_)
        run, place = (
            np.concatenate(pair) for pair in zip(self._own(officer, tracks), self.everyones.met_by(tracks), strict=True)
        )
        owner, step = spread(tracks.count[run])
        row, place = tracks.first[run][owner] + step, place[owner]
        tried = np.isfinite(reach_m[row]) & (at_us[row] >= self.from_us[place]) & (at_us[row] < self.to_us[place])
        tried &= self.boxes.hold(place, lon[row], lat[row])
        row, place = row[tried], place[tried]
        near, doubt = self._near(place, lon[row], lat[row], reach_m[row] + LARGER_M)
        touch[row[near & ~doubt]] = True
        rim[row[doubt]] = True
        return touch, rim & ~touch

    def _own(self, officer: Ints, tracks: TrackBoxes) -> tuple[Ints, Ints]:
        """Runs of tracks and places of their officers whose boxes meet."""
        whose = officer[tracks.first]
        run, nth = spread(self.first[whose + 1] - self.first[whose])
        place = self.mine[self.first[whose][run] + nth]
        met = self.boxes.meet(place, *(side[run] for side in tracks.boxes()))
        return run[met], place[met]

    def _near(self, place: Ints, lon: Floats, lat: Floats, limit_m: Floats) -> tuple[Bools, Bools]:
        """Pair by pair: within the limit; and whether that hangs on the last millimetres."""
        near, doubt = self.kind[place] == EARTH, np.zeros(len(place), np.bool_)
        round_ = np.flatnonzero(self.kind[place] == CIRCLE)
        which = place[round_]
        gap = (
            geodesic_m(self.lon[which], self.lat[which], lon[round_], lat[round_])
            - self.radius_m[which]
            - limit_m[round_]
        )
        near[round_] = gap <= 0
        doubt[round_] = np.abs(gap) <= EXACT_M
        drawn = np.flatnonzero(self.kind[place] == AREA)
        margin_m = 2 * rim_m(limit_m[drawn])
        within, far_m = self.areas.within(self.area[place[drawn]], lon[drawn], lat[drawn], limit_m[drawn], margin_m)
        near[drawn] = within
        off = far_m - limit_m[drawn]
        doubt[drawn] = (np.abs(off) <= rim_m(far_m)) & ((far_m <= FAR_M) | (off > 0))
        return near, doubt

    def at_home(self, officer: Ints, at_us: Ints) -> Bools:
        """Whether a home is on record for each ping's officer at its instant."""
        known = np.zeros(len(officer), np.bool_)
        for start, end in ((home[:, 0], home[:, 1]) for home in self.homes):
            known |= (at_us >= start[officer]) & (at_us < end[officer])
        return known


def read_places(rows: Iterable[ReferenceRow], names: Mapping[int, str]) -> tuple[list[PlaceRow], set[tuple[int, int]]]:
    """All places, and the rows of which something could not be read. A bad place for everyone stops everything."""
    places, refused = [], set()
    for row in rows:
        officer, span = row.text("officer_id"), _validity(row)
        try:
            shape = understood(row)
            whole = shape if isinstance(shape, Circle) else place_parts(shape)
        except NotUnderstoodError as error:
            if officer is None:
                what = "a place for everyone cannot be understood"
                raise InputError(what, file=names.get(row.file), row=row.row) from error
            whole = None
        if whole is None or span is None:
            refused.add((row.file, row.row))
        start, end = span or (NEVER_US, FOREVER_US)
        places.append(PlaceRow(officer, row.text("kind") == "home", start, end, whole))
    return places, refused


def _validity(row: ReferenceRow) -> tuple[int, int] | None:
    """From when to when; open where nothing is said; None where it cannot be read, or ends before it begins."""
    said = [row.values.get(column) for column in ("valid_from", "valid_to")]
    first, last = (
        open_end if text in (None, "") else instant(text)
        for text, open_end in zip(said, (NEVER_US, FOREVER_US), strict=True)
    )
    return None if first is None or last is None or last < first else (first, last)


def settle_fences(places: list[PlaceRow], officers: Iterable[str], farthest_m: float) -> PlaceFences:
    """The places of these officers and of everyone, with boxes so wide that whatever may touch them is within."""
    numbered = {officer: at for at, officer in enumerate(officers)}
    kept = [place for place in places if place.officer is None or place.officer in numbered]
    whose = [np.int64(-1 if place.officer is None else numbered[place.officer]) for place in kept]
    order = np.argsort(np.array(whose, np.int64), kind="stable")
    counts = np.bincount(np.array(whose, np.int64) + 1, minlength=len(numbered) + 1)
    shapes = [place.shape for place in kept]
    circles = [shape if isinstance(shape, Circle) else Circle(0.0, 0.0, 0.0) for shape in shapes]
    drawn = [shape for shape in shapes if isinstance(shape, list)]
    boxes = BoundingBoxes.of([EVERYWHERE if shape is None else box_of(shape, farthest_m + 1) for shape in shapes])
    return PlaceFences(
        kind=np.array([EARTH if s is None else CIRCLE if isinstance(s, Circle) else AREA for s in shapes], np.uint8),
        from_us=np.array([place.from_us for place in kept], np.int64),
        to_us=np.array([place.to_us for place in kept], np.int64),
        lon=np.array([circle.lon for circle in circles]),
        lat=np.array([circle.lat for circle in circles]),
        radius_m=np.array([circle.radius_m for circle in circles]),
        area=np.cumsum([isinstance(shape, list) for shape in shapes], dtype=np.int64) - 1,
        areas=gathered(drawn),
        boxes=boxes,
        first=np.concatenate([[0], np.cumsum(counts[1:])]),
        mine=order[counts[0] :],
        everyones=boxes.tree(order[: counts[0]]),
        homes=_homes(kept, numbered),
    )


def _homes(places: list[PlaceRow], numbered: Mapping[str, int]) -> Ints:
    spans: dict[int, list[tuple[int, int]]] = {}
    for place in places:
        if place.home and place.officer is not None:
            spans.setdefault(numbered[place.officer], []).append((place.from_us, place.to_us))
    homes = np.zeros((max(map(len, spans.values()), default=0), len(numbered), 2), np.int64)
    for officer, mine in spans.items():
        homes[: len(mine), officer] = mine
    return homes
