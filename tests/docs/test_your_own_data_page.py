"""docs/tutorials/your-own-data.md, done as it stands: from exports to a release in at most three commands."""

from __future__ import annotations

import csv
import re
import shlex
import sys
from pathlib import Path

import pyarrow.dataset as ds
import pytest

from offduty.cli import cli
from tests.cli.command import here
from tests.forked import forked
from tests.paths import ROOT

PAGE = (ROOT / "docs" / "tutorials" / "your-own-data.md").read_text(encoding="utf-8")
COMMANDS = [shlex.split(line) for line in re.findall(r"^\$ offduty (.*)$", PAGE, re.MULTILINE)]
MAKE = ROOT / "examples" / "your-own-data" / "make_exports.py"
METRES_OF_A_DEGREE = 111_200
THERE = [command for command in COMMANDS if command[0] in cli.commands]
"""The commands of the page that there are."""


def blocks(language: str) -> list[str]:
    """The blocks of the page that are in a language."""
    every = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    return [text for marked, text in every if marked == language]


def confirmed(job: Path) -> int:
    """Make the lines of the job what the page says a person makes of them; returns how many they are."""
    (block,) = blocks("toml")
    text = job.read_text(encoding="utf-8")
    for line in block.splitlines():
        pattern = rf"^# {re.escape(line.partition(' = ')[0])} = .*$"
        text, found = re.subn(pattern, line, text, flags=re.MULTILINE)
        assert found == 1, line
    job.write_text(text, encoding="utf-8")
    return len(block.splitlines())


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """The folder and what each command printed, in a process of its own for `init`, as somebody would start it."""
    folder = tmp_path_factory.mktemp("tutorial")
    make = f"python {MAKE.relative_to(ROOT)} exports"
    assert f"$ {make}\n" in PAGE
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.syspath_prepend(str(MAKE.parent))
        patch.setattr(sys, "dont_write_bytecode", True)
        from make_exports import main

        main(Path("exports"))
        first = forked(*THERE[0], cwd=folder)
        assert f"and {confirmed(folder / 'work' / 'job.toml')} questions open" in first.stdout
        rest = [here(*command) for command in THERE[1:]]
    return folder, [first, *rest]


def test_three_commands_and_three_lines_are_enough(done):
    """All of them succeed; the last one publishes."""
    folder, printed = done
    assert [command[0] for command in COMMANDS] == ["init", "check", "run"]
    assert [one.returncode for one in printed] == [0] * len(THERE), printed
    assert len(list((folder / "work" / "store" / "log").iterdir())) == 1


def test_the_commands_print_what_the_page_shows(done):
    """Line by line."""
    _, printed = done
    said = [line for one in printed for line in (one.stdout + one.stderr).splitlines()]
    shown = [line for block in blocks("") for line in block.splitlines()]
    assert len(shown) > 15
    assert [line for line in shown if line not in said] == []


def homes(folder: Path) -> list[tuple[float, float]]:
    with (folder / "exports" / "homes.csv").open(encoding="utf-8") as file:
        return [(float(row["Longitude"]), float(row["Latitude"])) for row in csv.DictReader(file)]


def test_no_home_is_in_the_release(done):
    """No released position lies within 250 m of any home, and each officer on duty has some."""
    folder, _ = done
    (run,) = (folder / "work" / "store" / "runs").iterdir()
    table = ds.dataset(run / "release").to_table(["officer", "lon", "lat"]).to_pylist()
    assert len({row["officer"] for row in table}) == 30
    near = [
        row
        for row in table
        for lon, lat in homes(folder)
        if abs(row["lat"] - lat) * METRES_OF_A_DEGREE < 170 and abs(row["lon"] - lon) * METRES_OF_A_DEGREE * 0.62 < 170
    ]
    assert near == []


def test_only_shifts_are_released(done):
    """By the words that were confirmed: of the officers on leave, and of nights, there is nothing."""
    folder, _ = done
    (run,) = (folder / "work" / "store" / "runs").iterdir()
    table = ds.dataset(run / "release").to_table(["observed_at", "duty_code"]).to_pylist()
    assert {row["duty_code"] for row in table} == {"duty"}
    assert {row["observed_at"].hour for row in table} == set(range(6, 22))
