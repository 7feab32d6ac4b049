"""What attacks are scored by: a value that is no number stops them, by its rows, and is never counted with or quoted."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from offduty.core.errors import InputError
from offduty.redteam.truth_tables import (
    HOMES,
    read_corners,
    read_density,
    read_features,
    read_homes,
    read_shifts,
    read_table,
    read_tracks,
)

LONDON = ZoneInfo("Europe/London")
HOME, TOWN = "o1,-0.12,51.5", "-0.12,51.5,30,2600"
SHIFT = "s1,o1,2026-03-02T08:00:00,2026-03-02T16:00:00,duty,active,2026-02-01T00:00:00Z"
TABLES: dict[str, tuple[Callable[[Path], Any], str, str]] = {
    "homes": (read_homes, "officer_id,lon,lat", HOME),
    "density": (read_density, "lon,lat,weight,spread_m", TOWN),
    "roster": (
        lambda path: read_shifts(path, LONDON),
        "shift_id,officer_id,starts_at,ends_at,duty_code,status,recorded_at",
        SHIFT,
    ),
}


def refused(reader: Callable[[Path], Any], path: Path) -> str:
    """Why a file is not read; it has the exit code of an input, and its name."""
    with pytest.raises(InputError) as error:
        reader(path)
    assert str(error.value).startswith(path.name)
    return str(error.value)


def file_of(folder: Path, table: str, *rows: str) -> Path:
    """A file of such a table."""
    path = folder / f"{table}.csv"
    path.write_text("\n".join([TABLES[table][1], *rows]) + "\n")
    return path


@pytest.mark.parametrize(
    ("table", "good", "bad"),
    [
        *(("homes", HOME, f"o1,{lon},51.5") for lon in ("", "NaN", "1e400", "west", "180.1", "-inf")),
        *(("homes", HOME, f"o1,-0.12,{lat}") for lat in ("", "nan", "90.5", "POINT (1 2")),
        *(("density", TOWN, row) for row in (",51.5,30,2600", "-0.12,51.5,,2600", "-0.12,51.5,30,0", "1,91,30,9")),
        *(("density", TOWN, row) for row in (",,NaN,", ",,-1,", "-0.12,51.5,1e400,2600")),
        *(
            ("roster", SHIFT, SHIFT.replace("2026-03-02T08:00:00", at))
            for at in ("", "08:00", "0001-01-01T00:00+05:00")
        ),
        ("roster", SHIFT, SHIFT.replace("2026-03-02T16:00:00", "2026-02-30T16:00:00")),
    ],
)
def test_all_rows_that_are_no_numbers_are_named_and_no_value_is(tmp_path, table, good, bad):
    """Two of three rows, by their numbers; a good file is read."""
    reader = TABLES[table][0]
    said = refused(reader, file_of(tmp_path, table, bad, good, bad))
    assert "rows 0, 2: " in said
    assert not [value for value in bad.split(",") if len(value) > 1 and value not in good and value in said]
    assert len(reader(file_of(tmp_path, table, good, good))) == 2


def test_the_countryside_has_no_place(tmp_path):
    """It is a density without degrees."""
    assert [row["weight"] for row in read_density(file_of(tmp_path, "density", TOWN, ",,12.0,"))] == ["30", "12.0"]


def test_of_many_rows_ten_are_named_and_the_others_counted(tmp_path):
    """So that a message stays a message."""
    said = refused(read_homes, file_of(tmp_path, "homes", *["o1,,"] * 1_234))
    assert "rows 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 1,224 more: " in said


@pytest.mark.parametrize("table", TABLES)
def test_no_table_may_be_empty_lack_a_column_or_be_no_text(tmp_path, table):
    """Nothing would be scored, and a release would look safe."""
    reader, head, row = TABLES[table]
    path = file_of(tmp_path, table)
    assert "there is no" in refused(reader, path)
    for content, why in (
        (b"", "lacks"),
        (row.encode(), "lacks"),
        (f"{head}\n{row}\no1\n".encode(), "row 1: too few values"),
        (b"\xff\xfe\x00\x01", "cannot be read"),
    ):
        path.write_bytes(content)
        assert why in refused(reader, path)


def test_a_value_that_never_ends_is_refused(tmp_path):
    """As one would be where a quote is not closed; the limit is Python's, of the whole process."""
    limit = csv.field_size_limit(1 << 17)
    try:
        assert "cannot be read" in refused(read_homes, file_of(tmp_path, "homes", "1" * 200_000))
    finally:
        csv.field_size_limit(limit)


def test_a_file_that_is_missing_is_named(tmp_path):
    """By its name alone."""
    assert "is missing" in refused(lambda path: read_table(path, HOMES), tmp_path / "homes.csv")
    assert "no such file" in refused(read_features, tmp_path / "sites.geojson")


SQUARE = {"type": "Polygon", "coordinates": [[[0, 0], [0, 1], [1, 1], [0, 0]]]}
POINT = {"type": "Point", "coordinates": [-0.12, 51.5]}


def sites(folder: Path, *geometries: Any) -> Path:
    """A GeoJSON file of these."""
    path = folder / "sites.geojson"
    path.write_text(json.dumps({"features": [{"properties": {}, "geometry": each} for each in geometries]}))
    return path


@pytest.mark.parametrize(
    "geometry",
    [
        None,
        "POINT (1 2)",
        *({**POINT, "coordinates": drawn} for drawn in (["1", "2"], [1], [], None, [True, 1], [181, 5], [5, 91], {})),
        {**POINT, "coordinates": [float("nan"), 1]},
        *({**SQUARE, "coordinates": drawn} for drawn in ([], [[]], [[1, 2]], [[["a", "b"], [1, 2]]], [[[1, 2]]])),
        {**SQUARE, "type": "MultiPolygon"},
    ],
)
def test_sites_that_are_no_point_or_polygon_in_degrees_are_named(tmp_path, geometry):
    """All of them; those that are have their corners."""
    path = sites(tmp_path, geometry, POINT, geometry, SQUARE)
    assert "rows 0, 2: no point or polygon in degrees" in refused(read_corners, path)
    corners = [[(-0.12, 51.5)], [(0.0, 0.0), (0.0, 1.0), (1.0, 1.0)]]
    assert [each for _, each in read_features(path)] == [None, corners[0], None, corners[1]]
    assert read_corners(sites(tmp_path, POINT, SQUARE)) == corners


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"features": null}', '{"features": 5}', "[" * 100_000, '{"features":']
)
def test_sites_that_are_no_features_are_said_to_be_none(tmp_path, text):
    """Also where JSON nests too deep to be read."""
    (tmp_path / "sites.geojson").write_text(text)
    assert "GeoJSON with features" in refused(read_corners, tmp_path / "sites.geojson")


def test_tracks_that_cannot_be_read_are_named(tmp_path):
    """No Parquet, or without a column."""
    path = tmp_path / "2026-03-02.parquet"
    path.write_bytes(b"nothing")
    assert "no Parquet file" in refused(lambda each: read_tracks(each, ("state",)), path)
    pq.write_table(pa.table({"state": ["beat"]}), path)
    assert "lacks officer_id" in refused(lambda each: read_tracks(each, ("officer_id", "state")), path)
    assert read_tracks(path, ("state",)).num_rows == 1
