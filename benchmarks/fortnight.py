"""Measures a fortnight of a large force, day by day in one process: does a day cost the same at the end, and how much?

The target: a thousand million pings in one process, with bounded memory, at 1.2 times the time per ping of a run of
20 million pings, which is measured before and after it. Rows of clocks that were not set are left out: by the footers,
each file would reach from 1970 to 2099, and every day would read all of them.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from benchmarks.machine import commit, keep_to_two_cores
from benchmarks.measure import Measured, SideError, measure
from benchmarks.set_clocks import row_groups_of_set_clocks
from benchmarks.worlds import DAY, make_world, officers_for

TARGET = 1.2
BESIDE = 20_000_000


def main() -> None:
    """Make the days, run them one after the other in one process, and print a line for each and for all."""
    options = _options()
    keep_to_two_cores()
    options.keep.mkdir(parents=True, exist_ok=True)
    plain = make_world(options.keep, options.beside)
    force = make_force(options.keep, options.pings, options.days)
    if options.only_make:
        return
    out = options.keep / "out-fortnight"
    load = os.getloadavg()[0]
    try:
        before = _run(plain, out, 1)
        many = _run(force, out, options.days)
        after = _run(plain, out, 1)
    except SideError as error:
        sys.exit(f"benchmark: {error}")
    finally:
        shutil.rmtree(out, ignore_errors=True)
    print(report(before, many, after, load))


def make_force(keep: Path, pings: int, days: int) -> Path:
    """The folder of a force with about `pings` a day; it is made if it is missing."""
    force = keep / f"force-{pings}-{days}-days"
    if not (force / "made").exists():
        shutil.rmtree(force, ignore_errors=True)
        print(f"making {days} days of {pings:,} pings", file=sys.stderr)
        command = [sys.executable, "-m", "offduty", "synth", str(force), "--officers", str(officers_for(pings))]
        span = ["--days", str(days), "--start", str(DAY), "--every", "60", "--seed", "1", "--no-truth"]
        subprocess.run([*command, *span], check=True)
        for file in sorted((force / "pings").iterdir()):
            _leave_out_unset_clocks(file)
        (force / "made").touch()
    return force


def _leave_out_unset_clocks(file: Path) -> None:
    """Write a day of pings again without the rows for which every night would have to read it."""
    new = file.with_suffix(".new")
    with pq.ParquetWriter(new, pq.read_schema(file), compression="zstd") as writer:
        for rows in row_groups_of_set_clocks(file):
            writer.write_table(rows)
    new.replace(file)


def report(before: Measured, many: Measured, after: Measured, load: float) -> str:
    """A line for each day, then nanoseconds per ping beside those of one smaller day, taken before and after."""
    days = many.answer["days"]
    rows = sum(map(_rows, days))
    one_ns = sum(_ns_a_row(run) for run in (before, after)) / 2
    lines = [f"{day['day']}  {_rows(day):12,} pings  {day['seconds']:7.1f} s  {_ns_of(day):5.0f} ns" for day in days]
    lines += [
        f"{rows:,} pings of {len(days)} days in one process: {many.wall_s:,.0f} s, {many.cpu_s:,.0f} s of processor, "
        f"peak {many.peak_mb:,.0f} MB",
        f"{many.wall_s / rows * 1e9:.0f} ns a ping; {_rows(before.answer['days'][0]):,} pings alone: {one_ns:.0f} ns, "
        f"peak {before.peak_mb:,.0f} MB",
        f"ratio {many.wall_s / rows * 1e9 / one_ns:.2f} (target: {TARGET})",
        f"commit {commit()}; load of the machine before: {load:.2f}",
    ]
    return "\n".join(lines)


def _rows(day: dict[str, Any]) -> int:
    return int(sum(day["counts"].values()) + day["quarantined"])


def _ns_of(day: dict[str, Any]) -> float:
    return float(day["seconds"]) / _rows(day) * 1e9


def _ns_a_row(run: Measured) -> float:
    return run.wall_s / sum(map(_rows, run.answer["days"])) * 1e9


def _run(folder: Path, out: Path, days: int) -> Measured:
    """All days of a folder, into a new store."""
    shutil.rmtree(out, ignore_errors=True)
    span = ["--each", "day", "--from", str(DAY), "--to", str(DAY + timedelta(days=days))]
    job = str(folder / "job.toml")
    done = measure(["-m", "offduty", "run", job, *span, "--json", "--timings", "--store", str(out / "store")])
    if not all(day["published"] for day in done.answer["days"]):
        raise SideError("offduty published nothing")
    return done


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fortnight", description=__doc__)
    parser.add_argument("--pings", type=int, default=66_000_000, help="pings of each day (default: %(default)s)")
    parser.add_argument("--days", type=int, default=15, help="days in a row (default: %(default)s)")
    parser.add_argument("--beside", type=int, default=BESIDE, help="pings of the day beside it (default: %(default)s)")
    parser.add_argument("--only-make", action="store_true", help="make the pings, and measure nothing")
    parser.add_argument(
        "--keep",
        type=Path,
        default=Path(tempfile.gettempdir()) / "offduty-bench",
        help="where pings are kept for the next time (default: %(default)s)",
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
