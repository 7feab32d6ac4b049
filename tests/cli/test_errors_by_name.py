"""Errors name what was looked for, and from where; and why a file cannot be opened comes before what is in it."""

from __future__ import annotations

import json
import os
import shutil
import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.cli.command import answered, here, published_nothing
from tests.cli.disturbed_streams import disturbed
from tests.forked import forked
from tests.world import AFTERWARDS, COLUMNS, lay_out, ping, toml, world, write_table

NOBODY = 65_534
DEEP = "[" * 100_000 + "]" * 100_000
FORMS = [(table, form) for table in COLUMNS for form in ("csv", "ndjson", "parquet")]
GEOJSON = [(table, "geojson") for table in ("places", "sites")]


def with_input(folder: Path, table: str, file: str) -> Path:
    """The base day as a job, one input of which is another file, which is still to be made."""
    given = world()
    lay_out(given, folder)
    paths = {name: f"{name}.csv" for name in COLUMNS} | {"pings": "pings", table: file}
    job = {"inputs": paths, "keys": {"pseudonym": "pseudonym.key"}, "output": {"store": "store"}}
    (folder / "job.toml").write_text('policy = "policy.toml"\n\n' + toml(job))
    return folder / "job.toml"


def stops(job: Path, *words: str) -> str:
    """A run and a check of the job stop with exit code 3 and the same message, which has these words."""
    ran, looked = here("run", job, "--as-of", AFTERWARDS), here("check", job, "--as-of", AFTERWARDS)
    for done in (ran, looked):
        assert done.returncode == 3, done.stderr
        assert "Traceback" not in done.stderr
        assert all(word in done.stderr for word in words), done.stderr
    assert published_nothing(job.parent)
    return ran.stderr


def test_a_job_and_a_policy_that_are_not_there(tmp_path):
    """Exit 2: the name, and the folder in which it was looked for."""
    done = here("run", "job.toml", cwd=tmp_path)
    assert (done.returncode, f"job.toml: there is no such file in {tmp_path}" in done.stderr) == (2, True)
    job = lay_out(world(), tmp_path)
    (tmp_path / "policy.toml").unlink()
    done = here("run", job)
    assert (done.returncode, f"policy.toml: there is no such file in {tmp_path}" in done.stderr) == (2, True)
    done = here("run", tmp_path)
    assert (done.returncode, "cannot be read: is a directory" in done.stderr) == (2, True)
    assert f"did you mean {tmp_path / 'job.toml'}?" in done.stderr


def test_a_folder_in_the_place_of_a_job_file_is_told_which_file(tmp_path: Path):
    """`verify STORE --inputs FOLDER` proposes the job file that lies in it, and says what is wanted where none does."""
    job = lay_out(world(), tmp_path)
    assert here("run", job, "--as-of", "2026-11-20").returncode == 0
    done = here("verify", tmp_path / "store", "--inputs", tmp_path)
    assert done.returncode == 2
    assert f"A file is wanted, not its folder: did you mean {tmp_path / 'job.toml'}?" in done.stderr
    done = here("verify", tmp_path / "store", "--inputs", tmp_path / "pings")
    assert (done.returncode, "A file is wanted, such as job.toml" in done.stderr) == (2, True)


@pytest.mark.parametrize("path", ["in/*.csv", "in", "gone.csv"])
def test_an_input_that_is_not_there(tmp_path, path):
    """The path as the job has it, and from where it was looked for."""
    job = with_input(tmp_path, "roster", path)
    (tmp_path / "in").mkdir()
    stops(job, "no file is found for inputs.roster: " + path, f"looked for from {tmp_path}")


@pytest.mark.parametrize("command", ["verify", "current", "checkpoint", "report", "attack", "proof"])
def test_a_folder_that_has_a_store_in_it_proposes_the_store(tmp_path, command):
    """`offduty verify demo` means `demo/store`."""
    job = lay_out(world(), tmp_path / "demo")
    assert here("run", job, "--as-of", AFTERWARDS).returncode == 0
    more = {"report": ["-o", "page.html"], "attack": ["--truth", "truth"], "proof": ["0"]}.get(command, [])
    if command == "attack":
        (tmp_path / "pseudonym.key").write_text("5a" * 32)
        (tmp_path / "pseudonym.key").chmod(0o600)
    done = here(command, "demo", *more, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert f"{tmp_path / 'demo'} has no folder log; did you mean demo/store?" in done.stderr
    done = here(command, "gone", *more, cwd=tmp_path)
    assert (done.returncode, f"{tmp_path / 'gone'} does not exist" in done.stderr) == (2, True)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter: those of pytest are their owner's."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody who may not read a file")
@pytest.mark.parametrize(("table", "form"), [*FORMS, *GEOJSON])
def test_permission_denied_is_said_before_the_format(open_folder, table, form):
    """Whatever the format is; nobody is told to write CSV."""
    job = with_input(open_folder, table, f"x.{form}")
    (open_folder / f"x.{form}").write_text("anything")
    for path in (open_folder, *open_folder.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    (open_folder / f"x.{form}").chmod(0)
    done = disturbed(("check", str(job)), open_folder, {}, user=NOBODY)
    assert (done.code, done.said) == (3, f"offduty: x.{form}: the file cannot be read: permission denied\n")


@pytest.mark.parametrize(("table", "form"), FORMS)
def test_a_table_of_too_many_columns(tmp_path, table, form):
    """Ten times as many as are read (pings; of the other tables a few more do, which take less time to write)."""
    names = [*COLUMNS[table], *(f"c{number}" for number in range(20_000 if table == "pings" else 2_001))]
    job, path = with_input(tmp_path, table, f"x.{form}"), tmp_path / f"x.{form}"
    if form == "parquet":
        pq.write_table(pa.table({name: pa.array([], pa.string()) for name in names}), path)
    else:
        csv = ",".join(names) + "\n" + ",".join("1" * len(names)) + "\n"
        path.write_text(csv if form == "csv" else json.dumps(dict.fromkeys(names, "1")) + "\n")
    stops(job, f"x.{form}: it has {len(names):,} columns, and at most 2,000 are read")


@pytest.mark.parametrize("where", ["whole", "property", "coordinates"])
@pytest.mark.parametrize("table", ["places", "sites"])
def test_geojson_that_is_nested_too_deep(tmp_path, table, where):
    """In any part of it."""
    job = with_input(tmp_path, table, "x.geojson")
    feature = '{"type": "Feature", "properties": %s, "geometry": %s}'
    shape = '{"type": "Polygon", "coordinates": %s}'
    content = {
        "whole": DEEP,
        "property": feature % ('{"a": ' + DEEP + "}", "null"),
        "coordinates": feature % ("{}", shape % DEEP),
    }
    (tmp_path / "x.geojson").write_text(content[where])
    stops(job, "x.geojson: its JSON is nested too deep to be read")


@pytest.mark.parametrize("table", COLUMNS)
def test_ndjson_that_is_nested_too_deep(tmp_path, table):
    """No row of it can be read; a site that cannot be understood is none, which hides everything."""
    job = with_input(tmp_path, table, "x.ndjson")
    (tmp_path / "x.ndjson").write_text('{"' + COLUMNS[table][0] + '": ' + DEEP + "}\n")
    if table == "sites":
        assert answered(here("run", job, "--as-of", AFTERWARDS, "--json"))["counts"]["on_duty"] == 0
    else:
        stops(job, "x.ndjson: ")


@pytest.mark.parametrize(
    ("table", "file", "content"),
    [
        ("roster", "x.ndjson", '{"shift_id": "s"}\n{"duty_code": "duty", "shift_id": "s", "duty_code": "leave"}\n'),
        ("pings", "x.ndjson", '{"device_id": "d", "lon": 1, "lon": 1}\n'),
        ("places", "x.geojson", '{"type": "Feature", "properties": {"radius_m": 500, "radius_m": 5}}'),
        ("sites", "x.geojson", '{"type": "Point", "coordinates": [0, 1], "coordinates": [0, 1]}'),
    ],
    ids=["a line of the roster", "a line of pings", "a place", "a site"],
)
def test_a_name_that_is_twice_in_json_stops_the_run(tmp_path, table, file, content):
    """Whichever value counted, the other one could have hidden something; two equal values are no better."""
    job = with_input(tmp_path, table, file)
    (tmp_path / file).write_text(content)
    stops(job, f"{file}: an object of its JSON has the same name twice")


def nested_wkb(kind: int, deep: int = 200_000) -> bytes:
    """Geometries in each other, of one part each."""
    return struct.pack("<BII", 1, kind, 1) * deep


NESTED = {
    "lists": "[" * 100_000,
    "collections as WKT": "GEOMETRYCOLLECTION(" * 100_000,
    "collections as GeoJSON": '{"type":"GeometryCollection","geometries":[' * 50_000 + "]}" * 50_000,
    "collections as WKB": nested_wkb(7).hex(),
    "many polygons as WKB": nested_wkb(6).hex(),
    "curves as WKB": nested_wkb(9).hex(),
}


def test_geometries_in_a_column_that_are_nested_too_deep(tmp_path):
    """None can be understood, so each place covers the Earth; GEOS alone would break the process. Nor does the second
    implementation break.
    """
    job = with_input(tmp_path, "places", "x.csv")
    row = {"officer_id": "o1", "kind": "home"}
    write_table(tmp_path / "x.csv", "places", [{"place_id": what, **row, "geometry": NESTED[what]} for what in NESTED])
    answer = answered(forked("run", job, "--as-of", AFTERWARDS, "--json"))
    assert answer["counts"]["protected_place"] == 3
    assert answer["refused"] == len(NESTED)
    checked = forked("verify", tmp_path / "store", "--inputs", job, "--json")
    assert checked.returncode == 0, checked.stdout
    assert {check["number"]: check["status"] for check in json.loads(checked.stdout)["checks"]}["5.1"] == "PASS"


@pytest.mark.parametrize(("table", "how"), [("pings", "in/*.csv"), *((table, "in") for table in COLUMNS)])
def test_a_name_that_is_not_utf_8(tmp_path, table, how):
    """It cannot stand in the log."""
    job = with_input(tmp_path, table, how)
    (tmp_path / "in").mkdir()
    write_table(tmp_path / "in" / "a.csv", table, world()["tables"][table])
    os.rename(tmp_path / "in" / "a.csv", os.fsencode(tmp_path / "in") + b"/a\xff.csv")
    said = stops(job, "the name cannot stand in the log", "rename the file")
    assert said.isprintable() or said.strip().isprintable()


def test_a_folder_of_the_job_that_is_not_utf_8(tmp_path):
    """DuckDB and Arrow cannot open it: exit 2, and no verdict that every file is damaged."""
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff"))
    job = lay_out(world([ping("09:00")]), folder)
    for command in ("run", "check"):
        done = here(command, job, "--as-of", AFTERWARDS)
        assert done.returncode == 2, done.stderr
        assert "has a name that is not UTF-8" in done.stderr
        assert "\\udcff" in done.stderr
    shutil.move(folder, tmp_path / "elsewhere")
    assert here("run", tmp_path / "elsewhere" / "job.toml", "--as-of", AFTERWARDS).returncode == 0
    shutil.move(tmp_path / "elsewhere", folder)
    for command in ("verify", "current", "checkpoint"):
        done = here(command, folder / "store")
        assert (done.returncode, "has a name that is not UTF-8" in done.stderr) == (2, True)
