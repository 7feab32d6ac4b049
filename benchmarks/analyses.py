"""Prints every bar of the analyses with its figure and interval: `python -m benchmarks.analyses [--measure]`.

With ``--measure`` times are taken as well, which takes some minutes; a busy machine says nothing about them, and its
load is printed. Exact intervals need SciPy (the extra `attack`).
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.bars import MET, MISSED, UNKNOWN, Bar, WantedShare, causes, force_by_force, known_bars, share_bar
from benchmarks.lifts import lift_bars
from benchmarks.roster_audit import LIMIT_S, audit_of, made_up
from offduty import run
from offduty.analyses.funnel import outside
from offduty.analyses.presence import presence
from offduty.analyses.presence_summary import summary
from tools.visible_force import make_force

FUNNELS = 1_000
POWER = WantedShare("", "a recorder of 30 edits at five times the rate of others is outside", least=80)
MOST_OF_A_RUN = 0.2
VERSIONS = 1_000_000


def main() -> int:
    """Print the table; 1 where a bar is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.analyses", description=__doc__)
    parser.add_argument("--measure", action="store_true", help="take times, too")
    measure = parser.parse_args().measure
    bars = [*known_bars(), power(), *lift_bars(), *(times() if measure else ())]
    for bar in sorted(bars, key=lambda each: each.analysis):
        print(f"{bar.verdict or 'test':16}  {bar.analysis:12}  {bar.says}: {bar.figure}", end="")
        print(f" [{bar.interval}]" if bar.interval else "", end="")
        print(f"; wanted {bar.wanted}; {bar.where}")
    missed = [bar for bar in bars if bar.verdict in (MISSED, UNKNOWN)]
    print(f"\n{len(bars)} bars, {len(missed)} missed or not known.")
    print("Work that presence does not confirm, by cause:")
    print(*(f"  {count:5,}  {cause}" for cause, count in causes().items()), sep="\n")
    shares = ", ".join(force_by_force())
    print(f"Worked windows that presence confirms, home on record, force by force: {shares} %")
    return 1 if missed else 0


def power() -> Bar:
    """How often a recorder of thirty edits with five times the rate of nineteen others is outside of the funnel."""
    edits = np.array([30.0] + [100.0] * 19)
    rates = np.array([0.5] + [0.1] * 19)
    draw = np.random.default_rng(1)
    found = sum(bool(outside(edits, draw.binomial(edits.astype(int), rates).astype(float))[0]) for _ in range(FUNNELS))
    return share_bar("roster-audit", POWER, found, FUNNELS, "seed 1, a tenth of others' edits marked")


def times() -> Iterator[Bar]:
    """What is measured in seconds of processor, and on the clock."""
    busy = os.getloadavg()[0] > 1
    load = f"load {os.getloadavg()[0]:.1f}" + (": take it again" if busy else "")
    world = made_up(VERSIONS)
    wall_s, cpu_s = _timed(lambda: audit_of(world))
    verdict = MET if wall_s <= LIMIT_S else UNKNOWN if busy else MISSED
    figure = f"{wall_s:.1f} s ({cpu_s:.1f} s of processor)"
    yield Bar("roster-audit", "a million versions", f"<= {LIMIT_S} s", figure, "", verdict, load)
    with TemporaryDirectory() as name:
        folder = Path(name)
        force = make_force(folder, 200, 7, 60, 1, {"ghost_at_home": 0.02})
        wall_s, cpu_s = _timed(
            lambda: summary(presence(force.release.frame, force.roster, force.sites, force.policy, **force.asked))
        )
        again = f"{folder}/again"
        _, run_s = _timed(lambda: run(folder / "job.toml", as_of="2026-05-15T00:00:00Z", store=again))
    ratio = cpu_s / run_s
    verdict = MET if ratio <= MOST_OF_A_RUN else MISSED
    figure = f"{ratio:.2f} x ({cpu_s:.1f} s of processor, the run {run_s:.1f} s)"
    yield Bar(
        "presence", "time, of that of a run of 2 million pings", f"<= {MOST_OF_A_RUN} x", figure, "", verdict, load
    )


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds on the clock, and of processor."""
    began, processor = time.monotonic(), time.process_time()
    work()
    return time.monotonic() - began, time.process_time() - processor


if __name__ == "__main__":
    raise SystemExit(main())
