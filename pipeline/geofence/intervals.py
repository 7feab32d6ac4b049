"""Stores for each officer the disjoint intervals in which something is true, such as "has a home on record"."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from offduty.core.instants import FOREVER_US, NEVER_US
from offduty.geofence.geodesy import Bools, Codes, Ints, frozen


@dataclass(frozen=True, eq=False)
class OfficerIntervals:
    """Disjoint intervals `[from_us, to_us)` by officer: those of one officer are `first[code] : first[code + 1]`.

    There is one code more than there are officers; it stands for every unknown officer and has no interval. `always` is
    True for officers whose interval is all of time, `sometimes` for the others who have any interval.
    """

    always: Bools
    sometimes: Bools
    first: Ints
    from_us: Ints
    to_us: Ints

    def contains(self, officer: Ints | Codes, at_us: Ints) -> Bools:
        """Whether each instant is in an interval of its officer; False for unknown officers."""
        unknown = len(self.always) - 1
        code = np.where((officer >= 0) & (officer < unknown), officer, unknown)
        found = np.take(self.always, code)
        left = np.flatnonzero(np.take(self.sometimes, code))
        first = self.first[code[left]]
        count = self.first[code[left] + 1] - first
        for nth in range(int(count.max(initial=0))):
            some = np.flatnonzero(count > nth)
            span, at = first[some] + nth, left[some]
            found[at] |= (self.from_us[span] <= at_us[at]) & (at_us[at] < self.to_us[span])
        return found


def settle_spans(owner: Ints, from_us: Ints, to_us: Ints, officers: int) -> OfficerIntervals:
    """The union of the intervals of each officer, by codes from 0; other codes and empty intervals are left out."""
    merged: list[tuple[int, int, int]] = []
    usable = (owner >= 0) & (from_us < to_us)
    columns = (column[usable].tolist() for column in (owner, from_us, to_us))
    for code, start, end in sorted(zip(*columns, strict=True)):
        if merged and merged[-1][0] == code and start <= merged[-1][2]:
            merged[-1] = (code, merged[-1][1], max(end, merged[-1][2]))
        else:
            merged.append((code, start, end))
    codes, starts, ends = np.array(merged, np.int64).reshape(-1, 3).T
    first = np.searchsorted(codes, np.arange(officers + 2))
    endless = codes[(starts <= NEVER_US) & (ends >= FOREVER_US)]
    always = np.bincount(endless, minlength=officers + 1) > 0
    return OfficerIntervals(
        frozen(always),
        frozen((np.diff(first) > 0) & ~always),
        frozen(first),
        frozen(starts.copy()),
        frozen(ends.copy()),
    )


def groups_of(group_of: Ints, officer: Ints) -> Ints:
    """The group of each officer; for an unknown officer the number of groups, which is no group (`Places`)."""
    unknown = len(group_of) - 1
    return group_of[np.where((officer >= 0) & (officer < unknown), officer, unknown)]
