"""Draws where analysts saw one officer: the officer's own released positions as dots, to scale, without a map below.

A map from the net would tell somebody else where the officer was, and no page of `offduty` loads anything.
"""

from __future__ import annotations

from collections.abc import Sequence

from offduty.pages.elements import Markup, el
from offduty.pages.language import Language
from offduty.report.html.charts import svg
from offduty.report.html.map_svg import KM_PER_DEGREE, MARGIN, WIDE, Plane, scale_and_north, west_of
from offduty.report.subject_access.collect import OwnPosition

LEAST_KM = 1.0
"""A picture shows at least this far around its dots, so that one place is not drawn as wide as a city."""
LARGEST_UNIT = 200.0
FOOT = 48


def own_picture(rows: Sequence[OwnPosition], language: Language) -> Markup:
    """A figure with one dot for each place, as coarse as it was released; needs at least one position.

    Positions of superseded runs are in it: what they released was released.
    """
    places = sorted({(row.lon, row.lat) for row in rows})
    west = west_of([lon for lon, _ in places])
    unrolled = [(lon if lon >= west else lon + 360, lat) for lon, lat in places]
    plane, bottom = _plane(unrolled)
    height = round(bottom + MARGIN + FOOT)
    # Dots that would lie upon each other are drawn once: a year of positions is no larger than the picture.
    dots = sorted({(round(plane.x(lon)), round(plane.y(lat))) for lon, lat in unrolled})
    path = el("path", d="".join(f"M{x} {y}h0" for x, y in dots), class_="dots")
    text = language.many("own.picture", len(places))
    picture = svg(
        "own",
        language.say("own.picture_title"),
        text,
        WIDE,
        height,
        path,
        *scale_and_north(plane.unit, height),
        class_="map",
    )
    caption = el("figcaption", text, " ", language.say("own.picture_no_streets"))
    return el("figure", picture, caption, class_="mapfigure")


def _plane(places: Sequence[tuple[float, float]]) -> tuple[Plane, float]:
    """The plane around some places, and the y of its southern edge."""
    lons, lats = [lon for lon, _ in places], [lat for _, lat in places]
    around = LEAST_KM / KM_PER_DEGREE
    south, north = max(min(lats) - around, -89.0), min(max(lats) + around, 89.0)
    plane = Plane.of(min(lons) - around, south, max(lons) + around, north, LARGEST_UNIT)
    return plane, plane.y(south)
