"""Runs a command as a process of its own and says how long it took and how much memory it held at most."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Measured:
    """One process from start to end: seconds on the clock, seconds of processor, peak resident memory, and its JSON."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    said: dict[str, Any]


class SideError(Exception):
    """A process that did not do what it was measured for."""


def measure(arguments: list[str]) -> Measured:
    """Run `python ARGUMENTS`; its standard output is one JSON object or nothing. `SideError` when it fails.

    The measuring process itself stays small: what it holds when it starts the other would count as the other's.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        began = time.perf_counter()
        process = subprocess.Popen([sys.executable, *arguments], stdout=out, stderr=err)
        _, status, used = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if process.returncode != 0:
            raise SideError(f"{' '.join(arguments)} ended with {process.returncode}:\n{err.read().decode()[-2_000:]}")
        said = out.read().decode().strip()
    return Measured(wall_s, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, json.loads(said) if said else {})


def middle(runs: list[Measured]) -> Measured:
    """The medians of several runs, each number by itself; what was said is that of the run in the middle by wall time.

    The stages of one run add up to its time; medians of stages, from different runs, would not.
    """
    wall_s, cpu_s, peak_mb = (median(getattr(run, name) for run in runs) for name in ("wall_s", "cpu_s", "peak_mb"))
    in_the_middle = sorted(runs, key=lambda run: run.wall_s)[len(runs) // 2]
    return Measured(wall_s, cpu_s, peak_mb, in_the_middle.said)
