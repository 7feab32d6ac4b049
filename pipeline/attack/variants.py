"""Rules that would hide more than the default policy does, applied to a release: what they would show, to measure before building."""

from __future__ import annotations

import numpy as np

from pipeline.attack.attacks.adaptive import Rule
from pipeline.attack.held import Roster, Seen


def shown(seen: Seen, roster: Roster, rule: Rule) -> Seen:
    """What is left of a release if a duty is visible only from a mark on, and up to one: marks lie `rule.step_s` apart from the duty's
    start and `rule.step_s` apart from its end, and the first `rule.hold_s` and the last are hidden. Rows are only taken away.
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
