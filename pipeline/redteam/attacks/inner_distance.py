"""Attack 2, inner distance. Who: A, where a release tells how long each trip was. What: the length of a trip, less its
visible part, is the length of its hidden part, and streets leave few places that are so far from every point at which
trips come out of a fence.

From Dhondt, Le Pochat, Voulimeneas, Joosen and Volckaert, "A Run a Day Won't Keep the Hacker Away", CCS 2022 (85.6 %
of homes within 22.95 m behind circles of 200 m, 39.6 % behind 1,600 m; noise and moved circles change nothing). How:
shortest ways over the street network from each point of exit to every point of every street; the point whose lengths
agree best with the hidden ones is the home.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from offduty.redteam.attacker_view import Floats, Ints
from offduty.redteam.attacks.position_search import CAP


@dataclass(frozen=True)
class StreetMap:
    """The public map about a fence: positions every ten metres along its streets, and from each crossing-out the
    length to them all.
    """

    x_m: Floats
    y_m: Floats


@dataclass(frozen=True)
class Trips:
    """What is seen of one person's trips: at which exit each left the fence, and the length of its hidden part."""

    exit_: Ints
    hidden_m: Floats


def attack(streets: StreetMap, length_m: Floats, trips: Trips) -> tuple[float, float]:
    """The point of the map that fits best. `length_m` is (exits, points): the shortest way from each exit to each
    point.
    """
    expected = length_m[trips.exit_]
    off = (expected - trips.hidden_m[:, None]) / (10.0 + 0.02 * trips.hidden_m[:, None])
    cost = np.minimum(off**2, CAP).sum(axis=0)
    best = int(np.argmin(cost))
    return float(streets.x_m[best]), float(streets.y_m[best])
