"""Who may sign the next entry of a log: the key that signed the last one, or the one that a rotation put in its place."""

from __future__ import annotations

from collections.abc import Sequence

from offduty.core.errors import StorageError, UsageError
from offduty.transparency.entries import ROTATION
from offduty.transparency.log import RESTORE, LogEntry, entry_name, origin_of
from offduty.transparency.signed_note import NoteError, PublicKey, SigningKey

LOST = "where the old key is lost, offduty rotate --lost-old-key says so in the log"


def next_key(entries: Sequence[LogEntry], seed: bytes | None) -> SigningKey | None:
    """The key for the next entry, from the job's secret or none; None where the log is, and stays, unsigned.

    An unsigned log may be signed from now on. Raises `UsageError` where a signed one would go on unsigned, or under a
    key that no rotation put in place; `StorageError` where the last entry is not signed as the log says.
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
    """Whether some entry bears the name and the id of this key."""
    mine = (key.name, key.key_id)
    return any(mine == (each.name, each.key_id) for entry in entries for each in entry.head.signatures)


def _check_last(last: LogEntry, key: PublicKey) -> None:
    """The last entry must be signed by this very key; after a rotation that is the new one."""
    name = entry_name(last.number)
    if not last.is_signed:
        raise StorageError(f"entries before it are signed, and this one is not. {RESTORE}", file=name)
    retired = last.kind == ROTATION and last.document["new_key"] != key.vkey
    if retired or not has_signed([last], key):
        raise UsageError(
            "keys.signing is not the key that this log is signed with"
            + (
                f": it was changed in {name}. Name the new key in keys.signing"
                if retired
                else ". Name that key, or change it"
            )
            + f" with offduty rotate, which puts the change into the log; {LOST}" * (not retired)
        )
    try:
        last.head.note.signed_by([key])
    except NoteError:
        raise StorageError(
            f"its signature is not by the key that it names: the entry was changed. {RESTORE}", file=name
        ) from None
