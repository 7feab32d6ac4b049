"""Finds the browser and its driver; where they must be there (CI, `make browser`) and are not, that is a failure."""

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
    """What is not there, in words."""
    wanted = {
        "Chromium (apt-get install chromium)": Path(CHROMIUM).exists(),
        "node (apt-get install nodejs npm)": shutil.which("node") is not None,
        "its packages (make browser installs them)": (HERE / "node_modules" / "axe-core").is_dir(),
    }
    return [what for what, there in wanted.items() if not there]


@pytest.fixture(scope="session")
def look() -> Callable[[Path], dict[str, Any]]:
    """`look(page)` opens a page, light and dark, narrow and wide, and says what was found there."""
    gone = missing()
    if gone and (os.environ.get("CI") == "true" or os.environ.get("OFFDUTY_BROWSER") == "required"):
        pytest.fail(f"the browser tests must run here, and these are missing: {', '.join(gone)}")
    if gone:
        pytest.skip(f"no browser: {', '.join(gone)}")

    def found(page: Path) -> dict[str, Any]:
        pictures = os.environ.get("OFFDUTY_PICTURES", "")
        command = ["node", str(HERE / "look.mjs"), str(page), *([pictures] if pictures else [])]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return found
