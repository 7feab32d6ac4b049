"""Attack 15, two policies subtracted (threat-model#attack-15). Who: C, with two releases of one time, of which one has
a wider buffer. What: what the narrow buffer shows and the wide one hides passed a protected place at a distance
between the two.

From our own trials: rows that a buffer of 200 m releases, and one of 300 m does not, lie within 350 m of the own home
600 times more often than others. How: each stretch that only one release has must have a point in that ring, and no
point of the release with the narrow buffer is nearer. The guess is the middle of the cells that explain most stretches.
"""

from __future__ import annotations

import numpy as np

from offduty.redteam.attacker_view import AttackerView, Floats, Guess, VisibleRows
from offduty.redteam.attacks.subtraction import only_in

CELL_M = 40.0
MOST_CELLS = 6_000
SLACK_M = 110.0  # the radius of a home on record, and twice a good accuracy
BREAK_S = 300.0


def attack(view: AttackerView, narrow_m: float = 200.0, wide_m: float = 300.0) -> Guess:
    """The guessed homes; NaN for officers of whom both releases have the same. `view.other` is the release with the
    narrow buffer, `view.visible` the one with the wide buffer.
    """
    narrow = view.other
    guess = Guess.empty(view.visible.officers)
    if narrow is None:
        return guess
    differs = only_in(narrow, view.visible)
    begins = np.searchsorted(narrow.who, np.arange(narrow.officers + 1))
    for who in np.unique(narrow.who[differs]).tolist():
        mine = narrow.take(np.arange(begins[who], begins[who + 1]))
        some = mine.take(np.flatnonzero(differs[begins[who] : begins[who + 1]]))
        guess.x_m[who], guess.y_m[who] = _best(some, mine, narrow_m, wide_m)
    return guess


def _best(some: VisibleRows, mine: VisibleRows, narrow_m: float, wide_m: float) -> tuple[float, float]:
    """The middle of the cells of the ring that explain most stretches of `some`."""
    new = np.ones(len(some), bool)
    new[1:] = (np.diff(some.t_s) > BREAK_S) | (np.diff(some.duty) != 0)
    cells = _cells(some, wide_m)
    near = np.hypot(cells[:, 0, None] - mine.x_m, cells[:, 1, None] - mine.y_m).min(axis=1) < narrow_m
    away_m = np.hypot(cells[:, 0, None] - some.x_m, cells[:, 1, None] - some.y_m)
    inside = (away_m >= narrow_m) & (away_m <= wide_m + SLACK_M)
    explained = np.logical_or.reduceat(inside, np.flatnonzero(new), axis=1).sum(axis=1)
    votes = np.where(near, -1, explained)
    best = cells[votes == votes.max()]
    middle = best.mean(axis=0)
    nearest = best[int(np.argmin(np.hypot(*(best - middle).T)))]
    return float(nearest[0]), float(nearest[1])


def _cells(some: VisibleRows, wide_m: float) -> Floats:
    """The middles of cells around some rows; coarser where they are many."""
    low = np.array([some.x_m.min(), some.y_m.min()]) - wide_m
    high = np.array([some.x_m.max(), some.y_m.max()]) + wide_m
    step_m = max(CELL_M, float(np.sqrt(np.prod(high - low) / MOST_CELLS)))
    x_m, y_m = (np.arange(low[axis], high[axis], step_m) for axis in (0, 1))
    return np.stack([np.repeat(x_m, len(y_m)), np.tile(y_m, len(x_m))], axis=1)
