"""Says how the positions lie in time: how far apart they are on duty, and how many there are around duty.

All figures are whole numbers for a manifest. Where there are too few positions for a figure it is left out
(specification#check).
"""

from __future__ import annotations

from typing import Any

from offduty.config.policy import Policy
from offduty.decision.around_duty import AroundDuty
from offduty.decision.gaps import CHOICES_S, GapCounts
from offduty.outputs.manifest import FEW
from offduty.outputs.outcome import Outcome


def timing_of(outcome: Outcome, policy: Policy) -> dict[str, Any]:
    """``usual_gap_s``, the median time between two useful positions on duty; ``silent_percent``, the share of duty time
    in longer gaps than ``legs.max_gap_s``; ``released_percent``, what each choice of it would release of the positions
    off sites, by seconds; and ``around_duty_percent``, see `around_percent`.
    """
    gaps = GapCounts.together(outcome.gaps)
    return {**_gaps(gaps, policy.legs.rule != "off"), **_around(outcome.read.around)}


def _gaps(gaps: GapCounts, anchored: bool) -> dict[str, Any]:
    if gaps.usual_s is None or gaps.gaps.sum() < FEW:
        return {}
    if not anchored:
        return {"usual_gap_s": gaps.usual_s}
    found: dict[str, Any] = {"usual_gap_s": gaps.usual_s, "silent_percent": percent(gaps.silent_us, gaps.duty_us)}
    if gaps.off_sites < FEW:
        return found
    released = gaps.released.cumsum().tolist()
    by_choice = {str(choice): percent(count, gaps.off_sites) for choice, count in zip(CHOICES_S, released, strict=True)}
    return {**found, "released_percent": by_choice}


def _around(around: AroundDuty) -> dict[str, Any]:
    """How many positions there are before, first, last and after, as shares of the fuller hour of duty."""
    full = max(around.first, around.last)
    if full < FEW:
        return {}
    hours = {"before": around.before, "first": around.first, "last": around.last, "after": around.after}
    return {"around_duty_percent": {hour: percent(count, full) for hour, count in hours.items()}}


def percent(part: int, whole: int) -> int:
    """A share in whole per cent; 0 and 100 only where it is nothing or all.

    >>> percent(1, 3), percent(1, 1000), percent(999, 1000), percent(3, 3), percent(0, 3)
    (33, 1, 99, 100, 0)
    """
    share = (200 * part + whole) // (2 * whole)
    return share if part in (0, whole) or part > whole else min(max(share, 1), 99)
