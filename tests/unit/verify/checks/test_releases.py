"""Checks 6.2, 7.3 and 7.4: nothing is forgotten, one release of any time, and none that was deleted too early."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from offduty import run
from offduty.admin.expire import expire
from offduty.store import retention
from offduty.store.local import append, open_store
from offduty.verify.auditor import verify
from offduty.verify.checks.policy import differences, effective
from offduty.verify.verdict import Check, Status
from tests.world import AFTERWARDS, DAY, lay_out, policy_of, world

LATER = "2026-11-21T00:00:00Z"


def job_of(folder: Path, **release: Any) -> Path:
    return lay_out(world(policy={"release": release}), folder)


def checks(job: Path) -> dict[str, Check]:
    return {check.number: check for check in verify(job.parent / "store").checks}


def withdraw_for(job: Path, superseding: str) -> None:
    """The release of the store's first run withdrawn for a run with that id."""
    with open_store(job.parent / "store") as store:
        document = store.logged[0].document
        files = retention.remaining_release(set(), document)
        append(store, retention.withdrawal(files, superseding, AFTERWARDS, "0.2.0"), [])
        retention.remove(store.runs, files)


def test_a_store_of_one_run_has_nothing_to_say_about_order(tmp_path):
    """One run, one release, nothing deleted."""
    job = job_of(tmp_path)
    run(job, as_of=AFTERWARDS)
    found = checks(job)
    assert [found[number].status for number in ("6.2", "7.3", "7.4")] == [
        Status.PASS,
        Status.PASS,
        Status.DOES_NOT_APPLY,
    ]


def test_releases_that_overlap_are_counted_and_may_be(tmp_path):
    """A day within a longer run under one policy: said beside the PASS, because two tell more than one."""
    job = job_of(tmp_path)
    run(job, as_of=AFTERWARDS)
    run(job, start=DAY, end="2026-03-03", as_of=AFTERWARDS)
    assert checks(job)["7.3"].status is Status.PASS
    assert "pairs of releases that overlap and may both be read: 1;" in str(checks(job)["7.3"].why)


@pytest.mark.parametrize(("keep_days", "status"), [(0, Status.PASS), (30, Status.FAIL)])
def test_a_release_that_is_deleted_too_early_is_named(tmp_path, keep_days, status):
    """Handed out and deleted at once: the day of the run counts, although the positions are old."""
    job = job_of(tmp_path, keep_days=keep_days)
    run(job)
    assert expire(job, before="2026-03-10").files
    found = checks(job)["7.4"]
    assert found.status is status
    assert found.count.value == 1
    if keep_days:
        assert "entry 1: it deletes a file of the release of entry 0, which its policy keeps for 30 days" in str(
            found.findings
        )


def test_a_release_whose_time_is_over_may_be_deleted(tmp_path):
    """Thirty whole days after the run's own day."""
    job = job_of(tmp_path, keep_days=30)
    run(job, as_of="2026-03-10T00:00:00Z")
    assert expire(job, before="2026-03-10").files
    assert checks(job)["7.4"].status is Status.PASS


def test_a_withdrawal_is_no_early_deletion(tmp_path):
    """The newer release stands in its place."""
    job = job_of(tmp_path, keep_days=30, keep_superseded=False)
    run(job, as_of=AFTERWARDS)
    run(job, as_of=LATER)
    found = checks(job)
    assert found["7.4"].status is Status.DOES_NOT_APPLY
    assert found["2.1"].status is Status.PASS
    assert "files of releases that were withdrawn when another run took their place: 1" in str(found["2.1"].why)


def test_a_withdrawal_for_a_run_that_never_came_is_an_early_deletion(tmp_path):
    """As long as nothing was released instead; a run over that time puts it right."""
    job = job_of(tmp_path, keep_days=30)
    run(job, as_of=AFTERWARDS)
    withdraw_for(job, "f" * 32)
    assert checks(job)["2.1"].status is not Status.FAIL
    assert checks(job)["7.4"].status is Status.FAIL
    assert run(job, as_of=LATER).published
    assert checks(job)["7.4"].status is Status.DOES_NOT_APPLY


def test_both_hands_call_the_same_policies_another(tmp_path):
    """The guard of a run and the auditor's check have code of their own, and must agree."""
    from offduty.runs.withdraw import changed_keys

    base = policy_of(None)
    others = [
        {"policy": {"name": "x"}},
        {"policy": {"purpose": "x"}},
        {"duty": {"on_codes": ["court", "duty", "training", "overtime"]}},
        {"duty": {"on_codes": ["duty"]}},
        {"release": {"keep_days": 5, "keep_superseded": False}},
        {"release": {"extra_columns": ["a"]}},
        {"legs": {"hold_s": 900}},
        {"pseudonym": {"rotate": "never"}},
    ]
    for other in others:
        after = policy_of(other)
        assert differences(effective(base), effective(after)) == changed_keys(base, after), other
    old = {section: dict(values) for section, values in base.items()}
    del old["accuracy"]["zero"], old["legs"]["hold_s"]
    assert differences(effective(old), effective(base)) == changed_keys(old, base) == ["legs.hold_s"]
