"""Streams the pings through the decision: pieces in, windows settled as soon as they are whole, nothing held for
longer.

A window can be settled when no ping of its cluster can come any more. Pieces come in order of their earliest ping, so
that is so when every window of the cluster ends before the earliest ping of all pieces still to come (the watermark).
Which pieces are read together, in what order and on how many threads changes when a window is settled, never how.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from offduty.arrays.arrow import Codes
from offduty.arrays.spill import Spill
from offduty.core.errors import InputError
from offduty.core.instants import FOREVER_US, NEVER_US
from offduty.core.interval import Interval
from offduty.core.reasons import Reason
from offduty.decision.decide import Pings, Reasons, Reference, Undecided, judge, settle
from offduty.decision.legs import CONTACT
from offduty.decision.pings import NO_TIME_US, PingBatch, PingReading, QuarantinedRows
from offduty.duty.timeline import Windows, context_of
from offduty.ingest.ping_files import Piece, PingFile, read_piece
from offduty.outputs.outcome import NOT_RECORDED, Outcome
from offduty.outputs.release import ReleasedPings, coarse

BUCKETS = 16
BYTES_PER_PING = 48
_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Limits:
    """How much may be held at once, on how many threads the work runs, and into how many parts the officers are
    divided.
    """

    threads: int
    waiting_bytes: int
    released_bytes: int
    piece_rows: int
    buckets: int = BUCKETS


@dataclass(frozen=True)
class DecisionInputs:
    """One streaming decision: what it rests on and what it may use.

    ``tables`` are the reference tables as text, for an engine that settles them again in another process; ``stage``
    takes the time of a part of its work.
    """

    reading: PingReading
    reference: Reference
    interval: Interval
    engine: duckdb.DuckDBPyConnection
    work: Path
    limits: Limits
    tables: Mapping[str, pa.Table] = field(default_factory=dict)
    stage: Callable[[str], AbstractContextManager[None]] = lambda name: nullcontext()


@dataclass(frozen=True)
class PieceOutcome:
    """What came of one piece: undecided pings by bucket of officers, rows set aside, and how many rows the interval
    holds.
    """

    undecided: list[Undecided]
    faults: list[QuarantinedRows]
    rows: int


def decide_all(
    stream: DecisionInputs, files: list[PingFile], pieces: list[Piece], advanced: Callable[[int], None]
) -> Outcome:
    """Decide every ping of the interval. ``advanced`` hears how many rows were read since it last heard."""
    total = sum(file.rows for file in files)
    outcome = Outcome(
        reasons=np.full(total, NOT_RECORDED, np.uint8),
        released=Spill(ReleasedPings, stream.work, stream.limits.released_bytes),
        faults=QuarantinedRows.together([]),
        rows=0,
    )
    context = context_of(stream.interval, stream.reference.timeline.windows)
    wanted = pieces_wanted(pieces, context)
    seen = Settler(stream, outcome)
    faults: list[QuarantinedRows] = []
    rows = 0
    with ThreadPoolExecutor(stream.limits.threads) as pool:
        look = PieceJudge(stream, context, outcome.reasons)
        watermarks = _watermarks(wanted)
        for piece, watermark, found in zip(
            wanted, watermarks, _ahead(pool, look, wanted, stream.limits.threads + 1), strict=True
        ):
            faults += found.faults
            rows += found.rows
            seen.add(pool, found.undecided, watermark)
            advanced(piece.rows)
        seen.finish(pool)
    return Outcome(outcome.reasons, outcome.released, QuarantinedRows.together(faults), rows)


def pieces_wanted(pieces: list[Piece], context: Interval) -> list[Piece]:
    """The pieces that hold something of an interval and its context, or may; in the order in which they were given."""
    return [piece for piece in pieces if _concerns(piece, context)]


def _concerns(piece: Piece, context: Interval) -> bool:
    return piece.timeless or (piece.to_us >= context.from_us and piece.from_us < context.to_us)


def _watermarks(pieces: list[Piece]) -> list[int]:
    """After each piece, the earliest instant that may still come; pieces are sorted by it."""
    return [*(piece.from_us for piece in pieces[1:]), FOREVER_US][: len(pieces)]


def _ahead(
    pool: ThreadPoolExecutor, work: Callable[[_Item], _Result], items: Iterable[_Item], ahead: int
) -> Iterator[_Result]:
    """Work on a few items at once and give back their results in order."""
    running: deque[Future[_Result]] = deque()
    try:
        for item in items:
            running.append(pool.submit(work, item))
            if len(running) > ahead:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()
    finally:
        for future in running:
            future.cancel()


class PieceJudge:
    """Reads and judges one piece, on whatever thread."""

    def __init__(self, stream: DecisionInputs, context: Interval, reasons: Reasons) -> None:
        self._stream = stream
        self._context = context
        self._reasons = reasons
        self._local = threading.local()

    def __call__(self, piece: Piece) -> PieceOutcome:
        if not hasattr(self._local, "cursor"):
            self._local.cursor = self._stream.engine.cursor()
        seen = []
        for batch in read_piece(piece, self._stream.reading, self._local.cursor):
            _check_span(piece, batch.pings)
            seen.append(self.batch(batch))
        by_bucket = [Undecided.together(parts) for parts in zip(*(part.undecided for part in seen), strict=True)]
        return PieceOutcome(
            by_bucket, [faults for part in seen for faults in part.faults], sum(part.rows for part in seen)
        )

    def batch(self, batch: PingBatch) -> PieceOutcome:
        """Judge one batch, and write down the reasons by row; the rows set aside have none."""
        interval, windows = self._stream.interval, self._stream.reference.timeline.windows
        pings, faults = batch.pings, _within(batch.faults, interval)
        if not interval.whole:
            pings = _some(pings, self._context.holds(pings.observed_us))
        reason, undecided = judge(pings, self._stream.reference)
        if interval.whole:
            rows = len(pings.row)
            self._reasons[pings.row] = reason
        else:
            inside = interval.holds(pings.observed_us)
            rows = int(inside.sum()) + int((faults.observed_us == NO_TIME_US).sum())
            self._reasons[pings.row[inside]] = reason[inside]
            undecided = undecided.take(np.flatnonzero(windows.cluster_to[undecided.window] > interval.from_us))
        self._reasons[batch.faults.row] = NOT_RECORDED
        return PieceOutcome(list(by_bucket(undecided, windows, self._stream.limits.buckets)), [faults], rows)


def _check_span(piece: Piece, pings: Pings) -> None:
    """Windows are settled on the word of a file's statistics; one whose statistics are wrong stops the run."""
    if len(pings.row) and (pings.observed_us.min() < piece.from_us or _latest(pings) > piece.to_us):
        raise InputError("the statistics of observed_at are wrong; write the file again", file=piece.file.source.name)


def _latest(pings: Pings) -> int:
    """The last instant there is; rows without one stand after every instant."""
    latest = int(pings.observed_us.max())
    return (
        latest
        if latest != NO_TIME_US
        else int(pings.observed_us[pings.observed_us != NO_TIME_US].max(initial=NEVER_US))
    )


def _within(faults: QuarantinedRows, interval: Interval) -> QuarantinedRows:
    """Rows set aside belong to the interval of their instant; without one, to every interval (SPEC 8)."""
    inside = interval.holds(faults.observed_us) | (faults.observed_us == NO_TIME_US)
    return QuarantinedRows(faults.row[inside], faults.reason[inside], faults.observed_us[inside], faults.kept)


def _some(pings: Pings, which: npt.NDArray[np.bool_]) -> Pings:
    if which.all():
        return pings
    return Pings(
        pings.row[which],
        pings.device[which],
        pings.observed_us[which],
        pings.lon[which],
        pings.lat[which],
        pings.accuracy_m[which],
    )


@dataclass(frozen=True)
class SettledWindows:
    """What came of settling: released pings by local day, and the pings whose windows are not whole yet."""

    released: list[tuple[int, ReleasedPings]]
    left: Undecided


class Settler:
    """Keeps undecided pings, bucket of officers by bucket, until their windows are whole, and has them settled.

    When more wait than may be held, which takes an input that is in no order of time, all that waits goes to the work
    folder by officer, and is settled some officers at a time at the end.
    """

    def __init__(self, stream: DecisionInputs, outcome: Outcome) -> None:
        self._stream = stream
        self._outcome = outcome
        self._dates = stream.reference.timeline.windows.dates(stream.reference.policy.policy.timezone)
        self._waiting: list[list[Undecided]] = []
        self._count = 0
        self._most = max(stream.limits.waiting_bytes // BYTES_PER_PING, 1)
        self._enough = self._most
        self._by_officer: Spill[Undecided] | None = None

    def add(self, pool: ThreadPoolExecutor, undecided: list[Undecided], watermark: int) -> None:
        """Take some more, by bucket; no ping earlier than the watermark will come."""
        if self._by_officer is not None:
            self._set_aside(undecided, self._by_officer)
            return
        self._waiting.append(undecided)
        self._count += sum(len(part) for part in undecided)
        if self._count < self._enough:
            return
        left = self._settle_all(pool, watermark)
        self._waiting, self._count = [left], sum(len(part) for part in left)
        self._enough = max(self._count + self._count // 2, self._most)
        if self._count > 2 * self._most:
            self._by_officer = Spill(Undecided, self._stream.work, self._stream.limits.waiting_bytes)
            self._set_aside(left, self._by_officer)
            self._waiting = []

    def finish(self, pool: ThreadPoolExecutor) -> None:
        """Nothing more will come: settle all that waits."""
        self._settle_all(pool, FOREVER_US)
        if self._by_officer is not None:
            for bucket in self._by_officer.kept():
                self._take_in(self.settle([self._by_officer.take(bucket)], FOREVER_US))

    @property
    def _windows(self) -> Windows:
        return self._stream.reference.timeline.windows

    def _set_aside(self, undecided: list[Undecided], by_officer: Spill[Undecided]) -> None:
        for bucket, pings in enumerate(undecided):
            by_officer.add(bucket, pings)

    def _settle_all(self, pool: ThreadPoolExecutor, watermark: int) -> list[Undecided]:
        """Settle all buckets side by side; what is left waits on."""
        running = [pool.submit(self.settle, list(parts), watermark) for parts in zip(*self._waiting, strict=True)]
        self._waiting = []
        return [self._take_in(future.result()) for future in running]

    def _take_in(self, settled: SettledWindows) -> Undecided:
        for day, released in settled.released:
            self._outcome.released.add(day, released)
        return settled.left

    def settle(self, parts: list[Undecided], watermark: int) -> SettledWindows:
        """Settle whole windows, record the reasons, and make what is released coarse, by local day of the window's
        start.
        """
        waiting = Undecided.together(parts)
        done = np.take(self._windows.cluster_to, waiting.window) <= watermark
        if done.all():
            return SettledWindows(self._release(waiting), waiting.take(np.zeros(0, np.int64)))
        return SettledWindows(self._release(waiting.take(np.flatnonzero(done))), waiting.take(np.flatnonzero(~done)))

    def _release(self, whole: Undecided) -> list[tuple[int, ReleasedPings]]:
        if not len(whole):
            return []
        reason = settle(whole, self._stream.reference)
        recorded = whole.kind != CONTACT
        if not self._stream.interval.whole:
            recorded &= self._stream.interval.holds(whole.observed_us)
        self._outcome.reasons[whole.row[recorded]] = reason[recorded]
        released = whole.take(np.flatnonzero(recorded & (reason == Reason.ON_DUTY)))
        officer: Codes = np.take(self._windows.officer, released.window).astype(np.int32)
        small = coarse(released, officer, self._stream.reference.policy)
        days = np.take(self._dates, released.window)
        present = np.unique(days).tolist()
        return [(day, small if len(present) == 1 else small.take(np.flatnonzero(days == day))) for day in present]


def by_bucket(undecided: Undecided, windows: Windows, count: int) -> Iterator[Undecided]:
    """The pings divided by officer into so many parts (65,536 at most), some of which may be empty."""
    bucket = (np.take(windows.officer, undecided.window) % count).astype(np.uint16)
    order = np.argsort(bucket, kind="stable")
    first = 0
    for last in np.cumsum(np.bincount(bucket, minlength=count)).tolist():
        yield undecided.take(order[first:last])
        first = last
