"""The part of a report with the coarse map of what was released, and what it leaves out."""

from __future__ import annotations

from collections import Counter

from offduty.report.content import ReportContent
from offduty.report.data.map_cells import CoarseMap
from offduty.report.disclosure import FEWEST, printable, rounded, share
from offduty.report.html.elements import Markup, el, joined
from offduty.report.html.map_svg import CLASSES, about, class_of, draw, frame
from offduty.report.html.page import PageSection, p, table

CELL_KM2 = 1.23
RULE = (
    "A cell is drawn only if ten or more officers were released in every cell of its block of two by two, and of every block"
    " that it touches; so a hole is never smaller than four by four cells, and does not tell which cell it is for, or whether"
    " there were few officers or none."
)


def mapped(told: ReportContent) -> PageSection:
    """The map, or why there is none."""
    return PageSection("map-of-released", "Where positions were released", joined(*_parts(told)))


def _parts(told: ReportContent) -> list[Markup]:
    if told.gone:
        return [p("No map: releases of some of these runs are no longer in the store.")]
    if told.map is None:
        return [
            p("No map: positions are rounded to steps as wide as the cells of the map, and cannot be counted in them.")
        ]
    if not told.map.cells:
        return [
            p("No map: nowhere were there enough officers for a cell to be drawn."),
            p(RULE, class_="quiet"),
        ]
    return [p(_intro(told.map)), _figure(told.map), p(RULE, class_="quiet")]


def _intro(drawn: CoarseMap) -> str:
    return (
        "This is all of the map that can be shown to everybody. It has no streets and no names, and its cells are about 1.1 km"
        f" wide and high. {_how_much(drawn)}"
    )


def _how_much(drawn: CoarseMap) -> str:
    """How much of the release lies in the cells; neither part of it is told where the other is small."""
    left = drawn.released - drawn.seen
    if left < FEWEST:
        return "Nearly all released positions lie in it."
    part = share(printable(drawn.seen), rounded(drawn.seen) + rounded(left))
    return f"Of the released positions {part} lie in the cells that are drawn." if part else ""


def _figure(drawn: CoarseMap) -> Markup:
    west, south, east, north = frame(list(drawn.cells))
    counts = Counter(class_of(officers) for officers in drawn.cells.values())
    legend = [el("li", el("span", class_=f"swatch {kind}", aria_hidden="true"), text) for _, text, kind in CLASSES]
    where = (
        f"Cells between {about(south, 'north', 'south')} and {about(north, 'north', 'south')},"
        f" {about(west, 'east', 'west')} and {about(east, 'east', 'west')}; the thin lines are a tenth of a degree apart."
    )
    rows = [[text, _area(counts[number])] for number, (_, text, _) in enumerate(CLASSES)]
    areas = table("Area drawn, by officers in a cell", ["Officers in a cell", "Area"], rows, frozenset({1}))
    return el(
        "figure",
        draw(drawn),
        el("ul", *legend, class_="legend"),
        el(
            "figcaption",
            where,
            " How many officers a cell had is the least that it must have had: pseudonyms change, and"
            " nobody is counted twice.",
        ),
        el("details", el("summary", "The map as a table"), areas),
        class_="mapfigure",
    )


def _area(cells: int) -> str:
    area = round(cells * CELL_KM2)
    return "none" if not cells else "less than 10 km²" if area < FEWEST else f"about {rounded(area):,} km²"
