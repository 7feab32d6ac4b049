"""Counts the gaps between positions on duty, and what other limits of a silence would release: for people, not for
decisions (specification#check).

Useful instants are those that the rule of silence looks at: a ping touches a place, or is a candidate.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from offduty.arrays.arrow import Bools, Codes, Ints
from offduty.core.gap_limits import LONGEST_S
from offduty.core.interval import Interval
from offduty.decision.legs import ANCHOR, CANDIDATE, DutyPings, LegRows, gaps_before, instants_of, is_candidate
from offduty.duty.timeline import Windows

CHOICES_S = (300, 600, 900, 1_800)
"""The values of ``legs.max_gap_s`` whose effect is counted."""
ENOUGH_WINDOWS = 1_000
"""About so many duty windows are counted where there are more than twice as many: a share needs no more."""
SECOND_US = 1_000_000
_BITS = 3  # for the number of a choice, and one more for none of them


@dataclass(frozen=True)
class GapCounts:
    """What was counted in whole duty windows; all of it adds up over windows.

    ``gaps`` is how many pairs of successive useful instants are how many whole seconds apart. ``duty_us`` is the time
    of the windows that have a useful instant, ``silent_us`` how much of it lies in gaps longer than ``legs.max_gap_s``,
    before the first and after the last instant too. ``off_sites`` is how many candidates are no anchors, and
    ``released[i]`` how many of those would be released with the choice i of `CHOICES_S` and with none before it, but
    for duplicates.
    """

    gaps: Ints
    duty_us: int
    silent_us: int
    off_sites: int
    released: Ints

    @staticmethod
    def together(parts: Iterable[GapCounts]) -> GapCounts:
        """The sums of all parts; there may be none."""
        found = [NO_GAPS, *parts]
        return GapCounts(
            gaps=np.sum([part.gaps for part in found], axis=0, dtype=np.int64),
            duty_us=sum(part.duty_us for part in found),
            silent_us=sum(part.silent_us for part in found),
            off_sites=sum(part.off_sites for part in found),
            released=np.sum([part.released for part in found], axis=0, dtype=np.int64),
        )

    @property
    def usual_s(self) -> int | None:
        """The median gap in whole seconds, `LONGEST_S` for an hour or more; None where there is no gap."""
        total = int(self.gaps.sum())
        return int(np.searchsorted(np.cumsum(self.gaps), (total + 1) // 2)) if total else None


NO_GAPS = GapCounts(np.zeros(LONGEST_S + 1, np.int64), 0, 0, 0, np.zeros(len(CHOICES_S), np.int64))


def windows_counted(interval: Interval, windows: Windows) -> Bools:
    """The duty windows that are counted: those that have some time in the interval.

    Of very many these are about `ENOUGH_WINDOWS`, by the number of their cluster, so that it is always the same ones.
    """
    inside = windows.meeting(interval)
    count = int(inside.sum())
    if count > 2 * ENOUGH_WINDOWS:
        inside &= windows.cluster % (count // ENOUGH_WINDOWS) == 0
    return inside


def gap_counts(pings: DutyPings, windows: Windows, max_gap_us: int) -> GapCounts:
    """Count the gaps between pings, and what each choice would release.

    A gap that is exactly ``max_gap_us`` is not longer than that. Without the rule of legs no choice releases anything.
    """
    if not len(pings.window):
        return NO_GAPS
    first = np.ones(len(pings.window), np.bool_)
    first[1:] = pings.window[1:] != pings.window[:-1]
    gap_us = gaps_before(pings.window, pings.observed_us)
    within = gap_us[gap_us > 0]
    begins, ends = np.flatnonzero(first), np.flatnonzero(np.append(first[1:], True))
    from_us, to_us = windows.from_us[pings.window[begins]], windows.to_us[pings.window[begins]]
    gaps = (within, pings.observed_us[begins] - from_us, to_us - pings.observed_us[ends])
    off_sites = pings.kind == CANDIDATE
    asked = off_sites & pings.outside_hold
    needed = np.zeros(0, np.int32) if pings.legs is None else needed_choice(pings.legs, gap_us)[asked]
    return GapCounts(
        gaps=counts_of_seconds(within),
        duty_us=int((to_us - from_us).sum()),
        silent_us=sum(int(gap[gap > max_gap_us].sum()) for gap in gaps),
        off_sites=int(off_sites.sum()),
        released=np.bincount(needed, minlength=len(CHOICES_S) + 1)[: len(CHOICES_S)],
    )


def counts_of_seconds(gap_us: Ints) -> Ints:
    """How many gaps are how many whole seconds long, up to `LONGEST_S`."""
    return np.bincount(np.minimum(gap_us // SECOND_US, LONGEST_S), minlength=LONGEST_S + 1)


def needed_choice(legs: LegRows, gap_us: Ints) -> Codes:
    """For each ping the first choice of `CHOICES_S` under which it lies between two anchors of its window, with no
    contact and no silence between; the number of choices where there is none. ``gap_us`` is the time before each ping.
    """
    needed: Codes = np.maximum(*needed_choices(legs, gap_us))
    return needed if legs.places is None else needed[legs.places]


def needed_choices(legs: LegRows, gap_us: Ints) -> tuple[Codes, Codes]:
    """For each row of ``legs`` the first choice under which it comes after an anchor, and under which before one; see
    `needed_choice`.

    On the way back from a ping to the anchor before it only the longest gap counts, and likewise on the way to the
    anchor after it; the nearest anchors have the shortest ways.
    """
    none = np.int32(len(CHOICES_S))
    instant, starts = instants_of(legs.window, legs.observed_us)
    count = len(starts)
    gap = np.zeros(count, np.int32)
    long = np.flatnonzero(gap_us > CHOICES_S[0] * SECOND_US)
    at = long if legs.places is None else legs.places[long]
    np.maximum.at(gap, instant[at], np.searchsorted(np.array(CHOICES_S) * SECOND_US, gap_us[long]).astype(np.int32))
    contact, anchor = np.zeros(count, np.bool_), np.zeros(count, np.bool_)
    contact[instant[~is_candidate(legs.kind)]] = True
    anchor[instant[legs.kind == ANCHOR]] = True
    fresh = np.where(anchor & ~contact, np.int32(0), none)
    resets, ends = contact | anchor, np.append(starts[1:], True)
    before = _longest(resets | starts, fresh, gap)
    after = _longest((resets | ends)[::-1], fresh[::-1], np.append(gap[1:], np.int32(0))[::-1])[::-1]
    return before[instant], after[instant]


def _longest(resets: Bools, fresh: Codes, gap: Codes) -> Codes:
    """The running maximum of ``gap``; where it ``resets`` it starts anew from ``fresh``."""
    keys = np.cumsum(resets, dtype=np.int32) << _BITS
    keys |= np.where(resets, fresh, gap)
    longest: Codes = np.maximum.accumulate(keys) & np.int32((1 << _BITS) - 1)
    return longest
