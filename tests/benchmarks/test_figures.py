"""Pages show exactly the figures that are kept, and these are medians of rounds in turn. Nothing here looks at a clock."""

from __future__ import annotations

import dataclasses
import importlib
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from benchmarks import figures, pages, tables, targets
from benchmarks.beside_spark import sides_of
from benchmarks.figures import FILE, MOST_LOAD, Beside, Spread
from benchmarks.measure import Measured
from benchmarks.parts import ALL, PARTS, SPARK
from benchmarks.rounds import figures_of, pings_of
from benchmarks.scale import measured_here
from benchmarks.sides import Side
from tests.benchmarks.figures_made_up import TAKEN, everything, part_figures
from tests.paths import ROOT


def _matplotlib() -> Any:
    """matplotlib, which only pictures need: where it is not installed their tests are passed over, but not in CI."""
    return importlib.import_module("matplotlib") if os.environ.get("CI") else pytest.importorskip("matplotlib")


@pytest.mark.parametrize(("page", "name", "made"), pages.SPOTS, ids=[f"{page} {name}" for page, name, _ in pages.SPOTS])
def test_each_page_shows_the_figures_that_are_kept(page, name, made):
    """`make bench` writes both; `python -m benchmarks --pages` writes the pages alone."""
    text = (ROOT / page).read_text(encoding="utf-8")
    assert text.split(f"<!-- {name} -->\n")[1].split(f"\n<!-- /{name} -->")[0] == made(figures.read())


def test_the_picture_shows_the_figures_that_are_kept(tmp_path):
    """Drawn again with the same matplotlib, it has the same bytes."""
    matplotlib = _matplotlib()
    kept = pages.PICTURE.read_text(encoding="utf-8")
    if f"Matplotlib v{matplotlib.__version__}," not in kept and not os.environ.get("CI"):
        pytest.skip("the picture was drawn by another matplotlib")
    from tools.speed_chart import draw

    draw(figures.read(), tmp_path / "speed.svg")
    assert (tmp_path / "speed.svg").read_text(encoding="utf-8") == kept


@pytest.mark.parametrize("page", ["README.md", "benchmarks/README.md"])
def test_the_picture_is_shown(page):
    """On the first page, and on that of the figures."""
    shown = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", (ROOT / page).read_text(encoding="utf-8"))
    assert pages.PICTURE in {(ROOT / page).parent.joinpath(name).resolve() for name in shown}


def test_what_is_kept_has_parts_and_sides_that_exist():
    """A side that was renamed would be missing in its table without a word."""
    for name, part in figures.read().items():
        assert set(part.sides) <= ({"run", "spark"} if name == SPARK else {side.key for side in PARTS[name].sides})


def test_figures_are_read_as_they_were_kept(tmp_path):
    """One part replaces its former figures; every other byte stays."""
    path = tmp_path / "figures.json"
    for name, part in everything().items():
        figures.merge(name, part, path)
    assert figures.read(path) == everything()
    before = json.loads(path.read_text())
    figures.merge("20", part_figures(PARTS["20"], ratio=3.0), path)
    after = json.loads(path.read_text())
    assert after.pop("20") != before.pop("20") and after == before


def test_without_a_file_there_are_no_figures(tmp_path):
    """Pages say so."""
    none = figures.read(tmp_path / "figures.json")
    assert none == {} and "Not measured" in tables.glance(none) and "Not measured" in tables.audit(none)


@pytest.mark.parametrize(("load", "busy"), [(0.0, False), (MOST_LOAD, False), (MOST_LOAD + 0.1, True)])
def test_a_title_says_that_the_machine_was_busy(load, busy):
    """Above a load of 2.2; and with which version and commit, on which machine."""
    part = PARTS["20"]
    title = tables.title(part, part_figures(part, taken=dataclasses.replace(TAKEN, load_before=load)))
    assert ("BUSY" in title) is busy
    for words in (
        "20 million pings",
        "1.2.3",
        "`abc1234`",
        "a processor",
        "2 cores",
        "25 GB",
        f"load before {load:.1f}",
    ):
        assert words in title


def test_every_side_has_a_row():
    """In every table, and each row has as many cells as the head."""
    for part in ALL:
        lines = [line for line in tables.table(part, part_figures(part)).splitlines() if line.startswith("|")]
        assert [line.split(" | ")[0].strip("| ") for line in lines[2:]] == [side.words for side in part.listed]
        assert len({line.count("|") for line in lines}) == 1


def ran(wall_s: float, cpu_s: float = 1.0, **answer: object) -> Measured:
    return Measured(wall_s, cpu_s, 100.0 * wall_s, dict(answer))


def test_a_ratio_is_the_median_of_the_ratios_of_the_rounds():
    """And not the ratio of the medians, which a busy minute changes; rounds without the other side are left out."""
    sides = [
        Side("copy", "", lambda *_: ran(0), 3, ("copy",)),
        Side("run", "", lambda *_: ran(0), 3, ("copy",)),
        Side("slow", "", lambda *_: ran(0), 1, ("copy", "run")),
    ]
    runs = {
        "copy": [ran(1.0, 2.0), ran(10.0, 2.0), ran(2.0, 2.0)],
        "run": [ran(3.0, 4.0, counts={"on_duty": 5, "off_duty": 2}, quarantined=1), ran(11.0, 6.0), ran(4.0, 8.0)],
        "slow": [ran(6.0, 2.0)],
    }
    found = figures_of(sides, runs)
    assert found["run"].beside == {"copy": Beside(Spread(1.1, 2.0, 3.0), Spread(2.0, 3.0, 4.0), 2.0)}
    assert found["slow"].beside["run"] == Beside(Spread(2.0, 2.0, 2.0), Spread(0.5, 0.5, 0.5), 3.0)
    assert (found["run"].wall_s, found["run"].peak_mb, found["run"].rounds) == (4.0, 400.0, 3)
    assert pings_of(runs) == 8 and pings_of({"copy": runs["copy"]}) is None


def test_every_side_is_compared_with_sides_of_its_part_that_take_part_as_often():
    """Else a round would have nothing beside it."""
    for part in ALL:
        rounds = {side.key: side.rounds for side in part.sides}
        assert len(rounds) == len(part.sides)
        for side in part.sides:
            assert all(rounds[other] >= side.rounds for other in side.beside)


@pytest.mark.parametrize("target", targets.ALL, ids=[target.says for target in targets.ALL])
def test_a_target_is_met_at_its_limit_and_missed_beyond(target):
    """Where all is measured; and where its part is not, it says that."""
    measured = everything()
    found = target.ask(measured)
    at = dataclasses.replace(target, limit=found)
    beyond = dataclasses.replace(target, limit=found + 0.1 if target.at_least else found - 0.1)
    assert "| met |" in at.row(measured) and "| **missed** |" in beyond.row(measured)
    assert "| not measured |" in target.row({name: part for name, part in measured.items() if name != target.part})


def test_a_target_says_that_the_machine_was_busy():
    """Beside the load before."""
    busy = part_figures(PARTS["20"], taken=dataclasses.replace(TAKEN, load_before=9.0))
    assert targets.ALL[0].row({"20": busy}).endswith("| 9.0 (busy) |")


def test_both_engines_are_compared_in_seconds_of_processor():
    """By the figures of the page about scale."""
    kept = measured_here()
    sides = sides_of(kept)
    ratio = kept.spark["all"].cpu_s / kept.local["all"].cpu_s
    assert sides["spark"].beside["run"].cpu.median == pytest.approx(ratio, abs=1e-3) and ratio > 1
    assert sides["run"].cpu_s == pytest.approx(kept.local["all"].cpu_s)


def test_all_pages_can_be_written(tmp_path):
    """From all figures, between the marks alone."""
    _matplotlib()
    for page in {page for page, _, _ in pages.SPOTS}:
        (tmp_path / page).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / page).write_bytes((ROOT / page).read_bytes())
    (tmp_path / "docs" / "pictures").mkdir()
    pages.write(everything(), tmp_path)
    for page, name, made in pages.SPOTS:
        assert f"<!-- {name} -->\n{made(everything())}\n<!-- /{name} -->" in (tmp_path / page).read_text()
    first, again = (Path(tmp_path / "docs" / "pictures" / name) for name in ("speed.svg", "again.svg"))
    from tools.speed_chart import draw

    draw(everything(), again)
    assert first.read_bytes() == again.read_bytes()


def test_the_figures_are_there():
    """They are part of the checkout."""
    assert FILE.exists() and "short" in figures.read()
