"""Says which officers the roster names, and by which codes it takes duty away: for people, not for decisions
(specification#check).
"""

from __future__ import annotations

import numpy as np

from offduty.arrays.arrow import Bools, Ints
from offduty.arrays.equal_rows import distinct_numbers
from offduty.duty.entries import ENOUGH_OFFICERS, RosterCoverage
from offduty.duty.roster import RosterRows


def coverage_of(found: RosterRows, numbers: Ints, unmet: Bools) -> RosterCoverage:
    """The coverage of a roster; of each row the number of its officer (-1: not requested), and whether its officer is
    neither requested nor a lookalike of one who is.
    """
    taking = np.flatnonzero(found.takes & (found.officer >= 0))
    width = int(found.officer.max(initial=-1)) + 1
    pairs = distinct_numbers((found.code[taking] + 1) * width + found.officer[taking])[0]
    officers = np.bincount(pairs // max(width, 1), minlength=len(found.codes) + 1)
    often = np.flatnonzero(officers[1:] >= ENOUGH_OFFICERS).tolist()
    return RosterCoverage(
        named=distinct_numbers(numbers[numbers >= 0])[0],
        unmet_officers=len(np.unique(found.officer[unmet])),
        taking_codes=tuple(sorted(found.codes[code] for code in often)),
        other_codes=bool(officers[0]) or bool(np.any((officers[1:] > 0) & (officers[1:] < ENOUGH_OFFICERS))),
    )
