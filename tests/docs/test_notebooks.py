"""The notebooks of examples/notebooks: stored without outputs, and run from top to bottom as they stand."""

from __future__ import annotations

import json
import re

import pytest

from tests.paths import ROOT

NOTEBOOKS = sorted((ROOT / "examples" / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where all of them work: the first one makes the invented force."""
    return tmp_path_factory.mktemp("notebooks")


def code_of(path):
    """The source of each cell of code."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_is_stored_without_outputs(path):
    """An output of real people would be a release that nobody masked; and a notebook has the form that tools read."""
    document = json.loads(path.read_text(encoding="utf-8"))
    cells = [cell for cell in document["cells"] if cell["cell_type"] == "code"]
    assert [(cell["outputs"], cell["execution_count"]) for cell in cells] == [([], None)] * len(cells)
    assert (document["nbformat"], document["nbformat_minor"]) == (4, 5)
    assert len({cell["id"] for cell in document["cells"]}) == len(document["cells"])


@pytest.fixture(scope="module")
def ran(folder):
    """The names that each notebook leaves."""
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for path in NOTEBOOKS:
            names: dict[str, object] = {}
            for number, source in enumerate(code_of(path)):
                exec(compile(source, f"{path.name}, cell {number}", "exec"), names)
            found[path.stem] = names
    return found


def test_the_release_is_written(ran, folder):
    """By the first one, and the rows that could not be read are counted."""
    release = ran["1-mask-a-dataframe"]["release"]
    assert len(release.frame) == release.counts["on_duty"] > 1_000
    assert (folder / "release.parquet").is_file()
    assert len(release.refused) > 0


def test_no_hour_with_fewer_than_ten_officers_is_shown(ran):
    """And some have as many."""
    names = ran["2-presence-by-shift"]
    assert (names["shown"]["officers"] >= 10).all()
    assert 0 < len(names["shown"]) < len(names["presence"])


def test_each_cell_has_ten_officers_and_the_picture_asks_nobody(ran, folder):
    """It is drawn from the cells alone."""
    cells = ran["3-a-map-in-cells"]["cells"]
    drawn = (folder / "cells.svg").read_text()
    assert (cells["officers"] >= 10).all()
    assert drawn.count("<rect") == len(cells) > 3
    assert drawn.count("http") == 1


def test_the_map_that_can_be_moved_has_the_same_cells_and_numbers(ran, folder):
    """Each that the picture has, and no other."""
    cells = ran["3-a-map-in-cells"]["cells"]
    page = (folder / "cells.html").read_text()
    rows = re.findall(r'<tr><th scope="row">([\d.]+)° N, ([\d.]+)° W</th><td class="n">(\d+)</td>', page)
    assert [(float(lat), -float(lon), int(n)) for lat, lon, n in rows] == [
        (pytest.approx(y * 0.02), pytest.approx(x * 0.02), n) for x, y, n in cells.itertuples(index=False)
    ]
    drawn = (folder / "cells.svg").read_text()
    assert [int(n) for n in re.findall(r"at least (\d+) officers", drawn)] == [int(n) for *_, n in rows]


def test_stricter_rules_release_less(ran):
    """And rules that are off release more."""
    released = ran["4-what-if"]["compared"].loc["on_duty"]
    assert released["places.buffer_m = 500"] < released["as agreed"] < released["legs.hold_s = 0"]
    assert released["as agreed"] < released["legs.rule = off"]
