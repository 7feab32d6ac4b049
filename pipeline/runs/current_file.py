"""Writes `current.json` at the top of a store: which releases are the current ones, for engineers.

It is derived from the log, which alone is the truth (specification#current-file). Nothing that offduty does reads it,
and where it cannot be written nothing else changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from offduty.core.canonical_json import canonical_json
from offduty.core.errors import StorageError
from offduty.outputs.manifest import interval_document
from offduty.runs.current import CurrentPart, current_releases
from offduty.store.local import Store
from offduty.transparency.log import LogEntry

CURRENT_FILE = "current.json"
FORMAT = "offduty current 1"


def current_file(entries: Sequence[LogEntry]) -> bytes:
    """The bytes that follow from a log: how many entries it has, the current parts of time in order, and what has no
    current release.
    """
    found = current_releases(entries)
    document = {
        "format": FORMAT,
        "entries": len(entries),
        "parts": [_part(part) for part in found.parts],
        "missing": [interval_document(interval) for interval in found.missing],
    }
    return canonical_json(document) + b"\n"


def _part(part: CurrentPart) -> dict[str, Any]:
    place = {"run_id": part.run_id, "path": f"runs/{part.run_id}/release", "files": list(part.files)}
    return {**interval_document(part.interval), **place}


def refresh_current_file(store: Store) -> None:
    """Write the file where it is missing or says something else than the log; a failure is passed over."""
    if not any(entry.is_run for entry in store.logged):
        return
    with suppress(OSError, StorageError):
        store.replace_derived(CURRENT_FILE, current_file(store.logged))
