"""When something holds for each officer, whatever the place: as disjoint intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from offduty.geofence.geodesy import Bools, Codes, Ints, frozen

BEGINNING_US, END_US = -(1 << 62), 1 << 62  # before and after every instant that can be read


@dataclass(frozen=True, eq=False)
class OfficerIntervals:
    """Disjoint intervals `[from_us, to_us)` by officer: `first[code] : first[code + 1]` are those of one.

    There is one code more than officers, with no interval: that of everyone unknown. `always` are those who need no
    look at the clock, `sometimes` the others who have any interval.
    """

    always: Bools
    sometimes: Bools
    first: Ints
    from_us: Ints
    to_us: Ints

    def hold(self, officer: Ints | Codes, at_us: Ints) -> Bools:
        """Whether each instant lies in an interval of the officer beside it; False for officers without a code."""
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
    """The union of the intervals of each officer (codes from 0; others are left out, and so are empty intervals)."""
    merged: list[tuple[int, int, int]] = []
    kept = (owner >= 0) & (from_us < to_us)
    for code, start, end in sorted(zip(*(column[kept].tolist() for column in (owner, from_us, to_us)), strict=True)):
        if merged and merged[-1][0] == code and start <= merged[-1][2]:
            merged[-1] = (code, merged[-1][1], max(end, merged[-1][2]))
        else:
            merged.append((code, start, end))
    codes, starts, ends = np.array(merged, np.int64).reshape(-1, 3).T
    first = np.searchsorted(codes, np.arange(officers + 2))
    endless = codes[(starts <= BEGINNING_US) & (ends >= END_US)]
    always = np.bincount(endless, minlength=officers + 1) > 0
    return OfficerIntervals(
        frozen(always),
        frozen((np.diff(first) > 0) & ~always),
        frozen(first),
        frozen(starts.copy()),
        frozen(ends.copy()),
    )
