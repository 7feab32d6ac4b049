"""Rules that would hide more than the default policy does, applied to a release: what they would show, to measure
before building. One of them was built since: `legs.hold_s` of the policy.
"""

from __future__ import annotations

import numpy as np

from offduty.redteam.attacker_view import Floats, KnownDuties, VisibleRows
from offduty.redteam.attacks.adaptive import HoldRule


def shown(seen: VisibleRows, roster: KnownDuties, rule: HoldRule) -> VisibleRows:
    """What is left of a release if a duty is visible only from a mark on, and up to one: marks lie `rule.step_s` apart
    from the duty's start and `rule.step_s` apart from its end, and the first `rule.hold_s` and the last are hidden.
    Rows are only taken away.
    """
    if not len(seen):
        return seen
    width = int(roster.duty.max()) + 1
    entry = seen.who * width + seen.duty
    since_s, left_s = seen.t_s - roster.start_s[entry], roster.end_s[entry] - seen.t_s
    new = np.ones(len(seen), bool)
    new[1:] = entry[1:] != entry[:-1]
    duty = np.cumsum(new) - 1
    first_s = np.minimum.reduceat(since_s, np.flatnonzero(new))[duty]
    last_s = np.minimum.reduceat(left_s, np.flatnonzero(new))[duty]
    kept = (since_s >= rule.shown_s(first_s)) & (left_s > rule.shown_s(last_s))
    return seen.take(np.flatnonzero(kept))


def grown(seen: VisibleRows, sites_m: Floats, longest_s: float = 300.0, near_m: float = 140.0) -> VisibleRows:
    """What is left if a silence of more than five minutes counts as a contact: each absence grows until it begins and
    ends at a site.
    """
    if not len(seen):
        return seen
    at_site = np.zeros(len(seen), bool)
    for x_m, y_m in sites_m:
        at_site |= np.hypot(seen.x_m - x_m, seen.y_m - y_m) < near_m
    breaks = np.ones(len(seen), bool)
    breaks[1:] = (np.diff(seen.who) != 0) | (np.diff(seen.duty) != 0) | (np.diff(seen.t_s) > longest_s)
    place, stretch = np.arange(len(seen)), np.cumsum(breaks) - 1
    anchored = np.bincount(stretch, at_site) > 0
    first = np.full(len(anchored), len(seen))
    last = np.full(len(anchored), -1)
    np.minimum.at(first, stretch[at_site], place[at_site])
    np.maximum.at(last, stretch[at_site], place[at_site])
    return seen.take(np.flatnonzero((place >= first[stretch]) & (place <= last[stretch])))
