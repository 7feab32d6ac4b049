"""Makes an interactive map of cells: one HTML file with everything in it, and nothing below the cells.

It is for whoever has counted officers in cells and wants to move about in the picture. No map lies below it and no
script comes from elsewhere, because whoever serves those would learn which area somebody looks at. The content policy
of the page forbids every request, also those that the drawing library would make.
"""

from __future__ import annotations

import json
import math
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from offduty.core.disclosure import MINIMUM, PEOPLE_STEP
from offduty.core.errors import UsageError
from offduty.core.lazy_imports import when_used
from offduty.pages.elements import Markup
from offduty.pages.language import ENGLISH, Language
from offduty.pages.page import render
from offduty.runs.picture import METRES_PER_DEGREE

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
else:
    np = when_used("numpy")
    pd = when_used("pandas")

EXTRA = "bokeh"
"""The library that draws, of the extra ``interactive``. What stands for its modules has no types."""
embed: Any = when_used("bokeh.embed")
models: Any = when_used("bokeh.models")
plotting: Any = when_used("bokeh.plotting")
resources: Any = when_used("bokeh.resources")
SHADES = ["#c6dbef", "#9ecae1", "#6baed6", "#4292c6", "#2171b5", "#08519c", "#08306b"]
"""From fewest to most officers; the lightest differs enough from white."""
TARGET = "map"
START = f'Bokeh.embed.embed_item(JSON.parse(document.getElementById("{TARGET}-data").textContent));'
MOST = 1_000_000_000
"""More officers than that are a mistake, and so is an infinite number."""


def map_page(cells: pd.DataFrame, title: str, language: Language = ENGLISH) -> bytes:
    """A page with a map that can be moved, enlarged and asked: how many officers were in this cell at least?

    ``cells`` is a GeoDataFrame with a polygon and a whole number of ``officers`` in each row; other columns are not
    looked at, and nothing of them is in the page. A hole in a polygon is not drawn. Cells with fewer than ten officers
    must have been left out: the page is refused with one of them in it. Numbers are given in fives, rounded down.
    Without a cell the page says so. ``title`` is text, not markup.

    The result is the whole file (UTF-8, about 1.3 MB, because the drawing library is in it). It loads nothing and sends
    nothing, and can be passed on as a file.

    Raises `UsageError` where bokeh is not installed (``pip install 'offduty[interactive]'``), and where the table is
    not as said above: one error that names all of it, by row numbers from 0.

    >>> import geopandas as gpd
    >>> from shapely import box
    >>> cells = gpd.GeoDataFrame({"officers": [14]}, geometry=[box(-1.1, 51.6, -1.08, 51.62)], crs="OGC:CRS84")
    >>> page = map_page(cells, "Where officers were on duty")
    >>> b'51.61\\xc2\\xb0 N, 1.09\\xc2\\xb0 W</th><td class="n">10</td>' in page
    True
    """
    _check(cells)
    shapes: Any = cells
    drawn = shapes.to_crs("OGC:CRS84").reset_index(drop=True)
    officers = drawn["officers"].astype("int64").to_numpy() // PEOPLE_STEP * PEOPLE_STEP
    corners = drawn.exterior.get_coordinates()
    figure, scripts = _figure(corners, officers, language) if len(drawn) else (None, ())
    rows = _rows(corners, officers, language)
    return render("map_page.html", language, scripts, title=title, sections=(), foot="", figure=figure, rows=rows)


def _check(cells: Any) -> None:
    """Refuse, in one error, whatever is not a table of cells with ten officers or more."""
    if not hasattr(cells, "geom_type"):
        raise UsageError("cells must be a GeoDataFrame: geopandas.GeoDataFrame(table, geometry=…, crs=…)")
    wrong = []
    if cells.crs is None:
        wrong.append("it does not say its coordinate system (set_crs says which it is)")
    if other := _at(cells.geom_type.ne("Polygon") | cells.is_empty):
        wrong.append(f"not a polygon: {other}")
    if "officers" not in cells:
        wrong.append('it has no column "officers"')
    elif few := _at(~pd.to_numeric(cells["officers"], errors="coerce").between(MINIMUM, MOST)):
        wrong.append(f"fewer than {MINIMUM} officers, or no number: {few}; leave such cells out")
    if wrong:
        raise UsageError("the table of cells cannot be drawn: " + "; ".join(wrong))


def _at(wrong: pd.Series) -> str:
    """Which rows, as text; empty where none is."""
    rows = np.flatnonzero(wrong.to_numpy()).tolist()
    more = f" and {len(rows) - 5:,} more" if len(rows) > 5 else ""
    return ("row " if len(rows) == 1 else "rows ") + ", ".join(map(str, rows[:5])) + more if rows else ""


def _middles(corners: pd.DataFrame) -> pd.DataFrame:
    """The middle of what is between the outermost corners of each cell, in degrees."""
    by_cell = corners.groupby(level=0)
    return (by_cell.min() + by_cell.max()) / 2


def _rows(corners: pd.DataFrame, officers: Any, language: Language) -> list[tuple[str, str]]:
    """The same as a table, for whoever does not see the picture: where, and how many at least."""
    middles = _middles(corners)
    where = [_where(lon, lat) for lon, lat in zip(middles["x"], middles["y"], strict=True)]
    return list(zip(where, map(language.counts.number, officers.tolist()), strict=True))


def _where(lon: float, lat: float) -> str:
    """Two decimals: a kilometre, and never finer than cells can be that ten officers are in."""
    return f"{abs(lat):.2f}° {'N' if lat >= 0 else 'S'}, {abs(lon):.2f}° {'E' if lon >= 0 else 'W'}"


def _figure(corners: pd.DataFrame, officers: Any, language: Language) -> tuple[Markup, tuple[str, ...]]:
    """What the page shows, and the scripts that draw it: those of the library, and one line of ours."""
    if find_spec(EXTRA) is None:
        raise UsageError("an interactive map needs bokeh: pip install 'offduty[interactive]'")
    west, north = corners["x"].min(), corners["y"].max()
    east_km = (corners["x"] - west) * METRES_PER_DEGREE / 1_000 * math.cos(math.radians(corners["y"].mean()))
    north_km = (corners["y"] - north) * METRES_PER_DEGREE / 1_000
    rows = _rows(corners, officers, language)
    shades = models.LinearColorMapper(SHADES, low=MINIMUM, high=max(int(officers.max()), MINIMUM + 1))
    plot = plotting.figure(
        sizing_mode="stretch_width",
        aspect_ratio=1,
        match_aspect=True,
        tools="pan,wheel_zoom,box_zoom,reset",
        active_scroll="wheel_zoom",
        x_axis_label=language.say("cells.east"),
        y_axis_label=language.say("cells.north"),
        background_fill_color="#ffffff",
        border_fill_color="#ffffff",
    )
    plot.patches(
        "x",
        "y",
        source={
            "x": [part.tolist() for _, part in east_km.groupby(level=0)],
            "y": [part.tolist() for _, part in north_km.groupby(level=0)],
            "officers": officers.tolist(),
            "where": [where for where, _ in rows],
            "least": [least for _, least in rows],
        },
        fill_color={"field": "officers", "transform": shades},
        line_color="#ffffff",
        hover_line_color="#d95f02",
    )
    plot.add_tools(models.HoverTool(tooltips=[("", language.say("cells.least", count="@least")), ("", "@where")]))
    plot.add_layout(models.ColorBar(color_mapper=shades, title=language.say("cells.officers"), height=10), "below")
    plot.toolbar.logo = None
    data = json.dumps(embed.json_item(plot, TARGET)).replace("<", "\\u003c")
    library = resources.Resources(mode="inline", components=["bokeh"]).js_raw[0]
    return Markup(f'<script type="application/json" id="{TARGET}-data">{data}</script>'), (library, START)
