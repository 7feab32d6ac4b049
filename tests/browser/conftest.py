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
def look() -> Callable[[Path], dict[str, Any]]:
    """`look(page)` opens a page, light and dark, narrow and wide, and returns what `look.mjs` found."""
    absent = missing()
    if absent and (os.environ.get("CI") == "true" or os.environ.get("OFFDUTY_BROWSER") == "required"):
        pytest.fail(f"the browser tests must run here, and these are missing: {', '.join(absent)}")
    if absent:
        pytest.skip(f"no browser: {', '.join(absent)}")

    def found(page: Path) -> dict[str, Any]:
        pictures = os.environ.get("OFFDUTY_PICTURES", "")
        command = ["node", str(HERE / "look.mjs"), str(page), *([pictures] if pictures else [])]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return found
