"""Kills a run at each of its steps, for tests of what is in the store then."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from offduty import run
from tests.world import AFTERWARDS

EARLIER = "2026-11-19T00:00:00Z"


@dataclass(frozen=True)
class Deaths:
    """A job, the store before, the store after a run that nobody disturbed, and a store for each step that was the
    last. ``ended`` is how the run ended that was not killed.
    """

    job: Path
    before: Path
    completed: Path
    stores: dict[str, Path]
    ended: int


def killed_at_each_step(job: Path, folder: Path, longest_s: int) -> Deaths:
    """Run a job on a store that has an earlier run over the same interval, and kill it at each of its steps; all of
    that may take ``longest_s`` seconds.
    """
    before, completed, stores = folder / "before", folder / "completed", folder / "stores"
    stores.mkdir()
    run(job, as_of=EARLIER, store=before, threads=1)
    shutil.copytree(before, completed)
    run(job, as_of=AFTERWARDS, store=completed, threads=1)
    command = [sys.executable, str(Path(__file__).with_name("dying.py")), job, AFTERWARDS, before, stores]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=longest_s, check=False)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    by_name = {f"{number} {step}": stores / str(number) for number, step in enumerate(report["steps"])}
    return Deaths(job, before, completed, by_name, report["ended"])
