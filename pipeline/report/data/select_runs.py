"""Selects the runs that count: for any time the newest entry of the log, so that no position is counted twice.

The rule is `specification#supersede`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from offduty.core.errors import UsageError
from offduty.core.instants import instant
from offduty.core.interval import Interval, taken_in_turn
from offduty.outputs.manifest import interval_of
from offduty.store.retention import gone_files, remaining_release
from offduty.transparency.log import LogEntry

SHORTEST_RUN_ID = 6
"""How many characters of a run id must be given at least."""


@dataclass(frozen=True)
class ReportedRun:
    """One run of the log. ``number`` is its entry's, ``document`` its manifest.

    ``spans`` is the time, within what was requested, for which this run is the newest.
    """

    number: int
    document: dict[str, Any]
    interval: Interval
    spans: tuple[Interval, ...]

    @property
    def run_id(self) -> str:
        """The run id, which is also the name of its folder."""
        return str(self.document["run_id"])

    @property
    def whole(self) -> bool:
        """Whether the run counts over all of its interval."""
        return self.spans == (self.interval,)

    @property
    def as_of_us(self) -> int:
        """The instant up to which the run knew the roster."""
        return instant(self.document["as_of"]) or 0


@dataclass(frozen=True)
class SelectedRuns:
    """The runs that count, in order of time; those that newer runs superseded; those that had to be left out."""

    counted: tuple[ReportedRun, ...]
    superseded: tuple[ReportedRun, ...]
    left_out: tuple[ReportedRun, ...] = ()

    @property
    def newest(self) -> ReportedRun:
        """The newest of the runs that count."""
        return max(self.counted, key=lambda run: run.number)

    @property
    def zone(self) -> str:
        """The time zone of the newest policy."""
        return str(self.newest.document["policy"]["policy"]["timezone"])

    def without(self, runs: Sequence[ReportedRun]) -> SelectedRuns:
        """The same selection with some runs left out: only a part of them would count, and its rows are not known."""
        return SelectedRuns(tuple(run for run in self.counted if run not in runs), self.superseded, tuple(runs))


def select_runs(entries: Sequence[LogEntry], time: Interval, run_id: str | None = None) -> SelectedRuns:
    """The runs over ``time``, from the newest entry to the oldest: each counts where no newer one does.

    With ``run_id`` (or the beginning of one) that run alone counts, superseded or not. Raises `UsageError` where no run
    is found.
    """
    runs = all_runs(entries)
    if run_id is not None:
        return SelectedRuns((_by_id(runs, run_id),), ())
    counted, superseded = [], []
    newest_first = runs[::-1]
    taken, _ = taken_in_turn(time, (run.interval for run in newest_first))
    for run, spans in zip(newest_first, taken, strict=True):
        if spans:
            counted.append(ReportedRun(run.number, run.document, run.interval, spans))
        elif run.interval.overlap(time) is not None:
            superseded.append(run)
    if not counted:
        raise UsageError(
            "the store has no run over that time; give other --from and --to (the log has the interval of each run)"
        )
    in_time = sorted(counted, key=lambda run: (run.spans[0].from_us, run.number))
    return SelectedRuns(tuple(in_time), tuple(reversed(superseded)))


def all_runs(entries: Sequence[LogEntry]) -> list[ReportedRun]:
    """Every run of the log, in the order of the log."""
    return [_run(entry) for entry in entries if entry.is_run]


def runs_with_a_release(entries: Sequence[LogEntry]) -> set[str]:
    """The runs of which a release file has not expired, by the log."""
    gone = gone_files(entries)
    return {run.run_id for run in all_runs(entries) if remaining_release(gone, run.document)}


def _run(entry: LogEntry) -> ReportedRun:
    document = entry.document
    interval = interval_of(document)
    return ReportedRun(entry.number, document, interval, (interval,))


def _by_id(runs: Sequence[ReportedRun], run_id: str) -> ReportedRun:
    found = [run for run in runs if len(run_id) >= SHORTEST_RUN_ID and run.run_id.startswith(run_id)]
    if len(found) != 1:
        problem = "several runs begin like this; give more of the id" if found else "the log names no such run"
        raise UsageError(f"--run: {problem}. A run's id is the name of its folder in runs/")
    return found[0]
