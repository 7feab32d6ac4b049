"""Attack 10, linkage from day to day (threat-model#attack-10). Who: A, who has met somebody at a few places and times.
What: a few such points fit one person only.

From de Montjoye, Hidalgo, Verleysen and Blondel, Scientific Reports 2013 (four points single out 95 %). How: choose
random points of one pseudonym, to the hour and to 100 m, and count how often no other pseudonym has all of them. This
is reported without a line: a release of positions is personal data.
"""

from __future__ import annotations

import numpy as np

from offduty.redteam.attacker_view import AttackerView, Flags, Ints

CELL_M, HOUR_S = 100.0, 3_600.0


def attack(view: AttackerView, points: int, tries: int, seed: int = 1) -> Flags:
    """For `tries` random pseudonyms: whether `points` random points of theirs fit nobody else. Pseudonyms with fewer
    points are left out. The same seed gives the same answer.
    """
    spots, who = _spots(view)
    order = np.lexsort((who, spots))
    spots, who = spots[order], who[order]
    begins, random = np.searchsorted(spots, np.arange(spots.max(initial=-1) + 2)), np.random.default_rng(seed)
    by_who = np.argsort(who, kind="stable")
    first = np.searchsorted(who[by_who], np.arange(view.visible.officers + 1))
    able = np.flatnonzero(np.diff(first) >= points)
    alone = []
    for number in random.choice(able, tries) if len(able) else ():
        mine = spots[by_who[first[number] : first[number + 1]]]
        others: set[int] | None = None
        for spot in random.choice(mine, points, replace=False).tolist():
            here = set(who[begins[spot] : begins[spot + 1]].tolist())
            others = here if others is None else others & here
        alone.append(others == {int(number)})
    return np.array(alone, bool)


def _spots(view: AttackerView) -> tuple[Ints, Ints]:
    """The points of each pseudonym, without repeats: the number of an hour and cell, and of the pseudonym."""
    visible = view.visible
    columns = np.stack([visible.t_s // HOUR_S, np.rint(visible.x_m / CELL_M), np.rint(visible.y_m / CELL_M)])
    _, spot = np.unique(columns, axis=1, return_inverse=True)
    pairs = np.unique(np.stack([spot.ravel(), visible.who]), axis=1)
    return pairs[0], pairs[1]
