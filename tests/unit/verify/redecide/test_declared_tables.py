"""Reference tables as a job declares them, read by the second implementation, in every format."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from offduty.core.errors import InputError
from offduty.verify.redecide.declarations import read_declaration
from offduty.verify.redecide.ingest.reference_reader import read_table
from offduty.verify.redecide.ingest.reference_row import ReferenceRow
from offduty.verify.redecide.model import InputFile
from offduty.verify.redecide.text_values import no_time, number, written_time

Rows = list[dict[str, Any]]
FORMS = ("csv", "ndjson", "parquet")


def write(path: Path, rows: Rows) -> Path:
    """Rows in the format of the ending; in CSV numbers as Python writes them, in JSON and Parquet as numbers."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    if path.suffix == ".csv":
        out = io.StringIO()
        lines = csv.writer(out)
        lines.writerows([names, *([row.get(name) for name in names] for row in rows)])
        path.write_text(out.getvalue(), encoding="utf-8", newline="")
    elif path.suffix == ".ndjson":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    else:
        pq.write_table(pa.table({name: [row.get(name) for row in rows] for name in names}), path)
    return path


def read(path: Path, table: str, **how: Any) -> list[ReferenceRow]:
    """The rows of a file that are not empty."""
    return read_table(InputFile(0, table, path.name, path), read_declaration(table, how))[0]


def column(path: Path, table: str, name: str, **how: Any) -> list[Any]:
    """The values of one column, as the contract has them."""
    return [row.values.get(name) for row in read(path, table, **how)]


HOLDING = {"Gerät": "d1", "Staff No": "o1", "From": "2026-01-01T00:00:00Z"}
HOLDINGS = {"columns": {"device_id": "Gerät", "officer_id": "Staff No", "valid_from": "From"}}


@pytest.mark.parametrize("form", FORMS)
def test_columns_under_other_names(tmp_path, form):
    """Values stand under the contract's names; the contract's own name is an extra column then."""
    path = write(tmp_path / f"a.{form}", [{**HOLDING, "officer_id": "somebody else", "valid_to": None, "note": "x"}])
    (row,) = read(path, "assignments", **HOLDINGS)
    assert row.id("device_id") == "d1"
    assert row.id("officer_id") == "o1"
    assert row.text("valid_from") == "2026-01-01T00:00:00Z"
    assert row.text("valid_to") is None


@pytest.mark.parametrize("form", FORMS)
def test_columns_may_change_their_places(tmp_path, form):
    """Longitude and latitude under each other's names."""
    path = write(tmp_path / f"a.{form}", [{"lon": "51.5", "lat": "-0.1", "radius_m": "5"}])
    (row,) = read(path, "sites", columns={"lon": "lat", "lat": "lon"})
    assert (row.text("lon"), row.text("lat")) == ("-0.1", "51.5")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("how", "rows"),
    [
        ({"columns": {"valid_to": "Until"}}, [{"device_id": "d1", "officer_id": "o1", "valid_from": "2026-01-01"}]),
        ({"columns": {"officer_id": "Staff"}}, [{"device_id": "d1", "officer_id": "o1", "valid_from": "2026-01-01"}]),
        ({"constants": {"valid_from": "2026-01-01"}}, [{"device_id": "d1", "officer_id": "o1", "valid_from": None}]),
        ({}, [{"device_id": "d1", "officer_id": "o1"}]),
        ({}, [{"device_id": "d1", "officer_id": "o1", "valid_from": "2026-01-01", "": "x"}]),
    ],
    ids=["optional", "required", "constant", "none", "nameless"],
)
def test_columns_that_stop(tmp_path, form, how, rows):
    """A declared column that is missing, even an optional one; a constant that is there; a column without a name."""
    with pytest.raises(InputError):
        read(write(tmp_path / f"a.{form}", rows), "assignments", **how)


@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_constants(tmp_path, form):
    """Every row has it, as the contract has it, and what is declared about numbers and times is not for it."""
    path = write(tmp_path / f"a.{form}", [{"lon": "0,5", "lat": "51,5"}, {"lon": "0,6", "lat": "51,5"}])
    rows = read(path, "places", decimal=",", constants={"radius_m": "1.5", "kind": "home", "valid_from": "2026-01-01"})
    assert [(row.text("lon"), row.text("radius_m"), row.text("kind"), row.text("valid_from")) for row in rows] == [
        ("0.5", "1.5", "home", "2026-01-01"),
        ("0.6", "1.5", "home", "2026-01-01"),
    ]


@pytest.mark.parametrize("form", FORMS)
def test_words(tmp_path, form):
    """Compared exactly as written; what is not named stays as it is. A missing value, as in CSV an empty one, is none."""
    words = {"D": "duty", "AL": "leave", "": "rest", "NULL": "sick"}
    written = ["D", "d", " D", "AL", "duty", "", None, "NULL", "leave"]
    rows = [{"kind": word, "place_id": "p"} for word in written]
    path = write(tmp_path / f"a.{form}", rows)
    nothing = None if form == "csv" else "rest"
    expected = ["duty", "d", " D", "leave", "duty", nothing, None, "sick", "leave"]
    assert column(path, "places", "kind", values={"kind": words}) == expected


def test_words_of_json_and_of_parquet(tmp_path):
    """Numbers and truths are words, too: a number of JSON is its value, however it is written."""
    path = tmp_path / "a.ndjson"
    path.write_text(
        "".join(f'{{"kind": {word}, "lon": 1.50}}\n' for word in ("1.50", "1.5", "true", "1", '"1"', "[1]"))
    )
    how = {"values": {"kind": {"1.5": "a", "true": "b", "1": "c", "[1]": "d"}}}
    assert column(path, "places", "kind", **how) == ["a", "a", "b", "c", "c", "d"]
    assert column(path, "places", "lon", **how) == ["1.5"] * 6
    path = write(tmp_path / "a.parquet", [{"kind": True}, {"kind": False}, {"kind": None}])
    assert column(path, "places", "kind", values={"kind": {"true": "home"}}, constants={"place_id": "p"}) == [
        "home",
        "false",
    ]
    path = write(tmp_path / "b.parquet", [{"kind": 1}, {"kind": 2}])
    assert column(path, "places", "kind", values={"kind": {"1": "home"}}) == ["home", "2"]


@pytest.mark.parametrize("form", FORMS)
def test_words_come_before_times_and_numbers(tmp_path, form):
    """A word may mean nothing, or something that is read as declared."""
    path = write(
        tmp_path / f"a.{form}",
        [{**HOLDING, "From": "01/02/2026", "To": word} for word in ("open", "x", "1/3/2026", "2026-03-01", None)],
    )
    columns = {**HOLDINGS["columns"], "valid_to": "To"}
    how = {"columns": columns, "times": {"valid_from": "%d/%m/%Y", "valid_to": "%d/%m/%Y"}}
    ends = column(path, "assignments", "valid_to", **how, values={"valid_to": {"open": "", "x": "2/3/2026"}})
    assert [None if no_time(end) else written_time(end) and end for end in ends] == [
        None,
        "2026-03-02",
        "2026-03-01",
        None,
        None,
    ]
    assert [no_time(end) for end in ends] == [True, False, False, False, True]


@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_times(tmp_path, form):
    """They are as the contract has them: an instant, a wall time, or a bare date."""
    rows = [
        {"starts_at": "02.03.2026 8:05", "ends_at": "46083.5", "recorded_at": "1772438400,5"},
        {"starts_at": "2026-03-02T08:05:00", "ends_at": "2026-03-02T08:05:00", "recorded_at": "1772438400.5"},
        {"starts_at": "NULL", "ends_at": "N/A", "recorded_at": " "},
    ]
    full = [{"shift_id": "r1", "officer_id": "o1", "duty_code": "duty", "status": "active", **row} for row in rows]
    path = write(tmp_path / f"a.{form}", full)
    times = {"starts_at": "%d.%m.%Y %H:%M", "ends_at": "excel", "recorded_at": "unix_s"}
    read_rows = read(path, "roster", times=times, decimal=",")
    values = [[row.values[name] for name in ("starts_at", "ends_at", "recorded_at")] for row in read_rows]
    assert values[0][0] == "2026-03-02T08:05:00.000000"
    assert values[0][2] == "2026-03-02T08:00:00.500000Z"
    assert written_time(values[0][1]) is None, "with a decimal comma, a point is no part of a number"
    assert [written_time(value) for value in values[1]] == [None] * 3
    assert not any(map(no_time, values[1]))
    assert all(map(no_time, values[2]))
    assert "2026-03-02T08:05:00" in values[1][0], "what cannot be read differs as it is written"


def test_times_that_are_numbers(tmp_path):
    """A number of JSON is its value, also where it is written with an exponent; those of Parquet have no text."""
    rows = [{**HOLDING, "From": 1772438400.5}, {**HOLDING, "From": 1772438400}, {**HOLDING, "From": "1772438400.5"}]
    how = {**HOLDINGS, "times": {"valid_from": "unix_s"}}
    expected = ["2026-03-02T08:00:00.500000Z", "2026-03-02T08:00:00.000000Z", "2026-03-02T08:00:00.500000Z"]
    path = write(tmp_path / "a.ndjson", rows)
    assert column(path, "assignments", "valid_from", **how) == expected
    path.write_text(json.dumps(HOLDING).replace('"2026-01-01T00:00:00Z"', "1.7724384e9") + "\n")
    assert column(path, "assignments", "valid_from", **how) == expected[1:2]
    path = write(tmp_path / "a.parquet", rows[:2])
    assert column(path, "assignments", "valid_from", **how) == expected[:2]


@pytest.mark.parametrize("value", [datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 2), date(2026, 3, 2)])
def test_a_parquet_column_of_times_that_is_declared_stops(tmp_path, value):
    """It is of times already."""
    path = write(tmp_path / "a.parquet", [{**HOLDING, "From": value}])
    with pytest.raises(InputError):
        read(path, "assignments", **HOLDINGS, times={"valid_from": "unix_s"})
    assert len(read(path, "assignments", **HOLDINGS)) == 1


@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_numbers(tmp_path, form):
    """Decimal commas and units; spaces around the numbers of places do not count, and nothing stays nothing."""
    written = ["1,5", " 1,5 ", "1.5", "", None, "x", "1e1", "5000000000000000"]
    path = write(tmp_path / f"a.{form}", [{"kind": "home", "lon": "515000000", "radius_m": text} for text in written])
    rows = read(path, "places", decimal=",", units={"lon": "1e-7", "radius_m": "ft"})
    assert {row.text("lon") for row in rows} == {"51.5"}
    radii = [row.text("radius_m") for row in rows]
    assert [None if text is None else number(text) for text in radii] == [
        *[1.5 * 0.3048] * 2,
        *[None] * 4,
        *[10 * 0.3048, 5e15 * 0.3048],
    ]
    assert [text is None for text in radii] == [False, False, False, True, True, False, False, False]


def test_a_decimal_comma_in_json(tmp_path):
    """A number of JSON is written with a point, which then is no part of it."""
    rows = [{"kind": "home", "lon": -0.15, "lat": "51,5", "radius_m": 100}]
    (row,) = read(write(tmp_path / "a.ndjson", rows), "places", decimal=",", units={"radius_m": "1e-1"})
    assert number(row.text("lon")) is None
    assert (row.text("lat"), row.text("radius_m")) == ("51.5", "10.0")


@pytest.mark.parametrize(
    ("form", "how"),
    [
        ("ndjson", {"delimiter": ";"}),
        ("ndjson", {"skip_rows": 1}),
        ("geojson", {"decimal": ","}),
        ("geojson", {"skip_rows": 1}),
        ("parquet", {"decimal": ","}),
        ("parquet", {"encoding": "cp1252"}),
        ("parquet", {"delimiter": ";"}),
    ],
    ids=str,
)
def test_what_means_nothing_for_the_format_stops(tmp_path, form, how):
    """It was declared for another file."""
    (tmp_path / f"a.{form}").write_text("")
    with pytest.raises(InputError, match="means nothing for the format"):
        read(tmp_path / f"a.{form}", "places", **how)


@pytest.mark.parametrize("form", FORMS)
def test_a_row_is_empty_where_no_column_of_its_file_has_anything(tmp_path, form):
    """A constant is no column of the file, and a column that is not ours is one. Rows are counted all the same."""
    rows = [
        {"place_id": None, "note": None},
        {"place_id": " ", "note": "\u200b"},
        {"place_id": None, "note": "x"},
        {"place_id": "p", "note": None},
    ]
    source = write(tmp_path / f"a.{form}", rows)
    found, count = read_table(
        InputFile(0, "places", source.name, source), read_declaration("places", {"constants": {"kind": "home"}})
    )
    assert [row.row for row in found] == [2, 3]
    assert count == 4


def test_geojson(tmp_path):
    """Properties are columns, and so is the geometry, unless another column is declared for it."""
    drawn = {"type": "Point", "coordinates": [-0.1, 51.5]}
    properties = {"Art": "H", "wer": "o1", "radius": 1.5, "wkt": "POINT (1 2)", "seit": "02.03.2026"}
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "geometry": drawn, "properties": properties},
        {"type": "Feature", "geometry": None, "properties": None},
        {"type": "Feature", "geometry": None, "properties": {"Art": None}},
    ]}))  # fmt: skip
    how: dict[str, Any] = {
        "columns": {"kind": "Art", "officer_id": "wer", "radius_m": "radius", "valid_from": "seit"},
        "values": {"kind": {"H": "home"}},
        "units": {"radius_m": "km"},
        "times": {"valid_from": "%d.%m.%Y"},
    }
    (row,) = read(path, "places", **how)
    assert row.values["geometry"] == drawn
    assert (row.text("kind"), row.text("officer_id"), row.text("radius_m")) == ("home", "o1", "1500.0")
    assert row.text("valid_from") == "2026-03-02"
    how["columns"]["geometry"] = "wkt"
    (row,) = read(path, "places", **how)
    assert row.text("geometry") == "POINT (1 2)"


def test_geoparquet(tmp_path):
    """A declared geometry column goes before `geometry` and before the one that the metadata name."""
    point, other = b"\x01point", b"\x01other"
    geo = {"primary_column": "shape", "columns": {"shape": {"encoding": "WKB"}, "bad": {"encoding": "point"}}}
    table = pa.table({"kind": ["home"], "shape": [point], "wkb": [other], "bad": [other]})
    path = tmp_path / "a.parquet"
    pq.write_table(table.replace_schema_metadata({"geo": json.dumps(geo)}), path)
    assert column(path, "places", "geometry") == [point]
    assert column(path, "places", "geometry", columns={"geometry": "wkb"}) == [other]
    with pytest.raises(InputError):
        read(path, "places", columns={"geometry": "bad"})
    with pytest.raises(InputError):
        read(path, "places", columns={"geometry": "gone"})


def test_nothing_is_asked_of_a_file_without_rows(tmp_path):
    """An NDJSON file without lines names no columns, so it lacks none."""
    (tmp_path / "a.ndjson").write_text("\n")
    assert read(tmp_path / "a.ndjson", "assignments", **HOLDINGS) == []
