"""Finds the released pings that another equals in all but its extra columns: which of them is released is not settled.

The rule is specification#reason-duplicate: accuracy, longitude and latitude come first, then the extra columns that are
released, then file and row. No extra column is read here.
"""

from __future__ import annotations

import numpy as np

from offduty.arrays.arrow import Ints
from offduty.core.reasons import Reason
from offduty.decision.decide import Undecided
from offduty.decision.pings import Reasons


def twins(pings: Undecided, reason: Reasons) -> list[Ints]:
    """The row numbers of each group of pings of one window and instant that are equal, one of which is released.

    In each group the released one is the first; only groups of two or more are given.
    """
    at = np.flatnonzero((reason == Reason.ON_DUTY) | (reason == Reason.DUPLICATE))
    if not (reason[at] == Reason.DUPLICATE).any():
        return []
    columns = [
        each[at] for each in (pings.row, pings.lat, pings.lon, pings.accuracy_m, pings.observed_us, pings.window)
    ]
    order = np.lexsort(columns)
    same = np.zeros(len(at), np.bool_)
    same[1:] = np.logical_and.reduce([column[order][1:] == column[order][:-1] for column in columns[1:]])
    groups = np.split(at[order], np.flatnonzero(~same)[1:])
    return [pings.row[group] for group in groups if len(group) > 1 and (reason[group] == Reason.ON_DUTY).any()]
