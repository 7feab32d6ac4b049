"""Compares the short benchmark with the short figures that are kept: warns of what is slower beyond noise.

Only ratios to `COPY` in the same loop are compared, never seconds: another machine, or a busy one, has other seconds.
"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.figures import PartFigures, Spread

LEAST_ROUNDS = 3
SAME_MACHINE, OTHER_MACHINE = 1.1, 1.3
"""From how many times the figure that is kept on: processors differ in what they are good at."""
MOST_MEMORY = 1.15


def warnings(kept: PartFigures, now: PartFigures) -> Iterator[str]:
    """A sentence for each ratio that grew beyond noise. Ratios of seconds are compared where no machine was busy."""
    factor = SAME_MACHINE if kept.taken.machine == now.taken.machine else OTHER_MACHINE
    quiet = not kept.taken.busy and not now.taken.busy
    for key, figure in now.sides.items():
        before = kept.sides.get(key)
        if before is None or min(figure.rounds, before.rounds) < LEAST_ROUNDS:
            continue
        for other in figure.beside.keys() & before.beside.keys() - {key}:
            new, old = figure.beside[other], before.beside[other]
            if beyond_noise(old.cpu, new.cpu, factor):
                yield _warning(key, f"the processor time of {other}", old.cpu, new.cpu)
            if quiet and beyond_noise(old.wall, new.wall, factor):
                yield _warning(key, f"the time of {other}", old.wall, new.wall)
        if (figure.peak_mb or 0) > MOST_MEMORY * (before.peak_mb or float("inf")):
            yield f"{key}: a peak of {figure.peak_mb:,.0f} MB; {before.peak_mb:,.0f} MB is kept"


def beyond_noise(kept: Spread, now: Spread, factor: float) -> bool:
    """Whether every round of now is above every round that is kept, and the median by this factor.

    >>> kept = Spread(1.0, 1.1, 1.2)
    >>> beyond_noise(kept, Spread(1.3, 1.4, 1.5), 1.1), beyond_noise(kept, Spread(1.1, 1.4, 1.5), 1.1)
    (True, False)
    """
    return now.least > kept.most and now.median > factor * kept.median


def _warning(side: str, of_what: str, kept: Spread, now: Spread) -> str:
    return (
        f"{side}: {now.median:.2f} times {of_what} ({now.least:.2f} to {now.most:.2f}); "
        f"{kept.median:.2f} is kept ({kept.least:.2f} to {kept.most:.2f})"
    )
