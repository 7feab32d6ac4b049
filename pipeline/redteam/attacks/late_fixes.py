"""Attack 17, late fixes (threat-model#attack-17). Who: C, with the release from before and from after the fixes from
home arrived. What: a later run hides the whole way to a home that it now knows of. What it hides, and the earlier one
showed, surrounds the home.

From our own trials on the rules of version 1: 73 % within 200 m, 100 % within 500 m. How: the silences of the earlier
release of which both ends are gone in the later one; then as attack 16. Without such a silence: the middle of what is
gone.
"""

from __future__ import annotations

import numpy as np

from offduty.redteam.attacker_view import AttackerView, Guess
from offduty.redteam.attacks.silent_door import between_ends, silences
from offduty.redteam.attacks.subtraction import only_in

SHORTEST_S = 150.0


def attack(view: AttackerView) -> Guess:
    """The guessed homes; NaN for officers of whom nothing is gone. `view.other` is the earlier release."""
    earlier = view.other
    if earlier is None:
        return Guess.empty(view.visible.officers)
    gone = only_in(earlier, view.visible)
    found = silences(earlier, view.public.sites_m, SHORTEST_S, gone)
    guess = between_ends(found, earlier, view.public.every_s * view.public.speed_m_s * 1.2)
    rest = gone & ~np.isfinite(guess.x_m)[earlier.who]
    for who in np.unique(earlier.who[rest]).tolist():
        mine = rest & (earlier.who == who)
        guess.x_m[who], guess.y_m[who] = np.median(earlier.x_m[mine]), np.median(earlier.y_m[mine])
    return guess
