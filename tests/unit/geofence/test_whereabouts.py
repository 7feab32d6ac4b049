"""Places at longitude and latitude 0, far from every site, or swapped; and longitudes written beyond 180."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pyproj import Geod

from offduty.core.errors import OwnerlessRowError
from offduty.geofence import Places, Sites, settle_places, settle_sites
from offduty.geofence.whereabouts import AT_ZERO, SWAPPED
from tests.shapes import square, table, wkt

GEOD = Geod(ellps="WGS84")
LONDON = (-0.15, 51.52)
Point = tuple[float, float]


def circle(at: Point, radius_m: float, **more: Any) -> dict[str, Any]:
    """A row with a circle, of the officer `me` unless stated otherwise."""
    return {"officer_id": "me", "lon": repr(at[0]), "lat": repr(at[1]), "radius_m": repr(radius_m), **more}


def drawn(*rings: list[Point], **more: Any) -> dict[str, Any]:
    """A row with a polygon, of the officer `me` unless stated otherwise."""
    return {"officer_id": "me", "geometry": wkt(*rings), **more}


def away(at: Point, azimuth: float, distance_m: float) -> Point:
    """The point so many metres from another, on the ground."""
    lon, lat, _ = GEOD.fwd(*at, azimuth, distance_m)
    return float(lon), float(lat)


def london() -> Sites:
    """One site, a circle of 150 m in London."""
    return settle_sites(table(circle(LONDON, 150)), 5)


def settle(*rows: dict[str, Any], sites: Sites | None = None, max_km: float = 500) -> Places:
    """The places of these rows, with a buffer of 0 m."""
    return settle_places(table(*rows), {"me": 0, "you": 1}, 0.0, max_km=max_km, sites=sites, lookalike=str)


def touched(places: Places, at: Point, officer: int = 0) -> bool:
    """Whether a ping at this point touches a place."""
    lon, lat = (np.array([value], float) for value in at)
    return bool(places.contact(np.array([officer], np.int32), np.zeros(1, np.int64), lon, lat, np.zeros(1))[0])


def has_home(places: Places) -> bool:
    """Whether the officer `me` has a home on record."""
    return bool(places.has_home(np.zeros(1, np.int32), np.zeros(1, np.int64))[0])


def whys(places: Places) -> list[str]:
    """Why rows were refused."""
    return [one.why for one in places.refused]


@pytest.mark.parametrize("azimuth", [0, 90, 213])
@pytest.mark.parametrize(("gap_m", "refused"), [(0, True), (999.9, True), (1_000, True), (1_000.1, False)])
def test_a_circle_within_a_kilometre_of_zero_cannot_be_understood(azimuth: int, gap_m: float, refused: bool) -> None:
    places = settle(circle(away((0, 0), azimuth, 50 + gap_m), 50, kind="home"))
    assert whys(places) == ([AT_ZERO] if refused else [])
    assert touched(places, (100, 30)) == refused
    assert not touched(places, (100, 30), officer=1)
    assert has_home(places)


def test_a_polygon_about_zero_or_beside_it_cannot_be_understood() -> None:
    around = square(0, 0, 80_000)
    hole = [(-0.1, -0.1), (0.1, -0.1), (0.1, 0.1), (-0.1, 0.1)]
    beside = [(0.0080, -1), (0.5, -1), (0.5, 1), (0.0080, 1)]  # 890 m
    beyond = [(0.0091, -1), (0.5, -1), (0.5, 1), (0.0091, 1)]  # 1013 m
    assert [whys(settle(drawn(*rings))) for rings in ((around,), (around, hole), (beside,), (beyond,))] == [
        [AT_ZERO],
        [AT_ZERO],
        [AT_ZERO],
        [],
    ]


def test_a_place_for_everyone_at_zero_stops_the_run() -> None:
    with pytest.raises(OwnerlessRowError, match="position not known"):
        settle(circle((0, 0), 50, officer_id=None))


def test_a_site_at_zero_is_a_site() -> None:
    assert settle_sites(table(circle((0, 0), 50)), 5).inside(np.zeros(1), np.zeros(1)).all()


@pytest.mark.parametrize("azimuth", [0, 90, 200])
@pytest.mark.parametrize(("gap_m", "far"), [(499_999, False), (500_000, False), (500_001, True)])
def test_a_home_is_far_beyond_the_limit(azimuth: int, gap_m: float, far: bool) -> None:
    place = away(LONDON, azimuth, gap_m + 150 + 100)
    places = settle(circle(place, 100, kind="home"), sites=london())
    assert not places.refused
    assert places.far == int(far)
    assert has_home(places) == (not far)
    assert touched(places, place)
    assert not touched(places, LONDON)


def test_far_is_measured_from_edge_to_edge() -> None:
    sites = settle_sites(table(drawn([(0, 51), (0.01, 51), (0.01, 51.01), (0, 51.01)])), 5)
    for degrees, far in ((0.0, False), (4.0, False), (4.49, False), (4.51, True)):  # about 111.2 km each
        south = 51.01 + degrees
        places = settle(drawn([(0, south), (0.01, south), (0.01, south + 1), (0, south + 1)]), sites=sites)
        assert places.far == int(far)


def test_a_place_around_a_site_is_not_far() -> None:
    country = drawn([(-40, 20), (40, 20), (40, 75), (-40, 75)])
    assert settle(country, sites=london(), max_km=1).far == 0
    assert settle(circle((-20, 45), 2_500_000), sites=london(), max_km=1).far == 0


def test_far_places_are_counted_and_named_by_row() -> None:
    rows = [circle(LONDON, 50), circle((-5, 36.5), 50, row=7, file=2), drawn(square(10, 40, 50), officer_id=None)]
    places = settle(*rows, sites=london())
    assert places.far == 2
    assert places.far_rows == ((0, 2), (2, 7))
    assert not places.refused


def test_the_nearest_of_many_sites_counts_also_over_the_antimeridian() -> None:
    sites = settle_sites(table(circle(LONDON, 50), circle((179.9, -16), 50), drawn(square(-120, 40, 300))), 5)
    homes = [(-179.9, -16.1), (-121, 41), (1, 51), (-179.9, 16)]
    assert settle(*(circle(home, 50) for home in homes), sites=sites).far_rows == ((0, 3),)


def test_without_a_site_that_counts_no_place_is_far_or_swapped() -> None:
    places = [circle((-5, 36.5), 50, kind="home"), circle(LONDON[::-1], 50)]
    bad = settle_sites(table({"lon": "1"}, circle(LONDON, 5_000)), 5)
    assert bad.too_large == 1
    for sites in (None, settle_sites(table(), 5), bad):
        assert settle(*places, sites=sites).far == 0
        assert not settle(*places, sites=sites).refused


@pytest.mark.parametrize(
    "home",
    [
        circle(LONDON[::-1], 50, kind="home"),
        drawn([(51.5, -0.1), (51.51, -0.1), (51.51, -0.09), (51.5, -0.09)], kind="home"),
    ],
    ids=["circle", "polygon"],
)
def test_a_home_with_latitude_and_longitude_swapped_covers_the_earth(home: dict[str, Any]) -> None:
    places = settle(home, sites=london())
    assert whys(places) == [SWAPPED]
    assert places.far == 0
    assert has_home(places)
    assert touched(places, (100, 30))
    assert not touched(places, (100, 30), officer=1)


@pytest.mark.parametrize(("gap_m", "swapped"), [(500_000, True), (500_001, False)])
def test_swapped_is_what_would_not_be_far_after_exchanging(gap_m: float, swapped: bool) -> None:
    lon, lat = away(LONDON, 180, gap_m + 150 + 100)
    places = settle(circle((lat, lon), 100), sites=london())
    assert whys(places) == ([SWAPPED] if swapped else [])
    assert places.far == int(not swapped)


def test_what_is_near_as_written_is_not_swapped() -> None:
    sites = settle_sites(table(circle((10, 12), 150)), 5)
    places = settle(circle((12, 10), 50), sites=sites)
    assert not places.refused
    assert places.far == 0


def test_a_swapped_place_for_everyone_stops_the_run() -> None:
    with pytest.raises(OwnerlessRowError, match="swapped"):
        settle(circle(LONDON[::-1], 50, officer_id=None), sites=london())


def test_what_has_no_latitudes_when_exchanged_is_far() -> None:
    sites = settle_sites(table(circle((20, 89), 150)), 5)
    assert settle(circle((91, 20), 50), sites=sites).far == 1
    assert settle(circle((89, 20), 50), sites=sites).far == 0
    assert settle(drawn([(80, 20), (91, 20), (91, 21), (80, 21)]), sites=sites).far == 1


def test_messages_have_no_values() -> None:
    assert not any(letter.isdigit() for letter in AT_ZERO + SWAPPED)


BEYOND = [
    ([(179.99, 10), (180.01, 10), (180.01, 10.02), (179.99, 10.02)], (180.0, 10.01), (179.97, 10.01)),
    ([(-180.01, 10), (-179.99, 10), (-179.99, 10.02), (-180.01, 10.02)], (180.0, 10.01), (179.97, 10.01)),
    ([(350, 10), (350.02, 10), (350.02, 10.02), (350, 10.02)], (-9.99, 10.01), (-9.96, 10.01)),
    ([(-352, 10), (-351.98, 10), (-351.98, 10.02), (-352, 10.02)], (8.01, 10.01), (8.04, 10.01)),
    ([(359.99, 10), (0.01, 10), (0.01, 10.02), (359.99, 10.02)], (0.0, 10.01), (0.03, 10.01)),
    ([(-359.99, 10), (359.99, 10), (359.99, 10.02), (-359.99, 10.02)], (0.0, 10.01), (0.03, 10.01)),
    ([(360, 10), (359.98, 10), (359.98, 10.02), (360, 10.02)], (-0.01, 10.01), (-0.03, 10.01)),
]


@pytest.mark.parametrize(("ring", "inside", "outside"), BEYOND)
def test_a_ring_written_beyond_180_is_the_same_shape(ring: list[Point], inside: Point, outside: Point) -> None:
    places, sites = settle(drawn(ring)), settle_sites(table(drawn(ring)), 5)
    assert not places.refused
    assert not sites.refused
    assert [touched(places, inside), touched(places, outside)] == [True, False]
    both = np.array([inside, outside]).T
    assert sites.inside(*both).tolist() == [True, False]


@pytest.mark.parametrize(("lon", "here"), [(190, -170), (-190, 170), (360, 0), (-355, 5)])
def test_a_circle_written_beyond_180_is_the_same_circle(lon: float, here: float) -> None:
    row = circle((lon, 40), 100)
    places, sites = settle(row), settle_sites(table(row), 5)
    assert not places.refused
    assert not sites.refused
    for distance_m, expected in ((99.9, True), (100.1, False)):
        point = away((here, 40), 90, distance_m)
        assert touched(places, point) == expected
        assert sites.inside(*np.array([point]).T).tolist() == [expected]


@pytest.mark.parametrize("lon", [360.000001, -360.000001, 540])
def test_beyond_360_nothing_can_be_understood(lon: float) -> None:
    for row in (circle((lon, 40), 100), drawn([(300, 10), (lon, 10), (lon, 11), (300, 11)])):
        assert len(settle(row).refused) == 1
        assert len(settle_sites(table(row), 5).refused) == 1


def test_a_cap_written_from_0_to_360_is_round_the_pole() -> None:
    cap = [(float(lon), 89.9) for lon in range(0, 361, 30)]
    places = settle(drawn(cap))
    assert not places.refused
    assert touched(places, (77, 89.95))
    assert not touched(places, (77, 89.8))


def test_parts_of_a_site_that_overlap_on_the_globe_are_refused() -> None:
    east, same = [(179.0, 10.0), (179.5, 10.0), (179.5, 10.5), (179.0, 10.5)], [(-181.2, 10.2), (-180.7, 10.7)]
    overlapping = [same[0], (same[1][0], same[0][1]), same[1], (same[0][0], same[1][1])]
    across = [(179.8, 10.0), (180.2, 10.0), (180.2, 10.5), (179.8, 10.5)]
    west = [(-179.9, 10.1), (-179.5, 10.1), (-179.5, 10.4), (-179.9, 10.4)]
    for one, other, refused in ((east, overlapping, True), (across, west, True), (east, across, False)):
        parts = f"MULTIPOLYGON({wkt(one)[7:]}, {wkt(other)[7:]})"
        assert len(settle_sites(table({"geometry": parts}), 1e6).refused) == int(refused)


def test_the_hole_of_a_site_may_be_written_on_the_other_side() -> None:
    shell = [(-179.9, 10), (-179.8, 10), (-179.8, 10.1), (-179.9, 10.1)]
    hole = [(180.13, 10.03), (180.17, 10.03), (180.17, 10.07), (180.13, 10.07)]
    sites = settle_sites(table(drawn(shell, hole)), 1e6)
    assert not sites.refused
    assert sites.inside(np.array([-179.85, -179.88]), np.array([10.05, 10.05])).tolist() == [False, True]
