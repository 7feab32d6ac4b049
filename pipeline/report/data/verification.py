"""Formats the checks of `offduty verify` for a page that may not print exact numbers of rows.

Each number of a check comes as a `Count` with its unit, and each file name as a `FileName`, so nothing here depends on
the wording of a check: counts of rows are rounded, names of files are left out (docs/how-to/reporting.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from offduty.core.disclosure import magnitude
from offduty.verify.verdict import (
    DECISIONS,
    WIDENINGS,
    Check,
    Count,
    Figure,
    FileName,
    Part,
    Status,
    Unit,
    headline,
)

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
    """What a reader must take away of all checks. FAIL where one found something, NOT DONE where there are no checks or
    no decision was made again; else PASS: what could not be checked is named, and makes nothing look wrong.

    >>> verdict(None)[0]
    <Status.NOT_DONE: 'NOT DONE'>
    """
    if not proof:
        return Status.NOT_DONE, "Nothing in this report was verified. What it says rests on the store’s own word."
    if any(check.status is Status.FAIL for check in proof):
        return Status.FAIL, f"{headline(proof, printed)} Do not rely on this report before that is explained."
    passed = any(check.status is Status.PASS for check in proof)
    return Status.PASS if passed and not _undecided(proof) else Status.NOT_DONE, headline(proof, printed)


def _undecided(proof: Sequence[Check]) -> bool:
    """Whether there are decisions and not one was made again: then a PASS would promise more than was looked at."""
    return any(
        check.number == DECISIONS and check.status is Status.NOT_DONE and not check.count.value for check in proof
    )


def how_many(check: Check) -> str:
    """How many a check looked at: rows rounded to their magnitude, entries and files exactly."""
    return printed(check.count)


def figure_in_words(figure: Figure) -> str:
    """A further number of a check, rounded to its magnitude where it counts rows."""
    return f"{printed(figure.count)} {figure.what}"


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


TIMELESS = "table:"
"""How the cause of a widening begins that is a changed table without record times; the table follows."""


def widenings(checks: Sequence[Check] | None) -> list[Figure]:
    """What later runs released that earlier ones over the same time had hidden, by cause, the largest number first."""
    figures = [figure for check in checks or () if check.number == WIDENINGS for figure in check.figures]
    return sorted(figures, key=lambda figure: (-figure.count.value, figure.what))


def visible_by_tables(checks: Sequence[Check] | None) -> dict[str, int]:
    """How many positions may have become visible because a table without record times changed, by table."""
    found: dict[str, int] = {}
    for figure in widenings(checks):
        for cause in figure.causes:
            if cause.startswith(TIMELESS):
                table = cause.removeprefix(TIMELESS)
                found[table] = found.get(table, 0) + figure.count.value
    return dict(sorted(found.items()))
