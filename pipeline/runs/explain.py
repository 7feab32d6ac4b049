"""Explains one row: which proof failed that it may be released, in the order of the proofs (specification#explain).

Nothing is computed anew: the reason is the one that a run gives, and it says which proof failed. Only for the ways to
and from home, which have several proofs, are those looked at one by one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from pathlib import Path

import numpy as np

from offduty.config.job import Job
from offduty.core.errors import UsageError
from offduty.core.interval import Interval
from offduty.core.reasons import QuarantineReason, Reason
from offduty.decision.decide import LegProofs, Undecided, leg_proofs
from offduty.engines.decider import DecisionInputs
from offduty.engines.local import LOCAL, PieceJudge, pieces_wanted
from offduty.ingest.ping_files import PingFile, pieces
from offduty.outputs.outcome import NOT_RECORDED
from offduty.runs.check import looked_at
from offduty.runs.decided import Decided
from offduty.runs.request import Request
from offduty.runs.resources import Resources, Watch, nobody


class ProofState(Enum):
    """What became of a proof."""

    PROVEN = "held"
    FAILED = "failed"
    NOT_REACHED = "not reached"


@dataclass(frozen=True)
class Proof:
    """One thing that must be proven before a position is released; ``parts`` are what it consists of."""

    what: str
    state: ProofState
    parts: tuple[Proof, ...] = ()


@dataclass(frozen=True)
class RowExplanation:
    """Why a row has its reason. ``reason`` is its word, with ``quarantine:`` before that of a row that cannot be read;
    empty where the row is not decided: it lies outside of the interval, or after ``as_of``. ``because`` says it.
    """

    reason: str
    because: str
    proofs: tuple[Proof, ...]


READABLE = "the row can be read as a position"
PROOFS = {
    Reason.UNASSIGNED: "somebody held the device at that instant",
    Reason.SHARED: "one officer alone held it",
    Reason.OFF_DUTY: "the officer was on duty, by all that is known at as_of",
    Reason.LATE_EDIT: "roster and assignment were recorded in time",
    Reason.WINDOW_OPEN: "the duty, and every other that overlaps it, had ended at as_of",
    Reason.IMPRECISE: "its accuracy can be used, and is good enough",
    Reason.NO_HOME: "a home of the officer is on record at that instant",
    Reason.PROTECTED_PLACE: "it is away from every protected place",
    Reason.HOME_LEG: "it is not on the way to or from a protected place, nor at an end of the duty",
    Reason.DUPLICATE: "no other position of the same device and instant is released in its place",
}
"""What is proven where the reason does not apply, in the order of the reasons."""
LEGS = {
    "work_before": "work comes before it, with no contact and no silence between",
    "work_after": "work comes after it, with no contact and no silence between",
    "outside_hold": "it is outside of the first and the last minutes of the duty",
}


def explain(
    job: Path | str | Job,
    row: str,
    *,
    start: datetime | str | None = None,
    end: datetime | str | None = None,
    as_of: datetime | str | None = None,
    threads: int | None = None,
    memory_mb: int = 2_000,
    watch: Watch = nobody,
) -> RowExplanation:
    """Explain the row ``FILE:ROW`` of a run over [``start``, ``end``) as of an instant; see `offduty.runs.run.run`.

    Raises `UsageError` where there is no such file of pings or no such row, and what a run raises before it decides.
    """
    asked = Request.of(job, start, end, as_of, None)
    with looked_at(asked, Resources.of(threads, memory_mb, LOCAL, watch, spill=False)) as found:
        return explained(found, row_number(found, row))


def row_number(found: Decided, row: str) -> int:
    """The number of ``FILE:ROW`` across all files of pings: FILE by its name or number in the manifest, ROW from 0."""
    name, _, number = row.rpartition(":")
    files = {file.source.name: file for file in found.files}
    by_number = {str(file.source.number): file for file in found.files}
    file = files.get(name, by_number.get(name))
    if not name or not number.isascii() or not number.isdigit():
        raise UsageError("--row takes FILE:ROW, such as pings/a.csv:7: the file of pings, and its row from 0")
    if file is None:
        raise UsageError("--row names no file of pings: take its name or its number in the manifest, as check has it")
    if int(number) >= file.rows:
        raise UsageError("--row: the file has no such row; rows count from 0", file=file.source.name)
    return file.first_row + int(number)


def explained(found: Decided, row: int) -> RowExplanation:
    """Explain a row, by its number across all files of pings."""
    quarantined = found.outcome.quarantined
    here = np.flatnonzero(quarantined.row == row)
    if len(here):
        fault = QuarantineReason(int(quarantined.reason[here[0]]))
        others = (Proof(what, ProofState.NOT_REACHED) for what in PROOFS.values())
        proofs = (Proof(READABLE, ProofState.FAILED), *others)
        return RowExplanation(f"quarantine:{fault.word}", fault.because, proofs)
    code = int(found.outcome.reasons[row])
    if code == NOT_RECORDED:
        return RowExplanation("", "it lies outside of the interval, or after as_of", ())
    reason = Reason(code)
    return RowExplanation(
        reason.word, reason.because, (Proof(READABLE, ProofState.PROVEN), *_proofs(found, row, reason))
    )


def _proofs(found: Decided, row: int, reason: Reason) -> Iterator[Proof]:
    for each, what in PROOFS.items():
        state = ProofState.PROVEN if each < reason else ProofState.FAILED
        state = ProofState.NOT_REACHED if each > reason else state
        yield Proof(what, state, _parts(found, row) if each == reason == Reason.HOME_LEG else ())


def _parts(found: Decided, row: int) -> tuple[Proof, ...]:
    """The proofs of the rule of legs for a row that fails one of them; those that the policy does not ask for are left
    out.
    """
    inputs = _around(found, row)
    waiting = _undecided(inputs, found.files)
    window = waiting.window[np.flatnonzero(waiting.row == row)[0]]
    cluster = inputs.reference.timeline.windows.cluster
    waiting = waiting.take(np.flatnonzero(cluster[waiting.window] == cluster[window]))
    proofs: LegProofs = leg_proofs(waiting, inputs.reference)
    at = int(np.flatnonzero(waiting.row == row)[0])
    answers = {name: getattr(proofs, name) for name in LEGS}
    return tuple(
        Proof(LEGS[name], ProofState.PROVEN if answer[at] else ProofState.FAILED)
        for name, answer in answers.items()
        if answer is not None
    )


def _around(found: Decided, row: int) -> DecisionInputs:
    """The inputs of a decision of that row alone: it reads the duty windows around it, and nothing else."""
    file = _file_of(found.files, row)
    reasons = np.full(sum(each.rows for each in found.files), NOT_RECORDED, np.uint8)
    every = replace(found.inputs, interval=found.asked.interval)
    for piece in pieces([file], every.limits.piece_rows):
        if piece.first_row <= row < piece.first_row + piece.rows:
            judged = PieceJudge(every, reasons)(piece)
            undecided = Undecided.together(judged.undecided)
            us = int(undecided.observed_us[np.flatnonzero(undecided.row == row)[0]])
            return replace(every, interval=Interval(us, us + 1))
    raise AssertionError("a row lies in no piece of its file; please report this bug")


def _file_of(files: list[PingFile], row: int) -> PingFile:
    return next(file for file in reversed(files) if file.first_row <= row)


def _undecided(inputs: DecisionInputs, files: list[PingFile]) -> Undecided:
    """The undecided pings of the interval and its context."""
    reasons = np.full(sum(file.rows for file in files), NOT_RECORDED, np.uint8)
    judge = PieceJudge(inputs, reasons)
    wanted = pieces_wanted(pieces(files, inputs.limits.piece_rows), inputs.context)
    return Undecided.together([part for piece in wanted for part in judge(piece).undecided])
