"""`offduty report` as a command: what it writes, for whom, what it says, and what it never says."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from offduty import run
from tests.cli.command import contents, here
from tests.paths import ROOT
from tests.world import lay_out, ping, shift, world

OFFICER = "planted-person"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a job and a store with one run of it."""
    folder = tmp_path_factory.mktemp("made")
    pings = [ping(f"{8 + n // 6:02}:{n % 6}5") for n in range(40)]
    held = [{"device_id": "d1", "officer_id": OFFICER, "valid_from": "2026-01-01", "valid_to": None}]
    home = [{"place_id": "h", "officer_id": OFFICER, "kind": "home", "lon": -0.1, "lat": 51.5, "radius_m": 100}]
    run(
        lay_out(world(pings, assignments=held, roster=[shift(officer=OFFICER)], places=home), folder),
        as_of="2026-04-01",
    )
    return folder


def test_a_report_is_for_its_owner_only_and_nothing_goes_to_standard_output(store: Path, tmp_path: Path):
    """Mode 0600, one file, and a closing line that says which."""
    done = here("report", store / "store", "-o", tmp_path / "page.html")
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert stat.S_IMODE((tmp_path / "page.html").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]
    assert "page.html" in done.stderr and "1 run counted" in done.stderr
    assert 5 < passed(done.stderr) < 20


def test_it_is_called_report_html_where_nothing_else_is_said(store: Path, tmp_path: Path):
    """In the folder one is in."""
    assert here("report", store / "store", cwd=tmp_path).returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_a_file_that_is_there_is_not_replaced_unless_asked(store: Path, tmp_path: Path):
    """By accident a report of last year is lost only once."""
    page = tmp_path / "page.html"
    page.write_text("last year's")
    done = here("report", store / "store", "-o", page)
    assert done.returncode == 2
    assert "--force" in done.stderr
    assert page.read_text() == "last year's"
    assert here("report", store / "store", "-o", page, "--force").returncode == 0
    assert page.read_text().startswith("<!doctype html>")


def test_the_store_is_only_read(store: Path, tmp_path: Path):
    """Not a byte of it changes, and nothing is left beside it."""
    before = contents(store)
    assert here("report", store / "store", "--inputs", store / "job.toml", "-o", tmp_path / "page.html").returncode == 0
    assert contents(store) == before


def test_an_own_copy_by_standard_input(store: Path, tmp_path: Path):
    """No shell keeps what it was; neither messages nor file names repeat it."""
    command = [
        sys.executable,
        "-m",
        "offduty",
        "report",
        str(store / "store"),
        "--officer",
        "-",
        "--inputs",
        str(store / "job.toml"),
    ]
    done = subprocess.run(
        [*command, "-o", "own.html", "--csv", "own.csv"],
        input=f"{OFFICER}\n",
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, **_path()},
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert OFFICER not in done.stderr + done.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["own.csv", "own.html"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}
    assert OFFICER in (tmp_path / "own.html").read_text()
    assert len((tmp_path / "own.csv").read_text().splitlines()) > 20
    assert "private" in done.stderr


def test_an_own_copy_is_called_so(store: Path, tmp_path: Path):
    """Not after the officer."""
    done = here(
        "report", store / "store", "--officer", OFFICER, "--inputs", store / "job.toml", cwd=tmp_path, env=_path()
    )
    assert done.returncode == 0, done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["own-copy.html"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--run", "abcdef", "--from", "2026-03-02"], "one or the other"),
        (["--csv", "own.csv"], "belongs to --officer"),
        (["--officer", OFFICER], "needs --inputs"),
        (["--officer", " ", "--inputs", "job.toml"], "is empty"),
        (["--officer", OFFICER, "--inputs", "job.toml", "--no-proof"], "belong to the report"),
        (["--key", "nowhere.pub"], "nowhere.pub"),
        (["--run", "ffffffffff"], "no such run"),
        (
            ["--from", "2026-03-03", "--to", "2026-03-02"],
            "must be earlier than --to, which is the first instant after the interval",
        ),
        (["--from", "yesterday"], "neither an instant"),
        (["--since", "nowhere.html"], "nowhere.html: the file cannot be read"),
        (["--inputs", "nowhere.toml"], "nowhere.toml: there is no such file"),
        (["-o", "no such folder/page.html"], "is not there"),
    ],
)
def test_what_cannot_be_understood(store: Path, arguments: list[str], told: str):
    """Exit 2, in words, without a person, and without a file."""
    before = contents(store)
    done = here("report", "store", *arguments, cwd=store)
    assert done.returncode == 2, done.stderr
    assert told in done.stderr
    assert OFFICER not in done.stderr
    assert contents(store) == before


def test_what_is_no_store(tmp_path: Path):
    """A folder without a log, and a store without a run."""
    done = here("report", tmp_path, "-o", tmp_path / "page.html")
    assert done.returncode == 2
    assert "there is no store" in done.stderr
    (tmp_path / "log").mkdir()
    done = here("report", tmp_path, "-o", tmp_path / "page.html")
    assert done.returncode == 2
    assert "has no run yet" in done.stderr


def test_a_disk_that_refuses(store: Path):
    """Is a storage error: safe to try again."""
    done = here("report", store / "store", "-o", "/proc/page.html")
    assert done.returncode == 6
    assert "cannot be written" in done.stderr


def test_a_release_that_cannot_be_read_names_no_value(store: Path, tmp_path: Path):
    """A store with a broken file: what, which, what next."""
    import shutil

    shutil.copytree(store, tmp_path / "copy")
    for path in (tmp_path / "copy" / "store" / "runs").rglob("release/*/*.parquet"):
        path.write_bytes(path.read_bytes()[:-40])
    done = here("report", tmp_path / "copy" / "store", "--no-proof", "-o", tmp_path / "page.html")
    assert done.returncode == 6
    assert "part-00000.parquet: a file of the store cannot be read" in done.stderr


def test_a_store_that_fails_a_check_is_reported_and_said_to_fail(store: Path, tmp_path: Path):
    """The page is made, says so at the top, and the exit is that of verify; without a proof it says that nothing was."""
    import shutil

    shutil.copytree(store, tmp_path / "copy")
    (ledger,) = (tmp_path / "copy" / "store" / "runs").rglob("ledger/*.parquet")
    ledger.write_bytes(ledger.read_bytes() + b" ")
    done = here("report", tmp_path / "copy" / "store", "-o", tmp_path / "page.html")
    assert done.returncode == 7
    assert "proof: FAIL" in done.stderr
    assert "found something wrong" in (tmp_path / "page.html").read_text()
    done = here("report", tmp_path / "copy" / "store", "--no-proof", "-o", tmp_path / "unproven.html")
    assert done.returncode == 0
    assert "Nothing in this report was verified." in (tmp_path / "unproven.html").read_text()


def test_with_inputs_key_and_policy_more_is_proven(tmp_path: Path):
    """What is left undone needs a cosigner, a checkpoint that was kept, or tables alone."""
    from offduty.admin.init import init

    init(tmp_path / "work")
    lay_out(world([ping("08:30"), ping("12:00"), ping("15:30")]), tmp_path / "work")
    job = tmp_path / "work" / "job.toml"
    job.write_text(job.read_text().replace("[keys]", '[keys]\nsigning = "signing.key"'))
    run(job, as_of="2026-04-01")
    given = ["--inputs", job, "--key", tmp_path / "work" / "signing.pub", "--policy", tmp_path / "work" / "policy.toml"]
    done = here("report", tmp_path / "work" / "store", *given, "-o", tmp_path / "page.html")
    assert done.returncode == 0, done.stderr
    alone = here("report", tmp_path / "work" / "store", "-o", tmp_path / "alone.html")
    assert passed(done.stderr) > passed(alone.stderr) + 5


def passed(told: str) -> int:
    """How many checks were done and passed, by the closing line."""
    return int(
        re.search(r"proof: [A-Z ]+\. Nothing wrong was found\. (\d+) checks passed; \d+ could not be made", told)[1]
    )


def _path() -> dict[str, str]:
    """The package of this checkout, from wherever the command is run."""
    return {"PYTHONPATH": str(ROOT)}
