"""A ping is inside a site only where that is certain: strictly inside a site that was understood."""

from __future__ import annotations

import math
import pickle
from typing import Any

import numpy as np
import pytest
from pyproj import Geod

from offduty.geofence import Sites, settle_sites
from tests.shapes import AWKWARD, NOT_UNDERSTOOD, Awkward, square, table, wkt

GEOD = Geod(ellps="WGS84")


def settled(*rows: dict[str, Any]) -> Sites:
    """Sites of these rows."""
    return settle_sites(table(*rows), math.inf)


def inside(sites: Sites, lon: Any, lat: Any) -> list[bool]:
    """`Sites.inside` of lists of numbers."""
    lon, lat = np.broadcast_arrays(np.atleast_1d(lon), np.atleast_1d(lat))
    return [bool(one) for one in sites.inside(lon.astype(float), lat.astype(float))]


@pytest.mark.parametrize("row", NOT_UNDERSTOOD.values(), ids=NOT_UNDERSTOOD.keys())
def test_a_site_that_was_not_understood_does_not_count(row: dict[str, Any]) -> None:
    sites = settled(row, {"lon": "50", "lat": "5", "radius_m": "10"})
    assert [(one.table, one.file, one.row) for one in sites.refused] == [("sites", 0, 0)]
    assert inside(sites, [0.6, 0, 1, 50], [0.5, 0, 1, 5]) == [False, False, False, True]


@pytest.mark.parametrize("place", AWKWARD, ids=lambda place: place.name)
def test_an_awkward_site_is_surely_meant_or_refused(place: Awkward) -> None:
    sites = settled({"geometry": place.geometry})
    assert (not sites.refused) == place.site
    assert not any(inside(sites, *np.array(place.away, float).T))
    if not place.site:
        assert not any(inside(sites, *np.array(place.inside, float).T))


@pytest.mark.parametrize(("lon", "lat"), [(0.1, 51.5), (180.0, -16.5), (-179.999, 66.0), (12.0, 89.999), (0.0, -90.0)])
@pytest.mark.parametrize("radius_m", [1, 150, 30_000, 4_000_000])
def test_a_circle_is_true_and_its_edge_is_out(lon: float, lat: float, radius_m: int) -> None:
    sites = settled({"lon": str(lon), "lat": str(lat), "radius_m": str(radius_m)})
    azimuth = np.linspace(0, 360, 97)
    for share, expected in ((0.3, True), (0.99999, True), (1.0, False), (1.00001, False), (1.5, False)):
        x, y, _ = GEOD.fwd(np.full(97, lon), np.full(97, lat), azimuth, np.full(97, float(radius_m) * share))
        assert inside(sites, x, y) == [expected] * 97


def test_edges_vertices_and_holes_are_out() -> None:
    sites = settled({"geometry": wkt([(0, 0), (4, 0), (4, 4), (0, 4)], [(1, 1), (2, 1), (2, 2), (1, 2)])})
    assert inside(sites, [0.5, 3.0, 3.999], [0.5, 3.0, 0.001]) == [True] * 3
    assert inside(sites, [0, 4, 2, 0, 1, 1.5, 1.5, 2], [0, 4, 0, 3, 1, 1.5, 1, 2]) == [False] * 8


def test_over_the_antimeridian_and_the_pole() -> None:
    over = settled(
        {
            "geometry": wkt(
                [(179, 10), (-179, 10), (-179, 11), (179, 11)],
                [(179.5, 10.4), (-179.5, 10.4), (-179.5, 10.6), (179.5, 10.6)],
            )
        }
    )
    assert not over.refused
    assert inside(over, [180, -180, 179.2, -179.2], 10.2) == [True] * 4
    assert inside(over, [180, -180, 179.6, -179.6], 10.5) == [False] * 4
    assert inside(over, [179, -179, 178.9, -178.9, 0], 10.5) == [False] * 5
    west = settled({"geometry": wkt([(-179, 10), (179, 10), (179, 11), (-179, 11)])})
    assert inside(west, [180, -180, 179.2, -179.2, 178.9], 10.2) == [True] * 4 + [False]
    polar = settled({"geometry": wkt([(-180, 80), (-90, 80), (0, 80), (90, 80), (180, 80)])})
    assert inside(polar, [0, 45, -120, 179], [81, 89, 80.5, 85]) == [True] * 4
    assert inside(polar, [0, 45, 0], [80, 79, -85]) == [False] * 3


def test_a_hole_around_the_pole_makes_a_site_that_cannot_be_understood() -> None:
    ring = [(-180.0, 80.0), (-90.0, 80.0), (0.0, 80.0), (90.0, 80.0), (180.0, 80.0)]
    sites = settled({"geometry": wkt(ring, [(x, 85.0) for x, _ in ring])})
    assert len(sites.refused) == 1
    assert inside(sites, [10, 10], [82, 87]) == [False, False]


def test_overlapping_parts_are_refused_and_separate_ones_are_not() -> None:
    one, near, far = wkt(square(0, 0, 100))[7:], wkt(square(0.0001, 0, 100))[7:], wkt(square(1, 0, 100))[7:]
    assert len(settled({"geometry": f"MULTIPOLYGON({one}, {near})"}).refused) == 1
    assert inside(settled({"geometry": f"MULTIPOLYGON({one}, {far})"}), [0, 1, 0.5], 0) == [True, True, False]


def test_unknown_positions_are_not_at_work() -> None:
    sites = settled({"lon": "0", "lat": "0", "radius_m": "20000000"})
    assert inside(sites, [np.nan, 0, np.inf, 0, 181, 0], [0, np.nan, 0, -np.inf, 0, 91]) == [False] * 6
    assert inside(sites, [0, 170], [0, 2]) == [True, True]
    assert inside(sites, [], []) == []
    assert inside(settle_sites(table(), 5), [0, 1], [0, 1]) == [False, False]


def large(*rows: dict[str, Any], max_site_km2: float) -> Sites:
    """Sites of these rows, of which those larger than the limit do not count."""
    return settle_sites(table(*rows), max_site_km2)


def test_a_circle_counts_up_to_its_area() -> None:
    row = {"lon": "7", "lat": "60", "radius_m": "1000"}
    for max_site_km2, counts in ((math.pi, True), (math.nextafter(math.pi, 0), False), (math.pi * 1.001, True)):
        sites = large(row, {"lon": "9", "lat": "60", "radius_m": "1"}, max_site_km2=max_site_km2)
        assert not sites.refused
        assert sites.too_large == int(not counts)
        assert sites.too_large_rows == (() if counts else ((0, 0),))
        assert inside(sites, [7, 9], 60) == [counts, True]


@pytest.mark.parametrize("lat", [0.0, 51.5, -83.0])
def test_the_area_is_measured_on_the_ground(lat: float) -> None:
    ring = square(179.999, lat, 2_000)
    km2 = abs(GEOD.polygon_area_perimeter(*np.array(ring).T)[0]) / 1e6
    written = [((x + 180) % 360 - 180, y) for x, y in ring]
    for share, counts in ((0.9999, False), (1.0001, True)):
        assert large({"geometry": wkt(written)}, max_site_km2=km2 * share).too_large == int(not counts)


def test_the_area_leaves_out_holes_and_adds_parts() -> None:
    one, hole, far = square(7, 50, 2_000), square(7, 50, 1_000), square(8, 50, 1_000)
    km2 = [abs(GEOD.polygon_area_perimeter(*np.array(ring).T)[0]) / 1e6 for ring in (one, hole, far)]
    ring = {"geometry": wkt(one, hole)}
    parts = {"geometry": f"MULTIPOLYGON({wkt(one)[7:]}, {wkt(far)[7:]})"}
    for row, area_km2 in ((ring, km2[0] - km2[1]), (parts, km2[0] + km2[2])):
        assert large(row, max_site_km2=area_km2 * 1.0001).too_large == 0
        assert large(row, max_site_km2=area_km2 * 0.9999).too_large == 1


def test_long_edges_are_straight_in_degrees_for_the_area_too() -> None:
    """Along a parallel, where a geodesic would run far north of the edge as drawn."""
    strip = [(-60.0, 60.0), (60.0, 60.0), (60.0, 60.01), (-60.0, 60.01)]
    many = [(float(x), 60.0) for x in range(-60, 60)] + [(float(x), 60.01) for x in range(60, -60, -1)]
    km2 = abs(GEOD.polygon_area_perimeter(*np.array(many).T)[0]) / 1e6
    assert large({"geometry": wkt(strip)}, max_site_km2=km2 * 1.01).too_large == 0
    assert large({"geometry": wkt(strip)}, max_site_km2=km2 * 0.99).too_large == 1


def test_the_area_of_a_cap_round_the_pole() -> None:
    cap = {"geometry": wkt([(float(x), 89.0) for x in range(-180, 181, 10)])}
    km2 = math.pi * 111.694**2
    assert large(cap, max_site_km2=km2 * 1.001).too_large == 0
    assert large(cap, max_site_km2=km2 * 0.999).too_large == 1


def test_no_answer_depends_on_the_batch_or_a_pickle() -> None:
    chance = np.random.default_rng(3)
    rows: list[dict[str, Any]] = [
        {"lon": str(x), "lat": str(y), "radius_m": str(r)}
        for x, y, r in zip(
            chance.uniform(-1, 1, 200), chance.uniform(51, 52, 200), chance.uniform(50, 900, 200), strict=True
        )
    ]
    rows += [{"geometry": wkt(square(chance.uniform(-1, 1), 51.5, 700))} for _ in range(40)]
    sites = settled(*rows)
    lon, lat = chance.uniform(-1, 1, 150_000), chance.uniform(51, 52, 150_000)
    whole = sites.inside(lon, lat)
    again = pickle.loads(pickle.dumps(sites))
    parts = [again.inside(x, y) for x, y in zip(np.array_split(lon, 7), np.array_split(lat, 7), strict=True)]
    assert 0.01 < whole.mean() < 0.2
    assert (np.concatenate(parts) == whole).all()
    some = slice(0, 3_000)
    circle = np.array([[float(row[name]) for name in ("lon", "lat", "radius_m")] for row in rows[:200]])
    truth = np.zeros(3_000, bool)
    for x, y, radius_m in circle:
        truth |= GEOD.inv(np.full(3_000, x), np.full(3_000, y), lon[some], lat[some])[2] < radius_m
    boxes = sites.pieces.insides.box
    truth |= (
        (lon[some, None] > boxes[:, 0])
        & (lon[some, None] < boxes[:, 2])
        & (lat[some, None] > boxes[:, 1])
        & (lat[some, None] < boxes[:, 3])
    ).any(axis=1)
    assert (whole[some] == truth).all()
