"""Tries a policy out before it is agreed on: decides as a run would, and writes the ledger alone.

Nothing of a release is written anywhere, not even into a file without a name; the log says that it was tried
(specification#trial). A trial is no run: it answers no question, and no release depends on it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from offduty.arrays.spill import Spill
from offduty.config.job import Job
from offduty.config.job_paths import JobPath
from offduty.config.key_files import fingerprint
from offduty.core.errors import UsageError
from offduty.core.instants import instant
from offduty.core.locations import Location
from offduty.core.reasons import Reason
from offduty.engines.local import LOCAL
from offduty.ingest.source_file import Source
from offduty.outputs.manifest import RunQuestion, trial_manifest
from offduty.outputs.released_pings import ReleasedPings
from offduty.outputs.write import OutputInputs, count_reasons, write_ledger_alone
from offduty.runs.changes import newest_over
from offduty.runs.decided import SettledInputs, decide, settled_inputs
from offduty.runs.expect import check_expected
from offduty.runs.find_inputs import find_inputs
from offduty.runs.findings import WrittenOutputs, findings_of
from offduty.runs.found_inputs import Hashes
from offduty.runs.recorded_names import as_recorded
from offduty.runs.references import KnownDigests
from offduty.runs.request import Request
from offduty.runs.resources import Resources, Watch, nobody
from offduty.runs.run import check_as_of, check_inputs_unchanged
from offduty.store.local import Store, publish, storage_errors
from offduty.store.open_store import open_store_at
from offduty.synth.toy_keys import TOY_KEY
from offduty.transparency.entries import TRIAL
from offduty.transparency.log import LogEntry

LEAST_OFFICERS = 100
LEAST_DAYS = 28
MADE_UP, MANY = "made_up", "many"
"""Why a trial was allowed: its keys are the toy keys of a made-up force, or it is about many people for long."""


@dataclass(frozen=True)
class TrialResult:
    """What a trial did. ``trial_id`` is its id, and ``path`` its folder, in which is its ledger and nothing else.

    ``already``: the store had it, and nothing was changed. ``counts`` has every reason, ``quarantined`` is the number
    of rows that could not be read as pings, ``about`` is `MADE_UP` or `MANY`, and ``seconds`` is how long it took.
    """

    trial_id: str
    already: bool
    path: Location
    counts: dict[str, int]
    quarantined: int
    about: str
    seconds: float


def trial(
    job: Path | str | Job,
    *,
    policy: Path | str,
    start: datetime | str | None = None,
    end: datetime | str | None = None,
    as_of: datetime | str | None = None,
    store: Path | str | None = None,
    threads: int | None = None,
    memory_mb: int = 2_000,
    watch: Watch = nobody,
) -> TrialResult:
    """Decide a job's pings under another policy, and publish the ledger: what would be released, row by row, and no
    position. The parameters are those of `offduty.run`, and ``policy`` is the file of the policy to try.

    Without ``as_of`` it is that of the newest run over exactly this interval, so that both know the same; where there
    is none, now. The same trial again changes nothing.

    Raises `UsageError` where fewer than `LEAST_OFFICERS` officers or `LEAST_DAYS` days would have a released position,
    unless the force is made up (specification#trial); otherwise what `offduty.run` raises, but for another policy.
    """
    began = time.monotonic()
    named = replace(Job.of(job), policy=JobPath(str(policy), Path.cwd()))
    asked = Request.of(named, start, end, as_of, store)
    resources = Resources.of(threads, memory_mb, LOCAL, watch)
    with (
        storage_errors(),
        open_store_at(asked.job.store.location) as opened,
        asked.copies,
        ThreadPoolExecutor(1) as background,
    ):
        done = _answer(asked, opened.signing_with(asked.seed), background, resources)
    return replace(done, seconds=round(time.monotonic() - began, 3))


def _answer(asked: Request, store: Store, background: ThreadPoolExecutor, resources: Resources) -> TrialResult:
    entries = store.entries()
    asked = asked if asked.as_of_given else _as_of_the_newest_run(asked, entries)
    check_as_of(entries, asked)
    found = find_inputs(asked, store.work)
    hashes = Hashes(asked.prints, background)

    def as_in_log(sources: list[Source]) -> list[Source]:
        return as_recorded(sources, hashes.of(sources), entries)

    hashes.of(found.over(asked.interval))
    with settled_inputs(asked, found, store.work, resources, as_in_log) as known:
        prints = hashes.of(known.sources)
        question = asked.question(known.sources, prints, KnownDigests.of(known).over(asked.interval))
        before = _already(entries, question.trial_id(asked.as_of_us), store)
        return before or _run(known, store, question, resources)


def _as_of_the_newest_run(asked: Request, entries: Iterable[LogEntry]) -> Request:
    newest = newest_over(entries, asked.interval)
    known_us = instant(newest["as_of"]) if newest else None
    return asked if known_us is None else replace(asked, as_of_us=known_us)


def _already(entries: Iterable[LogEntry], trial_id: str, store: Store) -> TrialResult | None:
    same = (e.document for e in entries if e.kind == TRIAL and e.document["run_id"] == trial_id)
    document = next(same, None)
    return None if document is None else _result(document, store, already=True)


def _run(known: SettledInputs, store: Store, question: RunQuestion, resources: Resources) -> TrialResult:
    asked, clock = known.asked, resources.clock
    released = ForgottenPings(store.work)
    found = decide(known, resources, released=released)
    check_expected(found)
    about = _allowed(asked, released)
    with clock.stage("write"):
        inputs = OutputInputs(found.outcome, found.files, found.inputs.reference, asked.interval, asked.key)
        outputs = write_ledger_alone(store.staging(), inputs, resources.threads)
        check_inputs_unchanged(asked, question)
    with clock.stage("publish"):
        findings = findings_of(found, WrittenOutputs(outputs, count_reasons(found.outcome.reasons), {}))
        manifest = trial_manifest(question, asked.as_of_us, findings, about)
        grown = publish(store, question.trial_id(asked.as_of_us), manifest)
    return _result(grown.logged[-1].document, grown, already=False)


class ForgottenPings(Spill[ReleasedPings]):
    """Takes the released pings of a trial and keeps none: only which officers and local days have one.

    >>> ForgottenPings(Path()).keys()
    []
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(ReleasedPings, folder, 0)
        self.officers: set[int] = set()
        self.days: set[int] = set()

    def add(self, key: int, columns: ReleasedPings) -> None:
        """Count, and forget."""
        if len(columns):
            self.days.add(key)
            self.officers.update(np.unique(columns.officer).tolist())


def _allowed(asked: Request, released: ForgottenPings) -> str:
    """Why the trial is allowed. Raises `UsageError` where it is not: what a policy would change says where somebody
    was, if it is about few. The message does not say about how few.
    """
    if asked.keys["pseudonym"] == fingerprint(bytes.fromhex(TOY_KEY)):
        return MADE_UP
    if len(released.officers) < LEAST_OFFICERS or len(released.days) < LEAST_DAYS:
        raise UsageError(
            f"a trial must be about at least {LEAST_OFFICERS} officers and {LEAST_DAYS} days with a position that"
            " would be released: what a policy would change for few people says where they were. Try it over a longer"
            " time, or on a made-up force (offduty synth). Nothing was recorded"
        )
    return MANY


def _result(document: dict[str, Any], store: Store, *, already: bool) -> TrialResult:
    return TrialResult(
        trial_id=document["run_id"],
        already=already,
        path=store.location_of(document["run_id"]),
        counts={reason.word: document["counts"].get(reason.word, 0) for reason in Reason},
        quarantined=sum(document["quarantined"].values()),
        about=document["about"],
        seconds=0.0,
    )
