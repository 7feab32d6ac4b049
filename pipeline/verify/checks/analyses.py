"""Check 8.1: each question of the employer's was agreed on, and was asked of runs that were in the log by then.

An entry of kind analysis has no id and no result; what it claims of policy, runs and key is looked at here. How many
answers about one officer were given to somebody else is told: a sweep over many officers shows. Of a comparison of
policies and of a pack no terms are asked: they are about no one, and are what people sit over before they agree.

With ``--policy`` the terms must be those of that policy, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any

from offduty.config.policy import Policy
from offduty.verify.checks.made_up_again import is_of_made_up
from offduty.verify.checks.policy import differences, effective, policy_hash
from offduty.verify.entries import AuditedEntry, AuditedLog
from offduty.verify.manifest_analysis import ABOUT_POLICIES, MADE_UP_TABLE
from offduty.verify.output_files import where
from offduty.verify.verdict import Check, CheckBuilder, EntryNumber, Label, Unit, explain

WITHOUT_RELEASE = frozenset({"roster-audit"})
"""Analyses that read no release, and no pseudonym."""
WITHOUT_TERMS = "of them about policies (comparisons, and packs for consultation): no terms are asked"
OF_ITS_TIME = "if it was agreed on then, give the policy of its time"
SINGLE = "of them about one officer, and given to somebody else"
OWN = "of them about one officer, and made for that officer"


def check_analyses(log: AuditedLog, given: Path | None) -> Check:
    """8.1, for all analyses of the log; ``given`` is the policy that was agreed."""
    check = CheckBuilder(
        "8.1", "each question was agreed on, and was asked of runs in the log", "analyses in the log", Unit.ENTRIES
    )
    policies = {policy_hash(run): run.document["policy"] for run in log.runs()}
    agreed = None if given is None else Policy.load(given)
    if agreed is not None:
        policies[agreed.sha256] = agreed.as_document()
    signed: set[str] = set()
    for entry in log.entries:
        if entry.kind == "agreement" and not entry.faults:
            signed.add(entry.document["policy_sha256"])
        elif entry.kind == "analysis" and not entry.faults:
            check.add()
            if entry.document["analysis"] in ABOUT_POLICIES:
                check.figure(WITHOUT_TERMS, 1)
                _about_policies(check, log, entry)
                continue
            _runs(check, log, entry, policies)
            if _agreed(check, entry, policies) and agreed is not None and entry.document["policy_sha256"] not in signed:
                _as_given(check, entry, policies, agreed.as_document())
    for answer, said in (("single_case", SINGLE), ("own_copy", OWN)):
        made = sum(entry.document.get("answer") == answer for entry in log.entries)
        if made:
            check.figure(said, made)
    return check.result("by its policy, for one of its recipients, and of runs before it", "the log has no analysis")


def _runs(check: CheckBuilder, log: AuditedLog, entry: AuditedEntry, policies: Mapping[str, Any]) -> None:
    """The runs whose release it says it read: before it, under the policy that it names, with the key that it names."""
    before = {run.run_id: run for run in log.runs() if run.number < entry.number}
    asked = entry.document["runs"]
    if bool(asked) is (entry.document["analysis"] in WITHOUT_RELEASE):
        check.wrong(f"{where(entry)}: it reads a release where the question needs none, or none where it needs one")
    _known(check, entry, before.keys())
    if not asked and entry.document["pseudonym"]:
        _has_key_of_a_run(check, log, entry)
    policy = policies.get(entry.document["policy_sha256"])
    for run in (before[run_id] for run_id in asked if run_id in before):
        if run.document["keys"].get("pseudonym") != entry.document["pseudonym"]:
            check.wrong(f"{where(entry)}: its pseudonym key is not that of entry {run.number}, whose release it read")
        if policy is not None and differences(effective(policy), effective(run.document["policy"])):
            check.wrong(f"{where(entry)}: its policy is another than that of entry {run.number}, whose release it read")


def _has_key_of_a_run(check: CheckBuilder, log: AuditedLog, entry: AuditedEntry) -> None:
    """The key of an answer that reads no release is that of a run all the same: else nobody could make it again."""
    before = [each for each in log.with_files() if each.number < entry.number]
    if entry.document["pseudonym"] not in {run.document["keys"].get("pseudonym") for run in before}:
        check.wrong(f"{where(entry)}: its pseudonym key is that of no run before it")


def _about_policies(check: CheckBuilder, log: AuditedLog, entry: AuditedEntry) -> None:
    """Of a comparison, that it is recorded where its second side lies, and names each side that lies there."""
    before = {each.run_id for each in log.with_files() if each.number < entry.number}
    _known(check, entry, before)
    sides = entry.document["parameters"]
    if entry.document["analysis"] == "compare":
        if sides["other"] not in before:
            check.wrong(f"{where(entry)}: what it says it weighed is no run or trial of the log")
        if set(entry.document["runs"]) != before & set(sides.values()):
            check.wrong(f"{where(entry)}: the runs that it names are not the two that it says it compared")
        _made_up(check, log, entry)


def _made_up(check: CheckBuilder, log: AuditedLog, entry: AuditedEntry) -> None:
    """What releases confirm, and how far they give homes away, is compared of people alone who are made up."""
    sides = [each for each in log.with_files() if each.run_id in entry.document["runs"]]
    if MADE_UP_TABLE in _outputs(entry) and not all(is_of_made_up(side) for side in sides):
        check.wrong(f"{where(entry)}: it says what releases of people confirm who are not made up")
        check.tell("a question was asked about the workforce that it had not agreed to")


def _outputs(entry: AuditedEntry) -> set[str]:
    return {output["name"] for output in entry.document["outputs"]}


def _known(check: CheckBuilder, entry: AuditedEntry, before: Set[str]) -> None:
    if set(entry.document["runs"]) - before:
        check.wrong(f"{where(entry)}: it names a run that was not in the log")


def _agreed(check: CheckBuilder, entry: AuditedEntry, policies: Mapping[str, Any]) -> bool:
    """Whether its own policy, that of a run or the one that is given, names it for whoever asked."""
    policy = policies.get(entry.document["policy_sha256"])
    if policy is None:
        check.not_done(
            explain(
                "entry {entry}: no run of the log has its policy; give that policy with --policy",
                entry=EntryNumber(entry.number),
            )
        )
        return False
    unnamed = "its policy does not name this question, so nobody agreed to it"
    not_for = "it was answered to somebody who is no recipient in its policy"
    return _names(check, entry, _terms(policy, entry), unnamed, not_for)


def _as_given(check: CheckBuilder, entry: AuditedEntry, policies: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Whether the policy that was agreed names it, too, with the same terms: who writes the policy of a run can write
    into it what may be asked, and check 7.2 passes over that. Where its policy was signed by then, 7.6 looks at it.
    """
    its, agreed = _terms(policies[entry.document["policy_sha256"]], entry), _terms(given, entry)
    unnamed = f"the policy of a run names this question, and --policy does not ({OF_ITS_TIME})"
    not_for = f"it was answered to somebody who is no recipient in --policy ({OF_ITS_TIME})"
    if _names(check, entry, agreed, unnamed, not_for) and its != agreed:
        check.not_done(
            explain(
                "entry {entry}: its policy has other terms of this question than --policy; {why}",
                entry=EntryNumber(entry.number),
                why=Label(OF_ITS_TIME),
            )
        )


def _names(
    check: CheckBuilder, entry: AuditedEntry, terms: Mapping[str, Any] | None, unnamed: str, not_for: str
) -> bool:
    """Whether terms name the question for whoever asked; what is wrong is said in the two sentences that are given."""
    if terms is None:
        check.wrong(f"{where(entry)}: {unnamed}")
        check.tell("a question was asked about the workforce that it had not agreed to")
    elif not _is_recipient(entry, terms):
        check.wrong(f"{where(entry)}: {not_for}")
        check.tell("an answer went to somebody whom the workforce had not agreed to")
    else:
        return True
    return False


def _terms(policy: Mapping[str, Any], entry: AuditedEntry) -> Mapping[str, Any] | None:
    """What a policy says of the question; None where it does not name it."""
    terms: Mapping[str, Any] | None = policy.get("analyses", {}).get(entry.document["analysis"].replace("-", "_"))
    return terms


def _is_recipient(entry: AuditedEntry, terms: Mapping[str, Any]) -> bool:
    return entry.document["answer"] == "own_copy" or entry.document["role"] in terms["recipients"]
