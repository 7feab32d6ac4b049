"""Measures what a folder of a year of nights costs one night's run, against a folder of the files that this run reads.

The target is at most 1.1 times the night alone (specification#files-read). Of the files of the other nights a run reads
only the footers. So with ``--few-rows`` the nights before the last two have few rows in each row group, and as many
row groups: their footers are as large as those of whole nights, and a year of a large force fits on a small disk.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable
from datetime import timedelta
from itertools import chain
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.measure import Measured, SideError, measure, median_run
from benchmarks.set_clocks import row_groups_of_set_clocks
from benchmarks.worlds import DAY, make_world

TARGET = 1.1
TABLES = ("job.toml", "policy.toml", "assignments.csv", "roster.csv", "places.geojson", "sites.geojson")
KEYS = ("pseudonym.key", "signing.key")
WHOLE_NIGHTS = 2  # the night itself, and the one before it, which a run reads for duty windows that reach into it
FEW_ROWS = 40


def main() -> None:
    """Make the year, run the night from both folders in turn, and print the times, their ratio and the load."""
    options = _options()
    options.keep.mkdir(parents=True, exist_ok=True)
    world = make_world(options.keep, options.pings)
    year = make_year(options.keep, world, options.nights, few_rows=options.few_rows)
    out = options.keep / "out-folders"
    before = os.getloadavg()
    try:
        alone = make_alone(options.keep, year, _night(year, out))
        pairs = [(_night(alone, out), _night(year, out)) for _ in range(options.runs)]
    except SideError as error:
        sys.exit(f"benchmark: {error}")
    finally:
        shutil.rmtree(out, ignore_errors=True)
    few, many = (median_run([pair[side] for pair in pairs]) for side in (0, 1))
    print(report(options, few, many, (before[0], os.getloadavg()[0])))


def report(options: argparse.Namespace, few: Measured, many: Measured, load: tuple[float, float]) -> str:
    """Both medians, their ratios, and what the machine did besides."""
    few_rows = f" (before the last {WHOLE_NIGHTS} only their footers)" if options.few_rows else ""
    lines = [
        f"{options.nights} nights of Parquet, {options.pings:,} pings each{few_rows}; medians of {options.runs} runs in"
        " turn",
        f"that night alone   {few.wall_s:6.2f} s   {few.cpu_s:6.2f} s of processor",
        f"the whole folder   {many.wall_s:6.2f} s   {many.cpu_s:6.2f} s of processor",
        f"ratio              {many.wall_s / few.wall_s:6.2f}     {many.cpu_s / few.cpu_s:6.2f}     (target: {TARGET})",
        f"load of the machine: {load[0]:.2f} before, {load[1]:.2f} after, on {os.cpu_count()} cores",
        "Above one busy core beside it, take the figures again." if max(load) > 2 else "",
    ]
    return "\n".join(line for line in lines if line)


def make_year(keep: Path, world: Path, nights: int, *, few_rows: bool = False) -> Path:
    """A folder with the night of a world and earlier ones, each with the same positions some days earlier; with
    ``few_rows`` only the first of each row group, before the last two nights.
    """
    year = keep / f"{world.name}-{nights}-nights{'-of-few-rows' if few_rows else ''}"
    if not (year / "made").exists():
        print(f"making {nights} nights", file=sys.stderr)
        (year / "pings").mkdir(parents=True, exist_ok=True)
        _copy_tables(world, year)
        files = sorted((world / "pings").glob("*.parquet"))
        for file in files:
            few = list(row_groups_of_set_clocks(file, FEW_ROWS)) if few_rows else None
            for back in range(nights):
                groups = row_groups_of_set_clocks(file) if few is None or back < WHOLE_NIGHTS else few
                _write_earlier(groups, year / "pings" / f"{DAY - timedelta(days=back)}-{file.name}", back)
        (year / "made").touch()
    return year


def make_alone(keep: Path, year: Path, done: Measured) -> Path:
    """A folder with only the files of pings that the run named."""
    alone = keep / f"{year.name}-alone"
    shutil.rmtree(alone, ignore_errors=True)
    (alone / "pings").mkdir(parents=True)
    _copy_tables(year, alone)
    entry = next((Path(done.answer["path"]).parent.parent / "log").glob("*.entry"))
    document = json.loads(entry.read_bytes().partition(b"\n\n")[0])
    for given in document["inputs"]:
        if given["table"] == "pings":
            os.link(year / given["name"], alone / given["name"])
    return alone


def _copy_tables(source: Path, target: Path) -> None:
    for name in (*TABLES, *KEYS):
        shutil.copy(source / name, target / name)
    for name in KEYS:
        (target / name).chmod(0o600)


def _write_earlier(groups: Iterable[pa.Table], target: Path, days: int) -> None:
    """The same row groups, some days earlier."""
    earlier = (_some_days_earlier(rows, days) for rows in groups)
    first = next(earlier)
    with pq.ParquetWriter(target, first.schema, compression="zstd") as writer:
        for rows in chain([first], earlier):
            writer.write_table(rows, row_group_size=max(rows.num_rows, 1))


def _some_days_earlier(rows: pa.Table, days: int) -> pa.Table:
    place = rows.schema.get_field_index("observed_at")
    field = rows.schema.field(place)
    moved = pc.subtract(rows.column(place), pa.scalar(timedelta(days=days), pa.duration("us")))
    return rows.set_column(place, field, moved.cast(field.type))


def _night(folder: Path, out: Path) -> Measured:
    """One run over the night, into a new store."""
    shutil.rmtree(out, ignore_errors=True)
    span = ["--from", str(DAY), "--to", str(DAY + timedelta(days=1))]
    done = measure(
        ["-m", "offduty", "run", str(folder / "job.toml"), "--json", "--timings", "--store", str(out / "store"), *span]
    )
    if not done.answer.get("published") or not sum(done.answer["counts"].values()):
        raise SideError("offduty published nothing")
    return done


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.folders", description=__doc__)
    parser.add_argument("--pings", type=int, default=2_000_000, help="pings of each night (default: %(default)s)")
    parser.add_argument("--few-rows", action="store_true", help="the earlier nights have few rows in each row group")
    parser.add_argument("--nights", type=int, default=365, help="nights in the folder (default: %(default)s)")
    parser.add_argument("--runs", type=int, default=5, help="how often each is run, for medians (default: %(default)s)")
    folder = Path(tempfile.gettempdir()) / "offduty-bench"
    parser.add_argument("--keep", type=Path, default=folder, help="the folder of the streams, which are used again")
    return parser.parse_args()


if __name__ == "__main__":
    main()
