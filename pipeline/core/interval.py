"""The half-open interval of time whose pings a run decides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from offduty.core.instants import FOREVER_US, NEVER_US

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True)
class Interval:
    """The half-open interval `[from_us, to_us)`, in microseconds since 1970 (specification#half-open).

    An open end is `NEVER_US` or `FOREVER_US`.
    """

    from_us: int
    to_us: int

    def contains(self, observed_us: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Which of the instants are in the interval."""
        inside: npt.NDArray[np.bool_] = (observed_us >= self.from_us) & (observed_us < self.to_us)
        return inside

    def overlap(self, other: Interval) -> Interval | None:
        """What two intervals have in common; None where they only touch, or do not meet."""
        from_us, to_us = max(self.from_us, other.from_us), min(self.to_us, other.to_us)
        return Interval(from_us, to_us) if from_us < to_us else None

    def without(self, other: Interval) -> list[Interval]:
        """The parts that are not in another interval, in order; there may be none."""
        before = Interval(self.from_us, min(self.to_us, other.from_us))
        after = Interval(max(self.from_us, other.to_us), self.to_us)
        return [rest for rest in (before, after) if rest.from_us < rest.to_us]

    @property
    def unbounded(self) -> bool:
        """Whether both ends are open."""
        return self.from_us == NEVER_US and self.to_us == FOREVER_US


def taken_in_turn(
    time: Interval, intervals: Iterable[Interval]
) -> tuple[list[tuple[Interval, ...]], tuple[Interval, ...]]:
    """For each interval the parts of ``time`` in it that none before it has; and the parts of ``time`` in none.

    With the runs of a log from the newest to the oldest: for which time each is the newest (specification#supersede).

    >>> taken_in_turn(Interval(0, 9), [Interval(2, 4), Interval(3, 6)])[0]
    [(Interval(from_us=2, to_us=4),), (Interval(from_us=4, to_us=6),)]
    """
    free, taken = [time], []
    for interval in intervals:
        taken.append(tuple(part for span in free if (part := span.overlap(interval)) is not None))
        free = [rest for span in free for rest in span.without(interval)]
    return taken, tuple(free)
