"""Attack 1, rim (threat-model#attack-1). Who: A, an analyst with the release. What: the first and last visible
positions are just outside a geofence.

From Hassan, Hussain and Bates, USENIX Security 2018 (84-95 % of users behind privacy zones). How: search the centre
from which each such position is not nearer than the radius of the geofence, and not farther than one step beyond it.
The radius is the mask's own. Where the geofence is not a circle, several radii are tried and the best fit is taken.
"""

from __future__ import annotations

import numpy as np

from offduty.redteam.attacker_view import AttackerView, Floats, Guess, Ints
from offduty.redteam.attacks.position_search import Cost, capped, cheapest, ends_of

NOISE_M = 8.0
RADII_M = (200.0, 350.0, 500.0, 750.0)


def attack(view: AttackerView) -> Guess:
    """The guessed homes; NaN for officers without two good fixes on any duty."""
    ends = ends_of(view.visible, view.public.every_s)
    share = view.public.every_s / np.maximum(np.abs(ends.next_t_s - ends.t_s), view.public.every_s)
    step_m = np.hypot(ends.next_x_m - ends.x_m, ends.next_y_m - ends.y_m) * share
    radii = RADII_M if view.public.fence_m is None else (view.public.fence_m,)

    def cost_of(mine: Ints, radius_m: float) -> Cost:
        x_m, y_m, reach_m = ends.x_m[mine], ends.y_m[mine], step_m[mine]

        def cost(at_x: Floats, at_y: Floats) -> Floats:
            beyond_m = np.hypot(at_x[:, None] - x_m, at_y[:, None] - y_m) - radius_m
            outside_m = np.maximum(-beyond_m, 0) + np.maximum(beyond_m - reach_m, 0)
            total: Floats = capped(outside_m / NOISE_M).sum(axis=1)
            return total

        return cost

    guess = Guess.empty(view.visible.officers)
    for who, mine in ends.by_officer(view.visible.officers):
        x_m, y_m = float(np.median(ends.x_m[mine])), float(np.median(ends.y_m[mine]))
        tried = [cheapest(cost_of(mine, radius_m), x_m, y_m, 2.5 * radius_m) for radius_m in radii]
        guess.x_m[who], guess.y_m[who], _ = min(tried, key=lambda found: found[2])
    return guess
