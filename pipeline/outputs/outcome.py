"""What an engine gives to the writers: a reason for each row, the released pings, and the quarantined rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from offduty.arrays.arrow import Ints
from offduty.arrays.spill import Spill
from offduty.core.instants import FOREVER_US, NEVER_US
from offduty.decision.around_duty import NOT_AROUND, AroundDuty
from offduty.decision.gaps import GapCounts
from offduty.decision.pings import QuarantinedRows, Reasons
from offduty.outputs.released_pings import ReleasedPings

NOT_RECORDED = 255
"""The value in the array of reasons for rows outside the interval, and for quarantined rows."""
ROWS_COUNTED_AT_ONCE = 1 << 16
"""So few that numpy's copy of them, eight times as large, stays in the processor's cache."""
NO_SPAN = FOREVER_US, NEVER_US
"""The first and the last instant of no rows."""


@dataclass(frozen=True)
class PingCounts:
    """Counts of rows that were read.

    ``met`` is how many rows with a device and an instant are of a device that somebody held at some time, or of a
    lookalike; ``after_as_of`` how many rows of the interval asked for lie after ``as_of``. ``usable`` has, for each
    file by its first row, how many rows were read, and how many of those have a device and an instant. ``misplaced`` is
    how many of the latter have a position that is written and cannot be read. Of the interval asked for,
    ``never_assigned`` rows have an instant and a device that nobody ever held, and ``lookalikes`` are of a device that
    only looks like one that somebody held. ``joined`` has, for each file by its first row, how many pings
    of the time to decide have each `Reason` by the join with the roster.

    ``span`` are the first and the last instant, ``around`` the rows in the hours around duty. ``unassigned`` has a hash
    of the id of each device that nobody was ever assigned, sorted; an engine of several processes leaves it out.
    ``passed_over`` is how many rows with a device and an instant are not needed, so that their position was not read.
    """

    met: int = 0
    after_as_of: int = 0
    usable: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    misplaced: int = 0
    never_assigned: int = 0
    lookalikes: int = 0
    joined: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    span: tuple[int, int] = NO_SPAN
    around: AroundDuty = NOT_AROUND
    unassigned: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    passed_over: int = 0

    @property
    def pings(self) -> int:
        """How many rows have a device and an instant."""
        return sum(good for _, good in self.usable.values())

    @staticmethod
    def together(parts: Iterable[PingCounts]) -> PingCounts:
        """The sums of all parts."""
        found = list(parts)
        usable: dict[int, tuple[int, int]] = {}
        for part in found:
            for file, (rows, good) in part.usable.items():
                known = usable.get(file, (0, 0))
                usable[file] = known[0] + rows, known[1] + good
        devices = [part.unassigned for part in found if len(part.unassigned)]
        return PingCounts(
            met=sum(part.met for part in found),
            after_as_of=sum(part.after_as_of for part in found),
            usable=usable,
            misplaced=sum(part.misplaced for part in found),
            passed_over=sum(part.passed_over for part in found),
            never_assigned=sum(part.never_assigned for part in found),
            lookalikes=sum(part.lookalikes for part in found),
            joined=_joined(found),
            span=(
                min((p.span[0] for p in found), default=FOREVER_US),
                max((p.span[1] for p in found), default=NEVER_US),
            ),
            around=AroundDuty.together(part.around for part in found),
            unassigned=np.unique(np.concatenate([np.zeros(0, np.int64), *devices])),
        )


def _joined(parts: list[PingCounts]) -> dict[int, tuple[int, ...]]:
    """By file, the sums of what was counted by the join."""
    sums: dict[int, tuple[int, ...]] = {}
    for file, by_reason in (item for part in parts for item in part.joined.items()):
        before = sums.get(file, (0,) * len(by_reason))
        sums[file] = tuple(map(sum, zip(before, by_reason, strict=True)))
    return sums


@dataclass(frozen=True)
class Outcome:
    """What was decided about the pings of an interval.

    ``reasons`` has a `Reason` or `NOT_RECORDED` for each row, numbered across all files. ``released`` has the released
    pings by the ordinal of the local day on which their duty window starts. ``quarantined`` has the rows in the
    interval that are not pings. ``rows`` is the number of rows in the interval, quarantined ones included. ``read``
    counts what was read besides. ``twins`` are rows that are equal but for their extra columns, group by group, where
    the policy names any: the first of each group is the released one.
    ``gaps`` are the counts of gaps between pings on duty, part by part.
    """

    reasons: Reasons
    released: Spill[ReleasedPings]
    quarantined: QuarantinedRows
    rows: int
    read: PingCounts = field(default_factory=PingCounts)
    twins: list[Ints] = field(default_factory=list)
    gaps: list[GapCounts] = field(default_factory=list)


def local_day(ordinal: int) -> date:
    """The calendar day of a key of `Outcome.released`."""
    return date.fromordinal(ordinal)


def values_counted(reasons: Reasons) -> Ints:
    """How many rows have each value from 0 to 255, a `Reason` or `NOT_RECORDED`; nothing but 0 where there are no rows.

    >>> values_counted(np.array([2, 2, 255], np.uint8))[[0, 2, 255]].tolist()
    [0, 2, 1]
    """
    counts = np.zeros(256, np.int64)
    for start in range(0, len(reasons), ROWS_COUNTED_AT_ONCE):
        counts += np.bincount(reasons[start : start + ROWS_COUNTED_AT_ONCE], minlength=256)
    return counts
