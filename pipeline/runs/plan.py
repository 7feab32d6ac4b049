"""Lists, without running anything, which intervals are missing from a store, which are stale and why, and which are
current.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from offduty.core.calendar_days import Day, days_of
from offduty.core.errors import StorageError
from offduty.core.interval import Interval
from offduty.core.locations import Location
from offduty.engines.local import LOCAL
from offduty.ingest.source_file import Source
from offduty.outputs.manifest import RunQuestion, interval_of
from offduty.runs.already import unread_question
from offduty.runs.changes import Change, Known, changes_since, newest_over
from offduty.runs.decided import SettledInputs, settled_inputs
from offduty.runs.find_inputs import find_inputs
from offduty.runs.found_inputs import FoundInputs, Hashes
from offduty.runs.recorded_names import as_recorded
from offduty.runs.references import KnownDigests
from offduty.runs.request import Request
from offduty.runs.resources import Resources, nobody
from offduty.runs.withdraw import under_other_policies
from offduty.runs.would_change import WouldChange, what_would_change
from offduty.store.open_store import LOG, local_copy
from offduty.transparency.log import LogEntry, check_log, read_log

CURRENT, STALE, MISSING = "current", "stale", "missing"
MEMORY_MB = 2_000


@dataclass(frozen=True)
class Planned:
    """What a store has for one interval.

    ``state`` is `CURRENT`, `STALE` or `MISSING`. ``run_id`` is the newest run over exactly this interval, or empty.
    ``because`` is what has changed since. ``within`` is, for a missing interval, a run over a longer interval that
    contains it. ``would`` is, for a stale interval, what the next run would record otherwise; None where that was not
    asked, or the ledger of the newest run has expired. ``refused`` says that a run would be, unless releases under
    another policy may be withdrawn (specification#supersede-policy).
    """

    day: Day
    state: str
    run_id: str = ""
    because: tuple[Change, ...] = ()
    within: str = ""
    would: WouldChange | None = None
    refused: bool = False


def plan(
    job: Path | str,
    *,
    start: str | None = None,
    end: str | None = None,
    store: Path | str | None = None,
    each: bool = False,
    reasons: bool = True,
) -> list[Planned]:
    """What is missing, stale and current in [``start``, ``end``), as one interval or, with ``each``, day by day.

    The inputs are found and hashed once, and the log is read; where a file is not as it was, the inputs are read, too,
    so that a table that has only grown is no reason. With ``reasons`` every stale interval is decided, to say whether a
    reason would change; nothing is published. An interval is current exactly when
    `run` without ``as_of`` would answer "already there" now. Raises what `run` raises for a job, a policy, a key or an
    input that cannot be read, and `StorageError` where the log is not complete.
    """
    asked = Request.of(job, start, end, None, store)
    zone = asked.policy.policy.timezone
    days = days_of(asked.interval, zone) if each else [Day(None, asked.interval)]
    with asked.copies, _inputs_now(asked) as inputs:
        entries = _entries(asked.job.store.location)
        planned = [_planned(day, entries, inputs, reasons=reasons) for day in days]
        asked_for = [replace(asked, interval=day.interval) for day in days]
        return [
            replace(one, refused=one.state != CURRENT and bool(under_other_policies(entries, each)))
            for one, each in zip(planned, asked_for, strict=True)
        ]


@contextmanager
def _inputs_now(asked: Request) -> Iterator[_InputsNow]:
    """Find the inputs of a request, and keep them open as long as they are asked about."""
    with ExitStack() as until:
        work = Path(until.enter_context(TemporaryDirectory(prefix="offduty-")))
        background = until.enter_context(ThreadPoolExecutor(2))
        yield _InputsNow(asked, find_inputs(asked, work), Hashes(asked.prints, background), work, until)


@dataclass
class _InputsNow:
    """The inputs of a request, which are read only when somebody asks what a run over them would know now."""

    _asked: Request
    found: FoundInputs
    _hashes: Hashes
    _work: Path
    _until: ExitStack
    _known: SettledInputs | None = None
    _digests: KnownDigests | None = None

    def question(self, entries: list[LogEntry], interval: Interval) -> RunQuestion:
        """What a run over an interval would be asked now. Raises what a run raises where an input cannot be read."""
        asked = replace(self._asked, interval=interval)
        unread = unread_question(entries, asked, self.found, self._hashes, None)
        if unread is not None:
            return unread
        known = self.known(entries)
        if self._digests is None:
            self._digests = KnownDigests.of(known)
        sources = known.sources_over(interval)
        return asked.question(sources, self._hashes.of(sources), self._digests.over(interval))

    def would_change(self, entries: list[LogEntry], interval: Interval, newest: dict[str, Any]) -> WouldChange | None:
        """What a run over an interval would record otherwise than the newest one."""
        known = self.known(entries)
        resources = Resources.of(None, MEMORY_MB, LOCAL, nobody)
        prints = self._hashes.of(known.sources)
        return what_would_change(known, interval, prints, self._asked.job.store.location, newest, resources)

    def known(self, entries: list[LogEntry]) -> SettledInputs:
        """All inputs, open and settled; files are called as the log calls them."""
        if self._known is None:
            resources = Resources.of(None, MEMORY_MB, LOCAL, nobody)

            def as_in_log(sources: list[Source]) -> list[Source]:
                return as_recorded(sources, self._hashes.of(sources), entries)

            opening = settled_inputs(self._asked, self.found, self._work, resources, as_in_log)
            self._known = self._until.enter_context(opening)
        return self._known


def _entries(store: Location) -> list[LogEntry]:
    """The log of a store; empty where there is no store yet. The store is not locked: a run may publish meanwhile."""
    try:
        with local_copy(store, LOG, may_be_missing=True) as folder:
            entries = read_log(folder / "log")
    except OSError:
        raise StorageError("the store cannot be read") from None
    check_log(entries)
    return entries


def _planned(day: Day, entries: list[LogEntry], inputs: _InputsNow, *, reasons: bool) -> Planned:
    newest = newest_over(entries, day.interval)
    if not newest:
        return Planned(day, MISSING, within=_run_around(entries, day.interval))
    question = inputs.question(entries, day.interval)
    because = changes_since(newest, Known.of_question(question))
    would = inputs.would_change(entries, day.interval, newest) if because and reasons else None
    return Planned(day, STALE if because else CURRENT, newest["run_id"], because, would=would)


def _run_around(entries: Sequence[LogEntry], interval: Interval) -> str:
    """The newest run over a longer interval that contains this one; empty where there is none."""
    for entry in reversed([entry for entry in entries if entry.is_run]):
        around = interval_of(entry.document)
        if around.from_us <= interval.from_us and interval.to_us <= around.to_us:
            return str(entry.document["run_id"])
    return ""
