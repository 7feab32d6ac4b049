"""Formats the checks of `offduty verify` for a page that may not print exact numbers of rows.

Each number of a check comes as a `Count` with its unit, and each file name as a `FileName`, so nothing here depends on
the wording of a check: counts of rows are rounded, names of files are left out (docs/reporting.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from offduty.report.disclosure import magnitude
from offduty.verify.verdict import Check, Count, FileName, Part, Status, Unit

EXACT = frozenset({Unit.FILES, Unit.NAMES, Unit.ENTRIES, Unit.COSIGNERS})
"""Units whose counts are printed exactly; of every other unit, also of one that is added later, only the magnitude."""


@dataclass(frozen=True)
class VerificationEvidence:
    """What the verifier has besides the store and its inputs: public keys to trust, and the policy that was agreed."""

    keys: Sequence[Path] = ()
    policy: Path | None = None


NOTHING_MORE = VerificationEvidence()
"""Nothing besides the store and its inputs."""


def verdict(proof: Sequence[Check] | None) -> tuple[Status, str]:
    """One line for all checks, which names a failure first. NOT DONE where there are no checks.

    >>> verdict(None)[0]
    <Status.NOT_DONE: 'NOT DONE'>
    """
    if not proof:
        return Status.NOT_DONE, "Nothing in this report was verified. What it says rests on the store’s own word."
    failed = [check for check in proof if check.status is Status.FAIL]
    undone = [check for check in proof if check.status is Status.NOT_DONE]
    passed = len(proof) - len(failed) - len(undone)
    if failed:
        names = "; ".join(f"{check.number} ({check.name})" for check in failed)
        return Status.FAIL, f"Verification failed: check {names}. Do not rely on this report before that is explained."
    if undone:
        return Status.NOT_DONE, f"{passed} of {len(proof)} checks were done and passed; {len(undone)} were not done."
    return Status.PASS, f"All {len(proof)} checks of offduty verify were done and passed."


def how_many(check: Check) -> str:
    """How many a check looked at: rows rounded to their magnitude, entries and files exactly."""
    return printed(check.count)


def why(check: Check) -> str:
    """Why a check ended as it did, without exact numbers of rows and without names of files."""
    return "".join(map(printed, check.why.parts))


def printed(part: Part) -> str:
    """One part of an explanation as the page prints it.

    >>> printed(Count(4_778_659, Unit.ROWS)), printed(Count(1_240, Unit.FILES)), printed(FileName("pings/a.parquet"))
    ('about 4,800,000', '1,240', 'a file')
    """
    if isinstance(part, Count):
        return str(part) if part.unit in EXACT else magnitude(part.value)
    return "a file" if isinstance(part, FileName) else str(part)
