"""The leg rule, which hides the ways to and from homes: what lies between two anchors, with no contact between, is not
on a leg (specification#leg-rule).

Three things stand beside it: a silence counts as a contact (specification#silence-rule), a place for everyone that is
only passed is none (specification#passing-by), and the ends of a window are held back (specification#hold).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from offduty.arrays.arrow import Bools, Codes, Ints

CONTACT, CONTACT_FOR_EVERYONE, CANDIDATE, ANCHOR = range(4)
"""What a ping is to the leg rule: a contact with a personal place, a contact with places for everyone alone, a
candidate, or a candidate at a site.
"""
Kinds = npt.NDArray[np.uint8]


def is_candidate(kind: Kinds) -> Bools:
    """Which pings may be released; the others are contacts, whose reason is final."""
    candidate: Bools = kind >= CANDIDATE
    return candidate


@dataclass(frozen=True)
class LegRows:
    """The pings of whole windows as the rule of legs looks at them, sorted by window and time: contacts of other
    devices of the officer stand among them, and what only passes a place for everyone is no contact.

    ``silent`` are the pings that come after a silence in their window. ``places`` is the row of each ping that is not
    another device's contact; None: every row is a ping, in its order.
    """

    window: Codes
    observed_us: Ints
    kind: Kinds
    silent: Bools
    places: Ints | None = None

    def of_pings(self, found: Bools) -> Bools:
        """What was found for each row, for each ping."""
        return found if self.places is None else np.take(found, self.places)


@dataclass(frozen=True)
class DutyPings:
    """Pings of every kind of whole duty windows, sorted by window and time.

    ``outside_hold`` is False for what would be hidden at
    the ends of its window. ``legs`` are the rows of the rule of legs, and None where that is off.
    """

    window: Codes
    observed_us: Ints
    kind: Kinds
    outside_hold: Bools
    legs: LegRows | None

    def of_windows(self, counted: Bools) -> DutyPings:
        """Only the pings of these windows."""
        rows = np.flatnonzero(counted[self.window])
        return DutyPings(
            self.window[rows],
            self.observed_us[rows],
            self.kind[rows],
            self.outside_hold[rows],
            None if self.legs is None else _legs_of_windows(self.legs, counted, rows),
        )


def _legs_of_windows(legs: LegRows, counted: Bools, pings: Ints) -> LegRows:
    """The rows of some windows; ``pings`` are the places of their pings among all pings."""
    chosen = counted[legs.window]
    rows = np.flatnonzero(chosen)
    places = None if legs.places is None else (np.cumsum(chosen) - 1)[legs.places[pings]]
    return LegRows(legs.window[rows], legs.observed_us[rows], legs.kind[rows], legs.silent[rows], places)


def instants_of(window: Codes, observed_us: Ints) -> tuple[Codes, Bools]:
    """Number the instants of each window; also says which instants are the first of a window.

    The pings must be sorted by window and time.
    """
    n = len(window)
    starts_window = np.ones(n, np.bool_)
    starts_window[1:] = window[1:] != window[:-1]
    new_instant = starts_window.copy()
    new_instant[1:] |= observed_us[1:] != observed_us[:-1]
    return np.cumsum(new_instant, dtype=np.int32) - 1, starts_window[new_instant]


def gaps_before(window: Codes, observed_us: Ints) -> Ints:
    """The time from the ping before to each ping, in microseconds; 0 for the first of a window.

    The pings must be sorted by window and time.
    """
    gaps = np.zeros(len(window), np.int64)
    gaps[1:] = np.where(window[1:] == window[:-1], observed_us[1:] - observed_us[:-1], 0)
    return gaps


def after_silence(window: Codes, observed_us: Ints, max_gap_us: int) -> Bools:
    """Which pings come after a silence: more than ``max_gap_us`` after the ping before them in their window.

    The pings must be sorted by window and time. Nobody knows where the officer was meanwhile
    (specification#silence-rule).
    """
    silent = np.zeros(len(window), np.bool_)
    silent[1:] = (window[1:] == window[:-1]) & (observed_us[1:] - observed_us[:-1] > max_gap_us)
    return silent


def passing(window: Codes, observed_us: Ints, kind: Kinds, pass_by_us: int) -> Bools:
    """Which contacts only pass a place for everyone; for pings of every kind, sorted by window and time.

    A maximal run of instants that have nothing but contacts with places for everyone is a pass if the instants before
    and after it are at most ``pass_by_us`` apart; both must be in the window (specification#passing-by).
    """
    passed = np.zeros(len(window), np.bool_)
    near_everyone = np.flatnonzero(kind == CONTACT_FOR_EVERYONE)
    if not pass_by_us or not len(near_everyone):
        return passed
    asked = np.zeros(int(window.max()) + 1, np.bool_)
    asked[window[near_everyone]] = True
    some = np.flatnonzero(asked[window])  # the other windows have nothing to pass
    passed[some] = _passing(window[some], observed_us[some], kind[some], pass_by_us)
    return passed


def _passing(window: Codes, observed_us: Ints, kind: Kinds, pass_by_us: int) -> Bools:
    instant, starts_window = instants_of(window, observed_us)
    count = len(starts_window)
    near = np.ones(count, np.bool_)
    near[instant[kind != CONTACT_FOR_EVERYONE]] = False
    if not near.any():
        return np.zeros(len(window), np.bool_)
    us = np.zeros(count, np.int64)
    us[instant] = observed_us
    begins = near.copy()
    begins[1:] &= ~near[:-1] | starts_window[1:]
    first = np.flatnonzero(begins)
    run = np.cumsum(begins) - 1
    last = np.zeros(len(first), np.int64)
    np.maximum.at(last, run[near], np.flatnonzero(near))
    has_before = ~starts_window[first]
    has_after = (last + 1 < count) & ~np.append(starts_window, True)[last + 1]
    apart = us[np.minimum(last + 1, count - 1)] - us[np.maximum(first - 1, 0)]
    brief = has_before & has_after & (apart <= pass_by_us)
    passed_instant = near & brief[np.maximum(run, 0)]
    found: Bools = passed_instant[instant]
    return found


def between_anchors(window: Codes, observed_us: Ints, kind: Kinds, silent: Bools | None = None) -> Bools:
    """Which pings are between two anchors of their window, with no contact in between; for pings of every kind.

    The pings must be sorted by window and time. A contact at the same instant as the anchor or the ping counts as being
    between them (specification#same-instant). The ends of a window count as contacts (specification#window-ends), so an
    anchor of another window proves nothing, and so does a silence before the pings that are ``silent``. An anchor is
    between itself and itself.
    """
    before, after = anchors_around(window, observed_us, kind, silent)
    return before & after


def anchors_around(window: Codes, observed_us: Ints, kind: Kinds, silent: Bools | None = None) -> tuple[Bools, Bools]:
    """Which pings come after an anchor of their window, and which come before one, with no contact in between; see
    `between_anchors`.
    """
    if not len(window):
        return np.zeros(0, np.bool_), np.zeros(0, np.bool_)
    instant, starts = instants_of(window, observed_us)
    if silent is not None:
        starts[instant[silent]] = True
    count = len(starts)
    contact = np.zeros(count, np.bool_)
    contact[instant[~is_candidate(kind)]] = True
    anchor = np.zeros(count, np.bool_)
    anchor[instant[kind == ANCHOR]] = True
    place = np.arange(count, dtype=np.int32)
    first = _last(starts, place)
    last = _next(np.append(starts[1:], True), place, count)
    anchor_before, contact_before = _last(anchor, place), _last(contact, place)
    anchor_after, contact_after = _next(anchor, place, count), _next(contact, place, count)
    came_from_work = (anchor_before >= first) & (anchor_before > contact_before)
    goes_to_work = (anchor_after <= last) & (anchor_after < contact_after)
    before: Bools = np.take(came_from_work, instant)
    after: Bools = np.take(goes_to_work, instant)
    return before, after


def _last(marked: Bools, place: Codes) -> Codes:
    """The last marked instant at or before each; -1 where there is none."""
    found: Codes = np.maximum.accumulate(np.where(marked, place, np.int32(-1)))
    return found


def _next(marked: Bools, place: Codes, count: int) -> Codes:
    """The next marked instant at or after each; ``count`` where there is none."""
    found: Codes = np.minimum.accumulate(np.where(marked, place, np.int32(count))[::-1])[::-1]
    return found
