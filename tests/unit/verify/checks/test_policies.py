"""What check 7 says of the policies that were used, one after the other."""

from __future__ import annotations

import hashlib
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from offduty.config.policy import Policy
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
    return cast(AuditedEntry, SimpleNamespace(number=number, document=document))


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
