"""Runs a job: pings in, and a release, a ledger and a quarantine out, which add up and are published whole or not at
all.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from offduty.config.job import Job
from offduty.core.errors import StorageError, UsageError
from offduty.core.instants import NEVER_US, instant, iso_text
from offduty.core.lazy_imports import when_used
from offduty.core.locations import Location
from offduty.core.reasons import Reason
from offduty.ingest.early_names import quietly
from offduty.ingest.source_file import Source
from offduty.ingest.sources import Fingerprint, check_unchanged
from offduty.outputs.manifest import RunQuestion, interval_of, manifest
from offduty.outputs.sealed_tables import StoredTables, seal_for, seal_tables
from offduty.runs.agreed import check_agreed
from offduty.runs.already import answer_of, could_answer, unread_question
from offduty.runs.changes import newest_over
from offduty.runs.current_file import refresh_current_file
from offduty.runs.find_inputs import find_inputs
from offduty.runs.found_inputs import Hashes
from offduty.runs.notes import notes_of
from offduty.runs.recorded_names import as_recorded
from offduty.runs.request import Request
from offduty.runs.resources import Resources, Watch, nobody
from offduty.runs.withdraw import check_policy, finish_withdrawals, withdraw_other_policies
from offduty.store.local import Store, publish, storage_errors
from offduty.store.open_store import open_store_at
from offduty.store.retention import expired
from offduty.transparency.log import LogEntry

if TYPE_CHECKING:
    from offduty.engines.decider import Decider
    from offduty.engines.spark import cluster
    from offduty.outputs import extra_column_warnings, write
    from offduty.runs import decided, expect, findings, references
else:
    cluster = when_used("offduty.engines.spark.cluster")
    extra_column_warnings = when_used("offduty.outputs.extra_column_warnings")
    write = when_used("offduty.outputs.write")
    decided = when_used("offduty.runs.decided")
    expect = when_used("offduty.runs.expect")
    findings = when_used("offduty.runs.findings")
    references = when_used("offduty.runs.references")


@dataclass(frozen=True)
class RunResult:
    """What a run did. ``already``: the store had the answer, and nothing was changed.

    ``path`` is the run's folder, or its address in an object store. ``counts`` has every reason, ``quarantined`` is
    the number of rows that could not be read as pings, and ``refused`` the number of reference rows that could not
    be read. ``notes`` say in one line each what was hidden, refused or passed over besides. ``seconds`` is how long
    it took, and ``stages`` how long each stage took. ``expired`` is how many of the run's files were deleted since
    (docs/how-to/log.md). ``supersedes`` is the id of the run that this one supersedes, or empty; ``withdrawn`` are the
    runs whose releases were withdrawn for this one.

    >>> RunResult(run_id="0" * 64, already=True, path=Path("store"), counts={}, quarantined=0, seconds=0.1).published
    False
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
    withdrawn: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

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
    watch: Watch = nobody,
    engine: str = "local",
    master: str | None = None,
    supersede_policy: bool = False,
) -> RunResult:
    """Run a job over the half-open interval [``start``, ``end``) as of an instant, and publish the result.

    ``start``, ``end`` and ``as_of`` are instants, or dates in the policy's zone. Without ``start`` or ``end`` the
    interval is open on that side; ``as_of`` defaults to now. ``store`` replaces the job's. ``engine`` is ``local``, or
    ``spark`` with the address of its ``master``. With ``supersede_policy`` a release over the same time under another
    policy is withdrawn first; without it, it stops the run (specification#supersede-policy).

    The result is the same whatever ``engine``, ``threads`` and ``memory_mb`` are (specification#same-bytes). The same
    question again changes nothing (specification#already-there).

    Raises an `OffdutyError`, which has the exit code (specification#exit-codes), and publishes nothing, when the job or
    policy cannot be understood, an input stops the run, a check fails, the store is busy, or the disk fails.

    >>> import offduty, os
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from offduty.synth import write
    >>> with TemporaryDirectory() as name:
    ...     folder = Path(name)
    ...     write(folder, officers=4, days=1, every_s=600, seed=1)  # an invented force, with a job and a policy
    ...     for key in ("pseudonym.key", "signing.key"):
    ...         (folder / key).touch(mode=0o600)
    ...         _ = (folder / key).write_text(os.urandom(32).hex())
    ...     result = offduty.run(folder / "job.toml", as_of="2026-04-15")
    ...     again = offduty.run(folder / "job.toml")
    ...     rows = offduty.read_release(folder / "store")
    >>> result.published, again.published, len(rows) == result.counts["on_duty"]
    (True, False, True)
    """
    decider = decider_of(engine, master)
    asked = Request.of(job, start, end, as_of, store, supersede_policy=supersede_policy)
    return answer(asked, threads=threads, memory_mb=memory_mb, watch=watch, decider=decider)


def decider_of(engine: str, master: str | None) -> Decider | None:
    """The engine of that name; None is the local one, which is loaded when there is something to decide. Raises
    `UsageError` for a name that is neither ``local`` nor ``spark``, for a ``master`` of the local engine, and where
    Spark or Java is not installed.
    """
    if engine == "local":
        if master is not None:
            raise UsageError("--master is for --engine spark")
        return None
    if engine != "spark":
        raise UsageError(f"there is no engine {engine!r}: it is local or spark")
    return cluster.SparkEngine(master)


def answer(
    asked: Request,
    *,
    threads: int | None = None,
    memory_mb: int = 2_000,
    watch: Watch = nobody,
    decider: Decider | None = None,
) -> RunResult:
    """`run` for a request that was read before. Several intervals can share it, and the fingerprints in it."""
    began = time.monotonic()
    resources = Resources.of(threads, memory_mb, decider, watch)
    check_can_seal(asked)
    with (
        storage_errors(),
        open_store_at(asked.job.store.location) as opened,
        asked.copies,
        _one_thread() as background,
    ):
        done, store = _answer(asked, finish_withdrawals(opened.signing_with(asked.seed)), background, resources)
        refresh_current_file(store)
    return replace(done, seconds=round(time.monotonic() - began, 3), stages=resources.clock.stages)


@contextmanager
def _one_thread() -> Iterator[ThreadPoolExecutor]:
    """A thread beside the run. When the run is over, or has failed, it begins nothing more."""
    pool = ThreadPoolExecutor(1)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _answer(
    asked: Request, store: Store, background: ThreadPoolExecutor, resources: Resources
) -> tuple[RunResult, Store]:
    """The answer that the store has already, or else a new run, and the store with it. A run has six steps; the first
    is here.
    """
    entries = store.entries()
    answerable = could_answer(entries, asked)
    if not answerable:
        _check_order(entries, asked)  # before anything is read

    # 1. Find the inputs. Their fingerprints are computed while the reference tables are read.
    found = find_inputs(asked, store.work)
    hashes = Hashes(asked.prints, background)

    def as_in_log(sources: list[Source]) -> list[Source]:
        return as_recorded(sources, hashes.of(sources), entries)

    hashes.of(found.over(asked.interval))
    if answerable:
        given = asked.as_of_us if asked.as_of_given else None
        with quietly(list(found.sources)):
            unread = unread_question(entries, asked, found, hashes, given)
        present = None if unread is None else _already(entries, unread, asked, store)
        if present is not None:
            return present, store
    settling = decided.settled_inputs(
        asked, found, store.work, resources, as_in_log, background, devices_first=answerable
    )
    with settling as known:  # 2. and 3.
        prints = hashes.of(known.sources)
        digests = background.submit(references.KnownDigests.of, known)
        if answerable:
            whole = asked.question(known.sources, prints, digests.result().over(asked.interval))
            present = _already(entries, whole, asked, store)
            if present is not None:
                return present, store
            _check_order(entries, asked)
        return _run(known, store, prints, digests, resources)


def _check_order(entries: list[LogEntry], asked: Request) -> None:
    """Raise `UsageError` where an older run over an overlapping interval does not allow the new one."""
    check_agreed(entries, asked.policy, asked.policy_file_sha256)
    check_policy(entries, asked)
    check_as_of(entries, asked)


def _run(
    known: decided.SettledInputs,
    store: Store,
    prints: list[Future[Fingerprint]],
    digests: Future[references.KnownDigests],
    resources: Resources,
) -> tuple[RunResult, Store]:
    asked, clock = known.asked, resources.clock
    found = decided.decide(known, resources)  # 4.
    expect.check_expected(found, store.entries())

    # 5. Write what analysts, auditors and engineers get, and prove that it adds up.
    with clock.stage("write"):
        question = asked.question(known.sources, prints, digests.result().over(asked.interval))
        folder = store.staging()
        written = _written(found, folder, decided.writing_threads(resources))
        written = replace(written, sealed=_sealed(asked, folder, question))
        write.check_outputs(folder, written.outputs, found.outcome, written.counts, asked.policy)
        check_inputs_unchanged(asked, question)

    # 6. Publish it, whole, and withdraw the releases whose place it takes.
    with clock.stage("publish"):
        run_id = question.run_id(asked.as_of_us)
        document = manifest(question, asked.as_of_us, findings.findings_of(found, written))
        alone = withdraw_other_policies(store, asked, run_id, iso_text(asked.as_of_us))
        finished = finish_withdrawals(publish(alone, run_id, document))
    supersedes = newest_over(store.entries(), asked.interval).get("run_id", "")
    result = replace(
        _result(json.loads(document), store.location_of(run_id), already=False),
        supersedes=supersedes,
        withdrawn=_withdrawn_by(finished.entries(), run_id),
    )
    return result, finished


def _withdrawn_by(entries: list[LogEntry], run_id: str) -> tuple[str, ...]:
    """The runs whose releases were withdrawn for this one, each once, in the order of the entries that say so."""
    files = [
        file for entry in entries if entry.document.get("superseded_by") == run_id for file in entry.document["files"]
    ]
    return tuple(dict.fromkeys(file["run_id"] for file in files))


def _written(found: decided.Decided, folder: Path, threads: int) -> findings.WrittenOutputs:
    """Write the outputs into a folder, and look at what they tell."""
    asked = found.asked
    inputs = write.OutputInputs(
        found.outcome, found.files, found.inputs.reference, asked.interval, asked.key, found.instead
    )
    outputs = write.write_outputs(folder, inputs, found.database, threads)
    released = [folder / output.name for output in outputs if output.name.startswith("release/")]
    telling = extra_column_warnings.telling_columns(released, asked.policy.release.extra_columns)
    return findings.WrittenOutputs(outputs, write.count_reasons(found.outcome.reasons), telling)


def _sealed(asked: Request, folder: Path, question: RunQuestion) -> StoredTables | None:
    """The reference tables, sealed into the run's folder; None where the job does not keep them."""
    recipient = asked.job.keep_references
    return seal_tables(folder, question.sources, recipient, seal_for(recipient)) if recipient else None


def check_can_seal(asked: Request) -> None:
    """Raise `UsageError`, before anything is read, where the job keeps its reference tables and that cannot be done."""
    if asked.job.keep_references:
        seal_for(asked.job.keep_references)


def _result(document: Mapping[str, Any], path: Location, *, already: bool) -> RunResult:
    """What a manifest says of its run: the same for a new run and for one that was there."""
    return RunResult(
        run_id=document["run_id"],
        already=already,
        path=path,
        counts={reason.word: document["counts"].get(reason.word, 0) for reason in Reason},
        quarantined=sum(document["quarantined"].values()),
        seconds=0.0,
        refused=len(document["refused"]),
        notes=tuple(notes_of(document)),
    )


def check_as_of(entries: list[LogEntry], asked: Request) -> None:
    """Raise `UsageError` where a run over an overlapping interval knew more: what it hid by what was recorded since
    would come out (specification#unknown-yet).
    """
    runs = [entry.document for entry in entries if entry.is_run]
    over = [document for document in runs if interval_of(document).overlap(asked.interval) is not None]
    if any(asked.as_of_us < (instant(document["as_of"]) or NEVER_US) for document in over):
        raise UsageError(
            "--as-of is before that of a run in the store over an interval that overlaps this one: what that run knew"
            " would be forgotten. Leave --as-of out, or give a later one"
        )


def _already(entries: list[LogEntry], question: RunQuestion, asked: Request, store: Store) -> RunResult | None:
    """The run that answers the question already, or None. Raises `StorageError` where the files of that run are
    missing.
    """
    document = answer_of(entries, question, asked.as_of_us if asked.as_of_given else None)
    if document is None:
        return None
    run_id = document["run_id"]
    if not store.has_run(run_id):
        raise StorageError("the log names a run whose files are missing; restore the store from a copy", file=run_id)
    found = _result(document, store.location_of(run_id), already=True)
    return replace(found, expired=sum(file.run_id == run_id for file in expired(entries)))


def check_inputs_unchanged(asked: Request, question: RunQuestion) -> None:
    """Raise `InputError` where an input changed while it was read: the manifest would name other bytes."""
    for source, print_of in question.sources:
        check_unchanged(source, print_of)
    asked.copies.check_unchanged()
