"""The local engine: reads the pings piece by piece and decides each duty window as soon as all of its pings are read.

A window can be decided when no ping of its cluster can come any more. Pieces come in order of their earliest ping.
Therefore that is so when every window of the cluster ends before the earliest ping of all pieces still to come: the
watermark (ADR 4). Which pieces are read together, in what order and on how many threads changes when a window is
decided, never how (specification#independence).

`PieceJudge` and `Settler` are the two steps of the work. The tasks on Spark use them too.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from offduty.arrays.arrow import Bools, Codes, Ints
from offduty.arrays.spill import Spill
from offduty.core.errors import InputError, PrivacyError
from offduty.core.instants import FOREVER_US
from offduty.core.interval import Interval
from offduty.core.reasons import Reason
from offduty.core.times import NO_TIME_US
from offduty.decision.around_duty import AroundDuty
from offduty.decision.decide import Undecided, judge, settle_in_order, twins
from offduty.decision.gaps import gap_counts, windows_counted
from offduty.decision.join import LOST, PingBatch
from offduty.decision.legs import is_candidate
from offduty.decision.needed import NeededTime
from offduty.decision.pings import QuarantinedRows, Reasons
from offduty.decision.settle_parts import settle_in_parts
from offduty.duty.timeline import Windows
from offduty.engines.decider import DecisionInputs
from offduty.engines.every_row import check_joined
from offduty.ingest.ping_files import Piece, PingFile, outside_its_day
from offduty.ingest.read_pieces import PingSession, read_piece
from offduty.outputs.outcome import NOT_RECORDED, Outcome, PingCounts
from offduty.outputs.release import coarse
from offduty.outputs.released_pings import ReleasedPings

BYTES_PER_PING = 48
"""About how much memory an undecided ping takes."""
_WORTH_SETTLING = 4
"""Where fewer than one of so many waiting pings can be settled, all wait on: each attempt copies every one of them."""
NO_PINGS = Undecided(
    row=np.zeros(0, np.int64),
    window=np.zeros(0, np.int32),
    observed_us=np.zeros(0, np.int64),
    lon=np.zeros(0, np.float64),
    lat=np.zeros(0, np.float64),
    accuracy_m=np.zeros(0, np.float64),
    code=np.zeros(0, np.int16),
    kind=np.zeros(0, np.uint8),
)
_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class PieceOutcome:
    """What judging a piece gives: undecided pings by bucket of officers, rows for the quarantine, how many rows of the
    piece are in the interval, and what was counted.
    """

    undecided: list[Undecided]
    faults: list[QuarantinedRows]
    rows: int
    read: PingCounts


class LocalEngine:
    """Decides in this process, on several threads; see `Decider`."""

    in_one_process = True

    def __call__(
        self, inputs: DecisionInputs, files: list[PingFile], pieces: list[Piece], advanced: Callable[[int], None]
    ) -> Outcome:
        """Decide every ping of the interval, as `Decider` says."""
        total = sum(file.rows for file in files)
        outcome = Outcome(
            reasons=np.full(total, NOT_RECORDED, np.uint8),
            released=inputs.released or Spill(ReleasedPings, inputs.work, inputs.limits.released_bytes),
            quarantined=QuarantinedRows.together([]),
            rows=0,
        )
        wanted = pieces_wanted(pieces, inputs.context)
        judge_piece, settler = PieceJudge(inputs, outcome.reasons, inputs.needed), Settler(inputs, outcome)
        faults: list[QuarantinedRows] = []
        counts: list[PingCounts] = []
        rows = 0
        with ThreadPoolExecutor(inputs.limits.threads) as pool:
            judged = _in_order(pool, judge_piece, wanted, inputs.limits.threads + 1)
            for piece, watermark, found in zip(wanted, _watermarks(wanted), judged, strict=True):
                faults += found.faults
                rows += found.rows
                counts.append(found.read)
                settler.add(pool, found.undecided, watermark)
                advanced(piece.rows)
            settler.finish(pool)
            read = PingCounts.together(counts)
            if read.passed_over and read.misplaced + read.passed_over == read.pings:
                read = replace(read, misplaced=_misplaced(inputs, wanted, pool))
        check_joined(outcome.reasons, files, read)
        return replace(outcome, quarantined=QuarantinedRows.together(faults), rows=rows, read=read)


LOCAL = LocalEngine()


def _misplaced(inputs: DecisionInputs, pieces: list[Piece], pool: ThreadPoolExecutor) -> int:
    """How many rows of the pieces have a position that cannot be read, those that were passed over among them. It is
    asked where no row that was joined says that positions can be read at all.
    """

    def count(piece: Piece) -> int:
        session = PingSession.of(inputs.engine.cursor(), inputs.join)
        return sum(batch.misplaced for batch in read_piece(piece, session))

    return sum(_in_order(pool, count, pieces, inputs.limits.threads))


def pieces_wanted(pieces: list[Piece], context: Interval) -> list[Piece]:
    """The pieces that have, or may have, rows in an interval and its context, in the order given. A piece with rows
    without an instant always counts (specification#rows-without-instant).
    """
    return [piece for piece in pieces if _concerns(piece, context)]


def _concerns(piece: Piece, context: Interval) -> bool:
    return piece.timeless or (piece.to_us >= context.from_us and piece.from_us < context.to_us)


def _watermarks(pieces: list[Piece]) -> list[int]:
    """After each piece, the earliest instant that may still come; pieces are sorted by it."""
    return [*(piece.from_us for piece in pieces[1:]), FOREVER_US][: len(pieces)]


def _in_order(
    pool: ThreadPoolExecutor, work: Callable[[_Item], _Result], items: Iterable[_Item], ahead: int
) -> Iterator[_Result]:
    """Work on as many as ``ahead`` items at once, and yield their results in the order of the items."""
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
    """Reads and judges pieces, on any thread; writes the reasons that are final into ``reasons``, by row number. Rows
    that are not ``needed`` are passed over, and get none; None: all rows are needed.
    """

    def __init__(self, inputs: DecisionInputs, reasons: Reasons, needed: NeededTime | None = None) -> None:
        self._inputs = inputs
        self._needed = needed
        self._reasons = reasons
        self._local = threading.local()
        self._known = inputs.known

    def __call__(self, piece: Piece) -> PieceOutcome:
        """Read and judge one piece. Raises `InputError` where its file cannot be read or its statistics are wrong."""
        if not hasattr(self._local, "session"):
            self._local.session = PingSession.of(self._inputs.engine.cursor(), self._inputs.join)
        judged = []
        for batch in read_piece(piece, self._local.session, self._inputs.decoded, self._needed):
            judged.append(self.batch(batch, piece.file.first_row))
            _check_span(piece, judged[-1].read.span)
        by_bucket = [Undecided.together(parts) for parts in zip(*(part.undecided for part in judged), strict=True)]
        return PieceOutcome(
            by_bucket,
            [faults for part in judged for faults in part.faults],
            sum(part.rows for part in judged),
            PingCounts.together(part.read for part in judged),
        )

    def batch(self, batch: PingBatch, file: int = 0) -> PieceOutcome:
        """Judge one batch of the file with the first row ``file``, and write its reasons by row. Quarantined rows get
        `NOT_RECORDED`, and those that stayed in the engine ``off_duty``.
        """
        self._reasons[_stayed(batch)] = Reason.OFF_DUTY
        decided, windows = self._inputs.decided, self._inputs.reference.timeline.windows
        faults, pings = _within(batch.quarantined, decided), batch.pings
        late = np.flatnonzero((pings.observed_us > self._inputs.reference.as_of_us) & (pings.observed_us != NO_TIME_US))
        inside: Bools | None = None
        if (
            self._inputs.interval.unbounded
        ):  # no column is copied: what lies after as_of is in no window that is decided
            reason, undecided = judge(pings, self._inputs.reference)
            self._reasons[pings.row] = reason
            self._reasons[pings.row[late]] = NOT_RECORDED
            rows = batch.stayed + len(reason) - len(late)
        else:
            pings = pings.take(np.flatnonzero(self._known.contains(pings.observed_us)))
            inside = decided.contains(pings.observed_us)
            reason, undecided = judge(pings, self._inputs.reference)
            self._reasons[pings.row[inside]] = reason[inside]
            rows = batch.stayed + int(inside.sum()) + int((faults.observed_us == NO_TIME_US).sum())
            undecided = undecided.take(np.flatnonzero(windows.cluster_to[undecided.window] > decided.from_us))
        self._reasons[batch.quarantined.row] = NOT_RECORDED
        counts = PingCounts(
            met=batch.met,
            after_as_of=int(self._inputs.interval.contains(batch.pings.observed_us[late]).sum()),
            usable={file: (batch.rows, batch.usable)},
            joined={file: tuple(batch.joined.tolist())},
            misplaced=batch.misplaced,
            passed_over=batch.passed_over,
            never_assigned=batch.never_assigned,
            lookalikes=batch.lookalikes,
            around=AroundDuty.together(
                [batch.around, self._inputs.hours.count(pings.place, pings.observed_us, inside)]
            ),
            span=batch.span,
            unassigned=batch.unassigned,
        )
        return PieceOutcome(list(by_bucket(undecided, windows, self._inputs.limits.buckets)), [faults], rows, counts)


def _stayed(batch: PingBatch) -> Ints:
    """The rows that stayed in the engine: those that did not leave it. Raises `PrivacyError` unless they are as many,
    with the same sum of their numbers, as the engine counted (specification#every-row-once).
    """
    left = np.full(batch.rows, batch.joined_rows is not None)
    if batch.joined_rows is not None:
        left[batch.joined_rows] = False
    left[batch.pings.row - batch.first_row] = True
    stayed = np.flatnonzero(~left) + batch.first_row
    if len(stayed) != batch.stayed or int(stayed.sum()) != batch.stayed_sum:
        raise PrivacyError(LOST)
    return stayed


def _check_span(piece: Piece, span: tuple[int, int]) -> None:
    """The watermark rests on the statistics of each file. A file whose statistics are wrong stops the run."""
    first, last = span
    if first > last:
        return
    if first < piece.file.day.from_us or last >= piece.file.day.to_us:
        raise outside_its_day(piece.file.source)
    if first < piece.from_us or last > piece.to_us:
        raise InputError("the statistics of observed_at are wrong; write the file again", file=piece.file.source.name)


def _within(faults: QuarantinedRows, interval: Interval) -> QuarantinedRows:
    """Quarantined rows belong to the interval of their instant; without an instant, to every interval
    (specification#rows-without-instant).
    """
    inside = interval.contains(faults.observed_us) | (faults.observed_us == NO_TIME_US)
    return QuarantinedRows(faults.row[inside], faults.reason[inside], faults.observed_us[inside], faults.as_read)


@dataclass(frozen=True)
class SettledWindows:
    """What settling gives: released pings by local day, and the pings whose windows are not complete yet."""

    released: list[tuple[int, ReleasedPings]]
    left: Undecided


class Settler:
    """Collects undecided pings by bucket of officers until their windows are complete, and then has them settled.

    When more pings wait than `Limits.waiting_bytes` allows, which takes an input that is not in order of time, all of
    them are spilled to the work folder by officer. They are settled at the end, some officers at a time; where these
    have more than `Limits.settled_rows`, in parts of time.
    """

    def __init__(self, inputs: DecisionInputs, outcome: Outcome) -> None:
        self._inputs = inputs
        self._outcome = outcome
        self._dates = inputs.reference.timeline.windows.dates(inputs.reference.policy.policy.timezone)
        self._max_gap_us = inputs.reference.policy.legs.max_gap_s * 1_000_000
        self._counted = windows_counted(inputs.decided, inputs.reference.timeline.windows)
        self._waiting: list[list[Undecided]] = []
        self._count = 0
        self._most = max(inputs.limits.waiting_bytes // BYTES_PER_PING, 1)
        self._enough = self._most
        self._by_officer: Spill[Undecided] | None = None
        self._recording = threading.Lock()

    def add(self, pool: ThreadPoolExecutor, undecided: list[Undecided], watermark: int) -> None:
        """Add undecided pings, by bucket. No ping earlier than ``watermark`` will come any more."""
        if self._by_officer is not None:
            self._spill(undecided, self._by_officer)
            return
        self._waiting.append(undecided)
        self._count += sum(len(part) for part in undecided)
        if self._count < self._enough:
            return
        if self._complete(watermark) * _WORTH_SETTLING >= self._count:
            left = self._settle_all(pool, watermark)
            self._waiting, self._count = [left], sum(len(part) for part in left)
        self._enough = max(self._count + self._count // 2, self._most)
        if self._count > 2 * self._most:
            self._by_officer = Spill(Undecided, self._inputs.work, self._inputs.limits.waiting_bytes)
            for waiting in self._waiting:
                self._spill(waiting, self._by_officer)
            self._waiting = []

    def finish(self, pool: ThreadPoolExecutor) -> None:
        """Settle all pings that still wait: no more will come."""
        self._settle_all(pool, FOREVER_US)
        if (spilled := self._by_officer) is not None:

            def settle(bucket: int) -> SettledWindows:
                if spilled.rows(bucket) > self._inputs.limits.settled_rows:
                    return self._settle_in_parts(spilled, bucket)
                return self.settle([spilled.take(bucket)], FOREVER_US)

            for settled in _in_order(pool, settle, spilled.keys(), self._inputs.limits.threads):
                self._record(settled.released)

    @property
    def _windows(self) -> Windows:
        return self._inputs.reference.timeline.windows

    def _complete(self, watermark: int) -> int:
        """How many of the pings that wait are in windows of which no ping will come any more."""
        done = self._windows.cluster_to <= watermark
        return sum(int(np.count_nonzero(done[part.window])) for parts in self._waiting for part in parts)

    def _spill(self, undecided: list[Undecided], by_officer: Spill[Undecided]) -> None:
        for bucket, pings in enumerate(undecided):
            by_officer.add(bucket, pings)

    def _settle_all(self, pool: ThreadPoolExecutor, watermark: int) -> list[Undecided]:
        """Settle all buckets, each on a thread, and return by bucket the pings that must wait longer."""
        running = [pool.submit(self._settle, list(parts), watermark) for parts in zip(*self._waiting, strict=True)]
        self._waiting = []
        left = []
        for future in running:
            settled = future.result()
            self._record(settled.released)
            left.append(settled.left)
        return left

    def _record(self, released: list[tuple[int, ReleasedPings]]) -> None:
        """Keep what is released, by day; any thread may call this."""
        with self._recording:
            for day, pings in released:
                self._outcome.released.add(day, pings)

    def settle(self, parts: list[Undecided], watermark: int) -> SettledWindows:
        """Settle the windows whose cluster ends at or before ``watermark``, and write their reasons by row.

        What is released comes out coarse, by the local day on which its window starts.
        """
        whole, left = self._whole(parts, watermark)
        return SettledWindows(self._release(whole), left)

    def _settle(self, parts: list[Undecided], watermark: int) -> SettledWindows:
        """`settle`; in parts of time, if there are too many pings."""
        whole, left = self._whole(parts, watermark)
        if len(whole) <= self._inputs.limits.settled_rows:
            return SettledWindows(self._release(whole), left)
        stored: Spill[Undecided] = Spill(Undecided, self._inputs.work, self._inputs.limits.waiting_bytes)
        stored.add(0, whole)
        return replace(self._settle_in_parts(stored, 0), left=left)

    def _whole(self, parts: list[Undecided], watermark: int) -> tuple[Undecided, Undecided]:
        """The pings of windows whose cluster ends at or before ``watermark``, and the others."""
        waiting = Undecided.together(parts)
        done = np.take(self._windows.cluster_to, waiting.window) <= watermark
        if done.all():
            return waiting, waiting.take(np.zeros(0, np.int64))
        return waiting.take(np.flatnonzero(done)), waiting.take(np.flatnonzero(~done))

    def _settle_in_parts(self, stored: Spill[Undecided], key: int) -> SettledWindows:
        """Settle all pings of a key in parts of time; what is released is recorded part by part."""
        for block in settle_in_parts(
            stored,
            key,
            self._inputs.reference,
            self._counted,
            rows=self._inputs.limits.settled_rows,
        ):
            self._outcome.gaps.append(block.gaps)
            self._outcome.twins.extend(block.twins)
            self._record(self._decided(block.pings, block.reason))
        return SettledWindows([], NO_PINGS)

    def _release(self, whole: Undecided) -> list[tuple[int, ReleasedPings]]:
        if not len(whole):
            return []
        reason, in_order = settle_in_order(whole, self._inputs.reference)
        self._outcome.gaps.append(gap_counts(in_order.of_windows(self._counted), self._windows, self._max_gap_us))
        if self._inputs.reference.policy.release.extra_columns:
            self._outcome.twins.extend(twins(whole, reason))
        return self._decided(whole, reason)

    def _decided(self, whole: Undecided, reason: Reasons) -> list[tuple[int, ReleasedPings]]:
        """Write the reasons of pings by row; what is released comes out coarse, by day."""
        recorded = is_candidate(whole.kind)
        recorded &= self._inputs.decided.contains(whole.observed_us)
        rows = np.flatnonzero(recorded)
        self._outcome.reasons[np.take(whole.row, rows)] = np.take(reason, rows)
        released = whole.take(np.flatnonzero(recorded & (reason == Reason.ON_DUTY)))
        officer: Codes = np.take(self._windows.officer_codes, released.window)
        small = coarse(released, officer, self._inputs.reference.policy)
        days = np.take(self._dates, released.window)
        if not len(days):
            return []
        first = int(days.min())
        some = np.flatnonzero(np.bincount(days - first)) + first
        if len(some) == 1:
            return [(first, small)]
        return [(day, small.take(np.flatnonzero(days == day))) for day in some.tolist()]


def by_bucket(undecided: Undecided, windows: Windows, count: int) -> Iterator[Undecided]:
    """The pings divided by officer into ``count`` parts (65,536 at most), some of which may be empty."""
    bucket = (np.take(windows.officer, undecided.window) % count).astype(np.uint16)
    divided = undecided.take(np.argsort(bucket, kind="stable"))
    first = 0
    for last in np.cumsum(np.bincount(bucket, minlength=count)).tolist():
        yield divided.part(first, last)
        first = last
