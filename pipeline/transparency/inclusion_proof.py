"""A proof that an entry is in a log: one manifest, its position, and the signed checkpoint over it
(c2sp.org/tlog-proof).

The file has the manifest in its line of extra data, so only a public key is needed to check it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from offduty.core.errors import ProofError, UsageError
from offduty.transparency.keys import decoded, encoded
from offduty.transparency.log import LogEntry
from offduty.transparency.merkle import included, inclusion_proof, leaf_hash
from offduty.transparency.proof_file import check_signers, hashes_in, head_to_prove_by, parts_of, proof_bytes
from offduty.transparency.signed_note import Checkpoint, PublicKey

HEADER = "c2sp.org/tlog-proof@v1"
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True)
class InclusionProof:
    """The number of the entry (from 0), the hashes from its sibling upwards, the head that they lead to, and the
    manifest, if the file has it.
    """

    index: int
    hashes: tuple[bytes, ...]
    head: Checkpoint
    manifest: bytes | None = None

    @property
    def data(self) -> bytes:
        """The proof as a file."""
        extra = [] if self.manifest is None else [f"extra {encoded(self.manifest)}"]
        return proof_bytes([HEADER, *extra, f"index {self.index}"], self.hashes, self.head)


def make_proof(entries: Sequence[LogEntry], name: str, stored: Checkpoint | None = None) -> InclusionProof:
    """The proof of a run by its id, or of any entry by its number, against the newest head, or one that was stored.

    Raises `UsageError` where the log has no such entry, or did not have it at that head, or the head is not signed; and
    `ProofError` where the stored head is not one of this log.
    """
    number = _find(entries, name)
    head = head_to_prove_by(entries, stored)
    if number >= head.size:
        raise UsageError("this entry came after the checkpoint that was given; take a newer one")
    leaves = [leaf_hash(entry.manifest) for entry in entries[: head.size]]
    return InclusionProof(number, tuple(inclusion_proof(leaves, number)), head, entries[number].manifest)


def _find(entries: Sequence[LogEntry], name: str) -> int:
    for entry in entries:
        if name in (entry.document.get("run_id"), str(entry.number)):
            return entry.number
    raise UsageError("the log has no entry of that run; give the run's id, or the number of an entry (from 0)")


def read_proof(data: bytes) -> InclusionProof:
    """The inclusion proof in a file; raises `ProofError` where it is not one."""
    lines, head = parts_of(data, HEADER)
    manifest = _take_manifest(lines)
    index = _INDEX.fullmatch(lines.pop(0)) if lines else None
    if index is None:
        raise ProofError("this is not a valid proof: its index cannot be read")
    return InclusionProof(int(index[1]), hashes_in(lines), head, manifest)


def _take_manifest(lines: list[str]) -> bytes | None:
    """The extra data, which is removed from the lines; None where there is none."""
    if not lines or not lines[0].startswith("extra "):
        return None
    manifest = decoded(lines.pop(0).removeprefix("extra "))
    if manifest is None:
        raise ProofError("this is not a valid proof: its extra data cannot be read")
    return manifest


def check_proof(
    proof: InclusionProof, key: PublicKey, cosigners: Sequence[PublicKey] = (), given: bytes | None = None
) -> bytes:
    """The manifest that is proven to be in the log of this key; `ProofError` where it is not proven.

    1. The head is signed by the key of the log. 2. It is signed by every cosigner. 3. There is one manifest: the one
    that was ``given``, or the one in the proof, or both, and then they are the same. 4. The tree has it at that index.
    """
    check_signers(proof.head, key, cosigners)
    manifest = proof.manifest if given is None else given
    if manifest is None:
        raise UsageError("the proof has no manifest: name the one that it is about with --manifest")
    if proof.manifest not in (None, manifest):
        raise ProofError("not proven: the manifest differs from the one in the proof")
    if not included(leaf_hash(manifest), proof.index, proof.head.size, proof.head.root, proof.hashes):
        raise ProofError("not proven: the manifest is not the entry of that number in the log")
    return manifest
