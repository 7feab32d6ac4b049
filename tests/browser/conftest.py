"""Finds the browser and its driver; missing ones skip the tests, but fail them in CI and in `make browser`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
CHROMIUM = os.environ.get("OFFDUTY_CHROMIUM", "/usr/bin/chromium")


def missing() -> list[str]:
    """What is missing, in words."""
    needed = {
        "Chromium (apt-get install chromium)": Path(CHROMIUM).exists(),
        "node (apt-get install nodejs npm)": shutil.which("node") is not None,
        "its packages (make browser installs them)": (HERE / "node_modules" / "axe-core").is_dir(),
    }
    return [what for what, there in needed.items() if not there]


@pytest.fixture(scope="session")
def look() -> Callable[..., list[dict[str, Any]]]:
    """`look(*pages)` opens pages, light and dark, narrow and wide, and returns what `look.mjs` found of each.

    All of them are looked at by one browser: to start it takes longer than to look.
    """
    absent = missing()
    if absent and (os.environ.get("CI") == "true" or os.environ.get("OFFDUTY_BROWSER") == "required"):
        pytest.fail(f"the browser tests must run here, and these are missing: {', '.join(absent)}")
    if absent:
        pytest.skip(f"no browser: {', '.join(absent)}")

    def found(*pages: Path) -> list[dict[str, Any]]:
        command = ["node", str(HERE / "look.mjs"), *map(str, pages)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return found
