"""What a job declares of a table: written as a path or as a section, and errors that name the key."""

from __future__ import annotations

from pathlib import Path

import pytest

from offduty.config.check_declarations import check_declarations
from offduty.config.check_job import check_job
from offduty.config.declarations import UNDECLARED, TableDeclaration, declarations_document
from offduty.config.job import Job
from offduty.config.policy import Policy
from offduty.core.errors import UsageError
from tests.world import policy_of

PATHS = {
    "pings": "pings",
    "assignments": "a.csv",
    "roster": "r.csv",
    "places": "p.geojson",
    "sites": "s.csv",
}
TABLES = [*PATHS]


def job_with(**tables: object) -> Job:
    """A job with other inputs."""
    document = {
        "policy": "policy.toml",
        "inputs": {**PATHS, **tables},
        "keys": {"pseudonym": "pseudonym.key"},
        "output": {"store": "store"},
    }
    return Job.from_dict(document, Path("jobs/job.toml"))


def refusal(**tables: object) -> str:
    """Why the job is refused."""
    with pytest.raises(UsageError) as caught:
        job_with(**tables)
    return str(caught.value)


@pytest.mark.parametrize("table", TABLES)
def test_a_path_alone_and_a_section_with_a_path_are_the_same(table):
    """Nothing else is declared."""
    path, section = job_with(), job_with(**{table: {"path": PATHS[table]}})
    assert path.inputs == section.inputs
    assert path.inputs.declared == dict.fromkeys(TABLES, UNDECLARED)
    assert path.inputs.tables[table].raw == PATHS[table]


def test_what_a_section_declares():
    """Each key, for its own table."""
    how = {"path": "hr/*.csv", "time_zone": "Europe/London", "ignore": ["tz_label", "end"], "distinct": ["shift_id"]}
    declared = job_with(roster=how).inputs.declared
    assert declared["roster"] == TableDeclaration("Europe/London", ("tz_label", "end"), ("shift_id",))
    assert declared["pings"] == UNDECLARED


def test_a_job_without_sites_declares_nothing_of_them():
    """They may be left out."""
    document = {name: path for name, path in PATHS.items() if name != "sites"}
    job = Job.from_dict(
        {"policy": "p", "inputs": document, "keys": {"pseudonym": "k"}, "output": {"store": "s"}}, Path("job.toml")
    )
    assert "sites" not in job.inputs.declared
    assert "sites" not in job.inputs.tables


def test_a_job_file_has_paths_and_sections_beside_each_other(tmp_path):
    """As TOML has them."""
    (tmp_path / "job.toml").write_text(
        'policy = "policy.toml"\n[inputs]\npings = "pings"\nassignments = "a.csv"\nplaces = "p.csv"\n'
        '[inputs.roster]\npath = "r.csv"\ntime_zone = "Asia/Tokyo"\n[keys]\npseudonym = "k"\n[output]\nstore = "s"\n'
    )
    inputs = Job.load(tmp_path / "job.toml").inputs
    assert inputs.roster.path == tmp_path / "r.csv"
    assert inputs.declared["roster"].time_zone == "Asia/Tokyo"


def test_the_declarations_stay_where_the_paths_change():
    """As for tables from a database, which are read from a copy."""
    job = job_with(roster={"path": "r.csv", "time_zone": "UTC"})
    moved = job.inputs.with_paths({"roster": job.inputs.places})
    assert moved.roster == job.inputs.places
    assert moved.declared == job.inputs.declared


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    ("how", "told"),
    [
        ({"time_zone": "Europe/London"}, "inputs.{0} is missing: expected a file, a glob or a folder, as text"),
        ({"path": ""}, 'inputs.{0}: expected a file, a glob or a folder, as text, found ""'),
        ({"path": 5}, "inputs.{0}: expected a file, a glob or a folder, as text, found 5"),
        (
            {"path": "x", "time_zone": "Europe/Londn"},
            'inputs.{0}.time_zone: expected an IANA time zone such as "Europe/London", found "Europe/Londn";'
            ' did you mean "Europe/London"?',
        ),
        ({"path": "x", "time_zone": 1}, "inputs.{0}.time_zone: expected an IANA time zone"),
        ({"path": "x", "ignore": "tz"}, 'inputs.{0}.ignore: expected a list of names of columns, found "tz"'),
        ({"path": "x", "ignore": [""]}, 'inputs.{0}.ignore: expected a list of names of columns, found ""'),
        ({"path": "x", "distinct": [7]}, "inputs.{0}.distinct: expected a list of names of id columns, found 7"),
        ({"path": "x", "timezone": "UTC"}, "unknown key inputs.{0}.timezone: did you mean inputs.{0}.time_zone?"),
        ({"path": "x", "zzz": 1}, "unknown key inputs.{0}.zzz: known here are path, format, compression, encoding"),
        (7, "inputs.{0}: expected a file, a glob or a folder, as text, found 7"),
        (["a"], "inputs.{0}: expected a file, a glob or a folder, as text, found a list"),
    ],
    ids=lambda value: None if isinstance(value, str) else str(value),
)
def test_a_wrong_declaration_is_named_by_key(table, how, told):
    """With what was expected, what was found, and what is near."""
    assert f"job.toml: {told.format(table)}" in refusal(**{table: how})


def policy() -> Policy:
    """The least policy."""
    named = {"name": "n", "purpose": "p", "timezone": "UTC"}
    return Policy.from_dict({"policy": named, "duty": {"on_codes": ["duty"]}})


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("pings", "device_id"),
        ("assignments", "device_id"),
        ("roster", "officer_id"),
        ("roster", "shift_id"),
        ("places", "officer_id"),
    ],
)
def test_distinct_names_columns_of_ids(table, column):
    """A name that is none would have no effect, so the job is refused."""
    check_job(job_with(**{table: {"path": "x", "distinct": [column]}}), policy())
    for wrong in (f"{column}s", "kind", "observed_at"):
        with pytest.raises(UsageError) as caught:
            check_job(job_with(**{table: {"path": "x", "distinct": [column, wrong]}}), policy())
        assert f"inputs.{table}.distinct: {wrong!r} is no column of ids" in str(caught.value)


def test_the_manifests_form_of_declarations():
    """By table; what is not declared is left out, and lists are sorted, so their order is no other question."""
    declared = {
        "pings": UNDECLARED,
        "roster": TableDeclaration("Europe/London", ("b", "a"), ()),
        "places": TableDeclaration(distinct=("place_id", "officer_id")),
    }
    assert declarations_document(declared) == {
        "roster": {"time_zone": "Europe/London", "ignore": ["a", "b"]},
        "places": {"distinct": ["officer_id", "place_id"]},
    }


FULL = {
    "path": "hr/*.txt",
    "format": "csv",
    "compression": "gzip",
    "encoding": "CP1252",
    "delimiter": ";",
    "decimal": ",",
    "skip_rows": 2,
    "columns": {"officer_id": "Staff No"},
    "constants": {"status": "active"},
    "values": {"duty_code": {"duty": ["D", "N"], "leave": ["AL"]}},
    "times": {"starts_at": "%d/%m/%Y %H:%M", "recorded_at": "unix_ms"},
}


def test_a_whole_declaration_is_in_the_manifest_by_key():
    """Defaults are left out, also where they are written; words are by what is written."""
    document = job_with(roster=FULL).inputs.declared["roster"].as_document()
    words = {"D": "duty", "N": "duty", "AL": "leave"}
    assert document == {
        **{key: value for key, value in FULL.items() if key != "path"},
        "encoding": "cp1252",
        "values": {"duty_code": words},
    }
    plain = {"path": "x", "encoding": "UTF8", "delimiter": ",", "decimal": ".", "skip_rows": 0, "columns": {}}
    assert job_with(roster=plain).inputs.declared["roster"].as_document() == {}


@pytest.mark.parametrize(
    ("table", "how", "told"),
    [
        ("roster", {"columns": {"officer": "x"}}, "columns: 'officer' is no column; did you mean 'officer_id'?"),
        ("roster", {"times": {"status": "excel"}}, "times: 'status' is no column of times"),
        ("roster", {"times": {"starts_at": "%d/%m"}}, "times.starts_at: it has not exactly one directive for a year"),
        ("roster", {"times": {"starts_at": "%d/%m/%Y %c"}}, "times.starts_at: %c is not one of the directives"),
        ("roster", {"times": {"starts_at": "%d/%m/%Y %M"}}, "times.starts_at: the time of day needs %H"),
        (
            "roster",
            {"times": {"starts_at": "%d/%m/%Y %I:%M"}},
            "times.starts_at: the time of day needs %H, or %I with %p",
        ),
        ("roster", {"times": {"starts_at": "%z %d/%m/%Y %H"}}, "times.starts_at: %z stands at the end"),
        ("roster", {"times": {"starts_at": "%d/%m/%Y %"}}, "times.starts_at: it ends with a single %"),
        ("roster", {"times": {"starts_at": "%d/%m/%Y %d"}}, "times.starts_at: a directive stands in it twice"),
        ("roster", {"times": {"starts_at": "%d/%m/%Y %H%S"}}, "times.starts_at: seconds need minutes"),
        ("pings", {"units": {"lon": "m"}}, "units.lon: degrees are no lengths"),
        ("pings", {"units": {"device_id": "1"}}, "units: 'device_id' is no column of numbers"),
        ("places", {"values": {"geometry": {"a": ["b"]}}}, "values: 'geometry' is no column that has words"),
        ("roster", {"columns": {"status": "A", "duty_code": "A"}}, "columns: two columns are declared to be 'A'"),
        ("roster", {"columns": {"status": "A"}, "ignore": ["A"]}, "ignore: 'A' is declared under columns, too"),
        (
            "roster",
            {"columns": {"status": "A"}, "constants": {"status": "active"}},
            "constants: 'status' has a constant and a column of the files",
        ),
        (
            "roster",
            {"constants": {"status": "a"}, "values": {"status": {"active": ["a"]}}},
            "constants: 'status' is a value of the contract already",
        ),
        ("pings", {"columns": {"accuracy_m": "lat"}}, "columns: 'lat' of the files would be 'lat' and 'accuracy_m'"),
        ("pings", {"constants": {"device_id": "d1"}}, "constants: values of 'device_id' may not stand in a job"),
        ("roster", {"values": {"officer_id": {"o1": ["x"]}}}, "values: values of 'officer_id' may not stand in a job"),
        ("sites", {"constants": {"lon": "1"}}, "constants: values of 'lon' may not stand in a job"),
        ("pings", {"format": "geojson"}, "format: geojson is for places and sites"),
        ("roster", {"format": "ndjson", "delimiter": ";"}, "format: delimiter and skip_rows are for csv"),
        ("roster", {"format": "parquet", "encoding": "utf-16"}, "encoding: parquet has an encoding of its own"),
    ],
)
def test_a_declaration_that_does_not_fit_its_table_is_refused(table, how, told):
    """With the key, and what to do."""
    job = job_with(**{table: {"path": "x", **how}})
    with pytest.raises(UsageError) as caught:
        check_declarations(job)
    assert f"job.toml: inputs.{table}.{told}" in str(caught.value)


def test_all_faults_of_all_declarations_are_told_at_once():
    """A line for each."""
    job = job_with(pings={"path": "x", "units": {"lon": "m"}}, roster={"path": "x", "columns": {"officer": "x"}})
    with pytest.raises(UsageError) as caught:
        check_declarations(job)
    assert [line.partition(": ")[2].partition(":")[0] for line in str(caught.value).splitlines()] == [
        "inputs.pings.units.lon",
        "inputs.roster.columns",
    ]


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ({"delimiter": ";;"}, 'inputs.roster.delimiter: expected one character, such as ";" or "\\t", found ";;"'),
        ({"encoding": "utf-17"}, 'inputs.roster.encoding: expected a text encoding such as "utf-16" or "cp1252"'),
        ({"encoding": "base64"}, 'inputs.roster.encoding: expected a text encoding such as "utf-16" or "cp1252"'),
        ({"values": {"status": {"a": ["x"], "b": ["x"]}}}, "inputs.roster.values: expected a table for each column"),
        ({"values": {"status": {"a": [""]}}}, "inputs.roster.values: expected a table for each column"),
        ({"encoding": "punycode"}, "inputs.roster.encoding: expected a text encoding"),
        ({"units": {"x": "0"}}, "inputs.roster.units: expected a table"),
        ({"units": {"x": 5}}, "inputs.roster.units: expected a table"),
        ({"skip_rows": -1}, "inputs.roster.skip_rows: expected a whole number from 0 to 1000, found -1"),
        ({"decimal": ";"}, 'inputs.roster.decimal: expected "." or ","'),
        ({"format": "xlsx"}, 'inputs.roster.format: expected "csv", "ndjson", "parquet" or "geojson"'),
    ],
)
def test_a_key_of_the_wrong_kind_is_named(how, told):
    """With what was expected."""
    assert told in refusal(roster={"path": "x", **how})


def test_the_exact_value_behind_a_column_of_the_contract_is_no_extra_column():
    """By the name that it has in the files, in any case of letters."""
    policy = policy_of({"release": {"extra_columns": ["speed", "FixTime"]}})
    job = job_with(pings={"path": "x", "columns": {"observed_at": "fixTime"}})
    for how in ({"columns": {"valid": "v2"}}, {"constants": {"valid": "yes"}}):
        with pytest.raises(UsageError, match="declares another column, or a value, for it"):
            check_job(
                job_with(pings={"path": "x", **how}),
                Policy.model_validate(policy_of({"release": {"extra_columns": ["valid"]}})),
            )
    with pytest.raises(UsageError, match=r"'FixTime', which inputs\.pings\.columns declares to be 'observed_at'"):
        check_job(job, Policy.model_validate(policy))
    check_job(job, Policy.model_validate(policy_of({"release": {"extra_columns": ["speed"]}})))


def test_equal_declarations_have_one_hash():
    """Tasks remember reference tables by it."""
    one, other = (job_with(roster=how).inputs.declared["roster"] for how in (FULL, {**FULL}))
    assert (one, hash(one)) == (other, hash(other))
    assert one != job_with(roster={**FULL, "skip_rows": 3}).inputs.declared["roster"]
