"""An interactive map of cells: what may be in it, what is refused, and that it asks nobody for anything."""

from __future__ import annotations

import json
import re

import geopandas as gpd
import pandas as pd
import pytest
from shapely import box

import offduty
from offduty.pages.language import language

HOSTILE = 'A </title><script>document.title="x"</script> & "b"'


def cells_of(*officers, **more):
    """Cells of two hundredths of a degree in a row, with so many officers."""
    shapes = [box(-1.2 + 0.02 * n, 51.5, -1.18 + 0.02 * n, 51.52) for n in range(len(officers))]
    return gpd.GeoDataFrame({"officers": list(officers), **more}, geometry=shapes, crs="OGC:CRS84")


def read(page):
    """The page as text, and the data of its picture."""
    text = page.decode()
    (data,) = re.findall(r'<script type="application/json" id="map-data">(.*?)</script>', text, re.DOTALL)
    return text, json.loads(data)


def column(data, name):
    """A column of what is drawn."""
    found = [pair[1] for pair in re.findall(r'\["(\w+)", (\[.*?\])\]', json.dumps(data)) if pair[0] == name]
    assert len(found) == 1
    return json.loads(found[0])


def test_numbers_are_in_fives_rounded_down():
    """In the picture, in what is said of a cell, and in the table below; the exact ones are nowhere."""
    text, data = read(offduty.map_page(cells_of(10, 14, 15, 1_239), "Cells"))
    assert column(data, "officers") == [10, 10, 15, 1_235]
    assert column(data, "least") == ["10", "10", "15", "1,235"]
    assert re.findall(r'<td class="n">(.*?)</td>', text) == ["10", "10", "15", "1,235"]
    assert "1239" not in json.dumps(data)
    assert ">51.51° N, 1.19° W<" in text


def test_a_cell_with_fewer_than_ten_is_refused():
    """And so is one of which nobody knows; by their rows, and without their numbers."""
    few = cells_of(12, 9, 30, float("nan"), -3, float("inf"), 10)
    with pytest.raises(offduty.UsageError, match=r"fewer than 10 officers, or no number: rows 1, 3, 4, 5; leave"):
        offduty.map_page(few, "Cells")
    many = cells_of(*[1] * 8)
    with pytest.raises(offduty.UsageError, match=r"rows 0, 1, 2, 3, 4 and 3 more;"):
        offduty.map_page(many, "Cells")


def test_all_that_is_wrong_stands_in_one_error():
    """No coordinate system, no column, no polygon."""
    points = gpd.GeoDataFrame({"n": [12]}, geometry=gpd.points_from_xy([1], [2]))
    with pytest.raises(offduty.UsageError) as said:
        offduty.map_page(points, "Cells")
    assert [word in str(said.value) for word in ("set_crs", "not a polygon: row 0", '"officers"')] == [True] * 3
    small = gpd.GeoDataFrame({"officers": [9]}, geometry=gpd.points_from_xy([1], [2]), crs="OGC:CRS84")
    with pytest.raises(offduty.UsageError, match=r"not a polygon: row 0; fewer than 10 officers, or no number: row 0;"):
        offduty.map_page(small, "Cells")
    with pytest.raises(offduty.UsageError, match="must be a GeoDataFrame"):
        offduty.map_page(pd.DataFrame({"officers": [12]}), "Cells")


def test_cells_in_metres_are_drawn_where_they_are():
    """Another coordinate system is converted, and north stays up."""
    _, degrees = read(offduty.map_page(cells_of(10, 20), "Cells"))
    _, metres = read(offduty.map_page(cells_of(10, 20).to_crs(32630), "Cells"))
    for axis in ("x", "y"):
        one, other = column_of_lists(degrees, axis), column_of_lists(metres, axis)
        assert [point for ring in one for point in ring] == pytest.approx([p for ring in other for p in ring], abs=1e-5)
    east, north = column_of_lists(degrees, "x"), column_of_lists(degrees, "y")
    assert max(east[0]) == pytest.approx(1.386, abs=0.01)  # 0.02 degrees of longitude at 51.5 degrees north, in km
    assert (min(north[0]), max(north[0])) == pytest.approx((-2.2264, 0), abs=1e-4)


def column_of_lists(data, name):
    """The rings along one axis."""
    found = re.search(rf'\["{name}", (\[\[.*?\]\])\]', json.dumps(data))
    assert found
    return json.loads(found[1])


def test_no_text_of_anybody_becomes_markup_or_gets_into_the_picture():
    """The title is escaped; other columns are not read."""
    text, data = read(offduty.map_page(cells_of(12, name=[HOSTILE]), HOSTILE))
    assert text.count("&lt;/title&gt;&lt;script&gt;") == 2
    assert "document.title" not in json.dumps(data)
    assert text.count("<script") == 3  # data, the library, and the line that starts it
    assert "</title><script>" not in text


def test_the_content_policy_allows_the_scripts_of_the_page_and_no_request():
    """Each by its hash: an injected one would not run."""
    text, _ = read(offduty.map_page(cells_of(12), "Cells"))
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="(.*?)"', text)
    assert policy.replace("&#39;", "'").startswith("default-src 'none'; script-src 'sha256-")
    assert policy.count("sha256-") == 2
    assert re.findall(r"(?:https?|data|wss?):[^;]*", policy) == ["data:"]
    assert not re.search(r"<(?:link|iframe|img|script)[^>]*(?:src|href)=", text)


def test_without_a_cell_the_page_says_so():
    """And has no script."""
    text = offduty.map_page(cells_of(), "Cells").decode()
    assert "nothing is drawn" in text
    assert "<script" not in text
    assert "script-src" not in text


def test_it_speaks_german():
    """With the signs of the language."""
    text, data = read(offduty.map_page(cells_of(1_239), "Zellen", language("de")))
    assert "mindestens @least Personen" in json.dumps(data, ensure_ascii=False)
    assert re.findall(r'<td class="n">(.*?)</td>', text) == ["1.235"]


def test_without_bokeh_it_says_what_to_install(monkeypatch):
    """Not an ImportError of somebody else's module."""
    monkeypatch.setattr("offduty.runs.map_page.EXTRA", "no_such_library")
    with pytest.raises(offduty.UsageError, match=r"pip install 'offduty\[interactive\]'"):
        offduty.map_page(cells_of(12), "Cells")
