"""Decides the reason of every ping; what is not proven to be releasable stays hidden (specification#hidden-by-default).

There are two steps. `judge` looks at each ping alone: to whom was the device assigned, was it duty, is the accuracy
good enough, is the ping away from every protected place (specification#reasons). `settle` looks at the pings of whole
duty windows: the ways to and from home (specification#leg-rule), and duplicates. Both take arrays and return arrays,
and open no file and no store, so any engine can call them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Protocol

import numpy as np
import numpy.typing as npt

from offduty.arrays.arrow import Bools, Codes, Floats, Ints
from offduty.arrays.concatenated_ranges import concatenated_ranges
from offduty.config.policy import Policy
from offduty.core.reasons import Reason
from offduty.core.times import LocalTime
from offduty.decision.legs import (
    ANCHOR,
    CANDIDATE,
    CONTACT,
    CONTACT_FOR_EVERYONE,
    DutyPings,
    Kinds,
    LegRows,
    after_silence,
    anchors_around,
    between_anchors,
    is_candidate,
    passing,
)
from offduty.decision.pings import Pings, Reasons
from offduty.duty.timeline import Timeline, Windows


class PlaceQueries(Protocol):
    """The questions about protected places that a decision asks."""

    def touched(
        self, officer: Codes, observed_us: Ints, lon: Floats, lat: Floats, disc_m: Floats
    ) -> tuple[Bools, Bools]:
        """Whether the disc around each ping comes within the buffer of a personal place of the officer (True where that
        is unknown), and whether within that of a place for everyone.
        """

    def has_home(self, officer: Codes, observed_us: Ints) -> Bools:
        """Whether a home of the officer is on record at the instant."""


class SiteQueries(Protocol):
    """The question about sites that a decision asks."""

    def inside(self, officer: Codes, observed_us: Ints, lon: Floats, lat: Floats) -> Bools:
        """Whether each position is inside what is a site for the officer then; False where that is unknown."""


@dataclass(frozen=True)
class Reference:
    """All that a decision depends on besides the pings; ``sites`` may be None only where ``legs.rule`` is off.

    ``local`` says what local times of the pings mean, ``distinct_devices`` that devices with lookalike ids are
    different devices.
    """

    timeline: Timeline
    places: PlaceQueries
    sites: SiteQueries | None
    policy: Policy
    as_of_us: int
    local: LocalTime
    distinct_devices: bool = False

    @property
    def anchored(self) -> bool:
        """Whether the rule of legs is on (specification#legs-off)."""
        return self.policy.legs.rule != "off"


@dataclass(frozen=True)
class Undecided:
    """Pings that need the rest of their duty window to be decided, and the contacts that may hide them.

    ``kind`` is what the ping is to the leg rule (`offduty.decision.legs`); ``code`` is the duty code as a number.
    """

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
        """Only these elements."""
        return Undecided(*(np.take(getattr(self, field.name), which) for field in fields(self)))

    def part(self, first: int, last: int) -> Undecided:
        """The elements from ``first`` to before ``last``; copied, so that the others can be freed."""
        return Undecided(*(getattr(self, field.name)[first:last].copy() for field in fields(self)))

    @staticmethod
    def together(parts: Sequence[Undecided]) -> Undecided:
        """Concatenate the parts; there must be at least one."""
        if len(parts) == 1:
            return parts[0]
        return Undecided(
            *(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Undecided))
        )


def judge(pings: Pings, reference: Reference) -> tuple[Reasons, Undecided]:
    """The reason of each ping as far as it follows from the ping alone, and the pings that need more.

    An undecided candidate has the reason ``home_leg`` until `settle` has proven more, because hiding is the initial
    state. Every ping on duty whose disc touches a place is a contact, whatever its reason (specification#contact).
    """
    timeline, policy = reference.timeline, reference.policy
    place = pings.place
    reason = np.take(timeline.reason, place)
    on = np.flatnonzero(reason == Reason.ON_DUTY)
    reason[on] = Reason.WINDOW_OPEN
    window = np.take(timeline.window, np.take(place, on))
    closed = timeline.windows.cluster_to[window] <= reference.as_of_us
    on, window = _only(closed, on, window)
    reason[on] = Reason.IMPRECISE
    duty = pings.take(on)  # once: nearly all pings that come here are on duty, and each question asks for some columns
    accuracy = duty.accuracy_m
    precise = (accuracy > 0) & (accuracy <= policy.accuracy.max_m)
    at_home = _known_home(duty, window, reference)
    reason[on[precise & ~at_home]] = Reason.NO_HOME
    good = precise & at_home
    asked = good | reference.anchored
    if not asked.all():
        on, window, good, duty = on[asked], window[asked], good[asked], duty.take(np.flatnonzero(asked))
    personal, everyone = _touched(duty, window, reference)
    reason[on[good & (personal | everyone)]] = Reason.PROTECTED_PLACE
    away = np.flatnonzero(good & ~personal & ~everyone)
    reason[on[away]] = Reason.HOME_LEG
    kind = np.where(personal, np.uint8(CONTACT), np.uint8(CONTACT_FOR_EVERYONE))
    kind[away] = np.where(_at_site(duty, window, away, reference), np.uint8(ANCHOR), np.uint8(CANDIDATE))
    waits = personal | everyone
    waits[away] = True
    undecided = Undecided(
        row=duty.row,
        window=window,
        observed_us=duty.observed_us,
        lon=duty.lon,
        lat=duty.lat,
        accuracy_m=duty.accuracy_m,
        code=np.take(timeline.code, duty.place),
        kind=kind,
    )
    return reason, undecided if waits.all() else undecided.take(np.flatnonzero(waits))


def _only(which: Bools, on: Ints, window: Codes) -> tuple[Ints, Codes]:
    """Only these elements; all of them without a copy."""
    return (on, window) if which.all() else (on[which], window[which])


def _known_home(duty: Pings, window: Codes, reference: Reference) -> Bools:
    """Whether a home of the officer of each ping is on record; True where the policy requires none."""
    if not reference.policy.places.require_home:
        return np.ones(len(window), np.bool_)
    officer = _officer(reference.timeline.windows, window)
    return reference.places.has_home(officer, duty.observed_us)


def _touched(duty: Pings, window: Codes, reference: Reference) -> tuple[Bools, Bools]:
    """Which pings touch a personal place of their officer, and which a place for everyone.

    An imprecise ping counts with its accuracy, but with no more than the policy's limit, and with that where it cannot
    be used: indoors, phones give poor fixes (specification#imprecise-contact).
    """
    most_m = reference.policy.accuracy.max_m
    usable_m = duty.accuracy_m.copy()
    imprecise = np.flatnonzero(~((usable_m > 0) & (usable_m <= most_m)))
    usable_m[imprecise] = np.where(usable_m[imprecise] > 0, np.minimum(usable_m[imprecise], most_m), most_m)
    officer = _officer(reference.timeline.windows, window)
    disc_m = reference.policy.accuracy.factor * usable_m
    return reference.places.touched(officer, duty.observed_us, duty.lon, duty.lat, disc_m)


def _at_site(duty: Pings, window: Codes, which: Ints, reference: Reference) -> Bools:
    """Which of these pings are inside a site of their officer."""
    if reference.sites is None:
        return np.zeros(len(which), np.bool_)
    officer = _officer(reference.timeline.windows, np.take(window, which))
    observed_us = np.take(duty.observed_us, which)
    return reference.sites.inside(officer, observed_us, np.take(duty.lon, which), np.take(duty.lat, which))


def _officer(windows: Windows, window: Codes) -> Codes:
    return np.take(windows.officer_codes, window)


def settle(waiting: Undecided, reference: Reference) -> Reasons:
    """The final reason of each candidate and anchor.

    A contact has its reason already: ``home_leg`` is returned for it, and the caller must ignore that. ``waiting`` must
    have all undecided pings of its clusters of windows: of every device that was assigned to an officer at that time.
    """
    return settle_in_order(waiting, reference)[0] if len(waiting) else np.zeros(0, np.uint8)


def settle_in_order(waiting: Undecided, reference: Reference) -> tuple[Reasons, DutyPings]:
    """What `settle` gives for pings, of which there must be at least one; and the pings as the rule of legs looked at
    them, in order of window and time.
    """
    reason = np.full(len(waiting), Reason.HOME_LEG, np.uint8)
    order = by_window(waiting.window, waiting.observed_us)
    window, kind = np.take(waiting.window, order), np.take(waiting.kind, order)
    observed_us = np.take(waiting.observed_us, order)
    legs = _leg_rows(window, observed_us, kind, reference) if reference.anchored else None
    outside_hold = outside_hold_of(window, observed_us, reference)
    proven = is_candidate(kind)
    if legs is not None:
        proven &= legs.of_pings(between_anchors(legs.window, legs.observed_us, legs.kind, legs.silent))
    proven &= outside_hold
    duplicate = _duplicates(waiting, order, window, observed_us, proven)
    reason[order[proven]] = Reason.ON_DUTY
    reason[order[duplicate]] = Reason.DUPLICATE
    return reason, DutyPings(window, observed_us, kind, outside_hold, legs)


@dataclass(frozen=True)
class LegProofs:
    """Which pings are proven in each part of the rules of legs; None where the policy does not ask for the part."""

    work_before: Bools | None
    work_after: Bools | None
    outside_hold: Bools


def leg_proofs(waiting: Undecided, reference: Reference) -> LegProofs:
    """What `settle` proves of the legs of each ping, part by part; there must be at least one ping."""
    order = by_window(waiting.window, waiting.observed_us)
    window, observed_us, kind = waiting.window[order], waiting.observed_us[order], waiting.kind[order]
    own = np.argsort(order)
    outside_hold = outside_hold_of(window, observed_us, reference)[own]
    if not reference.anchored:
        return LegProofs(None, None, outside_hold)
    legs = _leg_rows(window, observed_us, kind, reference)
    before, after = anchors_around(legs.window, legs.observed_us, legs.kind, legs.silent)
    return LegProofs(legs.of_pings(before)[own], legs.of_pings(after)[own], outside_hold)


def by_window(window: Codes, observed_us: Ints) -> Ints:
    """The sort order by window and time.

    Pings come roughly in order of time, so once they are divided by window little is left to sort: both steps together
    take half as long as to sort window and time at once.
    """
    divided = _by_window_alone(window)
    return np.take(divided, _nearly_sorted(np.take(window, divided), np.take(observed_us, divided)))


def _by_window_alone(window: Codes) -> Ints:
    """The sort order by window; the pings of each window stay in the order in which they were. In numbers of 16 bits,
    which numpy (2.4) sorts by their digits.
    """
    number = window - window.min()
    order = np.argsort(number.astype(np.uint16), kind="stable")
    if number.max() >> 16:
        order = order[np.argsort(np.take(number >> 16, order).astype(np.uint16), kind="stable")]
    return order


def _nearly_sorted(window: Codes, observed_us: Ints) -> Ints:
    """The sort order by window and time of what is nearly sorted by them already: the stable sort of numpy is fast on
    that. Where both fit into one integer, sorting is several times faster.
    """
    low, high = int(observed_us.min()), int(observed_us.max())
    bits = (high - low).bit_length()
    if bits + int(window.max()).bit_length() <= 63:
        return np.argsort(window.astype(np.int64) << bits | (observed_us - low), kind="stable")
    return np.lexsort((observed_us, window))


def outside_hold_of(window: Codes, observed_us: Ints, reference: Reference) -> Bools:
    """The pings outside of the first and the last ``legs.hold_s`` seconds of their window (specification#hold)."""
    windows, hold_us = reference.timeline.windows, reference.policy.legs.hold_s * 1_000_000
    begun: Bools = observed_us >= np.take(windows.from_us, window) + hold_us
    return begun & (observed_us < np.take(windows.to_us, window) - hold_us)


def _leg_rows(window: Codes, observed_us: Ints, kind: Kinds, reference: Reference) -> LegRows:
    """The pings as the rule of legs looks at them (specification#leg-rule): with the contacts of the officer's other
    devices among them.

    What only passes a place for everyone is no contact, here and for other devices, but it ends a silence.
    """
    legs = reference.policy.legs
    silent = after_silence(window, observed_us, legs.max_gap_s * 1_000_000)
    passed = passing(window, observed_us, kind, legs.pass_by_s * 1_000_000)
    return with_other_devices(window, observed_us, kinds_for_legs(kind, passed), silent, reference.timeline.windows)


def kinds_for_legs(kind: Kinds, passed: Bools) -> Kinds:
    """The kinds of pings for the rule of legs, where those that only pass by are no contacts."""
    return np.where(passed, CANDIDATE, kind).astype(np.uint8) if passed.any() else kind


def with_other_devices(window: Codes, observed_us: Ints, kind: Kinds, silent: Bools, windows: Windows) -> LegRows:
    """Pings, sorted by window and time, with the contacts of the officer's other devices among them."""
    other_window, other_us = _contacts_of_other_devices(window, observed_us, kind, windows)
    if not len(other_window):
        return LegRows(window, observed_us, kind, silent)
    all_windows = np.concatenate([window, other_window])
    all_us = np.concatenate([observed_us, other_us])
    all_kinds = np.concatenate([kind, np.full(len(other_window), CONTACT, np.uint8)])
    all_silent = np.concatenate([silent, np.zeros(len(other_window), np.bool_)])
    order = _nearly_sorted(all_windows, all_us)
    places = np.empty(len(order), np.int64)
    places[order] = np.arange(len(order))
    return LegRows(all_windows[order], all_us[order], all_kinds[order], all_silent[order], places[: len(window)])


def _contacts_of_other_devices(window: Codes, observed_us: Ints, kind: Kinds, windows: Windows) -> tuple[Codes, Ints]:
    """Each contact once more for every other window of its officer that contains its instant, as window and instant.

    A radio and a phone go home together (specification#other-devices).
    """
    contact = np.flatnonzero(~is_candidate(kind))
    first, last = windows.members(window[contact])
    shared = last - first > 1
    source, us, first, last = window[contact][shared], observed_us[contact][shared], first[shared], last[shared]
    copies = last - first
    nth = np.repeat(np.arange(len(source)), copies)
    member = windows.by_cluster[concatenated_ranges(first, copies)]
    inside = (member != source[nth]) & (windows.from_us[member] <= us[nth]) & (us[nth] < windows.to_us[member])
    return member[inside].astype(np.int32), us[nth][inside]


def _duplicates(waiting: Undecided, order: Ints, window: Codes, observed_us: Ints, proven: Bools) -> Bools:
    """The proven pings in whose place another of the same device and instant is released.

    Released is the one with the smallest accuracy, then lon, lat, file and row (specification#reason-duplicate).
    """
    released = np.flatnonzero(proven)
    released_window, released_us = np.take(window, released), np.take(observed_us, released)
    again = np.zeros(len(released), np.bool_)
    again[1:] = (released_us[1:] == released_us[:-1]) & (released_window[1:] == released_window[:-1])
    duplicate = np.zeros(len(window), np.bool_)
    if not again.any():
        return duplicate
    crowded = np.flatnonzero(again | np.append(again[1:], False))
    instant, rivals = np.cumsum(~again)[crowded], released[crowded]
    source = order[rivals]
    ranked = np.lexsort(
        (waiting.row[source], waiting.lat[source], waiting.lon[source], waiting.accuracy_m[source], instant)
    )
    instant, rivals = instant[ranked], rivals[ranked]
    duplicate[rivals[1:][instant[1:] == instant[:-1]]] = True
    return duplicate


def twins(pings: Undecided, reason: Reasons) -> list[Ints]:
    """The released pings that another equals in all but its extra columns, which are settled later
    (specification#reason-duplicate): the row numbers of each group of equal pings of one window and instant.

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
