"""Tables that are sealed for an auditor, in an object store: each attempt at a run has its own, and the entry says which
exist. Rules: specification#kept-references.
"""

from __future__ import annotations

import json
from pathlib import Path

import pyrage
import pytest

from tests.cli.command import answered, here
from tests.objectstore.clouds import STORE, S3Server
from tests.objectstore.test_object_stores import AS_OF, elsewhere, is_whole, job_of, killed_at, on

OTHER_SEALED = "references/00001-0123456789abcdef.age"


@pytest.fixture
def job(tmp_path: Path) -> Path:
    """A job that keeps its tables for an auditor, whose identity lies beside it."""
    identity = pyrage.x25519.Identity.generate()
    job = job_of(tmp_path / "world")
    (job.parent / "auditor.txt").write_text(f"{identity}\n")
    job.write_text(f'{job.read_text().rstrip()}\nkeep_references = "{identity.to_public()}"\n')
    return job


def sealed(s3: S3Server) -> set[str]:
    """The sealed tables in the store, by run and name."""
    return {key.removeprefix("offduty/runs/") for key in s3.keys("offduty/runs/") if "/references/" in key}


def named(s3: S3Server) -> set[str]:
    """Those that the entries name."""
    entries = [
        json.loads(s3.contents("offduty")[key.removeprefix("offduty/")].partition(b"\n\n")[0]) for key in log(s3)
    ]
    return {f"{entry['run_id']}/{file['name']}" for entry in entries for file in entry["sealed"]["files"]}


def log(s3: S3Server) -> list[str]:
    """The keys of the entries."""
    return s3.keys("offduty/log/")


def opened(job: Path) -> str:
    """What check 2.3 says with the auditor's identity."""
    done = here("verify", STORE, "--references-identity", job.parent / "auditor.txt", "--json")
    return next(check["status"] for check in json.loads(done.stdout)["checks"] if check["number"] == "2.3")


@pytest.mark.parametrize("when", ["/work/000000000000.", "/references/", "/ledger/", "/log/"])
def test_a_run_that_was_killed_can_be_run_again(s3, tmp_path, job, when):
    """Whatever it had sent: the tables of the run that is published are opened, and no others are there."""
    killed_at(s3, tmp_path, job, "PUT", when)
    before = sealed(s3)
    assert log(s3) == []
    assert answered(here("run", job, *AS_OF, "--store", STORE, "--json"))["published"]
    assert len(named(s3)) == 4
    assert not before & named(s3)
    assert sealed(s3) == named(s3)
    assert is_whole(s3, tmp_path, runs=1)
    assert opened(job) == "PASS"


def test_one_that_was_killed_behind_its_entry_is_there(s3, tmp_path, job):
    """The same run answers so, and takes away what another attempt had left."""
    killed_at(s3, tmp_path, job, "PUT", "/references/")
    killed_at(s3, tmp_path, job, "PUT", "/current.json")
    assert answered(here("run", job, *AS_OF, "--store", STORE, "--json"))["already"]
    assert sealed(s3) == named(s3)
    assert is_whole(s3, tmp_path, runs=1)
    assert opened(job) == "PASS"


def test_of_two_at_once_the_entry_says_whose_tables_exist(s3, tmp_path, job):
    """The slower one stops, takes its own away, and run again it is already there."""
    ran: list[int] = []
    on(s3, "PUT", "/log/", lambda: ran.append(elsewhere(tmp_path, "run", job, *AS_OF, "--store", STORE).returncode))
    done = here("run", job, *AS_OF, "--store", STORE)
    assert (ran, done.returncode) == ([0], 5), done.stderr
    assert sealed(s3) == named(s3)
    assert is_whole(s3, tmp_path, runs=1)
    assert opened(job) == "PASS"
    assert answered(here("run", job, *AS_OF, "--store", STORE, "--json"))["already"]


def test_the_tables_of_a_slow_attempt_stay_until_an_entry_is_there(s3, tmp_path, job):
    """It was only halted, and publishes first after all: what its entry names was not taken away meanwhile."""
    ran: list[int] = []
    at_work: list[set[str]] = []

    def slower():
        at_work.append(sealed(s3))
        on(s3, "PUT", "/log/", lambda: at_work.append(sealed(s3)))
        ran.append(elsewhere(tmp_path, "run", job, *AS_OF, "--store", STORE).returncode)

    on(s3, "PUT", "/ledger/", slower)
    here("run", job, *AS_OF, "--store", STORE)
    assert ran == [0]
    assert at_work[0] <= at_work[1]
    assert sealed(s3) == named(s3)
    assert opened(job) == "PASS"


def test_tables_that_no_entry_names_do_not_exist(s3, tmp_path, job):
    """Readers do not see them, and the next command that writes deletes them."""
    run_id = answered(here("run", job, *AS_OF, "--store", STORE, "--json"))["run_id"]
    s3.put(f"offduty/runs/{run_id}/{OTHER_SEALED}", b"too late")
    assert is_whole(s3, tmp_path, runs=1)
    assert opened(job) == "PASS"
    assert answered(here("run", job, *AS_OF, "--store", STORE, "--json"))["already"]
    assert sealed(s3) == named(s3)


def test_what_a_killed_run_sealed_goes_when_it_is_run_without(s3, tmp_path, job):
    """The id of the run is the same; the one that is published keeps nothing."""
    killed_at(s3, tmp_path, job, "PUT", "/log/")
    assert sealed(s3)
    job.write_text(job.read_text().partition("keep_references")[0])
    assert answered(here("run", job, *AS_OF, "--store", STORE, "--json"))["published"]
    assert sealed(s3) == set()
    assert is_whole(s3, tmp_path, runs=1)


def test_they_expire_with_the_first_output(s3, tmp_path, job):
    """As in a folder."""
    assert answered(here("run", job, *AS_OF, "--store", STORE, "--json"))["published"]
    job.write_text(job.read_text().replace('store = "store"', f'store = "{STORE}"'))
    done = here("expire", job, "--before", "2026-03-03")
    assert done.returncode == 0, done.stderr
    assert sealed(s3) == set()
    assert not json.loads(here("verify", STORE, "--json").stdout)["failed"]
