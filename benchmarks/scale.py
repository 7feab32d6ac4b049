"""Estimates how long a day takes on larger clusters, from what was measured on one machine; prints one table.

Nothing in the table was measured. `python -m benchmarks.scale [--write]` simulates the tasks of a run on many cores.
Each task takes the processor time per row of benchmarks/spark.json, with some random variation. The driver does its
part alone. `Assumed` has the other assumptions.
"""

from __future__ import annotations

import argparse
import heapq
import json
import random
from collections.abc import Iterable
from dataclasses import dataclass

from benchmarks.spark import PAGE, ROOT, Figures, Stage
from offduty.engines.spark.cluster import BUCKETS_PER_PARTITION, MOST_BUCKETS
from tests.written import rewrite

MILLION = 1_000_000
PIECE_ROWS = 1 << 20
MOST_PARTITIONS = MOST_BUCKETS // BUCKETS_PER_PARTITION
DAYS = [20 * MILLION, 200 * MILLION, 1_000 * MILLION, 10_000 * MILLION]
CLUSTERS = [(1, 2), (2, 2), (4, 2), (64, 8)]


@dataclass(frozen=True)
class Assumed:
    """What was not measured: guesses, which may be wrong for another cluster."""

    pings_an_officer: int = 1_180  # a day at one a minute, minus what is lost
    most_officers: int = 200_000  # larger days have not more officers, but more frequent pings
    network_bytes_s: float = 0.5e9  # of each machine, when all send at once
    hash_bytes_s: float = 1.5e9
    bytes_a_ping: float = 18.4  # of the input files
    task_s: float = 0.1  # to start a task
    jitter: float = 0.2
    skew: float = 0.05  # the share of all pings that one device sends


@dataclass(frozen=True)
class Day:
    """The estimate for a day of pings on a cluster: seconds of each part, the memory of the driver, and the traffic."""

    reference_s: float
    look_s: float
    shuffle_s: float
    settle_s: float
    driver_s: float
    driver_bytes: float
    shuffled_bytes: float

    @property
    def all_s(self) -> float:
        """Seconds from the first work of the session to the entry in the log."""
        return self.reference_s + self.look_s + self.shuffle_s + self.settle_s + self.driver_s


def simulated(tasks: Iterable[float], cores: int, rng: random.Random, assumed: Assumed) -> float:
    """The second at which the last of these tasks is done. Each is given to the first free core."""
    free = [0.0] * cores
    for seconds in tasks:
        took = (seconds + assumed.task_s) * rng.lognormvariate(0, assumed.jitter)
        heapq.heappush(free, heapq.heappop(free) + took)
    return max(free)


def estimated(pings: int, executors: int, cores: int, measured: Figures, assumed: Assumed) -> Day:
    """The estimate for a day of `pings` on `executors`, each with `cores`."""
    rng = random.Random(1)
    slots = executors * cores
    scale = pings / measured.pings
    officers = min(pings / assumed.pings_an_officer, assumed.most_officers)
    known = officers / (measured.pings / assumed.pings_an_officer)
    look_row_s, settle_row_s = (
        measured.spark["look"].cpu_s / measured.pings,
        measured.spark["settle"].cpu_s / measured.waiting,
    )
    pieces = max(round(pings / PIECE_ROWS), 1)
    partitions = min(max(slots, pieces), MOST_PARTITIONS)
    waiting = measured.waiting * scale
    largest = waiting * assumed.skew
    rest = (waiting - largest) / partitions
    shuffled = measured.shuffled_bytes * scale
    own_s = measured.spark["gather"].cpu_s + measured.spark["write"].cpu_s
    hashed_s = pings * assumed.bytes_a_ping / assumed.hash_bytes_s
    look_s = simulated([look_row_s * pings / pieces] * pieces, slots, rng, assumed)
    return Day(
        reference_s=2 * measured.spark["reference"].cpu_s * known,  # on the driver, then in all processes at once
        look_s=max(look_s, hashed_s),  # the driver hashes the files at the same time
        shuffle_s=shuffled / (executors * assumed.network_bytes_s),
        settle_s=simulated(
            [settle_row_s * (rest + largest), *[settle_row_s * rest] * (partitions - 1)], slots, rng, assumed
        ),
        driver_s=own_s * scale,
        driver_bytes=pings + 9.0 * waiting / partitions,
        shuffled_bytes=shuffled,
    )


def table(measured: Figures, assumed: Assumed) -> str:
    """The estimates as a Markdown table: from the first task to the entry in the log, and what the driver needs."""
    columns = ["pings a day", "1 executor of 2 cores", "2", "4", "64 of 8 cores", "of it the driver alone"]
    columns += ["its reasons in memory", "shuffled"]
    head = [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    rows = []
    for pings in DAYS:
        days = [estimated(pings, executors, cores, measured, assumed) for executors, cores in CLUSTERS]
        times = " | ".join(_minutes(day.all_s) for day in days)
        last = days[-1]
        rows.append(
            f"| {pings // MILLION:,} million | {times} | {_minutes(last.driver_s)} | {last.driver_bytes / 1e9:,.2f} GB"
            f" | {last.shuffled_bytes / 1e9:,.1f} GB |"
        )
    return "\n".join([*head, *rows])


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:,.1f} min" if seconds < 7_200 else f"{seconds / 3_600:,.1f} h"


def measured_here() -> Figures:
    """The figures that `python -m benchmarks.spark --write` wrote."""
    cells = json.loads((ROOT / "benchmarks" / "spark.json").read_text(encoding="utf-8"))
    for engine in ("local", "spark"):
        cells[engine] = {name: Stage(**stage) for name, stage in cells[engine].items()}
    return Figures(**cells)


def main() -> None:
    """Print the table, and with ``--write`` also write it into docs/explanation/scale.md."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    print(table(measured_here(), Assumed()))
    if options.write:
        write(measured_here())


def write(measured: Figures) -> None:
    """Put the table into docs/explanation/scale.md."""
    rewrite(PAGE, "scale", table(measured, Assumed()))


if __name__ == "__main__":
    main()
