"""Checks 7: which rules the runs used, since when, and whether they are the policy that the workforce agreed to.

The rule is specification#policy-file.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from offduty.config.policy import Policy
from offduty.verify.checks.rules_version import other_rules
from offduty.verify.entries import AuditedEntry, canonical
from offduty.verify.output_files import where
from offduty.verify.verdict import (
    Check,
    CheckBuilder,
    Count,
    EntryNumber,
    Explanation,
    FileName,
    Label,
    Unit,
    explain,
    join,
)

NEW_IN_VERSION_2 = {
    "accuracy.zero",
    "places.max_km",
    "legs.max_gap_s",
    "legs.pass_by_s",
    "legs.hold_s",
    "legs.max_site_km2",
    "release.keep_superseded",
    "release.keep_days",
}
"""Keys that runs by older rules do not have, or of which the default was another."""


QUESTIONS = "analyses"
"""The section with the questions that an employer may ask."""


def check_policies(runs: list[AuditedEntry], given: Path | None) -> list[Check]:
    """7.1 each policy has the hash that its manifest gives, 7.2 every run used exactly the policy that is given.

    Other terms of `[analyses]` are no other policy of a run: they are agreed on later, and no run asks them (8.1 looks
    at each question). That they differ is said.
    """
    return [_hashes(runs), _used(runs, given)]


def _hashes(runs: list[AuditedEntry]) -> Check:
    check = CheckBuilder(
        "7.1", "each policy in full has the hash that its entry gives", "policies in manifests", Unit.ENTRIES
    )
    for run in runs:
        check.add()
        if policy_hash(run) != run.document["policy_sha256"]:
            check.wrong(f"{where(run)}: the policy has another hash than the entry gives")
    return check.result(history(runs), "the log has no run")


def _used(runs: list[AuditedEntry], given: Path | None) -> Check:
    check = CheckBuilder("7.2", "every run used the policy that was agreed", "runs, against --policy", Unit.ENTRIES)
    if given is None:
        check.not_done("no --policy was given to compare them with", "--policy")
        return check.result()
    agreed = Policy.load(given)
    questions = 0
    for run in runs:
        why = other_rules(run)
        if policy_hash(run) == agreed.sha256:
            check.add()
            continue
        changed = differences(agreed.as_document(), run.document["policy"])
        if why is not None and set(changed) <= NEW_IN_VERSION_2:
            check.not_done(why)
            continue
        check.add()
        if why is None and changed and all(key.startswith(f"{QUESTIONS}.") for key in changed):
            questions += 1
            continue
        changed = changed if why is None else [key for key in changed if key not in NEW_IN_VERSION_2]
        check.wrong(f"{where(run)}: another policy was used; it differs in {', '.join(changed)}")
    if questions:
        check.does_not_apply(
            explain(
                "of [analyses], which decides nothing of a run, another version was agreed then: {runs}",
                runs=Count(questions, Unit.ENTRIES),
            )
        )
    return check.result(
        explain("each used exactly the policy of {file}", file=FileName(given.name)), "the log has no run"
    )


def policy_hash(run: AuditedEntry) -> str:
    """The SHA-256 of the policy in a manifest, as canonical JSON."""
    return hashlib.sha256(canonical(run.document["policy"])).hexdigest()


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """The keys in which two policies differ, such as ``places.buffer_m``."""
    flat = [
        {f"{section}.{key}": value for section, values in policy.items() for key, value in dict(values).items()}
        for policy in (before, after)
    ]
    return sorted(key for key in flat[0] | flat[1] if flat[0].get(key) != flat[1].get(key))


WITHOUT_EFFECT = {"policy.name", "release.keep_superseded", "release.keep_days"}
"""Keys that neither decide, coarsen, name columns nor make pseudonyms."""
HELD_BEFORE: dict[str, Any] = {"accuracy.zero": "imprecise", "legs.pass_by_s": 0}
"""What held in versions that did not have the key."""
IN_ANY_ORDER = {"duty.on_codes", "release.extra_columns"}


def effective(policy: dict[str, Any]) -> dict[str, Any]:
    """A policy as far as it makes another release: by section and key (specification#another-policy)."""
    found: dict[str, Any] = {}
    for key, value in HELD_BEFORE.items():
        section, _, name = key.partition(".")
        found.setdefault(section, {})[name] = value
    for section, values in policy.items():
        for name, value in dict(values).items():
            key = f"{section}.{name}"
            if section not in ("analyses", "agreement") and key not in WITHOUT_EFFECT:
                found.setdefault(section, {})[name] = sorted(value) if key in IN_ANY_ORDER else value
    return found


def history(runs: list[AuditedEntry]) -> Explanation:
    """Which policies were used, from which entry on, and in which keys each differs from the one before."""
    periods: list[Explanation] = []
    before: AuditedEntry | None = None
    for run in runs:
        if before is None or policy_hash(before) != policy_hash(run):
            periods.append(_period(run, before))
            before = run
    return join(periods)


def _period(run: AuditedEntry, before: AuditedEntry | None) -> Explanation:
    changed = differences(before.document["policy"], run.document["policy"]) if before else []
    differs = explain(", which differs in {keys}", keys=Label(", ".join(changed))) if changed else Explanation()
    return explain(
        "from entry {entry}: {name}, {hash}{differs}",
        entry=EntryNumber(run.number),
        name=Label(repr(run.document["policy"]["policy"]["name"])),
        hash=Label(policy_hash(run)[:12]),
        differs=differs,
    )
