"""Names of input files: one that holds an id is called by its number and hash, and what is passed over is counted.

Rules: specification#silence, specification#nothing-passed-over.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from offduty.core.errors import InputError
from offduty.ingest.quiet_names import quieted_error
from offduty.ingest.source_file import Source
from tests.cli.command import answered, entries, here
from tests.world import AFTERWARDS, assignment, lay_out, ping, place, shift, world, write_table

AS_OF = ("--as-of", AFTERWARDS)
DEVICE, OFFICER = "CAR-1042", "o.smith"


def force() -> dict:
    """One officer with one device, and a row that cannot be read in each table."""
    return world(
        [ping("09:00", device=DEVICE), ping("nonsense", device=DEVICE), ping("10:00", device="lonely9")],
        assignments=[assignment(DEVICE, OFFICER), assignment("d2", None)],
        roster=[shift(officer=OFFICER), shift(officer=OFFICER, shift_id="r2", status="planned")],
        places=[place(officer=OFFICER)],
    )


def named(folder: Path, **names: str) -> Path:
    """The force as a job; some tables lie in files of other names."""
    job = lay_out(force(), folder)
    for table, name in names.items():
        if table == "pings":
            (folder / "pings" / "part-0.csv").rename(folder / "pings" / name)
        else:
            (folder / f"{table}.csv").rename(folder / name)
            job.write_text(job.read_text().replace(f'"{table}.csv"', json.dumps(name)))
    return job


def manifest(job: Path) -> dict:
    """The newest manifest of the job's store."""
    return json.loads(entries(job.parent)[-1].read_bytes().partition(b"\n\n")[0])


SPELLINGS = [
    ("pings", "CAR-1042.csv"),
    ("pings", "2026-03-02_car-1042_a.csv"),
    ("pings", "lonely9.csv"),
    ("assignments", "of CAR-1042.csv"),
    ("roster", "o.smith.csv"),
    ("roster", "roster O.SMITH.csv"),
    ("places", "home-o.smith.csv"),
    ("sites", "sites-of-o.smith.csv"),
]


@pytest.mark.parametrize(("table", "name"), SPELLINGS)
def test_a_name_that_holds_an_id_is_nowhere(tmp_path, table, name):
    """Neither in the manifest nor in a message, a page or a report; and `verify` finds the file again."""
    job = named(tmp_path, **{table: name})
    ran = here("run", job, *AS_OF, "--json")
    assert answered(ran)["published"] is True
    (given,) = (given for given in manifest(job)["inputs"] if given["table"] == table)
    assert given["name"] == f"sha256-{given['sha256'][:16]}.csv"
    looked = here("check", job, *AS_OF, "-o", tmp_path / "page.html")
    store = tmp_path / "store"
    checked = here("verify", store, "--inputs", job, "--json")
    checks = {check["number"]: check["status"] for check in json.loads(checked.stdout)["checks"]}
    assert (checked.returncode, checks["4.1"], checks["5.1"], checks["1.4"]) == (0, "PASS", "PASS", "PASS")
    reported = here("report", store, "--inputs", job, "-o", tmp_path / "report.html")
    assert reported.returncode == 0, reported.stderr
    said = [done.stdout + done.stderr for done in (ran, looked, checked, reported)]
    pages = [(tmp_path / page).read_text(encoding="utf-8") for page in ("page.html", "report.html")]
    written = [path.read_text(encoding="utf-8") for path in entries(tmp_path)] + [str(list(store.rglob("*")))]
    for text in (*said, *pages, *written):
        assert Path(name).stem not in text


@pytest.mark.parametrize(("table", "name"), SPELLINGS)
def test_the_same_question_is_there_already(tmp_path, table, name):
    """By the names of the log; `plan` says so, and what has changed since."""
    job = named(tmp_path, **{table: name})
    assert answered(here("run", job, *AS_OF, "--json"))["published"] is True
    assert answered(here("run", job, *AS_OF, "--json"))["already"] is True
    planned = answered(here("plan", job, "--json"))
    assert (planned["current"], planned["stale"]) == (1, 0)
    other = tmp_path / ("assignments.csv" if table == "roster" else "roster.csv")
    other.write_text("".join(other.read_text().splitlines(keepends=True)[:-1]))
    planned = here("plan", job)
    assert "1 stale" in planned.stdout
    assert Path(name).stem not in planned.stdout


@pytest.mark.parametrize("name", ["part-0.csv", "2026-03-02.csv", "CAR-10421.csv", "acar-1042.csv", "smith.csv"])
def test_another_name_stays(tmp_path, name):
    """An id within a longer word or number is none."""
    job = named(tmp_path, pings=name)
    answered(here("run", job, *AS_OF, "--json"))
    (given,) = (given for given in manifest(job)["inputs"] if given["table"] == "pings")
    assert given["name"] == f"pings/{name}"


def test_a_fault_in_such_a_file_names_it_by_number_and_hash(tmp_path):
    """Once the other tables could be read."""
    job = named(tmp_path, pings="CAR-1042.csv")
    (tmp_path / "pings" / "CAR-1042.csv").write_text("device_id,observed_at\n1,2\n")
    done = here("run", job, *AS_OF)
    assert done.returncode == 3
    assert "file 0 (sha256-" in done.stderr
    assert "1042" not in done.stderr.replace("sha256-", "")


@pytest.mark.parametrize("name", ["CAR-1042.csv", "roster-of-o.smith.csv", "2026-03-02.csv"])
@pytest.mark.parametrize("fault", ["ending", "link", "pipe"])
@pytest.mark.parametrize("command", ["run", "check", "plan"])
def test_a_fault_that_comes_before_the_tables_are_read_names_no_id(tmp_path, command, fault, name):
    """The tables that can be read are read for their ids; another name stays, so the file is found."""
    job = named(tmp_path, pings=name)
    path = tmp_path / "pings" / name
    if fault == "ending":
        path = path.rename(path.with_suffix(".xlsx"))
    else:
        path.unlink()
        path.symlink_to(tmp_path / "sites.csv") if fault == "link" else os.mkfifo(path)
    done = here(command, job, *(() if command == "plan" else AS_OF))
    assert done.returncode == 3
    if name.startswith("2026"):
        assert path.name in done.stderr
    else:
        assert "a file whose name holds the id of a device or an officer: " in done.stderr
        assert "1042" not in done.stderr
        assert "smith" not in done.stderr


def test_a_file_that_cannot_be_opened_is_called_by_its_number(tmp_path):
    """Its hash is not known."""
    source = Source(3, "pings", "pings/CAR-1042.csv", tmp_path / "gone.csv", "csv")
    error = InputError("the file cannot be read", file=source.name)
    said = str(quieted_error(error, [source], frozenset({"car-1042"})))
    assert said == "file 3 (of inputs.pings; its name holds an id): the file cannot be read"


def test_what_is_passed_over_is_counted(tmp_path):
    """By table: names that begin with a dot or an underscore, in folders and for patterns; a line says so."""
    job = lay_out(world(), tmp_path)
    for name in ("_SUCCESS", ".part-0.csv.crc", "_temporary/part-9.csv", "day/_SUCCESS"):
        (tmp_path / "pings" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "pings" / name).write_text("")
    (tmp_path / "hr").mkdir()
    write_table(tmp_path / "hr" / "a.csv", "roster", [shift()])
    (tmp_path / "hr" / ".b.csv").write_text("")
    job.write_text(job.read_text().replace('"roster.csv"', '"hr/*.csv"'))
    done = here("run", job, *AS_OF, "--json")
    assert answered(done)["counts"]["on_duty"] == 3
    assert manifest(job)["names_passed_over"] == {"pings": 4, "roster": 1}
    assert "note: pings: 4 names that begin with . or _ passed over" in done.stderr
    assert "note: roster: 1 name that begins with . or _ passed over" in done.stderr
    assert here("verify", tmp_path / "store").returncode == 0
    shutil.rmtree(tmp_path / "store")
    (tmp_path / "hr" / ".b.csv").unlink()
    shutil.rmtree(tmp_path / "pings" / "_temporary")
    answered(here("run", job, *AS_OF, "--json"))
    assert manifest(job)["names_passed_over"] == {"pings": 3}


@pytest.mark.parametrize("name", ["a\u00a0b.csv", "a\nb.csv", "a\\b.csv", "a\x1b[31m.csv", "a\u202eb.csv"])
def test_a_name_that_cannot_stand_in_the_log_stops_the_run(tmp_path, name):
    """It is shown with its odd letters written out."""
    job = named(tmp_path, pings=name)
    done = here("run", job, *AS_OF)
    assert done.returncode == 3
    assert "the name cannot stand in the log" in done.stderr
    assert name not in done.stderr


def test_a_name_that_is_too_long_stops_the_run(tmp_path):
    """With the folders that it is in."""
    job = named(tmp_path)
    deep = tmp_path / "pings" / "/".join(["x" * 200] * 6)
    deep.mkdir(parents=True)
    (tmp_path / "pings" / "part-0.csv").rename(deep / "part-0.csv")
    done = here("run", job, *AS_OF)
    assert (done.returncode, "at most 1024 bytes" in done.stderr) == (3, True)
