"""Finds the current releases of a store: for each instant that was ever decided, the newest run over it.

Rule: specification#supersede. What a later run decided again is not current in an earlier one, whatever became of the
later run's files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from offduty.core.instants import FOREVER_US, NEVER_US, iso_text
from offduty.core.interval import Interval, taken_in_turn
from offduty.outputs.manifest import interval_of
from offduty.runs.request import instant_of
from offduty.store.retention import gone_files
from offduty.transparency.log import LogEntry

SECOND_US = 1_000_000


@dataclass(frozen=True)
class CurrentPart:
    """A part of time, and the run whose release is the current one there.

    ``files`` are the names of the run's release files that still exist, relative to the run's folder; there may be
    none, because nothing was released. ``expired`` is how many of them were deleted. ``step_us`` is how far the
    release's instants are truncated. ``whole`` says that the part is the run's whole interval.
    """

    interval: Interval
    run_id: str
    files: tuple[str, ...]
    expired: int
    step_us: int
    whole: bool


@dataclass(frozen=True)
class CurrentReleases:
    """The parts of an interval in order of time, and what of it has no current release: it was never decided, or the
    newest release was deleted.
    """

    parts: tuple[CurrentPart, ...]
    missing: tuple[Interval, ...]


def current_releases(entries: Sequence[LogEntry], asked: Interval | None = None) -> CurrentReleases:
    """The current releases over an interval, or over all that was ever decided (from the first beginning to the last
    end).
    """
    newest_first = [entry for entry in reversed(entries) if entry.is_run]
    intervals = [interval_of(run.document) for run in newest_first]
    gone = gone_files(entries)
    taken, never = taken_in_turn(asked or _hull(intervals), intervals)
    parts: list[CurrentPart] = []
    missing = list(never)
    for run, whole, covered in zip(newest_first, intervals, taken, strict=True):
        run_id, written = str(run.document["run_id"]), _released(run)
        files = tuple(name for name in written if (run_id, name) not in gone)
        if written and not files:
            missing += covered
            continue
        step_us, expired_files = _step_us(run), len(written) - len(files)
        parts += [CurrentPart(part, run_id, files, expired_files, step_us, part == whole) for part in covered]
    return CurrentReleases(
        tuple(sorted(parts, key=lambda part: part.interval.from_us)),
        tuple(sorted(missing, key=lambda part: part.from_us)),
    )


def folders_overlap(entries: Sequence[LogEntry], found: CurrentReleases) -> bool:
    """Whether two runs with current release files decided some of the same time: then the folder of the older one also
    has positions that are not current, and whoever reads both counts them twice.
    """
    shown = {part.run_id for part in found.parts if part.files}
    runs = [entry.document for entry in entries if entry.is_run]
    intervals = [interval_of(run) for run in runs if run["run_id"] in shown]
    in_turn = sorted(intervals, key=lambda each: each.from_us)
    return any(earlier.to_us > later.from_us for earlier, later in pairwise(in_turn))


def _released(run: LogEntry) -> list[str]:
    names = (output["name"] for output in run.document["outputs"])
    return [name for name in names if name.startswith("release/")]


def _step_us(run: LogEntry) -> int:
    return int(run.document["policy"]["release"]["time_step_s"]) * SECOND_US


def _hull(intervals: Sequence[Interval]) -> Interval:
    return Interval(
        min((each.from_us for each in intervals), default=NEVER_US),
        max((each.to_us for each in intervals), default=FOREVER_US),
    )


def asked_interval(entries: Sequence[LogEntry], start: str | None, end: str | None) -> Interval | None:
    """The interval from ``start`` to ``end``, dates in the zone of the newest run's policy; None without either.

    An end that is not given is that of all that was decided. Raises `UsageError` for what is neither instant nor date.
    """
    runs = [entry.document for entry in entries if entry.is_run]
    if not runs or (start is None and end is None):
        return None
    zone, hull = runs[-1]["policy"]["policy"]["timezone"], _hull([interval_of(document) for document in runs])
    return Interval(
        hull.from_us if start is None else instant_of(start, zone, "start (--from)"),
        hull.to_us if end is None else instant_of(end, zone, "end (--to)"),
    )


def words_of(interval: Interval) -> str:
    """An interval in words, such as ``2026-03-02T00:00:00Z to 2026-03-03T00:00:00Z``."""
    begins = "the beginning" if interval.from_us == NEVER_US else iso_text(interval.from_us)
    return f"{begins} to {'the end' if interval.to_us == FOREVER_US else iso_text(interval.to_us)}"
