"""Checks a store for an auditor who trusts nobody: the log, the files, the rules, and every single decision.

An auditor has a copy of the store, a public key, and perhaps the inputs, and assumes that the operator, the filter and
the disk may all be wrong (specification#log, specification#commands). So nothing here uses the code that decided; and
nothing is written, and nothing fetched.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from offduty.config.job import Job
from offduty.core import interrupts
from offduty.core.errors import OffdutyError, UsageError
from offduty.verify.checks.agreements import check_agreements
from offduty.verify.checks.analyses import check_analyses
from offduty.verify.checks.analyses_again import check_made_again
from offduty.verify.checks.completeness import check_counts, check_inputs
from offduty.verify.checks.contents import check_contents
from offduty.verify.checks.files import check_files
from offduty.verify.checks.given_inputs import NOTHING_TOLD, RunInputs
from offduty.verify.checks.log import check_log
from offduty.verify.checks.monotonicity import check_monotonicity
from offduty.verify.checks.policy import check_policies
from offduty.verify.checks.releases import check_order, check_releases
from offduty.verify.checks.rewrite import check_rewritten
from offduty.verify.checks.sealed_files import check_sealed_files
from offduty.verify.checks.soundness import ALL_ROWS, Effort, check_reference, check_soundness
from offduty.verify.checks.trials import check_trials
from offduty.verify.entries import AuditedEntry, AuditedLog, read_audited_log
from offduty.verify.evidence import Evidence
from offduty.verify.output_files import outputs_of
from offduty.verify.sealed_tables import OpenedTables, opened_tables
from offduty.verify.verdict import Check, Count, Label, Status, Unit, Verdict, explain


@dataclass(frozen=True)
class Auditor:
    """What the auditor has besides the store. Each part may be missing; then less can be checked.

    ``keys`` and ``cosigners`` are files with public keys, ``since`` the checkpoint that the auditor stored, ``inputs``
    a job with its inputs, ``reference`` a job with its reference tables alone, ``policy`` the document that was agreed.
    ``identity`` is a file with the age identity that opens the reference tables which runs kept, ``register`` the
    register of interests and ``people`` the table of recorders, for answers that read them; ``compared`` another
    store, of which a comparison in the log is.
    """

    keys: Sequence[Path] = ()
    cosigners: Sequence[Path] = ()
    since: Path | None = None
    inputs: Path | Job | None = None
    reference: Path | Job | None = None
    policy: Path | None = None
    identity: Path | None = None
    register: Path | None = None
    people: Path | None = None
    compared: Path | None = None


def verify(
    store: Path | str, auditor: Auditor = Auditor(), *, run: str | None = None, effort: Effort = ALL_ROWS
) -> Verdict:
    """Check a store: for each check what was looked at, how many, PASS, FAIL or NOT DONE, and why.

    1. *Log*: entries, roots, signatures, ids, and that the checkpoint which the auditor stored is its beginning.
    2. *Files*: each file that the log names is there, byte for byte, and no other.
    3. *Contents*: columns, values and order of the outputs; every byte of every file.
    4. *Completeness*: every input row is recorded once, and the sums are right.
    5. *Soundness*: an independent implementation decides every row again.
    6. *Monotonicity*: a later run releases nothing that an earlier run hid, unless something changed.
    7. *Policy*: the rules are those that were agreed.
    8. *Analyses*: what the employer asked of the release was agreed, and the answers are made again.

    ``run`` limits checks 2 to 5 and 7 to the run with that id. Raises `UsageError` where there is no store or no such
    run, or where a file of the auditor's cannot be read.
    """
    root = Path(store)
    for folder in (root, *([] if auditor.compared is None else [auditor.compared])):
        if not os.path.lexists(folder / "log"):
            raise UsageError(
                "there is no store: the folder has no folder log. Name the one that has log and runs in it"
            )
    log = read_audited_log(root / "log")
    asked = _Asked(log.runs(run), log.trials(run))
    if run is not None and not asked.recorded:
        raise UsageError("no entry of the log names that run, or its entry cannot be read")
    with opened_tables(root, asked.runs, auditor.identity) as opened:
        return _verdict(root, log, asked, _Evidence.of(auditor, opened), effort)


@dataclass(frozen=True)
class _Asked:
    """The runs and the trials that are checked. ``recorded`` are both: what has a folder, and a ledger in it."""

    runs: list[AuditedEntry]
    trials: list[AuditedEntry]

    @property
    def recorded(self) -> list[AuditedEntry]:
        return sorted([*self.runs, *self.trials], key=lambda entry: entry.number)


@dataclass(frozen=True)
class _Evidence:
    """What the auditor has, read: the inputs, and the reference tables alone; each with the tables that runs kept."""

    auditor: Auditor
    opened: OpenedTables
    inputs: Evidence | None
    reference: Evidence | None

    @classmethod
    def of(cls, auditor: Auditor, opened: OpenedTables) -> _Evidence:
        inputs, reference = (
            None if job is None else replace(Evidence.by(job, auditor.register, auditor.people), unsealed=opened.paths)
            for job in (auditor.inputs, auditor.reference)
        )
        return cls(auditor, opened, inputs, reference)


def _verdict(root: Path, log: AuditedLog, asked: _Asked, has: _Evidence, effort: Effort) -> Verdict:
    runs, recorded = asked.runs, asked.recorded
    auditor, given = has.auditor, has.inputs
    unchanged: dict[str, RunInputs] = {}  # 4.1 finds these inputs, and the checks after it read them
    history = NOTHING_TOLD

    def inputs() -> list[Check]:
        nonlocal history
        check, found, history = check_inputs(recorded, given)
        unchanged.update(found)
        return [check]

    def soundness() -> list[Check]:
        rows_once, others = check_soundness(root, log, recorded, given, unchanged, effort)
        return [rows_once, check_counts(root, log, recorded), *others]

    def again() -> Check:
        return check_made_again(root, log, given or has.reference, auditor.policy, auditor.compared)

    of_files: list[_Step] = [
        ("2", lambda: [*check_files(root, log, recorded), check_sealed_files(root, log, runs, has.opened)]),
        ("3", lambda: check_contents(root, log, recorded)),
        ("3.5", lambda: [check_rewritten(outputs_of(root, log, recorded))]),
    ]
    others: list[_Step] = [
        ("1", lambda: check_log(log, auditor.keys, auditor.cosigners, auditor.since)),
        ("4.1", inputs),
        ("4 and 5", soundness),
        ("5.4", lambda: [check_reference(root, log, runs, has.reference)]),
        ("6", lambda: [check_monotonicity(root, log.runs(), history), check_order(log)]),
        ("7", lambda: _rules(log, asked, auditor)),
        ("8", lambda: [check_analyses(log, auditor.policy), again()]),
    ]
    return Verdict(tuple(chain.from_iterable(_side_by_side(of_files, others, effort.threads))))


_Step = tuple[str, Callable[[], list[Check]]]


def _side_by_side(of_files: list[_Step], others: list[_Step], threads: int) -> list[list[Check]]:
    """The checks of all steps: of the first of the others, then those of the files, then the rest.

    Files are looked at by Arrow, which needs no Python while it works, and beside the other checks costs little time.
    """
    if threads < 2:
        return [_guarded(*step) for step in (others[0], *of_files, *others[1:])]
    with ThreadPoolExecutor(threads) as pool:
        looked_at = [pool.submit(_guarded, *step) for step in of_files]
        try:
            first, *rest = [_guarded(*step) for step in others]
            return [first, *(each.result() for each in looked_at), *rest]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _rules(log: AuditedLog, asked: _Asked, auditor: Auditor) -> list[Check]:
    return [
        *check_policies(asked.runs, auditor.policy),
        *check_releases(log, asked.runs),
        check_trials(asked.trials),
        check_agreements(log, asked.runs, auditor.policy),
    ]


def _guarded(number: str, step: Callable[[], list[Check]]) -> list[Check]:
    """The checks of a step; one FAIL instead where the step raises: a store that breaks its auditor is not sound.

    Errors that are raised on purpose, such as a `UsageError`, are passed on.
    """
    try:
        found = step()
    except OffdutyError:
        raise
    except Exception as error:
        interrupts.check()
        why = explain(
            "the check broke off ({error}): something in the store is not built as it must be",
            error=Label(type(error).__name__),
        )
        name, looked_at = "the check itself", "all that it looks at"
        return [Check(number, name, looked_at, Count(0, Unit.FINDINGS), Status.FAIL, why, (str(why),), 1)]
    interrupts.check()  # what a library made of an interrupt is no finding
    return found


__all__ = ["Auditor", "Check", "Status", "Verdict", "verify"]
