"""Measures the filter, and simple programs for the same question in other tools, and prints one table."""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import SideError
from benchmarks.report import Stream, table, targets
from benchmarks.sides import COPY, MILLION, OFFDUTY, OPTIONS, RIVALS, floor, rows_in, run_sides
from benchmarks.worlds import make_big_roster, make_world

CORES = 2
SHORT_PINGS = 200_000


def main() -> None:
    """Make the streams, measure all sides on each, and print the table and the targets."""
    options = _options()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    options.keep.mkdir(parents=True, exist_ok=True)
    where = machine()
    _say(where)
    sizes = [SHORT_PINGS] if options.short else [int(float(size) * MILLION) for size in options.rows.split(",")]
    try:
        streams = [_stream(options, pings) for pings in sizes]
    except SideError as error:
        sys.exit(f"benchmark: {error}")
    print(f"{where}\n\n{table(streams)}\n\n{targets(streams)}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--rows", default="2,20,66", help="sizes of the streams in million pings (default: %(default)s)"
    )
    parser.add_argument("--runs", type=int, default=3, help="how often each side is run, for medians (default: 3)")
    folder = Path(tempfile.gettempdir()) / "offduty-bench"
    parser.add_argument("--keep", type=Path, default=folder, help="the folder of the streams, which are used again")
    parser.add_argument("--short", action="store_true", help="200,000 pings, each side once: a test that all runs")
    big = "also 2 million pings with 1 million roster entries and 50,000 places"
    parser.add_argument("--big-roster", action=argparse.BooleanOptionalAction, default=True, help=big)
    options = parser.parse_args()
    if options.short:
        options.runs, options.big_roster = 1, False
    return options


def _stream(options: argparse.Namespace, asked: int) -> Stream:
    """Measure all sides on one stream; the options of the filter at 20 million, the large roster at 2 million."""
    world, out = make_world(options.keep, asked), options.keep / "out"
    out.mkdir(exist_ok=True)
    _warm(world)
    sides = [COPY, OFFDUTY, *RIVALS, *(OPTIONS if asked == 20 * MILLION else [])]
    try:
        results = run_sides(sides, world, out, asked, options.runs, _say)
        ours = OFFDUTY.run(world, out)  # not measured: the floor writes what this run released
        lowest = floor(world, out, ours.answer["path"])
        big = None
        if options.big_roster and asked == 2 * MILLION:
            grown = make_big_roster(options.keep, world)
            big = run_sides([OFFDUTY], grown, out, asked, options.runs, _say)[0]
    finally:
        shutil.rmtree(out, ignore_errors=True)
    return Stream(asked, rows_in(ours), results, lowest, big)


def _warm(world: Path) -> None:
    """Read the pings once, so that the first side does not have to wait for the disk."""
    for path in (world / "pings").iterdir():
        with path.open("rb") as file:
            while file.read(1 << 24):
                pass


def machine() -> str:
    """The processor, the cores in use, the memory, and how busy the machine is with other work."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    model = next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.processor()
    )
    memory_gb = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    cores = len(os.sched_getaffinity(0))
    return f"{model}, {cores} cores, {memory_gb:.0f} GB; load before the first run {os.getloadavg()[0]:.1f}"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
