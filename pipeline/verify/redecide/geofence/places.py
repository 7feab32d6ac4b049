"""Places: the officers they protect, when they are valid, and which pings are in contact with one.

The rules are specification#bad-place, specification#reason-protected-place and docs/places.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from offduty.core.errors import InputError
from offduty.verify.redecide.geofence.bounding_boxes import EVERYWHERE, BoundingBoxes, BoxTree, TrackBoxes, box_of
from offduty.verify.redecide.geofence.geodesy import geodesic_m
from offduty.verify.redecide.geofence.polygons import Areas, gathered, spread
from offduty.verify.redecide.geofence.read_geometry import Circle, UnusableGeometryError, read_geometry
from offduty.verify.redecide.geofence.rings import FlatPolygon, place_parts
from offduty.verify.redecide.ingest.reference_reader import ReferenceRow
from offduty.verify.redecide.model import FOREVER_US, NEVER_US, Bools, Codes, Floats, Ints
from offduty.verify.redecide.text_values import instant

EARTH, CIRCLE, AREA = 0, 1, 2
GROW_M = 0.001
"""Places are extended by this, in metres."""
EXACT_M = 1e-8
"""Two sums of the same lengths may differ by rounding, but by less than this, in metres."""
FAR_M, FAR_TOLERANCE_M = 500_000.0, 25_000.0


def boundary_tolerance_m(far_m: Floats) -> Floats:
    """By how many metres two correct measurements of the distance to a polygon may differ.

    The filter follows a boundary to a millimetre, and projects it to a plane in chains of about 10 km: six kilometres
    from the centre of a chain the error is (6 km)² / 6 R² of the distance. Beyond 500 km it uses only the circles
    around the chains (docs/places.md, "Measuring").
    """
    return np.where(far_m > FAR_M, FAR_TOLERANCE_M, 0.0011 + far_m * 1.5e-7)


@dataclass(frozen=True)
class PlaceRow:
    """One row of the places, as it was read."""

    officer: str | None
    home: bool
    from_us: int
    to_us: int
    shape: Circle | list[FlatPolygon] | None
    """None means that the place covers the Earth."""


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
    ) -> tuple[Bools, Bools]:
        """Which pings are in contact with a place of their officer or for everyone, and which others may be.

        `reach_m` is the buffer plus the disc; NaN where a ping need not be tried. The second result marks pings so near
        the limit that two correct measurements may differ.
        """
        touch, at_boundary = np.zeros(len(lon), np.bool_), np.zeros(len(lon), np.bool_)
        run, place = (
            np.concatenate(pair)
            for pair in zip(self._own(officer, tracks), self.for_everyone.met_by(tracks), strict=True)
        )
        owner, step = spread(tracks.count[run])
        row, place = tracks.first[run][owner] + step, place[owner]
        tried = np.isfinite(reach_m[row]) & (at_us[row] >= self.from_us[place]) & (at_us[row] < self.to_us[place])
        tried &= self.boxes.hold(place, lon[row], lat[row])
        row, place = row[tried], place[tried]
        near, doubt = self._near(place, lon[row], lat[row], reach_m[row] + GROW_M)
        touch[row[near & ~doubt]] = True
        at_boundary[row[doubt]] = True
        return touch, at_boundary & ~touch

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


def read_places(rows: Iterable[ReferenceRow], names: Mapping[int, str]) -> tuple[list[PlaceRow], set[tuple[int, int]]]:
    """All places, and the rows that could not be read completely.

    Raises `InputError` for a place for everyone whose area cannot be read.
    """
    places, refused = [], set()
    for row in rows:
        officer, span = row.text("officer_id"), _validity(row)
        try:
            shape = read_geometry(row)
            whole = shape if isinstance(shape, Circle) else place_parts(shape)
        except UnusableGeometryError as error:
            if officer is None:
                what = "a place for everyone has an area that cannot be read"
                raise InputError(what, file=names.get(row.file), row=row.row) from error
            whole = None
        if whole is None or span is None:
            refused.add((row.file, row.row))
        start, end = span or (NEVER_US, FOREVER_US)
        places.append(PlaceRow(officer, row.text("kind") == "home", start, end, whole))
    return places, refused


def _validity(row: ReferenceRow) -> tuple[int, int] | None:
    """Start and end; a missing one is open. None where one cannot be read, or the end is before the start."""
    texts = [row.values.get(column) for column in ("valid_from", "valid_to")]
    first, last = (
        open_end if text in (None, "") else instant(text)
        for text, open_end in zip(texts, (NEVER_US, FOREVER_US), strict=True)
    )
    return None if first is None or last is None or last < first else (first, last)


def settle_fences(places: list[PlaceRow], officers: Iterable[str], farthest_m: float) -> PlaceFences:
    """The places of these officers and for everyone, with boxes that contain every ping that can be in contact."""
    numbered = {officer: at for at, officer in enumerate(officers)}
    wanted = [place for place in places if place.officer is None or place.officer in numbered]
    owners = [np.int64(-1 if place.officer is None else numbered[place.officer]) for place in wanted]
    order = np.argsort(np.array(owners, np.int64), kind="stable")
    counts = np.bincount(np.array(owners, np.int64) + 1, minlength=len(numbered) + 1)
    shapes = [place.shape for place in wanted]
    circles = [shape if isinstance(shape, Circle) else Circle(0.0, 0.0, 0.0) for shape in shapes]
    drawn = [shape for shape in shapes if isinstance(shape, list)]
    boxes = BoundingBoxes.of([EVERYWHERE if shape is None else box_of(shape, farthest_m + 1) for shape in shapes])
    return PlaceFences(
        kind=np.array([EARTH if s is None else CIRCLE if isinstance(s, Circle) else AREA for s in shapes], np.uint8),
        from_us=np.array([place.from_us for place in wanted], np.int64),
        to_us=np.array([place.to_us for place in wanted], np.int64),
        lon=np.array([circle.lon for circle in circles]),
        lat=np.array([circle.lat for circle in circles]),
        radius_m=np.array([circle.radius_m for circle in circles]),
        area=np.cumsum([isinstance(shape, list) for shape in shapes], dtype=np.int64) - 1,
        areas=gathered(drawn),
        boxes=boxes,
        first=np.concatenate([[0], np.cumsum(counts[1:])]),
        places_of_officer=order[counts[0] :],
        for_everyone=boxes.tree(order[: counts[0]]),
        homes=_homes(wanted, numbered),
    )


def _homes(places: list[PlaceRow], numbered: Mapping[str, int]) -> Ints:
    spans: dict[int, list[tuple[int, int]]] = {}
    for place in places:
        if place.home and place.officer is not None:
            spans.setdefault(numbered[place.officer], []).append((place.from_us, place.to_us))
    homes = np.zeros((max(map(len, spans.values()), default=0), len(numbered), 2), np.int64)
    for officer, of_officer in spans.items():
        homes[: len(of_officer), officer] = of_officer
    return homes
