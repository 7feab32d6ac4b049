"""The parts of the benchmark. Each can be taken by itself: its input, and the sides that take turns on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.sides import (
    Side,
    again,
    copy,
    floor,
    offduty,
    on_big_roster,
    on_text,
    rival,
    show_help,
    verify,
)
from benchmarks.worlds import make_big_roster, make_sample, make_text, make_world

MILLION = 1_000_000
SHORT = "short"
SPARK = "spark"
THREADS = ("--threads", "2")


@dataclass(frozen=True)
class Part:
    """What is measured in one loop. ``make(keep)`` makes the worlds that it needs, or finds them; sides are given the
    first. ``times`` heads the ratios.
    """

    name: str
    title: str
    times: str
    make: Callable[[Path], tuple[Path, ...]]
    sides: tuple[Side, ...]

    @property
    def listed(self) -> tuple[Side, ...]:
        """The sides that stand in the table; of the floor only the stages are shown."""
        return tuple(side for side in self.sides if side.key != "floor")


def _copy(rounds: int) -> Side:
    return Side("copy", "DuckDB `COPY`", copy, rounds, ("copy",))


def _run(rounds: int) -> Side:
    return Side("run", "**`offduty run`**", offduty(*THREADS), rounds, ("copy",))


def _little(rounds: int) -> Side:
    words, options = "`offduty run --memory 500MB`", (*THREADS, "--memory", "500MB")
    return Side("run_500mb", words, offduty(*options), rounds, ("copy",))


def _rivals(pandas: int, others: int) -> tuple[Side, ...]:
    beside = ("copy", "run")
    return (
        Side("pandas", "pandas + geopandas", rival("pandas_geopandas"), pandas, beside),
        Side("polars", "polars + shapely", rival("polars_shapely"), others, beside),
        Side("sedona", "SedonaDB", rival("sedona"), others, beside),
    )


def _size(name: str, title: str, pings: int, *sides: Side) -> Part:
    return Part(name, title, "× `COPY`", lambda keep: (make_world(keep, pings),), sides)


ONE_THREAD = Side("run_1_thread", "`offduty run --threads 1`", offduty("--threads", "1"), 1, ("copy",))
FLOOR = Side("floor", "the floor", floor, 1)


def _text(keep: Path) -> tuple[Path, ...]:
    world = make_world(keep, 20 * MILLION)
    return (world, make_text(world, "csv"), make_text(world, "csv.gz"))


def _roster(keep: Path) -> tuple[Path, ...]:
    world = make_world(keep, 2 * MILLION)
    return (world, make_big_roster(world))


def _on_text(kind: str, words: str, rounds: int) -> tuple[Side, Side]:
    key = kind.replace(".", "_")
    return (
        Side(f"copy_{key}", f"DuckDB `COPY` of {words} to Parquet", on_text(copy, kind), rounds, (f"copy_{key}",)),
        Side(f"run_{key}", f"**`offduty run`**, {words}", on_text(offduty(*THREADS), kind), rounds, (f"copy_{key}",)),
    )


def _verify(key: str, words: str, rounds: int, *options: str, given: str = "") -> Side:
    beside = ("run", "verify_inputs") if key == "verify_sample" else ("run",)
    return Side(key, words, verify(*options, given=given), rounds, beside)


BIG_ROSTER = "`offduty run`, 1 million more roster entries, and 50,000 places"
SAMPLE = ("--sample", "46050", "--seed", "benchmark")
ALL = (
    _size(SHORT, "200,000 pings", 200_000, _copy(5), _run(5), *_rivals(1, 1)),
    _size("2", "2 million pings", 2 * MILLION, _copy(3), _run(3), _little(3), *_rivals(3, 3)),
    _size("20", "20 million pings", 20 * MILLION, _copy(5), _run(5), FLOOR, _little(3), *_rivals(1, 3), ONE_THREAD),
    _size("66", "66 million pings", 66 * MILLION, _copy(3), _run(3), _little(3)),
    Part(
        "text",
        "20 million pings as text",
        "× `COPY` of the same file",
        _text,
        (*_on_text("csv", "CSV", 3), *_on_text("csv.gz", "CSV, gzip", 2)),
    ),
    Part(
        "roster",
        "A large roster, with 2 million pings",
        "× without",
        _roster,
        (
            Side("run", "**`offduty run`**", offduty(*THREADS), 3, ("run",)),
            Side("big_roster", BIG_ROSTER, on_big_roster(offduty(*THREADS)), 3, ("run",)),
        ),
    ),
    Part(
        "verify",
        "The audit of 20 million pings",
        "× the run",
        lambda keep: (make_world(keep, 20 * MILLION),),
        (
            Side("run", "the run", offduty(*THREADS), 2, ("run",)),
            _verify("verify_inputs", "`verify --inputs`: every check, every row decided again", 2, given="--inputs"),
            _verify("verify_sample", "`verify --inputs --sample 46050`", 2, *SAMPLE, given="--inputs"),
            _verify(
                "verify_reference",
                "`verify --reference`: whether every released row is possible",
                1,
                given="--reference",
            ),
            _verify("verify", "`verify` without inputs", 1),
        ),
    ),
    Part(
        "start",
        "Short commands",
        "× that",
        lambda keep: (make_sample(keep),),
        (
            Side("again", "`offduty run` on `sample_data`, already there", again, 5, ("again",)),
            Side("help", "`offduty --help`", show_help, 5, ("again",)),
        ),
    ),
)
PARTS = {part.name: part for part in ALL}
SIZES = ("2", "20", "66")
"""The parts that differ in size alone: those of `--rows`, and with the short one those of the picture."""
