"""The programs that are measured: the command of each."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import Measured, SideError, measure
from benchmarks.worlds import big_roster_of, sample_run, text_of

Run = Callable[[Path, Path], Measured]
"""Runs a program once on a world, in a new process; the second folder is for what it writes."""


@dataclass(frozen=True)
class Side:
    """A program that is measured: its key in the figures, its name on pages, and in how many rounds it takes part.

    ``beside`` names the sides of the same part with which it is compared; tables show the first of them.
    """

    key: str
    words: str
    run: Run
    rounds: int
    beside: tuple[str, ...] = ()


def copy(world: Path, out: Path) -> Measured:
    """Measure DuckDB's COPY."""
    done = measure(["-m", "benchmarks.copy_duckdb", str(world), str(out / "copy.parquet")])
    return Measured(done.wall_s, done.cpu_s, done.peak_mb, {"stages": {"statement": done.answer["statement_s"]}})


def offduty(*options: str) -> Run:
    """A function that measures the whole filter, with a new store. It raises `SideError` if nothing was published."""

    def run(world: Path, out: Path) -> Measured:
        store = out / "store"
        shutil.rmtree(store, ignore_errors=True)
        job = str(world / "job.toml")
        done = measure(["-m", "offduty", "run", job, "--json", "--timings", "--store", str(store), *options])
        if not done.answer.get("published") or not rows_in(done):
            raise SideError("offduty published nothing")
        return done

    return run


def rival(module: str) -> Run:
    """A function that measures the same question in another tool. It raises `SideError` if there are no rows."""

    def run(world: Path, out: Path) -> Measured:
        target = out / f"{module}.parquet"
        done = measure(["-m", f"benchmarks.rivals.{module}", str(world), str(target)])
        answer = measure(["-m", "benchmarks.count", str(target)]).answer
        if not answer["rows"]:
            raise SideError(f"{module} wrote no rows")
        return Measured(done.wall_s, done.cpu_s, done.peak_mb, answer)

    return run


def floor(world: Path, out: Path) -> Measured:
    """Measure only reading, writing and hashing; what is written is the release of the run before."""
    run = next((out / "store" / "runs").iterdir())
    done = measure(["-m", "benchmarks.floor", str(world), str(run), str(out / "floor.parquet")])
    return Measured(done.wall_s, done.cpu_s, done.peak_mb, {"stages": done.answer})


def on_text(run: Run, kind: str) -> Run:
    """The same on the pings as text: `kind` is ``csv`` or ``csv.gz``."""
    return lambda world, out: run(text_of(world, kind), out)


def on_big_roster(run: Run) -> Run:
    """The same with a million more roster entries and 50,000 places."""
    return lambda world, out: run(big_roster_of(world), out)


def verify(*options: str, given: str = "") -> Run:
    """A function that measures `offduty verify` of the store that the run before made; `given` is ``--inputs`` or
    ``--reference``, with the job. A store that is not verified, or was found wrong, raises `SideError`.
    """

    def run(world: Path, out: Path) -> Measured:
        inputs = [given, str(world / "job.toml")] if given else []
        return measure(["-m", "offduty", "verify", str(out / "store"), "--json", *inputs, *options])

    return run


def again(world: Path, _out: Path) -> Measured:
    """Measure a run whose answer is there already. It raises `SideError` if it was not."""
    done = measure(sample_run(world))
    if not done.answer.get("already"):
        raise SideError("the run was not there already")
    return Measured(done.wall_s, done.cpu_s, done.peak_mb, {})


def show_help(_world: Path, _out: Path) -> Measured:
    """Measure the start of the program alone."""
    done = measure(["-m", "offduty", "--help"], answers=False)
    return Measured(done.wall_s, done.cpu_s, done.peak_mb, {})


def rows_in(done: Measured) -> int:
    """How many pings a run of the filter has read; 0 for a program that does not say."""
    return int(sum(done.answer.get("counts", {}).values()) + done.answer.get("quarantined", 0))


def released_by(done: Measured) -> int | None:
    """How many positions a program released; None where it does not say."""
    found = done.answer.get("rows") or done.answer.get("counts", {}).get("on_duty")
    return int(found) if found else None
