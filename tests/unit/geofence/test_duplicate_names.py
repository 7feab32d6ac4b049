"""A name twice in a geometry: which value counted would be a guess, so the place covers the Earth and the site is none."""

from __future__ import annotations

import json

import pytest

from offduty import run
from offduty.geofence.duplicate_names import has_duplicate_name
from offduty.geofence.read_geometry import usable_geometries
from offduty.verify.redecide.geofence.read_geometry import UnusableGeometryError, usable_geometry
from offduty.verify.redecide.ingest.json_values import read_row
from tests.second_implementation import found_in
from tests.world import AFTERWARDS, lay_out, ping, read_back, world

NEAR = "[[[-0.131,51.509],[-0.129,51.509],[-0.129,51.511],[-0.131,51.511],[-0.131,51.509]]]"
FAR = NEAR.replace("0.1", "0.2")
TWICE = {
    "the near one first": f'{{"type":"Polygon","coordinates":{NEAR},"coordinates":{FAR}}}',
    "the near one last": f'{{"type":"Polygon","coordinates":{FAR},"coordinates":{NEAR}}}',
    "with an escape": f'{{"type":"Polygon","coordinates":{FAR},"c\\u006fordinates":{NEAR}}}',
    "in a feature": f'{{"type":"Feature","geometry":{{"type":"Polygon","coordinates":{FAR},"coordinates":{NEAR}}}}}',
}
ONCE = {
    "a polygon": f'{{"type":"Polygon","coordinates":{NEAR}}}',
    "a feature": f'{{"type":"Feature","geometry":{{"type":"Polygon","coordinates":{NEAR}}}}}',
}


@pytest.mark.parametrize("written", TWICE.values(), ids=TWICE)
def test_a_geometry_with_a_name_twice_cannot_be_understood(written):
    """By neither implementation, as text and as an object in a line of NDJSON."""
    assert has_duplicate_name(written)
    assert not usable_geometries([written])[1].any()
    for geometry in (written, read_row(f'{{"geometry":{written},"note":1}}')["geometry"]):
        with pytest.raises(UnusableGeometryError):
            usable_geometry(geometry)


@pytest.mark.parametrize("written", ONCE.values(), ids=ONCE)
def test_one_name_in_two_objects_is_not_twice(written):
    """As a feature and its geometry both have a type."""
    assert not has_duplicate_name(written)
    assert usable_geometries([written])[1].all()
    usable_geometry(read_row(f'{{"geometry":{written},"note":{{"a":1,"a":2}}}}')["geometry"])


@pytest.mark.parametrize("written", ["", "{", '{"a":1,"a":2', "[" * 100_000], ids=["nothing", "open", "cut", "deep"])
def test_what_is_no_json_is_left_to_its_reader(written):
    """It says no name twice; whether it is a geometry is another question."""
    assert not has_duplicate_name(written)


def test_such_a_place_covers_the_earth(tmp_path):
    """In a file of NDJSON; the second implementation decides every row alike."""
    folder = tmp_path / "world"
    job = lay_out(world([ping("08:30"), ping("12:00", "street")]), folder)
    home = {"officer_id": "o1", "kind": "home", "lon": -0.1, "lat": 51.5, "radius_m": 100}
    second = f'{{"officer_id":"o1","kind":"flat","geometry":{TWICE["the near one last"]}}}'
    (folder / "places.ndjson").write_text(f"{json.dumps(home)}\n{second}\n")
    job.write_text(job.read_text().replace("places.csv", "places.ndjson"))
    done = run(job, as_of=AFTERWARDS)
    assert read_back(done.path, 2).reasons == ["protected_place", "protected_place"]
    assert not found_in(done.path, folder).differs
