"""Reads places: whom each protects, when, where, and whether it is a home on record.

The rules are specification#bad-place, specification#null-island, specification#far-place, specification#swapped and
specification#home-on-record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from offduty.core.errors import InputError
from offduty.verify.redecide.geofence.apart import NearestSites
from offduty.verify.redecide.geofence.places import PlaceRow
from offduty.verify.redecide.geofence.read_geometry import (
    Circle,
    DrawnPolygons,
    UnusableGeometryError,
    read_geometry,
    swapped,
)
from offduty.verify.redecide.geofence.rings import FlatPolygon, Shape, place_parts
from offduty.verify.redecide.ingest.reference_row import KnownRow, ReferenceRow
from offduty.verify.redecide.ingest.wall_times import Readings, TableZone, table_zone
from offduty.verify.redecide.model import FOREVER_US, NEVER_US, Bools, Cell
from offduty.verify.redecide.rules import Rules
from offduty.verify.redecide.text_values import no_time

NEAR_ZERO_M = 1_000.0
"""A place so near to longitude and latitude zero is a missing position, and cannot be understood."""


@dataclass
class ReadPlaces:
    """The places, and what was found in their rows.

    `refused` are rows of which something cannot be read; `misplaced` cannot be understood for where they lie; `absent`
    is how many were recorded after `as_of`.
    """

    places: list[PlaceRow]
    refused: set[Cell]
    misplaced: set[Cell]
    absent: int = 0
    known: list[KnownRow] = field(default_factory=list)


def read_places(
    rows: Iterable[ReferenceRow], names: Mapping[int, str], rules: Rules, sites: Sequence[Shape]
) -> ReadPlaces:
    """All places that were on record at `as_of`.

    Raises `InputError` for a place for everyone that cannot be understood.
    """
    zones, found = table_zone(*rules.zones_of("places")), ReadPlaces([], set(), set())
    written = [_WrittenPlace(row, _recorded(row, zones), _validity(row, zones)) for row in rows]
    there = [each for each in written if each.recorded is None or each.recorded.early <= rules.as_of_us]
    found.absent = len(written) - len(there)
    shapes = [_whole(each.row) for each in there]
    drawn = [at for at, shape in enumerate(shapes) if shape is not None]
    near, null_island = NearestSites(sites), NearestSites([Circle(0.0, 0.0, 0.0)])
    areas = [shape for shape in shapes if shape is not None]
    misplaced = dict(zip(drawn, null_island.any_within(areas, NEAR_ZERO_M).tolist(), strict=True))
    far = dict(zip(drawn, _are_far(areas, near, rules).tolist(), strict=True))
    for at, (each, shape) in enumerate(zip(there, shapes, strict=True)):
        moved = misplaced.get(at, False) or (far.get(at, False) and _is_swapped(each.row, near, rules))
        _add(found, each, shape, names, rules, misplaced=moved, far=far.get(at, False))
    return found


@dataclass(frozen=True)
class _WrittenPlace:
    """A row with its times; each is None where it cannot be read."""

    row: ReferenceRow
    recorded: Readings | None
    times: tuple[Readings, Readings] | None


def _add(
    found: ReadPlaces,
    written: _WrittenPlace,
    shape: Circle | list[FlatPolygon] | None,
    names: Mapping[int, str],
    rules: Rules,
    *,
    misplaced: bool,
    far: bool,
) -> None:
    """One more place that was on record; a ``misplaced`` one cannot be understood, for where it lies."""
    row, recorded, times = written.row, written.recorded, written.times
    officer = row.id("officer_id")
    if shape is None or times is None or recorded is None:
        found.refused.add((row.file, row.row))
    found.known.append(_known(row, shape is not None, times, recorded, rules))
    if misplaced:
        found.misplaced.add((row.file, row.row))
        shape, far = None, False  # it covers the Earth
    if shape is None and officer is None:
        what = "a place for everyone has an area that cannot be understood"
        raise InputError(what, file=names.get(row.file), row=row.row)
    start, end = times or (_ALWAYS, _OPEN)
    on_record = recorded is not None and recorded.late <= rules.as_of_us and not far
    home = (start.begin, end.early) if on_record and row.text("kind") == "home" else None
    found.places.append(PlaceRow(officer, (start.early, end.late), home, shape))


def _known(
    row: ReferenceRow, drawn: bool, times: tuple[Readings, Readings] | None, recorded: Readings | None, rules: Rules
) -> KnownRow:
    span = None if times is None else (times[0].early, times[1].late)
    readable = drawn and times is not None and recorded is not None
    doubtful = recorded is not None and recorded.late > rules.as_of_us
    return KnownRow(row, span, readable, doubtful, recorded not in (None, _ALWAYS))


_ALWAYS, _OPEN = (Readings(at, at, at) for at in (NEVER_US, FOREVER_US))


def _recorded(row: ReferenceRow, zones: TableZone) -> Readings | None:
    """When a place was recorded; always known without a record time, None where that cannot be read."""
    value = row.values.get("recorded_at")
    return _ALWAYS if no_time(value) else zones.readings(value)


def _validity(row: ReferenceRow, zones: TableZone) -> tuple[Readings, Readings] | None:
    """Start and end; a missing one is open. None where one cannot be read, or the end is before the start."""
    start, end = (row.values.get(column) for column in ("valid_from", "valid_to"))
    first = _ALWAYS if no_time(start) else zones.readings(start)
    last = _OPEN if no_time(end) else zones.readings(end)
    return None if first is None or last is None or last.ends_before(first) else (first, last)


def _whole(row: ReferenceRow) -> Circle | list[FlatPolygon] | None:
    """The area of a place; None where it cannot be read."""
    try:
        return _parts(read_geometry(row))
    except UnusableGeometryError:
        return None


def _parts(drawn: Circle | DrawnPolygons) -> Circle | list[FlatPolygon]:
    return drawn if isinstance(drawn, Circle) else place_parts(drawn)


def _are_far(shapes: Sequence[Shape], near: NearestSites, rules: Rules) -> Bools:
    """Which places are far from every site, where there is one (specification#far-place)."""
    if not near.sites:
        return np.zeros(len(shapes), np.bool_)
    return ~near.any_within(shapes, rules.max_far_m)


def _is_swapped(row: ReferenceRow, near: NearestSites, rules: Rules) -> bool:
    """Whether a place would not be far, were longitude and latitude the other way round."""
    try:
        other_way = _parts(swapped(read_geometry(row)))
    except UnusableGeometryError:
        return False
    return not _are_far([other_way], near, rules)[0]
