"""Check 8.1: each question of the employer's was agreed on, and was asked of runs that were in the log by then.

An entry of kind analysis has no id and no result; what it claims of policy, runs and key is looked at here. How many
answers about one officer were given to somebody else is told: a sweep over many officers shows. Of a comparison of
policies and of a pack no terms are asked: they are about no one, and are what people sit over before they agree.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any

from offduty.config.policy import Policy
from offduty.verify.checks.policy import differences, effective, policy_hash
from offduty.verify.entries import AuditedEntry, AuditedLog
from offduty.verify.manifest_analysis import ABOUT_POLICIES
from offduty.verify.output_files import where
from offduty.verify.verdict import Check, CheckBuilder, EntryNumber, Unit, explain

WITHOUT_RELEASE = frozenset({"roster-audit"})
"""Analyses that read no release, and no pseudonym."""
WITHOUT_TERMS = "comparisons of policies and packs for consultation, of which no terms are asked"
SINGLE = "answers about one officer that were given to somebody else"


def check_analyses(log: AuditedLog, given: Path | None) -> Check:
    """8.1, for all analyses of the log; ``given`` is the policy that was agreed."""
    check = CheckBuilder(
        "8.1", "each question was agreed on, and was asked of runs in the log", "analyses in the log", Unit.ENTRIES
    )
    policies = {policy_hash(run): run.document["policy"] for run in log.runs()}
    if given is not None:
        agreed = Policy.load(given)
        policies[agreed.sha256] = agreed.as_document()
    for entry in log.entries:
        if entry.kind == "analysis" and not entry.faults:
            check.add()
            if entry.document["analysis"] in ABOUT_POLICIES:
                check.figure(WITHOUT_TERMS, 1)
                _known(check, entry, {each.run_id for each in log.with_files() if each.number < entry.number})
                continue
            _runs(check, log, entry, policies)
            _agreed(check, entry, policies)
    singles = sum(entry.document.get("answer") == "single_case" for entry in log.entries)
    if singles:
        check.figure(SINGLE, singles)
    return check.result("by its policy, for one of its recipients, and of runs before it", "the log has no analysis")


def _runs(check: CheckBuilder, log: AuditedLog, entry: AuditedEntry, policies: Mapping[str, Any]) -> None:
    """The runs whose release it says it read: before it, under the policy that it names, with the key that it names."""
    before = {run.run_id: run for run in log.runs() if run.number < entry.number}
    asked = entry.document["runs"]
    if bool(asked) is (entry.document["analysis"] in WITHOUT_RELEASE):
        check.wrong(f"{where(entry)}: it reads a release where the question needs none, or none where it needs one")
    _known(check, entry, before.keys())
    policy = policies.get(entry.document["policy_sha256"])
    for run in (before[run_id] for run_id in asked if run_id in before):
        if run.document["keys"].get("pseudonym") != entry.document["pseudonym"]:
            check.wrong(f"{where(entry)}: its pseudonym key is not that of entry {run.number}, whose release it read")
        if policy is not None and differences(effective(policy), effective(run.document["policy"])):
            check.wrong(f"{where(entry)}: its policy is another than that of entry {run.number}, whose release it read")


def _known(check: CheckBuilder, entry: AuditedEntry, before: Set[str]) -> None:
    if set(entry.document["runs"]) - before:
        check.wrong(f"{where(entry)}: it names a run that was not in the log")


def _agreed(check: CheckBuilder, entry: AuditedEntry, policies: Mapping[str, Any]) -> None:
    document = entry.document
    policy = policies.get(document["policy_sha256"])
    if policy is None:
        check.not_done(
            explain(
                "entry {entry}: no run of the log has its policy; give that policy with --policy",
                entry=EntryNumber(entry.number),
            )
        )
        return
    terms = policy.get("analyses", {}).get(document["analysis"].replace("-", "_"))
    if terms is None:
        check.wrong(f"{where(entry)}: its policy does not name this question, so nobody agreed to it")
        check.tell("a question was asked about the workforce that it had not agreed to")
    elif document["answer"] != "own_copy" and document["role"] not in terms["recipients"]:
        check.wrong(f"{where(entry)}: it was answered to somebody who is no recipient in its policy")
        check.tell("an answer went to somebody whom the workforce had not agreed to")
