"""Makes the places where nobody may be located and the sites, as GeoJSON features."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from offduty.synth.arrays import DAY_S, Floats
from offduty.synth.geography import DECIMALS, METRES_PER_LAT, METRES_PER_LON, ORIGIN_LAT, ORIGIN_LON, Land
from offduty.synth.officer_ids import instant, officer_id
from offduty.synth.people import NEVER, People
from offduty.synth.rng import RandomStream
from offduty.synth.trajectories import WorldSetting
from offduty.synth.world import World

CORNERS = 8
PER_DEGREE = 10.0**DECIMALS
Feature = dict[str, Any]


def lon_lat(x_m: float, y_m: float) -> list[float]:
    """One position in degrees; `geography.degrees` is the same for many."""
    return [_to_grid(x_m / METRES_PER_LON + ORIGIN_LON), _to_grid(y_m / METRES_PER_LAT + ORIGIN_LAT)]


def _to_grid(degree: float) -> float:
    return math.floor(degree * PER_DEGREE + 0.5) / PER_DEGREE  # ten times faster than `round`


def circle(x_m: float, y_m: float, radius_m: float) -> Feature:
    """A Point with `radius_m`: a circle (specification#geometry-forms)."""
    return {"properties": {"radius_m": radius_m}, "geometry": {"type": "Point", "coordinates": lon_lat(x_m, y_m)}}


def plot(x_m: float, y_m: float, size_m: Floats) -> Feature:
    """A polygon around a centre; `size_m` has the distance of each corner from it."""
    turns = [2 * math.pi * k / len(size_m) for k in range(len(size_m))]
    ring = [lon_lat(x_m + s * math.cos(t), y_m + s * math.sin(t)) for s, t in zip(size_m.tolist(), turns, strict=True)]
    return {"properties": {}, "geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}}


def place_features(setting: WorldSetting) -> Iterator[Feature]:
    """The recorded homes, other homes, schools, and five places that are protected for everyone."""
    world, people, rng = setting.world, setting.people, RandomStream(setting.world.seed, "places")
    count = len(people)
    radius_m = np.rint(rng.uniform(25, 60, count))
    corners_m = rng.uniform(15, 45, count, CORNERS)
    round_ones = rng.chance(0.55, count)
    offset_m = 6.0 * rng.normal(count, 2)  # places are not drawn exactly around the home
    for number in np.flatnonzero(people.home_recorded).tolist():
        for name, kind, (x_m, y_m), validity in _private_places(world, people, number):
            x_m, y_m = x_m + offset_m[number, 0], y_m + offset_m[number, 1]
            drawn = circle(x_m, y_m, radius_m[number]) if round_ones[number] else plot(x_m, y_m, corners_m[number])
            yield _named(drawn, {"place_id": name, "officer_id": officer_id(number), "kind": kind, **validity})
    kinds = ["refuge", "refuge", "clinic", "worship", "safe_house"]
    for number, (kind, (x_m, y_m)) in enumerate(zip(kinds, setting.land.refuges.tolist(), strict=True)):
        drawn = circle(x_m, y_m, 80.0) if number % 2 else plot(x_m, y_m, rng.uniform(50, 90, 6))
        yield _named(drawn, {"place_id": f"protected-{number}", "kind": kind})


def _private_places(
    world: World, people: People, number: int
) -> Iterator[tuple[str, str, tuple[float, float], dict[str, str]]]:
    """Name, kind, centre and validity of each place of one officer. An officer who moves has one home until noon, and
    the new one from then on.
    """
    home = people.home[number]
    if people.moves_on[number] != NEVER:
        noon = instant(world, int(people.moves_on[number]) * DAY_S + DAY_S // 2)
        yield f"home-{number:05d}-a", "home", tuple(home.tolist()), {"valid_to": noon}
        yield f"home-{number:05d}-b", "home", tuple(people.new_home[number].tolist()), {"valid_from": noon}
    else:
        yield f"home-{number:05d}", "home", tuple(home.tolist()), {}
    for name, kind, point in (
        ("other", "home", people.other_home[number]),
        ("school", "school", people.school[number]),
    ):
        if (point != home).any():
            yield f"{name}-{number:05d}", kind, tuple(point.tolist()), {}


def site_features(land: Land, seed: int) -> Iterator[Feature]:
    """Stations, the court and the training ground."""
    rng = RandomStream(seed, "sites")
    for number, (x_m, y_m) in enumerate(land.stations.tolist()):
        drawn = circle(x_m, y_m, 120.0) if number % 3 else plot(x_m, y_m, rng.uniform(90, 140, 6))
        yield _named(drawn, {"site_id": f"station-{number:02d}"})
    yield _named(circle(float(land.court[0]), float(land.court[1]), 100.0), {"site_id": "court"})
    yield _named(circle(float(land.training[0]), float(land.training[1]), 200.0), {"site_id": "training-ground"})


def _named(drawn: Feature, properties: dict[str, str]) -> Feature:
    whole = {**properties, **drawn["properties"]}
    return {"type": "Feature", "properties": whole, "geometry": drawn["geometry"]}


def collection(features: Iterator[Feature]) -> Iterator[str]:
    """A GeoJSON feature collection in pieces of text, with one feature in each line."""
    yield '{"type": "FeatureCollection", "features": [\n'
    for number, feature in enumerate(features):
        yield (",\n" if number else "") + json.dumps(feature)
    yield "\n]}\n"
