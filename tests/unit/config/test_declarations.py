"""What a job declares of a table: written as a path or as a section, and errors that name the key."""

from __future__ import annotations

from pathlib import Path

import pytest

from offduty.config.check_job import check_job
from offduty.config.declarations import UNDECLARED, TableDeclaration, declarations_document
from offduty.config.job import Job
from offduty.config.policy import Policy
from offduty.core.errors import UsageError

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
