"""Which key may sign the next entry of a log: the one that signed the last entry, or its successor after a rotation."""

from __future__ import annotations

from collections.abc import Sequence

from offduty.core.errors import StorageError, UsageError
from offduty.transparency.entries import ROTATION
from offduty.transparency.log import RESTORE, LogEntry, entry_name, origin_of
from offduty.transparency.signed_note import NoteError, PublicKey, SigningKey

LOST = "where the old key is lost, offduty rotate --lost-old-key says so in the log"


def next_key(entries: Sequence[LogEntry], seed: bytes | None) -> SigningKey | None:
    """The key for the next entry, made of the job's secret ``seed``; None where the job and the log have no key.

    An unsigned log may be signed from now on. Raises `UsageError` where a signed log would go on unsigned, or with a
    key that no rotation introduced; `StorageError` where the last entry does not have the signature that it must have.
    """
    if seed is None:
        if any(entry.is_signed for entry in entries):
            raise UsageError(
                f"the log is signed, and the job names no key to sign with. Name it in keys.signing; {LOST}"
            )
        return None
    key = SigningKey("", seed)
    if not entries:
        return key.named(origin_of(key.public))
    key = key.named(entries[0].head.origin)
    if any(entry.is_signed for entry in entries):
        _check_last(entries[-1], key.public)
    return key


def has_signed(entries: Sequence[LogEntry], key: PublicKey) -> bool:
    """Whether an entry has a signature with the name and the id of this key. The signature is not checked."""
    mine = (key.name, key.key_id)
    return any(mine == (each.name, each.key_id) for entry in entries for each in entry.head.signatures)


def _check_last(last: LogEntry, key: PublicKey) -> None:
    """Check that the last entry is signed by this key. After a rotation, that is the new key."""
    name = entry_name(last.number)
    if not last.is_signed:
        raise StorageError(f"entries before it are signed, and this one is not. {RESTORE}", file=name)
    retired = last.kind == ROTATION and last.document["new_key"] != key.vkey
    if retired or not has_signed([last], key):
        raise UsageError(_wrong_key(name, retired=retired))
    try:
        last.head.note.signed_by([key])
    except NoteError:
        raise StorageError(
            f"its signature is not by the key that it names: the entry was changed. {RESTORE}", file=name
        ) from None


def _wrong_key(name: str, *, retired: bool) -> str:
    wrong = "keys.signing is not the key that this log is signed with"
    if retired:
        return f"{wrong}: it was changed in {name}. Name the new key in keys.signing"
    return f"{wrong}. Name that key, or change it with offduty rotate, which records the change in the log; {LOST}"
