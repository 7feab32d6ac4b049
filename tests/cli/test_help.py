"""`offduty --help` is quick: it imports none of the big libraries."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.cli.command import offduty

BIG = ("pandas", "pyspark", "duckdb", "pyarrow", "shapely", "numpy", "pyproj")


COMMANDS = ("run", "report", "checkpoint", "proof", "expire", "rotate", "init", "synth")


@pytest.mark.parametrize("arguments", [["--help"], *([name, "--help"] for name in COMMANDS)], ids=" ".join)
def test_help_imports_nothing_big(arguments):
    """Python itself lists what it imported."""
    command = [sys.executable, "-X", "importtime", "-m", "offduty", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    imported = {line.split("|")[-1].strip().split(".")[0] for line in done.stderr.splitlines() if "|" in line}
    assert imported & set(BIG) == set()
    assert arguments[0].removeprefix("--help") in done.stdout.splitlines()[0]


def test_help_names_every_option():
    """Of `run`."""
    done = offduty("run", "--help")
    for option in ("--from", "--to", "--as-of", "--store", "--json", "--threads", "--memory"):
        assert option in done.stdout


@pytest.mark.parametrize(
    ("guessed", "told"),
    [("backfill", "No such command 'backfill'; offduty help lists them"), ("verfy", "'verify'")],
)
def test_a_command_that_is_none_is_answered_with_what_to_type_next(guessed, told):
    done = offduty(guessed)
    assert (done.returncode, told in done.stderr) == (2, True), done.stderr
