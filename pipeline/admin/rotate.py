"""Changes the key of the log by an entry that both keys sign: who trusts the old key can trust the new one."""

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
from offduty.store.open_store import open_store_at
from offduty.transparency.entries import ROTATION
from offduty.transparency.log import LogEntry
from offduty.transparency.next_signer import has_signed, next_key
from offduty.transparency.signed_note import PublicKey, SigningKey


@dataclass(frozen=True)
class Rotated:
    """What was done: the number of the entry, the new public key, and the files that were made for it."""

    entry: int
    key: PublicKey
    made: tuple[Path, ...]


def rotate(job: Path | str | Job, *, new: Path, lost_old_key: bool = False, store: Path | str | None = None) -> Rotated:
    """Replace the job's signing key by a new one, and record that in the log.

    ``new`` is a file with a secret key, which is made where it does not exist; its public half is written beside it.
    With ``lost_old_key`` the job's key is not read, and only the new one signs the entry: auditors must then get the
    new one in another way than from the store. Raises `UsageError` where the log is not signed, or the new key has
    signed in it before; otherwise what `run` raises.
    """
    loaded = Job.of(job)
    location = (loaded if store is None else loaded.with_store(store)).store.location
    made_by_run = "name the new key in keys.signing, and the first run signs with it"
    with storage_errors(), open_store_at(location, made=made_by_run) as opened:
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
        grown = append(opened, rotation(old, key.public), [*([old] if old else []), key])
        return Rotated(grown.logged[-1].number, key.public, made)


def rotation(old: SigningKey | None, new: PublicKey) -> bytes:
    """The manifest of a rotation: the old key, unless it is lost, and the new key."""
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
    """The job's key, after a check that it is the key of the log; None where it is lost."""
    if not any(entry.is_signed for entry in entries):
        raise UsageError(
            "the log is not signed, so there is no key to change: name one in keys.signing, and the next run signs with"
            " it"
        )
    if lost:
        return None
    if job.keys.signing is None:
        raise UsageError(
            "keys.signing is missing: name the present key; if it is lost, use --lost-old-key",
            file=job.file.name,
        )
    return next_key(entries, load_signing_key(job.keys.signing.path))


def _new_key(path: Path, origin: str) -> tuple[bytes, dict[Path, bytes]]:
    """The new secret, and the files that must be made: the public halves, and the secret where it is missing."""
    if path.suffix != ".key":
        raise UsageError(
            "--new must be a file name that ends with .key; its public halves get .pub and .pem", file=path.name
        )
    if not path.absolute().parent.is_dir():
        raise UsageError("the folder of --new does not exist; make it first", file=path.name)
    seed = load_signing_key(path) if path.exists() else secrets.token_bytes(32)
    wanted = {path.with_name(name): text.encode() for name, text in signing_files(path.stem, seed, origin).items()}
    missing = {file: content for file, content in wanted.items() if not file.exists()}
    for file in wanted.keys() - missing.keys() - {path}:
        if file.read_bytes() != wanted[file]:
            raise UsageError("this file has another public key; move it away", file=file.name)
    return seed, missing
