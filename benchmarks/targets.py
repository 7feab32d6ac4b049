"""The targets, like with like, and whether the figures that are kept meet them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.figures import Figures

Ask = Callable[[Figures], float]
"""Finds one figure. It raises `KeyError` where that was not measured."""


@dataclass(frozen=True)
class Target:
    """A figure of a part, and the most that it is to be; with ``at_least``, the least."""

    part: str
    says: str
    unit: str
    limit: float
    ask: Ask
    at_least: bool = False

    @property
    def wanted(self) -> str:
        """The limit in words."""
        return f"at {'least' if self.at_least else 'most'} {_shown(self.limit, self.unit)}"

    def row(self, figures: Figures) -> str:
        """Target, limit, figure, verdict, and the load before that was taken."""
        try:
            found = self.ask(figures)
        except KeyError:
            return f"| {self.says} | {self.wanted} | | not measured | |"
        met = found >= self.limit if self.at_least else found <= self.limit
        taken = figures[self.part].taken
        load = f"{taken.load_before:.1f}" + (" (busy)" if taken.busy else "")
        return (
            f"| {self.says} | {self.wanted} | {_shown(found, self.unit)} | {'met' if met else '**missed**'} | {load} |"
        )


def _shown(value: float, unit: str) -> str:
    return f"{value:,.0f} MB" if unit == "MB" else f"{value:.2f} {unit}"


def times(part: str, side: str, other: str = "copy") -> Ask:
    """How long a side took, as a multiple of another in the same rounds."""
    return lambda figures: figures[part].sides[side].beside[other].wall.median


def seconds(part: str, side: str) -> Ask:
    """How long a side took."""
    return lambda figures: figures[part].sides[side].wall_s


def more(part: str, side: str, other: str) -> Ask:
    """How many seconds longer a side took than another in the same rounds."""
    return lambda figures: figures[part].sides[side].beside[other].more_s


def peak(part: str, side: str) -> Ask:
    """The most memory of a side."""
    return lambda figures: figures[part].sides[side].peak_mb or 0


def stage(part: str, side: str, name: str) -> Ask:
    """How long one stage of a side took."""
    return lambda figures: figures[part].sides[side].stages[name]


def growth(of: Ask, beside: Ask) -> Ask:
    """One figure as a multiple of another."""
    return lambda figures: of(figures) / beside(figures)


def ns_a_ping(part: str) -> Ask:
    """How long a ping takes."""
    return lambda figures: figures[part].sides["run"].wall_s / (figures[part].pings or 1) * 1e9


def processor_times(part: str, side: str, other: str) -> Ask:
    """The processor time of a side, as a multiple of another's."""
    return lambda figures: figures[part].sides[side].beside[other].cpu.median


ALL = (
    Target("20", "20 million: the whole run beside `COPY`", "×", 1.0, times("20", "run")),
    Target("66", "66 million: the whole run beside `COPY`", "×", 1.1, times("66", "run")),
    Target("20", "20 million: faster than polars + shapely", "×", 2, times("20", "polars", "run"), at_least=True),
    Target("20", "20 million: faster than SedonaDB", "×", 2, times("20", "sedona", "run"), at_least=True),
    Target("20", "20 million: faster than pandas + geopandas", "×", 8, times("20", "pandas", "run"), at_least=True),
    Target("2", "2 million: the whole run", "s", 0.9, seconds("2", "run")),
    Target("start", "a run on `sample_data` that is there already", "s", 0.35, seconds("start", "again")),
    Target("text", "20 million in CSV, beside `COPY` of it to Parquet", "×", 1.3, times("text", "run_csv", "copy_csv")),
    Target("text", "the same with gzip", "×", 1.3, times("text", "run_csv_gz", "copy_csv_gz")),
    Target("2", "2 million: peak of `--memory 500MB`", "MB", 650, peak("2", "run_500mb")),
    Target("20", "20 million: peak of `--memory 500MB`", "MB", 650, peak("20", "run_500mb")),
    Target("66", "66 million: peak of `--memory 500MB`", "MB", 650, peak("66", "run_500mb")),
    Target("66", "66 million: peak beside that of 20 million", "×", 1.25, growth(peak("66", "run"), peak("20", "run"))),
    Target(
        "66", "66 million: time per ping beside that of 2 million", "×", 1.3, growth(ns_a_ping("66"), ns_a_ping("2"))
    ),
    Target("roster", "1 million roster entries and 50,000 places add", "s", 2, more("roster", "big_roster", "run")),
    Target("20", "references of 17,000 officers, beside decoding", "s", 0.5, stage("20", "run", "reference")),
    Target("verify", "`verify --inputs` beside the run", "×", 3, times("verify", "verify_inputs", "run")),
    Target("verify", "peak of `verify --inputs`", "MB", 2_000, peak("verify", "verify_inputs")),
    Target(
        "verify",
        "a sample of 46,050 rows beside a full check",
        "×",
        0.5,
        times("verify", "verify_sample", "verify_inputs"),
    ),
    Target(
        "spark",
        "Spark on `local[2]`: processor time beside the local run",
        "×",
        2,
        processor_times("spark", "spark", "run"),
    ),
)


def table(figures: Figures) -> str:
    """Every target, also those that were not measured."""
    head = ["| target | wanted | measured | | load before |", "|---|--:|--:|---|--:|"]
    return "\n".join([*head, *(target.row(figures) for target in ALL)])
