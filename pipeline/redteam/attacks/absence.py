"""Attack 8, absence (threat-model#attack-8). Who: A, and B with the roster. What: when there are no rows, was the
officer at home, hidden elsewhere, or without signal? A "private mode" that is switched on at home is a diary of being
at home.

From presence diaries (our own trials). How: each absence within a duty is described by what is visible of it (how
long, when, between which places, how fast the officer would have moved). A classifier is trained on the truth of some
officers, and tested on others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from offduty.redteam.attacker_view import AttackerView, Floats, Ints

SHORTEST_S = 300.0
FAR_M = 1e5


@dataclass(frozen=True)
class Absences:
    """Stretches of a duty without a visible row, in seconds; `features` describes each, (n, 9)."""

    who: Ints
    from_s: Floats
    to_s: Floats
    features: Floats


def absences(view: AttackerView) -> Absences:
    """All stretches of at least five minutes (or 2.5 times the usual step) between two visible rows of one duty."""
    visible = view.visible
    same = (np.diff(visible.who) == 0) & (np.diff(visible.duty) == 0)
    before = np.flatnonzero(same & (np.diff(visible.t_s) >= max(SHORTEST_S, 2.5 * view.public.every_s)))
    after = before + 1
    long_s = visible.t_s[after] - visible.t_s[before]
    moved_m = np.hypot(visible.x_m[after] - visible.x_m[before], visible.y_m[after] - visible.y_m[before])
    begins = np.searchsorted(visible.who * 4_096 + visible.duty, visible.who * 4_096 + visible.duty)
    since_s = visible.t_s[before] - visible.t_s[begins[before]]
    described = [
        long_s,
        visible.t_s[before] % 86_400,
        since_s,
        moved_m,
        moved_m / long_s,
        _to_site_m(view, before),
        _to_site_m(view, after),
        visible.accuracy_m[before],
        visible.accuracy_m[after],
    ]
    return Absences(visible.who[before], visible.t_s[before], visible.t_s[after], np.stack(described, axis=1))


def _to_site_m(view: AttackerView, rows: Ints) -> Floats:
    """The distance of each row from the nearest site; `FAR_M` where no sites are known."""
    nearest = np.full(len(rows), FAR_M)
    for x_m, y_m in view.public.sites_m:
        nearest = np.minimum(nearest, np.hypot(view.visible.x_m[rows] - x_m, view.visible.y_m[rows] - y_m))
    return nearest
