"""A consistency proof needs no store. It proves that a log begins with an older checkpoint, and nothing that differs by a
bit.
"""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path

import pytest

from offduty.core.errors import OffdutyError, ProofError, UsageError
from offduty.transparency.consistency_proof import (
    ConsistencyProof,
    check_consistency_proof,
    is_consistency_proof,
    make_consistency_proof,
    read_consistency_proof,
)
from offduty.transparency.inclusion_proof import make_proof, read_proof
from offduty.transparency.log import LogEntry, read_log
from offduty.transparency.signed_note import Checkpoint, PublicKey, SigningKey
from tests.logs import a_run, add

SEED = bytes(range(32))
PUBLIC = SigningKey("", SEED).public
WATCHER = SigningKey("watcher.example/1", bytes(32))
NOON_S = 1_790_000_000


@pytest.fixture
def entries(tmp_path: Path) -> list[LogEntry]:
    """A signed log of seven runs."""
    for name in "abcdefg":
        add(tmp_path, a_run(name), SEED)
    return read_log(tmp_path)


def proven(data: bytes, key: PublicKey = PUBLIC, **options: object) -> Checkpoint:
    """The older checkpoint that a file proves."""
    return check_consistency_proof(read_consistency_proof(data), key, **options)


@pytest.mark.parametrize("size", range(1, 8))
def test_a_log_begins_with_each_of_its_checkpoints(entries, size):
    """Also with the newest one. The file is read back byte for byte."""
    old = entries[size - 1].head
    proof = make_consistency_proof(entries, old)
    assert is_consistency_proof(proof.data)
    assert read_consistency_proof(proof.data) == proof
    assert proven(proof.data) == old
    assert proven(proof.data, given=old) == old
    assert proven(proof.data, given=replace(old, signatures=())) == old


def test_the_layout_is_that_of_the_page(entries):
    """A header, the older checkpoint in base64, the hashes, an empty line, the newer checkpoint (docs/how-to/log.md)."""
    lines = make_consistency_proof(entries, entries[2].head).data.decode().split("\n")
    assert lines[0] == "offduty/consistency-proof@v1"
    assert base64.b64decode(lines[1].removeprefix("old ")).decode() == entries[2].checkpoint
    assert [len(base64.b64decode(line)) for line in lines[2 : lines.index("")]] == [32] * 4
    assert "\n".join(lines[lines.index("") + 1 :]) == entries[6].checkpoint


def test_no_changed_bit_of_a_proof_is_accepted(entries):
    """Each bit of the file, one after the other: every change is refused, and none with an unforeseen error.

    The signatures of the older checkpoint are not checked, so it is compared with the stored one, and it has none here.
    """
    old = replace(entries[2].head, signatures=())
    data = make_consistency_proof(entries, old).data
    assert proven(data, given=old) == old
    for bit in range(8 * len(data)):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(OffdutyError):
            proven(bytes(changed), given=old)


def test_a_proof_that_was_cut_proves_nothing(entries):
    """Wherever it is cut."""
    data = make_consistency_proof(entries, entries[2].head).data
    for end in range(len(data)):
        with pytest.raises(OffdutyError):
            proven(data[:end])


def test_a_proof_with_other_hashes_proves_nothing(entries):
    """A hash too few, one too many, one of another proof, or in another order."""
    proof = make_consistency_proof(entries, entries[2].head)
    others = make_consistency_proof(entries, entries[4].head).hashes
    for hashes in (proof.hashes[:-1], (*proof.hashes, bytes(32)), others, proof.hashes[::-1], ()):
        with pytest.raises(ProofError, match="does not begin with the log of the older checkpoint"):
            proven(replace(proof, hashes=hashes).data)


def test_another_older_checkpoint_is_not_proven(entries):
    """Of another size or root, or of another log."""
    proof = make_consistency_proof(entries, entries[2].head)
    for old in (entries[3].head, replace(proof.old, root=bytes(32)), replace(proof.old, size=4)):
        with pytest.raises(ProofError, match="does not begin with the log of the older checkpoint"):
            proven(replace(proof, old=old).data)
        with pytest.raises(ProofError, match="differs from the one in the proof"):
            proven(proof.data, given=old)
    with pytest.raises(ProofError, match="different logs"):
        proven(replace(proof, old=replace(proof.old, origin="offduty/other")).data)


def test_a_history_that_was_written_anew_cannot_be_proven(entries, tmp_path):
    """Although it is signed by the same key: entry 1 is another, or the end is missing."""
    for name in "axcdefg":
        (tmp_path / "other").mkdir(exist_ok=True)
        add(tmp_path / "other", a_run(name), SEED)
    other = read_log(tmp_path / "other")
    assert make_consistency_proof(other, entries[0].head)
    for lost in (other, entries[:2]):
        with pytest.raises(ProofError, match="does not lead up to this checkpoint"):
            make_consistency_proof(lost, entries[2].head)
    spliced = replace(make_consistency_proof(other, other[2].head), old=entries[2].head)
    with pytest.raises(ProofError, match="does not begin with the log of the older checkpoint"):
        proven(spliced.data)


def test_the_newer_head_must_be_signed_by_the_key_of_the_log(entries):
    """And by each cosigner that is demanded."""
    proof = make_consistency_proof(entries, entries[2].head)
    with pytest.raises(ProofError, match="not signed by this key"):
        proven(proof.data, SigningKey("", bytes(32)).public)
    forged = Checkpoint(proof.head.origin, 7, bytes(32), (), proof.head.signatures)
    with pytest.raises(ProofError, match="is not by that key"):
        proven(replace(proof, head=forged).data)
    watcher = replace(WATCHER.public, kind=4)
    with pytest.raises(ProofError, match=r"watcher\.example/1 has not signed"):
        proven(proof.data, cosigners=[watcher])
    line = WATCHER.cosign(proof.head.text, NOON_S)
    watched = replace(proof, head=replace(proof.head, signatures=(*proof.head.signatures, line)))
    assert proven(watched.data, cosigners=[watcher]) == proof.old


def test_growth_is_proven_between_two_stored_checkpoints(entries):
    """The newer one may be cosigned. The order matters."""
    older, newer = entries[1].head, entries[4].head
    newer = replace(newer, signatures=(*newer.signatures, WATCHER.cosign(newer.text, NOON_S)))
    proof = make_consistency_proof(entries, older, newer)
    assert proof.head == newer
    assert proven(proof.data, cosigners=[replace(WATCHER.public, kind=4)]) == older
    with pytest.raises(UsageError, match="older than the other one"):
        make_consistency_proof(entries, newer, older)


def test_an_unsigned_log_proves_nothing(tmp_path):
    """Anybody could have written it."""
    for name in "ab":
        add(tmp_path, a_run(name))
    entries = read_log(tmp_path)
    with pytest.raises(UsageError, match="not signed"):
        make_consistency_proof(entries, entries[0].head)


def test_the_log_may_have_been_unsigned_or_under_another_key_then(tmp_path):
    """Only the newer head is checked against the key."""
    add(tmp_path, a_run("a"))
    add(tmp_path, a_run("b"), SEED)
    entries = read_log(tmp_path)
    assert proven(make_consistency_proof(entries, entries[0].head).data) == entries[0].head


EXAMPLE = ConsistencyProof(
    Checkpoint("offduty/a", 3, bytes(32)), (bytes(32),), Checkpoint("offduty/a", 4, bytes(32))
).data
INVALID = {
    "nothing": b"",
    "another version": EXAMPLE.replace(b"@v1", b"@v2"),
    "no older checkpoint": EXAMPLE.replace(b"old ", b"new "),
    "an older checkpoint that is not base64": EXAMPLE.replace(b"old b", b"old *"),
    "an older checkpoint that is not one": EXAMPLE.replace(b"old ", b"old AAAA"),
    "only a header": EXAMPLE.partition(b"\n")[0] + b"\n\n" + EXAMPLE.partition(b"\n\n")[2],
    "a hash that is not base64": EXAMPLE.replace(b"\nAAAA", b"\n*AAA", 1),
    "a hash too short": EXAMPLE.replace(b"\n" + base64.b64encode(bytes(32)), b"\nAAAA", 1),
    "no checkpoint": EXAMPLE.partition(b"\n\n")[0] + b"\n\n",
    "not text": b"\xff" + EXAMPLE,
}


@pytest.mark.parametrize("why", INVALID)
def test_an_invalid_proof_file_is_refused(why):
    """With exit code 7, and a message that says so."""
    with pytest.raises(ProofError, match="this is not a valid proof") as error:
        read_consistency_proof(INVALID[why])
    assert error.value.exit_code == 7


def test_the_two_kinds_of_proofs_are_not_confused(entries):
    """Each is refused by the reader of the other."""
    inclusion, consistency = make_proof(entries, "c"), make_consistency_proof(entries, entries[2].head)
    assert not is_consistency_proof(inclusion.data)
    with pytest.raises(ProofError, match="does not begin with offduty/consistency-proof"):
        read_consistency_proof(inclusion.data)
    with pytest.raises(ProofError, match=r"does not begin with c2sp\.org/tlog-proof"):
        read_proof(consistency.data)
