"""Determines from the roster when each officer was on duty, by which entry, and whether that was known at the time."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from offduty.arrays.arrow import Bools, Ints
from offduty.arrays.sweep import CoveredStretches, apart, joined, sweep, together
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

    def counting(self, as_of_us: int) -> Bools:
        """Which claims count at the knowledge time ``as_of``."""
        counted: Bools = (self.known <= as_of_us) & (as_of_us < self.until)
        return counted

    def at(self, as_of_us: int) -> DutyClaims:
        """The claims that count at the knowledge time ``as_of``."""
        return self.only(self.counting(as_of_us))

    def only(self, wanted: Bools) -> DutyClaims:
        """Only these claims."""
        return DutyClaims(*(column[wanted] for column in self._columns()))

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
    granting = grants(roster)
    spans = _spans(granting, takings(roster), tolerance_us, as_of_us)
    alone, others = apart(spans.officer, spans.lo, spans.hi)
    on_roster = together(_granted(spans, alone, roster), _overlaid(spans.only(others), granting, roster, as_of_us))
    merged = joined(on_roster, on_roster.sums)
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


@dataclass(frozen=True)
class _Spans:
    """Intervals of claims, whether each grants or takes away, and whether it counts by what is known ``now``, and by
    what was known ``then``.
    """

    officer: Ints
    entry: Ints
    lo: Ints
    hi: Ints
    grants: Bools
    now: Bools
    then: Bools

    def only(self, which: Ints) -> _Spans:
        """Only these intervals."""
        return _Spans(*(getattr(self, column.name)[which] for column in fields(self)))


def _spans(granting: DutyClaims, taking: DutyClaims, tolerance_us: int, as_of_us: int) -> _Spans:
    """The intervals in which claims count at ``as_of``, and in which they counted when the time came. Most claims were
    recorded before and stay as they are: of each of these both are the same, and one interval is enough.
    """
    parts: list[tuple[Ints, Ints, Ints, Ints, Bools, Bools, Bools]] = []
    for claims, grant in ((granting, True), (taking, False)):
        counting, reduced = claims.counting(as_of_us), claims.when_taken(tolerance_us)
        whole = counting & (reduced.lo == claims.lo) & (reduced.hi == claims.hi)
        for some, now, then in (
            (claims.only(counting), np.ones(int(counting.sum()), np.bool_), whole[counting]),
            (reduced.only(~whole), np.zeros(int((~whole).sum()), np.bool_), np.ones(int((~whole).sum()), np.bool_)),
        ):
            kind = np.full(len(now), grant)
            parts.append((some.officer, some.entry, some.lo, some.hi, kind, now, then))
    return _Spans(*map(np.concatenate, zip(*parts, strict=True)))


def _granted(spans: _Spans, alone: Ints, roster: Roster) -> CoveredStretches:
    """The stretches of intervals that overlap no other: those of grants that count now. The sums are state and code."""
    granted = alone[spans.grants[alone] & spans.now[alone]]
    labels = np.column_stack([np.where(spans.then[granted], ON, LATE), roster.code[spans.entry[granted]]])
    return CoveredStretches(spans.officer[granted], spans.lo[granted], spans.hi[granted], labels)


def _overlaid(spans: _Spans, granting: DutyClaims, roster: Roster, as_of_us: int) -> CoveredStretches:
    """Overlay what grants with what takes away: the stretches that are granted now. The sums are state and code.

    What is summed up counts what grants now, and then; the third adds up the numbers of the entries that grant now:
    where that is one entry, it is the entry's number. The last two count what takes away now, and then.
    """
    on, off = spans.grants, ~spans.grants
    weights = [on & spans.now, on & spans.then, spans.entry * (on & spans.now), off & spans.now, off & spans.then]
    parts = sweep(spans.officer, spans.lo, spans.hi, np.column_stack(weights).astype(np.int64))
    on_now, on_then, entry_sum, off_now, off_then = parts.sums.T
    now = (on_now > 0) & (off_now == 0)
    then = (on_then > 0) & (off_then == 0)
    entry = np.where(on_now == 1, entry_sum, -1)
    several = (on_now > 1) & now
    if several.any():
        _first_by_shift(roster, granting.at(as_of_us), parts, several, entry)
    labels = np.column_stack([np.where(then, ON, LATE), np.append(roster.code, -1)[entry]])[now]
    return CoveredStretches(parts.owner[now], parts.from_us[now], parts.to_us[now], labels)


def _first_by_shift(roster: Roster, now_on: DutyClaims, parts: CoveredStretches, several: Bools, entry: Ints) -> None:
    """Fill ``entry`` where several entries grant at once, with the first by shift_id. There are few such stretches."""
    order = np.argsort(now_on.officer, kind="stable")
    sorted_officers = now_on.officer[order]
    for i in np.flatnonzero(several).tolist():
        first, last = np.searchsorted(sorted_officers, [parts.owner[i], parts.owner[i] + 1])
        mine = order[first:last]
        over = mine[(now_on.lo[mine] <= parts.from_us[i]) & (now_on.hi[mine] >= parts.to_us[i])]
        candidates = now_on.entry[over]
        entry[i] = candidates[np.argmin(roster.shift[candidates])]
