"""Attack 2, inner distance (threat-model#attack-2). Who: A, where a release states how long each trip was. What: the
length of a trip, minus its visible part, is the length of its hidden part. Few places are at the right distance, along
the streets, from every point where trips leave the geofence.

From Dhondt, Le Pochat, Voulimeneas, Joosen and Volckaert, "A Run a Day Won't Keep the Hacker Away", CCS 2022 (85.6 %
of homes within 22.95 m behind circles of 200 m, 39.6 % behind 1,600 m; noise and moved circles change nothing). How:
compute the shortest way over the street network from each exit to every point of every street. The guess is the point
with the best agreement between these lengths and the hidden ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from offduty.redteam.attacker_view import Floats, Ints
from offduty.redteam.attacks.position_search import CAP


@dataclass(frozen=True)
class StreetMap:
    """The public map around a geofence: positions every ten metres along its streets."""

    x_m: Floats
    y_m: Floats


@dataclass(frozen=True)
class Trips:
    """What is visible of one person's trips: the exit where each left the geofence, and how long its hidden part is."""

    exit_: Ints
    hidden_m: Floats


def attack(streets: StreetMap, length_m: Floats, trips: Trips) -> tuple[float, float]:
    """The point of the map with the best fit, in metres. `length_m` is (exits, points): the shortest way from each exit
    to each point.
    """
    expected = length_m[trips.exit_]
    off = (expected - trips.hidden_m[:, None]) / (10.0 + 0.02 * trips.hidden_m[:, None])
    cost = np.minimum(off**2, CAP).sum(axis=0)
    best = int(np.argmin(cost))
    return float(streets.x_m[best]), float(streets.y_m[best])
