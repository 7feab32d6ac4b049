"""Checks a store for somebody who trusts nobody: the log, the files, the rules, and every single decision (SPEC 8, 9).

Whoever has a copy of the store, a public key, and perhaps the inputs, assumes that the operator, the filter and the
disk may all be wrong. Nothing here is asked of the rooms that decided; nothing is written, and nothing is fetched.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from offduty.core.errors import OffdutyError, UsageError
from offduty.verify.verdict import Check, Status, Verdict

if TYPE_CHECKING:
    from offduty.config.job import Job
    from offduty.verify.checks.soundness import Effort


@dataclass(frozen=True)
class Auditor:
    """What the auditor has besides the store; all of it may be missing, and then less can be checked.

    ``keys`` and ``cosigners`` are files with public keys, ``since`` the checkpoint that was kept, ``inputs`` a job
    beside the inputs, ``reference`` a job beside the reference tables alone, ``policy`` the document that was agreed.
    """

    keys: Sequence[Path] = ()
    cosigners: Sequence[Path] = ()
    since: Path | None = None
    inputs: Path | Job | None = None
    reference: Path | Job | None = None
    policy: Path | None = None


def verify(
    store: Path | str, auditor: Auditor = Auditor(), *, run: str | None = None, effort: Effort | None = None
) -> Verdict:
    """Look at a store, and say of each check what was looked at, how many, and PASS, FAIL or NOT DONE and why.

    1. *Log*: entries, roots, signatures, ids, and that the checkpoint which the auditor kept is its beginning.
    2. *Files*: each that is named is there, byte for byte, and no other.
    3. *Release, from within*: columns, values, order; every byte of every file.
    4. *Completeness*: every input row is recorded once, and the sums are right.
    5. *Soundness*: every row decided again by other hands.
    6. *Monotony*: nothing is released later that was not before, unless something changed.
    7. *Policy*: the rules are those that were agreed.

    ``run`` looks at one run only in 2 to 5 and 7. Raises `UsageError` where there is no store, no such run, or a file
    of the auditor's cannot be read.
    """
    from offduty.verify.checks.completeness import check_counts, check_inputs
    from offduty.verify.checks.contents import check_inside
    from offduty.verify.checks.files import check_files
    from offduty.verify.checks.log import check_log
    from offduty.verify.checks.monotonicity import check_monotony
    from offduty.verify.checks.policy import check_policies
    from offduty.verify.checks.rewrite import check_rewritten
    from offduty.verify.checks.soundness import Effort, check_reference, check_soundness
    from offduty.verify.entries import read_trail
    from offduty.verify.evidence import Evidence
    from offduty.verify.output_files import outputs_of

    root = Path(store)
    if not os.path.lexists(root / "log"):
        raise UsageError("there is no store: it has no log folder. Name the folder that holds log/ and runs/")
    trail = read_trail(root / "log")
    runs = trail.runs(run)
    if run is not None and not runs:
        raise UsageError("no entry of the log names that run, or its entry cannot be read")
    given = None if auditor.inputs is None else Evidence.by(auditor.inputs)
    whole: dict[str, dict[int, Path]] = {}

    def inputs() -> list[Check]:
        check, found = check_inputs(runs, given)
        whole.update(found)
        return [check]

    def sound() -> list[Check]:
        once, others = check_soundness(root, trail, runs, given, whole, effort or Effort())
        return [once, check_counts(root, trail, runs), *others]

    story = [
        ("1", lambda: check_log(trail, auditor.keys, auditor.cosigners, auditor.since)),
        ("2", lambda: check_files(root, trail, runs)),
        ("3", lambda: check_inside(root, trail, runs)),
        ("3.5", lambda: [check_rewritten(outputs_of(root, trail, runs))]),
        ("4.1", inputs),
        ("4 and 5", sound),
        ("5.4", lambda: [check_reference(root, trail, runs, auditor.reference)]),
        ("6", lambda: [check_monotony(root, trail.runs())]),
        ("7", lambda: check_policies(runs, auditor.policy)),
    ]
    return Verdict(tuple(check for number, make in story for check in _guarded(number, make)))


def _guarded(number: str, make: Callable[[], list[Check]]) -> list[Check]:
    """The checks, or where making them broke off a FAIL in their stead: a store that breaks its auditor is not sound."""
    try:
        return make()
    except OffdutyError:
        raise
    except Exception as error:
        why = f"the check broke off ({type(error).__name__}): something in the store is not built as it must be"
        return [Check(number, "the check itself", "all that it looks at", 0, Status.FAIL, why, (why,), 1)]


__all__ = ["Auditor", "Check", "Status", "Verdict", "verify"]
