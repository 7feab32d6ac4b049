"""Makes copies of the checkout with one bug planted, and runs the filter and the tests from such a copy."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.paths import ROOT
from tests.planted.bug import Bug

NOT_COPIED = {".git", ".hypothesis", ".mypy_cache", ".pytest_cache", ".ruff_cache", "demo", "dist", "build"}
FETCHED = "node_modules"  # large, and nobody's to plant in: a copy points to it
LONGEST_S = 1_200


def copied(folder: Path, bug: Bug | None, like: Path | None = None) -> Path:
    """A copy of the checkout with the bug planted; as it stands where there is none.

    Its files are those of ``like``, a copy as it stands, by further names for them: that takes a third of the time.
    Nothing writes into a copy but the planting, and that replaces the file.
    """
    folder.mkdir(parents=True)
    one_file = os.link if like else shutil.copy2
    for path in sorted((like or ROOT).iterdir()):
        if path.name in NOT_COPIED or path.name.startswith(".venv"):
            continue
        if path.is_symlink():  # offduty, by which the copy's own package is imported
            (folder / path.name).symlink_to(path.readlink())
        elif path.is_dir():
            fetched = shutil.ignore_patterns(FETCHED)
            shutil.copytree(path, folder / path.name, ignore=fetched, copy_function=one_file)
        else:
            one_file(path, folder / path.name)
    for fetched in ROOT.glob(f"tests/*/{FETCHED}"):
        (folder / fetched.relative_to(ROOT)).symlink_to(fetched)
    if bug is not None:
        bug.plant(folder / "pipeline")
    return folder


def environment(copy: Path) -> dict[str, str]:
    """The environment in which every Python, also one that a test starts, imports the copy and not the checkout."""
    return {**os.environ, "PYTHONPATH": str(copy), "HYPOTHESIS_PROFILE": "ci", "PYTHONDONTWRITEBYTECODE": "1"}


def in_copy(copy: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run Python in the copy, with its package."""
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(
        command, cwd=copy, env=environment(copy), capture_output=True, text=True, timeout=LONGEST_S, check=False
    )
