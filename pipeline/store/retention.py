"""Which files of old runs are due to be deleted, which have expired, and their deletion (docs/how-to/log.md).

A file is deleted only after an entry of the log says so. Released positions are due by the local date in their folder's
name; quarantines, which have complete rows, when the whole interval of their run has ended; reference tables that were
kept (specification#kept-references) with the first of these. Ledgers and the log stay.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from offduty.core.canonical_json import canonical_json
from offduty.core.durable_files import flush
from offduty.core.errors import StorageError
from offduty.core.instants import instant, midnight
from offduty.transparency.entries import EXPIRY, Document
from offduty.transparency.log import LogEntry

DATED = "date="


@dataclass(frozen=True, order=True)
class StoredFile:
    """A file of a run, with its hash and size as the run's manifest has them."""

    run_id: str
    name: str
    sha256: str
    bytes: int


def due(entries: Sequence[LogEntry], before: date) -> list[StoredFile]:
    """The files that are due before a date and have not expired, sorted. Only the log is read: a file that is missing
    on the disk counts too.
    """
    gone = gone_files(entries)
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
    due = [output for output in document["outputs"] if _is_due(output["name"], before, over)]
    for file in (*due, *(_sealed(document) if due else ())):
        yield StoredFile(document["run_id"], file["name"], file["sha256"], file["bytes"])


def sealed_names(document: Document) -> frozenset[str]:
    """The names, within the run's folder, of the tables that a run sealed and kept; none for most."""
    return frozenset(file["name"] for file in _sealed(document))


def _sealed(document: Document) -> Sequence[Mapping[str, Any]]:
    files: Sequence[Mapping[str, Any]] = document.get("sealed", {}).get("files", ())
    return files


def _is_due(name: str, before: date, over: bool) -> bool:
    part, _, rest = name.partition("/")
    day = _day(rest) if part == "release" else None
    return (day is not None and day < before) or (part == "quarantine" and over)


def _day(rest: str) -> date | None:
    """The local date of a released file; None where its folder has none. Then it is never due."""
    folder = rest.partition("/")[0]
    try:
        return date.fromisoformat(folder.removeprefix(DATED)) if folder.startswith(DATED) else None
    except ValueError:
        return None


def _has_ended(document: Document, before: date) -> bool:
    """Whether a run's interval, or its ``as_of`` if it has no end, ended before a date's first instant in its zone."""
    last = instant(document["interval"]["to"] or document["as_of"])
    try:
        begins_us = midnight(before, document["policy"]["policy"]["timezone"])
    except (ValueError, KeyError):
        return False
    if last is None:
        return False
    return last <= begins_us if document["interval"]["to"] else last < begins_us


def expired(entries: Sequence[LogEntry]) -> Iterator[StoredFile]:
    """The files that have expired according to the log."""
    for entry in entries:
        if entry.kind == EXPIRY:
            yield from (
                StoredFile(**{key: file[key] for key in StoredFile.__annotations__}) for file in entry.document["files"]
            )


def expiry(files: Sequence[StoredFile], before: date, why: str, recorded_at: str, version: str) -> bytes:
    """The manifest of an expiry: the files, the date and the reason ``why``."""
    document = {
        "kind": EXPIRY,
        "recorded_at": recorded_at,
        "before": before.isoformat(),
        "why": why,
        "files": [asdict(file) for file in files],
        "versions": {"offduty": version},
    }
    return canonical_json(document)


def gone_files(entries: Sequence[LogEntry]) -> Set[tuple[str, str]]:
    """The files that have expired according to the log, by run and name."""
    return {(file.run_id, file.name) for file in expired(entries)}


def remaining_release(gone: Set[tuple[str, str]], run: Mapping[str, Any]) -> list[StoredFile]:
    """The release files of a run, by its manifest, that are not among the ``gone``; sorted."""
    return sorted(
        StoredFile(run["run_id"], output["name"], output["sha256"], output["bytes"])
        for output in run["outputs"]
        if output["name"].startswith("release/") and (run["run_id"], output["name"]) not in gone
    )


def withdrawal(files: Sequence[StoredFile], by_run: str, as_of: str, version: str) -> bytes:
    """The manifest of an expiry that withdraws releases from analysts, because the run ``by_run`` takes their place.

    It follows from the log alone: whoever completes it later writes the same bytes. So it is dated by that run's
    ``as_of``.
    """
    document = {
        "kind": EXPIRY,
        "recorded_at": as_of,
        "before": "",
        "why": "",
        "superseded_by": by_run,
        "files": [asdict(file) for file in files],
        "versions": {"offduty": version},
    }
    return canonical_json(document)


def present(runs: Path, files: Sequence[StoredFile]) -> list[Path]:
    """The paths of those files that still exist. Raises `StorageError` where a folder of the run is a link to another
    place: nothing outside a run's own folder may be deleted.
    """
    found = []
    for file in files:
        path = runs / file.run_id / file.name
        if not path.is_symlink() and not path.exists():
            continue
        if path.parent.resolve() != runs.resolve() / file.run_id / Path(file.name).parent:
            raise StorageError(
                "a folder of this run is a link to another place; put the folder itself there", file=file.run_id
            )
        found.append(path)
    return found


def remove(runs: Path, files: Sequence[StoredFile]) -> None:
    """Delete files that the log says have expired, where they still exist, and folders of dates that are empty then."""
    for path in present(runs, files):
        path.unlink()
        _tidy(path.parent)


def _tidy(folder: Path) -> None:
    """Flush the deletion, and remove an empty folder of a date."""
    flush(folder)
    if folder.name.startswith(DATED) and not any(folder.iterdir()):
        folder.rmdir()
        flush(folder.parent)
