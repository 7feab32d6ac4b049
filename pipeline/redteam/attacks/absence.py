"""Attack 8, absence. Who: A, and B with the roster. What: when there are no rows, was somebody at home, elsewhere out
of sight, or without signal? A "private mode" that is switched on at home is a diary of being at home.

From presence diaries (our own trials). How: each absence within a duty is described by what can be seen of it (how
long, when, between which places, how fast one would have moved), and a classifier is told the truth for half of the
officers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from offduty.redteam.attacker_view import AttackerView, Floats, Ints

SHORTEST_S = 300.0
FAR_M = 1e5


@dataclass(frozen=True)
class UnseenStretches:
    """Stretches of a duty without a row; `seen` describes each, (n, 9)."""

    who: Ints
    from_s: Floats
    to_s: Floats
    seen: Floats


def absences(held: AttackerView) -> UnseenStretches:
    """All stretches of five minutes or more between two visible rows of one duty."""
    seen = held.seen
    same = (np.diff(seen.who) == 0) & (np.diff(seen.duty) == 0)
    before = np.flatnonzero(same & (np.diff(seen.t_s) >= max(SHORTEST_S, 2.5 * held.public.every_s)))
    after = before + 1
    long_s = seen.t_s[after] - seen.t_s[before]
    moved_m = np.hypot(seen.x_m[after] - seen.x_m[before], seen.y_m[after] - seen.y_m[before])
    begins = np.searchsorted(seen.who * 4_096 + seen.duty, seen.who * 4_096 + seen.duty)
    since_s = seen.t_s[before] - seen.t_s[begins[before]]
    described = [
        long_s,
        seen.t_s[before] % 86_400,
        since_s,
        moved_m,
        moved_m / long_s,
        _to_site_m(held, before),
        _to_site_m(held, after),
        seen.accuracy_m[before],
        seen.accuracy_m[after],
    ]
    return UnseenStretches(seen.who[before], seen.t_s[before], seen.t_s[after], np.stack(described, axis=1))


def _to_site_m(held: AttackerView, rows: Ints) -> Floats:
    """How far each row is from the nearest site; very far where no sites are known."""
    nearest = np.full(len(rows), FAR_M)
    for x_m, y_m in held.public.sites_m:
        nearest = np.minimum(nearest, np.hypot(held.seen.x_m[rows] - x_m, held.seen.y_m[rows] - y_m))
    return nearest
