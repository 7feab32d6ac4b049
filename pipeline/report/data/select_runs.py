"""Chooses the runs that count: over any time the newest entry of the log, so that no position is counted twice (SPEC
8).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from offduty.core.errors import UsageError
from offduty.core.instants import FOREVER_US, NEVER_US, instant
from offduty.core.interval import Interval
from offduty.transparency.log import LogEntry

SHORTEST_ID = 6


@dataclass(frozen=True)
class ReportedRun:
    """One run of the log: ``number`` is its entry's, ``spans`` the time for which it is the newest, within what was
    asked.
    """

    number: int
    document: dict[str, Any]
    interval: Interval
    spans: tuple[Interval, ...]

    @property
    def run_id(self) -> str:
        """Its name."""
        return str(self.document["run_id"])

    @property
    def whole(self) -> bool:
        """Whether all of its interval counts."""
        return self.spans == (self.interval,)

    @property
    def as_of_us(self) -> int:
        """Up to when it knew the roster."""
        return instant(self.document["as_of"]) or 0


@dataclass(frozen=True)
class SelectedRuns:
    """The runs that count, by their beginning; those that newer ones superseded; those that are left out (`left_out`)."""

    counted: tuple[ReportedRun, ...]
    superseded: tuple[ReportedRun, ...]
    cut: tuple[ReportedRun, ...] = ()

    @property
    def newest(self) -> ReportedRun:
        """The newest of those that count."""
        return max(self.counted, key=lambda run: run.number)

    def without(self, runs: Sequence[ReportedRun]) -> SelectedRuns:
        """Those runs left out: of them only a part would count, and that part cannot be told from the rest."""
        return SelectedRuns(tuple(run for run in self.counted if run not in runs), self.superseded, tuple(runs))


def choose(entries: Sequence[LogEntry], asked: Interval, run_id: str | None = None) -> SelectedRuns:
    """The runs over the time asked for, from the newest entry to the oldest: each counts for the time that no newer one
    has.

    With ``run_id`` (or the beginning of one) that run alone counts, superseded or not. Raises `UsageError` where there
    is none.
    """
    runs = [_run(entry) for entry in entries if entry.is_run]
    if run_id is not None:
        return SelectedRuns((_named(runs, run_id),), ())
    counted, superseded = [], []
    free = [asked]
    for run in reversed(runs):
        spans = tuple(part for part in (_common(span, run.interval) for span in free) if part is not None)
        if spans:
            counted.append(ReportedRun(run.number, run.document, run.interval, spans))
            free = [rest for span in free for rest in _less(span, run.interval)]
        elif _common(run.interval, asked) is not None:
            superseded.append(run)
    if not counted:
        raise UsageError("no run lies in that time; the log names the intervals of those there are")
    in_time = sorted(counted, key=lambda run: (run.spans[0].from_us, run.number))
    return SelectedRuns(tuple(in_time), tuple(reversed(superseded)))


def all_runs(entries: Sequence[LogEntry]) -> list[ReportedRun]:
    """Every run of the log, in its order."""
    return [_run(entry) for entry in entries if entry.is_run]


def _run(entry: LogEntry) -> ReportedRun:
    document = entry.document
    ends = document["interval"]
    from_us = instant(ends["from"]) if ends["from"] else NEVER_US
    to_us = instant(ends["to"]) if ends["to"] else FOREVER_US
    interval = Interval(NEVER_US if from_us is None else from_us, FOREVER_US if to_us is None else to_us)
    return ReportedRun(entry.number, document, interval, (interval,))


def _named(runs: Sequence[ReportedRun], run_id: str) -> ReportedRun:
    found = [run for run in runs if len(run_id) >= SHORTEST_ID and run.run_id.startswith(run_id)]
    if len(found) != 1:
        many = "several runs begin so; give more of it" if found else "the log names no such run"
        raise UsageError(f"--run: {many}. A run's id is the name of its folder in runs/")
    return found[0]


def _common(a: Interval, b: Interval) -> Interval | None:
    from_us, to_us = max(a.from_us, b.from_us), min(a.to_us, b.to_us)
    return Interval(from_us, to_us) if from_us < to_us else None


def _less(span: Interval, taken: Interval) -> list[Interval]:
    """What is left of a span when another is taken out of it."""
    before = Interval(span.from_us, min(span.to_us, taken.from_us))
    after = Interval(max(span.from_us, taken.to_us), span.to_us)
    return [rest for rest in (before, after) if rest.from_us < rest.to_us]
