"""Attack 7, averaging. Who: A. What: noise that is drawn anew for every ping has a mean, and a phone at home sends many
pings.

From Krumm 2007 (how much noise is needed) and our own trials (a donut of 100-200 m averages to 1.4 m). How: beginning
at the median of the ends, all visible points within 260 m are averaged, five times over.
"""

from __future__ import annotations

import numpy as np

from offduty.redteam.attacker_view import AttackerView, Guess
from offduty.redteam.attacks.position_search import ends_of

ROUNDS = 5
NEAR_M = 260.0


def attack(held: AttackerView) -> Guess:
    """Where each home seems to be."""
    seen, ends, guess = held.seen, ends_of(held.seen, held.public.every_s), Guess.nothing(held.seen.officers)
    begins = np.searchsorted(seen.who, np.arange(seen.officers + 1))
    for who, mine in ends.by_officer(seen.officers):
        rows = slice(begins[who], begins[who + 1])
        x_m, y_m = seen.x_m[rows], seen.y_m[rows]
        at_x, at_y = float(np.median(ends.x_m[mine])), float(np.median(ends.y_m[mine]))
        for _ in range(ROUNDS):
            near = np.hypot(x_m - at_x, y_m - at_y) < NEAR_M
            if near.any():
                at_x, at_y = float(x_m[near].mean()), float(y_m[near].mean())
        guess.x_m[who], guess.y_m[who] = at_x, at_y
    return guess
