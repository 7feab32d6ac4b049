"""Determines from the roster when each officer was on duty, by which entry, and whether that was known at the time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from offduty.arrays.arrow import Bools, Ints
from offduty.arrays.sweep import CoveredStretches, joined, sweep
from offduty.core.instants import FOREVER_US
from offduty.duty.entries import Roster

LATE = 1
ON = 2


@dataclass(frozen=True)
class DutyStretches:
    """Disjoint stretches `[from_us, to_us)` of officers, sorted by officer and time.

    ``state`` is `ON` (on duty) or `LATE` (on duty only by a late edit, specification#late-edit). Outside of the
    stretches the officer is off duty. ``code`` is the duty code, as an index of ``codes``, of the entry that grants the
    stretch at ``as_of``.
    """

    officer: Ints
    from_us: Ints
    to_us: Ints
    state: Ints
    code: Ints
    codes: list[str]


@dataclass(frozen=True)
class DutyClaims:
    """Claims of roster entries: each grants the valid time `[lo, hi)`, or takes it away.

    A claim counts while the knowledge time, up to which the roster is known, is in `[known, until)`.
    """

    officer: Ints
    entry: Ints
    lo: Ints
    hi: Ints
    known: Ints
    until: Ints

    def at(self, as_of_us: int) -> DutyClaims:
        """The claims that count at the knowledge time ``as_of``."""
        counting = (self.known <= as_of_us) & (as_of_us < self.until)
        return DutyClaims(*(column[counting] for column in self._columns()))

    def when_taken(self, tolerance_us: int) -> DutyClaims:
        """Each claim, reduced to the instants t at which it counted at the knowledge time t + tolerance."""
        lo = np.maximum(self.lo, self.known - tolerance_us)
        hi = np.minimum(self.hi, np.where(self.until == FOREVER_US, FOREVER_US, self.until - tolerance_us))
        return DutyClaims(self.officer, self.entry, lo, hi, self.known, self.until)

    def _columns(self) -> tuple[Ints, ...]:
        return self.officer, self.entry, self.lo, self.hi, self.known, self.until


def settle_duty(roster: Roster, tolerance_us: int, as_of_us: int) -> DutyStretches:
    """When each officer was on duty, by the roster as it was known then and as it is known at ``as_of``.

    A stretch is `ON` where both ``duty(t, t + tolerance)`` and ``duty(t, as_of)`` are true, and `LATE` where only the
    second is true (specification#duty-rule). An officer without entries has no stretch. Where several entries grant at
    ``as_of``, the duty code is that of the first by shift_id (specification#column-duty-code).
    """
    granting, taking = grants(roster), takings(roster)
    now_on, now_off = granting.at(as_of_us), taking.at(as_of_us)
    then_on, then_off = granting.when_taken(tolerance_us), taking.when_taken(tolerance_us)
    parts = _overlaid([now_on, now_off, then_on, then_off])
    on_now, off_now, on_then, off_then, entry_sum = parts.sums.T
    now = (on_now > 0) & (off_now == 0)
    then = (on_then > 0) & (off_then == 0)
    state = np.where(now & then, ON, np.where(now, LATE, 0))
    entry = np.where(on_now == 1, entry_sum, -1)
    _first_by_shift(roster, now_on, parts, (on_now > 1) & now, entry)
    code = np.where(now, np.append(roster.code, -1)[entry], -1)
    on_roster = parts.only(now)
    labels = np.column_stack([state[now], code[now]])
    merged = joined(CoveredStretches(on_roster.owner, on_roster.from_us, on_roster.to_us, labels), labels)
    return DutyStretches(merged.owner, merged.from_us, merged.to_us, merged.sums[:, 0], merged.sums[:, 1], roster.codes)


def grants(roster: Roster) -> DutyClaims:
    """The claims that grant duty: by the narrowest reading, until the next version of their shift is known."""
    which = np.flatnonzero(roster.grants)
    return DutyClaims(
        roster.officer[which],
        which,
        roster.starts_late[which],
        roster.ends_early[which],
        roster.recorded[which],
        roster.grant_until[which],
    )


def takings(roster: Roster) -> DutyClaims:
    """The claims that take duty away, from the officer and from every lookalike: by the widest reading, until a later
    version that undoes them is known.

    Entries of a shift with contradicting versions count at all times (specification#contradicting-versions). A barred
    officer loses all duty (specification#bad-roster-row).
    """
    which = roster.taking_entry
    everything = np.full(len(roster.barred), FOREVER_US)
    return DutyClaims(
        np.concatenate([roster.taking_officer, roster.barred]),
        np.concatenate([which, np.zeros(len(roster.barred), np.int64)]),
        np.concatenate([roster.starts_early[which], -everything]),
        np.concatenate([roster.ends_late[which], everything]),
        np.concatenate([roster.taken_from[which], roster.barred_from]),
        np.concatenate([roster.taken_until[which], everything]),
    )


def _overlaid(claims: list[DutyClaims]) -> CoveredStretches:
    """Overlay the four kinds of claims.

    The first four sums count the claims of each kind. The fifth sum adds up the numbers of the entries that grant at
    ``as_of``: where that is one entry, it is the entry's number.
    """
    kinds = np.repeat(np.arange(len(claims)), [len(c.officer) for c in claims])
    weights = np.zeros((len(kinds), 5), np.int64)
    weights[np.arange(len(kinds)), kinds] = 1
    weights[: len(claims[0].officer), 4] = claims[0].entry
    return sweep(
        np.concatenate([c.officer for c in claims]),
        np.concatenate([c.lo for c in claims]),
        np.concatenate([c.hi for c in claims]),
        weights,
    )


def _first_by_shift(roster: Roster, now_on: DutyClaims, parts: CoveredStretches, several: Bools, entry: Ints) -> None:
    """Fill ``entry`` where several entries grant at once, with the first by shift_id. There are few such stretches."""
    if not several.any():
        return
    order = np.argsort(now_on.officer, kind="stable")
    sorted_officers = now_on.officer[order]
    for i in np.flatnonzero(several).tolist():
        first, last = np.searchsorted(sorted_officers, [parts.owner[i], parts.owner[i] + 1])
        mine = order[first:last]
        over = mine[(now_on.lo[mine] <= parts.from_us[i]) & (now_on.hi[mine] >= parts.to_us[i])]
        candidates = now_on.entry[over]
        entry[i] = candidates[np.argmin(roster.shift[candidates])]
