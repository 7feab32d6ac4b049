"""docs/tutorials/pandas.md, done as it stands: ten lines from tables to a picture of a release."""

from __future__ import annotations

import re
import shlex
import tomllib
from xml.etree import ElementTree

import pytest
from pandas.testing import assert_frame_equal

import offduty
from tests.cli.command import here
from tests.paths import ROOT

PAGE = (ROOT / "docs" / "tutorials" / "pandas.md").read_text(encoding="utf-8")
TEN, COUNTS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
(SYNTH,) = re.findall(r"^\$ offduty (.*)$", PAGE, re.MULTILINE)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """What the ten lines leave, and their folder."""
    folder = tmp_path_factory.mktemp("pandas")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert here(*shlex.split(SYNTH)).returncode == 0
        names = {}
        exec(compile(TEN, "docs/tutorials/pandas.md", "exec"), names)
    return folder, names


def test_ten_lines_make_a_picture_of_a_release(done):
    """Of a GeoDataFrame in longitude and latitude."""
    folder, names = done
    assert len([line for line in TEN.splitlines() if line]) == 10
    assert len(names["places"]) == names["release"].counts["on_duty"] > 100
    assert names["places"].crs == "OGC:CRS84"
    picture = ElementTree.fromstring((folder / "map.svg").read_text())
    assert (int(picture.get("width")), int(picture.get("height")) > 300) == (900, True)
    assert picture.get("viewBox") == f"0 0 {picture.get('width')} {picture.get('height')}"
    dots = [(float(dot.get("cx")), float(dot.get("cy"))) for dot in picture.findall(".//{*}circle")]
    assert len(dots) == len(names["places"].drop_duplicates(["lon", "lat"])) > 100
    assert all(0 < x < 900 and 0 < y < int(picture.get("height")) for x, y in dots)
    assert [text.text for text in picture.findall(".//{*}text")] == ["5 km, north is up"]


def test_the_release_is_that_of_the_command_on_the_files(done):
    """As GeoPandas and pandas read them, but for the pseudonyms of another key."""
    folder, names = done
    for key in ("pseudonym.key", "signing.key"):
        (folder / "force" / key).write_text("5a" * 32)
        (folder / "force" / key).chmod(0o600)
    result = offduty.run(folder / "force" / "job.toml")
    rows = offduty.read_release(folder / "force" / "store")
    others = ["observed_at", "lon", "lat", "accuracy_m", "duty_code"]
    ours, theirs = (frame[others].sort_values(others, ignore_index=True) for frame in (rows, names["release"].frame))
    assert_frame_equal(ours, theirs)
    assert result.counts == names["release"].counts


def test_the_counts_are_printed(done, capsys):
    """With the reasons that the page explains."""
    exec(compile(COUNTS, "docs/tutorials/pandas.md", "exec"), done[1])
    printed = capsys.readouterr().out
    assert all(reason in printed for reason in ("off_duty", "protected_place", "home_leg"))


def test_the_wheel_is_that_of_this_version():
    """Its name says so, and the extra is there."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f"offduty-{project['version']}-py3-none-any.whl[geo]" in PAGE
    assert "geo" in project["optional-dependencies"]
