"""docs/how-to/converting.md: the lines for two columns and grids make files that `init` asks nothing about but choices."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys

import pytest

from tests.forked import forked
from tests.paths import ROOT

PAGE = (ROOT / "docs" / "how-to" / "converting.md").read_text(encoding="utf-8")
(LINES,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
GRID = (565_000.0, 5_938_000.0)
"""In Hamburg, in metres of EPSG:25832."""
DEGREES = (9.982, 53.587)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with an export as SAP and a shapefile leave it, and what the lines make of it."""
    folder = tmp_path_factory.mktemp("sap")
    shifts = [
        "SATZNR;PERNR;BEGDA;BEGUZ;ENDDA;ENDUZ;TPROG;STATUS;AEDTM;AEZET",
        "1;00010000;22.03.2026;06:00:00;22.03.2026;14:00:00;F;aktiv;13.03.2026;09:00:00",
        "2;00010007;23.03.2026;22:00:00;24.03.2026;06:00:00;N;aktiv;13.03.2026;",
    ]
    homes = ["PERNR;STRAS;RECHTSWERT;HOCHWERT;GUELTIG_AB", "00010000;Bäckerstraße 1;565000,00;5938000,00;13.01.2024"]
    x, y = GRID
    ring = [[x, y], [x + 100, y], [x + 100, y + 100], [x, y]]
    area = {"type": "Feature", "properties": {}, "geometry": {"type": "MultiPolygon", "coordinates": [[ring]]}}
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::25832"}}
    (folder / "PT_2003.csv").write_text("\n".join(["Auswertung", *shifts]) + "\n", encoding="cp1252")
    (folder / "Wohnorte.csv").write_text("\n".join(homes) + "\n", encoding="cp1252")
    (folder / "Standorte.geojson").write_text(
        json.dumps({"type": "FeatureCollection", "crs": crs, "features": [area]}), encoding="utf-8"
    )
    subprocess.run([sys.executable, "-c", LINES], cwd=folder, check=True)
    return folder


def table(made, name):
    with (made / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_day_and_its_time_become_one(made):
    """Without its time of day a day stays out: it would be the whole day."""
    early, night = table(made, "roster.csv")
    assert (early["starts_at"], early["ends_at"]) == ("22.03.2026 06:00:00", "22.03.2026 14:00:00")
    assert (night["starts_at"], night["ends_at"]) == ("23.03.2026 22:00:00", "24.03.2026 06:00:00")
    assert (early["recorded_at"], night["recorded_at"]) == ("13.03.2026 09:00:00", "")


def test_metres_of_the_grid_become_degrees(made):
    (home,) = table(made, "homes.csv")
    assert (float(home["lon"]), float(home["lat"])) == pytest.approx(DEGREES, abs=0.001)
    sites = json.loads((made / "sites.geojson").read_text(encoding="utf-8"))
    assert "crs" not in sites
    assert sites["features"][0]["geometry"]["coordinates"][0][0][0] == pytest.approx(DEGREES, abs=0.001)


@pytest.mark.parametrize("name", ["roster.csv", "homes.csv", "sites.geojson"])
def test_what_is_written_is_for_its_owner_only(made, name):
    assert (made / name).stat().st_mode & 0o077 == 0


def test_init_points_to_the_lines_and_is_content_with_what_they_make(made):
    anchor = "converting#two-columns-and-grids"
    tables = {"roster": "PT_2003.csv", "places": "Wohnorte.csv", "sites": "Standorte.geojson"}
    before = forked("init", "before", "--from", *(f"{name}={path}" for name, path in tables.items()), cwd=made)
    assert "".join(before.stdout.split()).count(anchor) == len(tables)
    assert "\n## Two columns and grids\n" in PAGE
    tables = {"roster": "roster.csv", "places": "homes.csv", "sites": "sites.geojson"}
    after = forked("init", "after", "--from", *(f"{name}={path}" for name, path in tables.items()), cwd=made)
    assert "no declaration mends" not in after.stdout
