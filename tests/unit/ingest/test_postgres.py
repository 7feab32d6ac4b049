"""A roster and assignments in PostgreSQL give the same answer as files, and no message repeats the server's words."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from adbc_driver_postgresql import dbapi

from offduty import run
from offduty.core.errors import InputError, UsageError
from offduty.ingest import postgres
from offduty.runs.plan import plan
from tests.cli.command import answered, here
from tests.world import AFTERWARDS, assignment, lay_out, manifest_of, ping, read_back, shift, world

SERVERS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
SECRET = "s3cret-of-the-server"
AS_OF = ("--as-of", AFTERWARDS)


class Server:
    """A PostgreSQL server for these tests, on loopback."""

    def __init__(self, port: int) -> None:
        self.address = f"postgresql://reader@127.0.0.1:{port}/postgres"

    def sql(self, *statements: str) -> None:
        """Run statements as the owner of the tables."""
        with dbapi.connect(self.address) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            connection.commit()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """One server for these tests, not run as root, with a password that is only in the environment."""
    if not SERVERS:
        assert os.environ.get("CI") != "true", "PostgreSQL is missing: apt-get install postgresql"
        pytest.skip("no PostgreSQL server is installed: apt-get install postgresql")
    folder = Path("/tmp") / f"offduty-pg-{os.getpid()}"
    folder.mkdir(mode=0o755)
    owner = {}
    if os.getuid() == 0:
        owner = {"user": "postgres"}
        os.chown(folder, pwd.getpwnam("postgres").pw_uid, -1)
    (folder / "password").write_text(SECRET)
    (folder / "password").chmod(0o644)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    made = [
        "-D",
        folder / "data",
        "-U",
        "reader",
        "-A",
        "scram-sha-256",
        "--pwfile",
        folder / "password",
        "-E",
        "UTF8",
        "--no-sync",
    ]
    subprocess.run([SERVERS[-1] / "initdb", *made], check=True, capture_output=True, cwd=folder, **owner)
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
    control = [SERVERS[-1] / "pg_ctl", "-D", folder / "data", "-w", "-l", folder / "log"]
    subprocess.run([*control, "-o", options, "start"], check=True, capture_output=True, cwd=folder, **owner)
    before = os.environ.get("PGPASSWORD")
    os.environ["PGPASSWORD"] = SECRET
    yield Server(port)
    os.environ.pop("PGPASSWORD") if before is None else os.environ.update(PGPASSWORD=before)
    subprocess.run([*control, "-m", "immediate", "stop"], check=True, capture_output=True, cwd=folder, **owner)
    shutil.rmtree(folder)


@pytest.fixture
def tables(server):
    """Empty tables `roster` and `hr.assignments`, as a force's database might have them."""
    server.sql(
        "DROP TABLE IF EXISTS roster",
        "DROP SCHEMA IF EXISTS hr CASCADE",
        "CREATE SCHEMA hr",
        "CREATE TABLE roster (shift_id text, officer_id text, starts_at timestamp, ends_at timestamp, timezone text,"
        " duty_code text, status text, recorded_at timestamptz, note text)",
        "CREATE TABLE hr.assignments (device_id text, officer_id text, valid_from timestamptz, valid_to timestamptz)",
    )
    return server


def values(row: dict, columns: str) -> str:
    """A row as SQL."""
    return ", ".join("NULL" if row.get(name) is None else f"'{row[name]}'" for name in columns.split())


def fill(server: Server, roster: list[dict], assignments: list[dict]) -> None:
    """Insert the rows of a world into the tables."""
    columns = "shift_id officer_id starts_at ends_at timezone duty_code status recorded_at"
    server.sql(
        *(f"INSERT INTO roster VALUES ({values(row, columns)}, 'CANARY-NOTE')" for row in roster),
        *(
            f"INSERT INTO hr.assignments VALUES ({values(row, 'device_id officer_id valid_from valid_to')})"
            for row in assignments
        ),
    )


def in_database(
    job: Path, server: Server, roster: str = "?table=roster", assignments: str = "?table=hr.assignments"
) -> Path:
    """The same job with its roster and assignments in the database."""
    text = job.read_text()
    text = text.replace('"roster.csv"', f'"{server.address}{roster}"').replace(
        '"assignments.csv"', f'"{server.address}{assignments}"'
    )
    job.write_text(text)
    return job


def reasons(given: dict, tables: Server, folder: Path) -> list[str | None]:
    """The filter's reasons where roster and assignments are in the database."""
    fill(tables, given["tables"]["roster"], given["tables"]["assignments"])
    done = run(in_database(lay_out(given, folder), tables), as_of=AFTERWARDS)
    return read_back(done.path, len(given["tables"]["pings"])).reasons


def test_a_database_gives_the_same_answer_as_files(tables, tmp_path, ask_filter):
    """Same reasons, same release; the manifest names the tables without host or person, and what was ignored."""
    given = world(
        [ping("08:30"), ping("12:00", "street"), ping("15:30"), ping("17:00")],
        roster=[shift(), shift("12:30", "13:00", "leave", shift_id="r2")],
    )
    fill(tables, given["tables"]["roster"], given["tables"]["assignments"])
    done = run(in_database(lay_out(given, tmp_path / "db"), tables), as_of=AFTERWARDS)
    from_database = read_back(done.path, 4)
    from_files = ask_filter(given)
    assert (from_database.reasons, from_database.release) == (from_files.reasons, from_files.release)
    manifest = manifest_of(done.path)
    assert {entry["name"] for entry in manifest["inputs"]} >= {"postgresql:roster", "postgresql:hr.assignments"}
    assert manifest["columns_ignored"]["roster"] == ["note"]
    assert "CANARY-NOTE" not in repr(sorted((tmp_path / "db" / "store").rglob("*")))
    assert not (tmp_path / "db" / "store" / "work").exists()


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2026-01-01Z", "infinity", "on_duty"),
        ("2026-01-01Z", None, "on_duty"),
        ("-infinity", None, "unassigned"),
        ("2026-01-01Z", "-infinity", "unassigned"),
        ("2026-01-01Z", "9999-01-01Z", "unassigned"),
        ("0044-03-15 00:00:00Z BC", None, "unassigned"),
    ],
)
def test_infinity_and_years_out_of_range_in_assignments(tables, tmp_path, start, end, expected):
    """An end of infinity means that there is no end. Other times outside 1990 to 2199 cannot be read: `unassigned`."""
    given = world([ping("09:00")])
    given["tables"]["assignments"] = [{**assignment(), "valid_from": start, "valid_to": end}, assignment("d2", "o2")]
    assert reasons(given, tables, tmp_path) == [expected]


@pytest.mark.parametrize("column", ["starts_at", "ends_at", "recorded_at"])
@pytest.mark.parametrize("when", ["infinity", "-infinity", "290000-01-01"])
def test_infinity_in_a_roster_grants_nothing(tables, tmp_path, column, when):
    """Infinity must not be read as some year, or the entry could grant duty, or be recorded, at the wrong time."""
    given = world([ping("09:00")], roster=[{**shift(), column: when}, shift(shift_id="r2", officer="o2")])
    assert reasons(given, tables, tmp_path) == ["off_duty"]


def test_the_job_may_have_a_query(tables, tmp_path):
    """The rows that it selects are the table. It can read, and it cannot write."""
    fill(tables, [shift()], [assignment(), assignment("d2", "o2")])
    query = "?query=SELECT device_id, officer_id, valid_from, valid_to FROM hr.assignments WHERE device_id = 'd1';"
    job = in_database(lay_out(world([ping("09:00"), ping("09:00", device="d2")]), tmp_path), tables, assignments=query)
    answer = answered(here("run", job, *AS_OF, "--json"))
    assert {name: count for name, count in answer["counts"].items() if count} == {"on_duty": 1, "unassigned": 1}
    writes = "?query=WITH deleted AS (DELETE FROM hr.assignments RETURNING *) SELECT * FROM deleted"
    (tmp_path / "job.toml").write_text(job.read_text().replace(query, writes))
    done = here("run", job, *AS_OF)
    assert done.returncode == 3
    assert "SQLSTATE" in done.stderr


def test_the_order_of_rows_is_no_change_and_a_new_row_is(tables, tmp_path):
    """With the same rows in another order the run is "already there"; with one more row it is not, as `plan` says."""
    fill(tables, [shift(), shift(shift_id="r2")], [assignment()])
    job = in_database(lay_out(world([ping("09:00")]), tmp_path), tables)
    run(job, start="2026-03-02", end="2026-03-03")
    tables.sql(
        "CREATE TABLE turned AS SELECT * FROM roster ORDER BY shift_id DESC",
        "DROP TABLE roster",
        "ALTER TABLE turned RENAME TO roster",
    )
    assert run(job, start="2026-03-02", end="2026-03-03").already
    fill(tables, [shift("18:00", "20:00", shift_id="r3")], [])
    (found,) = plan(job, start="2026-03-02", end="2026-03-03")
    assert [(change.what, change.how, change.name) for change in found.because] == [
        ("roster", "changed", "postgresql:roster")
    ]


def test_an_auditor_and_a_report_read_the_database_too(tables, tmp_path):
    """Every row is decided again from the database, and an officer's own copy is made from it.

    If the database has one more row since the run, `verify` reports that the input has changed.
    """
    fill(tables, [shift()], [assignment()])
    job = in_database(lay_out(world([ping("09:00"), ping("20:00")]), tmp_path, signing="5a" * 32), tables)
    run(job, as_of=AFTERWARDS)
    verify = ("verify", tmp_path / "store", "--inputs", job, "--json")
    checks = {check["number"]: check for check in answered(here(*verify))["checks"]}
    assert [checks[number]["status"] for number in ("4.1", "4.2", "4.3", "5.1", "5.2", "5.3")] == ["PASS"] * 6
    own = here("report", tmp_path / "store", "--inputs", job, "--officer", "o1", "-o", tmp_path / "own.html")
    assert own.returncode == 0, own.stderr
    assert not list(tmp_path.rglob("postgresql*"))
    fill(tables, [shift("18:00", "20:00", shift_id="r2")], [])
    done = here(*verify)
    changed = {check["number"]: check for check in json.loads(done.stdout)["checks"]}
    assert [number for number, check in changed.items() if check["status"] == "FAIL"] == ["4.1"]
    assert "roster" in json.dumps(changed["4.1"])


def test_a_row_that_stops_the_run_is_named_by_table_and_number(tables, tmp_path):
    """As it is for files."""
    fill(tables, [shift(), shift(shift_id=None, officer=None, code="leave")], [assignment()])
    done = here("run", in_database(lay_out(world(), tmp_path), tables), *AS_OF)
    assert done.returncode == 3
    assert "postgresql:roster, row 1" in done.stderr


@pytest.mark.parametrize("spoil", ["no such table", "wrong password", "no server"])
def test_the_words_of_the_server_are_not_repeated(tables, tmp_path, monkeypatch, spoil):
    """Exit 3, with SQLSTATE at most: the server's words may contain hosts, persons and rows."""
    job = in_database(
        lay_out(world(), tmp_path),
        tables,
        roster="?table=secret_table" if spoil == "no such table" else "?table=roster",
    )
    if spoil == "wrong password":
        monkeypatch.setenv("PGPASSWORD", "wr0ng-password")
    if spoil == "no server":
        job.write_text(job.read_text().replace(tables.address, "postgresql://reader@127.0.0.1:9/postgres"))
    done = here("run", job, *AS_OF)
    assert done.returncode == 3, done.stderr
    assert "the database cannot be read" in done.stderr
    assert not [word for word in (SECRET, "wr0ng", "reader", "127.0.0.1", "does not exist") if word in done.stderr]


@pytest.mark.parametrize(
    "raw",
    [
        "postgresql://me:pw-in-job@db/force?table=roster",
        "postgresql://db/force",
        "postgresql://db/force?table=",
        "postgresql://db/force?table=roster; DROP TABLE roster",
        "postgresql://db/force?query= ",
        "postgresql://db/force?sslmode=disable",
    ],
)
def test_an_address_without_a_table_or_with_a_password(tmp_path, raw):
    """Exit 2; the password is not repeated."""
    with pytest.raises(UsageError) as error:
        postgres.copy_table(raw, "roster", tmp_path)
    assert "pw-in-job" not in str(error.value)


def test_pings_and_places_are_files(tmp_path):
    """Only the two tables that forces have in databases can be read from one."""
    with pytest.raises(UsageError, match="assignments and roster"):
        postgres.copy_table("postgresql://db/force?table=pings", "pings", tmp_path)


def test_without_the_extra_it_says_what_to_install(tmp_path, monkeypatch):
    """Exit 2, with what to install, and not a traceback."""
    monkeypatch.setitem(sys.modules, "adbc_driver_postgresql", None)
    with pytest.raises(UsageError, match=r"offduty\[postgres\]"):
        postgres.copy_table("postgresql://db/force?table=roster", "roster", tmp_path)


def test_a_column_that_is_missing_stops_the_run(tables, tmp_path):
    """As it does in a file."""
    tables.sql("ALTER TABLE roster DROP COLUMN duty_code")
    with pytest.raises(InputError, match="duty_code"):
        run(in_database(lay_out(world(), tmp_path), tables), as_of=AFTERWARDS)
