"""Reads the policy of an analysis, which must be signed by those whom it names (specification#agreement)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from offduty.config.policy import Policy
from offduty.core.errors import UsageError
from offduty.core.instants import iso_text
from offduty.core.locations import store_location
from offduty.runs.agreed import check_agreed, check_notes
from offduty.store.open_store import local_copy
from offduty.store.remote import LOG
from offduty.transparency.log import read_store


def agreed_policy(path: Path, *, store: Path | str | None = None, notes: Sequence[Path] = ()) -> Policy:
    """The policy in a file, if it was agreed on by what the log of the ``store`` says, or by signed ``notes``; one that
    names nobody needs neither.

    Raises `UsageError` where it was not agreed on, and what reading the store raises.
    """
    policy, file_sha256 = Policy.load_signed(path)
    if store is not None and not notes:
        with local_copy(store_location(store), LOG) as folder:
            check_agreed(read_store(folder), policy, file_sha256)
    elif policy.agreement is not None:
        check_notes(policy, file_sha256, [_read(note) for note in notes], iso_text(time.time_ns() // 1000))
    return policy


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise UsageError("the signed note cannot be read", file=path.name) from None
