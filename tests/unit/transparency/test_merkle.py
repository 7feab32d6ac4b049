"""Trees and proofs are those of RFC 9162: published vectors, every proof of every small tree, and no changed bit gets
through.
"""

from __future__ import annotations

import hashlib
from itertools import pairwise

import pytest

from offduty.transparency.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    consistent,
    included,
    inclusion_proof,
    leaf_hash,
    root_from_inclusion,
    tree_root,
)

LARGEST = 33
SIZES = range(LARGEST + 1)
BITS = range(256)

# The vectors of the Certificate Transparency reference implementation (RFC 6962, hashed as in RFC 9162): leaves, the roots of
# 1 to 8 of them, inclusion proofs by index and size, consistency proofs by both sizes.
CT_LEAVES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
CT_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
CT_INCLUSION = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
CT_CONSISTENCY = {
    (1, 1): [],
    (1, 8): CT_INCLUSION[0, 8],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}

LEAVES = [leaf_hash(f"manifest {number}".encode()) for number in SIZES]
ROOTS = [tree_root(LEAVES[:size]) for size in SIZES]


def naive(data: list[bytes]) -> bytes:
    """RFC 9162, 2.1.1, word for word: k is the largest power of two smaller than n."""
    if not data:
        return hashlib.sha256(b"").digest()
    if len(data) == 1:
        return hashlib.sha256(b"\x00" + data[0]).digest()
    k = power_below(len(data))
    return hashlib.sha256(b"\x01" + naive(data[:k]) + naive(data[k:])).digest()


def power_below(n: int) -> int:
    """The largest power of two smaller than n."""
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def turns(index: int, size: int) -> list[str]:
    """On which side each hash of an inclusion proof stands, by the recursion of 2.1.3.1: all that a size says to a
    proof.
    """
    if size == 1:
        return []
    k = power_below(size)
    return [*turns(index, k), "right"] if index < k else [*turns(index - k, size - k), "left"]


def growth(old: int, new: int, whole: bool = True) -> list[str]:
    """The same of a consistency proof, by the recursion of 2.1.4.1."""
    if old == new:
        return [] if whole else ["itself"]
    k = power_below(new)
    return [*growth(old, k, whole), "right"] if old <= k else [*growth(old - k, new - k, False), "left"]


def flipped(data: bytes, bit: int) -> bytes:
    """The same bytes with one bit changed."""
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def spoiled(proof: list[bytes]) -> list[list[bytes]]:
    """The proof with one bit of one hash changed, with a hash lost, and with one too many at either end."""
    one_bit = [
        [*proof[:place], flipped(proof[place], bit), *proof[place + 1 :]] for place in range(len(proof)) for bit in BITS
    ]
    lost = [[*proof[:place], *proof[place + 1 :]] for place in range(len(proof))]
    cut = [*proof[:-1], proof[-1][:-1]] if proof else [b""]
    return [*one_bit, *lost, cut, [*proof, EMPTY_ROOT], [EMPTY_ROOT, *proof]]


@pytest.mark.parametrize("size", SIZES)
def test_roots_of_all_small_trees(size):
    """Trees of up to 33 leaves, at once and leaf by leaf."""
    data = [str(number).encode() for number in range(size)]
    tree = Frontier()
    for leaf in data:
        tree = tree.add(leaf_hash(leaf))
    assert tree_root([leaf_hash(leaf) for leaf in data]) == naive(data)
    assert (tree.size, tree.root) == (size, naive(data))
    assert len(tree.peaks) == size.bit_count()


@pytest.mark.parametrize("size", range(1, 9))
def test_the_published_roots(size):
    assert tree_root([leaf_hash(leaf) for leaf in CT_LEAVES[:size]]).hex() == CT_ROOTS[size - 1]


@pytest.mark.parametrize(("index", "size"), CT_INCLUSION)
def test_the_published_inclusion_proofs(index, size):
    """Made as published, and followed to the published root."""
    proof = [bytes.fromhex(text) for text in CT_INCLUSION[index, size]]
    assert inclusion_proof([leaf_hash(leaf) for leaf in CT_LEAVES[:size]], index) == proof
    assert root_from_inclusion(leaf_hash(CT_LEAVES[index]), index, size, proof).hex() == CT_ROOTS[size - 1]


@pytest.mark.parametrize(("old", "new"), CT_CONSISTENCY)
def test_the_published_consistency_proofs(old, new):
    """Made as published, and accepted with the published roots."""
    proof = [bytes.fromhex(text) for text in CT_CONSISTENCY[old, new]]
    assert consistency_proof([leaf_hash(leaf) for leaf in CT_LEAVES[:new]], old) == proof
    assert consistent(old, bytes.fromhex(CT_ROOTS[old - 1]), new, bytes.fromhex(CT_ROOTS[new - 1]), proof)


@pytest.mark.parametrize("size", SIZES[1:])
def test_every_inclusion_proof_holds_for_its_leaf_and_no_other(size):
    """Every index, with every leaf of the tree."""
    for index in range(size):
        proof = inclusion_proof(LEAVES[:size], index)
        assert [included(leaf, index, size, ROOTS[size], proof) for leaf in LEAVES[:size]] == [
            number == index for number in range(size)
        ]


@pytest.mark.parametrize("size", SIZES[1:])
def test_no_changed_bit_of_an_inclusion_proof_is_accepted(size):
    """Of the proof, the leaf, the root, the index; nor a hash too few or too many."""
    for index in range(size):
        proof, leaf, root = inclusion_proof(LEAVES[:size], index), LEAVES[index], ROOTS[size]
        assert not any(included(leaf, index, size, root, bad) for bad in spoiled(proof))
        assert not any(included(flipped(leaf, bit), index, size, root, proof) for bit in BITS)
        assert not any(included(leaf, index, size, flipped(root, bit), proof) for bit in BITS)
        assert not any(included(leaf, index ^ 1 << bit, size, root, proof) for bit in range(64))


@pytest.mark.parametrize("size", SIZES[1:])
def test_a_changed_size_is_refused_unless_the_proof_reads_the_same(size):
    """Index 0 of 3 and of 4 leaves have a proof of one form: which size a root belongs to is what the checkpoint says,
    and signs.

    Every other size is refused, by whichever bits it differs; so is the root of another size.
    """
    for index in range(size):
        proof, leaf, root = inclusion_proof(LEAVES[:size], index), LEAVES[index], ROOTS[size]
        for other in (size ^ 1 << bit for bit in range(64)):
            same = index < other and other <= 1 << 12 and turns(index, other) == turns(index, size)
            assert included(leaf, index, other, root, proof) == same, (index, other)
        others = [other for other in SIZES[1:] if other != size]
        assert not any(included(leaf, index, other, ROOTS[other], proof) for other in others)


@pytest.mark.parametrize("new", SIZES[1:])
def test_every_consistency_proof_holds_for_its_trees_and_no_others(new):
    """Every old size, with the root of every tree."""
    for old in range(new + 1):
        proof = consistency_proof(LEAVES[:new], old)
        assert [consistent(old, root, new, ROOTS[new], proof) for root in ROOTS] == [size == old for size in SIZES]
        assert [consistent(old, ROOTS[old], new, root, proof) for root in ROOTS if old] == [
            size == new for size in SIZES if old
        ]


@pytest.mark.parametrize("new", SIZES[2:])
def test_no_changed_bit_of_a_consistency_proof_is_accepted(new):
    """Neither of the proof nor of a root; nor a hash too few or too many."""
    for old in range(1, new):
        proof = consistency_proof(LEAVES[:new], old)
        assert not any(consistent(old, ROOTS[old], new, ROOTS[new], bad) for bad in spoiled(proof))
        assert not any(consistent(old, flipped(ROOTS[old], bit), new, ROOTS[new], proof) for bit in BITS)
        assert not any(consistent(old, ROOTS[old], new, flipped(ROOTS[new], bit), proof) for bit in BITS)


@pytest.mark.parametrize("new", SIZES[2:])
def test_changed_sizes_are_refused_unless_the_proof_reads_the_same(new):
    """As for inclusion: a proof may fit two sizes. Their roots differ, and a checkpoint names the size with the root."""
    for old in range(1, new):
        proof = consistency_proof(LEAVES[:new], old)
        for bit in range(64):
            for a, b in ((old ^ 1 << bit, new), (old, new ^ 1 << bit)):
                same = 0 < a < b <= 1 << 12 and growth(a, b) == growth(old, new) and is_full(a) == is_full(old)
                assert consistent(a, ROOTS[old], b, ROOTS[new], proof) == same, (old, a, b)


def is_full(size: int) -> bool:
    """Whether a tree is full (its size is a power of two): then a proof leaves its root out."""
    return size.bit_count() == 1


@pytest.mark.parametrize("new", SIZES)
def test_sizes_that_are_the_same_and_the_empty_tree(new):
    """No proof is needed, and any other proof is refused."""
    assert consistent(new, ROOTS[new], new, ROOTS[new], [])
    assert consistent(0, EMPTY_ROOT, new, ROOTS[new], [])
    assert not consistent(new, ROOTS[new], new, ROOTS[new], [EMPTY_ROOT])
    assert not consistent(0, EMPTY_ROOT, new, ROOTS[new], [EMPTY_ROOT])
    assert not consistent(0, LEAVES[0], new, ROOTS[new], [])
    assert not consistent(new + 1, ROOTS[new], new, ROOTS[new], [])


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0), (0, -1), (5, 3)])
def test_invalid_arguments_are_refused_without_an_error(index, size):
    """By the checkers. To make a proof of a leaf that does not exist is an error."""
    assert root_from_inclusion(LEAVES[0], index, size, []) is None
    with pytest.raises(IndexError):
        inclusion_proof(LEAVES[: max(size, 0)], index)


def test_a_proof_of_growth_from_a_larger_tree_is_a_mistake():
    for old in (-1, 4):
        with pytest.raises(IndexError):
            consistency_proof(LEAVES[:3], old)


def test_a_leaf_costs_few_hashes(monkeypatch):
    """A leaf is added to ten thousand, and the root taken, in as many steps as the size has digits."""
    tree = Frontier()
    for number in range(10_000):
        tree = tree.add(leaf_hash(str(number).encode()))
    hashed = []
    whole = hashlib.sha256
    monkeypatch.setattr("offduty.transparency.merkle.sha256", lambda data: hashed.append(data) or whole(data))
    sizes = []
    for number in range(64):
        tree = tree.add(LEAVES[number % LARGEST])
        assert len(tree.root) == 32
        sizes.append(len(hashed))
    assert max(after - before for before, after in pairwise(sizes)) <= 2 * 14
