"""Which files of old runs are to go, which have gone, and their deletion once the log says so (docs/log.md).

Released positions go by the local date in their folder's name; quarantines, which hold rows as they came, when the
whole interval of their run had ended. Ledgers and the log stay.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from offduty.core.canonical_json import canonical_json
from offduty.core.durable_files import flush
from offduty.core.errors import StorageError
from offduty.core.instants import instant, midnight
from offduty.transparency.entries import EXPIRY, Document
from offduty.transparency.log import LogEntry

DATED = "date="


@dataclass(frozen=True, order=True)
class StoredFile:
    """A file of a run: whose, and what the run's manifest says of it."""

    run_id: str
    name: str
    sha256: str
    bytes: int


def due(entries: Sequence[LogEntry], before: date) -> list[StoredFile]:
    """The files that are to go before a date and have not, by the log alone: those that are missing already are named,
    too.
    """
    gone = {(file.run_id, file.name) for file in expired(entries)}
    found = {
        file
        for entry in entries
        if entry.is_run
        for file in _due_of(entry.document, before)
        if (file.run_id, file.name) not in gone
    }
    return sorted(found)


def _due_of(document: Document, before: date) -> Iterator[StoredFile]:
    over = _has_ended(document, before)
    for output in document["outputs"]:
        part, _, rest = output["name"].partition("/")
        day = _day(rest) if part == "release" else None
        if (day is not None and day < before) or (part == "quarantine" and over):
            yield StoredFile(document["run_id"], output["name"], output["sha256"], output["bytes"])


def _day(rest: str) -> date | None:
    """The local date of a released file; None where its folder names none, so that it stays."""
    folder = rest.partition("/")[0]
    try:
        return date.fromisoformat(folder.removeprefix(DATED)) if folder.startswith(DATED) else None
    except ValueError:
        return None


def _has_ended(document: Document, before: date) -> bool:
    """Whether a run's interval ended before a date's first instant in its zone; one without an end, by its ``as_of``."""
    last = instant(document["interval"]["to"] or document["as_of"])
    try:
        begins_us = midnight(before, document["policy"]["policy"]["timezone"])
    except (ValueError, KeyError):
        return False
    if last is None:
        return False
    return last <= begins_us if document["interval"]["to"] else last < begins_us


def expired(entries: Sequence[LogEntry]) -> Iterator[StoredFile]:
    """The files that the log says have gone."""
    for entry in entries:
        if entry.kind == EXPIRY:
            yield from (
                StoredFile(**{key: file[key] for key in StoredFile.__annotations__}) for file in entry.document["files"]
            )


def expiry(files: Sequence[StoredFile], before: date, why: str, recorded_at: str, version: str) -> bytes:
    """The manifest of an expiry: which files go, since when, and why."""
    document = {
        "kind": EXPIRY,
        "recorded_at": recorded_at,
        "before": before.isoformat(),
        "why": why,
        "files": [asdict(file) for file in files],
        "versions": {"offduty": version},
    }
    return canonical_json(document)


def present(runs: Path, files: Sequence[StoredFile]) -> list[Path]:
    """Where those of the files lie that are still there. A folder on the way that is a link to elsewhere raises
    `StorageError`: nothing outside of a run's own folder may be deleted in its name.
    """
    found = []
    for file in files:
        path = runs / file.run_id / file.name
        if not path.is_symlink() and not path.exists():
            continue
        if path.parent.resolve() != runs.resolve() / file.run_id / Path(file.name).parent:
            raise StorageError(
                "a folder of this run is a link to elsewhere; put the folder itself there", file=file.run_id
            )
        found.append(path)
    return found


def remove(runs: Path, files: Sequence[StoredFile]) -> None:
    """Delete files that the log says have gone, where they are still there, and folders of dates that are empty then."""
    for path in present(runs, files):
        path.unlink()
        _tidy(path.parent)


def _tidy(folder: Path) -> None:
    """Make the deletion last, and take an empty folder of a date away."""
    flush(folder)
    if folder.name.startswith(DATED) and not any(folder.iterdir()):
        folder.rmdir()
        flush(folder.parent)
