"""Attack 10, linkage from day to day. Who: A, who has seen somebody at a few places and times. What: few such points
fit one person alone.

From de Montjoye, Hidalgo, Verleysen and Blondel, Scientific Reports 2013 (four points single out 95 %). How: points of
chance of one pseudonym, told by the hour and to 100 m; how often no other pseudonym has them all. Reported, and no
claim: a release of positions is personal data.
"""

from __future__ import annotations

import numpy as np

from offduty.redteam.attacker_view import AttackerView, Flags, Ints

CELL_M, HOUR_S = 100.0, 3_600.0


def attack(held: AttackerView, points: int, tries: int, seed: int = 1) -> Flags:
    """For so many pseudonyms of chance, whether so many of their points fit nobody else. Who has fewer points is left
    out.
    """
    spots, who = _spots(held)
    order = np.lexsort((who, spots))
    spots, who = spots[order], who[order]
    begins, random = np.searchsorted(spots, np.arange(spots.max(initial=-1) + 2)), np.random.default_rng(seed)
    by_who = np.argsort(who, kind="stable")
    first = np.searchsorted(who[by_who], np.arange(held.seen.officers + 1))
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


def _spots(held: AttackerView) -> tuple[Ints, Ints]:
    """Each pseudonym's hours and cells, once each, as numbers."""
    seen = held.seen
    columns = np.stack([seen.t_s // HOUR_S, np.rint(seen.x_m / CELL_M), np.rint(seen.y_m / CELL_M)])
    _, spot = np.unique(columns, axis=1, return_inverse=True)
    pairs = np.unique(np.stack([spot.ravel(), seen.who]), axis=1)
    return pairs[0], pairs[1]
