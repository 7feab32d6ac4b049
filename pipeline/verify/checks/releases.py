"""Checks 6.2, 7.3 and 7.4: the order of knowledge, one readable release of any time, and how long releases were kept.

The rules are specification#as-of-in-order, specification#supersede, specification#supersede-policy and
specification#keep-days. All three are read from the manifests alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from offduty.core.count_words import number_of
from offduty.verify.checks.policy import differences, effective
from offduty.verify.checks.rules_version import older_rules
from offduty.verify.entries import AuditedEntry, AuditedLog, overlap, zone
from offduty.verify.output_files import where
from offduty.verify.verdict import Check, CheckBuilder, Count, Unit, explain


def check_order(log: AuditedLog) -> Check:
    """6.2: no run knew less than an earlier one over an overlapping interval."""
    check = CheckBuilder("6.2", "what was known once is not forgotten", "runs, by their as_of", Unit.ENTRIES)
    runs = log.runs()
    for place, run in enumerate(runs):
        check.add()
        later = [
            earlier
            for earlier in runs[:place]
            if _as_of(earlier) > _as_of(run) and overlap(earlier.document, run.document)
        ]
        if later and older_rules(run.document):
            check.does_not_apply("runs of older versions of offduty, which had no such rule")
        elif later:
            check.wrong(
                f"{where(run)}: its as_of is before that of entry {later[-1].number}, over time that both decided: what"
                " that one hid by what was recorded since may come out"
            )
    return check.result("as_of never goes backwards over the same time", "the log has no run")


def _as_of(run: AuditedEntry) -> datetime:
    return datetime.fromisoformat(run.document["as_of"])


def check_releases(log: AuditedLog, runs: list[AuditedEntry]) -> list[Check]:
    """7.3 one readable release of any time, and one policy; 7.4 no release was deleted too early."""
    return [_one_release(log, runs), _deleted_too_early(log, runs)]


def _one_release(log: AuditedLog, runs: list[AuditedEntry]) -> Check:
    check = CheckBuilder(
        "7.3", "of any time one release can be read", "runs with a release that can be read", Unit.ENTRIES
    )
    gone, asked = log.expired(), {run.number for run in runs}
    readable = [run for run in log.runs() if run.kind == "run" and _release(run) - gone.get(run.run_id, set())]
    several = 0
    for place, run in enumerate(readable):
        check.add(run.number in asked)
        for later in readable[place + 1 :]:
            if not {run.number, later.number} & asked or not overlap(run.document, later.document):
                continue
            several += 1
            what = _two_releases(run, later)
            if what:
                check.wrong(what)
    kept = explain(
        "pairs of releases that overlap and may both be read: {pairs}; two releases of one time tell more than one",
        pairs=Count(several, Unit.ENTRIES),
    )
    if several:
        check.does_not_apply(kept)
    return check.result("no release under another policy, and none that should have been withdrawn", "no release is")


def _two_releases(run: AuditedEntry, later: AuditedEntry) -> str:
    """What is wrong where the releases of two runs over an overlapping interval can both be read; empty: nothing."""
    if older_rules(later.document):
        return ""
    changed = differences(effective(run.document["policy"]), effective(later.document["policy"]))
    if changed and run.document["policy_sha256"] != later.document["policy_sha256"]:  # if equal, check 7.1 tells
        return (
            f"{where(later)}: its policy differs from that of entry {run.number} in {', '.join(changed)}, and the"
            " releases of both can be read: together they tell more than either"
        )
    same = run.document["interval"] == later.document["interval"]
    if same and not later.document["policy"]["release"].get("keep_superseded", False):
        return (
            f"{where(run)}: entry {later.number} supersedes it, and its release can still be read. The next run"
            " withdraws it"
        )
    return ""


def _release(run: AuditedEntry) -> set[str]:
    """The names of the release files of a run."""
    return {output["name"] for output in run.document["outputs"] if output["name"].startswith("release/")}


def _deleted_too_early(log: AuditedLog, runs: list[AuditedEntry]) -> Check:
    check = CheckBuilder(
        "7.4", "no release was deleted earlier than its policy allows", "deleted files of releases", Unit.FILES
    )
    replaced = _replaced(log)
    by_id = {run.run_id: run for run in runs}
    for expiry, file in _deleted(log):
        run = by_id.get(file["run_id"])
        if run is None:
            continue
        if (run.run_id, file["name"]) in replaced:
            check.does_not_apply("releases that were withdrawn because another run took their place")
            continue
        check.add()
        days = int(run.document["policy"]["release"].get("keep_days", 0))
        last = _last_day(run, file["name"]) + timedelta(days)
        if days and _local_day(expiry.document["recorded_at"], run) <= last:
            check.wrong(
                f"{where(expiry)}: it deletes a file of the release of entry {run.number}, which its policy keeps for"
                f" {number_of(days, 'day')}"
            )
    return check.result("each was as old as release.keep_days asks for", "no release was deleted for its age")


def _replaced(log: AuditedLog) -> set[tuple[str, str]]:
    """The files that were withdrawn, by run and name. One that was withdrawn for a run that never came is among them
    only where another run has decided some of its time since.
    """
    withdrawn = {(run_id, name) for run_id, names in log.withdrawn().items() for name in names}
    for expiry in log.given_way_to_none():
        later = [run for run in log.runs() if run.number > expiry.number]
        ids = {file["run_id"] for file in expiry.document["files"]}
        gone = [run for run in log.runs() if run.run_id in ids]
        alone = {run.run_id for run in gone if not any(overlap(run.document, each.document) for each in later)}
        withdrawn -= {(run_id, name) for run_id, name in withdrawn if run_id in alone}
    return withdrawn


def _deleted(log: AuditedLog) -> Iterator[tuple[AuditedEntry, Mapping[str, Any]]]:
    for entry in log.entries:
        if entry.kind == "expiry" and not entry.faults:
            yield from ((entry, file) for file in entry.document["files"] if file["name"].startswith("release/"))


def _last_day(run: AuditedEntry, name: str) -> date:
    """The local day of a release file, or that of the run's ``as_of`` where that is later: nobody had it before."""
    return max(date.fromisoformat(name.removeprefix("release/date=")[:10]), _local_day(run.document["as_of"], run))


def _local_day(instant: str, run: AuditedEntry) -> date:
    """The day of an instant in the zone of a run's policy; in UTC where that zone is unknown."""
    at = datetime.fromisoformat(instant)
    try:
        return at.astimezone(zone(run.document["policy"]["policy"]["timezone"])).date()
    except (OSError, ValueError):
        return at.date()
