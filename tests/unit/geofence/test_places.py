"""Places hide every ping that they must hide, and no other, compared with exact geodesic distances."""

from __future__ import annotations

import itertools
import pickle
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from pyproj import Geod

from offduty.core.errors import InputError
from offduty.geofence import Places, settle_places
from tests.shapes import AWKWARD, NOT_UNDERSTOOD, Awkward, cap, square, table, wkt

GEOD = Geod(ellps="WGS84")
ME = {"me": 0, "you": 1}


def settled(*rows: dict[str, Any], buffer_m: float = 0.0) -> Places:
    """Places of these rows; without an officer they are of `me`."""
    return settle(*({"officer_id": "me", **row} for row in rows), buffer_m=buffer_m)


def settle(*rows: dict[str, Any], buffer_m: float = 0.0, officers: dict[str, int] = ME) -> Places:
    """`settle_places` of these rows, without sites and where all lookalikes are different officers."""
    return settle_places(table(*rows), officers, buffer_m, max_km=500, sites=None, lookalike=str)


def contact(places: Places, lon: Any, lat: Any, disc_m: Any = 0.0, officer: Any = 0, at_us: Any = 0) -> np.ndarray:
    """`Places.contact` with numbers stretched to columns."""
    columns = np.broadcast_arrays(*(np.atleast_1d(one) for one in (officer, at_us, lon, lat, disc_m)))
    kinds = (np.int32, np.int64, np.float64, np.float64, np.float64)
    return places.contact(*(column.astype(kind) for column, kind in zip(columns, kinds, strict=True)))


def edge_distance_m(a: np.ndarray, b: np.ndarray, lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """The geodesic distance from each point to an edge straight in degrees, by refining around its nearest part."""
    low, high = np.zeros((len(lon), 1)), np.ones((len(lon), 1))
    for _ in range(5):
        share = low + (high - low) * np.linspace(0, 1, 33)
        on = a + (b - a) * share[..., None]
        away_m = GEOD.inv(*np.broadcast_arrays(lon[:, None], lat[:, None], on[..., 0], on[..., 1]))[2]
        best = np.take_along_axis(share, away_m.argmin(axis=1)[:, None], axis=1)
        step = (high - low) / 32
        low, high = np.maximum(best - step, 0), np.minimum(best + step, 1)
    return away_m.min(axis=1)


def drawn_distance_m(ring: list[tuple[float, float]], lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """The exact answer: the geodesic distance to the nearest edge; 0 inside, by the number of crossings."""
    ends = np.array([*ring, ring[0]])
    edges = list(itertools.pairwise(ends))
    nearest = np.min([edge_distance_m(a, b, lon, lat) for a, b in edges], axis=0)
    inside = np.zeros(len(lon), bool)
    for turned in (lon - 360, lon, lon + 360):
        crossings = np.zeros(len(lon), int)
        for (ax, ay), (bx, by) in edges:
            if ay != by:
                crossings += ((ay > lat) != (by > lat)) & (turned < ax + (lat - ay) / (by - ay) * (bx - ax))
        inside |= crossings % 2 == 1
    return np.where(inside, 0.0, nearest)


def written(ring: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """A ring whose longitudes run past 180, as a file would write it."""
    return [((x + 180) % 360 - 180, y) for x, y in ring]


@pytest.mark.parametrize("place", AWKWARD, ids=lambda place: place.name)
def test_nothing_drawn_is_outside_the_fence(place: Awkward) -> None:
    places = settled({"geometry": place.geometry})
    assert not places.refused
    assert contact(places, *np.array(place.inside, float).T).all()


@pytest.mark.parametrize("place", AWKWARD, ids=lambda place: place.name)
@pytest.mark.parametrize("buffer_m", [0.0, 900.0])
def test_what_is_well_away_is_away(place: Awkward, buffer_m: float) -> None:
    assert not contact(settled({"geometry": place.geometry}, buffer_m=buffer_m), *np.array(place.away, float).T).any()


@pytest.mark.parametrize("row", NOT_UNDERSTOOD.values(), ids=NOT_UNDERSTOOD.keys())
def test_a_place_not_understood_covers_the_earth_for_its_officer(row: dict[str, Any]) -> None:
    places = settled(row, buffer_m=200.0)
    assert [(one.table, one.file, one.row) for one in places.refused] == [("places", 0, 0)]
    assert contact(places, [0, 180, -77, 5], [0, 90, -89, 50]).all()
    assert not contact(places, [0, 180], [0, 90], officer=1).any()


@pytest.mark.parametrize("row", NOT_UNDERSTOOD.values(), ids=NOT_UNDERSTOOD.keys())
@pytest.mark.parametrize("everyone", [None, "", "  "])
def test_a_place_for_everyone_not_understood_stops_the_run(row: dict[str, Any], everyone: str | None) -> None:
    with pytest.raises(InputError, match="file number 3, row 17"):
        settled({**row, "officer_id": everyone, "file": 3, "row": 17})


def test_a_refusal_says_why_and_shows_nothing() -> None:
    places = settled({"lon": "12.3456", "lat": "99.8765", "radius_m": "5", "officer_id": "me"})
    assert not any(part in str(places.refused) for part in ("12.3456", "99.8765", "me'"))
    assert places.refused[0].why == "a coordinate is not finite, or not a longitude or latitude in degrees"


CENTRES = [(0.1, 51.5), (180.0, -16.5), (-179.999, 66.0), (30.0, 0.0), (12.0, 89.999), (0.0, -90.0), (77.0, -84.0)]


@pytest.mark.parametrize(("lon", "lat"), CENTRES)
@pytest.mark.parametrize(
    ("radius_m", "buffer_m", "disc_m"), [(50, 200, 20), (1, 0, 1), (3, 1000, 30_000), (40_000, 0, 9)]
)
def test_a_circle_is_true_to_a_thousandth(lon: float, lat: float, radius_m: int, buffer_m: int, disc_m: int) -> None:
    places = settled({"lon": str(lon), "lat": str(lat), "radius_m": str(radius_m)}, buffer_m=buffer_m)
    azimuth = np.linspace(0, 360, 97)
    rim_m = np.full(97, float(radius_m + buffer_m + disc_m))
    for share, expected in ((0.999, True), (0.99999999, True), (1.0011, False)):
        x, y, _ = GEOD.fwd(np.full(97, lon), np.full(97, lat), azimuth, rim_m * share)
        assert (contact(places, x, y, disc_m) == expected).all()


@pytest.mark.parametrize("radius_m", [5_000_000, 15_000_000])
def test_a_huge_circle(radius_m: int) -> None:
    places = settled({"lon": "170", "lat": "-20", "radius_m": str(radius_m)})
    azimuth = np.linspace(0, 360, 97)
    for share, expected in ((0.0, True), (0.5, True), (0.999999, True), (1.000001, False), (1.2, False)):
        x, y, _ = GEOD.fwd(np.full(97, 170.0), np.full(97, -20.0), azimuth, np.full(97, radius_m * share))
        assert (contact(places, x, y) == expected).all()


def test_a_circle_larger_than_the_earth_is_everywhere() -> None:
    places = settled({"lon": "170", "lat": "-20", "radius_m": "30000000"})
    assert len(places.refused) == 1
    assert contact(places, [0, -10, 180], [0, 20, 90]).all()


def test_points_with_a_radius_are_circles() -> None:
    for geometry in ("POINT(0.1 51.5)", "POINT Z(0.1 51.5 30)", '{"type": "Point", "coordinates": [0.1, 51.5]}'):
        places = settled({"geometry": geometry, "radius_m": "100"})
        assert not places.refused
        assert contact(places, [0.1, 0.101, 0.102], [51.5, 51.5, 51.5]).tolist() == [True, True, False]


@st.composite
def rings(draw: st.DrawFn) -> list[tuple[float, float]]:
    """Star-shaped rings of 10 m to 30 km anywhere, with longitudes that may run past 180."""
    lon = draw(st.floats(-180, 180) | st.sampled_from([180.0, 179.9999, -179.99]))
    lat = draw(st.floats(-80, 80))
    assume(abs(lon) > 0.5 or abs(lat) > 0.5)  # a place at longitude and latitude 0 cannot be understood
    size_m = 10 ** draw(st.floats(1, 4.4))
    corners = draw(st.integers(3, 9))
    parts = [draw(st.floats(0.3, 1)) for _ in range(corners)]
    turn = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    up = size_m / 111_320
    return [
        (float(lon + up * part * np.cos(at) / np.cos(np.radians(lat))), float(lat + up * part * np.sin(at)))
        for part, at in zip(parts, turn, strict=True)
    ]


@settings(max_examples=60, deadline=None)
@given(rings(), st.floats(1, 4.6), st.floats(0, 1), st.integers(0, 2**32 - 1))
def test_a_ring_is_true_to_a_thousandth(ring: list[tuple[float, float]], size: float, split: float, seed: int) -> None:
    limit_m = 10**size
    chance = np.random.default_rng(seed)
    start = np.array(ring)[chance.integers(0, len(ring), 24)]
    x, y, _ = GEOD.fwd(*start.T, chance.uniform(0, 360, 24), limit_m * chance.uniform(0.7, 1.2, 24))
    away_m = drawn_distance_m(ring, x, y)
    places = settled({"geometry": wkt(written(ring))}, buffer_m=limit_m * split)
    found = contact(places, x, y, limit_m - limit_m * split)
    slack_m = 0.003  # the rounding of the exact answer itself, in addition to a thousandth
    assert not places.refused
    assert found[away_m <= limit_m * 0.999 - slack_m].all()
    assert not found[away_m > limit_m * 1.001 + slack_m].any()


@pytest.mark.parametrize("pole", [90.0, -90.0])
def test_round_a_pole_the_rim_is_true_to_a_thousandth(pole: float) -> None:
    ring = cap(pole * 89.9 / 90)
    places = settled({"geometry": wkt(ring)}, buffer_m=150.0)
    lon = np.linspace(-180, 180, 61)
    for share, expected in ((0.0, True), (-1.0, True), (0.999, True), (1.001, False)):
        x, y, _ = GEOD.fwd(lon, np.full(61, ring[0][1]), np.full(61, 90 + pole), np.full(61, 200.0 * share))
        assert (contact(places, x, y, 50.0) == expected).all()


@settings(max_examples=150, deadline=None)
@example([(2, 1), (1, 4), (3, 0), (0, 3)], 0.1, 0.5)  # GEOS failed to node this line, with its place in the message
@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=3, max_size=10),
    st.sampled_from([0.1, 179.997, -179.999]),
    st.floats(0.05, 0.95),
)
def test_no_scribble_loses_what_it_drew(corners: list[tuple[int, int]], lon: float, share: float) -> None:
    """Of rings that cross, touch and retrace themselves, the vertices, edges and all that they enclose are inside."""
    ring = [(lon + x / 1_000, 60 + y / 1_000) for x, y in corners]
    places = settled({"geometry": wkt(written([*ring, ring[0]]))})
    assert not places.refused
    ends = np.array([*ring, ring[0]])
    assert contact(places, *ends.T).all()
    assert contact(places, *(ends[:-1] + (ends[1:] - ends[:-1]) * share).T).all()
    x, y = (one.ravel() for one in np.meshgrid(lon + np.arange(0.13, 6) / 1_000, 60 + np.arange(0.29, 6) / 1_000))
    crossed, wound = np.zeros(len(x), int), np.zeros(len(x), int)
    for (ax, ay), (bx, by) in itertools.pairwise(ends):
        if ay != by:
            ahead = ((ay > y) != (by > y)) & (x < ax + (y - ay) / (by - ay) * (bx - ax))
            crossed += ahead
            wound += np.where(ahead, np.sign(by - ay), 0).astype(int)
    drawn = (crossed % 2 == 1) | (wound != 0)
    assert contact(places, x[drawn], y[drawn]).all()


@pytest.mark.parametrize("lat", [0.0, 51.0, 70.0, 85.0])
def test_long_edges_are_straight_in_degrees(lat: float) -> None:
    ring = [(-20.0, lat), (35.0, lat + 1), (35.0, lat + 4), (-20.0, lat + 3)]
    places = settled({"geometry": wkt(ring)}, buffer_m=200.0)
    x = np.linspace(-19, 34, 50)
    edge = lat + (x + 20) / 55
    step = 1e-7
    slope = np.stack([np.full(50, step), np.full(50, step / 55)])
    azimuth = np.array(GEOD.inv(x, edge, x + slope[0], edge + slope[1])[0])
    for share, expected in ((0.999, True), (1.001, False)):
        out_x, out_y, _ = GEOD.fwd(x, edge, azimuth + 90, np.full(50, 200.0 * share))
        assert (contact(places, out_x, out_y) == expected).all()


def test_unknown_pings_are_contacts() -> None:
    places = settled({"lon": "0", "lat": "3", "radius_m": "1"})
    nan, inf = np.nan, np.inf
    assert contact(
        places, [nan, 0, inf, 181, 9, 9, 9, 9], [9, nan, 9, 9, 91, 9, 9, 9], [1, 1, 1, 1, 1, nan, inf, -1]
    ).all()
    assert contact(places, 9, 9, officer=[-1, 2, 99]).all()
    assert not contact(places, 9, 9, officer=[0, 1]).any()
    assert contact(places, [], []).shape == (0,)


def test_no_places_at_all() -> None:
    places = settle(buffer_m=200.0)
    assert contact(places, [0, np.nan], [0, 0]).tolist() == [False, True]
    assert not places.has_home(np.array([0, 1, -1, 5]), np.zeros(4, np.int64)).any()


def test_places_hold_for_their_officer_in_their_time() -> None:
    row = {"lon": "7", "lat": "0", "radius_m": "10", "kind": "home", "valid_from_us": 100, "valid_to_us": 200}
    places = settled(row, {**row, "officer_id": "nobody known", "valid_from_us": None})
    at_us = [99, 100, 199, 200]
    assert contact(places, 7, 0, at_us=at_us).tolist() == [False, True, True, False]
    assert not contact(places, 7, 0, at_us=at_us, officer=1).any()
    assert places.has_home(np.zeros(4, np.int32), np.array(at_us)).tolist() == [False, True, True, False]
    assert not places.has_home(np.ones(4, np.int32), np.array(at_us)).any()


def test_validity_open_empty_unread_and_reversed() -> None:
    home = {"lon": "7", "lat": "0", "radius_m": "10", "kind": "home"}
    for row, expected, refused in (
        ({"valid_from_us": 100}, [False, True], 0),
        ({"valid_to_us": 100}, [True, False], 0),
        ({"valid_from_us": 100, "valid_to_us": 100}, [False, False], 0),
        ({"valid_from_us": 300, "valid_to_us": 200}, [True, True], 1),
        ({"valid_from_us": 300, "validity_read": False}, [True, True], 1),
    ):
        places = settled({**home, **row})
        assert contact(places, 7, 0, at_us=[99, 100]).tolist() == expected
        assert places.has_home(np.zeros(2, np.int32), np.array([99, 100])).tolist() == expected
        assert len(places.refused) == refused


def test_several_homes_one_after_the_other() -> None:
    home = {"lon": "7", "lat": "0", "radius_m": "10", "kind": "home"}
    places = settled(
        {**home, "valid_to_us": 10},
        {**home, "valid_from_us": 20, "valid_to_us": 30},
        {**home, "kind": "x"},
        {**home, "officer_id": None},
    )
    at_us = np.array([5, 10, 20, 29, 30])
    assert places.has_home(np.zeros(5, np.int32), at_us).tolist() == [True, False, True, True, False]
    assert not places.has_home(np.ones(5, np.int32), at_us).any()


def test_a_home_not_understood_is_still_a_home() -> None:
    places = settled({"kind": "home"}, {"officer_id": "you"})
    assert places.has_home(np.array([0, 1]), np.zeros(2, np.int64)).tolist() == [True, False]


def test_everyones_places_hold_for_all() -> None:
    places = settle({"lon": "7", "lat": "0", "radius_m": "10"}, buffer_m=100.0)
    assert contact(places, 7, 0.0009, officer=[0, 1]).all()
    assert not contact(places, 7, 0.0011, officer=[0, 1]).any()


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({}, [True, True, True]),
        ({"home_from_us": 100}, [False, True, True]),
        ({"home_to_us": 100}, [True, False, False]),
        ({"home_from_us": 100, "home_to_us": 101}, [False, True, False]),
        ({"home_from_us": 100, "home_to_us": 100}, [False, False, False]),
        ({"home_from_us": 101, "home_to_us": 100}, [False, False, False]),
        ({"home_from_us": 101, "home_to_us": 100, "validity_read": False}, [True, True, True]),
        ({"home_known": False}, [False, False, False]),
        ({"home_known": None}, [False, False, False]),
        ({"home_known": False, "validity_read": False}, [False, False, False]),
        ({"kind": "Home"}, [False, False, False]),
        ({"kind": " home"}, [False, False, False]),
        ({"kind": None}, [False, False, False]),
        ({"lat": None, "home_from_us": 100}, [False, True, True]),
        ({"lat": None, "home_known": False}, [False, False, False]),
    ],
)
def test_a_home_is_on_record_by_its_narrow_validity(row: dict[str, Any], expected: list[bool]) -> None:
    """Whatever becomes of the home on record, the place protects by its wide validity, which is always here."""
    places = settled({"lon": "7", "lat": "0", "radius_m": "10", "kind": "home", **row})
    at_us = np.array([99, 100, 101])
    assert places.has_home(np.zeros(3, np.int32), at_us).tolist() == expected
    assert contact(places, 7, 0, at_us=at_us).all()


def test_a_place_protects_every_lookalike_and_is_a_home_of_exactly_its_officer() -> None:
    officers = {"A1": 0, "b": 1, "a1": 2, "A2": 3}
    rows = [
        {"officer_id": "A1", "lon": "7", "lat": "1", "radius_m": "10", "kind": "home"},
        {"officer_id": "B", "lon": "7", "lat": "2", "radius_m": "10", "kind": "home", "row": 5},
        {"officer_id": "a2", "lon": "7", "kind": "home", "row": 6},
        {"officer_id": "c", "lon": "7", "lat": "4", "radius_m": "10", "kind": "home", "row": 8},
    ]
    for lookalike, protected, unmet in (
        (str.casefold, [[0, 2, 3], [1, 3], [3], [3]], ((0, 8),)),
        (str, [[0], [], [], []], ((0, 5), (0, 6), (0, 8))),
    ):
        places = settle_places(table(*rows), officers, 0.0, max_km=500, sites=None, lookalike=lookalike)
        for lat, whose in enumerate(protected, 1):
            assert np.flatnonzero(contact(places, 7, lat, officer=[0, 1, 2, 3])).tolist() == whose
        assert places.has_home(np.arange(-1, 5), np.zeros(6, np.int64)).tolist() == [False, True, *[False] * 4]
        assert places.unmet_rows == unmet
        assert places.unmet == len(unmet)
        assert len(places.refused) == 1


def test_touched_tells_personal_places_from_those_for_everyone() -> None:
    mine = {"officer_id": "me", "lon": "7", "lat": "1", "radius_m": "1000"}
    places = settle(mine, {**mine, "officer_id": None, "lat": "1.01", "valid_from_us": 100}, {"officer_id": "you"})
    lat = np.array([1.0, 1.005, 1.01, 1.03, 1.005, np.nan, 1.01, 1.01])
    officer = np.array([0, 0, 0, 0, 1, 0, 7, -1], np.int32)
    columns = officer, np.full(8, 100), np.full(8, 7.0), lat
    personal, everyone = places.touched(*columns, np.zeros(8))
    assert personal.tolist() == [True, True, False, False, True, True, True, True]
    assert everyone.tolist() == [False, True, True, False, True, False, False, False]
    assert (places.contact(*columns, np.zeros(8)) == (personal | everyone)).all()
    for disc_m in (np.nan, np.inf, -1):
        personal, everyone = places.touched(*columns, np.full(8, disc_m))
        assert personal.all()
        assert not everyone.any()
    early = places.touched(officer, np.full(8, 99), np.full(8, 7.0), lat, np.zeros(8))
    assert not early[1].any()


def many() -> tuple[Places, tuple[np.ndarray, ...]]:
    """A town of officers, places of all kinds and pings with discs of all sizes."""
    chance = np.random.default_rng(5)
    rows: list[dict[str, Any]] = []
    for officer in range(300):
        x, y = chance.uniform(-0.2, 0.2), chance.uniform(51.4, 51.6)
        rows.append({"officer_id": str(officer), "geometry": wkt(square(x, y, 30))})
        rows.append({"officer_id": str(officer), "lon": str(-x), "lat": str(y), "radius_m": "80"})
    rows += [{"geometry": wkt(square(chance.uniform(-0.2, 0.2), 51.5, 4_000))} for _ in range(4)]
    rows.append({"officer_id": "7", "geometry": wkt([(-5, 45), (5, 45), (5, 51.5), (-5, 51.5)])})
    turn = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    rows.append({"geometry": wkt([(float(0.03 * np.cos(at)), float(51.5 + 0.02 * np.sin(at))) for at in turn])})
    count = 200_000
    pings = (
        chance.integers(0, 300, count).astype(np.int32),
        np.zeros(count, np.int64),
        chance.uniform(-0.2, 0.2, count),
        chance.uniform(51.4, 51.6, count),
        chance.choice([5.0, 40.0, 200.0, 900.0, 3_000.0], count),
    )
    return settle(*rows, buffer_m=150.0, officers={str(one): one for one in range(300)}), pings


def test_no_answer_depends_on_the_batch_the_thread_or_a_pickle() -> None:
    places, pings = many()
    whole = places.contact(*pings)
    assert 0.005 < whole.mean() < 0.5
    again = pickle.loads(pickle.dumps(places))
    with ThreadPoolExecutor(4) as pool:
        parts = list(
            pool.map(lambda part: again.contact(*part), zip(*(np.array_split(c, 23) for c in pings), strict=True))
        )
    assert (np.concatenate(parts) == whole).all()
    few = np.random.default_rng(1).integers(0, len(whole), 200)
    assert all(places.contact(*(column[one : one + 1] for column in pings))[0] == whole[one] for one in few)


def test_the_grid_finds_what_a_search_of_all_pieces_finds() -> None:
    places, pings = many()
    some = slice(0, 1_500)
    officer, _, lon, lat, disc_m = (column[some] for column in pings)
    owner = places.claims.owner[places.pieces.row]
    found = np.zeros(len(lon), bool)
    for piece, whose in enumerate(owner):
        at = np.flatnonzero((whose == -1) | (officer == whose))
        found[at] |= places.pieces.touched(np.full(len(at), piece), lon[at], lat[at], disc_m[at] + 150.0)
    assert (places.contact(*(column[some] for column in pings)) == found).all()
