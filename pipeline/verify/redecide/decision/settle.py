"""Decides whole duty windows: contacts, silences, legs and duplicates.

The rules are specification#contact, specification#leg-rule and specification#reason-duplicate.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from offduty.core.reasons import Reason
from offduty.verify.redecide.decision.judge import SettledPings, WaitingPings
from offduty.verify.redecide.duty.timeline import DutyWindows
from offduty.verify.redecide.geofence.bounding_boxes import TrackBoxes
from offduty.verify.redecide.geofence.places import PlaceFences, Touches
from offduty.verify.redecide.geofence.polygons import spread
from offduty.verify.redecide.geofence.sites import SiteAreas
from offduty.verify.redecide.model import RELEASED, Bools, Codes, Floats, Indices, Ints, code_of
from offduty.verify.redecide.rules import Rules

IMPRECISE, NO_HOME, PROTECTED, HOME_LEG, DUPLICATE = (
    code_of(reason)
    for reason in (Reason.IMPRECISE, Reason.NO_HOME, Reason.PROTECTED_PLACE, Reason.HOME_LEG, Reason.DUPLICATE)
)


@dataclass(frozen=True)
class SettleContext:
    """The rules and the settled tables that pings are decided by."""

    rules: Rules
    windows: DutyWindows
    fences: PlaceFences
    sites: SiteAreas


def settle(waiting: WaitingPings, recorded: Codes, context: SettleContext) -> SettledPings:
    """Decide pings, given with all other pings of their officers' windows. `recorded` has the recorded code of each."""
    order = np.lexsort((waiting.at_us, waiting.window))
    pings, recorded = waiting.take(order), recorded[order]
    rules = context.rules
    tracks = TrackBoxes.over(pings.window.astype(np.int64), pings.lon, pings.lat)
    usable = (pings.accuracy_m > 0) & (pings.accuracy_m <= rules.max_m)
    officer = context.windows.officer[pings.window].astype(np.int64)
    homeless = (
        usable & ~context.fences.at_home(officer, pings.at_us) if rules.require_home else np.zeros(len(pings), np.bool_)
    )
    reach_m = rules.buffer_m + rules.factor * _disc_m(pings.accuracy_m, rules)
    measured = context.fences.contacts(officer, pings.at_us, pings.lon, pings.lat, reach_m, tracks)
    touches, at_boundary = _by_the_record(measured, usable & ~homeless, recorded)
    candidate = usable & ~homeless & ~touches.any
    code = np.select([~usable, homeless, touches.any], [IMPRECISE, NO_HOME, PROTECTED], RELEASED).astype(np.uint8)
    inner = _inner(pings, context.windows, rules)
    if not rules.anchored:
        code[candidate] = _released(pings, candidate, inner)[candidate]
        return SettledPings(pings, code, at_boundary)
    anchor = context.sites.anchors(candidate, officer, pings.at_us, pings.lon, pings.lat, tracks)
    outcomes = [
        _released(pings, candidate, inner & _between_anchors(pings, anchor, candidate, each, context))
        for each in _possible(touches)
    ]
    code[candidate] = outcomes[0][candidate]
    undecided = np.zeros(len(pings), np.bool_)
    for other in outcomes[1:]:
        differs = candidate & (other != outcomes[0])
        code[differs & (recorded == other)] = recorded[differs & (recorded == other)]
        undecided |= differs
    return SettledPings(pings, code, at_boundary | undecided)


def _by_the_record(measured: Touches, alone: Bools, recorded: Codes) -> tuple[Touches, Bools]:
    """Settle the contacts that depend on the last millimetres where they alone decide a ping: as it is recorded.

    Returns the contacts, and the pings settled so.
    """
    at_boundary = alone & ~measured.any & (measured.perhaps_personal | measured.perhaps_everyone)
    touched = at_boundary & (recorded == PROTECTED)
    settled = Touches(
        measured.personal | (touched & measured.perhaps_personal),
        measured.everyone | (touched & ~measured.perhaps_personal),
        measured.perhaps_personal & ~at_boundary,
        measured.perhaps_everyone & ~at_boundary,
    )
    return settled, at_boundary


def _possible(touches: Touches) -> Iterator[tuple[Bools, Bools]]:
    """The contacts with personal places and with those for everyone: as measured, and as they may be measured too."""
    personal = [touches.personal, touches.personal | touches.perhaps_personal]
    everyone = [touches.everyone, touches.everyone | touches.perhaps_everyone]
    ones, others = (
        each if perhaps.any() else each[:1]
        for each, perhaps in ((personal, touches.perhaps_personal), (everyone, touches.perhaps_everyone))
    )
    yield from product(ones, others)


def _disc_m(accuracy_m: Floats, rules: Rules) -> Floats:
    """The accuracy for the disc test: the stated one up to the limit; the limit where none can be used."""
    return np.where(accuracy_m > 0, np.minimum(accuracy_m, rules.max_m), rules.max_m)


def _inner(pings: WaitingPings, windows: DutyWindows, rules: Rules) -> Bools:
    """Whether each ping is outside the hold at both ends of its window (specification#hold)."""
    since_us, left_us = (
        pings.at_us - windows.from_us[pings.window],
        windows.to_us[pings.window] - pings.at_us,
    )
    return np.asarray((since_us >= rules.hold_us) & (left_us > rules.hold_us))


def _released(pings: WaitingPings, candidate: Bools, released: Bools) -> Codes:
    """`on_duty` or `duplicate` for each candidate that may be released, `home_leg` for each other."""
    code = np.where(released, RELEASED, HOME_LEG).astype(np.uint8)
    left = candidate & (code == RELEASED)
    code[left] = _without_twins(pings, left)[left]
    return code


def _between_anchors(
    pings: WaitingPings, anchor: Bools, candidate: Bools, touches: tuple[Bools, Bools], context: SettleContext
) -> Bools:
    """Whether each ping has an anchor at or before it, and one at or after it, with no contact between the two.

    Pings are numbered by window and instant, so that one number compares both; between two numbers there is one that no
    instant has, for a silence. The two ends of a window are contacts: they are a number below its first and a number
    above its last (specification#leg-rule, specification#window-ends).
    """
    windows, rules = context.windows, context.rules
    personal, everyone = touches
    shown = Instants.of(pings, np.flatnonzero(personal | everyone | candidate))
    contact = (personal | everyone) & ~_passing_by(pings, shown, everyone & ~candidate, personal | candidate, rules)
    window, at_us = _with_others(pings.window[contact], pings.at_us[contact], windows)
    every_window, every_at = np.concatenate([pings.window, window]), np.concatenate([pings.at_us, at_us])
    order = np.lexsort((every_at, every_window))
    instant = np.empty(len(order), np.int64)
    begins = np.diff(every_window[order], prepend=-1) != 0
    instant[order] = 2 * (np.cumsum((np.diff(every_at[order], prepend=0) != 0) | begins) + np.cumsum(begins))
    instant_of_ping = instant[: len(pings)]
    silences = instant_of_ping[shown.last_before_silence(pings, rules)] + 1
    stops = np.sort(np.concatenate([instant[len(pings) :], silences]))
    anchors = np.unique(instant_of_ping[anchor])
    edge = np.flatnonzero(np.diff(pings.window, prepend=-1))
    first = np.repeat(instant_of_ping[edge], np.diff(edge, append=len(pings)))
    last = np.repeat(
        instant_of_ping[np.append(edge[1:], len(pings)) - 1] if len(edge) else edge, np.diff(edge, append=len(pings))
    )
    stop_before = np.maximum(_at_or_before(stops, instant_of_ping), first - 1)
    stop_after = np.minimum(_at_or_after(stops, instant_of_ping), last + 1)
    anchor_before, anchor_after = _at_or_before(anchors, instant_of_ping), _at_or_after(anchors, instant_of_ping)
    return np.asarray((anchor_before > stop_before) & (anchor_after < stop_after))


@dataclass(frozen=True)
class Instants:
    """The instants of each window at which a ping touches a place or is a candidate, in order.

    `ping` are the pings at them, `number` the instant of each; `first` is the first ping of each instant.
    """

    ping: Ints
    number: Ints
    first: Ints

    @classmethod
    def of(cls, pings: WaitingPings, ping: Ints) -> Instants:
        """Pings in order of window and time."""
        new = (np.diff(pings.window[ping], prepend=-1) != 0) | (np.diff(pings.at_us[ping], prepend=0) != 0)
        return cls(ping, np.cumsum(new) - 1, ping[new])

    def each(self, mask: Bools) -> Bools:
        """Whether a ping of each instant is one of these."""
        found = np.zeros(len(self.first), np.bool_)
        found[self.number[mask[self.ping]]] = True
        return found

    def last_before_silence(self, pings: WaitingPings, rules: Rules) -> Ints:
        """A ping of each instant after which nothing is known for too long (specification#legs-silence)."""
        same = np.diff(pings.window[self.first]) == 0
        return np.asarray(self.first[:-1][same & (np.diff(pings.at_us[self.first]) > rules.max_gap_us)])


def _passing_by(pings: WaitingPings, shown: Instants, passing: Bools, staying: Bools, rules: Rules) -> Bools:
    """Which pings only pass by a place for everyone (specification#passing-by).

    `passing` pings touch such a place; no run of instants is passing that has a ping which is `staying`: it touches a
    personal place, or is a candidate.
    """
    found = np.zeros(len(pings), np.bool_)
    instants = shown.each(passing) & ~shown.each(staying)
    if not rules.pass_by_us or not instants.any():
        return found
    window, at_us = pings.window[shown.first], pings.at_us[shown.first]
    goes_on = np.append(False, instants[:-1]) & (np.diff(window, prepend=-1) == 0)
    start = np.flatnonzero(instants & ~goes_on)
    end = np.flatnonzero(instants & ~np.append(goes_on[1:] & instants[1:], False))
    before, after = np.maximum(start - 1, 0), np.minimum(end + 1, len(window) - 1)
    inside = (before < start) & (after > end) & (window[before] == window[start]) & (window[after] == window[start])
    passed = inside & (at_us[after] - at_us[before] <= rules.pass_by_us)
    step = np.zeros(len(window) + 1, np.int64)
    step[start[passed]] += 1
    step[end[passed] + 1] -= 1
    found[shown.ping[np.cumsum(step)[shown.number] > 0]] = True
    return found


def _at_or_before(sorted_: Ints, instant: Ints) -> Ints:
    """The last of the sorted instants at or before each instant; a number below all where there is none."""
    return np.concatenate([[-1], sorted_])[np.searchsorted(sorted_, instant, side="right")]


def _at_or_after(sorted_: Ints, instant: Ints) -> Ints:
    """The first of the sorted instants at or after each instant; a number above all where there is none."""
    return np.concatenate([sorted_, [np.iinfo(np.int64).max]])[np.searchsorted(sorted_, instant, side="left")]


def _with_others(window: Indices, at_us: Ints, windows: DutyWindows) -> tuple[Indices, Ints]:
    """Contacts in every window of their officer that they are in: two devices go home together.

    The rule is specification#other-devices.
    """
    first, overlapping = windows.overlapping
    contact, nth = spread(first[window + 1] - first[window])
    other, when = overlapping[first[window][contact] + nth], at_us[contact]
    inside = (windows.from_us[other] <= when) & (when < windows.to_us[other])
    return np.concatenate([window, other[inside]]), np.concatenate([at_us, when[inside]])


def _without_twins(pings: WaitingPings, left: Bools) -> Codes:
    """Of several pings of one device and instant the best is released: by accuracy, longitude, latitude, file, row."""
    code = np.full(len(pings), RELEASED, np.uint8)
    at = np.flatnonzero(left)
    same = (np.diff(pings.window[at]) == 0) & (np.diff(pings.at_us[at]) == 0)
    twin = at[np.concatenate([same, [False]]) | np.concatenate([[False], same])] if len(at) else at
    if not len(twin):
        return code
    keys = (pings.row, pings.lat, pings.lon, pings.accuracy_m, pings.at_us, pings.window)
    order = twin[np.lexsort([key[twin] for key in keys])]
    again = (np.diff(pings.window[order], prepend=-1) == 0) & (np.diff(pings.at_us[order], prepend=0) == 0)
    code[order[again]] = DUPLICATE
    return code
