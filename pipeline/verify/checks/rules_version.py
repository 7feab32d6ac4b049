"""By which version of the rules a run was decided: the second implementation applies only the newest.

Runs that an older version of offduty wrote were decided by other rules. Every check that decides again, or that judges
by the rules, is NOT DONE for them, and says which version of offduty can do it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from offduty.verify.entries import AuditedEntry
from offduty.verify.verdict import EntryNumber, Explanation, Label, explain

FIRST = (0, 2)
"""The first version of offduty that decides by the rules which are applied here."""


def wrote(manifest: Mapping[str, Any]) -> str:
    """The version of offduty that wrote a manifest."""
    return str(manifest["versions"]["offduty"])


def older_rules(manifest: Mapping[str, Any]) -> bool:
    """Whether a run was decided by older rules than those that are applied here.

    >>> [older_rules({"versions": {"offduty": version}}) for version in ("0.1.0", "0.2.0", "0.10", "1")]
    [True, False, False, False]
    """
    numbers = re.match(r"([0-9]+)(?:\.([0-9]+))?", wrote(manifest))
    return numbers is None or (int(numbers[1]), int(numbers[2] or 0)) < FIRST


def other_rules(run: AuditedEntry) -> Explanation | None:
    """Why a check by the rules cannot be done for a run; None where it can."""
    if not older_rules(run.document):
        return None
    return explain(
        "entry {entry}: written by offduty {version}, whose rules this version does not apply; verify it with offduty"
        " {version}",
        entry=EntryNumber(run.number),
        version=Label(wrote(run.document)),
    )
