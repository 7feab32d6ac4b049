"""The part about Spark: both engines on 20 million pings, in seconds of processor of all processes together."""

from __future__ import annotations

from pathlib import Path

from benchmarks import scale, spark
from benchmarks.figures import Beside, Figure, PartFigures
from benchmarks.machine import Others, Session
from benchmarks.rounds import spread
from benchmarks.worlds import make_world

PINGS = 20_000_000
MOST_RUNS = 2


def take_spark(keep: Path, most_rounds: int, session: Session, *, write: bool) -> PartFigures:
    """Measure both engines in turn; ``write`` also rewrites the page about scale and spark.json."""
    world = make_world(keep, PINGS)
    others = Others()
    found = spark.best(world, min(MOST_RUNS, most_rounds))
    taken = session.taken(others.cores())
    if write:
        spark.write(found)
        scale.write(found)
    return PartFigures(taken, found.pings, sides_of(found))


def sides_of(found: spark.Figures) -> dict[str, Figure]:
    """The whole commands of both engines: of each the run with the least processor time, so one round."""
    ours, theirs = found.local["all"], found.spark["all"]
    beside = Beside(
        spread([theirs.clock_s / ours.clock_s]),
        spread([theirs.cpu_s / ours.cpu_s]),
        round(theirs.clock_s - ours.clock_s, 3),
    )
    return {
        "run": Figure(1, round(ours.clock_s, 3), round(ours.cpu_s, 3), released=found.released),
        "spark": Figure(
            1, round(theirs.clock_s, 3), round(theirs.cpu_s, 3), released=found.released, beside={"run": beside}
        ),
    }
