"""Attack 4, median of the ends (threat-model#attack-4). Who: A. What: the first and last visible positions of the days
surround the home.

From Krumm, Pervasive 2007 ("last destination", median), and our own trials (54-70 m behind a fixed 1 km cell). How:
the median of all first and last visible positions, separately for east and north.
"""

from __future__ import annotations

import numpy as np

from offduty.redteam.attacker_view import AttackerView, Guess
from offduty.redteam.attacks.position_search import ends_of


def attack(view: AttackerView) -> Guess:
    """The guessed homes; NaN for officers without ends."""
    ends, guess = ends_of(view.visible, view.public.every_s), Guess.empty(view.visible.officers)
    for who, mine in ends.by_officer(view.visible.officers):
        guess.x_m[who], guess.y_m[who] = np.median(ends.x_m[mine]), np.median(ends.y_m[mine])
    return guess
