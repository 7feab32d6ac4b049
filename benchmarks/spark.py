"""Measures the local engine beside Spark on this machine, stage by stage, both by the command line; prints one table.

`python -m benchmarks.spark [--pings 20] [--keep DIR] [--write]`. Spark's own event log says how long its stages took, and what
was shuffled.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.measure import Measured, measure
from benchmarks.worlds import make_world

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "scale.md"
AS_OF = "2026-04-15"
MB = 1e6


@dataclass(frozen=True)
class Figures:
    """What one stream showed: rows, seconds on the clock of each stage, and processor seconds and bytes of Spark's stages."""

    pings: int
    waiting: int
    released: int
    local_reference_s: float
    local_decide_s: float
    local_write_s: float
    local_all_s: float
    local_cpu_s: float
    spark_reference_s: float
    spark_session_s: float
    spark_tasks_s: float
    spark_look_s: float
    spark_settle_s: float
    spark_gather_s: float
    spark_write_s: float
    spark_all_s: float
    look_task_s: float
    settle_task_s: float
    look_tasks: int
    settle_tasks: int
    shuffled_bytes: int
    same: bool


def main() -> None:
    """Measure, print, and with ``--write`` put the table into docs/scale.md and the figures beside it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.spark", description=__doc__)
    parser.add_argument("--pings", type=float, default=20, help="in millions (default: 20)")
    parser.add_argument(
        "--runs", type=int, default=3, help="each engine so many times; the quickest counts (default: 3)"
    )
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()) / "offduty-bench")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    options.keep.mkdir(parents=True, exist_ok=True)
    world = make_world(options.keep, int(options.pings * MB))
    figures = best(world, options.runs)
    print(table(figures))
    if options.write:
        sys.path.append(str(ROOT / "tests"))
        from written import rewrite

        rewrite(PAGE, "spark-local", table(figures))
        (ROOT / "benchmarks" / "spark.json").write_text(json.dumps(asdict(figures), indent=1) + "\n", encoding="utf-8")


def best(world: Path, runs: int) -> Figures:
    """Both engines in turn, several times, and of each the quickest run: the machine may have had other things to do."""
    locals_, sparks = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(runs):
            locals_.append(_run(world, folder / f"local-{number}", {}, []))
            events = folder / f"events-{number}"
            with _talking(events) as conf:
                found = _run(world, folder / f"spark-{number}", conf, ["--engine", "spark"])
            sparks.append((found, list(_stages(events))))
        local = min(locals_, key=lambda run: run.wall_s)
        spark, stages = min(sparks, key=lambda found: found[0].wall_s)
        same = all(_bytes(folder / "local-0") == _bytes(folder / f"spark-{number}") for number in range(runs))
    return _figures(local, spark, stages, same)


def _run(world: Path, store: Path, env: dict[str, str], more: list[str]) -> Measured:
    command = [
        "-m",
        "pipeline",
        "run",
        str(world / "job.toml"),
        "--as-of",
        AS_OF,
        "--store",
        str(store),
        "--json",
        "--timings",
    ]
    before = {name: os.environ.get(name) for name in env}
    os.environ.update(env)
    try:
        return measure([*command, "--threads", "2", *more])
    finally:
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})


@contextmanager
def _talking(events: Path) -> Iterator[dict[str, str]]:
    """The environment in which Spark keeps an event log in a folder."""
    conf = events.with_name(f"{events.name}-conf")
    for folder in (events, conf):
        folder.mkdir()
    settings = {"enabled": "true", "dir": f"file://{events}", "compress": "false", "rolling.enabled": "false"}
    lines = [f"spark.eventLog.{name} {value}\n" for name, value in settings.items()]
    (conf / "spark-defaults.conf").write_text("".join(lines))
    yield {"SPARK_CONF_DIR": str(conf)}


def _events(folder: Path) -> Iterator[dict[str, Any]]:
    for file in folder.rglob("*"):
        if file.is_file() and not file.name.endswith(".crc"):
            for line in file.read_text().splitlines():
                yield json.loads(line)


def _stages(folder: Path) -> Iterator[dict[str, float]]:
    """Each stage that did something: seconds on the clock, of processor and of tasks, tasks, bytes shuffled."""
    tasks: dict[int, list[dict[str, Any]]] = {}
    for event in _events(folder):
        if event["Event"] == "SparkListenerTaskEnd":
            tasks.setdefault(event["Stage ID"], []).append(event)
    for _, ended in sorted(tasks.items()):
        infos = [event["Task Info"] for event in ended]
        metrics = [event["Task Metrics"] for event in ended]
        yield {
            "began": min(info["Launch Time"] for info in infos) / 1e3,
            "ended": max(info["Finish Time"] for info in infos) / 1e3,
            "tasks": len(ended),
            "task_s": sum(info["Finish Time"] - info["Launch Time"] for info in infos) / 1e3,
            "shuffled": sum(one["Shuffle Write Metrics"]["Shuffle Bytes Written"] for one in metrics),
        }


def _figures(local: Measured, spark: Measured, stages: list[dict[str, float]], same: bool) -> Figures:
    look, settle = stages[0], stages[-1]
    counts, took, slow = local.said["counts"], local.said["stages"], spark.said["stages"]
    waiting = sum(counts[reason] for reason in ("home_leg", "duplicate", "on_duty"))
    return Figures(
        pings=sum(counts.values()) + local.said["quarantined"], waiting=waiting, released=counts["on_duty"],
        local_reference_s=took["reference"], local_decide_s=took["decide"],
        local_write_s=took["write"] + took["publish"], local_all_s=local.wall_s, local_cpu_s=local.cpu_s,
        spark_reference_s=slow["reference"], spark_session_s=slow["session"], spark_tasks_s=slow["tasks"],
        spark_look_s=look["ended"] - look["began"], spark_settle_s=settle["ended"] - settle["began"],
        spark_gather_s=slow["gather"], spark_write_s=slow["write"] + slow["publish"], spark_all_s=spark.wall_s,
        look_task_s=look["task_s"], settle_task_s=settle["task_s"], look_tasks=int(look["tasks"]),
        settle_tasks=int(settle["tasks"]), shuffled_bytes=int(look["shuffled"]), same=same,
    )  # fmt: skip


def table(figures: Figures) -> str:
    """The stages side by side."""
    stages = [
        ("settle the reference tables", figures.local_reference_s, figures.spark_reference_s),
        ("start Java, Spark and its session", 0.0, figures.spark_session_s),
        ("decide: look at pieces, settle officers", figures.local_decide_s, figures.spark_tasks_s),
        ("&nbsp; of it the first tasks, which look", 0.0, figures.spark_look_s),
        ("&nbsp; of it the second tasks, which settle", 0.0, figures.spark_settle_s),
        ("lay the findings together", 0.0, figures.spark_gather_s),
        ("write and publish", figures.local_write_s, figures.spark_write_s),
        ("**the whole command**", figures.local_all_s, figures.spark_all_s),
    ]
    rows = [f"| {what} | {_s(local)} | {_s(spark)} | {_times(local, spark)} |" for what, local, spark in stages]
    head = [f"| {figures.pings:,} pings | local, 2 threads | `local[2]` | times |", "|---|---|---|---|"]
    shuffled, waiting = figures.shuffled_bytes / MB, figures.waiting
    said = (
        f"{figures.look_tasks} tasks looked and {figures.settle_tasks} settled; {shuffled:,.0f} MB were shuffled, for"
    )
    same = "the same bytes" if figures.same else "**not the same**"
    return "\n".join([*head, *rows, "", f"{said} {waiting:,} pings that waited. The stores were {same}."])


def _s(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds else ""


def _times(local: float, spark: float) -> str:
    return f"{spark / local:.1f}" if local else ""


def _bytes(store: Path) -> dict[str, bytes]:
    return {str(file.relative_to(store)): file.read_bytes() for file in store.rglob("*") if file.is_file()}


if __name__ == "__main__":
    main()
