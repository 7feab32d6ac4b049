"""Retention: the log first says which old files go and why, and then they go (SPEC 8)."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path

from offduty.config.job import Job
from offduty.config.key_files import load_signing_key
from offduty.core.errors import StorageError, UsageError
from offduty.core.errors import why as told
from offduty.core.instants import iso_text
from offduty.store.local import Store, append, storage_errors, undisturbed
from offduty.store.remote import open_place
from offduty.store.retention import StoredFile, due, expiry, present, remove
from offduty.transparency.log import entry_name

LONGEST_WHY = 200  # letters


@dataclass(frozen=True)
class Expired:
    """What went: the number of the entry that says so, None where nothing was due, and the files that it names."""

    entry: int | None
    files: tuple[StoredFile, ...]


def expire(job: Path | str | Job, *, before: date | str, why: str = "", store: Path | str | None = None) -> Expired:
    """Let go of released files whose local date is before a date, and of quarantines of runs that had ended by then.

    ``why`` goes into the log for good. Raises `UsageError` where it or the date cannot be taken, or the log may not be
    signed with the job's key; otherwise as `run`. What an earlier call left undone is finished first.
    """
    day = _day(before)
    _check_why(why)
    loaded = Job.of(job)
    place = (loaded if store is None else loaded.with_store(store)).store.location
    seed = None if loaded.keys.signing is None else load_signing_key(loaded.keys.signing.path)
    with storage_errors(), open_place(place, made="nothing was published, so nothing can go") as opened:
        signing = opened.signing_with(seed)
        files = tuple(due(signing.entries(), day))
        if not files:
            return Expired(None, ())
        manifest = expiry(files, day, why, iso_text(time.time_ns() // 1000), version("offduty"))
        if signing.far is None:
            present(signing.runs, files)  # a link that leads out stops it before anything is written
        with undisturbed():
            number = append(signing, manifest, [signing.key] if signing.key else [])
            _remove(signing, number, files)
        return Expired(number, files)


def _remove(store: Store, number: int, files: Sequence[StoredFile]) -> None:
    try:
        if store.far is None:
            remove(store.runs, files)
        else:
            store.far.remove(files)
    except StorageError as error:
        raise StorageError(
            f"the log says now that files go, but not all of them are gone; expire again ({error.what})",
            file=entry_name(number),
        ) from None
    except OSError as error:
        raise StorageError(
            f"the log says now that files go, but not all of them are gone: {told(error)}. See to the disk, and expire again",
            file=entry_name(number),
        ) from None


def _day(given: date | str) -> date:
    if isinstance(given, date):
        return given
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", given):
            return date.fromisoformat(given)
    except ValueError:
        pass
    raise UsageError(f"--before is no date (2026-03-02): {given!r}")


def _check_why(why: str) -> None:
    """It stays in the log for ever, where auditors read it."""
    if not why.isprintable() or len(why) > LONGEST_WHY:
        raise UsageError(
            f"--why is one line of no more than {LONGEST_WHY} letters; it stays in the log, so name no person in it"
        )
