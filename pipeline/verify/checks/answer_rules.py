"""By which code an answer of the log was made: that of the offduty which it names, or other code.

An entry names the SHA-256 of the modules that decided (`rules_sha256`). Where it names this version of offduty, that
must be the one of the modules which are installed here. What another version answered was perhaps decided by other
rules: it is counted, and where the rules here give something else that is NOT DONE, as for runs (`rules_version`).
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from offduty.core.versions import version
from offduty.verify.checks.rules_version import wrote
from offduty.verify.entries import AuditedEntry
from offduty.verify.output_files import where
from offduty.verify.verdict import CheckBuilder, EntryNumber, Label, explain

FOLDER = Path(__file__).parents[2] / "analyses"
SEEN = ("eligible_duty", "visible_rows", "confirmed_time")
DECIDING = {
    "roster-audit": ("recorded_versions", "roster_signals", "funnel", "roster_audit"),
    "presence": (*SEEN, "presence"),
    "site-days": (*SEEN, "presence", "site_days"),
    "interests": (*SEEN, "recorded_versions", "presence", "declared_interests", "interests"),
    "compare": ("policy_comparison",),
    "consult": ("../consultation/gather", "../consultation/parts", "../consultation/pages"),
}
"""The modules of each question, below the folder of analyses."""
BY_OTHER_RULES = "of them made by other versions of offduty, by other rules than those here"
SHOWN = 12


def check_rules(check: CheckBuilder, entry: AuditedEntry) -> None:
    """Whether an answer was made by the code that it names: wrong where other code says that it is this version."""
    if not has_other_rules(entry):
        return
    if wrote(entry.document) != version("offduty"):
        check.figure(BY_OTHER_RULES, 1)
        return
    named, here = entry.document["rules_sha256"][:SHOWN], rules_here(entry.document["analysis"])[:SHOWN]
    check.wrong(
        f"{where(entry)}: its rules_sha256 ({named}...) is not that of offduty {version('offduty')}, which it names"
        f" ({here}...): other code answered; if a checkout did, verify it with that one"
    )
    check.tell("an answer was made by other code than it says")


def differs(check: CheckBuilder, entry: AuditedEntry, finding: str, told: str) -> None:
    """What was answered differs from what was made again: wrong, but where another version answered by other rules."""
    if has_other_rules(entry) and wrote(entry.document) != version("offduty"):
        check.not_done(
            explain(
                "entry {entry}: answered by offduty {version}, whose rules this version does not apply, and they give"
                " something else; verify it with offduty {version}",
                entry=EntryNumber(entry.number),
                version=Label(wrote(entry.document)),
            )
        )
        return
    check.wrong(f"{where(entry)}: {finding}")
    check.tell(told)


def has_other_rules(entry: AuditedEntry) -> bool:
    """Whether the code that an answer names is not the code that is installed here."""
    return bool(entry.document["rules_sha256"] != rules_here(entry.document["analysis"]))


@cache
def rules_here(analysis: str) -> str:
    """The SHA-256 of the modules of a question that are installed here, one after the other, in hex."""
    found = hashlib.sha256()
    for name in DECIDING[analysis]:
        found.update((FOLDER / f"{name}.py").read_bytes())
    return found.hexdigest()
