"""Measures `offduty.mask` on DataFrames against the command on the same rows in Parquet: at most 1.3 times as long.

`python -m benchmarks.frames [--rows 2] [--runs 3]`.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from pathlib import Path

import pandas as pd

from benchmarks.machine import Session, keep_to_two_cores, processor
from benchmarks.measure import Measured, measure, median_run
from benchmarks.worlds import make_world

MILLION = 1_000_000
MOST = 1.3
HEAD = "| pings | what | seconds | × the command | processor s | peak MB |\n|--:|---|--:|--:|--:|--:|"


def main() -> None:
    """Measure both in turn, and print the medians of all rounds, and whether the target is met."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.frames", description=__doc__)
    parser.add_argument("--rows", type=float, default=2, help="million pings (default: 2)")
    parser.add_argument("--runs", type=int, default=3, help="how often each is run (default: 3)")
    parser.add_argument(
        "--keep", type=Path, default=Path(tempfile.gettempdir()) / "offduty-bench", help="the folder of the streams"
    )
    parser.add_argument("--side", type=Path, help="mask the world of this folder, and print the figures as JSON")
    options = parser.parse_args()
    keep_to_two_cores()
    if options.side is not None:
        print(json.dumps(masked(options.side)))
        return
    world, session = make_world(options.keep, int(options.rows * MILLION)), Session()
    rounds = [_round(world, options.keep / "masked") for _ in range(options.runs)]
    command, frames = (median_run([each[side] for each in rounds]) for side in (0, 1))
    print(f"{HEAD}\n{_rows(command, frames)}\n\n{processor()}; load before {session.load_before:.1f}.")
    share = frames.answer["seconds"] / command.wall_s
    print(f"the call takes {share:.2f} of the command: at most {MOST} is {'met' if share <= MOST else 'NOT MET'}")


def _round(world: Path, store: Path) -> tuple[Measured, Measured]:
    """Measure the command, with a new store, and the call."""
    shutil.rmtree(store, ignore_errors=True)
    done = (
        measure(["-m", "offduty", "run", str(world / "job.toml"), "--store", str(store), "--json"]),
        measure(["-m", "benchmarks.frames", "--side", str(world)]),
    )
    shutil.rmtree(store, ignore_errors=True)
    return done


def masked(world: Path) -> dict[str, float]:
    """Read a world into DataFrames, and mask them: the seconds of the call alone, and how many rows there were."""
    import geopandas as gpd

    import offduty

    pings = pd.concat([pd.read_parquet(path) for path in sorted((world / "pings").iterdir())], ignore_index=True)
    texts = [
        pd.read_csv(world / f"{name}.csv", dtype="str", keep_default_na=False, na_values=[""])
        for name in ("assignments", "roster")
    ]
    shapes = [
        gpd.GeoDataFrame.from_features(json.loads((world / f"{name}.geojson").read_text()), crs="EPSG:4326")
        for name in ("places", "sites")
    ]
    began = time.perf_counter()
    release = offduty.mask(pings, *texts, *shapes, world / "policy.toml", key=bytes(32))
    frame = release.frame
    return {"seconds": time.perf_counter() - began, "pings": len(pings), "released": len(frame)}


def _rows(command: Measured, frames: Measured) -> str:
    pings, call = f"{frames.answer['pings']:,}", frames.answer["seconds"]
    sides = [
        ("`offduty run`, pings in Parquet", command.wall_s, command),
        ("`offduty.mask`, the call alone", call, None),
        ("the whole process, with imports and the reading into DataFrames", frames.wall_s, frames),
    ]
    return "\n".join(
        f"| {pings} | {name} | {seconds:.2f} | {seconds / command.wall_s:.2f}"
        f" | {'' if one is None else f'{one.cpu_s:.1f}'} | {'' if one is None else f'{one.peak_mb:,.0f}'} |"
        for name, seconds, one in sides
    )


if __name__ == "__main__":
    main()
