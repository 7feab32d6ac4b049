"""The pages in a real browser: light and dark, 380 and 1,280 pixels wide, checked for accessibility by axe-core."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from shapely import box

from offduty import map_page, run
from offduty.cli.check_page import check_page
from offduty.cli.verify_page import verdict_page
from offduty.core.disclosure import grouped
from offduty.pages.elements import el
from offduty.pages.language import language
from offduty.pages.page import PageSection, page
from offduty.redteam import results_page
from offduty.redteam.results import FILTER, HOLDS, ResultRow
from offduty.report.build import ReportRequest, own_copy, report
from offduty.report.data import verification
from offduty.report.data.bins import by_day
from offduty.report.html.charts import histogram, panels
from offduty.runs.check import check
from offduty.verify.verdict import Check, Count, Status, Unit, Verdict, explain
from tests.unit.analyses.shown_answers import shown_pages
from tests.unit.consultation.packs import pack_of
from tests.unit.report.forces import day_of, device, entry, force, officer, published
from tests.unit.report.test_build import HOSTILE
from tests.world import lay_out, place

VIEWS = [("light", 380), ("light", 1280), ("dark", 380), ("dark", 1280)]
CHECKS = [
    Check("1.1", "no gap", "entries", Count(12, Unit.ENTRIES), Status.PASS, explain("numbered without a gap")),
    Check("2.1", "every file is there", "files", Count(240, Unit.FILES), Status.FAIL, explain("some are missing")),
    Check("4.1", "same inputs", "input rows", Count(0, Unit.ROWS), Status.NOT_DONE, explain("no inputs were given")),
]
ATTACKED = [
    ResultRow("4 median of ends", "this store", mask, 500, 9, 60, 7, hits=hits, of=500, verdict=HOLDS)
    for mask, hits in (("none", 420), (FILTER, 0))
]


def all_over(days: int = 2, **changes):
    """Twelve officers who work all over a square of about ten kilometres, so that there is a map."""
    pings = []
    for day in range(days):
        for number in range(12):
            for at in range(100):
                clock = f"{day_of(day)}T{6 + at // 8:02}:{at % 8 * 7:02}:00Z"
                where = {"lon": -0.16 + 0.0162 * (at % 10), "lat": 51.505 + 0.01 * (at // 10)}
                pings.append({"device_id": device(number), "observed_at": clock, "accuracy_m": 10, **where})
    pings += [{**pings[0], "observed_at": "noon"}] * 12
    roster = [
        entry(n, day_of(d), starts_at=f"{day_of(d)}T05:00", ends_at=f"{day_of(d)}T20:00")
        for n in range(12)
        for d in range(days)
    ]
    homes = [place((-2.0 - n / 10, 50.0), officer=officer(n), place_id=f"h{n}") for n in range(12)]
    sites = [{"site_id": "s", "lon": -0.1, "lat": 51.54, "radius_m": 20_000}]
    return force(pings=pings, places=homes, roster=roster, sites=sites, **changes)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One page of each kind: plain; with everything in it, and hostile text; an own copy; a verdict, a check, an
    attack. All but that with everything are in German: its words are longer, and the parts are the same.
    """
    german = language("de")
    folder = tmp_path_factory.mktemp("pages")
    made = published(folder / "first", all_over()).run(day_of(0), day_of(1))
    (folder / "plain.html").write_bytes(made.report(language=german).html)
    made.run(day_of(0), day_of(1), as_of="2026-04-02")
    weak = {
        "legs": {"rule": "off"},
        "duty": {"late_edit_tolerance_s": 7200, "on_codes": ["duty", HOSTILE]},
        "policy": {"name": HOSTILE},
    }
    made.world = all_over(policy=weak)
    run(lay_out(made.world, made.folder), start=day_of(1), end=day_of(2), as_of="2026-04-01")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("offduty.report.build.verify", lambda *given, **more: Verdict(tuple(CHECKS)))
        whole = report(ReportRequest(made.store, inputs=made.job), since=folder / "plain.html")
    (folder / "whole.html").write_bytes(whole.html)
    asked = ReportRequest(made.store, inputs=made.job)
    (folder / "own.html").write_bytes(own_copy(asked, officer(3), language=german).html)
    (folder / "verdict.html").write_bytes(verdict_page(Verdict(tuple(CHECKS)), ["keys"], german))
    (folder / "check.html").write_bytes(check_page(check(made.job, as_of="2026-04-01"), german))
    (folder / "attack.html").write_bytes(results_page.page(ATTACKED, ["made up"], german))
    return {path.stem: path for path in folder.glob("*.html")}


@pytest.fixture(scope="module")
def more_pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The pages of answers, one of them in German; the pack for consultation, and the sheet for workers."""
    folder = tmp_path_factory.mktemp("more")
    german = shown_pages(language("de"))
    made = {**shown_pages(), **{f"{name}-german": german[name] for name in german}}
    (folder / "pack").mkdir()
    made |= {
        name.removesuffix(".html"): content for name, content in pack_of(folder / "pack").items() if ".html" in name
    }
    for name, content in made.items():
        (folder / f"{name}.html").write_bytes(content)
    return {path.stem: path for path in folder.glob("*.html")}


REPORTS = ["plain", "whole", "own", "verdict", "check", "attack"]
WORKFORCE = ["presence", "site-days", "interests", "roster-audit", "roster-audit-german", "pack", "worker-sheet"]


@pytest.fixture(scope="module")
def looked(pages, more_pages, look) -> dict[str, dict[str, Any]]:
    """What one browser found of each page."""
    names, there = [*REPORTS, *WORKFORCE], {**pages, **more_pages}
    return dict(zip(names, look(*(there[name] for name in names)), strict=True))


@pytest.mark.parametrize("name", [*REPORTS, *WORKFORCE])
def test_a_page_in_a_browser(looked, name):
    """axe-core finds no violation, nothing is requested or logged, and nothing is wider than the window.

    All details are open. A script that is put into the page does not run, and the first link skips to the content.
    """
    found = looked[name]
    assert [(view["colorScheme"], view["width"]) for view in found["views"]] == VIEWS
    for view in found["views"]:
        assert view["violations"] == []
        assert view["passes"] > 20
        assert view["requests"] == []
        assert view["logged"] == []
        assert view["collisions"] == []
        assert view["contentWidth"] <= view["width"]
        assert set(view["incomplete"]) <= {"color-contrast"}  # of text in a picture; test_style.py checks the colours
    assert found["enforced"] == {"ran": "no", "styled": True}
    assert found["first"] in ("Skip to the content", "Zum Inhalt springen")
    assert found["skipped"] == "main"


def test_the_map_that_can_be_moved_asks_nobody(tmp_path, look):
    """Its library draws, and requests nothing: the policy of the page would forbid it, and the console would say so."""
    shapes = [box(-1.2 + 0.02 * n, 51.5, -1.18 + 0.02 * n, 51.52) for n in range(4)]
    cells = gpd.GeoDataFrame({"officers": [10, 20, 35, 240]}, geometry=shapes, crs="OGC:CRS84")
    (tmp_path / "map.html").write_bytes(map_page(cells, HOSTILE, language("de")))
    found = look(tmp_path / "map.html")[0]
    assert [(view["colorScheme"], view["width"]) for view in found["views"]] == VIEWS
    for view in found["views"]:
        assert view["violations"] == []
        assert view["requests"] == []
        assert [text for text in view["logged"] if "document idle" not in text] == []
        assert len(view["logged"]) == 1  # it drew
        assert view["contentWidth"] <= view["width"]
    assert found["enforced"] == {"ran": "no", "styled": True}
    assert found["skipped"] == "main"


def test_labels_of_axes_do_not_collide(tmp_path, look):
    """For any number of days, narrow and wide: no label touches another one or leaves its picture."""
    drawn = []
    for days in (1, 7, 8, 9, 14, 31, 62, 90, 400, 900):
        first = date(2026, 9, 23).toordinal()
        bins = by_day({"on_duty": Counter({24 * (first + day): 5 if day % 6 == 5 else 123_450 for day in range(days)})})
        picture = histogram(f"days-{days}", f"{days} days", bins, grouped(bins.columns["on_duty"]), "released")
        drawn.append((f"{days} days", picture))
    html = page("Axes", el("h1", "Axes"), [PageSection("axes", "Days", panels(*drawn))], el("p", "foot"))
    (tmp_path / "axes.html").write_bytes(html)
    views = look(tmp_path / "axes.html")[0]["views"]
    assert [(view["colorScheme"], view["width"]) for view in views] == VIEWS
    assert [view["collisions"] for view in views] == [[], [], [], []]


def test_the_whole_page_has_everything_in_it(pages):
    """So that the test above examines all of it: warnings, a failure, a map, changes, other rules."""
    text = pages["whole"].read_text()
    for part in (
        "notice warning",
        'class="map"',
        "FAIL",
        "NOT DONE",
        "Rules that changed",
        "Other rules, used before",
        "superseded",
    ):
        assert part in text, part
    assert verification.verdict(CHECKS)[0] == "FAIL"
