"""Runs a job: pings in, and a release, a ledger and a quarantine out, which add up and are published whole or not at
all.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from offduty.config.job import Job
from offduty.core.errors import InputError, OwnerlessRowError, StorageError, UsageError
from offduty.core.instants import NEVER_US, instant
from offduty.core.interval import Interval
from offduty.core.locations import Location
from offduty.core.reasons import QuarantineReason, Reason
from offduty.decision.reference import SettledReference, reading_of, settle_reference
from offduty.engines.decider import Decider, DecisionInputs, Limits
from offduty.engines.local import LOCAL
from offduty.engines.spark.cluster import SparkEngine
from offduty.ingest.duckdb_session import open_engine
from offduty.ingest.inputs import open_inputs
from offduty.ingest.ping_files import PingFile, ignored_columns, pieces
from offduty.ingest.reference_files import ReferenceTable
from offduty.ingest.source_file import Source
from offduty.ingest.sources import Fingerprint, check_unchanged, find_sources
from offduty.outputs.extra_column_warnings import telling_columns
from offduty.outputs.extra_columns import settle_twins
from offduty.outputs.manifest import OutputFile, RunFindings, RunQuestion, interval_of, manifest
from offduty.outputs.outcome import Outcome
from offduty.outputs.write import OutputInputs, check_outputs, count_reasons, write_outputs
from offduty.runs.changes import newest_over, recorded_after
from offduty.runs.check_read import check_read
from offduty.runs.notes import notes_of
from offduty.runs.request import Request
from offduty.store.local import Store, publish, storage_errors
from offduty.store.remote import open_store_at
from offduty.store.retention import expired
from offduty.transparency.log import LogEntry

Watch = Callable[[str, int, int], None]
"""Is called as a run goes on: with the stage, how much of it is done, and how much there is (0 where that is not
known).
"""


def nobody(stage: str, done: int, total: int) -> None:
    """A `Watch` that does nothing."""


@dataclass(frozen=True)
class RunResult:
    """What a run did. ``already``: the store had the answer, and nothing was changed.

    ``path`` is the run's folder, or its address in an object store. ``counts`` has every reason, ``quarantined`` is
    the number of rows that could not be read as pings, and ``refused`` the number of reference rows that could not
    be read. ``notes`` say in one line each what was hidden, refused or passed over besides. ``seconds`` is how long
    it took, and ``stages`` how long each stage took. ``expired`` is how many of the run's files were deleted since
    (docs/log.md). ``supersedes`` is the id of the run that this one supersedes, or empty.
    """

    run_id: str
    already: bool
    path: Location
    counts: dict[str, int]
    quarantined: int
    seconds: float
    refused: int = 0
    stages: dict[str, float] = field(default_factory=dict)
    expired: int = 0
    supersedes: str = ""
    notes: tuple[str, ...] = ()

    @property
    def published(self) -> bool:
        """Whether this call added a run to the store."""
        return not self.already


@dataclass(frozen=True)
class Run:
    """All that a run has found when it is ready to be published."""

    settled: SettledReference
    tables: dict[str, ReferenceTable]
    files: list[PingFile]
    outcome: Outcome
    outputs: tuple[OutputFile, ...]
    counts: dict[Reason, int]
    telling: dict[str, str]


def run(
    job: Path | str | Job,
    *,
    start: datetime | str | None = None,
    end: datetime | str | None = None,
    as_of: datetime | str | None = None,
    store: Path | str | None = None,
    threads: int | None = None,
    memory_mb: int = 2_000,
    watch: Watch = nobody,
    engine: str = "local",
    master: str | None = None,
) -> RunResult:
    """Run a job over the half-open interval [``start``, ``end``) as of an instant, and publish the result.

    ``start``, ``end`` and ``as_of`` are instants, or dates in the policy's zone. Without ``start`` or ``end`` the
    interval is open on that side; ``as_of`` defaults to now. ``store`` replaces the job's. ``engine`` is ``local``, or
    ``spark`` with the address of its ``master``. The result is the same whatever ``engine``, ``threads`` and
    ``memory_mb`` are (specification#same-bytes). The same question again changes nothing (specification#already-there).

    Raises an `OffdutyError`, which has the exit code (specification#exit-codes), and publishes nothing, when the job or
    policy cannot be understood, an input stops the run, a check fails, the store is busy, or the disk fails.
    """
    decider = decider_of(engine, master)
    asked = Request.of(job, start, end, as_of, store)
    return answer(asked, threads=threads, memory_mb=memory_mb, watch=watch, decider=decider)


def decider_of(engine: str, master: str | None) -> Decider:
    """The engine of that name. Raises `UsageError` for a name that is neither ``local`` nor ``spark``, for a ``master``
    of the local engine, and where Spark or Java is not installed.
    """
    if engine == "local":
        if master is not None:
            raise UsageError("--master is for --engine spark")
        return LOCAL
    if engine != "spark":
        raise UsageError(f"there is no engine {engine!r}: it is local or spark")
    return SparkEngine(master)


def answer(
    asked: Request,
    *,
    threads: int | None = None,
    memory_mb: int = 2_000,
    watch: Watch = nobody,
    decider: Decider = LOCAL,
) -> RunResult:
    """`run` for a request that was read before. Several intervals can share it, and the fingerprints in it."""
    began = time.monotonic()
    clock = _Clock(watch)
    with (
        storage_errors(),
        _interruptible(),
        open_store_at(asked.job.store.location) as opened,
        asked.copies,
        ThreadPoolExecutor(1) as background,
    ):
        resources = Resources(threads or len(os.sched_getaffinity(0)), memory_mb, decider, clock)
        done = _answer(asked, opened.signing_with(asked.seed), background, resources)
    return replace(done, seconds=round(time.monotonic() - began, 3), stages=clock.stages)


@dataclass(frozen=True)
class Resources:
    """What a run may use: threads, memory, an engine; and the clock that measures its stages."""

    threads: int
    memory_mb: int
    decider: Decider
    clock: _Clock


def _answer(asked: Request, store: Store, background: ThreadPoolExecutor, resources: Resources) -> RunResult:
    """The answer that the store has already, or else a new run. A run has six steps; the first is here."""
    # 1. Find the inputs. Their fingerprints are computed while the reference tables are read.
    sources = find_sources(asked.copies.of(asked.job.inputs), store.work)
    prints = [background.submit(asked.prints.of, source) for source in sources]
    entries = store.entries()
    if any(_same_scope(entry, asked) for entry in entries):
        present = _already(entries, asked.question(sources, prints), asked, store)
        if present is not None:
            return present
    _check_as_of(entries, asked)
    return _run(asked, store, sources, prints, resources)


def _run(
    asked: Request, store: Store, sources: list[Source], prints: list[Future[Fingerprint]], resources: Resources
) -> RunResult:
    threads, decider, clock = resources.threads, resources.decider, resources.clock
    limits = _limits(threads, resources.memory_mb)
    duckdb_mb = max(resources.memory_mb // 3, 200)
    with open_engine(sources, store.work, threads, duckdb_mb, nameless=decider.in_one_process) as database:
        # 2. Open all inputs: every file must be readable before a row of it is decided.
        with clock.stage("open"):
            opened = open_inputs(database, sources, asked.policy, asked.job.inputs.declared)

        # 3. Settle the reference tables: who had which device, who was on duty, where nobody may be located.
        with clock.stage("reference"), _named_rows(sources):
            settled = settle_reference(opened.rows, asked.policy, asked.as_of_us, asked.job.inputs.declared)

        # 4. Decide every ping.
        with clock.stage("decide"):
            files, reference = opened.pings, settled.reference
            inputs = DecisionInputs(
                reading=reading_of(reference),
                reference=reference,
                interval=asked.interval,
                engine=database.con,
                work=store.work,
                limits=limits,
                tables=opened.rows,
                stage=clock.stage,
                declared=asked.job.inputs.declared,
            )
            outcome = decider(inputs, files, pieces(files, limits.piece_rows), clock.progress("decide", files))
            check_read(files, outcome.read, database)
            instead = settle_twins(outcome, files, asked.policy.release.extra_columns)

        # 5. Write what analysts, auditors and engineers get, and prove that it adds up.
        with clock.stage("write"):
            question, folder = asked.question(sources, prints), store.staging()
            written_from = OutputInputs(outcome, files, reference, asked.interval, asked.key, instead)
            outputs = write_outputs(folder, written_from, database, threads)
            telling = telling_columns(
                [folder / output.name for output in outputs if output.name.startswith("release/")],
                asked.policy.release.extra_columns,
            )
            found = Run(settled, opened.tables, files, outcome, outputs, count_reasons(outcome.reasons), telling)
            check_outputs(folder, outputs, outcome, found.counts, asked.policy)
            _check_unchanged(asked, question)

        # 6. Publish it, whole.
        with clock.stage("publish"):
            run_id = question.run_id(asked.as_of_us)
            document = manifest(question, asked.as_of_us, _findings(found, asked))
            path = publish(store, run_id, document)
    supersedes = newest_over(store.entries(), asked.interval).get("run_id", "")
    return _published(run_id, path, found, supersedes, json.loads(document))


def _published(run_id: str, path: Location, found: Run, supersedes: str, document: Mapping[str, Any]) -> RunResult:
    return RunResult(
        run_id=run_id,
        already=False,
        path=path,
        counts={reason.word: found.counts.get(reason, 0) for reason in Reason},
        quarantined=len(found.outcome.quarantined.row),
        seconds=0.0,
        refused=len(found.settled.refused),
        supersedes=supersedes,
        notes=tuple(notes_of(document)),
    )


def _same_scope(entry: LogEntry, asked: Request) -> bool:
    document = entry.document if entry.is_run else {}
    scope = RunQuestion((), asked.policy, asked.keys, asked.interval).scope()
    return all(document.get(part) == scope[part] for part in ("interval", "policy_sha256", "keys"))


def _check_as_of(entries: list[LogEntry], asked: Request) -> None:
    """Raise `UsageError` where a run over an overlapping interval knew more: what it hid by what was recorded since
    would come out (specification#unknown-yet).
    """
    over = [entry.document for entry in entries if entry.is_run and _overlaps(entry.document, asked.interval)]
    if any(asked.as_of_us < (instant(document["as_of"]) or NEVER_US) for document in over):
        raise UsageError(
            "--as-of is before that of a run in the store over an interval that overlaps this one: what that run knew"
            " would be forgotten. Leave --as-of out, or give a later one"
        )


def _overlaps(document: Mapping[str, Any], interval: Interval) -> bool:
    then = interval_of(document)
    return then.from_us < interval.to_us and interval.from_us < then.to_us


def _already(entries: list[LogEntry], question: RunQuestion, asked: Request, store: Store) -> RunResult | None:
    """The run that answers the question already, or None (specification#already-there).

    That is the run with the same id. Where no ``as_of`` was given, it is also the newest run over the interval, if it
    was asked the same and nothing that it left open can have been settled since. Raises `StorageError` where the files
    of that run are missing.
    """
    runs = [entry.document for entry in entries if entry.is_run]
    same = [document for document in runs if document["run_id"] == question.run_id(asked.as_of_us)]
    if not same and not asked.as_of_given:
        newest = newest_over(entries, question.interval)
        final = newest["open_windows"] == 0 and not recorded_after(newest) and not newest.get("after_as_of")
        same = [newest] if newest["question"] == question.without_as_of() and final else []
    if not same:
        return None
    document = same[-1]
    run_id = document["run_id"]
    if not store.has_run(run_id):
        raise StorageError("the log names a run whose files are missing; restore the store from a copy", file=run_id)
    return RunResult(
        run_id=run_id,
        already=True,
        path=store.location_of(run_id),
        counts={reason.word: document["counts"].get(reason.word, 0) for reason in Reason},
        quarantined=sum(document["quarantined"].values()),
        seconds=0.0,
        refused=len(document["refused"]),
        expired=sum(file.run_id == run_id for file in expired(entries)),
        notes=tuple(notes_of(document)),
    )


def _check_unchanged(asked: Request, question: RunQuestion) -> None:
    """Raise `InputError` where an input changed while it was read: the manifest would name other bytes."""
    for source, print_of in question.sources:
        check_unchanged(source, print_of)
    asked.copies.check_unchanged()


def _findings(found: Run, asked: Request) -> RunFindings:
    """What the manifest says besides the question."""
    windows, interval = found.settled.reference.timeline.windows, asked.interval
    crossing = (windows.from_us < interval.to_us) & (windows.to_us > interval.from_us)
    by_reason = np.bincount(found.outcome.quarantined.reason, minlength=len(QuarantineReason))
    ignored = {name: table.ignored for name, table in found.tables.items()}
    ignored["pings"] = ignored_columns(found.files, tuple(asked.policy.release.extra_columns))
    return RunFindings(
        rows_by_file=_rows_by_file(found),
        outputs=found.outputs,
        counts=found.counts,
        quarantined={reason.word: int(by_reason[reason]) for reason in QuarantineReason},
        ignored={name: columns for name, columns in ignored.items() if columns},
        refused=found.settled.refused,
        reported=found.settled.reported,
        counted={**found.settled.counted, **_lookalike_pings(found.outcome)},
        unknown_yet=found.settled.unknown_yet,
        after_as_of=found.outcome.read.after_as_of,
        telling=found.telling,
        timeless=found.settled.timeless,
        open_windows=int((crossing & (windows.to_us > asked.as_of_us)).sum()),
        last_recorded_us=found.settled.last_recorded_us,
    )


def _lookalike_pings(outcome: Outcome) -> dict[str, dict[str, int]]:
    return {"pings": {"lookalike": outcome.read.lookalikes}} if outcome.read.lookalikes else {}


def _rows_by_file(found: Run) -> dict[int, int]:
    rows = {file.source.number: file.rows for file in found.files}
    for table in found.tables.values():
        rows.update(table.counts)
    return rows


def _limits(threads: int, memory_mb: int) -> Limits:
    """How the memory is divided. What does not fit is spilled to the run's private folder."""
    budget = memory_mb << 20
    return Limits(
        threads, waiting_bytes=budget // 10, released_bytes=budget // 10, piece_rows=min(1 << 20, budget // 1_000)
    )


class _Clock:
    """Calls the watcher at the beginning of each stage and as it goes on, and measures how long each stage took."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self.stages: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure one stage."""
        began = time.monotonic()
        self._watch(name, 0, 0)
        yield
        self.stages[name] = round(time.monotonic() - began, 3)

    def progress(self, name: str, files: list[PingFile]) -> Callable[[int], None]:
        """What an engine calls with each number of rows that it has read of the files."""
        total = sum(file.rows for file in files)
        done = 0

        def advanced(rows: int) -> None:
            nonlocal done
            done += rows
            self._watch(name, done, total)

        return advanced


@contextmanager
def _named_rows(sources: list[Source]) -> Iterator[None]:
    """A row that stops the run is named by its file's name and its number."""
    try:
        yield
    except OwnerlessRowError as error:
        raise InputError(error.what, file=sources[error.number].name, row=error.row) from None


@contextmanager
def _interruptible() -> Iterator[None]:
    """DuckDB answers an interrupt in the middle of a query with a RuntimeError; raise `KeyboardInterrupt` instead."""
    try:
        yield
    except RuntimeError as error:
        if "interrupted" in str(error).lower():
            raise KeyboardInterrupt from None
        raise


__all__ = ["Decider", "InputError", "Run", "RunResult", "Watch", "answer", "decider_of", "nobody", "run"]
