"""A site beside the home of an officer gives that officer no anchor while the home is valid, and nobody else's."""

from __future__ import annotations

import pickle
import time
from typing import Any

import numpy as np
import pytest
from pyproj import Geod

from offduty.geofence import SiteExclusions, settle_places, settle_site_exclusions, settle_sites
from tests.shapes import square, table, wkt

GEOD = Geod(ellps="WGS84")
OFFICERS = {"me": 0, "you": 1, "ME": 2}
STATION = (7.0, 50.0)


def circle(lon: float, lat: float, radius_m: float, **more: Any) -> dict[str, Any]:
    """A row with a circle."""
    return {"lon": repr(lon), "lat": repr(lat), "radius_m": repr(radius_m), **more}


def home(gap_m: float, **more: Any) -> dict[str, Any]:
    """A place of 50 m of the officer `me`, so far from the edge of the station, which has 150 m."""
    lon, lat, _ = GEOD.fwd(*STATION, 70, gap_m + 150 + 50)
    return circle(lon, lat, 50, officer_id="me", **more)


def excluded(places: list[dict[str, Any]], *sites: dict[str, Any], buffer_m: float = 200) -> SiteExclusions:
    """The exclusions of these places and sites; the station stands where no site is given."""
    settled = settle_sites(table(*(sites or [circle(*STATION, 150)])), 5)
    fences = settle_places(table(*places), OFFICERS, buffer_m, max_km=500, sites=settled, lookalike=str.casefold)
    return settle_site_exclusions(settled, fences, buffer_m)


def inside(sites: SiteExclusions, officer: Any = 0, at_us: Any = 0, at: tuple[float, float] = STATION) -> list[bool]:
    """`SiteExclusions.inside` with numbers stretched to columns."""
    columns = np.broadcast_arrays(*(np.atleast_1d(one) for one in (officer, at_us, *at)))
    kinds = (np.int32, np.int64, np.float64, np.float64)
    found = sites.inside(*(column.astype(kind) for column, kind in zip(columns, kinds, strict=True)))
    return [bool(one) for one in found]


@pytest.mark.parametrize(("gap_m", "counts"), [(0, False), (199.9, False), (200, False), (200.1, True), (5_000, True)])
def test_a_site_counts_beyond_the_buffer_about_a_home(gap_m: float, counts: bool) -> None:
    sites = excluded([home(gap_m)])
    assert inside(sites) == [counts]
    assert sites.beside == int(not counts)
    assert sites.beside_rows == (() if counts else ((0, 0),))


def test_the_site_stays_one_for_other_officers_and_goes_for_lookalikes() -> None:
    sites = excluded([home(10)])
    assert inside(sites, officer=[0, 1, 2]) == [False, True, False]


def test_the_place_of_a_lookalike_who_is_no_officer_excludes_too() -> None:
    assert inside(excluded([home(10) | {"officer_id": "Me"}]), officer=[0, 1, 2]) == [False, True, False]


def test_a_place_of_any_kind_excludes_and_one_for_everyone_does_not() -> None:
    assert inside(excluded([home(10, kind="school")])) == [False]
    assert inside(excluded([home(10) | {"officer_id": None}])) == [True]
    assert inside(excluded([home(10) | {"officer_id": "nobody known"}])) == [True]


def test_a_site_is_excluded_while_the_place_is_valid() -> None:
    at_us = [99, 100, 199, 200]
    wide = {"valid_from_us": 100, "valid_to_us": 200, "home_from_us": 120, "home_to_us": 130}
    assert inside(excluded([home(10, **wide)]), at_us=at_us) == [True, False, False, True]
    assert inside(excluded([home(10, **wide), home(20, valid_from_us=200)]), at_us=at_us) == [True, False, False, False]
    assert inside(excluded([home(10, **wide, validity_read=False)]), at_us=at_us) == [False] * 4
    assert inside(excluded([home(10, valid_from_us=100, valid_to_us=100)]), at_us=at_us) == [True] * 4


def test_a_place_that_covers_the_earth_excludes_no_site() -> None:
    assert inside(excluded([{"officer_id": "me", "lon": "7"}])) == [True]
    swapped = circle(*STATION[::-1], 50, officer_id="me")
    sites = excluded([swapped], circle(*STATION, 150), circle(50, 7.3, 10))
    assert inside(sites) == [True]


def test_another_site_around_the_ping_still_counts() -> None:
    sites = [circle(*STATION, 150), {"geometry": wkt(square(6.996, 50.0, 700))}]
    here, beside = excluded([home(150)], *sites), excluded([home(150)], *sites, buffer_m=800)
    assert inside(here) == [True]
    assert inside(here, at=(7.0015, 50.0)) == [False]
    assert here.beside_rows == ((0, 0),)
    assert inside(beside) == [False]
    assert beside.beside == 2


def test_parts_of_a_site_are_one_site() -> None:
    parts = f"MULTIPOLYGON({wkt(square(*STATION, 300))[7:]}, {wkt(square(7.1, 50.0, 300))[7:]})"
    sites = excluded([home(10)], {"geometry": parts})
    assert inside(sites, at=(7.1, 50.0)) == [False]
    assert inside(sites, officer=1, at=(7.1, 50.0)) == [True]


def test_a_home_in_a_site_and_a_site_in_a_home() -> None:
    campus, dot = {"geometry": wkt(square(*STATION, 2_000))}, circle(*STATION, 10, officer_id="me")
    assert inside(excluded([dot], campus, buffer_m=0)) == [False]
    assert inside(excluded([{**campus, "officer_id": "me"}], circle(*STATION, 10), buffer_m=0)) == [False]


def test_a_home_in_the_hole_of_a_site_is_as_far_as_its_edge() -> None:
    ring = {"geometry": wkt(square(*STATION, 1_800), square(*STATION, 1_000))}
    spot = (7.0098, 50.0)
    dot = circle(*STATION, 10, officer_id="me")
    assert inside(excluded([dot], ring), at=spot) == [True]
    assert inside(excluded([dot], ring, buffer_m=495), at=spot) == [False]


def test_unknown_positions_are_outside_and_unknown_officers_have_no_home() -> None:
    sites = excluded([home(10)])
    assert inside(sites, officer=1, at=(float("nan"), 50.0)) == [False]
    assert inside(sites, officer=[-1, 3]) == [True, True]
    assert inside(sites, officer=[]) == []
    assert inside(excluded([]), officer=[0, 1]) == [True, True]
    assert inside(excluded([home(10)], {"lon": "1"}), officer=[0, 1]) == [False, False]


def town(officers: int) -> tuple[SiteExclusions, tuple[np.ndarray, ...]]:
    """Officers with a home or two, some of them beside a site, and pings."""
    chance = np.random.default_rng(6)
    names = {f"o{one}": one for one in range(officers)}
    x, y = chance.uniform(-1, 1, officers).tolist(), chance.uniform(51, 52, officers).tolist()
    begins = chance.integers(0, 1_000, officers)
    rows = [
        circle(x[one], y[one], 50, officer_id=f"o{one}", valid_from_us=int(begins[one]), valid_to_us=900)
        for one in range(officers)
    ]
    sites = settle_sites(table(*(circle(chance.uniform(-1, 1), chance.uniform(51, 52), 600) for _ in range(300))), 5)
    fences = settle_places(table(*rows), names, 200.0, max_km=500, sites=sites, lookalike=str)
    count = 300_000
    pings = (
        chance.integers(0, officers, count).astype(np.int32),
        chance.integers(0, 1_000, count),
        chance.uniform(-1, 1, count),
        chance.uniform(51, 52, count),
    )
    return settle_site_exclusions(sites, fences, 200.0), pings


def test_no_answer_depends_on_the_batch_or_a_pickle_and_all_agree_with_a_plain_search() -> None:
    sites, pings = town(400)
    whole = sites.inside(*pings)
    plain = sites.sites.inside(*pings[2:])
    again = pickle.loads(pickle.dumps(sites))
    parts = [again.inside(*part) for part in zip(*(np.array_split(column, 7) for column in pings), strict=True)]
    assert (np.concatenate(parts) == whole).all()
    assert (whole <= plain).all()
    assert 0 < sites.beside < 300
    few = np.flatnonzero(plain & sites.affected[pings[0]])
    assert len(few) > 20
    for one in few:
        group, at_us = pings[0][one], pings[1][one]
        around = [site for _, site in sites.sites.containing(pings[2][[one]], pings[3][[one]])]
        left = 0
        for site in np.concatenate(around):
            spans = np.flatnonzero(sites.keys == group * len(sites.sites.numbers) + site)
            left += not any(sites.when.contains(spans, np.full(len(spans), at_us)))
        assert whole[one] == (left > 0)


def test_without_an_exclusion_only_the_sites_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    sites = excluded([home(5_000)])
    monkeypatch.setattr(SiteExclusions, "_inside_a_counting_one", None)
    assert not len(sites.keys)
    assert inside(sites, officer=[0, 1]) == [True, True]


def test_thousands_of_places_settle_within_seconds() -> None:
    start = time.perf_counter()
    town(5_000)
    assert time.perf_counter() - start < 10
