"""How long a pseudonym or an officer is seen, as an answer about presence counts it, from what an attacker can read of
its rules in the policy and in the source code.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from offduty.redteam.attacker_view import Floats, Ints, VisibleRows

DAY_S, QUARTER_S = 86_400.0, 900.0
AT_SITE_M = 230.0


@dataclass(frozen=True)
class ReadableRules:
    """What the policy says that counts for a single case: the hold, the gap that is joined, and the step of time. And
    to what minutes are rounded down, which is in the source code, and how far from its middle a site goes.
    """

    hold_s: float
    join_s: float
    step_s: float
    whole_s: float = QUARTER_S
    site_m: float = AT_SITE_M


@dataclass(frozen=True)
class VisibleTime:
    """The time in which each pseudonym is seen, as an answer counts it: from each row to the end of its step, or to the
    next row where that is near enough to be joined. A row that is alone counts for nothing.
    """

    who: Ints
    t_s: Floats
    length_s: Floats
    before_s: Floats

    @staticmethod
    def of(visible: VisibleRows, rules: ReadableRules, joined: bool) -> VisibleTime:
        """Of rows by pseudonym; `joined`: or else each row by its step alone."""
        order = np.lexsort((visible.t_s, visible.who))
        who, t_s = visible.who[order], visible.t_s[order]
        once = np.append(True, (np.diff(who) != 0) | (np.diff(t_s) != 0))[: len(who)]
        who, t_s = who[once], t_s[once]
        near = (np.diff(who) == 0) & (np.diff(t_s) <= max(rules.step_s, rules.join_s))
        kept = (np.append(near, False) | np.append(False, near))[: len(who)]
        who, t_s = who[kept], t_s[kept]
        apart_s = np.append(np.where(np.diff(who) == 0, np.diff(t_s), np.inf), np.inf)[: len(who)]
        length_s = np.minimum(apart_s, rules.step_s)
        if joined:
            length_s = np.where(apart_s <= rules.join_s, apart_s, length_s)
        return VisibleTime(who, t_s, length_s, np.append(0.0, np.cumsum(length_s)))

    def within(self, who: int, from_s: Floats, to_s: Floats) -> Floats:
        """How long a pseudonym is seen between these times."""
        low, high = np.searchsorted(self.who, [who, who + 1])
        seen: Floats = self._until(low, high, np.maximum(from_s, to_s)) - self._until(low, high, from_s)
        return seen

    def _until(self, low: int, high: int, at_s: Floats) -> Floats:
        row = low + np.searchsorted(self.t_s[low:high], at_s, side="right")
        last = np.maximum(row - 1, 0)
        over_s = (
            np.where(row > low, (self.t_s[last] + self.length_s[last] - at_s).clip(0), 0.0) if len(self.t_s) else 0.0
        )
        until: Floats = self.before_s[row] - over_s
        return until
