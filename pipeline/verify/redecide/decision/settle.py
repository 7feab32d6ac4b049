"""Decides whole duty windows: contacts, legs and duplicates (SPEC 4 and 5)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from offduty.core.reasons import Reason
from offduty.verify.redecide.decision.judge import WaitingPings
from offduty.verify.redecide.duty.timeline import DutyWindows
from offduty.verify.redecide.geofence.bounding_boxes import TrackBoxes
from offduty.verify.redecide.geofence.places import PlaceFences
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
    """What the pings are held against."""

    rules: Rules
    windows: DutyWindows
    fences: PlaceFences
    sites: SiteAreas


@dataclass(frozen=True)
class SettledPings:
    """Waiting pings in order of window and time, each with its code.

    `rim` marks those that hung on a rim which no honest measurement can tell, or on a contact that did: the record's
    word was taken there, where it is one of the two that are possible.
    """

    waiting: WaitingPings
    code: Codes
    rim: Bools


def settle(waiting: WaitingPings, said: Codes, ground: SettleContext) -> SettledPings:
    """Decide pings of which all others of their officers' windows are there. `said` is the record's code for each."""
    order = np.lexsort((waiting.at_us, waiting.window))
    pings, said = waiting.take(order), said[order]
    rules = ground.rules
    tracks = TrackBoxes.over(pings.window.astype(np.int64), pings.lon, pings.lat)
    usable = (pings.accuracy_m > 0) & (pings.accuracy_m <= rules.max_m)
    officer = ground.windows.officer[pings.window].astype(np.int64)
    homeless = (
        usable & ~ground.fences.at_home(officer, pings.at_us) if rules.require_home else np.zeros(len(pings), np.bool_)
    )
    reach_m = np.where(homeless, np.nan, rules.buffer_m + rules.factor * _disc_m(pings.accuracy_m, rules))
    touch, rim = ground.fences.contacts(officer, pings.at_us, pings.lon, pings.lat, reach_m, tracks)
    touch |= rim & usable & (said == PROTECTED)
    candidate = usable & ~homeless & ~touch
    code = np.select([~usable, homeless, touch], [IMPRECISE, NO_HOME, PROTECTED], RELEASED).astype(np.uint8)
    maybe = rim & ~usable
    inner = _inner(pings, ground.windows, rules)
    if not rules.anchored:
        code[candidate] = _released(pings, candidate, inner)[candidate]
        return SettledPings(pings, code, rim & usable)
    anchor = ground.sites.anchors(candidate, pings.lon, pings.lat, tracks)
    outcomes = [
        _released(pings, candidate, inner & _between_anchors(pings, anchor, contact, ground.windows))
        for contact in ([touch, touch | maybe] if maybe.any() else [touch])
    ]
    code[candidate] = outcomes[0][candidate]
    open_ = candidate & (outcomes[0] != outcomes[-1])
    code[open_ & (said == outcomes[-1])] = said[open_ & (said == outcomes[-1])]
    return SettledPings(pings, code, (rim & usable) | open_)


def _disc_m(accuracy_m: Floats, rules: Rules) -> Floats:
    """The accuracy that the disc test goes by: the stated one up to the limit, the limit where it cannot be used."""
    return np.where(accuracy_m > 0, np.minimum(accuracy_m, rules.max_m), rules.max_m)


def _inner(pings: WaitingPings, windows: DutyWindows, rules: Rules) -> Bools:
    """Whether each ping keeps clear of both ends of its window by the hold: a hold that ends at its instant is over."""
    since_us, left_us = (
        pings.at_us - windows.from_us[pings.window],
        windows.to_us[pings.window] - pings.at_us,
    )
    return np.asarray((since_us >= rules.hold_us) & (left_us > rules.hold_us))


def _released(pings: WaitingPings, candidate: Bools, shown: Bools) -> Codes:
    """Released or duplicate for each candidate that may be shown, home_leg for each other."""
    code = np.where(shown, RELEASED, HOME_LEG).astype(np.uint8)
    left = candidate & (code == RELEASED)
    code[left] = _without_twins(pings, left)[left]
    return code


def _between_anchors(pings: WaitingPings, anchor: Bools, contact: Bools, windows: DutyWindows) -> Bools:
    """Whether an anchor lies at or before each ping, and one at or after, with no contact from the one to the other.

    Pings are numbered by window and instant, so that one number tells before from after. The ends of a window are
    contacts: a number below its first and one above its last stand for them.
    """
    window, at_us = _with_others(pings.window[contact], pings.at_us[contact], windows)
    every_window, every_at = np.concatenate([pings.window, window]), np.concatenate([pings.at_us, at_us])
    order = np.lexsort((every_at, every_window))
    moment = np.empty(len(order), np.int64)
    begins = np.diff(every_window[order], prepend=-1) != 0
    moment[order] = np.cumsum((np.diff(every_at[order], prepend=0) != 0) | begins) + np.cumsum(begins)
    mine, stops = moment[: len(pings)], np.sort(moment[len(pings) :])
    anchors = np.unique(mine[anchor])
    edge = np.flatnonzero(np.diff(pings.window, prepend=-1))
    first = np.repeat(mine[edge], np.diff(edge, append=len(pings)))
    last = np.repeat(mine[np.append(edge[1:], len(pings)) - 1] if len(edge) else edge, np.diff(edge, append=len(pings)))
    stop_before = np.maximum(_at_or_before(stops, mine), first - 1)
    stop_after = np.minimum(_at_or_after(stops, mine), last + 1)
    anchor_before, anchor_after = _at_or_before(anchors, mine), _at_or_after(anchors, mine)
    return np.asarray((anchor_before > stop_before) & (anchor_after < stop_after))


def _at_or_before(sorted_: Ints, moment: Ints) -> Ints:
    """The last of some moments at or before each one; a number below all where there is none."""
    return np.concatenate([[-1], sorted_])[np.searchsorted(sorted_, moment, side="right")]


def _at_or_after(sorted_: Ints, moment: Ints) -> Ints:
    """The first of some moments at or after each one; a number above all where there is none."""
    return np.concatenate([sorted_, [np.iinfo(np.int64).max]])[np.searchsorted(sorted_, moment, side="left")]


def _with_others(window: Indices, at_us: Ints, windows: DutyWindows) -> tuple[Indices, Ints]:
    """Contacts in every window of their officer that they fall into: a radio and a phone go home together."""
    first, beside = windows.beside
    contact, nth = spread(first[window + 1] - first[window])
    other, when = beside[first[window][contact] + nth], at_us[contact]
    there = (windows.from_us[other] <= when) & (when < windows.to_us[other])
    return np.concatenate([window, other[there]]), np.concatenate([at_us, when[there]])


def _without_twins(pings: WaitingPings, left: Bools) -> Codes:
    """Of pings of one device and instant the best stays: by accuracy, then longitude, latitude, file and row."""
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
