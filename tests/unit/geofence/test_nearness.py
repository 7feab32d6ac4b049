"""Distances between shapes of two tables, compared with exact geodesic distances between many points of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from offduty.geofence import settle_sites
from offduty.geofence.nearness import outline_gaps, outlines_of, rows_near, segments_apart
from offduty.geofence.parts import Parts, settle_pieces
from offduty.geofence.read_geometry import read_shapes
from tests.shapes import square, table, wkt

GEOD = Geod(ellps="WGS84")
Point = tuple[float, float]


def place(*rows: dict[str, Any]) -> Parts:
    """Rows as places are cut: holes filled."""
    return settle_pieces(read_shapes(table(*rows)))


def site(*rows: dict[str, Any]) -> Parts:
    """Rows as sites are cut: holes stay."""
    return settle_sites(table(*rows), np.inf).pieces


def circle(lon: float, lat: float, radius_m: float) -> dict[str, Any]:
    """A row with a circle."""
    return {"lon": repr(lon), "lat": repr(lat), "radius_m": repr(radius_m)}


def near(here: Parts, there: Parts, limit_m: float) -> bool:
    """Whether the only shape here is that near to anything there; both directions must agree."""
    one, other = rows_near(here, there, limit_m, 1)[0], rows_near(there, here, limit_m, 1)[0]
    assert one == other
    return bool(one)


@pytest.mark.parametrize("at", [(0.1, 51.5), (180.0, -16.5), (12.0, 89.99), (77.0, -84.0)])
@pytest.mark.parametrize("gap_m", [1.0, 200.0, 40_000.0, 900_000.0])
def test_two_circles_touch_at_the_limit(at: Point, gap_m: float) -> None:
    lon, lat, _ = GEOD.fwd(*at, 33.0, gap_m + 30 + 70)
    pair = place(circle(*at, 30)), site(circle(lon, lat, 70))
    assert near(*pair, gap_m)
    assert near(*pair, gap_m * 1.0001)
    assert not near(*pair, gap_m * 0.995 - 0.001)


def spread_along(ring: list[Point], every: int) -> tuple[np.ndarray, np.ndarray]:
    """Points along the edges of a ring, straight in degrees."""
    ends = np.array([*ring, ring[0]])
    share = np.linspace(0, 1, every)[None, :, None]
    lon, lat = (ends[:-1, None] * (1 - share) + ends[1:, None] * share).reshape(-1, 2).T
    return lon, lat


def closest_m(one: list[Point], other: list[Point]) -> float:
    """The geodesic distance between two rings, by comparing points and looking closer at the best."""
    (x0, y0), (x1, y1) = spread_along(one, 65), spread_along(other, 65)
    a, b = (grid.ravel() for grid in np.meshgrid(np.arange(len(x0)), np.arange(len(x1))))
    return float(GEOD.inv(x0[a], y0[a], x1[b], y1[b])[2].min())


@settings(max_examples=40, deadline=None)
@given(
    st.floats(-180, 180) | st.just(180.0),
    st.floats(-70, 70),
    st.floats(0, 360),
    st.floats(1.5, 5.4),
    st.floats(1.0, 4.0),
    st.floats(0, 1),
)
def test_two_rings_are_as_far_apart_as_their_nearest_points(
    lon: float, lat: float, azimuth: float, away: float, size: float, turn: float
) -> None:
    there_lon, there_lat, _ = GEOD.fwd(lon, lat, azimuth, 10**away + 2 * 10**size)
    one, other = square(lon, lat, 10**size), square(float(there_lon), float(there_lat), 10**size * (0.2 + turn))
    other = [*other[2:], *other[:2]]
    exact_m = closest_m(one, other)
    coarse_m = 0.03 * 10**size  # the points that are compared are at most so far from the nearest ones
    pair = place({"geometry": wkt(one)}), site({"geometry": wkt(other)})
    assert near(*pair, exact_m * 1.001)
    assert not near(*pair, (exact_m - coarse_m) * 0.999 - 0.005)
    a, b = outlines_of(pair[0]), outlines_of(pair[1])
    which, its = (grid.ravel() for grid in np.meshgrid(np.arange(len(a.lon)), np.arange(len(b.lon))))
    gap_m = outline_gaps(a, which, b, its).min()
    assert gap_m <= exact_m * 1.001 + 0.005
    assert gap_m >= (exact_m - coarse_m) * 0.999 - 0.005


def test_a_shape_inside_another_is_0_metres_away() -> None:
    outer, inner = {"geometry": wkt(square(7, 50, 4_000))}, {"geometry": wkt(square(7, 50, 100))}
    disc, dot = circle(7, 50, 3_000), circle(7, 50, 10)
    for large in (outer, disc):
        for small in (inner, dot):
            assert near(place(large), site(small), 0)
            assert near(place(small), site(large), 0)


def test_the_holes_of_a_place_are_filled_and_those_of_a_site_are_not() -> None:
    ring = {"geometry": wkt(square(7, 50, 4_000), square(7, 50, 2_000))}
    dot = circle(7, 50, 10)
    assert near(place(ring), site(dot), 0)
    assert not near(place(dot), site(ring), 980)
    assert near(place(dot), site(ring), 1_000)


def test_shapes_that_cross_are_0_metres_away() -> None:
    lying = {"geometry": wkt([(7, 50), (7.2, 50), (7.2, 50.01), (7, 50.01)])}
    standing = {"geometry": wkt([(7.1, 49.9), (7.11, 49.9), (7.11, 50.1), (7.1, 50.1)])}
    assert near(place(lying), site(standing), 0)


def test_a_line_and_a_point_are_shapes_too() -> None:
    line = {"geometry": "POLYGON((7 50, 7.1 50, 7 50, 7 50))"}
    dot = {"geometry": "POLYGON((7.05 50.001, 7.05 50.001, 7.05 50.001, 7.05 50.001))"}
    for shape in (line, dot):
        assert near(place(shape), site(circle(7.05, 50.0015, 10)), 180)
    assert not near(place(line), site(circle(7.05, 50.0015, 10)), 150)


def test_a_multipolygon_is_as_near_as_its_nearest_part() -> None:
    parts = ", ".join(wkt(square(lon, 50, 100))[7:] for lon in (7.0, 8.0, 9.0))
    shape = {"geometry": f"MULTIPOLYGON({parts})"}
    assert near(place(shape), site(circle(9.0, 50.01, 10)), 1_100)
    assert not near(place(shape), site(circle(8.5, 50.0, 10)), 30_000)


@pytest.mark.parametrize("gap_m", [10.0, 5_000.0])
def test_over_the_antimeridian_and_round_a_pole(gap_m: float) -> None:
    lon, lat, _ = GEOD.fwd(179.9999, -16.0, 90, gap_m + 20)
    for limit_m, expected in ((gap_m, True), (gap_m * 0.99, False)):
        assert near(place(circle(179.9999, -16.0, 10)), site(circle(lon, lat, 10)), limit_m) == expected
    cap = {"geometry": wkt([(float(x), 89.9) for x in range(-180, 181, 10)])}
    lon, lat, _ = GEOD.fwd(-30.0, 89.9, 180, gap_m + 10)
    for limit_m, expected in ((gap_m + 0.01, True), (gap_m * 0.99, False)):
        assert near(place(cap), site(circle(lon, lat, 10)), limit_m) == expected
        assert near(place(circle(lon, lat, 10)), site(cap), limit_m) == expected
    assert near(place(circle(50, 89.99, 10)), site(cap), 0)


def test_the_edge_of_a_large_country_is_straight_in_degrees() -> None:
    country = {"geometry": wkt([(-20, 50), (35, 51), (35, 54), (-20, 53)])}
    lon, lat = 8.0, 50 + 28 / 55
    out_lon, out_lat, _ = GEOD.fwd(lon, lat, 180, 1_010.0)
    assert near(place(country), site(circle(out_lon, out_lat, 10)), 1_002)
    assert not near(place(country), site(circle(out_lon, out_lat, 10)), 995)


def test_segments_of_a_plane_are_as_far_apart_as_geos_says() -> None:
    chance = np.random.default_rng(8)
    one, other = chance.uniform(0, 10, (2, 4, 4_000))
    one[:, :50] = np.tile(one[:2, :50], (2, 1))  # points
    lines = [shapely.linestrings(segments.T.reshape(-1, 2, 2)) for segments in (one, other)]
    exact = shapely.distance(*lines)
    assert (exact == 0).sum() > 100
    assert np.allclose(segments_apart(one, other), exact, atol=1e-9)


def test_many_rows_are_found_as_one_by_one() -> None:
    chance = np.random.default_rng(4)
    rows = [circle(chance.uniform(-1, 1), chance.uniform(51, 52), chance.uniform(5, 900)) for _ in range(150)]
    rows += [{"geometry": wkt(square(chance.uniform(-1, 1), chance.uniform(51, 52), 700))} for _ in range(150)]
    sites = [circle(chance.uniform(-1, 1), chance.uniform(51, 52), 300) for _ in range(20)]
    sites += [{"geometry": wkt(square(chance.uniform(-1, 1), chance.uniform(51, 52), 900))} for _ in range(20)]
    there = site(*sites)
    together = rows_near(place(*rows), there, 9_000, len(rows))
    assert 30 < together.sum() < 270
    assert together.tolist() == [bool(rows_near(place(row), there, 9_000, 1)[0]) for row in rows]
    assert not rows_near(place(*rows), site(), 2_000, len(rows)).any()
