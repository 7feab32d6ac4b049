"""What an auditor gives besides the store: inputs in other folders or missing, keys that are missing or wrong."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from offduty import run
from offduty.core.errors import UsageError
from offduty.verify.auditor import Auditor, verify
from offduty.verify.verdict import Check, Status
from tests.made_before import ran
from tests.world import AFTERWARDS, lay_out, ping, world


def checks(store: Path, **given: Any) -> dict[str, Check]:
    """The verdict by number."""
    return {check.number: check for check in verify(store, Auditor(**given)).checks}


def published(folder: Path, **options: Any) -> Path:
    """A job that was run."""
    job = lay_out(world([ping("08:30"), ping("12:00", "street"), ping("15:30"), ping("16:30")]), folder, files=2)
    ran(job, **{"as_of": AFTERWARDS, **options})
    return job


def test_inputs_may_be_in_another_folder(tmp_path):
    """Names are relative to the job: a copy of its whole folder is enough."""
    published(tmp_path / "there")
    shutil.copytree(tmp_path / "there", tmp_path / "a copy")
    found = checks(tmp_path / "there" / "store", inputs=tmp_path / "a copy" / "job.toml")
    assert {found[number].status for number in ("4.1", "4.2", "5.1", "5.2", "5.3")} == {Status.PASS}


def test_inputs_that_lie_in_another_way_are_found_by_their_bytes(tmp_path):
    """The job that was run named a folder outside of its own; the auditor's lies beside copies, one of them renamed."""
    job = published(tmp_path / "job")
    shutil.move(tmp_path / "job" / "pings", tmp_path / "feed")
    text = job.read_text()
    job.write_text(text.replace('pings = "pings"', f'pings = "{tmp_path / "feed"}"'))
    entry = run(job, as_of="2026-11-21T00:00:00Z").run_id
    copy = tmp_path / "copy"
    shutil.copytree(tmp_path / "job", copy, ignore=shutil.ignore_patterns("store"))
    shutil.copytree(tmp_path / "feed", copy / "feed")
    (copy / "roster.csv").rename(copy / "renamed.csv")
    renamed = text.replace('pings = "pings"', 'pings = "feed"').replace('"roster.csv"', '"renamed.csv"')
    (copy / "job.toml").write_text(renamed)
    auditor = Auditor(inputs=copy / "job.toml")
    found = {check.number: check for check in verify(tmp_path / "job" / "store", auditor, run=entry).checks}
    assert {found[number].status for number in ("4.1", "4.2", "5.1", "5.2", "5.3")} == {Status.PASS}
    assert "were not read" not in str(found["4.1"].why)
    (copy / "feed" / "part-0.csv").write_text("changed\n")
    found = {check.number: check for check in verify(tmp_path / "job" / "store", auditor, run=entry).checks}
    assert found["4.1"].status is Status.NOT_DONE
    assert "part-0.csv: no file of the job has this name or these bytes" in str(found["4.1"].why)


def test_a_folder_outside_of_the_jobs(tmp_path):
    """Inputs that the job names by an absolute path are found by their names below that path, or by their bytes."""
    job = published(tmp_path / "job")
    shutil.move(tmp_path / "job" / "pings", tmp_path / "pings of another system")
    job.write_text(job.read_text().replace('pings = "pings"', f'pings = "{tmp_path / "pings of another system"}"'))
    run(job, as_of="2026-11-21T00:00:00Z")
    found = {check.number: check for check in verify(tmp_path / "job" / "store", Auditor(inputs=job)).checks}
    assert found["4.1"].status is Status.PASS, "the older run's are found by their bytes"
    assert found["5.1"].count.value == 8


def test_with_a_missing_input_the_checks_are_not_done(tmp_path):
    """Also those that depend on it; nothing is reported as wrong."""
    job = published(tmp_path)
    (tmp_path / "roster.csv").unlink()
    found = checks(tmp_path / "store", inputs=job)
    assert {found[number].status for number in ("4.1", "4.2", "5.1", "5.2", "5.3")} == {Status.NOT_DONE}
    assert str(found["4.1"].why) == "entry 0: roster.csv: no file of the job has this name or these bytes"


def test_without_the_pseudonym_key_everything_but_pseudonyms_is_checked(tmp_path):
    """Check 5.2 says so."""
    job = published(tmp_path)
    (tmp_path / "pseudonym.key").unlink()
    found = checks(tmp_path / "store", inputs=job)
    assert found["5.1"].status is Status.PASS
    assert found["5.2"].status is Status.NOT_DONE
    assert "the key that it used was not given" in str(found["5.2"].why)


def test_another_pseudonym_key_is_not_used(tmp_path):
    """Keys change over time: a run with an older key is checked as if no key was given."""
    job = published(tmp_path)
    (tmp_path / "pseudonym.key").write_text("ab" * 32)
    assert checks(tmp_path / "store", inputs=job)["5.2"].status is Status.NOT_DONE


def test_one_run_alone(tmp_path):
    """Checks of files and rows look at that run only; the log is always checked as a whole."""
    job = published(tmp_path, end="2026-03-02T12:30:00Z")
    second = run(job, start="2026-03-02T12:30:00Z", as_of=AFTERWARDS)
    found = {c.number: c for c in verify(tmp_path / "store", Auditor(inputs=job), run=second.run_id).checks}
    assert [found[number].count.value for number in ("1.1", "3.3", "5.1")] == [2, 2, 2]


def test_what_cannot_be_checked_is_a_usage_error(tmp_path):
    """No store, no such run, not a checkpoint, not a key: the error says what was expected."""
    published(tmp_path)
    with pytest.raises(UsageError, match="there is no store"):
        verify(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="no entry of the log names that run"):
        verify(tmp_path / "store", run="0" * 32)
    with pytest.raises(UsageError, match="this is not a checkpoint"):
        checks(tmp_path / "store", since=tmp_path / "roster.csv")
    with pytest.raises(UsageError):
        checks(tmp_path / "store", keys=(tmp_path / "roster.csv",))


def test_a_heartbeat_passes(tmp_path):
    """It is also checked that there was nothing to record."""
    job = published(tmp_path, start="2020-01-01", end="2020-01-02")
    found = checks(tmp_path / "store", inputs=job)
    assert {check.status for check in found.values()} == {Status.PASS, Status.NOT_DONE, Status.DOES_NOT_APPLY}
    assert found["4.3"].status is Status.PASS
    assert found["5.3"].status is Status.PASS
