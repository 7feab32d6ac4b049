"""What an engine hands to the writers: a reason for each row, the released pings by local day, and the quarantined
rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from offduty.arrays.spill import Spill
from offduty.decision.decide import Reasons
from offduty.decision.pings import QuarantinedRows
from offduty.outputs.release import ReleasedPings

NOT_RECORDED = 255
"""What stands in the array of reasons for rows outside the interval, and for rows in quarantine."""


@dataclass(frozen=True)
class Outcome:
    """What was decided: a reason for each row (NOT_RECORDED: outside the interval or set aside), the released pings by
    local day, the rows set aside, and how many rows the interval holds.
    """

    reasons: Reasons
    released: Spill[ReleasedPings]
    faults: QuarantinedRows
    rows: int


def local_day(ordinal: int) -> date:
    """The calendar day behind a key of the released spool."""
    return date.fromordinal(ordinal)
