"""What an engine gives to the writers: a reason for each row, the released pings, and the quarantined rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from offduty.arrays.spill import Spill
from offduty.decision.pings import QuarantinedRows, Reasons
from offduty.outputs.released_pings import ReleasedPings

NOT_RECORDED = 255
"""The value in the array of reasons for rows outside the interval, and for quarantined rows."""


@dataclass(frozen=True)
class Outcome:
    """What was decided about the pings of an interval.

    ``reasons`` has a `Reason` or `NOT_RECORDED` for each row, numbered across all files. ``released`` has the released
    pings by the ordinal of the local day on which their duty window starts. ``quarantined`` has the rows in the
    interval that are not pings. ``rows`` is the number of rows in the interval, quarantined ones included.
    """

    reasons: Reasons
    released: Spill[ReleasedPings]
    quarantined: QuarantinedRows
    rows: int


def local_day(ordinal: int) -> date:
    """The calendar day of a key of `Outcome.released`."""
    return date.fromordinal(ordinal)
