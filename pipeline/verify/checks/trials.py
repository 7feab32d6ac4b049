"""Check 7.5: policies that were tried out (specification#trial), and that each trial was about enough people and days.

What a policy would change for few people says where they were. A trial has no release (check 1.1 allows none), so what
can be checked here is why it was allowed: its keys are those of made-up forces, or its interval and its counts do not
rule out what it says of itself. With --inputs its ledger is decided again, as that of a run is.
"""

from __future__ import annotations

from datetime import timedelta

from offduty.verify.entries import AuditedEntry, span
from offduty.verify.output_files import where
from offduty.verify.verdict import Check, CheckBuilder, Count, Unit, explain

TOY_FINGERPRINT = "14ac2d30c1a248fc0ed9474a73d352b8"
"""The fingerprint of the pseudonym key that every made-up force has."""
LEAST_OFFICERS = 100
LEAST_DAYS = 28


def check_trials(trials: list[AuditedEntry]) -> Check:
    """7.5, over trials with a valid manifest."""
    check = CheckBuilder("7.5", "policies were tried out on many people, or on a made-up force", "trials", Unit.ENTRIES)
    for trial in trials:
        check.add()
        if trial.document["about"] == "made_up":
            if trial.document["keys"].get("pseudonym") != TOY_FINGERPRINT:
                check.wrong(f"{where(trial)}: it says that its force is made up, and its key is none of such a force")
        elif not _can_be_many(trial):
            check.wrong(f"{where(trial)}: it is about fewer people or days than a policy may be tried out on")
    tried = explain("{trials} are in the log: look at what each tried", trials=Count(len(trials), Unit.ENTRIES))
    return check.result(tried, "no policy was tried out")


def _can_be_many(trial: AuditedEntry) -> bool:
    """Whether a hundred officers and 28 days can have a released position; a local day more or less may be in part."""
    begins, ends = span(trial.document)
    enough = int(trial.document["counts"]["on_duty"]) >= max(LEAST_OFFICERS, LEAST_DAYS)
    return enough and ends - begins > timedelta(days=LEAST_DAYS - 2)
