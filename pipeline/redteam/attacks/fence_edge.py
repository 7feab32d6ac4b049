"""Attack 1, rim. Who: A, an analyst with the release. What: the first and last visible points lie just outside a fence.

From Hassan, Hussain and Bates, USENIX Security 2018 (84-95 % of users behind privacy zones). How: the centre is sought
from which every such point lies no nearer than the fence's radius, and no farther than one step beyond it. The radius
is the mask's own; where the fence is no circle, several are tried and the one that explains most is taken.
"""

from __future__ import annotations

import numpy as np

from offduty.redteam.attacker_view import AttackerView, Floats, Guess, Ints
from offduty.redteam.attacks.position_search import Cost, capped, cheapest, ends_of

NOISE_M = 8.0
RADII_M = (200.0, 350.0, 500.0, 750.0)


def attack(held: AttackerView) -> Guess:
    """Where each home seems to be; NaN for whoever is never seen twice on a duty."""
    ends = ends_of(held.seen, held.public.every_s)
    share = held.public.every_s / np.maximum(np.abs(ends.next_t_s - ends.t_s), held.public.every_s)
    step_m = np.hypot(ends.next_x_m - ends.x_m, ends.next_y_m - ends.y_m) * share
    radii = RADII_M if held.public.fence_m is None else (held.public.fence_m,)

    def cost_of(mine: Ints, radius_m: float) -> Cost:
        x_m, y_m, reach_m = ends.x_m[mine], ends.y_m[mine], step_m[mine]

        def cost(at_x: Floats, at_y: Floats) -> Floats:
            beyond_m = np.hypot(at_x[:, None] - x_m, at_y[:, None] - y_m) - radius_m
            outside_m = np.maximum(-beyond_m, 0) + np.maximum(beyond_m - reach_m, 0)
            total: Floats = capped(outside_m / NOISE_M).sum(axis=1)
            return total

        return cost

    guess = Guess.nothing(held.seen.officers)
    for who, mine in ends.by_officer(held.seen.officers):
        x_m, y_m = float(np.median(ends.x_m[mine])), float(np.median(ends.y_m[mine]))
        tried = [cheapest(cost_of(mine, radius_m), x_m, y_m, 2.5 * radius_m) for radius_m in radii]
        guess.x_m[who], guess.y_m[who], _ = min(tried, key=lambda found: found[2])
    return guess
