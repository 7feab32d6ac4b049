"""Applies rules to a release that would hide more, to measure a rule before it is built.

The hold and the rule on silences are built by now: `legs.hold_s` and `legs.max_gap_s` of the policy
(specification#hold, specification#silence-rule). The marks are not.
"""

from __future__ import annotations

import numpy as np

from offduty.redteam.attacker_view import Floats, KnownDuties, VisibleRows
from offduty.redteam.attacks.adaptive import HoldRule


def apply_rule(visible: VisibleRows, roster: KnownDuties, rule: HoldRule) -> VisibleRows:
    """What is left of a release if a duty is visible only between two marks.

    Marks are `rule.step_s` apart, counted from the duty's start and from its end; the first and last `rule.hold_s`
    seconds are hidden. Rows are only removed.
    """
    if not len(visible):
        return visible
    width = int(roster.duty.max()) + 1
    entry = visible.who * width + visible.duty
    since_s, left_s = visible.t_s - roster.start_s[entry], roster.end_s[entry] - visible.t_s
    new = np.ones(len(visible), bool)
    new[1:] = entry[1:] != entry[:-1]
    duty = np.cumsum(new) - 1
    first_s = np.minimum.reduceat(since_s, np.flatnonzero(new))[duty]
    last_s = np.minimum.reduceat(left_s, np.flatnonzero(new))[duty]
    which = (since_s >= rule.shown_s(first_s)) & (left_s > rule.shown_s(last_s))
    return visible.take(np.flatnonzero(which))


def whole_duties(visible: VisibleRows, longest_s: float = 300.0) -> VisibleRows:
    """What is left if only duties without any absence were released: one silence of more than `longest_s`, and the
    whole duty is hidden. Then no absence within a duty is there to be told apart from another.
    """
    if not len(visible):
        return visible
    new = np.ones(len(visible), bool)
    new[1:] = (np.diff(visible.who) != 0) | (np.diff(visible.duty) != 0)
    duty = np.cumsum(new) - 1
    gaps = np.zeros(len(visible), bool)
    gaps[1:] = ~new[1:] & (np.diff(visible.t_s) > longest_s)
    broken = np.bincount(duty, gaps) > 0
    return visible.take(np.flatnonzero(~broken[duty]))


def grow_silences(
    visible: VisibleRows, sites_m: Floats, longest_s: float = 300.0, near_m: float = 140.0
) -> VisibleRows:
    """What is left if a silence of more than `longest_s` counted as a contact: each absence grows until it begins and
    ends at a site (within `near_m` of its centre).
    """
    if not len(visible):
        return visible
    at_site = np.zeros(len(visible), bool)
    for x_m, y_m in sites_m:
        at_site |= np.hypot(visible.x_m - x_m, visible.y_m - y_m) < near_m
    breaks = np.ones(len(visible), bool)
    breaks[1:] = (np.diff(visible.who) != 0) | (np.diff(visible.duty) != 0) | (np.diff(visible.t_s) > longest_s)
    place, stretch = np.arange(len(visible)), np.cumsum(breaks) - 1
    anchored = np.bincount(stretch, at_site) > 0
    first = np.full(len(anchored), len(visible))
    last = np.full(len(anchored), -1)
    np.minimum.at(first, stretch[at_site], place[at_site])
    np.maximum.at(last, stretch[at_site], place[at_site])
    return visible.take(np.flatnonzero((place >= first[stretch]) & (place <= last[stretch])))
