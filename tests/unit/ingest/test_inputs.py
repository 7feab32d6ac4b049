"""All inputs of a run are opened together: what stops it is said in one message, and never with a value."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from offduty import run
from offduty.core.errors import InputError
from offduty.runs.check_read import look_of
from tests.cli.command import published_nothing
from tests.world import (
    AFTERWARDS,
    World,
    assignment,
    filtered,
    lay_out,
    manifest_of,
    ping,
    place,
    read_back,
    shift,
    world,
)


def stopped(given: World, folder: Path, **options: Any) -> str:
    """The message with which the run stops; nothing is published."""
    with pytest.raises(InputError) as error:
        run(lay_out(given, folder, **options), as_of=AFTERWARDS)
    assert published_nothing(folder)
    return str(error.value)


def rewrite(path: Path, old: str, new: str) -> None:
    """Replace a text in a file that has it."""
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


# Columns.


def test_the_missing_columns_of_all_files_of_all_tables_are_named_in_one_message(tmp_path):
    """With those that look like an optional one."""
    job = lay_out(world(), tmp_path, files=2)
    for name, old, new in (
        ("pings/part-0.csv", "observed_at", "when"),
        ("pings/part-1.csv", "accuracy_m", "hAcc"),
        ("assignments.csv", "valid_to", "returned"),
        ("roster.csv", "status", "state"),
        ("places.csv", "kind", "sort"),
    ):
        rewrite(tmp_path / name, old, new)
    with pytest.raises(InputError) as error:
        run(job, as_of=AFTERWARDS)
    lines = sorted(str(error.value).splitlines())
    assert [line.split(":")[0] for line in lines] == [
        "assignments.csv",
        "pings/part-0.csv",
        "pings/part-1.csv",
        "places.csv",
        "roster.csv",
    ]
    for line, column in zip(lines, ("valid_to", "observed_at", "accuracy_m", "kind", "status"), strict=True):
        assert repr(column) in line


@pytest.mark.parametrize("form", ["csv", "ndjson", "parquet"])
def test_a_lookalike_column_stops_the_run_in_every_form_until_the_job_lists_it(tmp_path, form):
    """Listed, it is an extra column like others, which the manifest names; and the declaration is there, too."""
    pings = [{**ping(clock), "fix": "3D"} for clock in ("08:30", "12:00")]
    assert "the column 'fix' looks like 'valid'" in stopped(world(pings), tmp_path / "a", form=form)
    given = world(pings, inputs={"pings": {"ignore": ["fix"]}})
    found = filtered(given, tmp_path / "b", form=form)
    assert found.reasons == ["on_duty", "on_duty"]
    manifest = manifest_of(found.path)
    assert manifest["columns_ignored"]["pings"] == ["fix"]
    assert manifest["declarations"] == {"pings": {"ignore": ["fix"]}}


def test_a_geojson_property_that_looks_like_a_column_stops_the_run(tmp_path):
    """Its geometry is its own, and is no missing column."""
    job = lay_out(world(), tmp_path)
    rewrite(job, 'places = "places.csv"', 'places = "places.geojson"')
    feature = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [-0.1, 51.5]},
        "properties": {"kind": "home", "officer_id": "o1", "radius_m": 100, "moved_out": "2026-03-02"},
    }
    (tmp_path / "places.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    with pytest.raises(InputError, match="'moved_out' looks like 'valid_to'"):
        run(job, as_of=AFTERWARDS)


@pytest.mark.parametrize("name", ["kind", "place_id", "valid_from"])
def test_half_a_character_in_geojson_stops_the_run(tmp_path, name):
    """JSON may write the first half of a pair alone; no UTF-8 has it, and it is no bug of ours."""
    job = lay_out(world(), tmp_path)
    rewrite(job, 'places = "places.csv"', 'places = "places.geojson"')
    feature = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [-0.1, 51.5]},
        "properties": {"place_id": "h1", "kind": "home", "officer_id": "o1", "radius_m": 100} | {name: "x\ud800"},
    }
    (tmp_path / "places.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    with pytest.raises(InputError, match=r"places\.geojson: a text in it is not Unicode"):
        run(job, as_of=AFTERWARDS)


@pytest.mark.parametrize("table", ["pings", "assignments"])
@pytest.mark.parametrize("more", ["", "x", ","])
def test_a_row_with_a_value_too_many_stops_the_run(tmp_path, table, more):
    """Be the value empty or not: the columns may have moved. The message shows no value."""
    job = lay_out(world(), tmp_path)
    path = tmp_path / ("pings/part-0.csv" if table == "pings" else "assignments.csv")
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], f"{lines[1]},{more}", *lines[2:]]) + "\n")
    with pytest.raises(InputError) as error:
        run(job, as_of=AFTERWARDS)
    assert f"{path.name}: a row has more values than the header has columns, be they empty or not" in str(error.value)
    assert "d1" not in str(error.value).replace(path.name, "")


def test_a_row_with_a_value_too_few_stops_the_run(tmp_path):
    """Also where the missing one is optional, and far down in a large file; a quoted line end is none."""
    job = lay_out(world(), tmp_path)
    path = tmp_path / "pings" / "part-0.csv"
    header, row = path.read_text().splitlines()[:2]
    quoted = [f'{header},"a note"', *([f'{row},"x\n,y"'] * 3)]
    path.write_text("\n".join(quoted) + "\n")
    assert read_back(run(job, as_of=AFTERWARDS).path, 3).reasons == ["on_duty", "duplicate", "duplicate"]
    path.write_text("\n".join([header, *([row] * 50_000), row.rsplit(",", 1)[0]]) + "\n")
    with pytest.raises(InputError, match="a row has fewer values than the header has columns"):
        run(job, as_of="2026-11-21")


def test_empty_lines_are_no_rows(tmp_path):
    """At the end of a file, or in it."""
    job = lay_out(world(), tmp_path)
    path = tmp_path / "assignments.csv"
    path.write_text(path.read_text().replace("\n", "\n\n"))
    assert set(read_back(run(job, as_of=AFTERWARDS).path, 3).reasons) == {"on_duty"}


# Times without an offset.


NAIVE = "2026-02-01T00:00:00"


@pytest.mark.parametrize("form", ["csv", "ndjson", "parquet"])
def test_times_without_an_offset_are_named_for_every_table_at_once(tmp_path, form):
    """Columns and tables, and how to declare a zone; the roster's own times are not among them."""
    given = world(
        [{**ping("09:00"), "received_at": "2026-03-02 09:00"}, ping("2026-03-02T09:00:00")],
        assignments=[{**assignment(start=NAIVE), "recorded_at": NAIVE}],
        roster=[shift(recorded=NAIVE)],
        places=[place(start=NAIVE)],
    )
    message = stopped(given, tmp_path, form=form)
    named = (
        "pings: observed_at, received_at; assignments: recorded_at, valid_from; roster: recorded_at; places: valid_from"
    )
    assert f"({named})" in message
    assert 'inputs.pings.time_zone = "Europe/London"' in message


def test_only_the_tables_without_a_declared_zone_are_named(tmp_path):
    """A zone settles its own table."""
    given = world(
        assignments=[assignment(start=NAIVE)],
        roster=[shift(recorded=NAIVE)],
        inputs={"assignments": {"time_zone": "Europe/London"}},
    )
    assert "(roster: recorded_at)" in stopped(given, tmp_path)


@pytest.mark.parametrize("column", ["observed_at", "received_at"])
def test_one_time_without_an_offset_in_any_row_stops_the_run(tmp_path, column):
    """Also in the last of many rows, and in a row that is no ping."""
    rows = [{**ping("09:00"), "received_at": ""} for _ in range(300)]
    rows.append({**ping("09:00", (0.0, 0.0)), column: "2026-03-02T09:00"})
    for form in ("csv", "ndjson", "parquet"):
        assert f"(pings: {column})" in stopped(world(rows), tmp_path / form, form=form)


WALLS = ["2026-03-29T00:59:59", "2026-03-29T01:00", "2026-03-29T01:59:59", "2026-03-29T02:00"]


@pytest.mark.parametrize("form", ["csv", "ndjson", "text in parquet", "timestamps"])
def test_a_declared_zone_in_every_form(tmp_path, form):
    """A wall time that never was is `bad_time`, to the second; the instants beside it are on duty or not."""
    rows = [{**ping("09:00"), "observed_at": clock} for clock in WALLS]
    duty = [shift("2026-03-29T00:59:59Z", "2026-03-29T01:00:00.000001Z")]
    given = world(rows, roster=duty, inputs={"pings": {"time_zone": "Europe/London"}})
    job = lay_out(given, tmp_path, form="parquet" if "p" in form else form)
    path = tmp_path / "pings" / "part-0.parquet"
    if form == "timestamps":
        table = pq.read_table(path)
        clocks = pa.array([f"{clock}:00"[:19] for clock in WALLS]).cast(pa.timestamp("ms"))
        pq.write_table(table.set_column(1, "observed_at", clocks), path)
    reasons = read_back(run(job, as_of=AFTERWARDS).path, len(rows)).reasons
    assert reasons == ["on_duty", "quarantine:bad_time", "quarantine:bad_time", "on_duty"]


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_gmt_in_summer_is_no_instant(tmp_path, form):
    """It may have been meant for London: every time without an offset has two readings. In winter it has one."""
    rows = [{**ping("09:00"), "observed_at": clock} for clock in ("2026-07-06T09:00", "2026-03-02T09:00")]
    given = world(rows, inputs={"pings": {"time_zone": "GMT"}})
    assert filtered(given, tmp_path, form=form).reasons == ["quarantine:bad_time", "on_duty"]


# A file of which nothing can be read.


@pytest.mark.parametrize(
    ("change", "shape"),
    [
        ({"observed_at": "1772438400"}, "observed_at looks like whole numbers of 10 digits: seconds since 1970?"),
        ({"observed_at": "1772438400000"}, "whole numbers of 13 digits: milliseconds since 1970?"),
        ({"observed_at": "02/03/2026 08:00"}, "observed_at looks like 99/99/9999 99:99"),
        ({"observed_at": "2026-03-02"}, "observed_at looks like 9999-99-99"),
        ({"device_id": "NULL"}, "device_id looks like xxxx"),
        ({"device_id": ""}, "device_id looks like nothing"),
    ],
    ids=str,
)
@pytest.mark.parametrize("form", ["csv", "ndjson", "parquet"])
def test_a_file_without_one_device_and_instant_stops_the_run(tmp_path, change, shape, form):
    """The message says what the values look like, and no value; the other file could be read."""
    given = world([ping("09:00"), {**ping("09:00", device="d77"), **change}])
    message = stopped(given, tmp_path, form=form, files=2)
    assert f"part-1.{form}: it has rows, and not one with a device and an instant that can be read" in message
    assert shape in message
    assert "d77" not in message
    assert "1772438400" not in message
    assert "51.5" not in message


@pytest.mark.parametrize("form", ["csv", "ndjson", "parquet"])
def test_a_summer_in_gmt_is_said_to_have_two_readings(tmp_path, form):
    """Every row looks right, and none can be read: the message says which declaration it is."""
    given = world([{**ping("09:00"), "observed_at": "2026-07-06T09:00:00"}], inputs={"pings": {"time_zone": "GMT"}})
    message = stopped(given, tmp_path, form=form)
    assert 'inputs.pings.time_zone = "GMT" may mean that offset all year or the zone of the policy' in message
    assert 'declare "UTC", or the policy\'s zone' in message


def test_one_row_with_both_is_enough(tmp_path):
    """Rows with no fix, or from the future, were read; a file without rows is no such file."""
    good = {**ping("09:00", (0.0, 0.0)), "valid": "V"}
    future = {**ping("09:00"), "received_at": "2026-03-02T08:00:00Z"}
    rows = [ping("09:00"), good, ping("10:00"), ping("never"), ping("11:00"), future]
    given = world(rows)
    job = lay_out(given, tmp_path, files=2)
    with (tmp_path / "pings" / "empty.csv").open("w", newline="") as file:
        csv.writer(file).writerow(["device_id", "observed_at", "lon", "lat"])
    run(job, as_of=AFTERWARDS)


def test_pings_of_devices_that_nobody_ever_held_stop_the_run(tmp_path):
    """One ping of one known device, or of a lookalike, is enough; at any time, also of a bad assignment."""
    strangers = [ping("09:00", device="x1"), ping("10:00", device="x2")]
    assert "no ping is of a device that anybody was ever assigned" in stopped(world(strangers), tmp_path / "a")
    for number, held in enumerate((assignment("X1"), assignment("x1", "o2", "2020-01-01", "2020-01-02"))):
        given = world(strangers, assignments=[assignment(), held])
        assert filtered(given, tmp_path / str(number)).reasons == ["unassigned", "unassigned"]


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("R7-x", "x9-x"),
        ("Müller 3", "xxxxxx 9"),
        ("123456789", "whole numbers of 9 digits: seconds since 1970?"),
        ("1" * 16, "whole numbers of 16 digits: microseconds since 1970?"),
        ("1" * 19, "whole numbers of 19 digits: nanoseconds since 1970?"),
        ("1" * 11, "9" * 11),
        ("-0.1276, 51.5072", "-9.9999, 99.9999"),
        ("x" * 100, "x" * 40),
        ("", "nothing"),
    ],
)
def test_a_shape_is_never_the_value(text, shape):
    """Letters and digits of every script are replaced."""
    assert look_of(text) == shape
    assert look_of("٣٤") == "99"


# Values.


def test_every_column_of_which_nothing_can_be_read_is_named_with_what_stops_the_run(tmp_path):
    """Of all tables, in one message, by shapes: whoever declares them must not run once for each."""
    given = world(assignments=[assignment(start="01/01/2026")], roster=[shift("02/03/2026 08:00", "02/03/2026 16:00")])
    given["tables"]["pings"] = [{**row, "lon": "-0,15", "lat": "51,52"} for row in given["tables"]["pings"]]
    given["tables"]["sites"] = [{**row, "lon": "-0,15"} for row in given["tables"]["sites"]]
    message = stopped(given, tmp_path)
    assert message.splitlines()[0].startswith("not one row of the assignments can be read")
    for line in (
        "pings: not one value of the column 'lon' can be read: they look like -9,99. Declare inputs.pings.decimal",
        "pings: not one value of the column 'lat' can be read: they look like 99,99. Declare inputs.pings.decimal",
        "assignments: not one value of the column 'valid_from' can be read: they look like 99/99/9999. Declare",
        "roster: not one value of the column 'starts_at' can be read: they look like 99/99/9999 99:99. Declare",
        "roster: not one value of the column 'ends_at' can be read: they look like 99/99/9999 99:99. Declare",
        "sites: not one value of the column 'lon' can be read: they look like -9,99. Declare inputs.sites.decimal",
    ):
        assert line in message
    assert "'accuracy_m'" not in message
    assert "51" not in message


def test_a_column_of_which_one_value_can_be_read_is_not_named(tmp_path):
    given = world(assignments=[assignment(start="01/01/2026")], roster=[shift(), shift("soon", shift_id="r2")])
    assert "roster" not in stopped(given, tmp_path)


def test_a_column_that_is_not_written_as_declared_is_named_by_its_own_name_and_shape(tmp_path):
    given = world(
        assignments=[assignment(start="2026/01/01")], inputs={"assignments": {"times.valid_from": "%d/%m/%Y"}}
    )
    message = stopped(given, tmp_path)
    assert (
        "assignments: not one value of the column 'valid_from' can be read: they look like 9999/99/99. Dec" in message
    )


def test_files_without_a_row_are_no_reason_to_say_less(tmp_path):
    """What stops the run is said although there is nothing to look at."""
    message = stopped(world([], assignments=[assignment(start="01/01/2026")]), tmp_path)
    assert message.startswith("not one row of the assignments can be read")
    assert "assignments: not one value of the column 'valid_from' can be read" in message
