"""What check 7 says of the policies that were used, one after the other."""

from __future__ import annotations

from copy import deepcopy
from types import SimpleNamespace
from typing import Any, cast

from offduty.config.policy import Policy
from offduty.verify.checks.policy import history
from offduty.verify.entries import AuditedEntry

POLICY = {"policy": {"name": "p", "purpose": "tests", "timezone": "UTC"}, "duty": {"on_codes": ["duty"]}}


def entry(number: int, policy: dict[str, Any]) -> AuditedEntry:
    """A run, as far as the history of policies looks at it."""
    return cast(AuditedEntry, SimpleNamespace(number=number, document={"policy": policy}))


def test_a_key_with_a_digit_in_its_name_is_named():
    """`legs.max_site_km2` is a name and no number; the check once broke off there."""
    before = Policy.from_dict(POLICY).as_document()
    after = deepcopy(before)
    after["legs"]["max_site_km2"] = "6"
    assert "which differs in legs.max_site_km2" in str(history([entry(0, before), entry(1, after)]))
