"""Says what was proven of a store: the checks of `offduty verify`, none of them shown as fine that was not done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Status = Literal["PASS", "FAIL", "NOT DONE"]


@dataclass(frozen=True)
class CheckLine:
    """One check: what was looked at, how many of it, how it came out, and why.

    ``looked_at`` and ``why`` are printed as they are, so they hold no exact count of positions; ``count`` is printed in tens.
    """

    number: int
    name: str
    looked_at: str
    count: int
    status: Status
    why: str


def prove(store: Path, inputs: Path | None, key: Path | None) -> Sequence[CheckLine] | None:
    """The checks of `offduty verify` on a store; None where this version has none to offer: nothing is then shown as proven."""
    return None


def verdict(proof: Sequence[CheckLine] | None) -> tuple[Status, str]:
    """One line for all checks; anything but PASS throughout is said first.

    >>> verdict(None)[0], verdict([CheckLine(1, "log", "entries", 3, "PASS", "")])[1]
    ('NOT DONE', 'All 1 checks of offduty verify were done and passed.')
    """
    if not proof:
        return "NOT DONE", "Nothing in this report was verified. What it says rests on the store’s own word."
    failed = [line for line in proof if line.status == "FAIL"]
    undone = [line for line in proof if line.status == "NOT DONE"]
    passed = len(proof) - len(failed) - len(undone)
    if failed:
        names = ", ".join(f"{line.number} ({line.name})" for line in failed)
        return "FAIL", f"Verification failed: check {names}. Do not rely on this report before that is explained."
    if undone:
        return "NOT DONE", f"{passed} of {len(proof)} checks were done and passed; {len(undone)} were not done."
    return "PASS", f"All {len(proof)} checks of offduty verify were done and passed."
