"""Deletes old files: first an entry of the log says which files and why, then they are deleted (specification#log)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

from offduty.config.job import Job
from offduty.config.key_files import load_signing_key
from offduty.core import errors
from offduty.core.errors import StorageError, UsageError
from offduty.core.instants import DAY_FORM, iso_text
from offduty.store.local import Store, append, delete, storage_errors
from offduty.store.open_store import open_store_at
from offduty.store.retention import StoredFile, due, expiry, present
from offduty.transparency.log import entry_name

EARLIEST_ZONE = timedelta(hours=14)
"""How far the earliest zone is before UTC."""
LONGEST_WHY = 200  # characters


@dataclass(frozen=True)
class Expired:
    """What was deleted: the number of the entry, None where nothing was due, and the files that the entry names."""

    entry: int | None
    files: tuple[StoredFile, ...]


def expire(job: Path | str | Job, *, before: date | str, why: str = "", store: Path | str | None = None) -> Expired:
    """Delete released files whose local date is before a date, and quarantines of runs that had ended by then.

    ``why`` stays in the log for ever. ``store`` replaces the job's. What an interrupted call left is deleted first.
    Raises `UsageError` where ``why`` or the date is invalid, the date is in the future, or the log may not be signed
    with the job's key; otherwise what `run` raises.
    """
    day = _day(before)
    _check_past(day)
    _check_why(why)
    loaded = Job.of(job)
    location = (loaded if store is None else loaded.with_store(store)).store.location
    seed = None if loaded.keys.signing is None else load_signing_key(loaded.keys.signing.path)
    with storage_errors(), open_store_at(location, made="nothing was published, so nothing can be deleted") as opened:
        signing = opened.signing_with(seed)
        files = tuple(due(signing.entries(), day))
        if not files:
            return Expired(None, ())
        manifest = expiry(files, day, why, iso_text(time.time_ns() // 1000), version("offduty"))
        if signing.remote is None:
            present(signing.runs, files)  # raises for a link to another place, before anything is written
        grown = append(signing, manifest, signing.signers())
        number = grown.logged[-1].number
        _remove(grown, number, files)
        return Expired(number, files)


def _remove(store: Store, number: int, files: Sequence[StoredFile]) -> None:
    try:
        delete(store, files)
    except StorageError as error:
        raise StorageError(
            f"the log has the expiry, but not all of its files are deleted; run expire again ({error.what})",
            file=entry_name(number),
        ) from None
    except OSError as error:
        raise StorageError(
            f"the log has the expiry, but not all of its files are deleted: {errors.why(error)}. Check the disk, and"
            " run expire again",
            file=entry_name(number),
        ) from None


def _day(given: date | str) -> date:
    if isinstance(given, date):
        return given
    try:
        if DAY_FORM.fullmatch(given):
            return date.fromisoformat(given)
    except ValueError:
        pass
    raise UsageError(f"--before is not a date (such as 2026-03-02): {given!r}")


def _check_past(day: date) -> None:
    """Raise `UsageError` where a date has not begun anywhere on Earth yet: what is released tomorrow is not old."""
    if day > (datetime.now(UTC) + EARLIEST_ZONE).date():
        raise UsageError("--before is in the future: only what is older than a day that has begun can be deleted")


def _check_why(why: str) -> None:
    """Raise `UsageError` where the reason is not one printable line, or is too long. It stays in the log for ever."""
    if not why.isprintable() or len(why) > LONGEST_WHY:
        raise UsageError(
            f"--why must be one line of at most {LONGEST_WHY} characters; it stays in the log, so name no person in it"
        )
