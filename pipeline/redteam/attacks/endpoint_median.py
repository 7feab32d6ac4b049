"""Attack 4, median of the ends. Who: A. What: where days begin and end to be visible, in the middle.

From Krumm, Pervasive 2007 ("last destination", median), and our own trials (54-70 m behind a fixed 1 km cell). How:
the median of all first and last visible points, east and north each by itself.
"""

from __future__ import annotations

import numpy as np

from offduty.redteam.attacker_view import AttackerView, Guess
from offduty.redteam.attacks.position_search import ends_of


def attack(held: AttackerView) -> Guess:
    """Where each home seems to be."""
    ends, guess = ends_of(held.seen, held.public.every_s), Guess.nothing(held.seen.officers)
    for who, mine in ends.by_officer(held.seen.officers):
        guess.x_m[who], guess.y_m[who] = np.median(ends.x_m[mine]), np.median(ends.y_m[mine])
    return guess
