"""Makes compact worlds: many duties of many officers in one town, of which only both ends are made, ping by ping.

Each duty begins with three minutes at home, the way to the first stops, and the stay there; its end is the same in
reverse. The hours between are left out: no attack on homes needs them. Streets, speeds, delays and errors of fixes are
those of `offduty.synth`. Homes are spread around the centre of the town, and do not depend on the officer's station.
Five kinds: in `home` and `station` duty begins there; in `round`, `beat` and `posts` it begins at the front door, and
the first stops are all around it, at one corner, or at twelve small workplaces.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from offduty.redteam.attacker_view import Flags, Floats, Ints, KnownDuties, PublicKnowledge
from offduty.synth.arrays import DAY_S, spans
from offduty.synth.device_errors import SIGMA_PER_ACCURACY, accuracies_m
from offduty.synth.geography import Streets, make_streets
from offduty.synth.rng import RandomStream
from offduty.synth.trajectories import BIAS_M, INDOORS, MOVING, OUTDOORS

RECORDED_M = 40.0  # the radius of a home on record
TOWN_M = 1_600.0  # how widely homes spread
START_S, END_S = 8 * 3_600.0, 18 * 3_600.0
HOME_S = 180.0  # at home before leaving and after coming back
STATIONS, POSTS = 3, 12
PARTS = 7  # of each way and the stay after it: two legs, a delay, three legs, the stay


@dataclass(frozen=True)
class ScenarioSetup:
    """Which world: its kind, the numbers of officers and of duties for each, seconds between pings, and the seed."""

    kind: str
    officers: int
    duties: int
    every_s: int
    seed: int = 1
    tail_s: int = 0  # the last stop of each half lasts so much longer, for rules that hide more than the first minutes


@dataclass(frozen=True)
class DeviceStream:
    """Every ping of a world as its devices sent it, in no order. Units are those of `VisibleRows`."""

    who: Ints
    duty: Ints
    t_s: Floats
    x_m: Floats
    y_m: Floats
    accuracy_m: Floats

    def __len__(self) -> int:
        return len(self.who)


@dataclass(frozen=True)
class Scenario:
    """A world: what is public about it, the roster, the true homes in metres (officers, 2), and the pings."""

    setup: ScenarioSetup
    public: PublicKnowledge
    roster: KnownDuties
    homes_m: Floats
    pings: DeviceStream


def density(x_m: Floats, y_m: Floats) -> Floats:
    """The density of homes at some points, of all homes, per square metre: the mean of bells of different widths."""
    total = np.zeros(np.broadcast(x_m, y_m).shape)
    widths = TOWN_M * np.linspace(0.3, 1.4, 23)
    for width in widths:
        total = total + np.exp(-(x_m**2 + y_m**2) / (2 * width**2)) / (2 * np.pi * width**2)
    return total / len(widths)


def draw_homes(streets: Streets, count: int, rng: RandomStream) -> Floats:
    """Random homes in the town, in metres, (count, 2)."""
    spread = TOWN_M * rng.uniform(0.3, 1.4, count)
    point = spread[:, None] * rng.normal(count, 2)
    return np.stack(streets.houses(point[:, 0], point[:, 1], rng), axis=1)


def make_scenario(setup: ScenarioSetup) -> Scenario:
    """The world of a setup; the same setup gives the same world."""
    rng = RandomStream(setup.seed, f"attack-{setup.kind}", setup.officers, setup.duties)
    streets = make_streets(RandomStream(setup.seed, "land"))
    homes = draw_homes(streets, setup.officers, rng)
    sites = _sites(setup, streets, rng)
    who = np.repeat(np.arange(setup.officers), setup.duties)
    duty = np.tile(np.arange(setup.duties), setup.officers)
    station = rng.below(STATIONS, setup.officers)
    halves = [_half(setup, streets, homes, sites, (who, duty, station), end, rng) for end in (False, True)]
    pings = DeviceStream(*(np.concatenate([half[k] for half in halves]) for k in range(6)))
    day_s = (duty * DAY_S).astype(np.float64)
    roster = KnownDuties(who, duty, day_s + START_S, day_s + END_S)
    public = PublicKnowledge(density, sites, setup.kind not in ("round", "posts"), None, float(setup.every_s))
    return Scenario(setup, public, roster, homes, pings)


def _sites(setup: ScenarioSetup, streets: Streets, rng: RandomStream) -> Floats:
    """Three stations in the town; in `posts` also twelve small workplaces."""
    count = STATIONS + (POSTS if setup.kind == "posts" else 0)
    point = 0.9 * TOWN_M * rng.uniform(-1, 1, count, 2)
    return np.stack([point[:, 0], streets.near_y(point[:, 1]) + 45.0], axis=1)


def _half(
    setup: ScenarioSetup,
    streets: Streets,
    homes: Floats,
    sites: Floats,
    duties: tuple[Ints, Ints, Ints],
    end: bool,
    rng: RandomStream,
) -> tuple[Ints, Ints, Floats, Floats, Floats, Floats]:
    """One end of every duty, outwards from home. The last half is made as a way out, and then reversed in time."""
    who, duty, station = duties
    stops = _stops(setup, streets, homes, sites, who, station, rng)
    corners_x, corners_y = _ways(setup, streets, stops, rng)
    moved_s, stay_s = _times(corners_x, corners_y, setup, rng)
    out_s = np.concatenate(
        [np.full((len(who), 1), HOME_S), np.cumsum(_parts(moved_s, stay_s), axis=1) + HOME_S], axis=1
    )
    t_s = np.concatenate([np.zeros((len(who), 1)), out_s], axis=1)
    order = [0, 1, 2, 2, 3, 4, 5]
    x_m, y_m = (axis[:, :, order].reshape(len(who), -1) for axis in (corners_x, corners_y))
    x_m, y_m = (np.concatenate([m[:, :1], m, m[:, -1:]], axis=1) for m in (x_m, y_m))
    anchor_s = _anchor_s(setup, moved_s, end, rng) + duty * DAY_S  # when home is left, or reached
    still = np.zeros(t_s.shape[1] - 1, bool)
    still[[0, *range(3, len(still), PARTS), *range(PARTS, len(still), PARTS)]] = True
    kind = np.where(still, OUTDOORS, MOVING)
    kind[0] = INDOORS
    inside = np.zeros((len(who), len(kind)), bool)
    for number in range(1, stops.shape[1]):
        at_site = (np.abs(stops[:, number, None] - sites[None]).sum(axis=2) < 1.0).any(axis=1)
        inside[:, number * PARTS] = at_site
    return _reported(setup, duties, (t_s, x_m, y_m), np.where(inside, INDOORS, kind), anchor_s, end, rng)


def _stops(
    setup: ScenarioSetup, streets: Streets, homes: Floats, sites: Floats, who: Ints, station: Ints, rng: RandomStream
) -> Floats:
    """The stops of each half, from home on: (halves, stops, 2)."""
    count, home, base = len(who), homes[who], sites[station[who]]
    corner = home + (700.0 * rng.normal(setup.officers, 2))[who]
    away = home + rng.uniform(500, 2_500, count)[:, None] * _unit(rng.uniform(0, 2 * np.pi, count))
    away = away if setup.kind == "round" else corner
    if setup.kind == "posts":
        away = sites[STATIONS + _near_post(home, sites[STATIONS:], rng)]
    beat = base + 900.0 * rng.normal(count, 2)
    for point in (away, beat):
        point[:, 1] = point[:, 1] if setup.kind == "posts" and point is away else streets.near_y(point[:, 1])
    stops = (home, base, beat) if setup.kind in ("home", "station") else (home, away, base, beat)
    return np.stack(stops, axis=1)


def _unit(angle: Floats) -> Floats:
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def _near_post(home: Floats, posts: Floats, rng: RandomStream) -> Ints:
    """One of the four nearest posts, with equal probability."""
    away_m = np.hypot(home[:, None, 0] - posts[None, :, 0], home[:, None, 1] - posts[None, :, 1])
    rank = np.argsort(away_m, axis=1)
    return rank[np.arange(len(home)), rng.below(4, len(home))]


def _ways(setup: ScenarioSetup, streets: Streets, stops: Floats, rng: RandomStream) -> tuple[Floats, Floats]:
    """Six corners for each way: along streets, or straight in `round` and `posts`."""
    x_m, y_m = stops[:, :, 0], stops[:, :, 1]
    if setup.kind not in ("round", "posts"):
        return streets.way(x_m, y_m, rng.uniform(0, 1, len(x_m), x_m.shape[1] - 1))
    share = np.linspace(0, 1, 6)
    ahead_x, ahead_y = (m[:, :-1, None] + share * (m[:, 1:] - m[:, :-1])[:, :, None] for m in (x_m, y_m))
    return ahead_x, ahead_y


def _times(corners_x: Floats, corners_y: Floats, setup: ScenarioSetup, rng: RandomStream) -> tuple[Floats, Floats]:
    """The seconds of the six moves of each way (the third is a delay), and of the stay after it."""
    leg_m = np.hypot(np.diff(corners_x, axis=2), np.diff(corners_y, axis=2))
    shape = leg_m.shape[:2]
    speed = 8.0 * rng.uniform(0.75, 1.15, *shape)
    lost_s = np.where(rng.chance(0.5, *shape), rng.uniform(0, 70, *shape), 0.0)
    lost_s = np.where(rng.chance(0.06, *shape), rng.uniform(240, 900, *shape), lost_s)
    rides = leg_m / speed[:, :, None]
    moves = np.concatenate([rides[:, :, :2], lost_s[:, :, None], rides[:, :, 2:]], axis=2)
    stay_s = rng.uniform(300, 800, *shape)
    stay_s[:, -1] += setup.tail_s
    return moves, stay_s


def _parts(moved_s: Floats, stay_s: Floats) -> Floats:
    """All parts in order: for each way six moves and the stay."""
    both = np.concatenate([moved_s, stay_s[:, :, None]], axis=2)
    return both.reshape(len(both), -1)


def _anchor_s(setup: ScenarioSetup, moved_s: Floats, end: bool, rng: RandomStream) -> Floats:
    """The second of the day at which home is left (or reached): at the start (or end) of duty, or in `station` early
    enough (or late enough) for the way.
    """
    count = len(moved_s)
    way_s: Floats = moved_s[:, 0].sum(axis=1)
    if setup.kind != "station":
        return END_S - rng.uniform(0, 30, count) if end else START_S + rng.uniform(0, 30, count)
    return END_S + rng.uniform(60, 800, count) + way_s if end else START_S - rng.uniform(240, 1_500, count) - way_s


def _reported(
    setup: ScenarioSetup,
    duties: tuple[Ints, Ints, Ints],
    knots: tuple[Floats, Floats, Floats],
    kind: Ints,
    anchor_s: Floats,
    end: bool,
    rng: RandomStream,
) -> tuple[Ints, Ints, Floats, Floats, Floats, Floats]:
    """The fixes of the halves: one each `every_s` from a random instant on, with errors that match their accuracy."""
    t_s, x_m, y_m = knots
    phase_s = rng.uniform(0, setup.every_s, len(t_s))
    steps = np.ceil((t_s - phase_s[:, None]) / setup.every_s).clip(0).astype(np.int64)
    lengths = np.diff(steps, axis=1).ravel()
    piece = np.repeat(np.arange(len(lengths)), lengths)
    half, part = piece // kind.shape[1], piece % kind.shape[1]
    out_s = spans(steps[:, :-1].ravel(), lengths) * setup.every_s + phase_s[half]
    begin_s = t_s[half, part]
    share = (out_s - begin_s) / np.maximum(t_s[half, part + 1] - begin_s, 1e-9)
    state = kind[half, part]
    accuracy = accuracies_m()[state * 256 + rng.below(256, len(piece))]
    bias = BIAS_M[kind][:, :, None] * rng.normal(*kind.shape, 2)
    reported = [
        m[half, part]
        + share * (m[half, part + 1] - m[half, part])
        + bias[half, part, axis]
        + rng.normal(len(piece)) * accuracy * SIGMA_PER_ACCURACY
        for axis, m in ((0, x_m), (1, y_m))
    ]
    since_s = out_s - HOME_S
    at_s = anchor_s[half] + (-since_s if end else since_s)
    return duties[0][half], duties[1][half], at_s, reported[0], reported[1], accuracy


def near_home(pings: DeviceStream, homes_m: Floats, radius_m: float) -> Flags:
    """Which pings were reported within a radius of their officer's home, (officers, 2)."""
    home = homes_m[pings.who]
    return np.hypot(pings.x_m - home[:, 0], pings.y_m - home[:, 1]) < radius_m
