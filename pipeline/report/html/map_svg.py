"""Draws the coarse map as SVG: cells, a scale bar and a north arrow, and nothing that is finer than a cell."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from offduty.pages.elements import Markup, el
from offduty.pages.language import Language
from offduty.report.data.map_cells import ROWS_A_DEGREE, Cell, CoarseMap, columns_of
from offduty.report.html.charts import svg

KM_PER_DEGREE = 111.2
OFFICER_CLASSES = ((10, "c1"), (20, "c2"), (50, "c3"))
"""From how many officers on a cell has which shade; the catalogue names them, under `map`."""
WIDE = 480.0
MARGIN = 14.0
TALLEST = 560.0
LARGEST_UNIT = 36.0
MOST_LINES = 60
SCALES_KM = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)


def class_of(officers: int) -> int:
    """The index in `OFFICER_CLASSES` for a cell with so many officers (ten or more)."""
    return max(number for number, (least, _) in enumerate(OFFICER_CLASSES) if officers >= least)


@dataclass(frozen=True)
class Plane:
    """Turns degrees into units of the picture; true to scale in the middle, within a few per cent over a county."""

    west: float
    north: float
    stretch: float
    left: float
    unit: float

    @classmethod
    def of(cls, west: float, south: float, east: float, north: float, largest_unit: float = LARGEST_UNIT) -> Plane:
        """The plane of a frame, in which a kilometre is at most ``largest_unit`` wide."""
        stretch = math.cos(math.radians((south + north) / 2))
        width_km, height_km = (east - west) * stretch * KM_PER_DEGREE, (north - south) * KM_PER_DEGREE
        unit = min((WIDE - 2 * MARGIN) / width_km, TALLEST / height_km, largest_unit)
        return cls(west, north, stretch, (WIDE - width_km * unit) / 2, unit)

    def x(self, lon: float) -> float:
        """The x of a longitude, which is given as more than 180 where it is beyond the antimeridian."""
        return self.left + (lon - self.west) * self.stretch * KM_PER_DEGREE * self.unit

    def y(self, lat: float) -> float:
        """The y of a latitude."""
        return MARGIN + (self.north - lat) * KM_PER_DEGREE * self.unit


def draw(drawn: CoarseMap, language: Language) -> Markup:
    """The map: cells to scale, over thin lines a tenth of a degree apart. Needs at least one cell."""
    west, south, east, north = frame(list(drawn.cells))
    plane = Plane.of(west, south, east, north)
    bottom = plane.y(south)
    height = round(bottom + MARGIN + 48)
    cells = [_rectangle(plane, cell, officers) for cell, officers in drawn.cells.items()]
    annotations = [*scale_and_north(plane.unit, height)]
    title, description = language.say("map.title"), language.say("map.description")
    return svg(
        "map", title, description, WIDE, height, *_lines(plane, south, bottom), *cells, *annotations, class_="map"
    )


def _rectangle(plane: Plane, cell: Cell, officers: int) -> Markup:
    west, south, east, north = edges(cell)
    if west < plane.west - 1e-9:
        west, east = west + 360, east + 360
    x, y = plane.x(west), plane.y(north)
    kind = OFFICER_CLASSES[class_of(officers)][1]
    return el("rect", x=x, y=y, width=plane.x(east) - x, height=plane.y(south) - y, class_=kind)


def _lines(plane: Plane, south: float, bottom: float) -> list[Markup]:
    """Meridians and parallels at tenths of a degree, about eleven cells apart, so they reveal no finer position."""
    east = plane.west + (WIDE - plane.left - plane.left) / (plane.stretch * KM_PER_DEGREE * plane.unit)
    meridians = [plane.x(tenth / 10) for tenth in range(math.ceil(plane.west * 10), math.floor(east * 10) + 1)]
    parallels = [plane.y(tenth / 10) for tenth in range(math.ceil(south * 10), math.floor(plane.north * 10) + 1)]
    path = "".join(f"M{x:.1f} 0V{bottom + MARGIN:.1f}" for x in meridians[:MOST_LINES])
    path += "".join(f"M0 {y:.1f}H{WIDE:g}" for y in parallels[:MOST_LINES])
    return [el("path", d=path, class_="grid")] if path else []


def edges(cell: Cell) -> tuple[float, float, float, float]:
    """The west, south, east and north edge of a cell, in degrees."""
    row, column = cell
    count = columns_of(row)
    return (
        360 * column / count - 180,
        row / ROWS_A_DEGREE - 90,
        360 * (column + 1) / count - 180,
        (row + 1) / ROWS_A_DEGREE - 90,
    )


def frame(cells: Sequence[Cell]) -> tuple[float, float, float, float]:
    """The edges around all cells, as `edges`; east exceeds 180 where cells are on both sides of the antimeridian."""
    found = [edges(cell) for cell in cells]
    west = west_of([edge[0] for edge in found])
    easts = [edge[2] if edge[0] >= west - 1e-9 else edge[2] + 360 for edge in found]
    return west, min(edge[1] for edge in found), max(easts), max(edge[3] for edge in found)


def west_of(wests: list[float]) -> float:
    """The western edge of some longitudes: the one after the widest gap between them, around the Earth."""
    ordered = sorted(set(wests))
    gaps = [(b - a, b) for a, b in pairwise(ordered)]
    return max([(ordered[0] + 360 - ordered[-1], ordered[0]), *gaps])[1]


def about(value: float, directions: tuple[str, str], language: Language) -> str:
    """Degrees, rounded to a tenth: about eleven kilometres, much coarser than a cell.

    ``directions`` are names of the catalogue for positive and negative degrees.

    >>> from offduty.pages.language import ENGLISH
    >>> about(-1.26, ("east", "west"), ENGLISH)
    '1.3° west'
    """
    value = (value + 180) % 360 - 180 if abs(value) > 180 else value
    degrees = language.decimal(f"{abs(value):.1f}")
    return language.say(f"map.{directions[0] if value >= 0 else directions[1]}", degrees=degrees)


def scale_and_north(unit: float, height: float) -> list[Markup]:
    """A scale bar and a north arrow at the foot of a picture, for kilometres that are ``unit`` wide."""
    return [*_scale_bar(unit, height - 30), *_north_arrow(WIDE - 24, height - 44)]


def _scale_bar(unit: float, y: float) -> list[Markup]:
    length = max(km for km in SCALES_KM if km == SCALES_KM[0] or km * unit <= WIDE / 4)
    x = MARGIN
    end = x + length * unit
    return [
        el("path", d=f"M{x:.1f} {y - 5:.1f}v10M{x:.1f} {y:.1f}H{end:.1f}M{end:.1f} {y - 5:.1f}v10", class_="rule"),
        el("text", f"{length:,} km" if length >= 1 else f"{1000 * length:.0f} m", x=x, y=y + 21, class_="maptext"),
    ]


def _north_arrow(x: float, y: float) -> list[Markup]:
    return [
        el("path", d=f"M{x:.1f} {y:.1f}l6 18l-6 -4l-6 4z", class_="arrow"),
        el("text", "N", x=x, y=y + 35, class_="maptext middle"),
    ]
