"""Good and bad inputs: formats, folders and odd names; a file that cannot be read stops the run.

Rules: specification#section-2.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
import shapely

from offduty import RunResult, run
from offduty.core.errors import InputError
from tests.cli.command import here, published_nothing
from tests.world import AFTERWARDS, lay_out, ping, place, rows_of, shift, site, square, wkt, world, write_table

HEADER = "device_id,observed_at,lon,lat,accuracy_m\n"
GOOD = "d1,2026-03-02T09:00:00Z,-0.15,51.52,10\n"


def job_with(folder: Path, pings: str | None = None, **inputs: str) -> Path:
    """A job with other names for some of its inputs."""
    job = lay_out(world(), folder)
    for table, name in {**({"pings": pings} if pings else {}), **inputs}.items():
        old = "pings" if table == "pings" else f"{table}.csv"
        job.write_text(job.read_text().replace(f'{table} = "{old}"', f"{table} = {json.dumps(name)}"))
    return job


def result_of(job: Path) -> RunResult:
    """Run the job."""
    return run(job, as_of=AFTERWARDS)


def reasons(job: Path) -> list[str]:
    """The reasons of all rows of all files in order, from the ledger and the quarantine."""
    path = result_of(job).path
    rows = [(r["file"], r["row"], r["reason"]) for part in ("ledger", "quarantine") for r in rows_of(path / part)]
    return [reason for _, _, reason in sorted(rows)]


def stops(job: Path) -> InputError:
    """The run stops with exit 3 and publishes nothing."""
    with pytest.raises(InputError) as error:
        result_of(job)
    assert error.value.exit_code == 3
    assert published_nothing(job.parent)
    return error.value


def parquet(path: Path, **columns: pa.Array) -> Path:
    """A Parquet file with one good ping, in which some columns are replaced, or left out where they are None."""
    good = {
        "device_id": pa.array(["d1"]),
        "observed_at": pa.array([1772442000000000], pa.timestamp("us", "UTC")),
        "lon": pa.array([-0.15]),
        "lat": pa.array([51.52]),
        "accuracy_m": pa.array([10.0]),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    table = {name: array for name, array in {**good, **columns}.items() if array is not None}
    pq.write_table(pa.table(table), path)
    return path


# Inputs that can be read.


def test_a_file(tmp_path):
    """The job may name one file."""
    job = job_with(tmp_path, "one.csv")
    (tmp_path / "one.csv").write_text(HEADER + GOOD)
    assert reasons(job) == ["on_duty"]


def test_a_glob(tmp_path):
    """The job may name a pattern: only the files that match are read."""
    job = job_with(tmp_path, "in/a*.csv")
    (tmp_path / "in").mkdir()
    for name, device in (("a1.csv", "d1"), ("a2.csv", "d9"), ("b.csv", "d1")):
        (tmp_path / "in" / name).write_text(HEADER + GOOD.replace("d1", device))
    assert reasons(job) == ["on_duty", "unassigned"]


def test_a_folder_with_folders_and_formats_in_it(tmp_path):
    """Parquet, CSV and NDJSON side by side."""
    job = job_with(tmp_path, "in")
    (tmp_path / "in").mkdir()
    for name in ("a.csv", "b.ndjson", "c.parquet"):
        write_table(tmp_path / "in" / name, "pings", [ping("09:00"), ping("09:00", device=name)])
    assert reasons(job) == ["on_duty", "unassigned", "duplicate", "unassigned", "duplicate", "unassigned"]


@pytest.mark.parametrize(
    "name", ["a[1].parquet", "what?.parquet", "star*.parquet", "with space.parquet", "quo'te.parquet"]
)
def test_names_are_names(tmp_path, name):
    """`a[1].parquet` is that file, although `a1.parquet` is in the same folder."""
    job = job_with(tmp_path, name)
    parquet(tmp_path / name)
    parquet(tmp_path / "a1.parquet", device_id=pa.array(["d9"]))
    assert reasons(job) == ["on_duty"]


def test_names_are_names_in_a_folder(tmp_path):
    """The name of a folder is taken literally too."""
    job = job_with(tmp_path, "in[0]")
    parquet(tmp_path / "in[0]" / "a[1].parquet")
    assert reasons(job) == ["on_duty"]


def test_columns_are_found_by_name_in_each_file(tmp_path):
    """Files may have columns in another order, further columns, or no accuracy; each is read by itself."""
    job = job_with(tmp_path, "in")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").write_text(HEADER + GOOD)
    (tmp_path / "in" / "b.csv").write_text(
        "lat,note,lon,observed_at,device_id\n51.52,hm,-0.15,2026-03-02T09:01:00Z,d1\n"
    )
    (tmp_path / "in" / "c.csv").write_text("\ufeff" + HEADER + GOOD.replace("09:00", "09:02"))
    assert reasons(job) == ["on_duty", "imprecise", "on_duty"]


def test_ids_that_look_like_numbers_stay_text(tmp_path):
    """The devices `007` and `7` are different."""
    job = job_with(tmp_path, "one.csv")
    (tmp_path / "assignments.csv").write_text("device_id,officer_id,valid_from,valid_to\n007,o1,2026-01-01,\n")
    (tmp_path / "one.csv").write_text(HEADER + GOOD.replace("d1", "007") + GOOD.replace("d1", "7"))
    assert reasons(job) == ["on_duty", "unassigned"]


def test_parquet_timestamps_of_every_type(tmp_path):
    """Nanoseconds are truncated, another zone is the same instant, text is parsed."""
    at = 1772442000_123000
    types = {
        "ms": pa.array([at // 1000], pa.timestamp("ms", "UTC")),
        "ns": pa.array([at * 1000 + 789], pa.timestamp("ns", "UTC")),
        "tokyo": pa.array([at], pa.timestamp("us", "Asia/Tokyo")),
        "text": pa.array(["2026-03-02T09:00:00.123Z"]),
    }
    job = job_with(tmp_path, "in")
    for name, array in types.items():
        parquet(tmp_path / "in" / f"{name}.parquet", observed_at=array, device_id=pa.array(["d1"]))
    assert sorted(reasons(job)) == ["duplicate"] * 3 + ["on_duty"]


NAIVE = {
    "timestamp": [pa.scalar(1783324800_000000, pa.timestamp("us"))],  # 08:00 on Monday 6 July 2026
    "coarse": [pa.scalar(1783324800, pa.timestamp("s"))],
    "text": ["2026-07-06T08:00:00"],
    "text with a space": ["2026-07-06 08:00"],
}


@pytest.mark.parametrize("values", NAIVE.values(), ids=NAIVE)
@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_instants_without_an_offset_need_a_declared_zone(tmp_path, form, values):
    """Without a zone the run stops. Declared as London's, eight in the morning in July is seven in UTC."""
    pings = {"device_id": ["d1"], "observed_at": values, "lon": [-0.15], "lat": [51.52], "accuracy_m": [10.0]}
    duty = [shift("2026-07-06T07:00:00Z", "2026-07-06T07:00:00.000001Z")]
    for declared in (None, "Europe/London", "UTC"):
        folder = tmp_path / str(declared)
        inputs = {"pings": {"time_zone": declared}} if declared else None
        job = lay_out(world(roster=duty, inputs=inputs), folder)
        (folder / "pings" / "part-0.csv").unlink()
        table = pa.table({name: pa.array(column) for name, column in pings.items()})
        file = folder / "pings" / f"part.{form}"
        pq.write_table(table, file) if form == "parquet" else pa_csv.write_csv(table, file)
        if declared:
            assert reasons(job) == [{"Europe/London": "on_duty", "UTC": "off_duty"}[declared]]
        else:
            message = str(stops(job))
            assert "pings: observed_at" in message
            assert "inputs.pings.time_zone" in message


def test_rows_without_numbers_are_quarantined(tmp_path):
    """NaN, infinities and words as positions are quarantined; a word as accuracy is `imprecise`."""
    job = job_with(tmp_path, "one.csv")
    bad = ["nan", "inf", "-inf", "1e999", "west", ""]
    rows = [f"d1,2026-03-02T09:00:00Z,{value},51.52,10\n" for value in bad]
    (tmp_path / "one.csv").write_text(HEADER + "".join(rows) + GOOD.replace(",10\n", ",good\n") + GOOD)
    assert reasons(job) == ["bad_position"] * 6 + ["imprecise", "on_duty"]


def test_parquet_not_a_number(tmp_path):
    """NaN and infinity as doubles; an accuracy may be a column of integers."""
    job = job_with(tmp_path, "in")
    parquet(tmp_path / "in" / "a.parquet", lon=pa.array([math.nan]))
    parquet(tmp_path / "in" / "b.parquet", lat=pa.array([math.inf]))
    parquet(tmp_path / "in" / "c.parquet", accuracy_m=pa.array([10], pa.int32()))
    parquet(tmp_path / "in" / "d.parquet", accuracy_m=pa.array([math.nan]), device_id=pa.array(["d1"]))
    assert reasons(job) == ["bad_position", "bad_position", "on_duty", "imprecise"]


def test_a_row_of_nothing_is_hidden(tmp_path):
    """A row in which all fields are NULL has no device."""
    job = job_with(tmp_path, "one.csv")
    (tmp_path / "one.csv").write_text(HEADER + ",,,,\n" + GOOD)
    assert reasons(job) == ["no_device", "on_duty"]


def test_no_pings_at_all(tmp_path):
    """A file with only a header is a good file without rows: the run succeeds and releases nothing."""
    job = job_with(tmp_path, "one.csv")
    (tmp_path / "one.csv").write_text(HEADER)
    assert reasons(job) == []


def test_a_very_long_value(tmp_path):
    """A row with megabytes in one cell is read like any other."""
    job = job_with(tmp_path, "one.csv")
    (tmp_path / "one.csv").write_text(HEADER + GOOD.replace("d1", "x" * 5_000_000) + GOOD)
    assert reasons(job) == ["unassigned", "on_duty"]


def test_quoted_cells(tmp_path):
    """Cells may contain commas, quotes and line ends; a row with a line end is one row."""
    job = job_with(tmp_path, "one.csv")
    (tmp_path / "one.csv").write_text(HEADER + GOOD.replace("d1", '"a,b ""c""\nd"') + GOOD)
    assert reasons(job) == ["unassigned", "on_duty"]


def geojson(*features: dict) -> str:
    """A feature collection."""
    return json.dumps({"type": "FeatureCollection", "features": list(features)})


def feature(geometry: dict, **properties: object) -> dict:
    """One feature."""
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def test_places_and_sites_as_geojson(tmp_path):
    """Places and sites may be polygons, or points with `radius_m`."""
    job = job_with(tmp_path, "one.csv", places="places.geojson", sites="sites.geojson")
    home = feature(square(-0.11, 51.495, 0.02), place_id="h1", officer_id="o1", kind="home")
    work = feature({"type": "Point", "coordinates": [-0.15, 51.52]}, site_id="s1", radius_m=150)
    (tmp_path / "places.geojson").write_text(geojson(home))
    (tmp_path / "sites.geojson").write_text(geojson(work))
    (tmp_path / "one.csv").write_text(HEADER + GOOD + "d1,2026-03-02T10:00:00Z,-0.1,51.5,10\n")
    assert reasons(job) == ["on_duty", "protected_place"]


@pytest.mark.parametrize("form", ["parquet", "ndjson"])
def test_places_and_sites_in_other_formats(tmp_path, form):
    """Geometry may be WKT in a column of Parquet and NDJSON."""
    job = job_with(tmp_path, "one.csv", places=f"places.{form}", sites=f"sites.{form}")
    write_table(tmp_path / f"places.{form}", "places", [place(geometry=wkt(square(-0.11, 51.495, 0.02)))])
    write_table(tmp_path / f"sites.{form}", "sites", [site()])
    (tmp_path / "one.csv").write_text(HEADER + GOOD + "d1,2026-03-02T10:00:00Z,-0.1,51.5,10\n")
    assert reasons(job) == ["on_duty", "protected_place"]


def test_a_geojson_place_of_another_kind_covers_the_earth(tmp_path):
    """A line, a point without a radius, or no geometry: the place cannot be understood (specification#bad-place)."""
    for number, geometry in enumerate(
        [{"type": "LineString", "coordinates": [[0, 0], [1, 1]]}, {"type": "Point", "coordinates": [0, 0]}, None]
    ):
        folder = tmp_path / str(number)
        job = job_with(folder, "one.csv", places="places.geojson")
        (folder / "places.geojson").write_text(geojson(feature(geometry, place_id="h", officer_id="o1", kind="home")))
        (folder / "one.csv").write_text(HEADER + GOOD)
        assert reasons(job) == ["protected_place"]


@pytest.mark.parametrize(
    "crs",
    [
        {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}},
        {"type": "name", "properties": {"name": "EPSG:4326"}},
    ],
    ids=["CRS84", "4326"],
)
def test_geojson_may_say_that_it_is_in_degrees(tmp_path, crs):
    """Older files name the coordinate system that newer files always have: the place is the same."""
    job = job_with(tmp_path, "one.csv", places="places.geojson")
    home = feature(square(-0.11, 51.495, 0.02), place_id="h1", officer_id="o1", kind="home")
    (tmp_path / "places.geojson").write_text(json.dumps({**json.loads(geojson(home)), "crs": crs}))
    (tmp_path / "one.csv").write_text(HEADER + GOOD + "d1,2026-03-02T10:00:00Z,-0.1,51.5,10\n")
    assert reasons(job) == ["on_duty", "protected_place"]


def test_a_coordinate_with_the_digits_of_a_system_does_not_name_it(tmp_path):
    """A polygon in another system is not understood, although 4326 is among the digits of its coordinates."""
    job = job_with(tmp_path, "one.csv")
    other = {**square(-0.14326, 51.495, 0.02), "crs": {"type": "name", "properties": {"name": "EPSG:4267"}}}
    write_table(tmp_path / "places.csv", "places", [place(geometry=json.dumps(other))])
    (tmp_path / "one.csv").write_text(HEADER + GOOD)
    assert reasons(job) == ["protected_place"]


def geoparquet(path: Path, **about: object) -> None:
    """A file with one home; ``about`` is added to the GeoParquet metadata of its geometry column."""
    home = shapely.from_geojson(json.dumps(square(-0.11, 51.495, 0.02)))
    table = pa.table({"place_id": ["h1"], "officer_id": ["o1"], "kind": ["home"], "shape": [home.wkb]})
    geo = {"version": "1.1.0", "primary_column": "shape", "columns": {"shape": {"encoding": "WKB", **about}}}
    pq.write_table(table.replace_schema_metadata({"geo": json.dumps(geo)}), path)


WGS84 = (
    {},
    {"crs": {"id": {"authority": "OGC", "code": "CRS84"}}},
    {"crs": {"id": {"authority": "EPSG", "code": 4326}}},
)


@pytest.mark.parametrize("about", WGS84, ids=["no system", "CRS84", "4326"])
def test_geoparquet_in_degrees(tmp_path, about):
    """GeoParquet that names no coordinate system is in longitude and latitude on WGS 84."""
    job = job_with(tmp_path, "one.csv", places="places.geoparquet")
    geoparquet(tmp_path / "places.geoparquet", **about)
    (tmp_path / "one.csv").write_text(HEADER + GOOD + "d1,2026-03-02T10:00:00Z,-0.1,51.5,10\n")
    assert reasons(job) == ["on_duty", "protected_place"]


@pytest.mark.parametrize("form", ["parquet", "geojson"])
def test_instants_without_an_offset_are_named_in_every_form(tmp_path, form):
    """The run stops and names the column, in each format; a bare date is a day of the policy's zone, and is none
    (specification#instants).
    """
    for start, stopped in (("2026-01-01", False), ("2026-01-01T00:00", True), ("2026-01-01T00:00Z", False)):
        job = job_with(tmp_path / start, places=f"places.{form}")
        home = {"place_id": "h1", "officer_id": "o1", "kind": "home", "valid_from": start}
        if form == "parquet":
            pq.write_table(
                pa.table({**{k: [v] for k, v in home.items()}, "geometry": [wkt(square(-0.11, 51.495, 0.02))]}),
                tmp_path / start / "places.parquet",
            )
        else:
            (tmp_path / start / "places.geojson").write_text(geojson(feature(square(-0.11, 51.495, 0.02), **home)))
        if stopped:
            assert "places: valid_from" in str(stops(job))
        else:
            assert reasons(job) == ["on_duty"] * 3


# Inputs that stop the run.


@pytest.mark.parametrize("column", ["device_id", "observed_at", "lon", "lat"])
def test_a_missing_column(tmp_path, column):
    """The message names the column and the file."""
    job = job_with(tmp_path, "one.csv")
    (tmp_path / "one.csv").write_text(HEADER.replace(column, "other") + GOOD)
    message = str(stops(job))
    assert column in message
    assert "one.csv" in message


def test_two_files_that_disagree(tmp_path):
    """The second file lacks a column: nothing of the first is published either."""
    job = job_with(tmp_path, "in")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").write_text(HEADER + GOOD)
    (tmp_path / "in" / "b.csv").write_text("device_id,when\nd1,now\n")
    assert "b.csv" in str(stops(job))


def truncated(path: Path) -> None:
    """A Parquet file that is cut short."""
    data = parquet(path).read_bytes()
    path.write_bytes(data[: len(data) // 2])


def corrupt(path: Path) -> None:
    """A Parquet file whose pages do not agree with its footer."""
    data = bytearray(parquet(path, device_id=pa.array(["d1" * 999])).read_bytes())
    data[4:60] = b"\xff" * 56
    path.write_bytes(bytes(data))


DAMAGED = {
    "truncated.parquet": truncated,
    "corrupt.parquet": corrupt,
    "text.parquet": lambda path: path.write_text(HEADER + GOOD),
    "empty.parquet": lambda path: path.write_bytes(b""),
    "empty.csv": lambda path: path.write_bytes(b""),
    "unclosed.csv": lambda path: path.write_text(
        HEADER + GOOD + '"d1,2026-03-02T09:01:00Z,-0.15,51.52,10\n' + GOOD * 3
    ),
    "fewer-cells.csv": lambda path: path.write_text(HEADER + GOOD + "d1,2026-03-02T09:01:00Z,-0.15\n"),
    "more-cells.csv": lambda path: path.write_text(HEADER + GOOD + GOOD.strip() + ",7,8,9\n"),
    "twice.csv": lambda path: path.write_text(HEADER.strip() + ",lon\n" + GOOD.strip() + ",-0.1\n"),
    "not-text.csv": lambda path: path.write_bytes(HEADER.encode() + b"\xff\xfe\x00d1,\x80\n"),
    "broken.ndjson": lambda path: path.write_text('{"device_id": "d1", "observed_at": \n'),
    "list-of-lon.parquet": lambda path: parquet(path, lon=pa.array([[1.0, 2.0]])),
    "boolean-lat.parquet": lambda path: parquet(path, lat=pa.array([True])),
    "number-of-time.parquet": lambda path: parquet(path, observed_at=pa.array([1.5])),
    "no-ending": lambda path: path.write_text(HEADER + GOOD),
}
MAY_HIDE_INSTEAD = {"fewer-cells.csv", "more-cells.csv", "not-text.csv"}


@pytest.mark.parametrize("name", [name for name in DAMAGED if name not in MAY_HIDE_INSTEAD])
def test_a_file_that_cannot_be_read(tmp_path, name):
    """Exit 3 with the name of the file and nothing of its content; nothing is published."""
    job = job_with(tmp_path, name)
    DAMAGED[name](tmp_path / name)
    message = str(stops(job))
    assert name in message
    assert "51.52" not in message


@pytest.mark.parametrize("name", ["fewer-cells.csv", "more-cells.csv", "not-text.csv"])
def test_malformed_rows_are_never_released(tmp_path, name):
    """The run may stop, or quarantine the row. The ping in it is not released, and no row is lost."""
    job = job_with(tmp_path, name)
    DAMAGED[name](tmp_path / name)
    try:
        found = reasons(job)
    except InputError:
        assert published_nothing(tmp_path)
        return
    assert found[-1] != "on_duty"
    assert len(found) == len((tmp_path / name).read_bytes().splitlines()) - 1


OTHER_SYSTEMS = {
    "another datum": {"crs": {"id": {"authority": "EPSG", "code": 4267}}},
    "metres": {"crs": {"id": {"authority": "EPSG", "code": 27700}}},
    "a system without a name": {"crs": {"type": "GeographicCRS"}},
    "an unknown system": {"crs": None},
    "spherical edges": {"edges": "spherical"},
    "another encoding": {"encoding": "point"},
}


@pytest.mark.parametrize("about", OTHER_SYSTEMS.values(), ids=OTHER_SYSTEMS)
def test_geoparquet_in_another_system_stops_the_run(tmp_path, about):
    """Degrees of another datum are a hundred metres off: a geofence there would not protect the home."""
    job = job_with(tmp_path, places="places.geoparquet")
    geoparquet(tmp_path / "places.geoparquet", **about)
    assert "places.geoparquet" in str(stops(job))


FOREIGN = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4267"}}


@pytest.mark.parametrize(
    "change",
    [
        lambda whole: whole.update(crs=FOREIGN),
        lambda whole: whole.update(crs=None),
        lambda whole: whole["features"][0].update(crs=FOREIGN),
    ],
    ids=["of the file", "of the file, unknown", "of a feature"],
)
def test_geojson_in_another_system_stops_the_run(tmp_path, change):
    """Wherever the file names it, and also where the file says that it is unknown."""
    job = job_with(tmp_path, places="places.geojson")
    whole = json.loads(geojson(feature(square(-0.11, 51.495, 0.02), place_id="h1", officer_id="o1", kind="home")))
    change(whole)
    (tmp_path / "places.geojson").write_text(json.dumps(whole))
    assert "places.geojson" in str(stops(job))


@pytest.mark.parametrize("table", ["pings", "assignments"])
def test_two_parquet_columns_of_one_name(tmp_path, table):
    """Nobody can know which of them is meant."""
    good = {"device_id": "d1", "officer_id": "o1", "valid_from": "2026-01-01", "observed_at": "2026-03-02", "lon": "1"}
    names = ["device_id", "observed_at", "lon", "lat", "lat"] if table == "pings" else [*good, "valid_from"]
    job = job_with(tmp_path, **{table: "twice.parquet"})
    twice = pa.Table.from_arrays([pa.array([good.get(name, "1")]) for name in names], names)
    pq.write_table(twice, tmp_path / "twice.parquet")
    assert "twice.parquet" in str(stops(job))


@pytest.mark.parametrize("name", ["no-such.csv", "no-such/*.csv", "no-such-folder/"])
def test_a_file_that_is_not_there(tmp_path, name):
    """Pings that have not arrived are not a day without pings: the run stops."""
    stops(job_with(tmp_path, name))


@pytest.mark.parametrize("table", ["assignments", "roster", "places", "sites"])
@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "\x00\x01"], ids=["empty", "other-columns", "bytes"])
def test_a_reference_file_that_cannot_be_read(tmp_path, table, text):
    """It stops the run too: a table of places that cannot be read must not hide less."""
    job = job_with(tmp_path)
    (tmp_path / f"{table}.csv").write_text(text)
    assert f"{table}.csv" in str(stops(job))


def test_a_large_file_of_text_is_read_in_pieces_of_the_longest_row(tmp_path):
    """A CSV larger than the engine's memory: it was read as one block of up to a gigabyte, and 1 GB never fitted."""
    job = lay_out(world(), tmp_path)
    run_of = [ping(f"2026-03-02T09:{n // 60:02}:{n % 60:02}Z") for n in range(1800)]
    lines = [
        ",".join(f"{row[name]}" for name in ("device_id", "observed_at", "lon", "lat", "accuracy_m")) for row in run_of
    ]
    ballast = "x" * 130_000
    text = "device_id,observed_at,lon,lat,accuracy_m,ballast\n" + "".join(f"{line},{ballast}\n" for line in lines)
    (tmp_path / "pings" / "part-0.csv").write_text(text)
    assert (tmp_path / "pings" / "part-0.csv").stat().st_size > 220e6
    done = here("run", job, "--memory", "300MB", "--json")
    assert done.returncode == 0, done.stderr
    assert sum(json.loads(done.stdout)["counts"].values()) == 1800
