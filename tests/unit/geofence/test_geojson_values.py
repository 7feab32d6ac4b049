"""What becomes of parsed GeoJSON without a detour through its text is what GEOS reads in that text, or nothing."""

from __future__ import annotations

import json

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as some

from offduty.geofence.geojson_values import plain_wkb
from offduty.geofence.geometry_texts import geometry_texts

RING = [[-1.25, 51.5], [-1, 51.5], [-1.1, 52], [-1.25, 51.5]]
HOLE = [[-1.12, 51.6], [-1.11, 51.6], [-1.11, 51.7], [-1.12, 51.6]]
PLAIN = [
    {"type": "Point", "coordinates": [-1.25, 51]},
    {"coordinates": [-0.0, 5e-324], "type": "Point"},
    {"type": "Point", "coordinates": [360, -90]},
    {"type": "Polygon", "coordinates": [RING]},
    {"type": "Polygon", "coordinates": [RING, HOLE, HOLE]},
    {"type": "Polygon", "coordinates": [[[0, 0], [0, 0], [0, -0.0], [-0.0, 0]]]},
]
OTHER = [
    None,
    "POINT (0 0)",
    7,
    [0, 0],
    {},
    {"type": "Point"},
    {"type": "Point", "coordinates": None},
    {"type": "Point", "coordinates": [1]},
    {"type": "Point", "coordinates": [1, 2, 3]},
    {"type": "Point", "coordinates": ["1", "2"]},
    {"type": "Point", "coordinates": [True, 2]},
    {"type": "Point", "coordinates": [float("nan"), 2]},
    {"type": "Point", "coordinates": [10**400, 2]},
    {"type": "Point", "coordinates": [361, 2]},
    {"type": "Point", "coordinates": [2, 90.5]},
    {"type": "Point", "coordinates": [1, 2], "crs": {"type": "name"}},
    {"type": "point", "coordinates": [1, 2]},
    {"type": "MultiPolygon", "coordinates": [[RING]]},
    {"type": "Polygon", "coordinates": []},
    {"type": "Polygon", "coordinates": [[]]},
    {"type": "Polygon", "coordinates": RING},
    {"type": "Polygon", "coordinates": [RING[:-1]]},
    {"type": "Polygon", "coordinates": [[*RING[:-1], [0, 0]]]},
    {"type": "Polygon", "coordinates": [RING, [[1, 2, 3]] * 4]},
    {"type": "Polygon", "coordinates": [RING, [["a", "b"]] * 4]},
    {"type": "Polygon", "coordinates": [RING, ["ab"] * 4]},
    {"type": "Polygon", "coordinates": [RING, [{"a": 1, "b": 2}] * 4]},
    {"type": "Polygon", "coordinates": [RING, "abcd"]},
    {"type": "Polygon", "coordinates": [RING, [[0, 91]] * 4]},
    {"type": "Polygon", "coordinates": [RING, [[0, 10**400]] * 4]},
    {"type": "Polygon", "coordinates": {"0": RING}},
]


def same_as_text(value: object, wkb: str) -> bool:
    """Whether WKB has the numbers, bit by bit, and the rings that GEOS finds in the text, and one canonical text."""
    read, found = shapely.from_geojson(json.dumps(value)), shapely.from_wkb(wkb)
    numbers = [shapely.get_coordinates(shape).view(np.int64).tolist() for shape in (read, found)]
    assert geometry_texts([json.dumps(value)]) == geometry_texts([wkb]) != [None]
    return numbers[0] == numbers[1] and shapely.equals_exact(read, found)


@pytest.mark.parametrize("value", PLAIN, ids=str)
def test_plain_geometries_are_what_their_text_says(value):
    """Among others, before and behind which stand some that are not plain."""
    found = plain_wkb([*OTHER, value, *OTHER])
    assert [at for at, wkb in enumerate(found) if wkb is not None] == [len(OTHER)]
    assert same_as_text(value, found[len(OTHER)])


@pytest.mark.parametrize("value", OTHER, ids=lambda value: str(value)[:60])
def test_everything_else_is_left_to_its_text(value):
    """Also between plain ones."""
    found = plain_wkb([*PLAIN, value, *PLAIN])
    assert [at for at, wkb in enumerate(found) if wkb is None] == [len(PLAIN)]
    assert all(map(same_as_text, PLAIN, found[: len(PLAIN)]))
    assert found[: len(PLAIN)] == found[len(PLAIN) + 1 :]


POSITION = some.tuples(some.floats(-360, 360), some.floats(-90, 90)).map(list)
CLOSED = some.lists(POSITION, min_size=3, max_size=6).map(lambda ring: [*ring, ring[0]])


@given(some.lists(some.one_of(POSITION, some.lists(CLOSED, min_size=1, max_size=3)), max_size=5))
def test_any_numbers_come_through(drawn):
    """Each number bit by bit, in files of points and areas."""
    kinds = ["Point" if isinstance(value[0], float) else "Polygon" for value in drawn]
    values = [{"type": kind, "coordinates": value} for kind, value in zip(kinds, drawn, strict=True)]
    found = plain_wkb(values)
    assert None not in found
    assert all(map(same_as_text, values, found))
