"""Hides the ways to and from places where nobody may be located (specification#leg-rule)."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

from tests.oracle.pings import Ping
from tests.oracle.rules import Rules

IsAnchor = Callable[[Ping], bool]


@dataclass(frozen=True)
class Track:
    """The on-duty pings of one duty window (one officer, one device)."""

    officer: str
    window: tuple[int, int]
    pings: list[Ping]

    def candidates(self) -> list[Ping]:
        """The pings that are not hidden so far."""
        return [p for p in self.pings if p.reason is None]

    def heard(self) -> list[tuple[int, list[Ping]]]:
        """The instants at which a ping touches a place or is a candidate, with these pings."""
        ordered = sorted((p for p in self.pings if p.touched or p.reason is None), key=lambda p: p.at)
        return [(t, list(some)) for t, some in itertools.groupby(ordered, key=lambda p: p.at)]


def tracks_of(pings: list[Ping]) -> list[Track]:
    """The pings by duty window; those that were not on duty are in none."""
    found: dict[tuple[str, str, tuple[int, int]], list[Ping]] = {}
    for ping in pings:
        if ping.officer and ping.device:
            found.setdefault((ping.officer, ping.device, ping.window), []).append(ping)
    return [Track(officer, window, some) for (officer, _, window), some in found.items()]


def hide_legs(tracks: list[Track], is_anchor: IsAnchor, rules: Rules) -> None:
    """`home_leg` for every candidate that is not between two anchors with no contact from either to it."""
    for track in tracks:
        mark_contacts(track, rules)
    hidden = [ping for track in tracks for ping in astray(track, tracks, is_anchor, rules)]
    for ping in hidden:
        ping.reason = "home_leg"


def mark_contacts(track: Track, rules: Rules) -> None:
    """A ping that touches a place is a contact, but for the places for everyone that are only passed by."""
    passing = passed_by(track.heard(), rules.micros("legs", "pass_by_s"))
    for ping in track.pings:
        ping.contact = bool(ping.touched) and ping.at not in passing


def passed_by(heard: list[tuple[int, list[Ping]]], at_most: int) -> set[int]:
    """The instants of the runs at which places for everyone are only passed (specification#passing-by)."""
    passed: set[int] = set()
    spans = [
        list(run)
        for at_place, run in itertools.groupby(range(len(heard)), lambda i: everyones(heard[i][1]))
        if at_place
    ]
    for run in spans:
        first, last = run[0], run[-1]
        if first > 0 and last < len(heard) - 1 and heard[last + 1][0] - heard[first - 1][0] <= at_most:
            passed |= {heard[i][0] for i in run}
    return passed


def everyones(pings: list[Ping]) -> bool:
    """Whether all of these touch places, and these are places for everyone."""
    return all(ping.touched and all(place.officer is None for place in ping.touched) for ping in pings)


def astray(track: Track, tracks: list[Track], is_anchor: IsAnchor, rules: Rules) -> list[Ping]:
    """The candidates of the window that lack an anchor before or after with no contact between."""
    barriers = [(c, c) for c in contacts_within(track, tracks)] + silences(track, rules.micros("legs", "max_gap_s"))
    candidates = track.candidates()
    anchors = [p.at for p in candidates if is_anchor(p)]

    def clear(start: int, end: int) -> bool:
        """No contact from start to end, both included, and no silence."""
        return not any(start <= first and last <= end for first, last in barriers)

    def leads(t: int) -> bool:
        """An anchor leads to t, and t leads to an anchor."""
        return any(a <= t and clear(a, t) for a in anchors) and any(a >= t and clear(t, a) for a in anchors)

    return [p for p in candidates if not leads(p.at)]


def contacts_within(track: Track, tracks: list[Track]) -> set[int]:
    """The instants of the contacts in the time of the window, on any device that its officer held."""
    start, end = track.window
    own = [other for other in tracks if other.officer == track.officer]
    return {p.at for other in own for p in other.pings if p.contact and start <= p.at < end}


def silences(track: Track, longest: int) -> list[tuple[int, int]]:
    """The pairs of successive instants that are farther apart than a silence may last (specification#silence)."""
    instants = [t for t, _ in track.heard()]
    return [(a, b) for a, b in itertools.pairwise(instants) if b - a > longest]


def hide_both_ends(tracks: list[Track], rules: Rules) -> None:
    """`home_leg` for what is left in the first or last `legs.hold_s` seconds of its window (specification#hold)."""
    hold = rules.micros("legs", "hold_s")
    for track in tracks:
        start, end = track.window
        for ping in track.candidates():
            if ping.at < start + hold or ping.at >= end - hold:
                ping.reason = "home_leg"
