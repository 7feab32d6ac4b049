"""Says which officers the roster names, and by which codes it takes duty away: for people, not for decisions
(specification#check).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from offduty.arrays.arrow import Bools, Ints
from offduty.duty.roster import RosterRows

ENOUGH_OFFICERS = 10
"""A code that fewer officers have may be about one of them, and is not named (specification#small-counts)."""


@dataclass(frozen=True)
class RosterCoverage:
    """What the rows of a roster that were there at ``as_of`` cover.

    ``named`` are the numbers of the requested officers whom some row names exactly, sorted. ``unmet_officers`` is how
    many other officers it names who are no lookalikes of a requested one. ``taking_codes`` are the codes that take duty
    away and that `ENOUGH_OFFICERS` have, sorted; ``other_codes`` says whether there are others.
    """

    named: Ints
    unmet_officers: int
    taking_codes: tuple[str, ...]
    other_codes: bool


def coverage_of(found: RosterRows, numbers: Ints, unmet: Bools) -> RosterCoverage:
    """The coverage of a roster; of each row the number of its officer (-1: not requested), and whether its officer is
    neither requested nor a lookalike of one who is.
    """
    taking = np.flatnonzero(found.takes & (found.officer >= 0))
    pairs = np.unique(np.column_stack([found.code[taking], found.officer[taking]]), axis=0)
    officers = np.bincount(pairs[:, 0] + 1, minlength=len(found.codes) + 1)
    often = np.flatnonzero(officers[1:] >= ENOUGH_OFFICERS).tolist()
    return RosterCoverage(
        named=np.unique(numbers[numbers >= 0]),
        unmet_officers=len(np.unique(found.officer[unmet])),
        taking_codes=tuple(sorted(found.codes[code] for code in often)),
        other_codes=bool(officers[0]) or bool(np.any((officers[1:] > 0) & (officers[1:] < ENOUGH_OFFICERS))),
    )
