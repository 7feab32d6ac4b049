"""A proof that a log only grew: an older checkpoint, and that the log of a newer, signed one begins with it (RFC 9162,
section 2.1.4).

The file is laid out like an inclusion proof. Its line ``old`` is the older checkpoint in base64, so only a public key
is needed to check it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from offduty.core.errors import ProofError, UsageError
from offduty.transparency.keys import decoded, encoded
from offduty.transparency.log import LogEntry
from offduty.transparency.merkle import consistency_proof, consistent, leaf_hash
from offduty.transparency.proof_file import (
    check_head,
    check_signers,
    hashes_in,
    head_to_prove_by,
    parts_of,
    proof_bytes,
)
from offduty.transparency.signed_note import Checkpoint, NoteError, PublicKey, read_checkpoint

HEADER = "offduty/consistency-proof@v1"


@dataclass(frozen=True)
class ConsistencyProof:
    """The older checkpoint, the hashes in the order of the RFC, and the newer head that they lead to."""

    old: Checkpoint
    hashes: tuple[bytes, ...]
    head: Checkpoint

    @property
    def data(self) -> bytes:
        """The proof as a file."""
        return proof_bytes([HEADER, f"old {encoded(self.old.note.data)}"], self.hashes, self.head)


def is_consistency_proof(data: bytes) -> bool:
    """Whether a proof file says in its first line that it is a consistency proof."""
    return data.startswith(HEADER.encode() + b"\n")


def make_consistency_proof(
    entries: Sequence[LogEntry], old: Checkpoint, stored: Checkpoint | None = None
) -> ConsistencyProof:
    """The proof that the log begins with the log of ``old``, against the newest head, or one that was stored.

    Raises `ProofError` where the log does not begin with it: then an entry was changed or lost, or it is another log.
    Raises `UsageError` where ``stored`` is older than ``old``, or the head is not signed.
    """
    check_head(entries, old)
    head = head_to_prove_by(entries, stored)
    if old.size > head.size:
        raise UsageError("the checkpoint to prove it by is older than the other one; exchange them")
    leaves = [leaf_hash(entry.manifest) for entry in entries[: head.size]]
    return ConsistencyProof(old, tuple(consistency_proof(leaves, old.size)), head)


def read_consistency_proof(data: bytes) -> ConsistencyProof:
    """The consistency proof in a file; raises `ProofError` where it is not one."""
    lines, head = parts_of(data, HEADER)
    return ConsistencyProof(_take_old(lines), hashes_in(lines), head)


def _take_old(lines: list[str]) -> Checkpoint:
    """The older checkpoint, whose line is removed from the lines."""
    line = lines.pop(0) if lines else ""
    note = decoded(line.removeprefix("old ")) if line.startswith("old ") else None
    try:
        return read_checkpoint(note or b"")
    except NoteError:
        raise ProofError("this is not a valid proof: its older checkpoint cannot be read") from None


def check_consistency_proof(
    proof: ConsistencyProof, key: PublicKey, cosigners: Sequence[PublicKey] = (), given: Checkpoint | None = None
) -> Checkpoint:
    """The older checkpoint with which the log of this key is proven to begin; `ProofError` where it is not proven.

    1. The newer head is signed by the key of the log. 2. It is signed by every cosigner. 3. Where an older checkpoint
    was ``given``, the one in the proof has the same log, size and root. 4. Both are of one log. 5. The tree of the
    newer one begins with the tree of the older one. The signatures of the older one are not checked: the log may have
    had another key then, and whoever stored it knows where it came from.
    """
    check_signers(proof.head, key, cosigners)
    old, head = proof.old, proof.head
    if given is not None and (given.origin, given.size, given.root) != (old.origin, old.size, old.root):
        raise ProofError("not proven: the older checkpoint differs from the one in the proof")
    if old.origin != head.origin:
        raise ProofError("not proven: the two checkpoints are of different logs")
    if not consistent(old.size, old.root, head.size, head.root, proof.hashes):
        raise ProofError("not proven: the log does not begin with the log of the older checkpoint")
    return old
