"""The sides that are measured: the command of each, and on which streams it is run."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import Measured, SideError, measure, median_run

MILLION = 1_000_000


@dataclass(frozen=True)
class Side:
    """A program that is measured on a stream: `run(world, out)` runs it once, in a new process.

    `most_pings` is the largest stream that it is run on; `most_runs` how often it is run on large streams.
    """

    name: str
    run: Callable[[Path, Path], Measured]
    most_pings: int = 10**12
    most_runs: int = 100

    def times(self, pings: int, runs: int) -> int:
        """How often it is run on a stream of this size."""
        return runs if pings < 10 * MILLION else min(runs, self.most_runs)


def copy(world: Path, out: Path) -> Measured:
    """Measure DuckDB's COPY."""
    return measure(["-m", "benchmarks.copy_duckdb", str(world), str(out / "copy.parquet")])


def offduty(*options: str) -> Callable[[Path, Path], Measured]:
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


def rival(module: str) -> Callable[[Path, Path], Measured]:
    """A function that measures the same question in another tool. It raises `SideError` if there are no rows."""

    def run(world: Path, out: Path) -> Measured:
        target = out / f"{module}.parquet"
        done = measure(["-m", f"benchmarks.rivals.{module}", str(world), str(target)])
        answer = measure(["-m", "benchmarks.count", str(target)]).answer
        if not answer["rows"]:
            raise SideError(f"{module} wrote no rows")
        return Measured(done.wall_s, done.cpu_s, done.peak_mb, answer)

    return run


def floor(world: Path, out: Path, run: str) -> Measured:
    """Measure only reading, writing and hashing; `run` is the folder of a run on the same stream."""
    return measure(["-m", "benchmarks.floor", str(world), run, str(out / "floor.parquet")])


def rows_in(done: Measured) -> int:
    """How many pings a run of the filter has read."""
    return int(sum(done.answer["counts"].values()) + done.answer["quarantined"])


COPY = Side("DuckDB `COPY`", copy)
OFFDUTY = Side("**`offduty run`**", offduty("--threads", "2"))
RIVALS = [
    Side("pandas + geopandas", rival("pandas_geopandas"), 20 * MILLION, most_runs=1),
    Side("polars + shapely", rival("polars_shapely"), 20 * MILLION),
    Side("SedonaDB", rival("sedona"), 20 * MILLION),
]
OPTIONS = [
    Side("`offduty run --threads 1`", offduty("--threads", "1")),
    Side("`offduty run --memory 500MB`", offduty("--threads", "2", "--memory", "500MB")),
]


@dataclass(frozen=True)
class Result:
    """The medians of one side on one stream, and the number of runs."""

    side: str
    runs: int
    median: Measured


def run_sides(
    sides: list[Side], world: Path, out: Path, pings: int, runs: int, say: Callable[[str], None]
) -> list[Result]:
    """Run all sides in turn, in `runs` rounds, so that a busy minute does not affect only one of them."""
    taken: dict[str, list[Measured]] = {side.name: [] for side in sides if pings <= side.most_pings}
    for number in range(runs):
        for side in sides:
            if side.name in taken and number < side.times(pings, runs):
                done = side.run(world, out)
                taken[side.name].append(done)
                say(f"{side.name}: {done.wall_s:.2f} s, {done.cpu_s:.2f} s of processor, {done.peak_mb:,.0f} MB")
    return [Result(name, len(all_of), median_run(all_of)) for name, all_of in taken.items()]
