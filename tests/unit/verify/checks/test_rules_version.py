"""A run by older rules: what needs the rules is NOT DONE and says why, and everything else is checked as ever."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Any

import pytest

from offduty.verify.auditor import Auditor, verify
from offduty.verify.checks.rules_version import older_rules
from offduty.verify.entries import canonical
from offduty.verify.verdict import Check, Status
from tests.tamper.base import SEED, Audit, make_base
from tests.tamper.forge import Forged

BY_THE_RULES = {"4.2", "5.1", "5.2", "5.3", "5.4"}
NEW_KEYS = {
    "accuracy": ["zero"],
    "places": ["max_km"],
    "legs": ["max_gap_s", "pass_by_s", "max_site_km2"],
    "release": ["keep_superseded", "keep_days"],
}


def older(manifest: dict[str, Any]) -> None:
    """Make a manifest one of version 0.1.0."""
    for key in ("declarations", "reported", "reported_counts", "after_as_of", "recorded_after_as_of", "references"):
        del manifest[key]
    for section, keys in NEW_KEYS.items():
        for key in keys:
            del manifest["policy"][section][key]
    manifest["versions"]["offduty"] = "0.1.0"
    manifest["columns_read_as_utc"] = {}
    manifest["policy_sha256"] = hashlib.sha256(canonical(manifest["policy"])).hexdigest()


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Audit:
    """A store in which nothing is wrong."""
    return make_base(tmp_path_factory.mktemp("base"))


@pytest.mark.parametrize(
    ("version", "older_than_these"),
    [("0.1.0", True), ("0.1.12", True), ("0.2.0", False), ("0.2.0.dev1", False), ("1.0", False), ("x", True)],
)
def test_which_versions_are_older(version, older_than_these):
    """By numbers, and not by letters; a version without numbers is no newer one."""
    assert older_rules({"versions": {"offduty": version}}) is older_than_these


def of_version_1(base: Audit, folder: Path) -> tuple[Audit, Forged]:
    """A copy of the store whose runs were written by version 0.1.0."""
    shutil.copytree(base.folder, folder)
    audit = Audit(folder)
    forged = Forged(audit.store, SEED)
    for number, manifest in enumerate(forged.manifests):
        older(manifest)
        forged.rename(number)
    forged.seal()
    return audit, forged


def checks(audit: Audit) -> dict[str, Check]:
    """All checks, by number."""
    given = Auditor(keys=[audit.key], inputs=audit.job, reference=audit.job, policy=audit.policy)
    return {check.number: check for check in verify(audit.store, given).checks}


def test_older_runs_are_not_done_and_never_a_fail(base, tmp_path):
    """Each check that needs the rules says by which version the run was written."""
    audit, _ = of_version_1(base, tmp_path / "older")
    found = checks(audit)
    statuses = {number: check.status for number, check in found.items()}
    assert Status.FAIL not in statuses.values()
    assert {statuses[number] for number in BY_THE_RULES} == {Status.NOT_DONE}
    words = "written by offduty 0.1.0, whose rules this version does not apply; verify it with offduty 0.1.0"
    assert all(words in str(found[number].why) for number in (*BY_THE_RULES, "7.2"))
    now = checks(base)
    same = set(found) - BY_THE_RULES - {"7.2"}
    assert {number: statuses[number] for number in same} == {number: now[number].status for number in same}


def test_another_policy_is_found_in_older_runs_too(base, tmp_path):
    """What the rules of both versions have is compared."""
    audit, forged = of_version_1(base, tmp_path / "older")
    forged.manifests[0]["policy"]["places"]["buffer_m"] = "100"
    policy = forged.manifests[0]["policy"]
    forged.manifests[0]["policy_sha256"] = hashlib.sha256(canonical(policy)).hexdigest()
    forged.rename()
    forged.seal()
    found = checks(audit)["7.2"]
    assert found.status is Status.FAIL
    assert found.findings[0] == "entry 0: another policy was used; it differs in places.buffer_m"


def test_a_tampered_store_of_older_runs_fails_as_before(base, tmp_path):
    """A changed release is found by its hash, its bytes and its counts."""
    audit, forged = of_version_1(base, tmp_path / "older")
    forged.edit("release", lambda rows: rows[1:])
    failed = {number for number, check in checks(audit).items() if check.status is Status.FAIL}
    assert {"2.1", "4.3"} <= failed
