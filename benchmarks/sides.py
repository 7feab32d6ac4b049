"""Who is measured: each side's command, and on which streams it is run."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import Measured, SideError, measure, middle

MILLION = 1_000_000


@dataclass(frozen=True)
class Side:
    """Something that is run on a stream: `run(world, out)` does it once, in a fresh process.

    `most_pings` is the largest stream it is asked to take; `most_runs` how often it is run on 20 million or more.
    """

    name: str
    run: Callable[[Path, Path], Measured]
    most_pings: int = 10**12
    most_runs: int = 100

    def times(self, pings: int, runs: int) -> int:
        """How often it is run on so many pings."""
        return runs if pings < 10 * MILLION else min(runs, self.most_runs)


def copy(world: Path, out: Path) -> Measured:
    """DuckDB's plain COPY."""
    return measure(["-m", "benchmarks.copy_duckdb", str(world), str(out / "copy.parquet")])


def offduty(*options: str) -> Callable[[Path, Path], Measured]:
    """The whole filter, into a fresh store."""

    def run(world: Path, out: Path) -> Measured:
        store = out / "store"
        shutil.rmtree(store, ignore_errors=True)
        job = str(world / "job.toml")
        done = measure(["-m", "offduty", "run", job, "--json", "--timings", "--store", str(store), *options])
        if not done.said.get("published") or not rows_in(done):
            raise SideError("offduty published nothing")
        return done

    return run


def rival(module: str) -> Callable[[Path, Path], Measured]:
    """The same question in another tool."""

    def run(world: Path, out: Path) -> Measured:
        target = out / f"{module}.parquet"
        done = measure(["-m", f"benchmarks.rivals.{module}", str(world), str(target)])
        said = measure(["-m", "benchmarks.count", str(target)]).said
        if not said["rows"]:
            raise SideError(f"{module} kept no rows")
        return Measured(done.wall_s, done.cpu_s, done.peak_mb, said)

    return run


def floor(world: Path, out: Path, run: str) -> Measured:
    """Reading, writing and hashing alone; `run` is the folder of a run on the same stream."""
    return measure(["-m", "benchmarks.floor", str(world), run, str(out / "floor.parquet")])


def rows_in(done: Measured) -> int:
    """How many pings a run of the filter was given."""
    return int(sum(done.said["counts"].values()) + done.said["quarantined"])


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
    """What came of one side on one stream: the medians, and of how many runs."""

    side: str
    runs: int
    median: Measured


def run_sides(
    sides: list[Side], world: Path, out: Path, pings: int, runs: int, say: Callable[[str], None]
) -> list[Result]:
    """All sides in turn, as many rounds as there are runs, so that a noisy minute does not fall on one side alone."""
    taken: dict[str, list[Measured]] = {side.name: [] for side in sides if pings <= side.most_pings}
    for number in range(runs):
        for side in sides:
            if side.name in taken and number < side.times(pings, runs):
                done = side.run(world, out)
                taken[side.name].append(done)
                say(f"{side.name}: {done.wall_s:.2f} s, {done.cpu_s:.2f} s of processor, {done.peak_mb:,.0f} MB")
    return [Result(name, len(all_of), middle(all_of)) for name, all_of in taken.items()]
