"""Reads protected places and sites (specification#places, specification#sites)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from tests.oracle.clock import UNLIMITED, Clock, Times, within
from tests.oracle.custody import attempt
from tests.oracle.earth import (
    Point,
    Shape,
    apart_m,
    area_km2,
    distance_m,
    inside_site,
    nearer_than,
    shape,
    simple,
    swapped,
)
from tests.oracle.ids import alike, readable_id
from tests.oracle.reading import Row, Stop, Unreadable, is_empty, no_time, text

NULL_ISLAND_M = 1000


@dataclass(frozen=True, eq=False)
class Place:
    """One protected place; without an `area` it covers the Earth, without an `officer` it protects everyone."""

    officer: str | None
    area: Shape | None
    times: Times
    home_on_record: bool
    distinct: bool

    def protects(self, officer: str, t: int) -> bool:
        """Whether it protects the officer at t: it is everyone's, the officer's or a lookalike's, and valid, widely."""
        whose = self.officer is None or alike(self.officer, officer, distinct=self.distinct)
        return whose and within(t, self.times.wide)

    def is_home(self, officer: str, t: int) -> bool:
        """Whether it is a home on record for exactly this officer, and valid at t, read narrowly."""
        return self.home_on_record and self.officer == officer and within(t, self.times.narrow)

    @cache  # noqa: B019 (an oracle lives as long as its test)
    def distance_m(self, point: Point) -> float:
        """Metres to the place: 0 inside, and 0 everywhere for a place that covers the Earth."""
        return 0.0 if self.area is None else distance_m(point, self.area)

    def beside(self, site: Shape, metres: float) -> bool:
        """Whether a site lies within so many metres; what covers the Earth is beside none."""
        return self.area is not None and apart_m(self.area, site) <= metres


def read_places(rows: list[Row], clock: Clock, sites: list[Shape], rules: Any, *, distinct: bool) -> list[Place]:
    """Read the places that were known at `as_of`; one for everyone that cannot be understood stops the run."""
    places = [read_place(row, clock, sites, rules, distinct) for row in rows if not is_empty(row)]
    return [place for place in places if place is not None]


def read_place(row: Row, clock: Clock, sites: list[Shape], rules: Any, distinct: bool) -> Place | None:
    """Read one place; None where it was recorded after `as_of`."""
    recorded, never_recorded = attempt(clock.when, row.get("recorded_at")), no_time(row.get("recorded_at"))
    if recorded and recorded.early > rules.as_of:
        return None
    officer, limit_m = readable_id(row.get("officer_id")), rules.number("places", "max_km") * 1000
    area = understood(row, sites, limit_m)
    if area is None and officer is None:
        raise Stop("a place for everyone that cannot be understood")
    known = never_recorded or (recorded is not None and recorded.end <= rules.as_of)
    home = known and text(row.get("kind")) == "home" and not (area and is_far(area, sites, limit_m))
    times = attempt(clock.times, row.get("valid_from"), row.get("valid_to")) or UNLIMITED
    return Place(officer, area, times, home, distinct)


def understood(row: Row, sites: list[Shape], limit_m: float) -> Shape | None:
    """The area of a place; None where it cannot be understood (specification#null-island, specification#swapped)."""
    try:
        area = shape(row)
    except Unreadable:
        return None
    if distance_m((0, 0), area) <= NULL_ISLAND_M:
        return None
    if is_far(area, sites, limit_m):
        other = swapped(area)
        if other and not is_far(other, sites, limit_m):
            return None
    return area


def is_far(area: Shape, sites: list[Shape], limit_m: float) -> bool:
    """Whether a place is farther than the limit from every site, where there is one."""
    return bool(sites) and not any(nearer_than(area, site, limit_m) for site in sites)


def read_sites(rows: list[Row], rules: Any) -> list[Shape]:
    """Read the sites; one that cannot be understood, is invalid, or is larger than the limit is none."""
    areas = [area for row in rows if not is_empty(row) and (area := attempt(shape, row))]
    return [area for area in areas if simple(area) and area_km2(area) <= rules.number("legs", "max_site_km2")]


def at_site(point: Point, sites: list[Shape]) -> bool:
    """Whether the point is inside a site; the edge is not inside."""
    return any(inside_site(point, site) for site in sites)
