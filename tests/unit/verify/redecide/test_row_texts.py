"""The canonical text of a row, written by the filter and by the second implementation: the same, from every format."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from offduty import run
from tests.second_implementation import case_of, decide_again
from tests.world import changed, lay_out, square, world, write_table

FAR = 10.0
TRIANGLE = {"type": "MultiPolygon", "coordinates": [[[[0.5, 51], [0.6, 51, 7], [0.5, 51.1], [0.5, 51]]]]}
GEOMETRIES: dict[str, Any] = {
    "a polygon": square(0.5, 51.0, 0.01),
    "a multipolygon, in part with heights": TRIANGLE,
    "a hole": {"type": "Polygon", "coordinates": [square(0.5, 51, 0.1)["coordinates"][0], square(0.52, 51.02, 0.01)["coordinates"][0]]},
    "whole numbers, and zero below zero": {"type": "Polygon", "coordinates": [[[-0.0, 51], [1, 51], [1, 52], [-0.0, 51]]]},
    "many digits": {"type": "Polygon", "coordinates": [[[0.1234567890123456789, 51.1], [0.2, 51], [1e-1, 52.000000000000001], [0.1234567890123456789, 51.1]]]},
    "a ring that is not closed": {"type": "Polygon", "coordinates": [[[0.5, 51], [0.6, 51], [0.5, 51.1], [0.5, 51.05]]]},
    "a ring that is too short": {"type": "Polygon", "coordinates": [[[0.5, 51], [0.6, 51], [0.5, 51]]]},
    "beyond the pole": {"type": "Polygon", "coordinates": [[[0.5, 91], [0.6, 91], [0.5, 92], [0.5, 91]]]},
    "empty": {"type": "Polygon", "coordinates": []},
    "a line": {"type": "LineString", "coordinates": [[0.5, 51], [0.6, 51]]},
    "no geometry": {"type": "Polygon", "b": [1.50, 2], "a": {"z": None, "y": True}},
}  # fmt: skip
TEXTS = {
    "wkt of a curve": "CIRCULARSTRING (0 0, 1 1, 2 0)",
    "another system": "SRID=27700;POLYGON ((0 0, 1 0, 1 1, 0 0))",
    "its own system": "SRID=4326;POLYGON ((0.5 51, 0.6 51, 0.6 51.1, 0.5 51))",
    "wkt with heights": "POLYGON Z ((0.5 51 1, 0.6 51 2, 0.6 51.1 3, 0.5 51 1))",
    "wkb in hex": shapely.to_wkb(shapely.box(0.5, 51, 0.6, 51.1), hex=True),
    "wkb in small hex, big-endian": shapely.to_wkb(shapely.box(0.5, 51, 0.6, 51.1), hex=True, byte_order=0).lower(),
    "wkb that is cut": shapely.to_wkb(shapely.box(0.5, 51, 0.6, 51.1), hex=True)[:40],
    "words": " somewhere, perhaps ",
    "json that is none": '{"type": "Polygon", ',
}
NASTY: dict[str, list[Any]] = {
    "id": [" a1 ", "NULL", "A1.0", '["R7"]', '{"b": 1,  "a": "é"}', "[7", "é\u200b", "01"],
    "time": ["2026-03-02", "2026-03-02T09:00:00.1234567+01", "2026-03-02 09:00Z", "2026-02-30", "soon", " ", "NULL",
             "0001-01-01T00:00:00+14:00", "9999-12-31", "2026-03-02t09:00Z", "9999-12-31T23:59:59-10:00"],
    "wall": ["2026-03-29T01:30", "2026-10-25 01:30:00", "2026-03-02T09:00:00.5"],
    "number": ["1e2", "-0", " 7.50 ", "nan", "inf", "1_0", "0x10", "1e999", ".5", "5.", "+3", "１"],
    "text": ["duty ", "\u00a0", '{"b": 1, "a": [1, 2.50]}', "[", '"quoted", with a comma', "né", "\\N"],
}  # fmt: skip


def places() -> list[dict[str, Any]]:
    """Places with every kind of value; each of a personal place, so that none stops the run."""
    usual = {"officer_id": "o1", "kind": "home", "place_id": "p"}
    circle = {"lon": 0.5, "lat": 51, "radius_m": 100}
    rows = [{**usual, "place_id": what, "geometry": drawn} for what, drawn in {**GEOMETRIES, **TEXTS}.items()]
    rows += [{**usual, **circle, "place_id": text} for text in NASTY["id"]]
    rows += [
        {**usual, **circle, column: text}
        for column in ("valid_from", "valid_to", "recorded_at")
        for text in NASTY["time"]
    ]
    rows += [{**usual, **circle, column: text} for column in circle for text in NASTY["number"]]
    rows += [{**usual, **circle, "kind": text} for text in NASTY["text"]]
    return rows


def roster() -> list[dict[str, Any]]:
    """Rows of the roster with every kind of value."""
    usual = world()["tables"]["roster"][0]
    rows = [usual]
    rows += [
        {**usual, column: text}
        for column in ("starts_at", "ends_at", "recorded_at")
        for text in NASTY["time"]
        if column != "recorded_at" or not text.startswith("9999")  # an end of time that no manifest can write
    ]
    rows += [{**usual, column: text} for column in ("starts_at", "ends_at") for text in NASTY["wall"]]
    rows += [{**usual, "shift_id": text} for text in NASTY["id"]]
    rows += [
        {**usual, column: text}
        for column in ("timezone", "duty_code", "status", "recorded_by")
        for text in NASTY["text"]
    ]
    return rows


@pytest.mark.parametrize("form", ["csv", "ndjson", "parquet", "geojson"])
def test_both_write_the_same_text(tmp_path: Path, form: str):
    """Each value in each format; of GeoJSON the places alone."""
    spelled = [{**row, **({"geometry": json.dumps(row["geometry"])} if "geometry" in row else {})} for row in places()]
    spelled += [{**row} for row in places() if isinstance(row.get("geometry"), str)]
    given = changed(world(), roster=roster(), places=spelled)
    job = lay_out(given, tmp_path)
    text = job.read_text()
    for table in ("roster", "places"):
        if form == "geojson" and table == "places":
            rows = [{k: v for k, v in row.items() if k != "geometry" or isinstance(v, dict)} for row in places()]
            features = [{"type": "Feature", "geometry": row.pop("geometry", None), "properties": row} for row in rows]
            (tmp_path / "places.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
        elif form != "geojson":
            write_table(tmp_path / f"{table}.{form}", table, given["tables"][table])
        if form != "geojson" or table == "places":
            text = text.replace(f"{table}.csv", f"{table}.{form}")
    job.write_text(text)
    assert_both_agree(job)


def test_both_write_the_same_text_of_typed_columns(tmp_path: Path):
    """Parquet with timestamps of every unit, dates, whole numbers, floats of four bytes, and geometry as bytes."""
    job = lay_out(world(), tmp_path)
    drawn = [shapely.to_wkb(shapely.box(0.5, 51, 0.6, 51.1)), b"\x01\x02", None, shapely.to_wkb(shapely.Point(0.5, 51))]
    columns = {
        "place_id": pa.array([1, 2, 3, None]),
        "officer_id": pa.array(["o1"] * 4).dictionary_encode(),
        "kind": pa.array(["home"] * 4),
        "geometry": pa.array(drawn, pa.binary()),
        "lon": pa.array([None, None, 0.1, None], pa.float32()),
        "lat": pa.array([None, None, 51, None], pa.int16()),
        "radius_m": pa.array([None, None, 100.5, 7], pa.float64()),
        "valid_from": pa.array([0, 1, None, 1_700_000_000_123], pa.timestamp("ms", "Europe/London")),
        "valid_to": pa.array([None, 3_000_000_000_000_000_001, None, None], pa.timestamp("ns", "UTC")),
        "recorded_at": pa.array([1_700_000_000, 1, 2, None], pa.timestamp("s", "UTC")),
    }
    pq.write_table(pa.table(columns), tmp_path / "places.parquet")
    dated = {"device_id": ["d1"], "officer_id": ["o1"], "valid_from": pa.array([20_000], pa.date32())}
    pq.write_table(pa.table(dated), tmp_path / "assignments.parquet")
    text = job.read_text()
    job.write_text(text.replace("places.csv", "places.parquet").replace("assignments.csv", "assignments.parquet"))
    assert_both_agree(job)


def assert_both_agree(job: Path) -> None:
    """The second implementation finds the digests that the filter wrote, and nothing else to find fault with."""
    found = decide_again(case_of(run(job, as_of="2026-11-20T00:00:00Z").path, job.parent))
    assert found.references_wrong == ()
    assert not found.differs, found
