"""Settles the roster: when was each officer on duty, under which entry, and was that known at the time (SPEC 2, 3)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from offduty.arrays.arrow import Bools, Ints
from offduty.arrays.sweep import CoveredStretches, joined, sweep
from offduty.core.instants import FOREVER_US, NEVER_US
from offduty.duty.roster import Roster

LATE = 1
ON = 2


@dataclass(frozen=True)
class DutyStretches:
    """Disjoint stretches of officers, sorted: ``state`` is LATE (only by hindsight) or ON; elsewhere nobody is on duty.

    ``code`` numbers the duty code (in ``codes``) of the entry that grants the stretch at ``as_of``.
    """

    officer: Ints
    from_us: Ints
    to_us: Ints
    state: Ints
    code: Ints
    codes: list[str]


@dataclass(frozen=True)
class DutyClaims:
    """What entries say: from ``lo`` to ``hi`` of valid time, while the knowledge of the roster is in [``known``,
    ``until``).
    """

    officer: Ints
    entry: Ints
    lo: Ints
    hi: Ints
    known: Ints
    until: Ints

    def at(self, as_of_us: int) -> DutyClaims:
        """Those that count for somebody who knows the roster of ``as_of``."""
        held = (self.known <= as_of_us) & (as_of_us < self.until)
        return DutyClaims(*(column[held] for column in self._columns()))

    def when_taken(self, tolerance_us: int) -> DutyClaims:
        """Each cut down to the instants t at which it counted for somebody who knew the roster of t + tolerance."""
        lo = np.maximum(self.lo, self.known - tolerance_us)
        hi = np.minimum(self.hi, np.where(self.until == FOREVER_US, FOREVER_US, self.until - tolerance_us))
        return DutyClaims(self.officer, self.entry, lo, hi, self.known, self.until)

    def _columns(self) -> tuple[Ints, ...]:
        return self.officer, self.entry, self.lo, self.hi, self.known, self.until


def settle_duty(roster: Roster, tolerance_us: int, as_of_us: int) -> DutyStretches:
    """When each officer was on duty, by the roster of the time and by the roster as it stands at ``as_of``.

    A stretch is ON when ``duty(t, t + tolerance)`` and ``duty(t, as_of)`` both hold, LATE when only the second does. An
    officer without entries has no stretch. Where several entries grant at ``as_of``, the first by shift_id names the
    code.
    """
    granting, taking = grants(roster), takings(roster)
    now_on, now_off = granting.at(as_of_us), taking.at(as_of_us)
    then_on, then_off = granting.when_taken(tolerance_us), taking.when_taken(tolerance_us)
    parts = _lay([now_on, now_off, then_on, then_off])
    on_now, off_now, on_then, off_then, entry_sum = parts.sums.T
    now = (on_now > 0) & (off_now == 0)
    then = (on_then > 0) & (off_then == 0)
    state = np.where(now & then, ON, np.where(now, LATE, 0))
    entry = np.where(on_now == 1, entry_sum, -1)
    _first_by_shift(roster, now_on, parts, (on_now > 1) & now, entry)
    code = np.where(now, np.append(roster.code, -1)[entry], -1)
    kept = parts.only(now)
    labels = np.column_stack([state[now], code[now]])
    merged = joined(CoveredStretches(kept.owner, kept.from_us, kept.to_us, labels), labels)
    return DutyStretches(merged.owner, merged.from_us, merged.to_us, merged.sums[:, 0], merged.sums[:, 1], roster.codes)


def grants(roster: Roster) -> DutyClaims:
    """What the entries that grant duty say, by the narrowest reading, until another version of their shift is known."""
    which = np.flatnonzero(roster.grants)
    return DutyClaims(
        roster.officer[which],
        which,
        roster.starts_late[which],
        roster.ends_early[which],
        roster.recorded[which],
        roster.next_version[which],
    )


def takings(roster: Roster) -> DutyClaims:
    """What takes duty away: by the widest reading, until a version that can be read is known.

    Entries of a shift whose versions contradict each other count at all times; rows that cannot be placed take all duty
    of their officers.
    """
    which = np.flatnonzero(roster.takes)
    always = roster.contradicted[which]
    known = np.where(always, NEVER_US, roster.recorded[which])
    until = np.where(always, FOREVER_US, roster.next_readable[which])
    everything = np.full(len(roster.barred), FOREVER_US)
    return DutyClaims(
        np.concatenate([roster.officer[which], roster.barred]),
        np.concatenate([which, np.zeros(len(roster.barred), np.int64)]),
        np.concatenate([roster.starts_early[which], -everything]),
        np.concatenate([roster.ends_late[which], everything]),
        np.concatenate([known, roster.barred_from]),
        np.concatenate([until, everything]),
    )


def _lay(claims: list[DutyClaims]) -> CoveredStretches:
    """All four kinds over each other; the fifth sum adds up the entries that grant now (one entry: that entry)."""
    weights = np.concatenate(
        [np.tile(np.eye(5, dtype=np.int64)[kind], (len(c.officer), 1)) for kind, c in enumerate(claims)]
    )
    weights[: len(claims[0].officer), 4] = claims[0].entry
    return sweep(
        np.concatenate([c.officer for c in claims]),
        np.concatenate([c.lo for c in claims]),
        np.concatenate([c.hi for c in claims]),
        weights,
    )


def _first_by_shift(roster: Roster, now_on: DutyClaims, parts: CoveredStretches, several: Bools, entry: Ints) -> None:
    """Fill ``entry`` where several entries grant at once: shifts that overlap are few, so one by one."""
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
