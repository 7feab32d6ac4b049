"""Attack 6, night dwell (threat-model#attack-6). Who: A. What: people sleep at home, so a place where somebody is again
and again between 22:00 and 07:00 is home.

From Krumm, Pervasive 2007 (61 m median over four such methods). How: find the cell of 100 m in which an officer has
most night positions, with its neighbours, and take the median of the positions within 150 m of it.
"""

from __future__ import annotations

import numpy as np

from offduty.redteam.attacker_view import AttackerView, Guess

CELL_M, NEAR_M = 100.0, 150.0
NIGHT_FROM_S, NIGHT_TO_S = 22 * 3_600, 7 * 3_600


def attack(view: AttackerView) -> Guess:
    """The guessed homes; NaN for officers without a visible row at night."""
    visible, guess = view.visible, Guess.empty(view.visible.officers)
    clock_s = visible.t_s % 86_400
    night = visible.take(np.flatnonzero((clock_s >= NIGHT_FROM_S) | (clock_s < NIGHT_TO_S)))
    begins = np.searchsorted(night.who, np.arange(night.officers + 1))
    for who in np.flatnonzero(np.diff(begins)).tolist():
        rows = slice(begins[who], begins[who + 1])
        x_m, y_m = night.x_m[rows], night.y_m[rows]
        cells, counts = np.unique(np.rint(np.stack([x_m, y_m]) / CELL_M), axis=1, return_counts=True)
        near = np.abs(cells[:, :, None] - cells[:, None, :]).max(axis=0) <= 1 if cells.shape[1] < 1_500 else None
        thick = counts if near is None else (near * counts).sum(axis=1)
        at_x, at_y = cells[:, int(np.argmax(thick))] * CELL_M
        close = np.hypot(x_m - at_x, y_m - at_y) < NEAR_M
        guess.x_m[who], guess.y_m[who] = np.median(x_m[close]), np.median(y_m[close])
    return guess
