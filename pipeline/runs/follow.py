"""Runs a job again and again while files arrive, each time over what is complete: no row is lost, and none is recorded
twice.

Where it continues is read from the store's log. The intervals of its runs are adjacent: the next one begins where the
last one ended. It ends at the last instant before which every duty window has ended and its pings have had time to
arrive. For a file that comes even later, the intervals in which it has rows are run again; those runs supersede the
earlier ones (specification#supersede).
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from uuid import uuid4

from offduty.arrays.arrow import Ints
from offduty.config.job import Job
from offduty.config.policy import Policy
from offduty.core.errors import UsageError
from offduty.core.instants import FOREVER_US, NEVER_US, from_us, to_us
from offduty.core.interval import Interval
from offduty.core.locations import is_object
from offduty.core.processors import processors
from offduty.decision.pings import PingReading
from offduty.decision.reference import reading_of, settle_reference
from offduty.duty.timeline import Windows
from offduty.engines.spark.session import find_spark, open_session
from offduty.engines.spark.streaming import each_batch
from offduty.ingest.duckdb_session import DuckDBSession, open_engine
from offduty.ingest.early_names import check_quietly, find_quietly
from offduty.ingest.input_files import fixed_part
from offduty.ingest.inputs import open_inputs
from offduty.ingest.ping_files import Piece, pieces
from offduty.ingest.quiet_names import QUIET, quiet_name
from offduty.ingest.read_pieces import instants_of
from offduty.ingest.source_file import Source
from offduty.ingest.sources import fingerprint
from offduty.outputs.manifest import interval_of
from offduty.runs.run import RunResult, run
from offduty.store.local import locked
from offduty.transparency.log import read_log

Span = tuple[int, int]
DAY_S = 86_400
PIECE_ROWS = 1 << 20


def follow(
    job: Path | str,
    *,
    checkpoint: Path | str,
    store: Path | str | None = None,
    master: str | None = None,
    start: datetime | None = None,
    lateness_s: int = DAY_S,
    every_s: int | None = 60,
    files_at_once: int = 100,
    published: Callable[[RunResult], None] = lambda result: None,
) -> list[RunResult]:
    """Publish what is complete each time files arrive in the folder of the job's pings. Returns every run that was
    made.

    ``checkpoint`` is a folder in which Spark records which files were handled. Pings count as arrived when they are
    ``lateness_s`` older than the newest one. The first run begins at ``start``, and earlier pings belong to no run.
    Without ``start`` it has no beginning, and a stray ping of 1970 that arrives later causes it to be run again. It
    looks again every ``every_s`` seconds until it is interrupted; with None it ends when all files have been handled.
    At most ``files_at_once`` files make a micro-batch. ``published`` is called with each run at once.

    Raises what `run` raises; `UsageError` where the pings are not a folder, or the store has runs whose intervals are
    not adjacent; and `StoreBusyError` where another stream has the checkpoint.
    """
    find_spark()
    stream = _FollowedJob.of(job, store, lateness_s, start)
    made: list[RunResult] = []
    threads = processors()
    with _checkpoint(Path(checkpoint)) as private, open_session(master, private, threads) as session:

        def handle(files: list[Path]) -> None:
            for interval in stream.due(private):
                result = stream.run(interval)
                made.append(result)
                published(result)

        each_batch(
            session, _watched(stream.job), Path(checkpoint), handle, every_s=every_s, files_at_once=files_at_once
        )
    return made


@contextmanager
def _checkpoint(folder: Path) -> Iterator[Path]:
    """Lock the checkpoint, and make a private folder in it for the session, which is deleted at the end. Those of
    killed sessions are deleted first.
    """
    old = os.umask(0o077)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder / "lock", "the checkpoint"):
            for left in folder.glob("session-*"):
                shutil.rmtree(left, ignore_errors=True)
            private = folder.resolve() / f"session-{uuid4().hex}"
            private.mkdir()
            try:
                yield private
            finally:
                shutil.rmtree(private, ignore_errors=True)
    finally:
        os.umask(old)


@dataclass(frozen=True)
class _FolderView:
    """What the inputs are now: the duty windows, and the pings piece by piece."""

    windows: Windows
    pieces: list[Piece]
    reading: PingReading
    engine: DuckDBSession

    def newest_us(self, now_us: int) -> int:
        """The instant of the newest ping that is not in the future."""
        return max((self._newest_in(piece, now_us) for piece in self.pieces), default=NEVER_US)

    def has_rows(self, piece: Piece, interval: Span) -> bool:
        """Whether a row of the piece is in the interval. Its statistics are not enough: one stray ping may extend them
        over years.
        """
        if piece.from_us >= interval[1] or piece.to_us < interval[0]:
            return False
        return any(Interval(*interval).contains(observed_us).any() for observed_us in self._instants(piece))

    def _newest_in(self, piece: Piece, now_us: int) -> int:
        if piece.to_us <= now_us:
            return piece.to_us
        return max(int(some[some <= now_us].max(initial=NEVER_US)) for some in self._instants(piece))

    def _instants(self, piece: Piece) -> Iterator[Ints]:
        return instants_of(piece, self.reading.local)


@dataclass(frozen=True)
class _FollowedJob:
    """A job whose pings arrive over time."""

    job: Job
    policy: Policy
    lateness_us: int
    start_us: int

    @classmethod
    def of(cls, job: Path | str, store: Path | str | None, lateness_s: int, start: datetime | None) -> _FollowedJob:
        loaded = Job.load(job) if store is None else Job.load(job).with_store(store)
        if is_object(loaded.store.raw) or any(is_object(where.raw) for where in loaded.inputs.tables.values()):
            raise UsageError("a stream can neither read from an object store nor publish to one", file=Path(job).name)
        if not _watched(loaded).is_dir():
            raise UsageError("inputs.pings must name a folder for files to arrive in", file=Path(job).name)
        begin = NEVER_US if start is None else to_us(start if start.tzinfo else start.replace(tzinfo=UTC))
        return cls(loaded, Policy.load(loaded.policy.path), lateness_s * 1_000_000, begin)

    def run(self, interval: Span) -> RunResult:
        """One run over an interval, on the open session."""
        start, end = (None if us in (NEVER_US, FOREVER_US) else from_us(us) for us in interval)
        return run(self.job, start=start, end=end, engine="spark")

    def due(self, private: Path) -> list[Span]:
        """The intervals to run now: those for which files came late, then the next one where it is complete."""
        now_us = time.time_ns() // 1000
        before = self._published()
        begin = max((end for _, end in before), default=self.start_us)
        with self._look(private, now_us) as view:
            late = [
                interval
                for interval, known in before.items()
                if any(
                    view.has_rows(piece, interval) for piece in view.pieces if not was_read(piece.file.source, known)
                )
            ]
            end = ready(view.windows, view.newest_us(now_us) - self.lateness_us)
            some = end > begin and any(view.has_rows(piece, (begin, end)) for piece in view.pieces)
        return [*late, *([(begin, end)] if some else [])]

    @contextmanager
    def _look(self, private: Path, now_us: int) -> Iterator[_FolderView]:
        folder = private / "look"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        sources = find_quietly(self.job.inputs, folder)
        check_quietly(sources)
        with open_engine(sources, folder, 1, 400) as engine:
            opened = open_inputs(engine, sources, self.policy, self.job.inputs.declared)
            reference = settle_reference(opened.rows, self.policy, now_us, self.job.inputs.declared).reference
            found = pieces(opened.pings, PIECE_ROWS)
            yield _FolderView(reference.timeline.windows, found, reading_of(reference), engine)

    def _published(self) -> dict[Span, set[tuple[str, int]]]:
        """The intervals of the log, in order, each with the names and sizes of the pings of the newest run over it."""
        log = self.job.store.path / "log"
        found: dict[Span, set[tuple[str, int]]] = {}
        for entry in read_log(log) if log.is_dir() else []:
            if entry.is_run:
                inputs = (one for one in entry.document["inputs"] if one["table"] == "pings")
                found[_span(interval_of(entry.document))] = {(one["name"], one["bytes"]) for one in inputs}
        ordered = dict(sorted(found.items()))
        spans = list(ordered)
        if spans and (spans[0][0] != self.start_us or any(a[1] != b[0] for a, b in pairwise(spans))):
            raise UsageError("the store has runs whose intervals are not adjacent: give the stream a store of its own")
        return ordered


def _watched(job: Job) -> Path:
    """The folder in which files arrive: the one that the job names, or the fixed part of its pattern."""
    pings = job.inputs.pings
    return (pings.path if pings.path.exists() else fixed_part(pings)).resolve()


def ready(windows: Windows, arrived_us: int) -> int:
    """The last instant before which everything is complete, if every ping before ``arrived_us`` is there: no cluster of
    duty windows that begins before it ends after ``arrived_us``.
    """
    open_yet = windows.cluster_to > arrived_us
    return min(arrived_us, int(windows.from_us[open_yet].min(initial=FOREVER_US)))


def _span(interval: Interval) -> Span:
    return interval.from_us, interval.to_us


def was_read(source: Source, known: Collection[tuple[str, int]]) -> bool:
    """Whether a file is among those of a run, which are known by name and size. The log has another name for one whose
    own holds an id (specification#silence).
    """
    size = source.path.stat().st_size
    if (source.name, size) in known:
        return True
    if not any(name.startswith(QUIET) and bytes_there == size for name, bytes_there in known):
        return False
    return (quiet_name(source.name, fingerprint(source).sha256), size) in known
