"""Merkle trees over a list that only grows: roots, and proofs that a leaf is in it or that it grew (RFC 9162, section
2.1).

A leaf is given as its hash (`leaf_hash`), a root is 32 bytes, a proof is a list of such hashes in the order of the RFC.
The two checkers, `included` and `consistent`, follow the proof as the RFC says and need no leaves. For invalid
arguments (a negative size, a hash of another length) they return False; they never raise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf (RFC 9162, 2.1.1)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node over its two children (RFC 9162, 2.1.1). The prefix distinguishes nodes from leaves."""
    return sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True)
class Frontier:
    """A tree that grows leaf by leaf: its number of leaves, and the roots of its largest full subtrees from left to
    right.

    It needs no more hashes than the size has binary digits. A leaf is added, and the root computed, without the leaves
    before.

    >>> Frontier().add(leaf_hash(b"")).root.hex()[:8]
    '6e340b9c'
    """

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def add(self, leaf: bytes) -> Frontier:
        """The tree with one more leaf, which is merged with the full subtrees of its size."""
        peaks, size = list(self.peaks), self.size
        while size & 1:
            leaf = node_hash(peaks.pop(), leaf)
            size >>= 1
        return Frontier(self.size + 1, (*peaks, leaf))

    @property
    def root(self) -> bytes:
        """The Merkle tree head; of no leaves the hash of nothing."""
        if not self.peaks:
            return EMPTY_ROOT
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node_hash(peak, root)
        return root


def tree_root(leaves: Sequence[bytes]) -> bytes:
    """The Merkle tree head over leaf hashes (RFC 9162, 2.1.1); of no leaves the hash of nothing.

    >>> tree_root([]).hex()[:8]
    'e3b0c442'
    """
    tree = Frontier()
    for leaf in leaves:
        tree = tree.add(leaf)
    return tree.root


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The proof that the leaf at ``index`` (from 0) is in the tree, from its sibling upwards (RFC 9162, 2.1.3.1).

    Raises `IndexError` where there is no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise IndexError(index)
    if len(leaves) == 1:
        return []
    split = _split(len(leaves))
    left, right = leaves[:split], leaves[split:]
    if index < split:
        return [*inclusion_proof(left, index), tree_root(right)]
    return [*inclusion_proof(right, index - split), tree_root(left)]


def root_from_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes | None:
    """The root of a tree of ``size`` leaves to which the proof leads from a leaf (RFC 9162, 2.1.3.2); None where the
    proof is too long or too short for it.

    A root by itself does not determine the size. Whoever trusts a root has it from a checkpoint that names both.
    """
    if not 0 <= index < size or not _are_hashes(leaf, *proof):
        return None
    place, last, root = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return None
        if place & 1 or place == last:
            root = node_hash(sibling, root)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            root = node_hash(root, sibling)
        place, last = place >> 1, last >> 1
    return root if last == 0 else None


def included(leaf: bytes, index: int, size: int, root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the proof shows that a tree of this size and root has the leaf at ``index``."""
    return root_from_inclusion(leaf, index, size, proof) == root


def consistency_proof(leaves: Sequence[bytes], old_size: int) -> list[bytes]:
    """The proof that this tree begins with the tree over its first ``old_size`` leaves (RFC 9162, 2.1.4.1).

    It is empty where the old tree is the whole tree, or has no leaves: every tree begins with the empty one. Raises
    `IndexError` where the old tree would be larger than this one.
    """
    if not 0 <= old_size <= len(leaves):
        raise IndexError(old_size)
    return _sub_proof(leaves, old_size, whole=True) if old_size else []


def _sub_proof(leaves: Sequence[bytes], old_size: int, *, whole: bool) -> list[bytes]:
    """SUBPROOF of the RFC. ``whole``: the old tree is this very subtree, whose root the verifier has already."""
    if old_size == len(leaves):
        return [] if whole else [tree_root(leaves)]
    split = _split(len(leaves))
    left, right = leaves[:split], leaves[split:]
    if old_size <= split:
        return [*_sub_proof(left, old_size, whole=whole), tree_root(right)]
    return [*_sub_proof(right, old_size - split, whole=False), tree_root(left)]


def consistent(old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the proof shows that the new tree begins with the old one (RFC 9162, 2.1.4.2).

    Trees of the same size are consistent when their roots are the same and the proof is empty. The empty tree is
    consistent with every tree.
    """
    if not 0 <= old_size <= new_size or not _are_hashes(old_root, new_root, *proof):
        return False
    if old_size == new_size:
        return not proof and old_root == new_root
    if old_size == 0:
        return not proof and old_root == EMPTY_ROOT
    path = list(proof) if old_size & (old_size - 1) else [old_root, *proof]
    roots = _both_roots(old_size, new_size, path) if path else None
    return roots == (old_root, new_root)


def _both_roots(old_size: int, new_size: int, path: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """Steps 4 to 8 of the RFC: the roots of both trees to which the path leads; None where the path is too long or too
    short.
    """
    place, last = old_size - 1, new_size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = path[0]
    for node in path[1:]:
        if last == 0:
            return None
        if place & 1 or place == last:
            old, new = node_hash(node, old), node_hash(node, new)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            new = node_hash(new, node)
        place, last = place >> 1, last >> 1
    return (old, new) if last == 0 else None


def _split(size: int) -> int:
    """The largest power of two that is smaller than the size: the number of leaves in the left half."""
    return 1 << (size - 1).bit_length() - 1


def _are_hashes(*hashes: bytes) -> bool:
    return all(len(each) == HASH_BYTES for each in hashes)
