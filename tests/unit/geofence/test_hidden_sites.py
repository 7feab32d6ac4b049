"""A site is wholly hidden where every ping in it is, partly where some are, and not where none is: by the filter."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st
from pyproj import Geod

from offduty.core.instants import FOREVER_US, NEVER_US
from offduty.core.interval import Interval
from offduty.geofence import HiddenSites, Places, Sites, settle_hidden_sites, settle_places, settle_sites
from offduty.geofence.parts import TOUCH_M
from tests.shapes import moved, square, table, wkt

GEOD = Geod(ellps="WGS84")
STATION = (7.0, 50.0)
EVER = Interval(NEVER_US, FOREVER_US)
DUTY = Interval(1_000, 2_000)
NOT, PARTLY, WHOLLY = HiddenSites(), HiddenSites(partly=((0, 0),)), HiddenSites(wholly=((0, 0),))
EXACT_M = 1e-6  # the disc of a ping that is as exact as can be


def circle(lon: float, lat: float, radius_m: float, **more: Any) -> dict[str, Any]:
    """A row with a circle."""
    return {"lon": repr(lon), "lat": repr(lat), "radius_m": repr(radius_m), **more}


def clinic(
    away_m: float, radius_m: float = 50, azimuth: float = 70, station: tuple[float, float] = STATION, **more: Any
) -> dict[str, Any]:
    """A place for everyone whose centre is so far from that of the station."""
    lon, lat, _ = GEOD.fwd(*station, azimuth, away_m)
    return circle(lon, lat, radius_m, **more)


def settled(places: list[dict[str, Any]], sites: list[dict[str, Any]], buffer_m: float) -> tuple[Sites, Places]:
    """Sites and places; the officer is called `me`."""
    here = settle_sites(table(*sites), 5)
    return here, settle_places(table(*places), {"me": 0}, buffer_m, max_km=500, sites=here, lookalike=str.casefold)


def hidden(
    *places: dict[str, Any], sites: list[dict[str, Any]] | None = None, buffer_m: float = 200, during: Interval = EVER
) -> HiddenSites:
    """The sites that these places hide; a station of 150 m where no site is given."""
    return settle_hidden_sites(*settled(list(places), sites or [circle(*STATION, 150)], buffer_m), during)


def hides(places: Places, lon: Any, lat: Any, at_us: int = 0) -> Any:
    """Whether the filter hides the most exact ping at each of these positions, because of a place for everyone."""
    lon, lat = np.atleast_1d(lon), np.atleast_1d(lat)
    officer, when = np.zeros(len(lon), np.int32), np.full(len(lon), at_us)
    return places.touched(officer, when, lon, lat, np.full(len(lon), EXACT_M))[1]


@pytest.mark.parametrize(
    ("away_m", "found"),
    [
        (0, WHOLLY),
        (99, WHOLLY),  # 50 + 200 reach 150 m beyond its centre
        (100.05, PARTLY),
        (101, PARTLY),
        (399, PARTLY),
        (400, PARTLY),  # they touch
        (400 + 2 * TOUCH_M, NOT),
        (5_000, NOT),
    ],
)
def test_within_the_buffer_of_a_place_for_everyone(away_m: float, found: HiddenSites) -> None:
    """Both sides of both edges, to the metre and to the millimetre."""
    assert hidden(clinic(away_m)) == found


def test_a_millimetre_beyond_the_buffer_the_filter_shows_the_edge_of_the_site() -> None:
    lon, lat, _ = GEOD.fwd(*STATION, 70, 150 - 1e-5)
    _, near = settled([clinic(400)], [circle(*STATION, 150)], 200)
    _, far = settled([clinic(400 + 2 * TOUCH_M)], [circle(*STATION, 150)], 200)
    assert (hides(near, lon, lat).all(), hides(far, lon, lat).any()) == (True, False)


def test_places_of_an_officer_hide_no_site_from_everyone() -> None:
    assert hidden(clinic(0, officer_id="me")) == NOT
    assert hidden(clinic(0, officer_id="nobody known")) == NOT
    assert hidden(clinic(0, officer_id=" ")) == WHOLLY


@pytest.mark.parametrize("azimuth", [45, 135, 225, 315])
def test_one_corner_of_a_site_that_is_out_of_reach(azimuth: float) -> None:
    """It is 141 m from the middle of the site."""
    drawn = [{"geometry": wkt(square(*STATION, 200))}]
    assert hidden(clinic(107, azimuth=azimuth), sites=drawn) == WHOLLY
    assert hidden(clinic(110, azimuth=azimuth), sites=drawn) == PARTLY


@pytest.mark.parametrize("station", [STATION, (180.0, 50.0), (-180.0, -50.0), (179.9995, 0.0), (-179.9995, 0.0)])
def test_two_places_hide_together_what_neither_hides_alone(station: tuple[float, float]) -> None:
    """The station and the clinics lie on a line, also across the antimeridian."""
    one, other = (clinic(150, azimuth=azimuth, station=station) for azimuth in (70, 250))
    at = [circle(*station, 150)]
    assert hidden(one, sites=at) == hidden(other, sites=at) == PARTLY
    assert hidden(one, other, sites=at) == WHOLLY


def test_many_places_hide_a_large_site_together() -> None:
    """A dozen on its rim and one in the middle, without which a hole is left."""
    rim = [clinic(300, 150, azimuth) for azimuth in range(0, 360, 30)]
    large = [circle(*STATION, 300)]
    assert hidden(*rim, clinic(0), sites=large) == WHOLLY
    assert hidden(*rim, sites=large, buffer_m=140) == PARTLY


@pytest.mark.parametrize("middle", [7.0, 180.0, -180.0])
def test_a_row_of_places_along_a_road(middle: float) -> None:
    """The road is a site, 3.6 km long and 200 m north of the places; also across the antimeridian."""
    west, east, south, north = middle - 0.025, middle + 0.025, 50.0024, 50.0029
    road = [(west, south), (east, south), (east, north), (west, north)]
    along = [(middle + step / 500 + 180) % 360 - 180 for step in range(-12, 13)]
    places = [circle(lon, 50.001, 50) for lon in along]
    site = [{"geometry": wkt(road)}]
    assert hidden(*places, sites=site) == WHOLLY
    assert hidden(*places[:19], *places[22:], sites=site) == PARTLY


def test_a_site_with_two_parts_is_wholly_hidden_only_if_both_are() -> None:
    far_lon, far_lat, _ = GEOD.fwd(*STATION, 90, 2_000)
    parts = [square(*STATION, 100), square(far_lon, far_lat, 100)]
    both = shapely.MultiPolygon([shapely.Polygon(part) for part in parts])
    site = [{"geometry": shapely.to_wkt(both, rounding_precision=-1)}]
    assert hidden(clinic(0), sites=site) == PARTLY
    assert hidden(clinic(0), clinic(2_000, azimuth=90), sites=site) == WHOLLY


def test_a_hole_of_the_site_need_not_be_hidden() -> None:
    """A site round a lake, whose middle is out of reach; and one without the lake."""
    outer, hole = square(*STATION, 1_000), square(*STATION, 600)
    rim = [clinic(500, 50, azimuth) for azimuth in range(0, 360, 15)]
    corners = [clinic(700, 50, azimuth) for azimuth in (45, 135, 225, 315)]
    assert hidden(*rim, *corners, sites=[{"geometry": wkt(outer, hole)}]) == WHOLLY
    assert hidden(*rim, *corners, sites=[{"geometry": wkt(outer)}]) == PARTLY


@pytest.mark.parametrize("buffer_m", [0.0, 200.0])
@pytest.mark.parametrize("turn", [0.0, 173.0, 172.9995])
def test_a_site_within_a_place_that_is_drawn(buffer_m: float, turn: float) -> None:
    """Also without a buffer, across the antimeridian, on the very outline, and with one edge a bit beyond it."""

    def drawn(side_m: float, at: float = 7.0) -> dict[str, Any]:
        return {"geometry": moved(wkt(square(at, 50, side_m)), turn, 0)}

    assert hidden(drawn(2_000), sites=[drawn(300)], buffer_m=buffer_m) == WHOLLY
    assert hidden(drawn(300), sites=[drawn(300)], buffer_m=buffer_m) == WHOLLY
    assert hidden(drawn(300), sites=[drawn(320)], buffer_m=buffer_m) == (WHOLLY if buffer_m else PARTLY)
    for lon in (7 + turn, 6.999 + turn, 7.001 + turn):
        round_ = [circle((lon + 180) % 360 - 180, 50, 150)]
        assert hidden(drawn(2_000), sites=round_, buffer_m=buffer_m) == WHOLLY
    assert hidden(drawn(2_000, 7.1), sites=[drawn(300)], buffer_m=buffer_m) == NOT


@pytest.mark.parametrize("lat", [89.9995, -89.99999, 90.0])
def test_at_a_pole(lat: float) -> None:
    site = [circle(12.0, lat, 300)]
    assert hidden(circle(-100.0, lat, 500), sites=site) == WHOLLY
    assert hidden(circle(12.0, lat, 10), sites=site) == PARTLY
    assert hidden(circle(12.0, math.copysign(abs(lat) - 0.01, lat), 10), sites=site) == NOT


def test_wholly_only_by_places_that_are_valid_all_the_time() -> None:
    """Intervals are half-open; one that only touches the time of duty hides nothing in it."""

    def during(start: int | None, end: int | None) -> HiddenSites:
        return hidden(clinic(0, valid_from_us=start, valid_to_us=end), during=DUTY)

    assert during(1_000, 2_000) == during(None, None) == during(0, 3_000) == WHOLLY
    assert during(1_001, 2_000) == during(1_000, 1_999) == during(1_500, 1_501) == PARTLY
    assert during(0, 1_000) == during(2_000, None) == during(1_500, 1_500) == NOT
    unreadable = clinic(0, valid_from_us=0, valid_to_us=1, validity_read=False)
    assert hidden(unreadable, during=DUTY) == WHOLLY


def test_sites_that_do_not_count_are_not_looked_at() -> None:
    """One is too large, one cannot be understood; those that count are named by file and row."""
    large, bad = circle(*STATION, 2_000), {"lon": "7", "lat": "x", "radius_m": "5"}
    away = [circle(*GEOD.fwd(*STATION, 10, away_m)[:2], 60, file=3) for away_m in (9_000, 300, 20)]
    found = hidden(clinic(0), sites=[large, bad, *away])
    assert found == HiddenSites(wholly=((3, 4),), partly=((3, 3),))
    assert hidden(clinic(0), sites=[large]) == NOT


def test_without_places_or_without_sites_nothing_is_found() -> None:
    assert hidden(clinic(0, officer_id="me")) == NOT
    empty = settle_sites(table(), 5)
    places = settle_places(table(clinic(0)), {}, 200.0, max_km=500, sites=empty, lookalike=str)
    assert settle_hidden_sites(empty, places, EVER) == NOT
    nothing = settle_places(table(), {}, 200.0, max_km=500, sites=empty, lookalike=str)
    assert settle_hidden_sites(settle_sites(table(circle(*STATION, 150)), 5), nothing, EVER) == NOT


metres = st.floats(1, 700)
centres = st.tuples(st.floats(0, 600), st.floats(0, 360))


@st.composite
def areas(draw: st.DrawFn) -> dict[str, Any]:
    """A circle or a ring of a few corners near the station; the ring may be no polygon."""
    away_m, azimuth = draw(centres)
    lon, lat, _ = GEOD.fwd(*STATION, azimuth, away_m)
    if draw(st.booleans()):
        return circle(lon, lat, draw(metres))
    corners = [
        GEOD.fwd(lon, lat, turn, draw(metres))[:2] for turn in range(0, 360, draw(st.sampled_from([120, 72, 45])))
    ]
    return {"geometry": wkt(corners)}


@given(
    places=st.lists(areas(), min_size=1, max_size=5),
    site=areas(),
    buffer_m=st.sampled_from([0.0, 30.0, 200.0]),
    seed=st.integers(0, 2**16),
)
def test_no_ping_disagrees(places: list[dict[str, Any]], site: dict[str, Any], buffer_m: float, seed: int) -> None:
    """Of pings all over the site: all are hidden, some, or none, as it is said of the site."""
    here, there = settled(places, [site], buffer_m)
    assume(len(here.pieces.row))
    found = settle_hidden_sites(here, there, EVER)
    chance = np.random.default_rng(seed)
    lon, lat = chance.uniform(6.97, 7.03, 20_000), chance.uniform(49.98, 50.02, 20_000)
    inside = here.inside(lon, lat)
    pings = hides(there, lon[inside], lat[inside])
    if found == WHOLLY:
        assert pings.all()
    if found == NOT:
        assert not pings.any()


@given(
    places=st.lists(areas(), min_size=1, max_size=8),
    radius_m=st.floats(60, 400),
    seed=st.integers(0, 2**16),
)
def test_what_is_hidden_with_room_to_spare_is_said_to_be(
    places: list[dict[str, Any]], radius_m: float, seed: int
) -> None:
    """If pings all over the site are hidden with half the buffer, the site is wholly hidden with all of it."""
    site = circle(*STATION, radius_m)
    here, less = settled(places, [site], 100)
    chance = np.random.default_rng(seed)
    lon, lat = chance.uniform(6.99, 7.01, 20_000), chance.uniform(49.995, 50.005, 20_000)
    inside = here.inside(lon, lat)
    assume(hides(less, lon[inside], lat[inside]).all())
    assert hidden(*places, sites=[site]) == WHOLLY
