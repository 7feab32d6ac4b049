"""What check 7 says of the policies that were used, one after the other."""

from __future__ import annotations

import hashlib
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from offduty.config.policy import Policy
from offduty.verify.checks.analyses import check_analyses
from offduty.verify.checks.policy import check_policies, history
from offduty.verify.entries import AuditedEntry, canonical
from offduty.verify.verdict import Check, Status

POLICY = {"policy": {"name": "p", "purpose": "tests", "timezone": "UTC"}, "duty": {"on_codes": ["duty"]}}


def entry(number: int, policy: dict[str, Any]) -> AuditedEntry:
    """A run, as far as check 7 looks at it."""
    document = {
        "policy": policy,
        "policy_sha256": hashlib.sha256(canonical(policy)).hexdigest(),
        "versions": {"offduty": "0.2.0"},
    }
    return cast(AuditedEntry, SimpleNamespace(number=number, run_id="a", document=document))


def used(policies: list[dict[str, Any]], given: Path) -> Check:
    """Check 7.2 of runs by these policies."""
    return check_policies([entry(number, policy) for number, policy in enumerate(policies)], given)[1]


AGREED = """
policy = { name = "p", purpose = "tests", timezone = "UTC" }
duty = { on_codes = ["duty"] }
[analyses.presence]
purpose = "planning"
recipients = ["planning"]
keep_days = 90
"""


def test_a_question_that_was_agreed_on_later_is_no_other_policy_of_a_run(tmp_path):
    """It decides nothing of a run: red for every night before it would say that something is wrong."""
    given = tmp_path / "policy.toml"
    given.write_text(AGREED)
    agreed = Policy.load(given).as_document()
    before = deepcopy(agreed)
    before.pop("analyses")
    check = used([before, agreed], given)
    assert check.status is Status.PASS
    assert "of [analyses], which decides nothing of a run, another version was agreed then: 1" in str(check.why)


def asked(given: Path, its: dict[str, Any], signed: bool = False, answer: str = "aggregate") -> Check:
    """Check 8.1 of one question about presence, put to planning by the policy of a run."""
    run = entry(0, its)
    sha256, key = run.document["policy_sha256"], "0" * 32
    question = {
        "analysis": "presence",
        "answer": answer,
        "role": "" if answer == "own_copy" else "planning",
        "policy_sha256": sha256,
        "runs": ["a"],
        "pseudonym": key,
    }
    run.document.update(run_id="a", keys={"pseudonym": key})
    others = [("agreement", {"policy_sha256": sha256})] if signed else []
    entries = [
        SimpleNamespace(number=number, kind=kind, faults=(), document=document)
        for number, (kind, document) in enumerate([("run", run.document), *others, ("analysis", question)])
    ]
    return check_analyses(cast(Any, SimpleNamespace(entries=entries, runs=lambda: [run])), given)


UNION = AGREED.replace('recipients = ["planning"]', 'recipients = ["the union"]')
OTHERS = AGREED.replace("[analyses.presence]", "[analyses.roster_audit]")


@pytest.mark.parametrize(
    ("given", "status", "says"),
    [
        (AGREED, Status.PASS, ""),
        (AGREED + OTHERS[OTHERS.index("[analyses") :], Status.PASS, ""),
        (AGREED[: AGREED.index("[analyses")], Status.FAIL, "--policy does not"),
        (OTHERS, Status.FAIL, "--policy does not"),
        (UNION, Status.FAIL, "no recipient in --policy"),
        (AGREED.replace("keep_days = 90", "keep_days = 900"), Status.NOT_DONE, "has other terms"),
    ],
)
def test_whoever_writes_the_policy_of_a_run_agrees_to_no_question_by_that(tmp_path, given, status, says):
    """Check 7.2 passes over `[analyses]`, so 8.1 looks at what the given policy says of what was asked."""
    (tmp_path / "its.toml").write_text(AGREED)
    (tmp_path / "given.toml").write_text(given)
    its = Policy.load(tmp_path / "its.toml").as_document()
    assert used([its], tmp_path / "given.toml").status is Status.PASS
    check = asked(tmp_path / "given.toml", its)
    assert (check.status, says in f"{check.why} {check.findings}") == (status, True)
    assert asked(tmp_path / "given.toml", its, signed=True).status is Status.PASS


def test_an_own_copy_needs_no_recipient_in_the_policy_that_is_given(tmp_path):
    """It is for the officer."""
    (tmp_path / "its.toml").write_text(AGREED)
    (tmp_path / "given.toml").write_text(UNION)
    check = asked(tmp_path / "given.toml", Policy.load(tmp_path / "its.toml").as_document(), answer="own_copy")
    assert check.status is Status.NOT_DONE


def test_a_question_beside_another_rule_is_another_policy(tmp_path):
    """Whatever else differs is named, and fails."""
    given = tmp_path / "policy.toml"
    given.write_text(AGREED)
    other = deepcopy(Policy.load(given).as_document())
    other.pop("analyses")
    other["places"]["buffer_m"] = "100"
    check = used([other], given)
    assert check.status is Status.FAIL
    assert "analyses.presence, places.buffer_m" in check.findings[0]


def test_a_key_with_a_digit_in_its_name_is_named():
    """`legs.max_site_km2` is a name and no number; the check once broke off there."""
    before = Policy.from_dict(POLICY).as_document()
    after = deepcopy(before)
    after["legs"]["max_site_km2"] = "6"
    assert "which differs in legs.max_site_km2" in str(history([entry(0, before), entry(1, after)]))
