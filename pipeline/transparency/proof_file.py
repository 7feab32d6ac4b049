"""What all proof files have in common: a header, lines in base64, an empty line, and the signed checkpoint of a log.

The layout is that of c2sp.org/tlog-proof.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from offduty.core.errors import ProofError, UsageError
from offduty.transparency.keys import decoded, encoded
from offduty.transparency.log import LogEntry
from offduty.transparency.merkle import HASH_BYTES
from offduty.transparency.signed_note import Checkpoint, NoteError, PublicKey, read_checkpoint


def proof_bytes(lines: Iterable[str], hashes: Iterable[bytes], head: Checkpoint) -> bytes:
    """A proof file: its lines, of which the first is the header, then a line for each hash, then the checkpoint."""
    above = "".join(f"{line}\n" for line in (*lines, *map(encoded, hashes)))
    return above.encode() + b"\n" + head.note.data


def parts_of(data: bytes, header: str) -> tuple[list[str], Checkpoint]:
    """The lines of a proof file after its header, and its checkpoint. `ProofError` where it is not such a file."""
    above, found, note = data.partition(b"\n\n")
    try:
        lines = above.decode("ascii").split("\n")
        head = read_checkpoint(note)
    except NoteError as error:
        raise ProofError(f"this is not a valid proof: its checkpoint cannot be read: {error}") from None
    except UnicodeDecodeError:
        raise ProofError("this is not a valid proof: it is not text") from None
    if not found or lines.pop(0) != header:
        raise ProofError(f"this is not a valid proof: it does not begin with {header}")
    return lines, head


def hashes_in(lines: Iterable[str]) -> tuple[bytes, ...]:
    """The hashes in lines of base64. Raises `ProofError` where one is not a hash."""
    hashes = [decoded(line) for line in lines]
    if not all(each is not None and len(each) == HASH_BYTES for each in hashes):
        raise ProofError("this is not a valid proof: one of its hashes cannot be read")
    return tuple(each for each in hashes if each is not None)


def head_to_prove_by(entries: Sequence[LogEntry], stored: Checkpoint | None) -> Checkpoint:
    """The head that a proof leads to: ``stored``, or the newest one of the log.

    Raises `ProofError` where the stored one is not a head of this log, and `UsageError` where the head is not signed:
    then it would prove nothing.
    """
    head = entries[-1].head if stored is None else check_head(entries, stored)
    if not any(signature.name == head.origin for signature in head.signatures):
        raise UsageError("the log is not signed, so it can prove nothing; name a key in keys.signing and run again")
    return head


def check_head(entries: Sequence[LogEntry], stored: Checkpoint) -> Checkpoint:
    """A checkpoint that was stored, if the log has that head; `ProofError` otherwise. Signatures are not checked."""
    heads = {(entry.head.origin, entry.head.size, entry.head.root) for entry in entries}
    if (stored.origin, stored.size, stored.root) not in heads:
        raise ProofError(
            "the log does not lead up to this checkpoint: it is of another log, or entries were changed or lost"
        )
    return stored


def check_signers(head: Checkpoint, key: PublicKey, cosigners: Sequence[PublicKey]) -> None:
    """Raise `ProofError` where the head is not signed by the key of the log, or not by one of the cosigners."""
    mine = key.for_log(head.origin)
    try:
        signers = head.note.signed_by([mine, *cosigners])
    except NoteError as error:
        raise ProofError(f"not proven: {error}") from None
    if mine not in signers:
        raise ProofError(
            "not proven: the checkpoint is not signed by this key. If the log's key was changed, give the newest one"
        )
    for cosigner in cosigners:
        if cosigner not in signers:
            raise ProofError(f"not proven: {cosigner.name} has not signed the checkpoint")
