"""`offduty --help` is quick: it imports none of the big libraries."""

from __future__ import annotations

import subprocess
import sys

import pytest
from command import offduty

BIG = ("pandas", "duckdb", "pyarrow", "shapely", "numpy", "pyproj")


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"]], ids=" ".join)
def test_help_imports_nothing_big(arguments):
    """Python itself lists what it imported."""
    command = [sys.executable, "-X", "importtime", "-m", "pipeline", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    imported = {line.split("|")[-1].strip().split(".")[0] for line in done.stderr.splitlines() if "|" in line}
    assert imported & set(BIG) == set()
    assert "run" in done.stdout


def test_help_names_every_option():
    """Of `run`."""
    done = offduty("run", "--help")
    for option in ("--from", "--to", "--as-of", "--store", "--json", "--threads", "--memory"):
        assert option in done.stdout
