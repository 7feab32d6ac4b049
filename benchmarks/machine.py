"""Where and when figures are taken: version, commit, machine, its load before, and what others did meanwhile."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from importlib.metadata import version
from pathlib import Path

from benchmarks.figures import Taken

ROOT = Path(__file__).resolve().parents[1]
CORES = 2
CODE = ("pipeline", "benchmarks/*.py")
"""What a commit must hold as it was measured; pages and figures may differ from it."""


def keep_to_two_cores() -> None:
    """Limit this process, and all that it starts, to two cores."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])


class Session:
    """One call of the benchmark. Load is that before its first run: later it would be the benchmark's own."""

    def __init__(self) -> None:
        self.load_before = os.getloadavg()[0]
        self._commit = commit()

    def taken(self, others_cores: float) -> Taken:
        """The origin of a part that has just been measured."""
        return Taken(
            version=version("offduty"),
            commit=self._commit,
            machine=processor(),
            cores=len(os.sched_getaffinity(0)),
            memory_gb=round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9),
            load_before=round(self.load_before, 1),
            others_cores=round(others_cores, 2),
        )


class Others:
    """How many cores other processes used since this object was made: all work of the machine without our own."""

    def __init__(self) -> None:
        self._began, self._work_s = time.monotonic(), _machine_s() - _own_s()

    def cores(self) -> float:
        """At least 0: the kernel counts both in hundredths of a second, not at the same moment."""
        took_s = max(time.monotonic() - self._began, 0.01)
        return max((_machine_s() - _own_s() - self._work_s) / took_s, 0.0)


def _machine_s() -> float:
    """Seconds of all cores that were not idle, with what the host of a virtual machine took."""
    user, nice, system, _, _, *interrupts = map(
        int, Path("/proc/stat").read_text(encoding="utf-8").splitlines()[0].split()[1:9]
    )
    return (user + nice + system + sum(interrupts)) / os.sysconf("SC_CLK_TCK")


def _own_s() -> float:
    """Seconds of this process and of all that it started and that have ended."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def processor() -> str:
    """The model of the processor."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor())


def commit() -> str:
    """The commit of this checkout, and whether its code was changed since; ``unknown`` where git cannot say."""
    try:
        head, changed = (_git("rev-parse", "--short=7", "HEAD"), _git("status", "--porcelain", "--", *CODE))
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{head} with changes" if changed else head


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()
