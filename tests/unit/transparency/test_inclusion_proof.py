"""An inclusion proof needs no store. It proves its manifest under its key, and nothing that differs by a bit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from offduty.core.errors import OffdutyError, ProofError, UsageError
from offduty.transparency.inclusion_proof import InclusionProof, check_proof, make_proof, read_proof
from offduty.transparency.log import read_log
from offduty.transparency.signed_note import Checkpoint, PublicKey, SigningKey
from tests.logs import a_run, add

SEED = bytes(range(32))
PUBLIC = SigningKey("", SEED).public
WATCHER = SigningKey("watcher.example/1", bytes(32))

# The layout of the example of c2sp.org/tlog-proof, with a checkpoint that can be read.
EXAMPLE = b"""c2sp.org/tlog-proof@v1
extra YWdlLXYxLjIuMS1kYXJ3aW4tYXJtNjQudGFyLmd6
index 73894
gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=
B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=
EKNzoDWG8LGC0Yp9o+sv3qllpMP9uHQ9B20KNL+Q1zs=
RoopEkOdqkYqMB4MJXrbt/hMjOxsVn0IrWjpz1ZMMes=
AHCioX9nLjsrse6YhjRRmk1WUEirVOLLRoOQ6vfO5vk=

example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

\xe2\x80\x94 example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
"""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Five runs, signed."""
    for name in "abcde":
        add(tmp_path, a_run(name), SEED)
    return tmp_path


def proven(data: bytes, key: PublicKey = PUBLIC, **options: object) -> bytes:
    """The manifest that a file proves."""
    return check_proof(read_proof(data), key, **options)


@pytest.mark.parametrize("number", range(5))
def test_every_run_of_a_log_is_proven(log, number):
    """By its id or by its number. The file is read back byte for byte, and proves its manifest."""
    entries = read_log(log)
    proof = make_proof(entries, "abcde"[number])
    assert proof == make_proof(entries, str(number))
    assert read_proof(proof.data) == proof
    assert proven(proof.data) == entries[number].manifest
    assert proven(proof.data, given=entries[number].manifest) == entries[number].manifest
    assert proven(replace(proof, manifest=None).data, given=entries[number].manifest) == entries[number].manifest


def test_the_published_layout_is_read_and_written():
    """c2sp.org/tlog-proof."""
    proof = read_proof(EXAMPLE)
    assert (proof.index, len(proof.hashes), proof.head.size) == (73894, 5, 20852163)
    assert proof.manifest == b"age-v1.2.1-darwin-arm64.tar.gz"
    assert proof.data == EXAMPLE
    assert read_proof(replace(proof, manifest=None).data).manifest is None


def test_no_changed_bit_of_a_proof_gets_through(log):
    """Each bit of the file, one after the other: every change is refused, and none with an unforeseen error."""
    data = make_proof(read_log(log), "c").data
    assert proven(data) == a_run("c")
    for bit in range(8 * len(data)):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(OffdutyError):
            proven(bytes(changed))


def test_another_key_another_manifest_another_place(log):
    """Each is refused with a message of its own."""
    entries = read_log(log)
    proof = make_proof(entries, "c")
    with pytest.raises(ProofError, match="not signed by this key"):
        proven(proof.data, SigningKey("", bytes(32)).public)
    with pytest.raises(ProofError, match="differs from the one in the proof"):
        proven(proof.data, given=entries[1].manifest)
    with pytest.raises(ProofError, match="not the entry of that number"):
        proven(replace(proof, manifest=None).data, given=entries[1].manifest)
    with pytest.raises(ProofError, match="not the entry of that number"):
        proven(replace(proof, index=3).data)
    with pytest.raises(UsageError, match="--manifest"):
        proven(replace(proof, manifest=None).data)
    with pytest.raises(UsageError, match="the key is that of offduty/other"):
        proven(proof.data, PUBLIC.named("offduty/other"))
    assert proven(proof.data, PUBLIC.named(proof.head.origin)) == entries[2].manifest


def test_a_forged_head_is_refused(log):
    """One that names the log's key and was not signed by it; one that is signed by another key under the log's name."""
    proof = make_proof(read_log(log), "c")
    other = Checkpoint(proof.head.origin, 9, proof.head.root, (), proof.head.signatures)
    with pytest.raises(ProofError, match="is not by that key"):
        proven(replace(proof, head=other).data)
    stranger = Checkpoint(proof.head.origin, 5, proof.head.root).signed(SigningKey(proof.head.origin, bytes(32)))
    with pytest.raises(ProofError, match="not signed by this key"):
        proven(replace(proof, head=stranger).data)


def test_a_cosigner_can_be_demanded(log):
    """Unknown signature lines are ignored. A cosigner that is demanded must have signed, and the signature is checked."""
    proof = make_proof(read_log(log), "c")
    line = WATCHER.cosign(proof.head.text, 1_790_000_000)
    watched = replace(proof, head=replace(proof.head, signatures=(*proof.head.signatures, line)))
    watcher = replace(WATCHER.public, kind=4)
    manifest = proven(proof.data)
    assert proven(watched.data) == manifest
    assert proven(watched.data, cosigners=[watcher]) == manifest
    with pytest.raises(ProofError, match=r"watcher\.example/1 has not signed"):
        proven(proof.data, cosigners=[watcher])
    late = replace(line, signature=(1_790_000_001).to_bytes(8, "big") + line.signature[8:])
    forged = replace(proof, head=replace(proof.head, signatures=(*proof.head.signatures, late)))
    assert proven(forged.data) == manifest
    with pytest.raises(ProofError, match=r"watcher\.example/1"):
        proven(forged.data, cosigners=[watcher])


def test_a_run_is_proven_by_a_stored_checkpoint(log):
    """Also with a cosigner's line on it; but not a run that came later, and not by a head of another history."""
    entries = read_log(log)
    stored = entries[2].head
    stored = replace(stored, signatures=(*stored.signatures, WATCHER.cosign(stored.text, 1_790_000_000)))
    proof = make_proof(entries, "b", stored)
    assert proof.head == stored
    assert proven(proof.data, cosigners=[replace(WATCHER.public, kind=4)]) == entries[1].manifest
    with pytest.raises(UsageError, match="came after the checkpoint"):
        make_proof(entries, "d", stored)
    for other in (replace(stored, root=bytes(32)), replace(stored, size=6), replace(stored, origin="offduty/other")):
        with pytest.raises(ProofError, match="does not lead up to this checkpoint"):
            make_proof(entries, "b", other)
    with pytest.raises(UsageError, match="not signed"):
        make_proof(entries, "b", replace(stored, signatures=()))


def test_an_entry_that_does_not_exist_cannot_be_proven(log):
    for name in ("f", "5", "-1", "", "aa"):
        with pytest.raises(UsageError, match="no entry of that run"):
            make_proof(read_log(log), name)


def test_an_unsigned_log_proves_nothing(tmp_path):
    add(tmp_path, a_run("a"))
    with pytest.raises(UsageError, match="not signed"):
        make_proof(read_log(tmp_path), "a")


def test_an_entry_before_the_first_signature_is_proven_by_a_later_head(tmp_path):
    """A head covers all manifests before it, whether they were signed then or not."""
    add(tmp_path, a_run("a"))
    add(tmp_path, a_run("b"), SEED)
    entries = read_log(tmp_path)
    assert proven(make_proof(entries, "a").data) == entries[0].manifest


INVALID = {
    "nothing": b"",
    "another file": b"hello\n",
    "another version": EXAMPLE.replace(b"@v1", b"@v2"),
    "no index": EXAMPLE.replace(b"index 73894\n", b""),
    "a negative index": EXAMPLE.replace(b"73894", b"-1"),
    "an index with zeros": EXAMPLE.replace(b"73894", b"073894"),
    "extra data that is not base64": EXAMPLE.replace(b"extra YWdl", b"extra *WdL"),
    "a hash that is not base64": EXAMPLE.replace(b"gSKyXoY", b"*SKyXoY"),
    "a hash too short": EXAMPLE.replace(b"gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=", b"gSKyXg=="),
    "no checkpoint": EXAMPLE.partition(b"\n\n")[0] + b"\n\n",
    "half a checkpoint": EXAMPLE.partition(b"\n\n")[0] + b"\n\nexample.com/behind-the-sofa\n",
    "no empty line": EXAMPLE.partition(b"\n\n")[0],
    "not text": b"\xff" + EXAMPLE,
}


@pytest.mark.parametrize("why", INVALID)
def test_an_invalid_proof_file_is_refused(why):
    """With exit code 7, and a message that says so."""
    with pytest.raises(ProofError, match="this is not a valid proof") as error:
        read_proof(INVALID[why])
    assert error.value.exit_code == 7


def test_a_proof_that_was_cut_proves_nothing(log):
    """Wherever it is cut."""
    data = make_proof(read_log(log), "c").data
    for end in range(len(data)):
        with pytest.raises(OffdutyError):
            proven(data[:end])
    assert isinstance(read_proof(data), InclusionProof)
