"""The figures that are kept: `figures.json`, from which every table, quoted line and picture about speed is made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("figures.json")
MOST_LOAD = 2.2
"""Above this load before the first run, figures say more about the machine than about the programs."""


@dataclass(frozen=True)
class Taken:
    """Where figures are from. ``others_cores`` is the work of other processes meanwhile."""

    version: str
    commit: str
    machine: str
    cores: int
    memory_gb: int
    load_before: float
    others_cores: float

    @property
    def busy(self) -> bool:
        """Whether other work was in the way."""
        return self.load_before > MOST_LOAD


@dataclass(frozen=True)
class Spread:
    """The least, the median and the most of what each round gave."""

    least: float
    median: float
    most: float


@dataclass(frozen=True)
class Beside:
    """One side beside another, in turn in the same rounds: ratios of seconds and of processor seconds, and how many
    seconds more it took (the median of the rounds).
    """

    wall: Spread
    cpu: Spread
    more_s: float


@dataclass(frozen=True)
class Figure:
    """The medians of one side. ``stages`` are seconds of the run with the median time; ``beside`` is by side."""

    rounds: int
    wall_s: float
    cpu_s: float
    peak_mb: float | None = None
    released: int | None = None
    stages: Mapping[str, float] = field(default_factory=dict)
    beside: Mapping[str, Beside] = field(default_factory=dict)


@dataclass(frozen=True)
class PartFigures:
    """The figures of one part. ``pings`` is the exact number of rows; None where a part has none."""

    taken: Taken
    pings: int | None
    sides: Mapping[str, Figure]


Figures = Mapping[str, PartFigures]
"""By the name of the part. What was not measured is not there."""


def read(path: Path = FILE) -> Figures:
    """The figures that are kept; none where there is no file yet."""
    if not path.exists():
        return {}
    return {name: _part(part) for name, part in json.loads(path.read_text(encoding="utf-8")).items()}


def merge(name: str, part: PartFigures, path: Path = FILE) -> Figures:
    """Keep the figures of one part in place of its former ones; other parts stay as they are."""
    merged = dict(sorted({**read(path), name: part}.items()))
    cells = {key: asdict(one) for key, one in merged.items()}
    path.write_text(json.dumps(cells, indent=1) + "\n", encoding="utf-8")
    return merged


def _part(cells: dict[str, Any]) -> PartFigures:
    sides = {name: _figure(side) for name, side in cells["sides"].items()}
    return PartFigures(Taken(**cells["taken"]), cells["pings"], sides)


def _figure(cells: dict[str, Any]) -> Figure:
    return Figure(**{**cells, "beside": {name: _beside(one) for name, one in cells["beside"].items()}})


def _beside(cells: dict[str, Any]) -> Beside:
    return Beside(Spread(**cells["wall"]), Spread(**cells["cpu"]), cells["more_s"])
