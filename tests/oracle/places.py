"""Reads protected places and sites, and measures how far a point is from them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from tests.oracle.earth import Point, Shape, distance_m, inside_site, shape, simple
from tests.oracle.reading import Row, Stop, Unreadable, instant, is_empty, missing, text, within


@dataclass(frozen=True, eq=False)
class Place:
    """One protected place; without an `area` it covers the Earth, without an `officer` it protects everyone."""

    officer: str | None
    kind: str | None
    area: Shape | None
    valid_from: int | None
    valid_to: int | None

    def concerns(self, officer: str, t: int) -> bool:
        """Whether it protects this officer at t."""
        return self.officer in (None, officer) and within(t, self.valid_from, self.valid_to)

    @cache  # noqa: B019 (an oracle lives as long as its test)
    def distance_m(self, point: Point) -> float:
        """Metres to the place: 0 inside, and 0 everywhere for a place that cannot be understood."""
        return 0.0 if self.area is None else distance_m(point, self.area)


def read_places(rows: list[Row]) -> list[Place]:
    """Read the places; raises `Stop` for a place for everyone that cannot be understood."""
    return [read_place(row) for row in rows if not is_empty(row)]


def read_place(row: Row) -> Place:
    """Read one place; one that cannot be understood covers the Earth."""
    officer = text(row.get("officer_id"))
    try:
        area: Shape | None = shape(row)
    except Unreadable:
        area = None
    if area is None and officer is None:
        raise Stop("a place for everyone that cannot be understood")
    return Place(officer, text(row.get("kind")), area, *validity(row))


def validity(row: Row) -> tuple[int | None, int | None]:
    """From when to when a place is valid; always where that cannot be read or is reversed."""
    try:
        start, end = (None if missing(row.get(c)) else instant(row[c]) for c in ("valid_from", "valid_to"))
    except Unreadable:
        return None, None
    if start is not None and end is not None and end < start:
        return None, None
    return start, end


def read_sites(rows: list[Row]) -> list[Shape]:
    """Read the sites; one that cannot be understood, or with a ring that crosses itself, does not count."""
    sites = []
    for row in rows:
        try:
            area = shape(row)
        except Unreadable:
            continue
        if simple(area):
            sites.append(area)
    return sites


def at_site(point: Point, sites: list[Shape]) -> bool:
    """Whether the point is inside a site; the edge is not inside."""
    return any(inside_site(point, site) for site in sites)
