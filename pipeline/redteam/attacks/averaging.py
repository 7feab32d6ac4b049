"""Attack 7, averaging (threat-model#attack-7). Who: A. What: noise that is drawn again for every ping averages out, and
a phone at home sends many pings.

From Krumm 2007 (how much noise is needed) and our own trials (a donut of 100-200 m averages to 1.4 m). How: start at
the median of the ends, and average all visible positions within 260 m, five times in a row.
"""

from __future__ import annotations

import numpy as np

from offduty.redteam.attacker_view import AttackerView, Guess
from offduty.redteam.attacks.position_search import ends_of

ROUNDS = 5
NEAR_M = 260.0


def attack(view: AttackerView) -> Guess:
    """The guessed homes; NaN for officers without ends."""
    visible, ends, guess = view.visible, ends_of(view.visible, view.public.every_s), Guess.empty(view.visible.officers)
    begins = np.searchsorted(visible.who, np.arange(visible.officers + 1))
    for who, mine in ends.by_officer(visible.officers):
        rows = slice(begins[who], begins[who + 1])
        x_m, y_m = visible.x_m[rows], visible.y_m[rows]
        at_x, at_y = float(np.median(ends.x_m[mine])), float(np.median(ends.y_m[mine]))
        for _ in range(ROUNDS):
            near = np.hypot(x_m - at_x, y_m - at_y) < NEAR_M
            if near.any():
                at_x, at_y = float(x_m[near].mean()), float(y_m[near].mean())
        guess.x_m[who], guess.y_m[who] = at_x, at_y
    return guess
