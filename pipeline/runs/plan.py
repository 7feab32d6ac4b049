"""Lists, without running anything, which intervals are missing from a store, which are stale and why, and which are
current.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq

from offduty.core.calendar_days import Day, days_of
from offduty.core.errors import StorageError
from offduty.core.instants import FOREVER_US, NEVER_US
from offduty.core.interval import Interval
from offduty.core.locations import Location
from offduty.engines.local import LOCAL
from offduty.ingest.ping_files import group_span
from offduty.ingest.source_file import Source
from offduty.ingest.sources import Fingerprint
from offduty.outputs.manifest import RunQuestion, interval_of
from offduty.runs.already import as_unread
from offduty.runs.changes import Change, Known, changes_since, newest_over
from offduty.runs.decided import Resources, find_inputs, nobody, settled_inputs
from offduty.runs.recorded_names import as_recorded
from offduty.runs.references import KnownDigests
from offduty.runs.request import Request
from offduty.runs.withdraw import under_other_policies
from offduty.store.remote import LOG, local_copy
from offduty.transparency.log import LogEntry, check_log, read_log

CURRENT, STALE, MISSING = "current", "stale", "missing"
MEMORY_MB = 2_000


@dataclass(frozen=True)
class Planned:
    """What a store has for one interval.

    ``state`` is `CURRENT`, `STALE` or `MISSING`. ``run_id`` is the newest run over exactly this interval, or empty.
    ``because`` is what has changed since. ``within`` is, for a missing interval, a run over a longer interval that
    contains it. ``reaches`` has for each change whether it may concern pings of this interval; it is False only for a
    file of pings whose statistics exclude that. ``refused`` says that a run would be, unless releases under another
    policy may be withdrawn (specification#supersede-policy).
    """

    day: Day
    state: str
    run_id: str = ""
    because: tuple[Change, ...] = ()
    reaches: tuple[bool, ...] = ()
    within: str = ""
    refused: bool = False


def plan(
    job: Path | str,
    *,
    start: str | None = None,
    end: str | None = None,
    store: Path | str | None = None,
    each: bool = False,
) -> list[Planned]:
    """What is missing, stale and current in [``start``, ``end``), as one interval or, with ``each``, day by day.

    The inputs are found and hashed once, and the log is read; where a file is not as it was, the inputs are read, too,
    so that a table that has only grown is no reason. Nothing is decided or written. An interval is current exactly when
    `run` without ``as_of`` would answer "already there" now. Raises what `run` raises for a job, a policy, a key or an
    input that cannot be read, and `StorageError` where the log is not complete.
    """
    asked = Request.of(job, start, end, None, store)
    zone = asked.policy.policy.timezone
    days = days_of(asked.interval, zone) if each else [Day(None, asked.interval)]
    spans = _PingSpans()
    with asked.copies, _inputs_now(asked) as inputs:
        entries = _entries(asked.job.store.location)
        inputs.call_as_in(entries)
        planned = [_planned(day, entries, inputs, spans) for day in days]
        asked_for = [replace(asked, interval=day.interval) for day in days]
        return [
            replace(one, refused=one.state != CURRENT and bool(under_other_policies(entries, each)))
            for one, each in zip(planned, asked_for, strict=True)
        ]


@contextmanager
def _inputs_now(asked: Request) -> Iterator[_InputsNow]:
    """Find and hash the inputs of a request, and keep them open as long as they are asked about."""
    with ExitStack() as until:
        work = Path(until.enter_context(TemporaryDirectory(prefix="offduty-")))
        sources = find_inputs(asked, work)
        with ThreadPoolExecutor(2) as background:
            prints = [background.submit(asked.prints.of, source) for source in sources]
        yield _InputsNow(asked, sources, prints, work, until)


@dataclass
class _InputsNow:
    """The inputs of a request, which are read only when somebody asks what a run over them would know now."""

    _asked: Request
    _sources: list[Source]
    _prints: list[Future[Fingerprint]]
    _work: Path
    _until: ExitStack
    _digests: KnownDigests | None = None

    def call_as_in(self, entries: list[LogEntry]) -> None:
        """Call the files as the log does: one whose name holds an id has another there."""
        self._sources = as_recorded(self._sources, self._prints, entries)

    def question(self, entries: list[LogEntry], interval: Interval) -> RunQuestion:
        """What a run over an interval would be asked now. Raises what a run raises where an input cannot be read."""
        asked = replace(self._asked, interval=interval)
        unread = as_unread(entries, asked.question(self._sources, self._prints), None)
        if unread.references:
            return unread
        if self._digests is None:
            resources = Resources.of(None, MEMORY_MB, LOCAL, nobody)
            known = self._until.enter_context(settled_inputs(self._asked, self._sources, self._work, resources))
            self._sources, self._digests = known.sources, KnownDigests.of(known)
        return asked.question(self._sources, self._prints, self._digests.over(interval))


def _entries(store: Location) -> list[LogEntry]:
    """The log of a store; empty where there is no store yet. The store is not locked: a run may publish meanwhile."""
    try:
        with local_copy(store, LOG, may_be_missing=True) as folder:
            entries = read_log(folder / "log")
    except OSError:
        raise StorageError("the store cannot be read") from None
    check_log(entries)
    return entries


def _planned(day: Day, entries: list[LogEntry], inputs: _InputsNow, spans: _PingSpans) -> Planned:
    newest = newest_over(entries, day.interval)
    if not newest:
        return Planned(day, MISSING, within=_run_around(entries, day.interval))
    question = inputs.question(entries, day.interval)
    because = changes_since(newest, Known.of_question(question))
    sources = {(source.table, source.name): source for source, _ in question.sources}
    reaches = tuple(spans.reach(sources.get((change.what, change.name)), day.interval) for change in because)
    return Planned(day, STALE if because else CURRENT, newest["run_id"], because, reaches)


def _run_around(entries: Sequence[LogEntry], interval: Interval) -> str:
    """The newest run over a longer interval that contains this one; empty where there is none."""
    for entry in reversed([entry for entry in entries if entry.is_run]):
        around = interval_of(entry.document)
        if around.from_us <= interval.from_us and interval.to_us <= around.to_us:
            return str(entry.document["run_id"])
    return ""


class _PingSpans:
    """The first and the last instant of Parquet files of pings, by their statistics. Each file is opened once."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[int, int] | None] = {}

    def reach(self, source: Source | None, interval: Interval) -> bool:
        """Whether a changed file may have pings of the interval; rows without an instant belong to every interval."""
        if source is None or source.table != "pings" or source.kind != "parquet":
            return True
        if source.path not in self._known:
            self._known[source.path] = _span(source.path)
        span = self._known[source.path]
        return span is None or (span[0] < interval.to_us and span[1] >= interval.from_us)


def _span(path: Path) -> tuple[int, int] | None:
    """The first and the last instant of a file; None where it has no statistics, or may have rows without any."""
    try:
        metadata = pq.read_metadata(path)
        spans = [group_span(metadata, group) for group in range(metadata.num_row_groups)]
    except (pa.ArrowException, OSError, ValueError, KeyError):
        return None
    if any(timeless for _, _, timeless in spans):
        return None
    return min((low for low, _, _ in spans), default=FOREVER_US), max((high for _, high, _ in spans), default=NEVER_US)
