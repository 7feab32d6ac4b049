"""Measures the local engine and Spark on this machine, stage by stage, both by the command line; prints one table.

`python -m benchmarks.spark [--pings 20] [--keep DIR] [--write]`. How long the stages of Spark took, and how much was
shuffled, is read from Spark's event log.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.worlds import make_world
from tests.written import rewrite

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "explanation" / "scale.md"
AS_OF = "2026-04-15"
MB = 1e6


@dataclass(frozen=True)
class Stage:
    """The time of a stage: seconds on the clock, and of processor in all processes together."""

    clock_s: float
    cpu_s: float


@dataclass(frozen=True)
class Figures:
    """The measurements on one stream: rows, the stages of both engines, and the tasks of Spark."""

    pings: int
    waiting: int
    released: int
    local: dict[str, Stage]
    spark: dict[str, Stage]
    look_tasks: int
    settle_tasks: int
    shuffled_bytes: int
    same: bool


def main() -> None:
    """Measure and print; ``--write`` puts the table into docs/explanation/scale.md, the figures into spark.json."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.spark", description=__doc__)
    parser.add_argument("--pings", type=float, default=20, help="in millions (default: 20)")
    parser.add_argument(
        "--runs", type=int, default=3, help="how often each engine is run; the fastest run counts (default: 3)"
    )
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()) / "offduty-bench")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    options.keep.mkdir(parents=True, exist_ok=True)
    world = make_world(options.keep, int(options.pings * MB))
    figures = best(world, options.runs)
    print(table(figures))
    if options.write:
        write(figures)


def write(figures: Figures) -> None:
    """Put the table into docs/explanation/scale.md, and the figures into spark.json."""
    rewrite(PAGE, "spark-local", table(figures))
    (ROOT / "benchmarks" / "spark.json").write_text(json.dumps(asdict(figures), indent=1) + "\n", encoding="utf-8")


def best(world: Path, runs: int) -> Figures:
    """Run both engines in turn, and take of each the run with the least processor time."""
    locals_, sparks = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(runs):
            locals_.append(_run(world, folder / f"local-{number}", {}, []))
            events = folder / f"events-{number}"
            with _event_log(events) as conf:
                found = _run(world, folder / f"spark-{number}", conf, ["--engine", "spark"])
            sparks.append((found, list(_stages(events))))
        local = min(locals_, key=lambda run: run.cpu_at(run.ended))
        spark, stages = min(sparks, key=lambda found: found[0].cpu_at(found[0].ended))
        same = all(_bytes(folder / "local-0") == _bytes(folder / f"spark-{number}") for number in range(runs))
    return _figures(local, spark, stages, same)


@dataclass(frozen=True)
class Ran:
    """A finished command: when it ran, its JSON, and samples of the processor time of it and its descendants."""

    began: float
    ended: float
    answer: dict[str, Any]
    samples: list[tuple[float, float]]

    def cpu_at(self, when: float) -> float:
        """Processor seconds used up to an instant."""
        return max((used for at, used in self.samples if at <= when), default=0.0)

    def between(self, begin: float, end: float) -> Stage:
        """The time of a stage between two instants."""
        return Stage(end - begin, self.cpu_at(end) - self.cpu_at(begin))


def _run(world: Path, store: Path, env: dict[str, str], more: list[str]) -> Ran:
    command = [
        "-m",
        "offduty",
        "run",
        str(world / "job.toml"),
        "--as-of",
        AS_OF,
        "--store",
        str(store),
        "--json",
        "--timings",
    ]
    began, samples, used = time.time(), [], {}
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(
            [sys.executable, *command, "--threads", "2", *more], stdout=out, stderr=err, env={**os.environ, **env}
        )
        while process.poll() is None:
            used.update(_used(process.pid))
            samples.append((time.time(), sum(used.values())))
            time.sleep(0.1)
        out.seek(0)
        answer = out.read().decode()
    if process.returncode != 0:
        raise SystemExit(f"offduty ended with {process.returncode}")
    return Ran(began, time.time(), json.loads(answer), samples)


def _used(pid: int) -> dict[int, float]:
    """Processor seconds of a process and of each living descendant, by process."""
    found: dict[int, float] = {}
    with suppress(OSError):
        parts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        found[pid] = (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")
        for file in Path(f"/proc/{pid}/task").glob("*/children"):
            for child in file.read_text().split():
                found.update(_used(int(child)))
    return found


@contextmanager
def _event_log(events: Path) -> Iterator[dict[str, str]]:
    """The environment variables with which Spark writes an event log into a folder."""
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
    """Each stage with tasks: its begin and end, the number and the seconds of its tasks, and the bytes shuffled."""
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


def _figures(local: Ran, spark: Ran, stages: list[dict[str, float]], same: bool) -> Figures:
    counts = local.answer["counts"]
    look, settle = stages[0], stages[-1]
    return Figures(
        pings=sum(counts.values()) + local.answer["quarantined"],
        waiting=sum(counts[reason] for reason in ("home_leg", "duplicate", "on_duty")),
        released=counts["on_duty"],
        local=_parts(local, ["reference", "decide", "write"]),
        spark={
            **_parts(spark, ["reference", "session", "tasks", "gather", "write"]),
            "look": spark.between(look["began"], look["ended"]),
            "settle": spark.between(settle["began"], settle["ended"]),
        },
        look_tasks=int(look["tasks"]),
        settle_tasks=int(settle["tasks"]),
        shuffled_bytes=int(look["shuffled"]),
        same=same,
    )


def _parts(ran: Ran, names: list[str]) -> dict[str, Stage]:
    """The named stages of a run, which follow each other up to its end; ``all`` is the whole command."""
    took = {**ran.answer["stages"]}
    took["write"] += took["publish"]
    found = {"all": ran.between(ran.began, ran.ended)}
    end = ran.ended
    for name in reversed(names):
        found[name] = ran.between(end - took[name], end)
        end -= took[name]
    return found


def table(figures: Figures) -> str:
    """The stages of both engines as a Markdown table."""
    named = [
        ("settle the reference tables", "reference", "reference"),
        ("start Java, Spark and its session", "", "session"),
        ("decide", "decide", "tasks"),
        ("&nbsp; of it the first tasks, which judge pieces", "", "look"),
        ("&nbsp; of it the second tasks, which settle officers", "", "settle"),
        ("collect the results", "", "gather"),
        ("write and publish", "write", "write"),
        ("**the whole command**", "all", "all"),
    ]
    rows = [_row(what, figures.local.get(ours), figures.spark[theirs]) for what, ours, theirs in named]
    columns = ["local, 2 threads: processor", "clock", "Spark, `local[2]`: processor", "clock", "times"]
    head = f"| {figures.pings:,} pings | {' | '.join(columns)} |"
    shuffled, waiting = figures.shuffled_bytes / MB, figures.waiting
    tasks = f"{figures.look_tasks} tasks judged pieces and {figures.settle_tasks} settled officers"
    same = "have the same bytes" if figures.same else "**differ**"
    words = f"{tasks}; {shuffled:,.0f} MB were shuffled, for {waiting:,} waiting pings. The stores {same}."
    return "\n".join([head, "|---" * 6 + "|", *rows, "", words])


def _row(what: str, ours: Stage | None, theirs: Stage) -> str:
    """One stage. ``times`` compares processor time, because the clock also counts other work of the machine."""
    cells = (
        ("", "", "")
        if ours is None
        else (f"{ours.cpu_s:.1f} s", f"{ours.clock_s:.1f} s", f"{theirs.cpu_s / ours.cpu_s:.1f}")
    )
    return f"| {what} | {cells[0]} | {cells[1]} | {theirs.cpu_s:.1f} s | {theirs.clock_s:.1f} s | {cells[2]} |"


def _bytes(store: Path) -> dict[str, bytes]:
    return {str(file.relative_to(store)): file.read_bytes() for file in store.rglob("*") if file.is_file()}


if __name__ == "__main__":
    main()
