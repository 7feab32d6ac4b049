"""`protected_place`: the disc around the ping comes near a place where nobody may be located."""

import pytest

from tests import oracle
from tests.spec.stories import Chapter, Example, check_example, each
from tests.world import ping, place, square, world

NO_LEGS = {"legs": {"rule": "off"}}

CHAPTER = Chapter(
    "protected_place",
    "The disc of `accuracy.factor` times the accuracy around the position comes within `places.buffer_m` of a place "
    "of the officer, or of everyone, that is valid at that instant. Touching counts. Distances are metres on the "
    "ground.",
    (
        Example(
            "At home, in front of it, and well away (a house of 100 m, 200 m around it, twice 10 m for the fix)",
            """
            time  | where          | reason
            09:00 | home           | protected_place
            09:01 | -0.0954 51.50  | protected_place
            09:02 | -0.0953 51.50  | on_duty
            09:03 | -0.10 51.50287 | protected_place
            09:04 | -0.10 51.50289 | on_duty
            """,
            policy=NO_LEGS,
        ),
        Example(
            "The same spot, by a poorer fix",
            """
            time  | where          | accuracy | reason
            09:00 | -0.09496 51.50 | 20       | on_duty
            09:01 | -0.09496 51.50 | 30       | protected_place
            """,
            policy=NO_LEGS,
        ),
        Example(
            "Somebody else's home protects somebody else",
            """
            time  | where      | reason
            09:00 | other home | on_duty
            """,
            places="""
            place | officer | where
            h1    | o1      | home
            h2    | o2      | other home
            """,
            policy=NO_LEGS,
        ),
        Example(
            "A place for everyone protects everyone",
            """
            time  | where   | reason
            09:00 | station | on_duty
            10:00 | clinic  | protected_place
            11:00 | station | on_duty
            """,
            places="""
            place | officer  | kind   | where
            h1    | o1       | home   | home
            c1    | everyone | clinic | clinic
            """,
        ),
        Example(
            "A place protects while it is valid",
            """
            time            | where  | reason
            09:59:59.999999 | clinic | on_duty
            10:00           | clinic | protected_place
            10:59:59.999999 | clinic | protected_place
            11:00           | clinic | on_duty
            """,
            places="""
            place | officer  | kind   | where  | from  | to
            h1    | o1       | home   | home   | -     | -
            c1    | everyone | clinic | clinic | 10:00 | 11:00
            """,
            policy=NO_LEGS,
        ),
        Example(
            "A place whose validity cannot be read, or ends before it begins, is always valid",
            """
            time  | where      | reason
            09:00 | clinic     | protected_place
            09:01 | other home | protected_place
            """,
            places="""
            place | officer  | kind   | where      | from       | to
            h1    | o1       | home   | home       | -          | -
            c1    | everyone | clinic | clinic     | next week  | -
            h2    | o1       | home   | other home | 2026-04-01 | 2026-01-01
            """,
            policy=NO_LEGS,
        ),
        Example(
            "A place that cannot be understood covers the Earth for its officer",
            """
            device | time  | reason
            d1     | 09:00 | protected_place
            d2     | 09:00 | on_duty
            """,
            assignments="""
            device | officer
            d1     | o1
            d2     | o2
            """,
            roster="""
            shift | officer | starts | ends
            r1    | o1      | 08:00  | 16:00
            r2    | o2      | 08:00  | 16:00
            """,
            places="""
            place | officer | where      | radius
            h1    | o1      | home       | 100
            h2    | o2      | other home | 100
            x1    | o1      | -          | 50
            """,
        ),
        Example(
            "A place within 1 km of longitude and latitude nought cannot be understood; one beyond is where it is",
            """
            device | time  | reason
            d1     | 09:00 | protected_place
            d2     | 09:00 | on_duty
            """,
            assignments="""
            device | officer
            d1     | o1
            d2     | o2
            """,
            roster="""
            shift | officer | starts | ends
            r1    | o1      | 08:00  | 16:00
            r2    | o2      | 08:00  | 16:00
            """,
            places="""
            place | officer | where      | radius
            h1    | o1      | home       | 100
            x1    | o1      | 0 0.0098   | 100
            h2    | o2      | other home | 100
            x2    | o2      | 0 0.0101   | 100
            """,
        ),
        Example(
            "Neither can one that would not be far away, were longitude and latitude exchanged",
            """
            device | time  | reason
            d1     | 09:00 | protected_place
            d2     | 09:00 | on_duty
            """,
            assignments="""
            device | officer
            d1     | o1
            d2     | o2
            """,
            roster="""
            shift | officer | starts | ends
            r1    | o1      | 08:00  | 16:00
            r2    | o2      | 08:00  | 16:00
            """,
            places="""
            place | officer | kind   | where
            h1    | o1      | home   | home
            f1    | o1      | family | 51.50 -0.20
            h2    | o2      | home   | other home
            f2    | o2      | family | 36.50 -5.00
            """,
            policy={"places": {"max_km": 500}},
        ),
        Example(
            "Longitudes beyond 180 are the same places on the globe, for circles, for rings and for workplaces",
            """
            time  | where      | reason
            09:00 | station    | on_duty
            10:00 | street     | home_leg
            10:30 | other home | protected_place
            11:00 | street     | home_leg
            11:30 | home       | protected_place
            12:00 | street     | home_leg
            13:00 | station    | on_duty
            """,
            places="""
            place | officer | kind   | where       | shape
            h1    | o1      | home   | 359.90 51.5 | -
            f1    | o1      | family | -           | POLYGON ((359.79 51.49, 359.81 51.49, 359.81 51.51, 359.79 51.49))
            """,
            sites="""
            site | where        | radius
            s1   | 359.85 51.52 | 150
            """,
        ),
    ),
)


@pytest.mark.parametrize("example", each(CHAPTER.examples), ids=str)
def test_protected_place(example, ask_filter):
    """The oracle and the filter give the reasons of each example."""
    check_example(example, ask_filter)


FAR = {"places": {"buffer_m": 100.0}, **NO_LEGS}


@pytest.mark.parametrize(
    ("centre", "near", "away"),
    [
        ((180.0, -17.0), [(179.9995, -17.0), (-179.9995, -17.0)], [(179.99, -17.0), (0.0, -17.0)]),
        ((-179.9999, 65.0), [(179.999, 65.0)], [(179.99, 65.0)]),
        ((0.0, 89.9995), [(180.0, 89.9995), (90.0, 89.9999)], [(180.0, 89.99)]),
        ((0.0, 90.0), [(17.0, 89.9995), (-140.0, 89.9999)], [(17.0, 89.99)]),
        ((10.0, -90.0), [(17.0, -89.9995)], [(17.0, -89.99)]),
    ],
    ids=["antimeridian", "beside-it", "near-the-pole", "on-the-pole", "south-pole"],
)
def test_circles_anywhere_on_earth(ask_filter, centre, near, away):
    """Metres are metres across the antimeridian and at the poles."""
    check_positions(ask_filter, [place(centre, 100)], near, away)


def test_a_place_of_any_size(ask_filter):
    """A circle of 3,000 km reaches 3,000 km (far from longitude and latitude nought, where none can be understood)."""
    check_positions(
        ask_filter, [place((60.0, 0.0), 3_000_000)], [(86.9, 0.01), (60.01, 27.0)], [(87.1, 0.01), (60.01, 27.3)]
    )


def test_a_polygon_across_the_antimeridian(ask_filter):
    """A ring that goes from 179.9 to -179.9 is a small one."""
    ring = [[179.99, -17.0], [-179.99, -17.0], [-179.99, -16.98], [179.99, -16.98], [179.99, -17.0]]
    area = {"type": "Polygon", "coordinates": [ring]}
    check_positions(
        ask_filter, [place(geometry=area)], [(180.0, -16.99), (-179.9895, -16.99)], [(179.97, -16.99), (0.5, -16.99)]
    )


def test_holes_are_filled_and_every_part_counts(ask_filter):
    """A hole is part of the place, and so is each part of a multipolygon."""
    house, yard = square(-0.11, 51.50, 0.01)["coordinates"][0], square(-0.108, 51.502, 0.006)["coordinates"][0]
    annexe = square(-0.21, 51.50, 0.01)["coordinates"]
    area = {"type": "MultiPolygon", "coordinates": [[house, yard], annexe]}
    check_positions(ask_filter, [place(geometry=area)], [(-0.105, 51.505), (-0.205, 51.505)], [(-0.155, 51.505)])


def test_a_ring_that_crosses_itself_keeps_all_it_drew(ask_filter):
    """Both lobes of a bow tie, and both loops of a ring wound twice, are protected."""
    bow = [[-0.11, 51.50], [-0.10, 51.51], [-0.10, 51.50], [-0.11, 51.51], [-0.11, 51.50]]
    area = {"type": "Polygon", "coordinates": [bow]}
    check_positions(ask_filter, [place(geometry=area)], [(-0.1085, 51.505), (-0.1015, 51.505)], [(-0.155, 51.505)])
    twice = [[-0.11, 51.50], [-0.09, 51.50], [-0.09, 51.52], [-0.11, 51.52], [-0.11, 51.50]]
    inner = [[-0.105, 51.505], [-0.095, 51.505], [-0.095, 51.515], [-0.105, 51.515], [-0.11, 51.50]]
    area = {"type": "Polygon", "coordinates": [[*twice, *inner]]}
    check_positions(ask_filter, [place(geometry=area)], [(-0.10, 51.51), (-0.092, 51.502)], [(-0.155, 51.505)])


@pytest.mark.parametrize(
    "geometry",
    ["POLYGON EMPTY", "somewhere", "POLYGON ((0 0, 1 1))", "LINESTRING (0 0, 1 1)", "POLYGON ((0 0, 0 95, 1 95, 0 0))"],
)
def test_a_geometry_that_is_no_area_covers_the_earth(ask_filter, geometry):
    """A geometry that cannot be understood never gives an empty geofence."""
    check_positions(
        ask_filter, [place("home"), place(geometry=geometry, place_id="x")], [(-0.15, 51.52), (120.0, 30.0)], []
    )


def check_positions(ask_filter, places, near, away):
    """By the oracle and by the filter, fixes at `near` are `protected_place`, and those at `away` are `on_duty`."""
    fixes = [ping(f"09:{minute:02d}", point, accuracy=1) for minute, point in enumerate([*near, *away])]
    given = world(fixes, places=places, policy=FAR)
    expected = ["protected_place"] * len(near) + ["on_duty"] * len(away)
    assert oracle.answer(given).reasons == expected
    assert ask_filter(given).reasons == expected
