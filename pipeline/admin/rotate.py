"""A new key for the log: an entry signed by the old key and the new one, so that whoever trusts the old one can follow."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from offduty.admin.init import signing_files
from offduty.config.job import Job
from offduty.config.key_files import load_signing_key
from offduty.core.canonical_json import canonical_json
from offduty.core.durable_files import create, flush
from offduty.core.errors import UsageError
from offduty.core.instants import iso_text
from offduty.store.local import append, storage_errors
from offduty.store.remote import open_place
from offduty.transparency.entries import ROTATION
from offduty.transparency.log import LogEntry
from offduty.transparency.next_signer import has_signed, next_key
from offduty.transparency.signed_note import PublicKey, SigningKey


@dataclass(frozen=True)
class Rotated:
    """What was done: the number of the entry, the key that counts from now on, and the files that were made for it."""

    entry: int
    key: PublicKey
    made: tuple[Path, ...]


def rotate(job: Path | str | Job, *, new: Path, lost_old_key: bool = False, store: Path | str | None = None) -> Rotated:
    """Put a new key in the place of the job's, and say so in the log.

    ``new`` is a file with a secret key, and made where there is none; its public half is written beside it. With
    ``lost_old_key`` the job's key is not read, and the entry is signed by the new one alone: auditors must then be
    given that one by other means. Raises `UsageError` where there is nothing to rotate, or the new key is not new;
    otherwise as `run`.
    """
    loaded = Job.of(job)
    place = (loaded if store is None else loaded.with_store(store)).store.location
    made_by_run = "name the new key in keys.signing, and the first run signs with it"
    with storage_errors(), open_place(place, made=made_by_run) as opened:
        entries = opened.entries()
        old = _old_key(loaded, entries, lost_old_key)
        origin = entries[-1].head.origin
        seed, files = _new_key(new, origin)
        key = SigningKey(origin, seed)
        if has_signed(entries, key.public):
            raise UsageError("this key has signed in this log already; a rotation needs a new one", file=new.name)
        made = tuple(create(path, content) for path, content in files.items())
        if made:
            flush(new.absolute().parent)
        number = append(opened, rotation(old, key.public), [*([old] if old else []), key])
        return Rotated(number, key.public, made)


def rotation(old: SigningKey | None, new: PublicKey) -> bytes:
    """The manifest of a rotation: the key that goes, unless it is lost, and the key that comes."""
    document = {
        "kind": ROTATION,
        "recorded_at": iso_text(time.time_ns() // 1000),
        "old_key": old.public.vkey if old else "",
        "lost_old_key": old is None,
        "new_key": new.vkey,
        "new_key_sha256": new.fingerprint,
        "versions": {"offduty": version("offduty")},
    }
    return canonical_json(document)


def _old_key(job: Job, entries: Sequence[LogEntry], lost: bool) -> SigningKey | None:
    """The key that signs so far, proven to be that of the log; None where it is lost."""
    if not any(entry.is_signed for entry in entries):
        raise UsageError(
            "the log is not signed, so there is no key to change: name one in keys.signing, and the next run signs with it"
        )
    if lost:
        return None
    if job.keys.signing is None:
        raise UsageError(
            "keys.signing is missing: name the key that signs so far; if it is lost, say --lost-old-key",
            file=job.file.name,
        )
    return next_key(entries, load_signing_key(job.keys.signing.path))


def _new_key(path: Path, origin: str) -> tuple[bytes, dict[Path, bytes]]:
    """The new secret, and the files that must be made: the public halves, and the secret where it is not there yet."""
    if path.suffix != ".key":
        raise UsageError(
            "--new is the name of a file that ends with .key; its public halves get .pub and .pem", file=path.name
        )
    if not path.absolute().parent.is_dir():
        raise UsageError("--new is in a folder that is not there", file=path.name)
    seed = load_signing_key(path) if path.exists() else secrets.token_bytes(32)
    wanted = {path.with_name(name): text.encode() for name, text in signing_files(path.stem, seed, origin).items()}
    missing = {file: content for file, content in wanted.items() if not file.exists()}
    for file in wanted.keys() - missing.keys() - {path}:
        if file.read_bytes() != wanted[file]:
            raise UsageError("there is another public key in this file; move it out of the way", file=file.name)
    return seed, missing
