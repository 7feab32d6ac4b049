"""Attack 5, heading (threat-model#attack-5). Who: A. What: the first visible steps point away from home, the last ones
point to it.

From our own trials (6-10 m from five trips, also behind circles that were moved at random); back-projection is well
known in tracking. How: extend the step at each end backwards as a line, and search the point that is on most of these
lines.
"""

from __future__ import annotations

import numpy as np

from offduty.redteam.attacker_view import AttackerView, Floats, Guess, Ints
from offduty.redteam.attacks.position_search import Cost, capped, ends_of, search

STILL_M = 40.0  # the direction of a shorter step is only the error of the fixes
REACH_M = 2_500.0


def attack(view: AttackerView) -> Guess:
    """The guessed homes; NaN for officers without ends."""
    ends = ends_of(view.visible, view.public.every_s)
    step_x, step_y = ends.x_m - ends.next_x_m, ends.y_m - ends.next_y_m
    step_m = np.hypot(step_x, step_y)
    moves = step_m > STILL_M
    east, north = step_x / np.maximum(step_m, 1e-9), step_y / np.maximum(step_m, 1e-9)

    def cost_of(mine: Ints) -> Cost:
        mine = mine[moves[mine]] if moves[mine].any() else mine
        x_m, y_m, e, n = ends.x_m[mine], ends.y_m[mine], east[mine], north[mine]
        blur = 8.0 / np.maximum(
            step_m[mine], STILL_M
        )  # how far a line strays per metre: the fixes' error over its length

        def cost(at_x: Floats, at_y: Floats) -> Floats:
            dx, dy = at_x[:, None] - x_m, at_y[:, None] - y_m
            along_m, aside_m = dx * e + dy * n, np.abs(dy * e - dx * n)
            off_m = np.where(along_m < 0, np.hypot(dx, dy), aside_m)
            total: Floats = capped(off_m / (10.0 + blur * np.abs(along_m))).sum(axis=1)
            return total

        return cost

    return search(ends, view.visible.officers, cost_of, lambda mine: REACH_M)
