"""Runs a job again and again while files arrive, each time over what is ready: no row is lost, and none is recorded
twice.

The store's log is the memory. Its runs stand end to end in time; the next one begins where the last one ended, and ends
at the last instant before which every duty window has closed and its pings have had time to arrive. A file that comes
later still has the intervals run again that it reaches into, each as it was: those runs supersede the earlier ones
(SPEC 8).
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
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
from offduty.core.instants import FOREVER_US, NEVER_US, from_us, instant, to_us
from offduty.core.interval import Interval
from offduty.core.locations import is_object
from offduty.decision.pings import PingReading
from offduty.decision.reference import reading_of, settle_reference
from offduty.duty.timeline import Windows
from offduty.engines.spark.session import find_spark, open_session
from offduty.engines.spark.streaming import each_batch
from offduty.ingest.duckdb_session import DuckDBSession, open_engine
from offduty.ingest.ping_files import Piece, PingFile, open_ping_files, pieces, read_piece
from offduty.ingest.reference_files import read_reference
from offduty.ingest.sources import find_sources, fixed_part
from offduty.runs.request import REFERENCES
from offduty.runs.run import RunResult, run
from offduty.store.local import held
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
    """Publish what is ready each time files arrive in the folder of the job's pings; every run that was made.

    ``checkpoint`` is a folder in which Spark keeps which files it has seen. Pings count as arrived when they are
    ``lateness_s`` older than the newest one. The first run begins at ``start``, and pings before it belong to none;
    left out, it begins with time itself, and a stray ping of 1970 that arrives has it run again. It looks again every
    ``every_s`` seconds until it is interrupted; with None it ends when all that lies there has been seen. At most
    ``files_at_once`` files make a micro-batch. ``published`` hears of each run at once. Raises what `run` raises,
    `UsageError` where the pings are no folder or the store has runs that are no stream's, and `StoreBusyError` where
    another stream has the checkpoint.
    """
    find_spark()
    stream = _FollowedJob.of(job, store, lateness_s, start)
    made: list[RunResult] = []
    with _checkpoint(Path(checkpoint)) as place, open_session(master, place, len(os.sched_getaffinity(0))) as session:

        def handle(files: list[Path]) -> None:
            for interval in stream.due(place):
                result = stream.run(interval)
                made.append(result)
                published(result)

        each_batch(
            session, _watched(stream.job), Path(checkpoint), handle, every_s=every_s, files_at_once=files_at_once
        )
    return made


@contextmanager
def _checkpoint(folder: Path) -> Iterator[Path]:
    """Hold the checkpoint, and make a private folder in it for the session, which is wiped; so are those of killed
    ones.
    """
    old = os.umask(0o077)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with held(folder / "lock", "the checkpoint"):
            for left in folder.glob("session-*"):
                shutil.rmtree(left, ignore_errors=True)
            place = folder.resolve() / f"session-{uuid4().hex}"
            place.mkdir()
            try:
                yield place
            finally:
                shutil.rmtree(place, ignore_errors=True)
    finally:
        os.umask(old)


@dataclass(frozen=True)
class _FolderView:
    """What lies in the folder now: the duty windows, and the pings piece by piece."""

    windows: Windows
    pieces: list[Piece]
    reading: PingReading
    engine: DuckDBSession

    def newest_us(self, now_us: int) -> int:
        """The newest ping that is not of the future."""
        return max((self._newest_in(piece, now_us) for piece in self.pieces), default=NEVER_US)

    def holds(self, piece: Piece, interval: Span) -> bool:
        """Whether a row of the piece lies in the interval; one stray ping must not stretch it over years."""
        if piece.from_us >= interval[1] or piece.to_us < interval[0]:
            return False
        return any(Interval(*interval).contains(observed_us).any() for observed_us in self._instants(piece))

    def _newest_in(self, piece: Piece, now_us: int) -> int:
        if piece.to_us <= now_us:
            return piece.to_us
        return max(int(some[some <= now_us].max(initial=NEVER_US)) for some in self._instants(piece))

    def _instants(self, piece: Piece) -> Iterator[Ints]:
        return (batch.pings.observed_us for batch in read_piece(piece, self.reading, self.engine.con))


@dataclass(frozen=True)
class _FollowedJob:
    """A job that is followed."""

    job: Job
    policy: Policy
    lateness_us: int
    start_us: int

    @classmethod
    def of(cls, job: Path | str, store: Path | str | None, lateness_s: int, start: datetime | None) -> _FollowedJob:
        loaded = Job.load(job) if store is None else Job.load(job).with_store(store)
        if is_object(loaded.store.raw) or any(where and is_object(where.raw) for where in vars(loaded.inputs).values()):
            raise UsageError("a stream neither reads from an object store nor publishes into one", file=Path(job).name)
        if not _watched(loaded).is_dir():
            raise UsageError("inputs.pings must name a folder for files to arrive in", file=Path(job).name)
        begin = NEVER_US if start is None else to_us(start if start.tzinfo else start.replace(tzinfo=UTC))
        return cls(loaded, Policy.load(loaded.policy.path), lateness_s * 1_000_000, begin)

    def run(self, interval: Span) -> RunResult:
        """One run over an interval, on the session that is open."""
        start, end = (None if us in (NEVER_US, FOREVER_US) else from_us(us) for us in interval)
        return run(self.job, start=start, end=end, engine="spark")

    def due(self, place: Path) -> list[Span]:
        """The intervals that must be run now: those into which files came late, then the next one where it is ready."""
        now_us = time.time_ns() // 1000
        before = self._published()
        begin = max((end for _, end in before), default=self.start_us)
        with self._look(place, now_us) as seen:
            late = [
                interval
                for interval, known in before.items()
                if any(seen.holds(piece, interval) for piece in seen.pieces if _name(piece.file) not in known)
            ]
            end = ready(seen.windows, seen.newest_us(now_us) - self.lateness_us)
            some = end > begin and any(seen.holds(piece, (begin, end)) for piece in seen.pieces)
        return [*late, *([(begin, end)] if some else [])]

    @contextmanager
    def _look(self, place: Path, now_us: int) -> Iterator[_FolderView]:
        folder = place / "look"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        sources = find_sources(self.job.inputs, folder)
        with open_engine(sources, folder, 1, 400) as engine:
            tables = {table: read_reference(engine, table, sources).rows for table in REFERENCES}
            reference = settle_reference(tables, self.policy, now_us).reference
            files = open_ping_files(engine, sources, now_us, tuple(self.policy.release.extra_columns))
            yield _FolderView(reference.timeline.windows, pieces(files, PIECE_ROWS), reading_of(reference), engine)

    def _published(self) -> dict[Span, set[tuple[str, int]]]:
        """The intervals that the log has, in order, and of which pings the newest run over each knew: names and sizes."""
        log = self.job.store.path / "log"
        found: dict[Span, set[tuple[str, int]]] = {}
        for entry in read_log(log) if log.is_dir() else []:
            if entry.is_run:
                inputs = (one for one in entry.document["inputs"] if one["table"] == "pings")
                found[_span(entry.document["interval"])] = {(one["name"], one["bytes"]) for one in inputs}
        ordered = dict(sorted(found.items()))
        spans = list(ordered)
        if spans and (spans[0][0] != self.start_us or any(a[1] != b[0] for a, b in pairwise(spans))):
            raise UsageError(
                "the store has runs whose intervals do not stand end to end: give the stream a store of its own"
            )
        return ordered


def _watched(job: Job) -> Path:
    """The folder in which files arrive: the one that is named, or the one that a pattern looks into."""
    pings = job.inputs.pings
    return (pings.path if pings.path.exists() else fixed_part(pings)).resolve()


def ready(windows: Windows, arrived_us: int) -> int:
    """The last instant before which all is ready, where every ping before ``arrived_us`` is there: no cluster of duty
    windows that begins before it ends later than that.
    """
    open_yet = windows.cluster_to > arrived_us
    return min(arrived_us, int(windows.from_us[open_yet].min(initial=FOREVER_US)))


def _span(interval: dict[str, str]) -> Span:
    begin, end = instant(interval["from"]), instant(interval["to"])
    return NEVER_US if begin is None else begin, FOREVER_US if end is None else end


def _name(file: PingFile) -> tuple[str, int]:
    return file.source.name, file.source.path.stat().st_size
