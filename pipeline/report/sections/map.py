"""The section with the coarse map of the released positions, and with what the map leaves out."""

from __future__ import annotations

from collections import Counter

from offduty.core.disclosure import MINIMUM, printable, rounded
from offduty.pages.elements import Markup, el, joined
from offduty.pages.language import Language
from offduty.pages.page import PageSection, p, table
from offduty.report.content import ReportContent
from offduty.report.data.map_cells import CoarseMap
from offduty.report.html.map_svg import OFFICER_CLASSES, about, class_of, draw, frame

CELL_KM2 = 1.23


def map_of_released(content: ReportContent) -> PageSection:
    """The map, or the reason why there is none."""
    return PageSection("map-of-released", content.language.say("map.heading"), joined(*_parts(content)))


def _parts(content: ReportContent) -> list[Markup]:
    say = content.language.say
    if content.deleted_releases:
        return [p(say("map.deleted"))]
    if content.map is None:
        return [p(say("map.coarse"))]
    rule = p(say("map.rule"), class_="quiet")
    if not content.map.cells:
        return [p(say("map.few")), rule]
    introduction = f"{say('map.introduction')} {_share_inside(content.map, content.language)}"
    return [p(introduction), _figure(content.map, content.language), rule]


def _share_inside(drawn: CoarseMap, language: Language) -> str:
    """The share of the released positions in the cells; not given where the positions in or outside them are few."""
    outside = drawn.released - drawn.inside
    if outside < MINIMUM:
        return language.say("map.nearly_all")
    part = language.share(printable(drawn.inside), rounded(drawn.inside) + rounded(outside))
    return language.say("map.share", share=part) if part else ""


def _figure(drawn: CoarseMap, language: Language) -> Markup:
    west, south, east, north = frame(list(drawn.cells))
    counts = Counter(class_of(officers) for officers in drawn.cells.values())
    names = [language.say(f"map.{colour}") for _, colour in OFFICER_CLASSES]
    legend = [
        el("li", el("span", class_=f"swatch {colour}", aria_hidden="true"), text)
        for text, (_, colour) in zip(names, OFFICER_CLASSES, strict=True)
    ]
    where = language.say(
        "map.where",
        south=about(south, ("north", "south"), language),
        north=about(north, ("north", "south"), language),
        west=about(west, ("east", "west"), language),
        east=about(east, ("east", "west"), language),
    )
    rows = [[text, _area(counts[number], language)] for number, text in enumerate(names)]
    heads = [language.say("map.officers"), language.say("map.area")]
    areas = table(language.say("map.caption"), heads, rows, frozenset({1}))
    return el(
        "figure",
        draw(drawn, language),
        el("ul", *legend, class_="legend"),
        el("figcaption", where, " ", language.say("map.smallest")),
        el("details", el("summary", language.say("map.as_table")), areas),
        class_="mapfigure",
    )


def _area(cells: int, language: Language) -> str:
    area = round(cells * CELL_KM2)
    if not cells:
        return language.say("map.no_area")
    return language.say("map.small_area") if area < MINIMUM else language.say("map.about_area", number=rounded(area))
