"""Records in a log that a policy was agreed on, by notes that representatives signed (specification#agreement)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from offduty.config.job import Job
from offduty.config.key_files import load_signing_key
from offduty.config.policy import Policy
from offduty.core.errors import UsageError, why
from offduty.core.instants import iso_text
from offduty.runs.agreed import AgreedBy, agreement_entry, signers_in
from offduty.store.local import append, storage_errors
from offduty.store.open_store import open_store_at

LARGEST_NOTE_BYTES = 50_000


@dataclass(frozen=True)
class Agreed:
    """What was recorded: the number of the entry, and who signed."""

    entry: int
    by: AgreedBy


def agree(job: Path | str | Job, notes: Sequence[Path], *, store: Path | str | None = None) -> Agreed:
    """Record that the policy of a job was agreed on; ``notes`` are signed notes over one text about it.

    Raises `UsageError` where a note cannot be read, is about another policy, or a signature is missing, and where the
    log is not signed: an agreement that anybody can replace is none. Otherwise what `offduty.run` raises.
    """
    loaded = Job.of(job)
    loaded = loaded if store is None else loaded.with_store(store)
    policy, file_sha256 = Policy.load_signed(loaded.policy.path)
    if loaded.keys.signing is None:
        raise UsageError("an agreement is recorded in a signed log only: name a key in keys.signing")
    seed = load_signing_key(loaded.keys.signing.path)
    signed = [_read(path) for path in notes]
    with storage_errors(), open_store_at(loaded.store.location) as opened:
        signing = opened.signing_with(seed)
        recorded_at = iso_text(time.time_ns() // 1000)
        manifest = agreement_entry(signing.entries(), policy, file_sha256, signed, recorded_at)
        newest = append(signing, manifest, signing.signers()).logged[-1]
        return Agreed(newest.number, signers_in(newest.document))


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_NOTE_BYTES)
    except OSError as error:
        raise UsageError(f"the signed note cannot be read: {why(error)}", file=path.name) from None
