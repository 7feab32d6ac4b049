"""The world of attack 2: people whose trips leave home along a street network, behind circular zones, and whose lengths
are stated in the release.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from offduty.redteam.attacker_view import Floats, Ints
from offduty.redteam.attacks.inner_distance import StreetMap, Trips, attack
from offduty.redteam.metrics import Proportion, share
from offduty.synth.geography import make_streets
from offduty.synth.rng import RandomStream
from offduty.synth.street_network import NetworkPoints, StreetNetwork, make_network

PUBLISHED = {200: 85.6, 400: 77.3, 600: 69.1, 1_000: 55.0, 1_600: 39.6}  # Dhondt et al. 2022: per cent within 22.95 m
NEAR_M = 22.95
TRIPS, ROUTES = 20, 6
STRAYS = 0.3  # of trips: not the shortest way inside the zone
ODOMETER, PERSONAL = 0.015, 0.022  # errors of lengths: of one trip, and of one person's device


@dataclass(frozen=True)
class Surroundings:
    """A person's surroundings: the network, its points, which of them is home."""

    network: StreetNetwork
    points: NetworkPoints
    home: int


def found(radius_m: int, people: int, seed: int) -> Proportion:
    """The share of homes that attack 2 finds within 22.95 m behind zones of a radius; the same for the same seed."""
    whole = make_network(make_streets(RandomStream(seed, "land")), seed)
    rng = RandomStream(seed, "zones", radius_m)
    return share(np.array([_is_found(whole, radius_m, rng) for _ in range(people)]))


def _is_found(whole: StreetNetwork, radius_m: int, rng: RandomStream) -> bool:
    """Make one person with trips, attack them, and say whether the guess is near enough."""
    place = _place(whole, radius_m, rng)
    points, home = place.points, place.home
    x_m, y_m = float(points.x_m[home]), float(points.y_m[home])
    exits, inside_m = _exits(place, radius_m, rng)
    if not len(exits):
        return False
    trip = rng.below(len(exits), TRIPS)
    stated_m = inside_m[trip] * (1 + PERSONAL * float(rng.normal(1)[0]) + ODOMETER * rng.normal(TRIPS))
    stated_m = np.where(rng.chance(STRAYS, TRIPS), stated_m * rng.uniform(1.05, 1.5, TRIPS), stated_m)
    length_m = points.reached(place.network.distances(_starts(place, exits)))
    guess = attack(StreetMap(points.x_m, points.y_m), length_m, Trips(trip, np.rint(stated_m / 10) * 10))
    off_street = 11.0 * rng.normal(2) / np.sqrt(2)  # a house is beside the street
    return bool(np.hypot(guess[0] - x_m - off_street[0], guess[1] - y_m - off_street[1]) <= NEAR_M)


def _place(whole: StreetNetwork, radius_m: int, rng: RandomStream) -> Surroundings:
    """The streets around a random crossing, as far as 1.5 times the zone's radius, and a home near that crossing."""
    reach = int(1.5 * radius_m / 110) + 4
    i = reach + int(rng.below(len(whole.x_m) - 2 * reach - 1, 1)[0])
    j = reach + int(rng.below(len(whole.y_m) - 2 * reach - 1, 1)[0])
    network = whole.window(i, j, reach)
    points = network.points()
    centre = np.hypot(points.x_m - network.x_m[reach], points.y_m - network.y_m[reach])
    near = np.flatnonzero(centre < 150)
    near = near if len(near) else np.argsort(centre)[:20]
    return Surroundings(network, points, int(near[rng.below(len(near), 1)[0]]))


def _exits(place: Surroundings, radius_m: int, rng: RandomStream) -> tuple[Ints, Floats]:
    """The points where the usual ways out of the zone cross its rim, and the length of each way inside."""
    points = place.points
    away = np.hypot(points.x_m - points.x_m[place.home], points.y_m - points.y_m[place.home])
    far = points.reached(place.network.distances(_starts(place, np.array([place.home]))))[0]
    rim = np.flatnonzero((np.abs(away - radius_m) < 6.0) & np.isfinite(far))
    if not len(rim):
        return rim, np.zeros(0)
    # People take short ways: exits that are near along the streets are used more often.
    liking = np.exp(-(far[rim] - far[rim].min()) / (0.5 * radius_m))
    chosen = np.unique(rim[rng.weighted(liking, ROUTES)])
    return chosen, far[chosen]


def _starts(place: Surroundings, where: Ints) -> Floats:
    """The distances of some points from the two crossings next to each, (points, columns, rows); infinite elsewhere."""
    network, points = place.network, place.points
    start = np.full((len(where), len(network.x_m), len(network.y_m)), np.inf)
    each = np.arange(len(where))
    start[each, points.i[where], points.j[where]] = points.first_m[where]
    other = start[each, points.i2[where], points.j2[where]]
    start[each, points.i2[where], points.j2[where]] = np.minimum(other, points.second_m[where])
    return start
