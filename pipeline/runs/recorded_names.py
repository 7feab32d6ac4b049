"""Calls input files as the log of a store calls them: one whose name holds an id has another there.

Rules: specification#silence. So the same question is known before the tables are read, and what has changed is said by
the log's names.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace

from offduty.ingest.quiet_names import QUIET, quiet_name
from offduty.ingest.source_file import Source
from offduty.ingest.sources import Fingerprint
from offduty.transparency.log import LogEntry


def as_recorded(
    sources: list[Source], prints: Sequence[Future[Fingerprint]], entries: Sequence[LogEntry]
) -> list[Source]:
    """The sources; one whose quiet name stands in the log has that name. Without such names nothing is waited for."""
    runs = [entry.document for entry in entries if entry.is_run]
    quiet = {given["name"] for run in runs for given in run["inputs"] if given["name"].startswith(QUIET)}
    if not quiet:
        return sources
    pairs = zip(sources, prints, strict=True)
    named = [(source, quiet_name(source.name, taken.result().sha256)) for source, taken in pairs]
    return [replace(source, name=name) if name in quiet else source for source, name in named]
