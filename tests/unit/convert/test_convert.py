"""Files of other programs become tables: each example end to end, what is refused, and nothing dropped in silence."""

from __future__ import annotations

import gzip
import io
import json
import random
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely

from offduty import InputError, UsageError
from offduty.cli.write_file import placed
from offduty.convert.convert_files import Converted, convert
from offduty.convert.formats import FORMATS
from offduty.convert.json_values import values_of
from offduty.convert.reading import Asked, Reading
from tests.cli.command import here
from tests.paths import ROOT
from tests.world import assignment, lay_out, read_back, run, world

EXAMPLES = ROOT / "examples" / "convert"
DUTY = ["off_duty", "on_duty", "on_duty", "on_duty"]
DEVICE_7 = [assignment("7")]
OWNTRACKS_07 = [assignment("owntracks/07/phone")]


def converted(name: str, source: Path, **asked: str) -> tuple[Converted, list[str]]:
    """What was converted, and the lines of the CSV."""
    out = io.BytesIO()
    found = convert(name, source, out, Asked(**asked))
    return found, out.getvalue().decode().splitlines()


@dataclass(frozen=True)
class Pings:
    """An example of pings: its format, what is given beside it, and what the base day makes of it.

    ``assumed`` are the reasons where the policy assumes 10 m for positions without an accuracy.
    """

    name: str
    file: str
    reasons: list[str]
    assumed: list[str] = field(default_factory=lambda: DUTY)
    asked: dict[str, str] = field(default_factory=dict)
    inputs: dict[str, dict[str, object]] | None = None


IMPRECISE = ["off_duty", "imprecise", "imprecise", "imprecise"]
NO_TIME = "quarantine:bad_time"
PINGS = [
    Pings("traccar", "traccar.json", DUTY),
    Pings("traccar-csv", "traccar.csv", IMPRECISE, inputs={"pings": {"time_zone": "Europe/London"}}),
    Pings("owntracks", "owntracks.ndjson", DUTY),
    Pings("owntracks", "owntracks.rec", DUTY),
    Pings("overland", "overland.json", DUTY),
    Pings("gpx", "tour.gpx", [*IMPRECISE, NO_TIME], [*DUTY, NO_TIME], {"device": "7"}),
    Pings("google-records", "Records.json", DUTY),
    Pings("google-timeline", "Timeline.json", DUTY, asked={"device": "7"}),
    Pings("google-timeline", "Timeline-ios.json", IMPRECISE, asked={"device": "7"}),
    Pings("geotab", "geotab.csv", IMPRECISE),
    Pings("samsara", "samsara.csv", DUTY),
]


@pytest.mark.parametrize("example", PINGS, ids=lambda each: each.file)
def test_an_example_of_pings_goes_through_the_run(example, tmp_path):
    """As it is, and where the policy assumes an accuracy."""
    found, lines = converted(example.name, EXAMPLES / example.file, **example.asked)
    assert found.rows == len(example.reasons) == len(lines) - 1
    asked = [(None, example.reasons), ({"accuracy": {"when_missing": 10}}, example.assumed)]
    for policy, reasons in asked[: 1 if example.reasons == example.assumed else 2]:
        device = lines[1].split(",")[0]
        made = world(pings=[], assignments=[assignment(device)], policy=policy, inputs=example.inputs)
        folder = tmp_path / str(policy is None)
        job = lay_out(made, folder)
        (folder / "pings" / "part-0.csv").write_text("\n".join(lines) + "\n")
        result = run(job, as_of=made["as_of"])
        assert read_back(result.path, len(reasons), 1, result).reasons == reasons


DECLARED = {
    "traccar.csv": ("traccar-csv", {"deviceId": "device_id", "fixTime": "observed_at"}, {"received_at": "serverTime"}),
    "samsara.csv": ("samsara", {"Vehicle ID": "device_id", "Time": "observed_at"}, {"accuracy_m": "accuracyMeters"}),
    "geotab.csv": ("geotab", {"Device ID": "device_id", "Date Time": "observed_at"}, {}),
    "owntracks.ndjson": ("owntracks", {"topic": "device_id", "tst": "observed_at"}, {"accuracy_m": "acc"}),
}


@pytest.mark.parametrize("name", DECLARED)
def test_where_a_job_can_declare_it_the_release_is_the_same(name, tmp_path):
    """But for what the converter has passed over, which the run quarantines."""
    form, theirs, more = DECLARED[name]
    _, lines = converted(form, EXAMPLES / name)
    columns = {ours: written for written, ours in theirs.items()} | more
    if form != "owntracks":
        places = {"traccar-csv": ("longitude", "latitude")}.get(form, ("Longitude", "Latitude"))
        columns |= dict(zip(("lon", "lat"), places, strict=True))
    declared = {"columns": columns, **({"times": {"observed_at": "unix_s"}} if form == "owntracks" else {})}
    zone = {"time_zone": "Europe/London"} if form == "traccar-csv" else {}
    ending = Path(name).suffix
    results = []
    for inputs, text in (({**zone}, "\n".join(lines) + "\n"), ({**declared, **zone}, (EXAMPLES / name).read_text())):
        made = world(
            pings=[],
            assignments=[*DEVICE_7, *OWNTRACKS_07][form == "owntracks" :][:1],
            policy={"accuracy": {"when_missing": 10}},
        )
        folder = tmp_path / str(len(results))
        job = lay_out(made, folder)
        (folder / "pings" / "part-0.csv").unlink()
        (folder / "pings" / f"part-0{ending if inputs is not zone and 'columns' in inputs else '.csv'}").write_text(
            text
        )
        written = job.read_text().replace('pings = "pings"\n', "")
        job.write_text(written + "\n" + section("pings", {"path": "pings", **inputs}))
        result = run(job, as_of=made["as_of"])
        results.append((read_back(result.path, 5, 1, result).release, result.counts))
    assert results[0] == results[1]
    assert len(results[0][0]) == 3


def section(table, values):
    """A section of a job, as TOML."""
    plain = {key: value for key, value in values.items() if not isinstance(value, dict)}
    inner = {key: value for key, value in values.items() if isinstance(value, dict)}
    lines = [f"[inputs.{table}]", *(f"{key} = {json.dumps(value)}" for key, value in plain.items())]
    for key, value in inner.items():
        lines += [f"[inputs.{table}.{key}]", *(f"{name} = {json.dumps(text)}" for name, text in value.items())]
    return "\n".join(lines) + "\n"


ICS = {"officer": "o1", "start": "2026-03-01", "end": "2026-05-01", "recorded_at": "created"}


def test_a_calendar_becomes_a_roster(tmp_path):
    """Over the change of the clocks, with an exception written in another zone, a cancelled one, and a day off."""
    found, lines = converted("icalendar", EXAMPLES / "roster.ics", **ICS)
    shifts = [line.split(",")[2:7] for line in lines[1:]]
    assert shifts == [
        ["2026-03-02T08:00:00", "2026-03-02T16:00:00", "Europe/London", "duty", "active"],
        ["2026-03-16T10:00:00", "2026-03-16T16:00:00", "Europe/London", "duty", "cancelled"],
        ["2026-03-23T00:00:00", "2026-03-25T00:00:00", "", "leave", "active"],
        ["2026-03-23T08:00:00", "2026-03-23T16:00:00", "Europe/London", "duty", "active"],
        ["2026-03-30T08:00:00", "2026-03-30T16:00:00", "Europe/London", "duty", "active"],
        ["2026-04-06T08:00:00", "2026-04-06T16:00:00", "Europe/London", "duty", "active"],
    ]
    assert [line.split(",")[7][:10] for line in lines[1:3]] == ["2026-01-31", "2026-03-10"]
    assert found.passed_over == {"entries that are no events": 1}
    job = lay_out(world(), tmp_path)
    (tmp_path / "roster.csv").write_text("\n".join(lines) + "\n")
    assert run(job, as_of="2026-04-15").counts["on_duty"] == 3


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("GMT Standard Time", "Mars/Base", "names a time zone that nobody knows"),
        ("FREQ=WEEKLY", "FREQ=SOMETIMES", "cannot be read as iCalendar"),
        ("20260302T080000", "2026-03-02", "cannot be read as iCalendar"),
        ("BEGIN:VCALENDAR", "BEGIN:VCARD", "cannot be read as iCalendar"),
    ],
)
def test_a_calendar_that_cannot_be_understood_is_refused(tmp_path, old, new, said):
    """Rather than read in another zone."""
    (tmp_path / "x.ics").write_text((EXAMPLES / "roster.ics").read_text().replace(old, new))
    with pytest.raises(InputError, match=said):
        converted("icalendar", tmp_path / "x.ics", **ICS)


def test_a_clock_that_strikes_twice_stays_a_wall_time(tmp_path):
    """So that the roster's own rule decides what it grants."""
    text = (
        (EXAMPLES / "roster.ics")
        .read_text()
        .replace("DTSTART;TZID=GMT Standard Time:20260302T08", "DTSTART;TZID=GMT Standard Time:20251026T01")
    )
    (tmp_path / "x.ics").write_text(text.replace("20260302T160000", "20251026T090000"))
    _, lines = converted("icalendar", tmp_path / "x.ics", **{**ICS, "start": "2025-10-20", "end": "2025-10-30"})
    assert lines[1].split(",")[2:5] == ["2025-10-26T01:00:00", "2025-10-26T09:00:00", "Europe/London"]


@pytest.mark.parametrize("name", ["intune", "jamf"])
def test_a_list_of_devices_becomes_assignments(name, tmp_path):
    """What was before the export is hidden; afterwards it counts as any assignment."""
    for exported, reason in (("2026-03-01T00:00:00Z", "on_duty"), ("2026-03-10T00:00:00Z", "late_edit")):
        found, lines = converted(name, EXAMPLES / f"{name}.csv", recorded_at=exported)
        assert lines[1] == f"d1,o1,2026-01-01T00:00:00Z,{exported}"
        assert found.passed_over == ({"devices without a user": 1} if name == "intune" else {})
        folder = tmp_path / reason
        job = lay_out(world(), folder)
        (folder / "assignments.csv").write_text("\n".join(lines) + "\n")
        assert run(job, as_of="2026-04-15").counts[reason] == 3


@pytest.mark.parametrize("damaged", ["3.5E+14", "3,5E+14", "350e12"])
def test_ids_that_a_spreadsheet_damaged_are_refused_with_their_rows(tmp_path, damaged):
    """All of them at once, and without the id."""
    rows = [
        "Device ID,Primary user UPN,Enrollment date",
        f'"{damaged}",o1,2026-01-01',
        "d2,o2,2026-01-01",
        f'"{damaged}",o3,2026-01-01',
    ]
    (tmp_path / "devices.csv").write_text("\n".join(rows))
    with pytest.raises(InputError, match=r"2 rows have an id in scientific notation.*\(rows 0, 2,") as caught:
        converted("intune", tmp_path / "devices.csv", recorded_at="2026-03-01")
    assert damaged not in str(caught.value)
    (tmp_path / "devices.csv").write_text("\n".join(rows[:3]))
    with pytest.raises(InputError, match=r"1 row has an id in scientific notation.*\(row 0, "):
        converted("intune", tmp_path / "devices.csv", recorded_at="2026-03-01")
    assert converted("intune", EXAMPLES / "intune.csv", recorded_at="2026-03-01", id_column="Serial number")[1][
        1
    ].startswith("350000000000001,")


SQUARE = shapely.box(-0.101, 51.499, -0.099, 51.501)
DRIVERS = {"geopackage": ("GPKG", "homes.gpkg"), "shapefile": ("ESRI Shapefile", "homes.shp")}


def drawn(folder, name, shapes, crs="EPSG:4326"):
    """A map file with these shapes, all of one officer."""
    driver, file = DRIVERS[name]
    owners = np.array(["o1"] * len(shapes), object)
    kinds = np.array(["home"] * len(shapes), object)
    wkb = np.array([shapely.to_wkb(shape) for shape in shapes], object)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("warnings.warn", lambda *_, **__: None)
        pyogrio.raw.write(
            folder / file,
            wkb,
            [owners, kinds],
            ["officer_id", "kind"],
            geometry_type="Unknown" if name == "geopackage" else "Polygon",
            crs=crs,
            driver=driver,
        )
    return folder / file


@pytest.mark.parametrize("name", ["kml", *DRIVERS])
def test_a_map_becomes_places(name, tmp_path):
    """Which hide what the same home in GeoJSON hides."""
    path = EXAMPLES / "homes.kml" if name == "kml" else drawn(tmp_path, name, [SQUARE])
    _, lines = converted(name, path)
    assert lines[1].count("POLYGON ((") == 1
    made = world(
        pings=[{"device_id": "d1", "observed_at": "2026-03-02T12:00:00Z", "lon": -0.1, "lat": 51.5, "accuracy_m": 5}]
    )
    job = lay_out(made, tmp_path / "job")
    (tmp_path / "job" / "places.csv").write_text("\n".join(lines) + "\n")
    assert run(job, as_of="2026-04-15").counts["protected_place"] == 1


@pytest.mark.parametrize(
    ("shape", "crs", "said"),
    [
        (SQUARE, "EPSG:27700", "not in longitude and latitude"),
        (SQUARE, None, "does not say its coordinate system"),
        (SQUARE.difference(SQUARE.centroid.buffer(0.0002)), "EPSG:4326", "row 1: it has a hole"),
        (shapely.LineString([(0, 51), (1, 51)]), "EPSG:4326", "row 1: it is a line"),
        (shapely.GeometryCollection([SQUARE]), "EPSG:4326", "row 1: it is a collection"),
        (shapely.box(51.499, 99.1, 51.501, 99.2), "EPSG:4326", "the latitude may stand first"),
    ],
)
def test_what_cannot_be_a_place_is_refused(tmp_path, shape, crs, said):
    """With its row, and without a coordinate."""
    path = drawn(tmp_path, "geopackage", [SQUARE, shape], crs)
    with pytest.raises(InputError, match=said) as caught:
        converted("geopackage", path)
    assert "51." not in str(caught.value)


# What is not there, and what is too much.


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("traccar", '[{"fixTime": "x"}, {"fix', "it is not JSON, or it is cut short"),
        ("traccar", "[1] x", "it is not JSON"),
        ("traccar", "", "there is nothing of the format traccar"),
        ("traccar", "[" * 100_000, "nested too deep"),
        ("traccar", b"\xff\xfe[", "not written in UTF-8"),
        ("traccar-csv", "deviceId,fixTime,latitude\n7,x,51", r"no column is found for lon \(such as 'longitude'\)"),
        ("traccar-csv", "deviceId,fixTime,latitude,longitude,address\n7,x,51,0,a, b\n", "row 0: it has 6 values"),
        ("traccar-csv", "deviceId,fixTime,latitude,longitude\n7\n", "it has 1 value, and the header has 4 columns:"),
        ("traccar-csv", "", "not even a header"),
        ("owntracks.rec", '2026-03-02T08:00:00Z\t*\t{"_type"', "row 0: its JSON cannot be read"),
        ("gpx", "<gpx><trk>", "line 1: it is not XML, or it is cut short"),
        ("gpx", '<!DOCTYPE gpx [<!ENTITY a "b">]><gpx/>', "it has a document type"),
        ("gpx", "<kml/>", "it is XML, and no GPX"),
        ("overland", '{"data": []}', None),
        ("kml", "<kml", "it cannot be read"),
    ],
)
def test_another_file_is_refused(tmp_path, name, content, said):
    """And called by its number: a name may hold an id."""
    form, _, ending = name.partition(".")
    path = tmp_path / f"R7.{ending or form}"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    asked = {"device": "R7"} if form == "gpx" else {}
    if said is None:
        assert converted(form, path, **asked)[0].passed_over == {"objects of another kind": 1}
        return
    with pytest.raises(InputError, match=said) as caught:
        converted(form, path, **asked)
    assert "R7" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "asked", "said"),
    [
        ("gpx", {}, "gpx needs --device"),
        ("icalendar", {"officer": "o1"}, "icalendar needs --from, --to, --recorded-at"),
        ("icalendar", {**ICS, "start": "soon"}, "--from must be a date"),
        ("traccar", {"device": "7", "officer": "o1"}, "--device, --officer: that means nothing for traccar"),
        ("nmea", {}, "there is no format 'nmea'"),
    ],
)
def test_what_must_be_said_must_be_said(name, asked, said):
    """And nothing else."""
    with pytest.raises(UsageError, match=said):
        converted(name, EXAMPLES / "roster.ics", **asked)


def test_values_come_one_by_one_however_the_text_is_cut(tmp_path, monkeypatch):
    """The reader holds some characters at a time; every number stays as it is written."""
    rng = random.Random(7)
    values = [{"a": rng.choice([1.50, -0.1, 1e-9, 'é\\"', None, [1, {"b": []}]]), "n": number} for number in range(200)]
    values += [rng.randrange(10**12) for _ in range(50)]
    text = json.dumps({"skip": {"x": [1, 2]}, "rows": values, "other": [3], "z": 1}, indent=rng.choice([None, 1]))
    (tmp_path / "x.json").write_text(text + "\n" + text, encoding="utf-8")
    expected = json.loads(text, parse_float=str, parse_int=str)["rows"]
    for chunk in (1, 7, 64, 1 << 16):
        monkeypatch.setattr("offduty.convert.json_values.CHUNK", chunk)
        assert [value for _, value in values_of(Reading(tmp_path / "x.json", "x"), ("rows",))] == [*expected, *expected]


def test_a_folder_is_read_in_order_and_packed_files_too(tmp_path):
    """Notes of programs are passed over, as a job passes over them."""
    (tmp_path / "user" / "phone").mkdir(parents=True)
    text = (EXAMPLES / "owntracks.rec").read_bytes()
    (tmp_path / "user" / "phone" / "2026-04.rec.gz").write_bytes(gzip.compress(text.replace(b"/07/", b"/08/")))
    (tmp_path / "user" / "phone" / "2026-03.rec").write_bytes(text)
    (tmp_path / "_SUCCESS").write_text("")
    found, lines = converted("owntracks", tmp_path)
    assert (found.rows, found.files, found.passed_over) == (8, 2, {"lines that are no publishes": 2})
    assert [line.split("/")[1] for line in lines[1:]] == ["07"] * 4 + ["08"] * 4


def test_the_device_of_a_topic_and_the_one_that_is_given(tmp_path):
    """A topic names user and device; what was asked for comes before it, and two letters are nobody's name."""
    message = {"_type": "location", "topic": "owntracks/jane/phone", "tid": "ja", "tst": 1780376400, "lat": 1, "lon": 2}
    (tmp_path / "x.json").write_text(json.dumps({"count": 1, "data": [message]}))
    assert converted("owntracks", tmp_path / "x.json")[1][1] == "owntracks/jane/phone,2026-06-02T05:00:00Z,2,1,"
    assert converted("owntracks", tmp_path / "x.json", device="R7")[1][1].startswith("R7,")
    (tmp_path / "x.json").write_text(json.dumps({**message, "topic": ""}))
    assert converted("owntracks", tmp_path / "x.json")[1][1].startswith(",2026-06-02")


def test_the_command_writes_for_its_owner_and_replaces_nothing(tmp_path, monkeypatch):
    """And leaves no part of a file where it fails."""
    monkeypatch.chdir(tmp_path)
    source = str(EXAMPLES / "owntracks.rec")
    done = here("convert", "owntracks", source, "pings.csv")
    assert done.returncode == 0
    assert "passed over: lines that are no publishes: 1" in done.stderr
    assert "pings.csv: 4 rows of pings, from 1 file" in done.stderr
    assert oct((tmp_path / "pings.csv").stat().st_mode & 0o777) == "0o600"
    assert here("convert", "owntracks", source, "pings.csv").returncode == 2
    assert here("convert", "owntracks", source, "pings.parquet").returncode == 2
    assert here("convert", "owntracks").returncode == 2
    (tmp_path / "bad.json").write_text('[{"fixTime": 1}')
    assert here("convert", "traccar", "bad.json", "x.csv").returncode == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.json", "pings.csv"]
    listed = here("convert").stdout
    assert all(name in listed for name in FORMATS)


def test_a_file_that_appears_meanwhile_is_not_replaced(tmp_path):
    """The place is taken in one step, when all is written."""
    path = tmp_path / "pings.csv"
    with pytest.raises(UsageError, match="a file of that name is there"), placed(path, force=False) as file:
        file.write(b"new")
        path.write_bytes(b"old")
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["pings.csv"]


def test_the_page_has_every_format():
    """And nothing else is said to be one."""
    page = (ROOT / "docs" / "how-to" / "converting.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in page for name in FORMATS)
    assert {example.name for example in PINGS} == {name for name, each in FORMATS.items() if each.table == "pings"}


@pytest.mark.parametrize(
    ("form", "name", "content", "said"),
    [
        (
            "samsara",
            "x.csv",
            b"Vehicle ID,Time,Latitude,Longitude,Vehicle ID\nA,2026-03-02T08:00Z,51,0,B\n",
            "twice: Vehicle",
        ),
        ("owntracks", "x.json.gz", gzip.compress(b"{}", mtime=0)[:10] + b"\xff" * 20, "it is damaged"),
        ("owntracks", "x.json", b'{"_type": "location", "topic": "\\ud83d", "tst": 1}', "row 0: half a character"),
    ],
)
def test_what_is_damaged_is_refused_with_words(tmp_path, form, name, content, said):
    """A column twice, a packed file that is damaged, half of a character."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=said):
        converted(form, tmp_path / name)


def test_numbers_with_huge_exponents_are_left_as_they_are(tmp_path):
    """And fill no memory; the run sets such rows aside."""
    (tmp_path / "Records.json").write_text(
        '{"locations": [{"timestampMs": "9e999999", "latitudeE7": "1e99999", "longitudeE7": "1"}]}'
    )
    assert converted("google-records", tmp_path / "Records.json", device="7")[1][1] == "7,9e999999,0.0000001,1e99999,"
