"""Runs a command as a process of its own, and measures its time and its peak memory."""

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
    """One process from start to end: seconds on the clock and of processor, peak resident memory, and its JSON."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    answer: dict[str, Any]


class SideError(Exception):
    """A measured process failed or gave no result."""


def measure(arguments: list[str], *, answers: bool = True) -> Measured:
    """Run `python ARGUMENTS`, whose standard output is one JSON object or nothing, or something else that is not read
    (``answers=False``). Raises `SideError` if it fails.

    The measuring process itself must stay small: its memory at the start of the other counts as the other's.
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
        answer = out.read().decode().strip()
    return Measured(
        wall_s, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, json.loads(answer) if answer and answers else {}
    )


def median_run(runs: list[Measured]) -> Measured:
    """The medians of several runs, separately for each number, with the JSON of the run with the median wall time.

    The stages in the JSON of one run add up to its time; medians of stages from different runs would not.
    """
    wall_s, cpu_s, peak_mb = (median(getattr(run, name) for run in runs) for name in ("wall_s", "cpu_s", "peak_mb"))
    in_the_middle = sorted(runs, key=lambda run: run.wall_s)[len(runs) // 2]
    return Measured(wall_s, cpu_s, peak_mb, in_the_middle.answer)
