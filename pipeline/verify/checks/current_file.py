"""What `current.json` at the top of a store says, derived from the log by code of the auditor's own.

It is for engineers, and nothing rests on it. One that follows from an older log is stale, and that is only said. One
that follows from no log is a file that somebody else put there (specification#current-file).
"""

from __future__ import annotations

import json
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any

from offduty.core.instants import FOREVER_US, NEVER_US, from_us, to_us
from offduty.core.interval import Interval, taken_in_turn
from offduty.verify.entries import AuditedEntry, AuditedLog, canonical

CURRENT_FILE = "current.json"
LARGEST_BYTES = 64 << 20


class CurrentFileState(Enum):
    """What the file is."""

    NEWEST = "it follows from the log"
    STALE = "it follows from the log as it was before"
    FOREIGN = "it does not follow from the log"
    UNKNOWN = "it cannot be compared: an entry is missing or cannot be read, or the log is shorter than it says"


def current_file_state(path: Path, log: AuditedLog) -> CurrentFileState:
    """What a plain file of that name is, by the log."""
    if any(entry.faults for entry in log.entries) or [e.number for e in log.entries] != list(range(len(log.entries))):
        return CurrentFileState.UNKNOWN
    try:
        with path.open("rb") as file:
            found = file.read(LARGEST_BYTES)
        size = json.loads(found)["entries"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return CurrentFileState.FOREIGN
    if type(size) is not int or size < 1:
        return CurrentFileState.FOREIGN
    if size > len(log.entries):
        return CurrentFileState.UNKNOWN
    if found != _derived(AuditedLog(log.entries[:size], ())):
        return CurrentFileState.FOREIGN
    return CurrentFileState.NEWEST if size == len(log.entries) else CurrentFileState.STALE


def _derived(log: AuditedLog) -> bytes:
    """The bytes of the file that follows from a log."""
    newest_first = log.runs()[::-1]
    intervals = [_interval(run) for run in newest_first]
    hull = Interval(min(each.from_us for each in intervals), max(each.to_us for each in intervals))
    taken, never = taken_in_turn(hull, intervals)
    gone = log.expired()
    parts: list[tuple[Interval, dict[str, Any]]] = []
    missing = list(never)
    for run, covered in zip(newest_first, taken, strict=True):
        written = [o["name"] for o in run.document["outputs"] if o["name"].startswith("release/")]
        files = [name for name in written if name not in gone.get(run.run_id, ())]
        if written and not files:
            missing += covered
            continue
        place = {"run_id": run.run_id, "path": f"runs/{run.run_id}/release", "files": files}
        parts += [(part, {**_ends(part), **place}) for part in covered]
    document = {
        "format": "offduty current 1",
        "entries": len(log.entries),
        "parts": [part for _, part in sorted(parts, key=lambda each: each[0].from_us)],
        "missing": [_ends(part) for part in sorted(missing, key=lambda each: each.from_us)],
    }
    return canonical(document) + b"\n"


def _interval(run: AuditedEntry) -> Interval:
    begin, end = run.document["interval"]["from"], run.document["interval"]["to"]
    return Interval(
        to_us(datetime.fromisoformat(begin)) if begin else NEVER_US,
        to_us(datetime.fromisoformat(end)) if end else FOREVER_US,
    )


def _ends(interval: Interval) -> dict[str, str]:
    return {
        "from": "" if interval.from_us == NEVER_US else _text(interval.from_us),
        "to": "" if interval.to_us == FOREVER_US else _text(interval.to_us),
    }


def _text(us: int) -> str:
    return from_us(us).isoformat().replace("+00:00", "Z")
