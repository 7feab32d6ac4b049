"""docs/tutorials/recipes.md, done as it stands: what is easily got wrong with a release, in one session of Python."""

from __future__ import annotations

import os
import re
import shlex
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.cli.command import here
from tests.paths import ROOT

PAGE = (ROOT / "docs/tutorials/recipes.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
COMMANDS = re.findall(r"^\$ offduty (.*)$", PAGE, re.MULTILINE)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The names that all blocks leave, and the folder in which they ran; the command is that of this environment."""
    folder, names = tmp_path_factory.mktemp("recipes"), dict[str, Any]()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
        for command in COMMANDS:
            assert here(*shlex.split(command)).returncode == 0
        for number, block in enumerate(BLOCKS):
            exec(compile(block, f"recipes.md, block {number}", "exec"), names)
    return folder, names


def test_there_are_eight_recipes_and_each_has_lines_that_run():
    """The list on top names them all."""
    recipes = re.split(r"^## (?=\d)", PAGE, flags=re.MULTILINE)[1:]
    assert len(recipes) == len(re.findall(r"^\d\. \[", PAGE, re.MULTILINE)) == 8
    assert all("```python" in recipe for recipe in recipes)


def test_rows_are_fewer_than_the_minutes_that_they_stand_for(done):
    """A row each five minutes: joined stretches last much longer than the rows say, and both are printed."""
    names = done[1]
    assert len(names["positions"]) == len(names["positions"][["officer", "observed_at"]].drop_duplicates())
    assert pd.Timedelta(0) < names["plain"] < names["joined"]
    assert names["joined"] == names["stretches"]["lasts"].sum()


def test_the_night_on_which_clocks_go_forward_is_in_it(done):
    """On one day the clock is ahead by none and by one hour."""
    names = done[1]
    ahead = names["ahead"].groupby(names["night"]["observed_at"].dt.date).nunique()
    assert sorted(ahead) == [1, 2]


def test_pseudonyms_of_two_weeks_are_more_than_there_are_people(done):
    """And the function of the page never says more than the sixty whom there are, nor anything about nine."""
    names = done[1]
    assert names["everybody"] > 60 >= names["per_week"].max()
    for counted in (names["officers"](names["positions"], ["duty_code"]), names["by_site"], names["at_least"]):
        assert counted.between(10, 60).all()
        assert len(counted)


def test_duckdb_counts_what_pandas_counts(done):
    """From the files that are current, hour by hour."""
    names = done[1]
    hour = names["positions"]["observed_at"].dt.tz_convert("Europe/London").dt.hour
    expected = names["officers"](names["positions"].assign(hour=hour), ["hour"])
    assert len(expected) > 12
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(done[0])
        found = names["hours"].df().set_index("hour")["at_least"]
    assert found.to_dict() == expected.to_dict()


def test_stretches_end_at_sites_and_a_map_has_cells_alone(done):
    """What the page says of both."""
    folder, names = done
    assert len(names["ends"]) > 0.9 * 2 * len(names["stretches"])
    assert len(names["grid"]) == len(names["cells"]) > 0
    assert "at least" in (folder / "cells.html").read_text()
    assert (folder / "cells.gpkg").is_file()
