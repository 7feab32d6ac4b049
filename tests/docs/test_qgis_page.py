"""The page about QGIS: its lines write what the project opens, and the project names nothing else."""

from __future__ import annotations

import re
import stat
from pathlib import Path
from xml.etree import ElementTree

import pyogrio
import pytest

from tests.paths import ROOT
from tests.unit.report.forces import force, published

PROJECT = ROOT / "examples/qgis/current-release.qgs"
(LINES,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs/how-to/qgis.md").read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def source() -> str:
    """The one source of data that the project names."""
    return next(ElementTree.parse(PROJECT).iter("datasource")).text or ""


def test_the_lines_write_what_the_project_opens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str):
    """Every released position, at longitude and latitude, with the columns that the project speaks of."""
    made = published(tmp_path / "demo", force(officers=3, days=1)).run()
    (tmp_path / "examples/qgis").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    masks: list[int] = []  # the process of the tests keeps its own
    monkeypatch.setattr("os.umask", masks.append)
    exec(LINES, {})
    file, layer = (tmp_path / "examples/qgis" / source.split("|")[0]), source.split("layername=")[1]
    found = pyogrio.read_info(file, layer=layer)
    assert found["features"] == made.reasons[0].count("on_duty") > 10
    assert found["geometry_type"] == "Point"
    named = set(re.findall(r'"([a-z_]+)"', " ".join(ElementTree.parse(PROJECT).getroot().itertext())))
    assert named == {"duty_code", "observed_at"} <= set(found["fields"])
    assert masks == [stat.S_IRWXG | stat.S_IRWXO]


def test_the_project_names_one_file_beside_it_and_no_address(source: str):
    """It is opened on machines that nobody here knows, and says to nobody that it was."""
    text = PROJECT.read_text(encoding="utf-8")
    assert source.startswith("./")
    assert re.findall(r'source="([^"]*)"', text) == [source]
    assert re.findall("https?://[^'\"]*", text) == ["http://mrcc.com/qgis.dtd"]
