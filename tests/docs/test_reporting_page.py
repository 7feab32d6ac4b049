"""The page docs/reporting.md: its commands run as they stand, and its figures are the code's."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from offduty.report import disclosure
from offduty.report.data import map_cells
from tests.paths import ROOT

PAGE = (ROOT / "docs" / "reporting.md").read_text(encoding="utf-8")
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make demo` leaves behind, and a command called offduty."""
    from offduty import run
    from offduty.admin.init import init

    folder = tmp_path_factory.mktemp("page")
    init(folder / "demo")
    shutil.copytree(ROOT / "sample_data", folder / "demo", ignore=shutil.ignore_patterns("truth"), dirs_exist_ok=True)
    run(folder / "demo" / "job.toml", as_of="2026-04-15")
    shim = folder / "bin" / "offduty"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m pipeline "$@"\n')
    shim.chmod(0o700)
    return folder


def test_the_commands_run_one_after_the_other(folder: Path):
    """Each as it stands on the page, in a shell; the officer's id is typed."""
    path = f"{folder / 'bin'}:{os.environ['PATH']}"
    env = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}
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


def test_the_figures_on_the_page_are_the_codes():
    """Ten and nine, tens and fives, two by two and four by four."""
    assert (disclosure.FEWEST, disclosure.POSITIONS, disclosure.PEOPLE) == (10, 10, 5)
    assert "nearest ten, of people to the nearest five" in PAGE
    assert len(map_cells.block_of((0, 0))) == 4
    assert "blocks of two by two" in PAGE
    assert map_cells.WIDEST_STEP == 1.1
    assert "fewer than three decimals" in PAGE
    assert map_cells.FEWEST_DECIMALS == 3


def test_pictures_are_small():
    """Nobody waits for the README."""
    for picture in (ROOT / "docs" / "pictures").glob("*.png"):
        assert picture.stat().st_size < 200_000, picture.name
