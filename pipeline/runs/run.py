"""The main job: pings in, a release that is proven, a ledger that adds up; published whole or not at all (SPEC 1 to 9)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np

from offduty.config.job import Job
from offduty.core.errors import InputError, OwnerlessRowError, StorageError, UsageError
from offduty.core.locations import Location
from offduty.core.reasons import QuarantineReason, Reason
from offduty.decision.reference import SettledReference, reading_of, settle_reference
from offduty.engines import local
from offduty.engines.local import DecisionInputs
from offduty.ingest.duckdb_session import DuckDBSession, open_engine
from offduty.ingest.ping_files import Piece, PingFile, ignored_columns, open_ping_files, pieces, read_as_utc
from offduty.ingest.reference_files import ReferenceTable, read_reference
from offduty.ingest.sources import Source, find_sources, unchanged
from offduty.outputs.manifest import OutputFile, RunFindings, RunQuestion, manifest
from offduty.outputs.outcome import Outcome
from offduty.outputs.write import check_outputs, count_reasons, write_outputs
from offduty.runs.changes import newest_over, recorded_after
from offduty.runs.request import REFERENCES, Request
from offduty.store.local import Store, publish, storage_errors
from offduty.store.remote import open_place
from offduty.store.retention import expired
from offduty.transparency.log import LogEntry

Watch = Callable[[str, int, int], None]
"""Hears how a run goes: the stage, how much of it is done, and how much there is."""
Decider = Callable[[DecisionInputs, list[PingFile], list[Piece], Callable[[int], None]], Outcome]
"""Decides every ping of the interval; each engine has one, and all give the same outcome."""


@dataclass(frozen=True)
class RunResult:
    """What a run did. ``already``: the store held the answer, and nothing was changed.

    ``path`` is the run's folder, or its address in an object store; ``counts`` has every reason, ``quarantined`` the
    rows that were no pings; ``seconds`` is how long it took, and ``stages`` where that time went. ``expired`` says how
    many of its files have gone since (docs/log.md). ``supersedes`` is the run whose place this one took, or empty.
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

    @property
    def published(self) -> bool:
        """Whether this call added a run to the store."""
        return not self.already


def run(
    job: Path | str | Job,
    *,
    start: datetime | str | None = None,
    end: datetime | str | None = None,
    as_of: datetime | str | None = None,
    store: Path | str | None = None,
    threads: int | None = None,
    memory_mb: int = 2_000,
    watch: Watch = lambda stage, done, total: None,
    engine: str = "local",
    master: str | None = None,
) -> RunResult:
    """Run a job over the half-open interval [``start``, ``end``) as of an instant, and publish it.

    ``start``, ``end`` and ``as_of`` are instants, or dates in the policy's zone; an end that is left out is open, and
    ``as_of`` defaults to now. ``store`` replaces the job's. ``engine`` is ``local``, or ``spark`` with the address of
    its ``master``. The result is the same whatever ``engine``, ``threads`` and ``memory_mb`` are. The same question
    again changes nothing (SPEC 8). Raises an `OffdutyError`, which carries the exit code of SPEC 10, and publishes
    nothing, when the job or policy cannot be understood, an input stops the run, a check fails, the store is busy, or
    the disk gives out.
    """
    decider = decider_of(engine, master)
    asked = Request.of(job, start, end, as_of, store)
    return answer(asked, threads=threads, memory_mb=memory_mb, watch=watch, decider=decider)


def decider_of(engine: str, master: str | None) -> Decider:
    """The engine by its name; what it needs is looked for before anything is read. Raises `UsageError` where it is
    missing.
    """
    if engine == "local":
        if master is not None:
            raise UsageError("--master is for --engine spark")
        return local.decide_all
    if engine != "spark":
        raise UsageError(f"there is no engine {engine!r}: it is local or spark")
    from offduty.engines.spark.cluster import cluster

    return cluster(master)


def answer(
    asked: Request,
    *,
    threads: int | None = None,
    memory_mb: int = 2_000,
    watch: Watch = lambda stage, done, total: None,
    decider: Decider = local.decide_all,
) -> RunResult:
    """`run` for a question that was settled before, so that several can share it and the fingerprints it has taken."""
    began = time.monotonic()
    with (
        storage_errors(),
        _interruptible(),
        open_place(asked.job.store.location) as opened,
        asked.copies,
        ThreadPoolExecutor(1) as aside,
    ):
        clock = _Clock(watch)
        store_to_sign = opened.signing_with(asked.seed)
        done = _answer(asked, store_to_sign, threads or _cores(), memory_mb, aside, clock, decider)
    return RunResult(**{**done.__dict__, "seconds": round(time.monotonic() - began, 3), "stages": clock.stages})


def _answer(
    asked: Request,
    store: Store,
    threads: int,
    memory_mb: int,
    aside: ThreadPoolExecutor,
    clock: _Clock,
    decider: Decider,
) -> RunResult:
    """The story of a run."""
    # 1. Find the inputs, and take their fingerprints while the reference tables are read.
    sources = find_sources(asked.copies.of(asked.job.inputs), store.work)
    taken = [aside.submit(asked.prints.of, source) for source in sources]
    entries = store.entries()
    if any(_same_scope(entry, asked) for entry in entries):
        question = asked.question(sources, taken)
        there = _already(entries, question, asked, store)
        if there is not None:
            return there
    alone = decider is local.decide_all  # no other process reads what is set aside
    with open_engine(sources, store.work, threads, max(memory_mb // 3, 200), nameless=alone) as engine:
        # 2. Settle the reference tables: who held what, who was on duty, where nobody may be located.
        with clock.stage("reference"), _named_rows(sources):
            tables = {table: read_reference(engine, table, sources) for table in REFERENCES}
            settled = _settle(tables, asked)

        # 3. Open the pings: every file must be readable before one of them is decided.
        with clock.stage("open"):
            extra = tuple(asked.policy.release.extra_columns)
            files = open_ping_files(engine, sources, asked.as_of_us, extra)

        # 4. Decide every ping.
        with clock.stage("decide"):
            outcome = _decide(engine, settled, tables, files, asked, store, _limits(threads, memory_mb), clock, decider)

        # 5. Write what analysts, auditors and engineers get, and prove that it adds up.
        with clock.stage("write"):
            question = asked.question(sources, taken)
            outputs = write_outputs(
                store.staging(), outcome, files, settled.reference, engine, asked.key, threads, asked.interval
            )
            counts = count_reasons(outcome.reasons)
            check_outputs(store.staging(), outputs, outcome, counts, asked.policy)
            for source, print_of in question.sources:
                unchanged(source, print_of)
            asked.copies.unchanged()

        # 6. Publish it, whole.
        with clock.stage("publish"):
            found = _findings(settled, tables, files, outcome, outputs, counts, asked)
            path = publish(store, question.run_id(asked.as_of_us), manifest(question, asked.as_of_us, found))
        words = {reason.word: counts.get(reason, 0) for reason in Reason}
        return RunResult(
            question.run_id(asked.as_of_us),
            False,
            path,
            words,
            len(outcome.faults.row),
            0.0,
            len(settled.refused),
            supersedes=newest_over(entries, asked.interval).get("run_id", ""),
        )


def _same_scope(entry: LogEntry, asked: Request) -> bool:
    document = entry.document if entry.is_run else {}
    scope = RunQuestion((), asked.policy, asked.keys, asked.interval).scope()
    return all(document.get(part) == scope[part] for part in ("interval", "policy_sha256", "keys"))


def _already(entries: list[LogEntry], question: RunQuestion, asked: Request, store: Store) -> RunResult | None:
    """The run that answers the question already: the same one; or, where no ``as_of`` was given, the newest over the
    interval if it asked the same and nothing it left open can have been settled since (SPEC 8).
    """
    runs = [entry.document for entry in entries if entry.is_run]
    same = [document for document in runs if document["run_id"] == question.run_id(asked.as_of_us)]
    if not same and not asked.as_of_given:
        newest = newest_over(entries, question.interval)
        final = newest["open_windows"] == 0 and not recorded_after(newest)
        same = [newest] if newest["question"] == question.without_as_of() and final else []
    if not same:
        return None
    found = same[-1]
    quarantined = sum(found["quarantined"].values())
    path = store.place_of(found["run_id"])
    if not store.holds(found["run_id"]):
        raise StorageError("the log names a run whose files are gone; restore the store from a copy")
    counts = {reason.word: found["counts"].get(reason.word, 0) for reason in Reason}
    gone = sum(file.run_id == found["run_id"] for file in expired(entries))
    return RunResult(found["run_id"], True, path, counts, quarantined, 0.0, len(found["refused"]), expired=gone)


def _settle(tables: dict[str, ReferenceTable], asked: Request) -> SettledReference:
    rows = {table: read.rows for table, read in tables.items()}
    return settle_reference(rows, asked.policy, asked.as_of_us)


def _decide(
    engine: DuckDBSession,
    settled: SettledReference,
    tables: dict[str, ReferenceTable],
    files: list[PingFile],
    asked: Request,
    store: Store,
    limits: local.Limits,
    clock: _Clock,
    decider: Decider,
) -> Outcome:
    reading = reading_of(settled.reference)
    rows = {table: read.rows for table, read in tables.items()}
    stream = DecisionInputs(
        reading, settled.reference, asked.interval, engine.con, store.work, limits, rows, clock.stage
    )
    total = sum(file.rows for file in files)
    done = 0

    def advanced(rows: int) -> None:
        nonlocal done
        done += rows
        clock.watch("decide", done, total)

    return decider(stream, files, pieces(files, limits.piece_rows), advanced)


def _findings(
    settled: SettledReference,
    tables: dict[str, ReferenceTable],
    files: list[PingFile],
    outcome: Outcome,
    outputs: tuple[OutputFile, ...],
    counts: dict[Reason, int],
    asked: Request,
) -> RunFindings:
    extra = tuple(asked.policy.release.extra_columns)
    ignored = {
        "pings": ignored_columns(files, extra),
        **{name: table.ignored for name, table in tables.items()},
    }
    utc = {name: table.read_as_utc for name, table in tables.items()}
    utc["pings"] = frozenset({"observed_at"} if read_as_utc(files) else ())
    rows = {file.source.number: file.rows for file in files}
    for table in tables.values():
        rows.update(table.counts)
    windows = settled.reference.timeline.windows
    crossing = (windows.from_us < asked.interval.to_us) & (windows.to_us > asked.interval.from_us)
    by_reason = np.bincount(outcome.faults.reason, minlength=len(QuarantineReason))
    return RunFindings(
        rows_by_file=rows,
        outputs=outputs,
        counts=counts,
        quarantined={reason.word: int(by_reason[reason]) for reason in QuarantineReason},
        ignored={name: columns for name, columns in ignored.items() if columns},
        read_as_utc={name: columns for name, columns in utc.items() if columns},
        refused=settled.refused,
        open_windows=int((crossing & (windows.to_us > asked.as_of_us)).sum()),
        last_recorded_us=settled.last_recorded_us,
    )


def _limits(threads: int, memory_mb: int) -> local.Limits:
    """How the memory that may be used is divided; beyond it, what waits goes to the run's private folder."""
    budget = memory_mb << 20
    return local.Limits(
        threads, waiting_bytes=budget // 10, released_bytes=budget // 10, piece_rows=min(1 << 20, budget // 1_000)
    )


def _cores() -> int:
    import os

    return len(os.sched_getaffinity(0))


class _Clock:
    """Tells the watcher which stage it is, and keeps how long each took."""

    def __init__(self, watch: Watch) -> None:
        self.watch = watch
        self.stages: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time one stage."""
        began = time.monotonic()
        self.watch(name, 0, 0)
        yield
        self.stages[name] = round(time.monotonic() - began, 3)


@contextmanager
def _named_rows(sources: list[Source]) -> Iterator[None]:
    """Say which file a row is in that stops the run."""
    try:
        yield
    except OwnerlessRowError as error:
        raise InputError(error.what, file=sources[error.number].name, row=error.row) from None


@contextmanager
def _interruptible() -> Iterator[None]:
    """The engine answers to an interrupt in the middle of a query with an error of its own."""
    try:
        yield
    except RuntimeError as error:
        if "interrupted" in str(error).lower():
            raise KeyboardInterrupt from None
        raise


__all__ = ["InputError", "RunResult", "run"]
