"""Decides the reason of every ping: release is earned proof by proof, and whatever is not proven is hidden (SPEC 4, 5).

Two steps. `judge` looks at each ping by itself: who held the device, was it duty, is the fix good, is it away from
every protected place. `settle` looks at the pings of whole duty windows: the ways to and from home, and repeated fixes.
Arrays in, arrays out; no file and no store in sight, so that any engine can call them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Protocol

import numpy as np
import numpy.typing as npt

from offduty.arrays.arrow import Bools, Codes, Floats, Ints
from offduty.config.policy import Policy
from offduty.core.reasons import Reason
from offduty.decision.legs import ANCHOR, CANDIDATE, CONTACT, Kinds, between_anchors, instants_of
from offduty.duty.timeline import Timeline, Windows

Reasons = npt.NDArray[np.uint8]


class PlaceQueries(Protocol):
    """What the protected places answer."""

    def contact(self, officer: Codes, observed_us: Ints, lon: Floats, lat: Floats, disc_m: Floats) -> Bools:
        """Whether the disc around each ping comes within the buffer of a place; True where that is not known."""

    def has_home(self, officer: Codes, observed_us: Ints) -> Bools:
        """Whether a home of the officer is on record at the instant."""


class SiteQueries(Protocol):
    """What the sites answer."""

    def inside(self, lon: Floats, lat: Floats) -> Bools:
        """Whether each position lies inside a site; False where that is not known."""


@dataclass(frozen=True)
class Reference:
    """All that a decision rests on besides the pings. ``sites`` may be None only where ``legs.rule`` is off."""

    timeline: Timeline
    places: PlaceQueries
    sites: SiteQueries | None
    policy: Policy
    as_of_us: int

    @property
    def anchored(self) -> bool:
        """Whether the legs are hidden."""
        return self.policy.legs.rule != "off"


@dataclass(frozen=True)
class Pings:
    """Pings that could be read; one element each. ``row`` numbers them across all files; ``device`` is -1 for a device
    that nobody was ever assigned; ``accuracy_m`` is NaN where it cannot be used (and the assumed one where that is
    allowed).
    """

    row: Ints
    device: Codes
    observed_us: Ints
    lon: Floats
    lat: Floats
    accuracy_m: Floats


@dataclass(frozen=True)
class Undecided:
    """Pings on duty that wait for the rest of their window, and the contacts that may yet hide some of them."""

    row: Ints
    window: Codes
    observed_us: Ints
    lon: Floats
    lat: Floats
    accuracy_m: Floats
    code: npt.NDArray[np.int16]
    kind: Kinds

    def __len__(self) -> int:
        return len(self.row)

    def take(self, which: Ints) -> Undecided:
        """Those elements alone."""
        return Undecided(*(np.take(getattr(self, field.name), which) for field in fields(self)))

    @staticmethod
    def together(parts: Sequence[Undecided]) -> Undecided:
        """All of them, one after the other; at least one part is wanted."""
        if len(parts) == 1:
            return parts[0]
        return Undecided(
            *(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Undecided))
        )


def judge(pings: Pings, reference: Reference) -> tuple[Reasons, Undecided]:
    """The reason of each ping as far as it can be known by itself, and the pings for which that is not enough.

    Undecided candidates stand as ``home_leg`` until `settle` has proven more: hiding is the ground state.
    """
    timeline, policy = reference.timeline, reference.policy
    place = timeline.at(pings.device, pings.observed_us)
    reason = timeline.reason[place]
    on = np.flatnonzero(reason == Reason.ON_DUTY)
    reason[on] = Reason.WINDOW_OPEN
    window = timeline.window[place[on]]
    closed = timeline.windows.to_us[window] <= reference.as_of_us
    on, window = on[closed], window[closed]
    reason[on] = Reason.IMPRECISE
    accuracy = pings.accuracy_m[on]
    precise = (accuracy > 0) & (accuracy <= policy.accuracy.max_m)
    good, good_window = on[precise], window[precise]
    good, good_window = _homed(pings, reference, reason, good, good_window)
    reason[good] = Reason.PROTECTED_PLACE
    touches = _touches(pings, reference, good, good_window, policy.accuracy.factor * pings.accuracy_m[good])
    away = good[~touches]
    reason[away] = Reason.HOME_LEG
    anchors = (
        reference.sites.inside(pings.lon[away], pings.lat[away]) if reference.sites else np.zeros(len(away), np.bool_)
    )
    kinds = np.where(anchors, ANCHOR, CANDIDATE)
    poor, poor_window = _poor_contacts(pings, reference, on[~precise], window[~precise])
    chosen = np.concatenate([away, good[touches], poor])
    kind = np.concatenate([kinds, np.full(int(touches.sum()) + len(poor), CONTACT)]).astype(np.uint8)
    windows = np.concatenate([good_window[~touches], good_window[touches], poor_window])
    return reason, Undecided(
        row=pings.row[chosen],
        window=windows,
        observed_us=pings.observed_us[chosen],
        lon=pings.lon[chosen],
        lat=pings.lat[chosen],
        accuracy_m=pings.accuracy_m[chosen],
        code=timeline.code[place[chosen]],
        kind=kind,
    )


def _homed(pings: Pings, reference: Reference, reason: Reasons, good: Ints, window: Codes) -> tuple[Ints, Codes]:
    """Those whose officer has a home on record, where the policy asks for one; the others are marked ``no_home``."""
    if not reference.policy.places.require_home:
        return good, window
    officer = _officer(reference.timeline.windows, window)
    known = reference.places.has_home(officer, pings.observed_us[good])
    reason[good] = Reason.NO_HOME
    return good[known], window[known]


def _touches(pings: Pings, reference: Reference, which: Ints, window: Codes, disc_m: Floats) -> Bools:
    officer = _officer(reference.timeline.windows, window)
    return reference.places.contact(officer, pings.observed_us[which], pings.lon[which], pings.lat[which], disc_m)


def _poor_contacts(pings: Pings, reference: Reference, poor: Ints, window: Codes) -> tuple[Ints, Codes]:
    """Imprecise fixes that touch a place all the same: indoors, phones give poor fixes (SPEC 5)."""
    if not reference.anchored or not len(poor):
        return poor[:0], window[:0]
    most_m = reference.policy.accuracy.max_m
    accuracy = pings.accuracy_m[poor]
    usable_m = np.where(accuracy > 0, np.minimum(accuracy, most_m), most_m)
    touches = _touches(pings, reference, poor, window, reference.policy.accuracy.factor * usable_m)
    return poor[touches], window[touches]


def _officer(windows: Windows, window: Codes) -> Codes:
    return windows.officer[window].astype(np.int32)


def settle(waiting: Undecided, reference: Reference) -> Reasons:
    """The final reason of each candidate; contacts, which have theirs, get ``home_leg`` and are to be left alone.

    ``waiting`` holds all undecided pings of its clusters of windows: of every device an officer held meanwhile.
    """
    reason = np.full(len(waiting), Reason.HOME_LEG, np.uint8)
    if not len(waiting):
        return reason
    order = by_window(waiting.window, waiting.observed_us)
    window, observed_us, kind = waiting.window[order], waiting.observed_us[order], waiting.kind[order]
    proven = kind != CONTACT
    if reference.anchored:
        proven &= _proven(window, observed_us, kind, reference.timeline.windows)
    proven &= _in_the_middle(window, observed_us, reference)
    second = _repeated(waiting, order, window, observed_us, proven)
    reason[order[proven]] = Reason.ON_DUTY
    reason[order[second]] = Reason.DUPLICATE
    return reason


def by_window(window: Codes, observed_us: Ints) -> Ints:
    """The order by window and time; both in one integer where they fit, which sorts several times faster."""
    low, high = int(observed_us.min()), int(observed_us.max())
    bits = (high - low).bit_length()
    if bits + int(window.max()).bit_length() <= 63:
        return np.argsort(window.astype(np.int64) << bits | (observed_us - low))
    return np.lexsort((observed_us, window))


def _in_the_middle(window: Codes, observed_us: Ints, reference: Reference) -> Bools:
    """Which pings are neither of the first nor of the last ``legs.hold_s`` seconds of their window: minutes between the
    roster and the first sight of somebody tell how far from work a home is (docs/attacks.md).
    """
    windows, hold_us = reference.timeline.windows, reference.policy.legs.hold_s * 1_000_000
    begun: Bools = observed_us >= windows.from_us[window] + hold_us
    return begun & (observed_us < windows.to_us[window] - hold_us)


def _proven(window: Codes, observed_us: Ints, kind: Kinds, windows: Windows) -> Bools:
    """Which pings lie between anchors, with the contacts of their officer's other devices standing in their way too."""
    their_window, their_us = _contacts_elsewhere(window, observed_us, kind, windows)
    if not len(their_window):
        return between_anchors(window, observed_us, kind)
    own = np.concatenate([np.arange(len(window)), np.full(len(their_window), -1)])
    all_windows = np.concatenate([window, their_window])
    all_us = np.concatenate([observed_us, their_us])
    all_kinds = np.concatenate([kind, np.full(len(their_window), CONTACT, np.uint8)])
    order = by_window(all_windows, all_us)
    proven = between_anchors(all_windows[order], all_us[order], all_kinds[order])
    back = np.zeros(len(window), np.bool_)
    mine = own[order] >= 0
    back[own[order][mine]] = proven[mine]
    return back


def _contacts_elsewhere(window: Codes, observed_us: Ints, kind: Kinds, windows: Windows) -> tuple[Codes, Ints]:
    """Each contact again, in every other window of its officer that holds its instant: a radio and a phone go home
    together.
    """
    contact = np.flatnonzero(kind == CONTACT)
    first, last = windows.members(window[contact])
    company = last - first > 1
    source, us, first, last = window[contact][company], observed_us[contact][company], first[company], last[company]
    copies = last - first
    nth = np.repeat(np.arange(len(source)), copies)
    within = np.arange(len(nth)) - np.repeat(np.cumsum(copies) - copies, copies)
    member = windows.by_cluster[np.repeat(first, copies) + within]
    holds = (member != source[nth]) & (windows.from_us[member] <= us[nth]) & (us[nth] < windows.to_us[member])
    return member[holds].astype(np.int32), us[nth][holds]


def _repeated(waiting: Undecided, order: Ints, window: Codes, observed_us: Ints, proven: Bools) -> Bools:
    """The proven pings in whose stead another of the same device and instant is released: the one with the smallest
    accuracy, then lon, lat, file and row."""
    instant, _ = instants_of(window, observed_us)
    released = np.flatnonzero(proven)
    crowded = np.flatnonzero(np.bincount(instant[released], minlength=1)[instant[released]] > 1)
    second = np.zeros(len(window), np.bool_)
    if not len(crowded):
        return second
    rivals = released[crowded]
    source = order[rivals]
    ranked = np.lexsort(
        (waiting.row[source], waiting.lat[source], waiting.lon[source], waiting.accuracy_m[source], instant[rivals])
    )
    rivals = rivals[ranked]
    again = np.zeros(len(rivals), np.bool_)
    again[1:] = instant[rivals][1:] == instant[rivals][:-1]
    second[rivals[again]] = True
    return second
