"""Figures that nobody measured, for tests: every part, every side, all alike."""

from __future__ import annotations

from benchmarks.figures import Beside, Figure, PartFigures, Spread, Taken
from benchmarks.parts import PARTS, Part

STAGES = {"copy": {"statement": 1.5}, "floor": {"read": 0.5, "write": 0.25, "hash": 0.25}}
TAKEN = Taken("1.2.3", "abc1234", "a processor", 2, 25, 0.8, 0.0)


def beside(ratio: float, least: float | None = None, most: float | None = None) -> Beside:
    """The same ratio of seconds and of processor seconds, with how far the rounds lay apart."""
    spread = Spread(least or ratio, ratio, most or ratio)
    return Beside(spread, spread, 0.25)


def part_figures(part: Part, ratio: float = 1.0, taken: Taken = TAKEN) -> PartFigures:
    """Each side of a part took two seconds, and so many times as long as those beside it."""
    sides = {
        side.key: Figure(
            side.rounds,
            wall_s=2.0,
            cpu_s=3.0,
            peak_mb=400.0,
            released=7,
            stages=STAGES.get(side.key, {"reference": 0.5, "write": 0.25}),
            beside={other: beside(ratio) for other in side.beside},
        )
        for side in part.sides
    }
    return PartFigures(taken, 1_000, sides)


def everything() -> dict[str, PartFigures]:
    """Every part, and Spark."""
    spark = {"run": Figure(1, 2.0, 3.0), "spark": Figure(1, 4.0, 6.0, beside={"run": beside(2.0)})}
    return {**{name: part_figures(part) for name, part in PARTS.items()}, "spark": PartFigures(TAKEN, 1_000, spark)}
