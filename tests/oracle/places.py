"""Places where nobody may be located, and sites where work is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from tests.oracle.earth import Point, Shape, distance_m, inside_site, shape, simple
from tests.oracle.reading import Row, Stop, Unreadable, instant, missing, text, wholly_empty, within


@dataclass(frozen=True, eq=False)
class Place:
    """One protected place; `area` None covers the Earth, `officer` None is everyone."""

    officer: str | None
    kind: str | None
    area: Shape | None
    valid_from: int | None
    valid_to: int | None

    def concerns(self, officer: str, t: int) -> bool:
        """It protects this officer at t."""
        return self.officer in (None, officer) and within(t, self.valid_from, self.valid_to)

    @cache  # noqa: B019 (an oracle lives as long as its test)
    def distance_m(self, point: Point) -> float:
        """Metres to the place, 0 inside it and everywhere on Earth where it could not be understood."""
        return 0.0 if self.area is None else distance_m(point, self.area)


def read_places(rows: list[Row]) -> list[Place]:
    """The places; one that cannot be understood covers the Earth, for everyone it stops the run."""
    return [read_place(row) for row in rows if not wholly_empty(row)]


def read_place(row: Row) -> Place:
    """One place of one row."""
    officer = text(row.get("officer_id"))
    try:
        area: Shape | None = shape(row)
    except Unreadable:
        area = None
    if area is None and officer is None:
        raise Stop("a place for everyone that cannot be understood")
    return Place(officer, text(row.get("kind")), area, *validity(row))


def validity(row: Row) -> tuple[int | None, int | None]:
    """From when to when; always, where that cannot be read or is reversed."""
    try:
        start, end = (None if missing(row.get(c)) else instant(row[c]) for c in ("valid_from", "valid_to"))
    except Unreadable:
        return None, None
    if start is not None and end is not None and end < start:
        return None, None
    return start, end


def read_sites(rows: list[Row]) -> list[Shape]:
    """The sites; one that cannot be understood, or whose ring crosses itself, is none."""
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
    """The point lies inside a site; its edge is not inside."""
    return any(inside_site(point, site) for site in sites)
