"""Measures a fortnight of a large force, day by day in one process: does a day cost the same at the end, and how much?

The target: a thousand million pings in one process, with bounded memory, at 1.2 times the time per ping of a run of
20 million pings, which is measured before and after it. Days are made as they are needed and deleted when no run needs
them any more, so that there are never more than four on the disk. Nothing is made while a day runs.

Rows of clocks that were not set are left out: by the footers, each file would reach from 1970 to 2099, and every day
would read all of them.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from benchmarks.machine import commit, keep_to_two_cores
from benchmarks.measure import Measured, SideError, measure
from benchmarks.worlds import DAY, make_world, officers_for

TARGET = 1.2
BESIDE = 20_000_000
NEEDED_BESIDE = 1  # days before and after a day, which its run reads


@dataclass(frozen=True)
class DayRun:
    """The run of one day: its pings and seconds, and what its process had used by its end."""

    day: date
    pings: int
    seconds: float
    cpu_s: float
    peak_mb: float

    @property
    def line(self) -> str:
        """The run in a line."""
        ns = self.seconds / self.pings * 1e9
        return f"{self.day}  {self.pings:12,} pings  {self.seconds:7.1f} s  {ns:5.0f} ns  peak {self.peak_mb:6,.0f} MB"


def main() -> None:
    """Make and run one day after the other, and print a line for each and for all."""
    options = _options()
    keep_to_two_cores()
    options.keep.mkdir(parents=True, exist_ok=True)
    force, out = options.keep / "force-in-turn", options.keep / "out-fortnight"
    load = os.getloadavg()[0]
    try:
        plain = make_world(options.keep, options.beside)
        before = _alone(plain, out)
        many = list(run_in_turn(force, officers_for(options.pings), options.days))
        after = _alone(plain, out)
    except SideError as error:
        sys.exit(f"benchmark: {error}")
    finally:
        shutil.rmtree(out, ignore_errors=True)
        shutil.rmtree(force, ignore_errors=True)
    print(report(before, many, after, load))


def run_in_turn(force: Path, officers: int, days: int) -> Iterator[DayRun]:
    """Run each day of a force. Its file and those of the days beside it are there then, and no other."""
    shutil.rmtree(force, ignore_errors=True)
    making = ["-m", "benchmarks.made_days", str(force), str(officers), str(days)]
    running = ["-m", "benchmarks.run_in_turn", str(force / "job.toml"), str(force / "store")]
    with ExitStack() as until:
        maker = until.enter_context(_asked(making))
        _line_of(maker)
        made, runner = 0, None
        for number in range(days):
            while made < min(number + NEEDED_BESIDE + 1, days):
                _answer(maker, "next")
                made += 1
            began = time.perf_counter()
            runner = runner or until.enter_context(_asked(running))  # its start is part of the first day
            day = DAY + timedelta(days=number)
            found = json.loads(_answer(runner, day.isoformat()))
            run = DayRun(day, seconds=time.perf_counter() - began, **found)
            print(run.line, file=sys.stderr, flush=True)
            yield run
            if number >= NEEDED_BESIDE:
                (force / "pings" / f"{day - timedelta(days=NEEDED_BESIDE)}.parquet").unlink()


@contextmanager
def _asked(arguments: list[str]) -> Iterator[subprocess.Popen[str]]:
    """A Python process that answers a line with a line, until the end of the context."""
    with subprocess.Popen(
        [sys.executable, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _answer(process: subprocess.Popen[str], line: str) -> str:
    if process.stdin is not None:
        process.stdin.write(f"{line}\n")
        process.stdin.flush()
    return _line_of(process)


def _line_of(process: subprocess.Popen[str]) -> str:
    """The next line that a process writes. Raises `SideError` where it ends instead."""
    line = "" if process.stdout is None else process.stdout.readline()
    if not line:
        raise SideError(f"a process ended with {process.wait()}: {process.args}")
    return line


def report(before: Measured, many: list[DayRun], after: Measured, load: float) -> str:
    """A line for each day, then nanoseconds per ping beside those of one smaller day, taken before and after."""
    pings, seconds = sum(run.pings for run in many), sum(run.seconds for run in many)
    one_ns = sum(_ns_a_row(run) for run in (before, after)) / 2
    ns = seconds / pings * 1e9
    lines = [run.line for run in many]
    lines += [
        f"{pings:,} pings of {len(many)} days in one process: {seconds:,.0f} s, {many[-1].cpu_s:,.0f} s of processor, "
        f"peak {many[-1].peak_mb:,.0f} MB",
        f"{ns:.0f} ns a ping; {_rows(before.answer):,} pings alone: {one_ns:.0f} ns, peak {before.peak_mb:,.0f} MB",
        f"ratio {ns / one_ns:.2f} (target: {TARGET})",
        f"commit {commit()}; load of the machine before: {load:.2f}",
    ]
    return "\n".join(lines)


def _rows(run: dict[str, Any]) -> int:
    return int(sum(run["counts"].values()) + run["quarantined"])


def _ns_a_row(run: Measured) -> float:
    return run.wall_s / _rows(run.answer) * 1e9


def _alone(folder: Path, out: Path) -> Measured:
    """The run of a world of one day, into a new store."""
    shutil.rmtree(out, ignore_errors=True)
    done = measure(["-m", "offduty", "run", str(folder / "job.toml"), "--json", "--store", str(out / "store")])
    if not done.answer["published"]:
        raise SideError("offduty published nothing")
    return done


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fortnight", description=__doc__)
    parser.add_argument("--pings", type=int, default=66_000_000, help="pings of each day (default: %(default)s)")
    parser.add_argument("--days", type=int, default=15, help="days in a row (default: %(default)s)")
    parser.add_argument("--beside", type=int, default=BESIDE, help="pings of the day beside it (default: %(default)s)")
    parser.add_argument(
        "--keep",
        type=Path,
        default=Path(tempfile.gettempdir()) / "offduty-bench",
        help="where the days lie, and the pings beside them for the next time (default: %(default)s)",
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
