"""What a declared value means, value by value: words, decimal commas, times and units (specification#declarations)."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from offduty.config.declarations import TableDeclaration
from offduty.ingest.columns import AS_READ
from offduty.ingest.duckdb_session import open_engine
from offduty.ingest.source_file import Source
from offduty.ingest.text_files import BLANK, open_text

UNREAD = "not as declared: "


def read(folder: Path, table: str, row: dict[str, str], declared: TableDeclaration) -> dict[str, str | None]:
    """One row of a CSV file as the contract has it."""
    path = folder / "rows.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([[*row], [*row.values()]])
    (folder / "work").mkdir(exist_ok=True)
    source = Source(0, table, path.name, path, "csv", declared=declared)
    with open_engine([source], folder / "work", 1, 400) as engine:
        open_text(engine, source)
        found = engine.con.ask("SELECT * FROM input_text").to_pylist()
    assert len(found) == 1
    return found[0]


def ping(folder: Path, declared: TableDeclaration, **values: str) -> dict[str, str | None]:
    """A ping, some of whose values are written as declared."""
    base = {"device_id": "d1", "observed_at": "2026-03-02T09:00:00Z", "lon": "1", "lat": "2", "accuracy_m": "5"}
    return read(folder, "pings", {**base, **values}, declared)


@pytest.mark.parametrize(
    ("form", "written", "means"),
    [
        ("%d/%m/%Y %H:%M", "02/03/2026 08:05", "2026-03-02T08:05:00.000000"),
        ("%d/%m/%Y %H:%M", "2/3/2026 8:05", "2026-03-02T08:05:00.000000"),
        ("%m/%d/%Y %H:%M", "02/03/2026 08:05", "2026-02-03T08:05:00.000000"),
        ("%d.%m.%y", "01.02.26", "2026-02-01"),
        ("%d.%m.%y", "01.02.68", "2068-02-01"),
        ("%d.%m.%y", "01.02.69", "1969-02-01"),
        ("%d.%m.%y", "1.2.26", "2026-02-01"),
        ("%Y%m%d%H%M%S", "20260302080500", "2026-03-02T08:05:00.000000"),
        ("%Y%m%d%H%M%S", "2026302080500", None),
        ("%d %b %Y %I:%M %p", "2 Mar 2026 12:05 AM", "2026-03-02T00:05:00.000000"),
        ("%d %B %Y %I:%M %p", "2 march 2026 8:05 pm", "2026-03-02T20:05:00.000000"),
        ("%a %d/%m/%Y", "Tue 02/03/2026", "2026-03-02"),
        ("%Y-%m-%d %H:%M:%S.%f", "2026-03-02 08:05:00.1234567", "2026-03-02T08:05:00.123456"),
        ("%Y-%m-%d %H:%M:%S.%f", "2026-03-02 08:05:00.5", "2026-03-02T08:05:00.500000"),
        ("%Y-%m-%dT%H:%M:%S%z", "2026-03-02T08:05:00Z", "2026-03-02T08:05:00.000000Z"),
        ("%Y-%m-%dT%H:%M:%S%z", "2026-03-02T08:05:00+0130", "2026-03-02T06:35:00.000000Z"),
        ("%Y-%m-%dT%H:%M:%S%z", "2026-03-02T08:05:00-01:00", "2026-03-02T09:05:00.000000Z"),
        ("%Y-%m-%dT%H:%M:%S%z", "2026-03-02T08:05:00", None),
        ("%Y-%m-%dT%H:%M:%S%z", "2026-03-02T08:05:00+24:00", None),
        ("%Y-%m-%dT%H:%M:%S%z", "2026-03-02T08:05:00+01:60", None),
        ("%d/%m/%Y", "30/02/2026", None),
        ("%d/%m/%Y", "02/03/2026 ", None),
        ("%d/%m/%Y", " 02/03/2026", None),
        ("%d/%m/%Y", "02-03-2026", None),
        ("%d/%m/%Y", "02/03/26", None),
        ("%d/%m/%Y %H:%M", "02/03/2026  08:05", None),
        ("%d/%m/%Y %H:%M", "02/03/2026 24:00", None),
        ("%d/%m/%Y %H:%M", "2026-03-02T08:05:00Z", None),
        ("unix_s", "1772438400", "2026-03-02T08:00:00.000000Z"),
        ("unix_s", "1772438400.1234569", "2026-03-02T08:00:00.123456Z"),
        ("unix_s", "-0.0000001", "1969-12-31T23:59:59.999999Z"),
        ("unix_ms", "1772438400123", "2026-03-02T08:00:00.123000Z"),
        ("unix_ms", "1772438400123.4567", "2026-03-02T08:00:00.123456Z"),
        ("unix_ms", "+5", "1970-01-01T00:00:00.005000Z"),
        ("unix_s", "1.7e9", None),
        ("unix_s", "1772438400,5", None),
        ("unix_s", "99999999999999999", None),
        ("unix_s", "nine", None),
        ("excel", "46083.333333333336", "2026-03-02T08:00:00.000000"),
        ("excel", "46083", "2026-03-02T00:00:00.000000"),
        ("excel", "0000046083", "2026-03-02T00:00:00.000000"),
        ("excel", "46083.01890015625", "2026-03-02T00:27:12.974000"),
        ("unix_s", "00000000000000000001772438400", "2026-03-02T08:00:00.000000Z"),
        ("excel", "46083.0000000058", "2026-03-02T00:00:00.001000"),
        ("excel", "46083.0000000057", "2026-03-02T00:00:00.000000"),
        ("excel", "2026-03-02", None),
    ],
)
def test_a_declared_time_is_read_in_its_form_alone(tmp_path, form, written, means):
    """What is written otherwise becomes a text that nothing reads; a space is no part of a form that has none there."""
    found = ping(tmp_path, TableDeclaration(times={"observed_at": form}), observed_at=written)
    assert found["observed_at"] == (UNREAD + written if means is None else means)


@pytest.mark.parametrize("form", ["%d/%m/%Y", "unix_s", "unix_ms", "excel"])
@pytest.mark.parametrize("written", ["", " ", "NULL", "\\N", "\u00a0"])
def test_a_missing_time_stays_missing(tmp_path, form, written):
    """As it would without a declaration."""
    found = ping(tmp_path, TableDeclaration(times={"received_at": form}), received_at=written)
    assert found["received_at"] == (written or None)


@pytest.mark.parametrize(
    ("unit", "written", "means"),
    [
        ("1e-7", "515074000", 51.5074),
        ("1e-7", "-1", -1e-7),
        ("0.0000001", "515074000", 51.5074),
        ("1e-7", "5150740e2", 51.5074),
        ("1e-7", "", None),
        ("1e-7", "north", "nan"),
        ("2", "1.5", 3.0),
        ("-1", "1.5", -1.5),
    ],
)
def test_a_declared_unit_multiplies(tmp_path, unit, written, means):
    """A power of ten moves the point: the number is the one that would have been written by the contract."""
    found = ping(tmp_path, TableDeclaration(units={"lat": unit}), lat=written)["lat"]
    if isinstance(means, str):
        assert found == UNREAD + written
    else:
        assert (None if found is None else float(found)) == means


@pytest.mark.parametrize(("unit", "means"), [("m", 10.0), ("km", 10_000.0), ("ft", 3.048), ("mi", 16_093.44)])
def test_lengths_have_names(tmp_path, unit, means):
    """Of 10, in metres."""
    assert float(ping(tmp_path, TableDeclaration(units={"accuracy_m": unit}), accuracy_m="10")["accuracy_m"]) == means


@pytest.mark.parametrize(("written", "means"), [("51,5", "51.5"), ("51", "51"), ("51.5", UNREAD + "51.5"), ("", None)])
def test_with_a_decimal_comma_a_point_is_no_part_of_a_number(tmp_path, written, means):
    """Nor are thousands parted by points; what cannot be read hides."""
    assert ping(tmp_path, TableDeclaration(decimal=","), lat=written)["lat"] == means


def test_a_decimal_comma_is_in_numbers_that_mean_times(tmp_path):
    """And not in other times."""
    declared = TableDeclaration(decimal=",", times={"observed_at": "unix_s"})
    assert ping(tmp_path, declared, observed_at="1772438400,5")["observed_at"] == "2026-03-02T08:00:00.500000Z"
    assert ping(tmp_path, TableDeclaration(decimal=","))["observed_at"] == "2026-03-02T09:00:00Z"


@pytest.mark.parametrize(
    ("written", "means"), [("D", "duty"), ("it's", "leave"), ("d", "d"), ("D ", "D "), ("", None), ("duty", "duty")]
)
def test_words_mean_what_is_declared_exactly(tmp_path, written, means):
    """What is not named stays as it is."""
    shift = {"shift_id": "1", "officer_id": "o", "starts_at": "a", "ends_at": "b", "status": "active"}
    declared = TableDeclaration(values={"duty_code": {"D": "duty", "it's": "leave"}}, columns={"duty_code": "What"})
    found = read(tmp_path, "roster", {**shift, "recorded_at": "c", "What": written}, declared)
    assert found["duty_code"] == means


def test_names_may_be_exchanged(tmp_path):
    """A column of the contract's name, for which another one is declared, is an extra column."""
    declared = TableDeclaration(columns={"lon": "lat", "lat": "lon"}, constants={"valid": "yes"})
    found = ping(tmp_path, declared)
    assert (found["lon"], found["lat"], found["valid"]) == ("2", "1", "yes")
    assert AS_READ in found
    assert found[BLANK] is False


def test_a_number_of_a_place_may_have_spaces_around_it(tmp_path):
    """With a unit as without one; one of a ping may not."""
    place = {"place_id": "p", "kind": "home", "lon": "1", "lat": "2", "radius_m": " 10 "}
    assert float(read(tmp_path, "places", place, TableDeclaration(units={"radius_m": "km"}))["radius_m"]) == 10_000
    assert ping(tmp_path, TableDeclaration(units={"lat": "1e-7"}), lat=" 1")["lat"] == UNREAD + " 1"


def test_an_extra_column_does_not_take_the_place_of_a_declared_one(tmp_path):
    """Where the file has a column of the contract's name, and another one is declared for it."""
    path = tmp_path / "rows.csv"
    path.write_text("device_id,observed_at,lon,lat,valid,v2\nd1,2026-03-02T09:00:00Z,1,2,yes,no\n")
    (tmp_path / "work").mkdir()
    declared = TableDeclaration(columns={"valid": "v2"})
    source = Source(0, "pings", path.name, path, "csv", declared=declared)
    with open_engine([source], tmp_path / "work", 1, 400) as engine:
        open_text(engine, source, ("valid",))
        assert engine.con.ask("SELECT valid FROM input_text").to_pylist() == [{"valid": "no"}]
