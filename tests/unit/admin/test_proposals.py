"""Declarations are proposed for what the files prove; what they do not prove stays open, and nothing is guessed."""

from __future__ import annotations

import gzip
import json
import tomllib
from collections.abc import Sequence
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from offduty.admin.proposals.look import look
from offduty.admin.proposals.propose import ProposalContext, propose
from offduty.admin.proposals.spellings import SPELLINGS, rank
from offduty.config.contracts import TABLES, contract
from tests.unit.admin.exports import ON_CODES, csv_text, declared, left_open, pings, proposed, reason, renamed, roster


def test_a_table_as_the_contract_has_it_needs_nothing(tmp_path):
    for table, columns in (("pings", pings()), ("roster", roster(timezone=["Europe/London"] * 30))):
        proposal = proposed(table, tmp_path / f"{table}.csv", csv_text(columns))
        assert (declared(proposal), left_open(proposal), proposal.faults) == ({}, {}, [])


# How files are written.


@pytest.mark.parametrize(("delimiter", "written"), [(";", ";"), ("\t", "\t"), ("|", "|")])
def test_the_delimiter(tmp_path, delimiter, written):
    proposal = proposed("pings", tmp_path / "p.csv", csv_text(pings(), delimiter))
    assert declared(proposal) == {"delimiter": written}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "cp1252", "utf-8-sig", "utf-8"])
def test_the_encoding(tmp_path, encoding):
    """By its byte order mark, by its zeros, or because it is no UTF-8."""
    text = csv_text(pings(note=["Müller", "Étienne"]))
    proposal = proposed("pings", tmp_path / "p.csv", text, encoding=encoding)
    assert declared(proposal) == ({} if encoding.startswith("utf-8") else {"encoding": encoding})


def test_lines_above_the_header_are_counted(tmp_path):
    """Also empty ones, and ones that a spreadsheet filled up with delimiters."""
    text = "Positions;;;;\n\nJune 2026;;;;\n" + csv_text(pings(), ";")
    assert declared(proposed("pings", tmp_path / "p.csv", text)) == {"delimiter": ";", "skip_rows": 3}


def test_a_line_that_names_the_delimiter_is_skipped(tmp_path):
    assert declared(proposed("pings", tmp_path / "p.csv", "sep=,\r\n" + csv_text(pings()))) == {"skip_rows": 1}


def test_format_and_packing_are_declared_where_the_ending_does_not_say_them(tmp_path):
    packed = gzip.compress(csv_text(pings()).encode())
    assert declared(proposed("pings", tmp_path / "p.csv.gz", packed)) == {}
    assert declared(proposed("pings", tmp_path / "p.csv", packed)) == {"compression": "gzip"}
    assert declared(proposed("pings", tmp_path / "p.csv.zst", csv_text(pings()))) == {"compression": "none"}
    assert declared(proposed("pings", tmp_path / "p.txt", csv_text(pings()))) == {"format": "csv"}
    line = json.dumps({name: values[0] for name, values in pings().items()})
    assert declared(proposed("pings", tmp_path / "p.json", f"{line}\n{line}\n")) == {"format": "ndjson"}


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "empty"),
        (b"PK\x03\x04...", "workbook"),
        (b"<?xml version='1.0'?><gpx/>", "XML"),
        (b"BEGIN:VCALENDAR\n", "calendar"),
        (b'[{"device_id": "d1"}]', "one object per line"),
        (b'{"locations": [{"lat": 1}]}', "no columns"),
        (b"PAR1 is not enough", "damaged"),
        (gzip.compress(b"device_id,lon\n" * 99, mtime=0)[:40], "cut short"),
        (b"one word\nanother\n", "header"),
        (b"\x81\x8d\x8f;a;b\n\x90;\x9d;c\n", "encoding"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path, content, word):
    """And the job has the path and no declaration."""
    proposal = proposed("pings", tmp_path / "p.csv", content)
    assert word in " ".join(proposal.faults)
    assert "columns" not in declared(proposal)


def test_rows_with_other_numbers_of_values_are_said(tmp_path):
    proposal = proposed("pings", tmp_path / "p.csv", csv_text(pings()) + "d1,2026-06-02T08:00:00Z,1,2,3,4\n")
    assert proposal.faults == ["a row has more or fewer values than the header has names"]


@pytest.mark.parametrize("header", ["device_id,observed_at,lon,lat,", "device_id,observed_at,lon,lat,LON"])
def test_empty_and_doubled_names_are_said(tmp_path, header):
    assert len(proposed("pings", tmp_path / "p.csv", f"{header}\nd1,2026-06-02T08:00:00Z,1,2,3\n").faults) == 1


def test_a_part_of_a_big_file_is_enough(tmp_path, monkeypatch):
    """The last line of the part may be cut in two, and so may its last letter; it is no uneven row."""
    monkeypatch.setattr("offduty.admin.proposals.look.BUDGET_BYTES", 1000)
    monkeypatch.setattr("offduty.admin.proposals.look.LEAST_BYTES", 1000)
    for form, end in (("csv", 1000), ("ndjson", 1000)):
        columns = pings(device_id=["é" * 7] * 2)
        lines = [json.dumps({name: values[0] for name, values in columns.items()}, ensure_ascii=False)] * 50
        text = csv_text({name: list(values) * 50 for name, values in columns.items()})
        content = text if form == "csv" else "\n".join(lines)
        assert len(content.encode()) > end
        proposal = proposed("pings", tmp_path / f"p.{form}", content)
        assert (proposal.faults, declared(proposal), proposal.sample.whole) == ([], {}, False)
        assert proposal.sample.rows > 3


def test_files_of_a_folder_are_looked_at_all_over(tmp_path):
    """A file for each day: only a day after the twelfth proves that the day comes first."""
    files = []
    for day in range(1, 29):
        files.append(tmp_path / f"{day:02}.csv")
        files[-1].write_text(csv_text(pings(observed_at=[f"{day:02}/06/2026 08:00", f"{day:02}/06/2026 08:01"])))
    proposal = propose(look("pings", "in", files), ProposalContext("UTC", ON_CODES))
    assert proposal.sample.looked_at < proposal.sample.files == 28
    assert declared(proposal) == {"time_zone": "UTC", "times": {"observed_at": "%d/%m/%Y %H:%M"}}


def test_files_that_differ_are_said(tmp_path):
    """In their columns, or in how they are written; only columns that every file has are proposed."""
    (tmp_path / "a.csv").write_text(csv_text(renamed(pings(), accuracy_m="accuracy")))
    (tmp_path / "b.csv").write_text(
        csv_text({name: values for name, values in pings().items() if name != "accuracy_m"}, ";")
    )
    proposal = propose(look("pings", "in", sorted(tmp_path.iterdir())), ProposalContext(None, ON_CODES))
    assert len(proposal.faults) == 2
    assert "columns" not in declared(proposal)


def test_parquet_needs_no_forms_and_may_need_a_zone(tmp_path):
    at = [datetime(2026, 6, 2, 8, tzinfo=UTC)] * 2
    for kind, needed in ((pa.timestamp("us", "UTC"), {}), (pa.timestamp("us"), {"time_zone": ('"?"',)})):
        table = pa.table({**pings(), "observed_at": pa.array(at, pa.timestamp("us", "UTC")).cast(kind)})
        pq.write_table(table, tmp_path / "p.parquet")
        proposal = proposed("pings", tmp_path / "p.parquet", (tmp_path / "p.parquet").read_bytes())
        assert (declared(proposal), left_open(proposal)) == ({}, needed)


def test_parquet_numbers_may_be_times(tmp_path):
    table = pa.table({**pings(), "observed_at": [1_772_439_307_000, 1_772_439_308_000], "note": pa.array([b"x", b"y"])})
    pq.write_table(table, tmp_path / "q.parquet")
    proposal = proposed("pings", tmp_path / "p.parquet", (tmp_path / "q.parquet").read_bytes())
    assert declared(proposal) == {"times": {"observed_at": "unix_ms"}}


def feature(shape: str, **properties: object) -> dict[str, object]:
    coordinates = [0, 51] if shape == "Point" else [[[0, 51], [1, 51], [1, 52], [0, 51]]]
    return {"type": "Feature", "properties": properties, "geometry": {"type": shape, "coordinates": coordinates}}


@pytest.mark.parametrize("ending", ["geojson", "json"])
def test_geojson(tmp_path, ending):
    """Polygons need nothing; points need a radius."""
    areas = {"type": "FeatureCollection", "features": [feature("Polygon", kind="home", officer_id="o1")] * 2}
    proposal = proposed("places", tmp_path / f"p.{ending}", json.dumps(areas))
    assert (declared(proposal), left_open(proposal), proposal.faults) == ({}, {}, [])
    points = {"type": "FeatureCollection", "features": [feature("Point", kind="home", Badge="o1")] * 2}
    proposal = proposed("places", tmp_path / f"p.{ending}", json.dumps(points))
    assert declared(proposal) == {"columns": {"officer_id": "Badge"}}
    assert left_open(proposal) == {"constants.radius_m": ('"50"',)}
    assert declared(proposed("sites", tmp_path / "p.txt", json.dumps(areas))) == {"format": "geojson"}


# Which column is which.

TRACCAR = {
    "id": ["1", "2"],
    "deviceId": ["7", "8"],
    "serverTime": ["2026-06-02T08:00:02.000+00:00"] * 2,
    "deviceTime": ["2026-06-02T08:00:00.000+00:00"] * 2,
    "fixTime": ["2026-06-02T08:00:00.000+00:00"] * 2,
    "valid": ["true", "false"],
    "latitude": ["51.5", "51.6"],
    "longitude": ["-0.1", "-0.2"],
    "accuracy": ["5.0", "0.0"],
}
OWNTRACKS = {"tid": ["k7", "k8"], "tst": ["1772439307"] * 2, "lat": ["51.5"] * 2, "lon": ["-0.1"] * 2, "acc": ["9"] * 2}
SAP = {
    "Personnel Number": ["00040107", "00040114"],
    "Shift ID": ["1", "2"],
    "Start": ["13.06.2026 06:00"] * 2,
    "End": ["13.06.2026 14:00"] * 2,
    "Absence type": ["duty", "training"],
    "Status": ["active", "cancelled"],
    "Changed on": ["13.05.2026 09:30"] * 2,
}


@pytest.mark.parametrize(
    ("table", "columns", "matched"),
    [
        (
            "pings",
            TRACCAR,
            {
                "device_id": "deviceId",
                "observed_at": "fixTime",
                "received_at": "serverTime",
                "lat": "latitude",
                "lon": "longitude",
                "accuracy_m": "accuracy",
            },
        ),
        ("pings", OWNTRACKS, {"device_id": "tid", "observed_at": "tst", "accuracy_m": "acc"}),
        (
            "roster",
            SAP,
            {
                "shift_id": "Shift ID",
                "officer_id": "Personnel Number",
                "starts_at": "Start",
                "ends_at": "End",
                "duty_code": "Absence type",
                "status": "Status",
                "recorded_at": "Changed on",
            },
        ),
    ],
    ids=["Traccar", "OwnTracks", "HR"],
)
def test_known_exports(tmp_path, table, columns, matched):
    proposal = proposed(table, tmp_path / "p.csv", csv_text(columns))
    assert declared(proposal)["columns"] == matched
    assert proposal.faults == []


GERMAN = {
    "pings": {
        "Gerät": ["f1", "f2"],
        "Zeitpunkt": ["2026-06-02 08:00:00"] * 2,
        "Breite": ["51,5", "51,6"],
        "Länge": ["-0,1", "-0,2"],
        "Genauigkeit": ["5,0", "7,5"],
    },
    "assignments": {"Geraet": ["f1", "f2"], "PersNr": ["4000", "4001"], "ausgegeben": ["13/01/2026"] * 2},
    "roster": {
        "Dienstnr": ["1", "2"],
        "PersNr": ["4000", "4001"],
        "Dienstbeginn": ["13/06/2026 06:00"] * 2,
        "Dienstende": ["13/06/2026 14:00"] * 2,
        "Dienstart": ["duty", "training"],
        "Stand": ["13/05/2026 09:30"] * 2,
    },
    "places": {"PersNr": ["4000", "4001"], "Breite": ["51,5", "51,6"], "Laenge": ["-0,1", "-0,2"]},
    "sites": {
        "Standort": ["Haupthaus", "Labor"],
        "Breite": ["51,5", "51,6"],
        "Laenge": ["-0,1", "-0,2"],
        "Umkreis": ["120", "90"],
    },
}


@pytest.mark.parametrize("table", GERMAN)
def test_an_export_in_another_language_is_recognised_and_its_values_are_looked_at(tmp_path, table):
    proposal = proposed(table, tmp_path / "p.csv", csv_text(GERMAN[table], ";"))
    assert set(declared(proposal)["columns"].values()) == set(GERMAN[table])
    commas = any("," in value for values in GERMAN[table].values() for value in values)
    assert declared(proposal).get("decimal") == ("," if commas else None)
    assert proposal.faults == []


SAP_DAYS = {
    "SCHICHT_NR": ["1", "2"],
    "PERNR": ["4000", "4001"],
    "BEGDA": ["13.06.2026"] * 2,
    "BEGUZ": ["06:00:00", "22:00:00"],
    "ENDDA": ["13.06.2026", "14.06.2026"],
    "ENDUZ": ["140000", "060000"],
    "TPROG": ["duty"] * 2,
    "STATUS": ["active"] * 2,
    "AEDTM": ["13.05.2026"] * 2,
}


def test_days_beside_times_of_day_are_no_times_yet(tmp_path):
    """A day alone is the whole day: confirmed as it stands, an early shift would be duty until midnight."""
    (fault,) = proposed("roster", tmp_path / "p.csv", csv_text(SAP_DAYS, ";")).faults
    assert all(f'"{name}"' in fault for name in ("BEGDA", "ENDDA", "AEDTM", "BEGUZ", "ENDUZ"))
    assert "converting#two-columns-and-grids" in fault
    whole = {name: values for name, values in SAP_DAYS.items() if name not in ("BEGUZ", "ENDUZ")}
    assert proposed("roster", tmp_path / "q.csv", csv_text(whole, ";")).faults == []


def test_an_end_that_is_the_end_of_time_is_an_end(tmp_path):
    columns = {"Gerät": ["f1"] * 2, "PersNr": ["4000"] * 2, "Ausgabe am": ["13.01.2026"] * 2}
    ends = {"Rückgabe am": ["31.12.9999", ""], "Bemerkung": ["", ""]}
    proposal = proposed("assignments", tmp_path / "p.csv", csv_text({**columns, **ends}, ";"))
    assert declared(proposal)["columns"]["valid_to"] == "Rückgabe am"
    assert declared(proposal)["times"] == {"valid_from": "%d.%m.%Y", "valid_to": "%d.%m.%Y"}


def test_places_of_nobody_are_a_question(tmp_path):
    """Otherwise nobody has a home on record: every place is for everyone, and all positions stay hidden."""
    columns = {
        "Depot": ["x"] * 2,
        "kind": ["home"] * 2,
        "lon": ["-0.1"] * 2,
        "lat": ["51.5"] * 2,
        "radius_m": ["50"] * 2,
    }
    proposal = proposed("places", tmp_path / "p.csv", csv_text(columns))
    assert left_open(proposal) == {"columns.officer_id": ('"?"',)}
    assert '"Depot"' in reason(proposal, "columns.officer_id")


def test_another_column_that_could_be_it_is_named(tmp_path):
    assert '"deviceTime"' in reason(proposed("pings", tmp_path / "p.csv", csv_text(TRACCAR)), "columns.observed_at")


@pytest.mark.parametrize("table", TABLES)
def test_a_column_that_is_itself_wanted_is_proposed_for_nothing(tmp_path, table):
    """Under its own name it is that column: a table that lacks the others gets no proposal from it."""
    for kept in contract(table).names:
        proposal = proposed(table, tmp_path / "p.csv", csv_text({kept: ["x", "y"], "note": ["a", "b"]}))
        assert kept not in declared(proposal).get("columns", {}).values()


def test_no_column_is_proposed_twice(tmp_path):
    """`Shift` could be the id of a shift and its code: it is what its values can be."""
    codes = {**{name: values for name, values in roster().items() if name not in ("shift_id", "duty_code")}}
    proposal = proposed("roster", tmp_path / "p.csv", csv_text({**codes, "Shift": ["duty"] * 30}))
    assert declared(proposal) == {"columns": {"duty_code": "Shift"}}
    assert "columns.shift_id" in left_open(proposal)
    ids = {**codes, "Shift": [f"n{number}" for number in range(30)]}
    assert declared(proposed("roster", tmp_path / "p.csv", csv_text(ids))) == {"columns": {"shift_id": "Shift"}}


def test_a_required_column_that_matches_nothing_is_open_with_the_free_names(tmp_path):
    columns = {name: values for name, values in roster(Depot=["x"] * 30).items() if name != "officer_id"}
    proposal = proposed("roster", tmp_path / "p.csv", csv_text(columns))
    assert left_open(proposal) == {"columns.officer_id": ('"?"',)}
    assert '"Depot"' in reason(proposal, "columns.officer_id")
    assert '"duty_code"' not in reason(proposal, "columns.officer_id")


@pytest.mark.parametrize("missing", ["status", "duty_code"])
def test_a_constant_is_only_offered(tmp_path, missing):
    columns = {name: values for name, values in roster().items() if name != missing}
    proposal = proposed("roster", tmp_path / "p.csv", csv_text(columns))
    assert list(left_open(proposal)) == [f"constants.{missing}"]
    assert declared(proposal) == {}


def test_no_time_of_recording_is_made_up(tmp_path):
    columns = {name: values for name, values in roster().items() if name != "recorded_at"}
    assert left_open(proposed("roster", tmp_path / "p.csv", csv_text(columns))) == {"columns.recorded_at": ('"?"',)}


def test_of_two_times_of_recording_the_later_one_is_proposed(tmp_path):
    """A row that was changed was not known before as it is now: by its creation it would grant too early."""
    columns = {**renamed(roster(), recorded_at="Created on"), "Modified": ["2026-05-02T00:00:00Z"] * 30}
    proposal = proposed("roster", tmp_path / "p.csv", csv_text(columns))
    assert declared(proposal) == {"columns": {"recorded_at": "Modified"}}
    assert '"Created on"' in reason(proposal, "columns.recorded_at")


def test_homes_as_points(tmp_path):
    homes = {"Staff No": ["1", "2"], "Longitude": ["-0.1", "0"], "Latitude": ["51.5", "51.6"]}
    proposal = proposed("places", tmp_path / "p.csv", csv_text(homes))
    assert declared(proposal) == {"columns": {"officer_id": "Staff No", "lon": "Longitude", "lat": "Latitude"}}
    assert left_open(proposal) == {"constants.kind": ('"home"',), "constants.radius_m": ('"50"',)}


def test_a_radius_of_sites_is_not_proposed(tmp_path):
    """What grants is read narrowly: nobody but a person says how large a workplace is."""
    proposal = proposed("sites", tmp_path / "p.csv", csv_text({"lon": ["0.1"], "lat": ["51.5"]}))
    assert left_open(proposal) == {"constants.radius_m": ('"?"',)}


def test_a_geometry_takes_the_place_of_a_point(tmp_path):
    columns = {"kind": ["home"], "WKT": ["POLYGON EMPTY"], "latitude": ["51.5"], "longitude": ["0.1"]}
    assert declared(proposed("places", tmp_path / "p.csv", csv_text(columns))) == {"columns": {"geometry": "WKT"}}


def test_a_column_that_only_looks_like_an_optional_one_is_a_question(tmp_path):
    """A run stops at it until it is declared or ignored; which, a person knows."""
    proposal = proposed("pings", tmp_path / "p.csv", csv_text(pings(fix=["3D", "2D"])))
    assert left_open(proposal) == {"columns.valid": ('"fix"',), "ignore": ('["fix"]',)}


def test_every_spelling_is_of_its_own_table():
    """The columns exist, and no spelling is the contract's own name of another column of the table."""
    for table, columns in SPELLINGS.items():
        assert set(columns) <= set(contract(table).names)
        for column, names in columns.items():
            assert all(rank(table, column, name) is not None for name in names), column
            assert not set(names) & set(contract(table).names), (table, column)


def test_places_in_metres_of_a_grid_are_said(tmp_path):
    columns = {"PERNR": ["1"] * 2, "RECHTSWERT": ["567223,12"] * 2, "HOCHWERT": ["5942088,13"] * 2}
    proposal = proposed("places", tmp_path / "p.csv", csv_text({**columns, "kind": ["home"] * 2}, ";"))
    assert declared(proposal)["columns"] == {"officer_id": "PERNR", "lon": "RECHTSWERT", "lat": "HOCHWERT"}
    assert ["metres of a national grid" in fault for fault in proposal.faults] == [True]


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("at", ["the collection", "a feature"])
def test_geojson_of_another_coordinate_system_is_said(tmp_path, monkeypatch, at, whole):
    """Also where the file is longer than the part that is looked at."""
    system = {"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::25832"}}}
    one = feature("Polygon", note="x" * 100) | (system if at == "a feature" else {})
    head = system if at == "the collection" else {}
    if not whole:
        monkeypatch.setattr("offduty.admin.proposals.look.LEAST_BYTES", 1000)
        monkeypatch.setattr("offduty.admin.proposals.look.BUDGET_BYTES", 1000)
    area = {"type": "FeatureCollection", **head, "features": [one] * 20}
    (fault,) = proposed("sites", tmp_path / "p.geojson", json.dumps(area)).faults
    assert "WGS 84" in fault
    plain = {"type": "FeatureCollection", "features": [feature("Polygon", crs="25832")] * 20}
    assert proposed("sites", tmp_path / "q.geojson", json.dumps(plain)).faults == []


# Files of single days.


@pytest.mark.parametrize(
    ("names", "form"),
    [
        (["p_20260602.csv", "p_20260603.csv"], '"%Y%m%d"'),
        (["date=2026-06-02/part.csv", "date=2026-06-03/part.csv"], '"%Y-%m-%d"'),
        (["p_20260602.csv", "late.csv"], None),
        (["p_20260602.csv"], None),
    ],
)
def test_a_date_in_the_names_of_the_files_may_be_declared(tmp_path, names, form):
    paths = [tmp_path / name for name in names]
    for path in paths:
        path.parent.mkdir(exist_ok=True)
        path.write_text(csv_text(pings()), encoding="utf-8")
    lines = propose(look("pings", "x", paths), ProposalContext(None, ON_CODES)).lines
    found = [(line.values, line.state) for line in lines if line.key == "file_date"]
    assert found == ([] if form is None else [((form,), "choice")])


def test_parquet_that_says_when_its_rows_were_needs_no_date_in_its_name(tmp_path):
    paths = [tmp_path / f"2026-06-0{day}.parquet" for day in (2, 3)]
    table = pa.table({**pings(), "observed_at": pa.array([datetime(2026, 6, 2, tzinfo=UTC)] * 2)})
    for path in paths:
        pq.write_table(table, path)
    assert propose(look("pings", "x", paths), ProposalContext(None, ON_CODES)).lines == []


# Times and zones.


def test_the_zone_is_open_unless_it_was_given(tmp_path):
    text = csv_text(pings(observed_at=["2026-06-02 08:00:00"] * 2))
    assert left_open(proposed("pings", tmp_path / "p.csv", text)) == {"time_zone": ('"?"',)}
    assert declared(proposed("pings", tmp_path / "p.csv", text, "Europe/Paris")) == {"time_zone": "Europe/Paris"}


def test_bare_dates_and_offsets_need_no_zone(tmp_path):
    for at in ("2026-06-02T08:00:00+01:00", "2026-06-02"):
        proposal = proposed("pings", tmp_path / "p.csv", csv_text(pings(observed_at=[at] * 2)), "Europe/Paris")
        assert declared(proposal) == {}


def test_a_roster_is_in_the_policys_zone_unless_it_says_when_it_was_recorded_without_an_offset(tmp_path):
    proposal = proposed("roster", tmp_path / "p.csv", csv_text(roster()), "Europe/London")
    assert declared(proposal) == {}
    assert [(line.key, line.state) for line in proposal.lines] == [("time_zone", "choice")]
    naive = csv_text(roster(recorded_at=["2026-05-01 09:00"] * 30))
    assert left_open(proposed("roster", tmp_path / "p.csv", naive)) == {"time_zone": ('"?"',)}


def test_the_word_utc_says_the_zone(tmp_path):
    """At the end of every value, or of the name of the column; the zone that was given does not take its place."""
    for columns in (
        pings(observed_at=["2026-06-02 08:00:00 UTC"] * 2),
        renamed(pings(observed_at=["2026-06-02 08:00"] * 2), observed_at="time_utc"),
    ):
        assert declared(proposed("pings", tmp_path / "p.csv", csv_text(columns), "Europe/London"))["time_zone"] == "UTC"


def test_an_order_that_nothing_proves_is_open_with_both(tmp_path):
    text = csv_text(pings(observed_at=["02/03/2026 08:00"] * 2))
    proposal = proposed("pings", tmp_path / "p.csv", text, "Europe/London")
    assert left_open(proposal) == {"times.observed_at": ('"%d/%m/%Y %H:%M"', '"%m/%d/%Y %H:%M"')}
    assert declared(proposal) == {"time_zone": "Europe/London"}


def test_what_proves_the_order_of_another_column_is_a_hint_and_no_proof(tmp_path):
    columns = roster(starts_at=["13/03/2026 08:00"] * 30, recorded_at=["02/03/2026 08:00"] * 30)
    proposal = proposed("roster", tmp_path / "p.csv", csv_text(columns), "Europe/London")
    assert list(left_open(proposal)) == ["times.recorded_at"]
    assert "%d/%m/%Y %H:%M" in reason(proposal, "times.recorded_at")


def test_an_empty_column_may_have_the_form_of_the_others(tmp_path):
    columns = {"device_id": ["d1"], "officer_id": ["o1"], "valid_from": ["13/03/2026"], "valid_to": [""]}
    proposal = proposed("assignments", tmp_path / "p.csv", csv_text(columns))
    assert [(line.key, line.state) for line in proposal.lines] == [
        ("times.valid_from", "confirm"),
        ("times.valid_to", "choice"),
    ]


# Numbers.


def test_a_decimal_comma(tmp_path):
    columns = pings(lon=["-0,1", "0,2"], lat=["51,5", "51,6"])
    assert declared(proposed("pings", tmp_path / "p.csv", csv_text(columns, ";"))) == {"delimiter": ";", "decimal": ","}


def test_points_and_commas_together_are_open(tmp_path):
    columns = pings(lon=["-0,1", "0,2"], accuracy_m=["1.5", "2.5"])
    assert left_open(proposed("pings", tmp_path / "p.csv", csv_text(columns, ";"))) == {"decimal": ('","',)}


@pytest.mark.parametrize(
    ("lon", "lat", "units"),
    [
        ("-1200000", "515000000", '"1e-7"'),
        ("-122000000", "37000000", '"1e-6" "1e-7"'),
        ("1799999999", "10000000", '"1e-7"'),
    ],
)
def test_degrees_in_parts(tmp_path, lon, lat, units):
    """One factor where only it gives degrees of the Earth; both where both do."""
    proposal = proposed("pings", tmp_path / "p.csv", csv_text(pings(lon=[lon] * 2, lat=[lat] * 2)))
    lines = {line.key: " ".join(line.values) for line in proposal.lines}
    assert lines == {"units.lon": units, "units.lat": units}
    assert all(line.state == ("open" if " " in units else "confirm") for line in proposal.lines)


@pytest.mark.parametrize(("lon", "lat"), [("530000", "180000"), ("51.5", "-120.1"), ("-0.1°", "51.5°")])
def test_what_is_no_longitude_and_latitude_is_said(tmp_path, lon, lat):
    """Metres of a grid, swapped columns, degrees with a sign."""
    proposal = proposed("pings", tmp_path / "p.csv", csv_text(pings(lon=[lon] * 2, lat=[lat] * 2)))
    assert proposal.faults
    assert "units" not in declared(proposal)


def test_one_place_that_was_not_found_is_no_reason_to_doubt_all(tmp_path):
    """Registers write latitude 99.999999 where they know none."""
    places = {"kind": ["home"] * 20, "lon": ["0.1"] * 20, "lat": [*["51.5"] * 19, "99.999999"], "radius_m": ["50"] * 20}
    assert proposed("places", tmp_path / "p.csv", csv_text(places)).faults == []


def test_a_unit_in_the_name(tmp_path):
    proposal = proposed("pings", tmp_path / "p.csv", csv_text(renamed(pings(), accuracy_m="accuracy_ft")))
    assert declared(proposal) == {"columns": {"accuracy_m": "accuracy_ft"}, "units": {"accuracy_m": "ft"}}


# Words.


def test_words_of_a_status(tmp_path):
    """Words that plainly mean one of the two are written into the line, which a person takes the mark from."""
    text = csv_text(roster(40, status=["Published"] * 20 + ["Withdrawn"] * 20))
    found = left_open(proposed("roster", tmp_path / "p.csv", text))
    assert found == {"values.status.active": ('["Published"]',), "values.status.cancelled": ('["Withdrawn"]',)}


def test_words_of_a_duty_code_are_named_but_not_chosen(tmp_path):
    text = csv_text(roster(40, duty_code=["D"] * 20 + ["AL"] * 15 + ["RARE"] * 5))
    proposal = proposed("roster", tmp_path / "p.csv", text)
    assert left_open(proposal) == {"values.duty_code.duty": ('["?"]',)}
    why = reason(proposal, "values.duty_code.duty")
    assert '"D", "AL" and others' in why
    assert "RARE" not in proposal.section


def test_a_word_needs_ten_officers_and_not_ten_rows_alone(tmp_path):
    """The sick notes of one officer are a word of one officer."""
    text = csv_text(roster(40, officer_id=["o1"] * 40, duty_code=["D"] * 20 + ["CANCER"] * 20))
    proposal = proposed("roster", tmp_path / "p.csv", text)
    assert "CANCER" not in proposal.section
    assert "10 officers" in reason(proposal, "values.duty_code.duty")


@pytest.mark.parametrize("words", [["duty"] * 29 + ["leave"], [""] * 30])
def test_codes_of_the_policy_need_no_words(tmp_path, words: Sequence[str]):
    assert left_open(proposed("roster", tmp_path / "p.csv", csv_text(roster(duty_code=words)))) == {}


def test_kinds_that_are_no_home(tmp_path):
    places = {
        "officer_id": [f"o{n}" for n in range(20)],
        "kind": ["Home address"] * 20,
        "geometry": ["POLYGON EMPTY"] * 20,
    }
    proposal = proposed("places", tmp_path / "p.csv", csv_text(places))
    assert left_open(proposal) == {"values.kind.home": ('["Home address"]',)}


def test_zones_that_are_no_names_of_zones(tmp_path):
    text = csv_text(roster(timezone=["GMT Standard Time"] * 30))
    proposal = proposed("roster", tmp_path / "p.csv", text, "Europe/London")
    assert left_open(proposal) == {'values.timezone."Europe/London"': ('["?"]',)}


# As TOML.

ODD = 'Staff "No" \\ # = [x]\u202e'


def test_odd_names_are_written_so_that_toml_reads_them(tmp_path):
    columns = {**renamed(roster(), officer_id="Officer ‘No’ (x)"), ODD: ["x"] * 30}
    proposal = proposed("roster", tmp_path / "p.csv", csv_text(columns, "|"))
    assert declared(proposal)["columns"] == {"officer_id": "Officer ‘No’ (x)"}
    assert "\u202e" not in proposal.section


def test_each_open_line_can_be_uncommented(tmp_path):
    """With either of its values it is TOML, and the same section with all of the first values, too."""
    columns = {
        "Start": ["02/03/2026 08:00"] * 30,
        "Ende": ["02/03/2026 16:00"] * 30,
        "Code": ["D"] * 30,
        "tz": ["BST"] * 30,
        "Personalnummer": [f"n{number}" for number in range(30)],
    }
    proposal = proposed("roster", tmp_path / "p.csv", csv_text(columns, ";"))
    opened = [line for line in proposal.lines if line.state != "confirm"]
    assert len(opened) >= 6
    for line in opened:
        for written in line.written:
            assert tomllib.loads(written.removeprefix("# "))
            assert written in proposal.section
    assert tomllib.loads(proposal.section + "\n" + "\n".join(line.written[0].removeprefix("# ") for line in opened))
