"""Measures `offduty verify` and the run that it checks.

`python -m benchmarks.auditing [--rows 20] [--runs 3] [--write]`.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from pathlib import Path

from benchmarks.__main__ import CORES, machine
from benchmarks.measure import Measured, measure, median_run
from benchmarks.worlds import make_world

MILLION = 1_000_000
PAGE = Path(__file__).parents[1] / "docs" / "how-to" / "auditing.md"
HEAD = "| pings | what | seconds | × the run | processor s | peak MB |\n|--:|---|--:|--:|--:|--:|"


def main() -> None:
    """Measure a run and the kinds of verification in turn, and print the medians of all rounds."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.auditing", description=__doc__)
    parser.add_argument("--rows", type=float, default=20, help="million pings (default: 20)")
    parser.add_argument("--runs", type=int, default=3, help="how often each is run (default: 3)")
    parser.add_argument(
        "--keep", type=Path, default=Path(tempfile.gettempdir()) / "offduty-bench", help="the folder of the streams"
    )
    parser.add_argument("--write", action="store_true", help="put the table into docs/how-to/auditing.md")
    options = parser.parse_args()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    where = machine()
    world = make_world(options.keep, int(options.rows * MILLION))
    rounds = [_round(world, options.keep / "audited") for _ in range(options.runs)]
    text = f"{HEAD}\n{_rows(rounds)}\n\n{where}; medians of {options.runs} rounds."
    print(text)
    if options.write:
        _write(text)


def _round(world: Path, store: Path) -> dict[str, Measured]:
    """Measure each once, with a new store."""
    shutil.rmtree(store, ignore_errors=True)
    job, ask = str(world / "job.toml"), ["-m", "offduty", "verify", str(store), "--json"]
    done = {
        "the run": measure(["-m", "offduty", "run", job, "--store", str(store), "--json"]),
        "`verify --inputs`: every check, every row decided again": measure([*ask, "--inputs", job]),
        "`verify --inputs --sample 46050`": measure(
            [*ask, "--inputs", job, "--sample", "46050", "--seed", "benchmark"]
        ),
        "`verify --reference`: whether every released row is possible": measure([*ask, "--reference", job]),
        "`verify` without inputs": measure(ask),
    }
    shutil.rmtree(store, ignore_errors=True)
    return done


def _rows(rounds: list[dict[str, Measured]]) -> str:
    names = list(rounds[0])
    medians = {name: median_run([each[name] for each in rounds]) for name in names}
    run = medians[names[0]]
    pings = sum(run.answer["counts"].values()) + run.answer["quarantined"]
    return "\n".join(
        f"| {pings:,} | {name} | {m.wall_s:.1f} | {m.wall_s / run.wall_s:.1f} | {m.cpu_s:.1f} | {m.peak_mb:,.0f} |"
        for name, m in medians.items()
    )


def _write(text: str) -> None:
    before, mark, rest = PAGE.read_text(encoding="utf-8").partition("<!-- audit speed -->\n")
    after = rest.partition("<!-- /audit speed -->")[2]
    PAGE.write_text(f"{before}{mark}{text}\n<!-- /audit speed -->{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
