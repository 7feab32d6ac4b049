"""The page docs/how-to/reporting.md: its commands run as they are written, and its figures are those of the code."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from offduty import run
from offduty.admin.init import init
from offduty.core import disclosure
from offduty.report.data import map_cells
from tests.forked import put_on_path
from tests.paths import ROOT

PAGE = (ROOT / "docs" / "how-to" / "reporting.md").read_text(encoding="utf-8")
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like the one that `make demo` makes, and a command called offduty."""
    folder = tmp_path_factory.mktemp("page")
    init(folder / "demo")
    shutil.copytree(ROOT / "sample_data", folder / "demo", ignore=shutil.ignore_patterns("truth"), dirs_exist_ok=True)
    run(folder / "demo" / "job.toml", as_of="2026-04-15")
    put_on_path(folder / "bin")
    return folder


def test_the_commands_run_one_after_the_other(folder: Path):
    """Each one as it is on the page, in a shell; the officer's id comes from standard input."""
    path = f"{folder / 'bin'}:{os.environ['PATH']}"
    env = {**os.environ, "PATH": path}
    assert len(COMMANDS) == 6
    for line in COMMANDS:
        done = subprocess.run(
            ["sh", "-c", line],
            cwd=folder,
            env=env,
            input="officer-00012\n",
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"{line}\n{done.stderr}"
        page = re.search(r"-o (\S+)", line)[1]
        assert (folder / page).read_text().startswith("<!doctype html>")
    assert (folder / "own-copy.csv").read_text().count("\n") > 100
    assert (folder / "with-inputs.html").stat().st_size < 150_000


def test_the_figures_on_the_page_are_those_of_the_code():
    """The smallest count, the rounding, and the cells of the map."""
    assert (disclosure.MINIMUM, disclosure.POSITION_STEP, disclosure.PEOPLE_STEP) == (10, 10, 5)
    assert "nearest ten, and of people to the nearest five" in PAGE
    assert len(map_cells.block_of((0, 0))) == 4
    assert "blocks of two by two" in PAGE
    assert map_cells.CELL_WIDTH_KM == 1.1
    assert "fewer than three decimals" in PAGE
    assert map_cells.FEWEST_DECIMALS == 3


def test_pictures_are_small():
    """So that the README loads fast."""
    for picture in (ROOT / "docs" / "pictures").glob("*.png"):
        assert picture.stat().st_size < 200_000, picture.name
