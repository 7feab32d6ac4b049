"""Looks for files of pings that a run left out and should have read: with rows of its interval, or of its context.

The rules are specification#files-read and specification#context. The rows are read; no footer is believed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from offduty.core.errors import InputError
from offduty.verify.redecide.decision.reference import SettledTables
from offduty.verify.redecide.decision.scan import PingScan
from offduty.verify.redecide.duty.timeline import DutyWindows
from offduty.verify.redecide.ingest.ping_reader import read_task, read_times, tasks_of
from offduty.verify.redecide.model import FOREVER_US, NEVER_US, InputFile, Ints, RunCase
from offduty.verify.redecide.rules import Rules
from offduty.verify.redecide.text_values import DAY_US, FIRST_US, LAST_US, NO_TIME, instant

Span = tuple[int, int]
EVERY_TIME = (NEVER_US, FOREVER_US, True)


def left_out(case: RunCase, reference: SettledTables, pings: PingScan) -> tuple[list[Path], list[Path]]:
    """The files among those that the run did not read that hold rows of its interval or context, or do not say when
    their rows were, where the run must have left some of them out: those that it left out, and those of which that is
    not sure.

    Files may have come since. One with an instant after the run's `as_of` was not there as it is. Of the rest, those
    that reach the interval were there only where fewer of the others are left than the run left out, and none was taken
    away since. Where that many may have been taken away (`RunCase.gone`), only a file is sure that the run, or one
    before it, named.
    """
    stated = case.manifest.get("files_left_out", 0)
    if not stated or len(case.unread) < stated:
        return [], []
    around = context_of(pings.rules, reference.stretches.windows)
    older = [file for file in case.unread if _time_in(file, case, pings)[1] <= pings.rules.as_of_us]
    reaching = [file for file in older if _reaches(file, case, pings, around)]
    missing = stated - (len(older) - len(reaching))
    if len(older) < stated or missing <= 0:
        return [], []
    sure = [file.path for file in reaching if missing > case.gone or file.path in case.there_before]
    return sure, [file.path for file in reaching if file.path not in sure]


def context_of(rules: Rules, windows: DutyWindows) -> Span:
    """The interval with the clusters that cross its ends."""
    ends = np.full(int(windows.cluster.max(initial=-1)) + 1, NEVER_US)
    np.maximum.at(ends, windows.cluster, windows.to_us)
    begins, until = windows.from_us, ends[windows.cluster]
    across = begins[(begins < rules.from_us) & (until > rules.from_us)]
    begun = until[begins < rules.to_us]
    return int(across.min(initial=rules.from_us)), int(begun.max(initial=rules.to_us))


def other_days(case: RunCase, reference: SettledTables, pings: PingScan) -> bool:
    """Whether the entry gives other days of the context; entries of older versions give none."""
    stated = case.manifest.get("context_days")
    if stated is None:
        return False
    first, last = context_of(pings.rules, reference.stretches.windows)
    days = (_day_before(first), _day_after(last))
    read = tuple(None if not stated[end] else instant(stated[end]) for end in ("from", "to"))
    return days != read


def _day_before(us: int) -> int | None:
    day = us // DAY_US * DAY_US
    return None if us <= FIRST_US or day <= FIRST_US else day


def _day_after(us: int) -> int | None:
    day = -(-us // DAY_US) * DAY_US
    return None if us >= LAST_US or day >= LAST_US else day


def _time_in(file: InputFile, case: RunCase, pings: PingScan) -> tuple[int, int, bool]:
    known = (file.path, repr((pings.rules.declaration("pings"), pings.rules.zone)))
    if known not in case.looked_at:
        case.looked_at[known] = _time_of(file, pings)
    return case.looked_at[known]


def _reaches(file: InputFile, case: RunCase, pings: PingScan, around: Span) -> bool:
    first, last, in_doubt = _time_in(file, case, pings)
    if in_doubt:
        return True
    if last < around[0] or first >= around[1]:
        return False
    return any(bool(((at >= around[0]) & (at < around[1])).any()) for at in _instants(file, pings))


def _time_of(file: InputFile, pings: PingScan) -> tuple[int, int, bool]:
    """The first and the last instant of a file, and whether it does not say when its rows were.

    It does by its name, or if it is Parquet with instants. A file that cannot be read may hold anything, unless its
    name has the date of its rows.
    """
    first, last, rows = FOREVER_US, NEVER_US, 0
    dated = bool(pings.rules.declaration("pings").file_date)
    try:
        for at_us in _instants(file, pings):
            timed = at_us[at_us != NO_TIME]
            first = min(first, int(timed.min(initial=FOREVER_US)))
            last = max(last, int(timed.max(initial=NEVER_US)))
            rows += len(at_us)
        return first, last, not dated and ((first > last and rows > 0) or not _says_its_time(file, pings))
    except InputError:
        return (FOREVER_US, NEVER_US, False) if dated else EVERY_TIME


def _instants(file: InputFile, pings: PingScan) -> Iterator[Ints]:
    for task in tasks_of([file], pings.rules):
        if task.group is not None:
            yield from read_times(task, pings.rules)
        else:
            yield from (read.piece.at_us for read in read_task(task, pings.devices, pings.rules))


def _says_its_time(file: InputFile, pings: PingScan) -> bool:
    """Whether a file is Parquet whose instants have a zone."""
    tasks = tasks_of([file], pings.rules)
    if not tasks:
        return True
    if tasks[0].group is None:
        return False
    kind = tasks[0].open().schema_arrow.field(tasks[0].declared.column("observed_at").name).type
    return bool(pa.types.is_timestamp(kind)) and kind.tz is not None
