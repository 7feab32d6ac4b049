"""A proof that stands alone: one manifest, its place in the log, and the signed checkpoint over it
(c2sp.org/tlog-proof).

The file carries the manifest in its line of extra data, so nothing else is needed to check it but a public key.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from offduty.core.errors import ProofError, UsageError
from offduty.transparency.keys import decoded, encoded
from offduty.transparency.log import LogEntry
from offduty.transparency.merkle import HASH_BYTES, included, inclusion_proof, leaf_hash
from offduty.transparency.signed_note import Checkpoint, NoteError, PublicKey, read_checkpoint

HEADER = "c2sp.org/tlog-proof@v1"
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True)
class InclusionProof:
    """Which entry (from 0), the hashes from its sibling upwards, the head they lead to, and the manifest if it is
    carried.
    """

    index: int
    hashes: tuple[bytes, ...]
    head: Checkpoint
    manifest: bytes | None = None

    @property
    def data(self) -> bytes:
        """The proof as it is written."""
        extra = [] if self.manifest is None else [f"extra {encoded(self.manifest)}"]
        lines = [HEADER, *extra, f"index {self.index}", *map(encoded, self.hashes)]
        return "".join(f"{line}\n" for line in lines).encode() + b"\n" + self.head.note.data


def make_proof(entries: Sequence[LogEntry], name: str, kept: Checkpoint | None = None) -> InclusionProof:
    """The proof of a run by its id, or of any entry by its number, against the newest head, or one that somebody kept.

    Raises `UsageError` where the log has no such entry (or had not yet, at that head), or the head is not signed: then
    it would prove nothing. `ProofError` where the head that was kept is none of this log.
    """
    number = _find(entries, name)
    head = entries[-1].head if kept is None else _head_of(entries, kept)
    if not any(signature.name == head.origin for signature in head.signatures):
        raise UsageError("the log is not signed, so nothing is proven by it; name a key in keys.signing and run again")
    if number >= head.size:
        raise UsageError("this entry came after the checkpoint that was given; take a newer one")
    leaves = [leaf_hash(entry.manifest) for entry in entries[: head.size]]
    return InclusionProof(number, tuple(inclusion_proof(leaves, number)), head, entries[number].manifest)


def _head_of(entries: Sequence[LogEntry], kept: Checkpoint) -> Checkpoint:
    """A head that was kept, when the log still leads up to it."""
    heads = {(entry.head.origin, entry.head.size, entry.head.root) for entry in entries}
    if (kept.origin, kept.size, kept.root) not in heads:
        raise ProofError(
            "the log does not lead up to this checkpoint: it is of another log, or entries were changed or lost"
        )
    return kept


def _find(entries: Sequence[LogEntry], name: str) -> int:
    for entry in entries:
        if name in (entry.document.get("run_id"), str(entry.number)):
            return entry.number
    raise UsageError("the log has no entry of that run; give the run's id, or the number of an entry (from 0)")


def read_proof(data: bytes) -> InclusionProof:
    """A proof in its file; raises `ProofError` where it is none."""
    top, found, note = data.partition(b"\n\n")
    try:
        lines = top.decode("ascii").split("\n")
        head = read_checkpoint(note)
    except NoteError as error:
        raise ProofError(f"this is no proof: its checkpoint cannot be read: {error}") from None
    except UnicodeDecodeError:
        raise ProofError("this is no proof: it is not text") from None
    if not found or lines.pop(0) != HEADER:
        raise ProofError(f"this is no proof: it does not begin with {HEADER}")
    manifest = _carried(lines)
    index = _INDEX.fullmatch(lines.pop(0)) if lines else None
    hashes = [decoded(line) for line in lines]
    if index is None or not all(each is not None and len(each) == HASH_BYTES for each in hashes):
        raise ProofError("this is no proof: its index or one of its hashes cannot be read")
    return InclusionProof(int(index[1]), tuple(each for each in hashes if each is not None), head, manifest)


def _carried(lines: list[str]) -> bytes | None:
    """The extra data, taken off the lines where there is any."""
    if not lines or not lines[0].startswith("extra "):
        return None
    manifest = decoded(lines.pop(0).removeprefix("extra "))
    if manifest is None:
        raise ProofError("this is no proof: its extra data cannot be read")
    return manifest


def check_proof(
    proof: InclusionProof, key: PublicKey, cosigners: Sequence[PublicKey] = (), given: bytes | None = None
) -> bytes:
    """The manifest that is proven to be in the log of this key; raises `ProofError` where something is not as it must
    be.

    1. The head is signed by the key of the log. 2. It is signed by every cosigner who was asked for. 3. There is one manifest:
    that which was ``given``, or that which the proof carries, or both, and then they are the same. 4. It is in that tree.
    """
    mine = key.for_log(proof.head.origin)
    try:
        signers = proof.head.note.signed_by([mine, *cosigners])
    except NoteError as error:
        raise ProofError(f"not proven: {error}") from None
    if mine not in signers:
        raise ProofError(
            "not proven: the checkpoint is not signed by this key. Where the log's key was changed, the newest counts"
        )
    for cosigner in cosigners:
        if cosigner not in signers:
            raise ProofError(f"not proven: {cosigner.name} has not signed the checkpoint")
    manifest = proof.manifest if given is None else given
    if manifest is None:
        raise UsageError("the proof carries no manifest: name the one that it is about with --manifest")
    if proof.manifest not in (None, manifest):
        raise ProofError("not proven: the manifest is another than that in the proof")
    if not included(leaf_hash(manifest), proof.index, proof.head.size, proof.head.root, proof.hashes):
        raise ProofError("not proven: the manifest is not the entry of that number in the log")
    return manifest
