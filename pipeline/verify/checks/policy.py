"""Checks 7: which rules the runs used, since when, and whether they are those that the workforce was consulted on (SPEC
10).
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from offduty.config.policy import Policy
from offduty.verify.checks.files import where
from offduty.verify.entries import AuditedEntry, canonical
from offduty.verify.verdict import Check, CheckBuilder


def check_policies(runs: list[AuditedEntry], given: Path | None) -> list[Check]:
    """7.1 each manifest's policy has the hash it says, 7.2 every run used exactly the policy that is given."""
    return [_hashes(runs), _used(runs, given)]


def _hashes(runs: list[AuditedEntry]) -> Check:
    look = CheckBuilder("7.1", "each policy in full has the hash that its entry gives", "policies in manifests")
    for run in runs:
        look.at()
        if policy_hash(run) != run.document["policy_sha256"]:
            look.wrong(f"{where(run)}: the policy has another hash than the entry gives")
    return look.over(history(runs), "the log names no run")


def _used(runs: list[AuditedEntry], given: Path | None) -> Check:
    look = CheckBuilder("7.2", "every run used the policy that was agreed", "runs, against --policy")
    if given is None:
        look.undone("no --policy was given to hold them to")
        return look.over()
    agreed = Policy.load(given)
    for run in runs:
        look.at()
        if policy_hash(run) != agreed.sha256:
            changed = ", ".join(differences(agreed.as_document(), run.document["policy"]))
            look.wrong(f"{where(run)}: another policy was used; it differs in {changed}")
    return look.over(f"each used exactly the policy of {given.name}", "the log names no run")


def policy_hash(run: AuditedEntry) -> str:
    """The hash of the policy that stands in a manifest."""
    return hashlib.sha256(canonical(run.document["policy"])).hexdigest()


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """The keys in which two policies differ, such as ``places.buffer_m``."""
    flat = [
        {f"{section}.{key}": value for section, values in policy.items() for key, value in dict(values).items()}
        for policy in (before, after)
    ]
    return sorted(key for key in flat[0] | flat[1] if flat[0].get(key) != flat[1].get(key))


def history(runs: list[AuditedEntry]) -> str:
    """Which policies were used, from which entry on, and in what each differs from the one before, in words."""
    told: list[str] = []
    before: AuditedEntry | None = None
    for run in runs:
        if before is None or policy_hash(before) != policy_hash(run):
            changed = differences(before.document["policy"], run.document["policy"]) if before else []
            name = dict(run.document["policy"].get("policy", {})).get("name", "")
            told.append(
                f"from entry {run.number}: {name!r}, {policy_hash(run)[:12]}"
                + (f", which differs in {', '.join(changed)}" if changed else "")
            )
            before = run
    return "; ".join(told)
