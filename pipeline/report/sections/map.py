"""The section with the coarse map of the released positions, and with what the map leaves out."""

from __future__ import annotations

from collections import Counter

from offduty.core.disclosure import MINIMUM, printable, rounded, share
from offduty.pages.elements import Markup, el, joined
from offduty.pages.page import PageSection, p, table
from offduty.report.content import ReportContent
from offduty.report.data.map_cells import CoarseMap
from offduty.report.html.map_svg import OFFICER_CLASSES, about, class_of, draw, frame

CELL_KM2 = 1.23
RULE = (
    "Cells are grouped into blocks of two by two. A cell is drawn only if ten or more officers had positions released"
    " in every cell of its own block, and of every block that it touches. So a gap in the map is never smaller than"
    " four by four cells. It does not show which cell it is for, or whether there were few officers or none."
)


def map_of_released(content: ReportContent) -> PageSection:
    """The map, or the reason why there is none."""
    return PageSection("map-of-released", "Where positions were released", joined(*_parts(content)))


def _parts(content: ReportContent) -> list[Markup]:
    if content.deleted_releases:
        return [p("No map: the releases of some of these runs are no longer in the store.")]
    if content.map is None:
        return [
            p(
                "No map: positions are rounded to steps as wide as the cells of the map, so they cannot be counted in"
                " them."
            )
        ]
    if not content.map.cells:
        return [
            p(
                "No map: in no part of the area were there enough officers for a cell to be drawn. A small force gets"
                " none, because a dot for few people points at one of them. Its pictures are the charts by day and by"
                " hour above: they are about positions, and name nobody."
            ),
            p(RULE, class_="quiet"),
        ]
    return [p(_introduction(content.map)), _figure(content.map), p(RULE, class_="quiet")]


def _introduction(drawn: CoarseMap) -> str:
    return (
        "The map has no streets and no names, so that it can be shown to everybody. Its cells are about 1.1 km wide and"
        f" high. {_share_inside(drawn)}"
    )


def _share_inside(drawn: CoarseMap) -> str:
    """The share of the released positions in the cells; not given where the positions in or outside them are few."""
    outside = drawn.released - drawn.inside
    if outside < MINIMUM:
        return "Nearly all released positions are in these cells."
    part = share(printable(drawn.inside), rounded(drawn.inside) + rounded(outside))
    return f"Of the released positions, {part} are in the cells that are drawn." if part else ""


def _figure(drawn: CoarseMap) -> Markup:
    west, south, east, north = frame(list(drawn.cells))
    counts = Counter(class_of(officers) for officers in drawn.cells.values())
    legend = [
        el("li", el("span", class_=f"swatch {colour}", aria_hidden="true"), text) for _, text, colour in OFFICER_CLASSES
    ]
    where = (
        f"Cells between {about(south, 'north', 'south')} and {about(north, 'north', 'south')}, and between"
        f" {about(west, 'east', 'west')} and {about(east, 'east', 'west')}. The thin lines are a tenth of a degree"
        " apart."
    )
    rows = [[text, _area(counts[number])] for number, (_, text, _) in enumerate(OFFICER_CLASSES)]
    areas = table("Area drawn, by officers in a cell", ["Officers in a cell", "Area"], rows, frozenset({1}))
    return el(
        "figure",
        draw(drawn),
        el("ul", *legend, class_="legend"),
        el(
            "figcaption",
            where,
            " The number of officers in a cell is the smallest that it can have been. Pseudonyms change, so the same"
            " officer is not counted twice.",
        ),
        el("details", el("summary", "The map as a table"), areas),
        class_="mapfigure",
    )


def _area(cells: int) -> str:
    area = round(cells * CELL_KM2)
    return "none" if not cells else "less than 10 km²" if area < MINIMUM else f"about {rounded(area):,} km²"
