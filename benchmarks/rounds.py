"""Measures one part: all of its sides in turn, round by round, and what each was beside the others."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median

from benchmarks.figures import Beside, Figure, PartFigures, Spread
from benchmarks.machine import Others, Session
from benchmarks.measure import Measured, median_run
from benchmarks.parts import Part
from benchmarks.sides import Side, released_by, rows_in

Say = Callable[[str], None]


def take(part: Part, keep: Path, most_rounds: int, session: Session, say: Say) -> PartFigures:
    """Make the input of a part, and measure its sides in at most so many rounds. What they write is deleted."""
    worlds, out = part.make(keep), keep / "out"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    for world in worlds:
        _warm(world)
    others = Others()
    try:
        runs = in_turn(part.sides, worlds[0], out, most_rounds, say)
    finally:
        shutil.rmtree(out, ignore_errors=True)
    return PartFigures(session.taken(others.cores()), pings_of(runs), figures_of(part.sides, runs))


def in_turn(
    sides: Sequence[Side], world: Path, out: Path, most_rounds: int, say: Say
) -> Mapping[str, Sequence[Measured]]:
    """Run the sides one after the other, round by round, so that a busy minute does not affect only one of them."""
    runs: dict[str, list[Measured]] = {side.key: [] for side in sides}
    for number in range(min(max(side.rounds for side in sides), most_rounds)):
        for side in sides:
            if number < side.rounds:
                done = side.run(world, out)
                runs[side.key].append(done)
                say(f"{side.words}: {done.wall_s:.2f} s, {done.cpu_s:.2f} s of processor, {done.peak_mb:,.0f} MB")
    return runs


def pings_of(runs: Mapping[str, Sequence[Measured]]) -> int | None:
    """How many pings the filter read; None where it read none."""
    return max((rows_in(done) for taken in runs.values() for done in taken), default=0) or None


def figures_of(sides: Sequence[Side], runs: Mapping[str, Sequence[Measured]]) -> Mapping[str, Figure]:
    """The medians of each side, and what it was beside others, round by round."""
    return {side.key: _figure(side, runs) for side in sides}


def _figure(side: Side, runs: Mapping[str, Sequence[Measured]]) -> Figure:
    taken = runs[side.key]
    middle = median_run(list(taken))
    stages = {name: round(seconds, 3) for name, seconds in middle.answer.get("stages", {}).items()}
    return Figure(
        rounds=len(taken),
        wall_s=round(middle.wall_s, 3),
        cpu_s=round(middle.cpu_s, 3),
        peak_mb=round(middle.peak_mb, 1),
        released=released_by(middle),
        stages=stages,
        beside={other: _beside(taken, runs[other]) for other in side.beside},
    )


def _beside(ours: Sequence[Measured], theirs: Sequence[Measured]) -> Beside:
    """Rounds of which one of the two took no part are left out."""
    pairs = list(zip(ours, theirs, strict=False))
    return Beside(
        spread([our.wall_s / their.wall_s for our, their in pairs]),
        spread([our.cpu_s / their.cpu_s for our, their in pairs]),
        round(median(our.wall_s - their.wall_s for our, their in pairs), 3),
    )


def spread(values: Sequence[float]) -> Spread:
    """The least, the median and the most of some values, as they are kept."""
    return Spread(round(min(values), 3), round(median(values), 3), round(max(values), 3))


def _warm(world: Path) -> None:
    """Read the pings once, so that the first side does not have to wait for the disk."""
    for path in sorted((world / "pings").iterdir()):
        with path.open("rb") as file:
            while file.read(1 << 24):
                pass
