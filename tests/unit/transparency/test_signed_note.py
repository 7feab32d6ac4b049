"""Notes, checkpoints and keys are those of C2SP: published examples are read and written, and nothing malformed or forged
is accepted.
"""

from __future__ import annotations

import base64
import subprocess
from dataclasses import replace

import pytest

from offduty.core.errors import UsageError
from offduty.transparency.keys import COSIGNATURE
from offduty.transparency.signed_note import (
    Checkpoint,
    NoteError,
    PublicKey,
    SigningKey,
    load_public_key,
    read_checkpoint,
    read_note,
    read_public_key,
)

# The example of c2sp.org/signed-note.
POEM = """Ognuno sta solo sul cuor della terra
trafitto da un raggio di sole:

ed è subito sera.

— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=
"""
# The example of c2sp.org/tlog-checkpoint, and its witness in c2sp.org/tlog-cosignature.
SOFA = """example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
"""
WITNESS = "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
# The key and the note of golang.org/x/mod/sumdb/note, on which the format rests: secret key, public key, signed note.
PETER_SEED = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PETER_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
ENOCH = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
ENOCH_LINE = (
    "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
)
# A checkpoint signed and cosigned from fixed seeds by the Go implementation (transparency-dev/formats 0.1.1).
LOG_SEED = base64.b64decode("ARnX7cNOLM36CVoVFnmyY1Yp3SE+vpow5cbV4Sw8rjRE")[1:]
LOG_KEY = "example.com/vector-log+4516a1da+ARGkVJ4QEa2MOOLGBO6i7NVSJ1FQ97tIX+w+Ku0RZ6Em"
LOG_TEXT = "example.com/vector-log\n1234\nSBNJTRN+FjG7owHVrKtue7eqdM4RhdRWVl71HXN2d7I=\n"
LOG_LINE = "— example.com/vector-log RRah2qlLrSlk6J8DA1HmNewppUM15Quhs5cAIb1KjBsV3otVirJTW8AFVsQtJkTW1Zny7GuoAxZpI6bUPcpM68QOIgE=\n"
COSIGNER_SEED = base64.b64decode("BJEX3xv88eoQIKT4E+GkxZcXaJCYlQfi/GJ3NDFmZIW8")[1:]
COSIGNER = "witness.example.com/vector+416f103d+BK/QmJFVP3SKJOqAMhFxBQPtylo3sjwWibyFDAlZKK8B"
COSIGNER_LINE = "— witness.example.com/vector QW8QPQAAAABqwLUbDdj7sDNRIVjmjYgqFI6y4UJhPg/UAA8J8wAdqSd3q4PedRhkgXA4xFN/Jg5uWn7ZkBA+H/UHQs5d9hITdXmQAA==\n"
COSIGNED_AT_S = 1_791_014_171

SEED = bytes(range(32))
OURS = SigningKey("offduty/0123456789abcdef", SEED)
HEAD = Checkpoint(OURS.name, 3, bytes(range(100, 132)))


def peter_note(*lines: str, text: str = PETER_TEXT) -> bytes:
    return (text + "\n" + "".join(lines)).encode()


# Published examples.


def test_the_poem_is_read_as_published():
    """A text with empty lines in it ends at the last of them. The note is written again byte for byte."""
    note = read_note(POEM.encode())
    (signature,) = note.signatures
    assert note.text.endswith("sole:\n\ned è subito sera.\n")
    assert (signature.name, signature.key_id.hex(), len(signature.signature)) == (
        "quasimodo.example/salvatore",
        "367ba04b",
        64,
    )
    assert note.data == POEM.encode()


def test_the_checkpoint_behind_the_sofa_is_read_as_published():
    """Origin, size, root; and the time of its witness's cosignature."""
    for given in (SOFA, SOFA + WITNESS):
        head = read_checkpoint(given.encode())
        assert (head.origin, head.size, head.extensions) == ("example.com/behind-the-sofa", 20852163, ())
        assert head.root.hex() == "0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62"
        assert head.note.data == given.encode()
    assert [signature.cosigned_at_s for signature in head.signatures] == [None, 1679315147]


def test_the_note_of_the_go_implementation_is_made_and_proven():
    """The secret key gives the published line, and its public key verifies it."""
    key = SigningKey("PeterNeumann", PETER_SEED)
    assert key.public.vkey == PETER
    assert key.sign(PETER_TEXT).line + "\n" == PETER_LINE
    assert read_note(peter_note(PETER_LINE)).signed_by([read_public_key(PETER)]) == (key.public,)


def test_the_cosigned_checkpoint_of_the_go_implementation_is_made_and_proven():
    """Log signature and cosignature, byte for byte."""
    log, watcher = (
        SigningKey("example.com/vector-log", LOG_SEED),
        SigningKey("witness.example.com/vector", COSIGNER_SEED),
    )
    head = read_checkpoint(f"{LOG_TEXT}\n{LOG_LINE}{COSIGNER_LINE}".encode())
    keys = [read_public_key(LOG_KEY), read_public_key(COSIGNER)]
    assert head.note.signed_by(keys) == tuple(keys)
    assert (log.sign(LOG_TEXT), watcher.cosign(LOG_TEXT, COSIGNED_AT_S)) == head.signatures
    assert head.signatures[1].cosigned_at_s == COSIGNED_AT_S
    assert [key.vkey for key in keys] == [LOG_KEY, COSIGNER]


def test_openssl_agrees(tmp_path):
    """openssl verifies a signature from the note's bytes and the public key."""
    note = HEAD.signed(OURS).note.data
    (tmp_path / "signing.pem").write_text(OURS.public.pem)
    text, _, lines = note.rpartition(b"\n\n")
    (tmp_path / "text").write_bytes(text + b"\n")
    packed = lines.split(b" ")[2]
    (tmp_path / "signature").write_bytes(base64.b64decode(packed)[4:])
    command = [
        "openssl",
        "pkeyutl",
        "-verify",
        "-pubin",
        "-inkey",
        "signing.pem",
        "-rawin",
        "-in",
        "text",
        "-sigfile",
        "signature",
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "Signature Verified Successfully"), done.stderr
    (tmp_path / "text").write_bytes(text.replace(b"\n3\n", b"\n4\n") + b"\n")
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=60, check=False).returncode != 0


# What is ignored and what is refused.


def test_lines_by_unknown_keys_are_preserved_and_ignored():
    """Also one with the name, or the id, of a known key, but not both."""
    peter, enoch = read_public_key(PETER), read_public_key(ENOCH)
    note = read_note(peter_note(PETER_LINE, ENOCH_LINE))
    assert note.signed_by([peter]) == (peter,)
    assert note.signed_by([peter, enoch]) == (peter, enoch)
    assert note.signed_by([]) == ()
    assert note.data == peter_note(PETER_LINE, ENOCH_LINE)
    for line in (PETER_LINE.replace("PeterNeumann", "CarmenSandiego"), PETER_LINE.replace("x08g", "xxxx")):
        strange = read_note(peter_note(line))
        assert strange.signed_by([peter]) == ()
        assert strange.data == peter_note(line)


def test_a_false_signature_of_a_known_key_invalidates_the_note():
    """Even where another signature by that key is true."""
    peter, enoch = read_public_key(PETER), read_public_key(ENOCH)
    forged = PETER_LINE[:60] + "ABCD" + PETER_LINE[60:]
    for lines in ((forged,), (PETER_LINE, forged), (forged, PETER_LINE)):
        with pytest.raises(NoteError, match=r"PeterNeumann\+c74f20a3"):
            read_note(peter_note(*lines)).signed_by([peter])
        assert read_note(peter_note(*lines, ENOCH_LINE)).signed_by([enoch]) == (enoch,)


@pytest.mark.parametrize("place", range(len(LOG_TEXT)))
def test_no_changed_letter_of_a_text_is_signed(place):
    """Neither kind of signature covers it."""
    changed = LOG_TEXT[:place] + chr(ord(LOG_TEXT[place]) ^ 1) + LOG_TEXT[place + 1 :]
    for key, line in ((LOG_KEY, LOG_LINE), (COSIGNER, COSIGNER_LINE)):
        signature = read_note(f"{LOG_TEXT}\n{line}".encode()).signatures[0].signature
        assert read_public_key(key).proves(LOG_TEXT, signature)
        assert not read_public_key(key).proves(changed, signature)


@pytest.mark.parametrize(("key", "line"), [(LOG_KEY, LOG_LINE), (COSIGNER, COSIGNER_LINE)], ids=["log", "cosigner"])
def test_no_changed_bit_of_a_signature_is_accepted(key, line):
    """Nor of the time in it, nor a byte too few or too many."""
    signature = read_note(f"{LOG_TEXT}\n{line}".encode()).signatures[0].signature
    for bit in range(8 * len(signature)):
        changed = bytearray(signature)
        changed[bit // 8] ^= 1 << bit % 8
        assert not read_public_key(key).proves(LOG_TEXT, bytes(changed)), bit
    for wrong in (signature[:-1], signature + b"\0", b"", signature[:7]):
        assert not read_public_key(key).proves(LOG_TEXT, wrong)


def test_a_cosignature_is_not_a_log_signature_and_vice_versa():
    """The same key under the other kind has another id, and signs another message."""
    log, watcher = read_public_key(LOG_KEY), read_public_key(COSIGNER)
    head = read_checkpoint(f"{LOG_TEXT}\n{LOG_LINE}{COSIGNER_LINE}".encode())
    assert head.note.signed_by([replace(log, kind=COSIGNATURE), replace(watcher, kind=1)]) == ()
    assert not replace(watcher, kind=1).proves(LOG_TEXT, head.signatures[1].signature)
    assert not replace(log, kind=COSIGNATURE).proves(LOG_TEXT, head.signatures[0].signature)


@pytest.mark.parametrize("time_s", [-1, 1 << 63, 1 << 64])
def test_an_invalid_time_is_not_cosigned(time_s):
    with pytest.raises(ValueError, match=str(time_s)):
        OURS.cosign(LOG_TEXT, time_s)


BASE64 = PETER_LINE.split(" ")[2].strip()
MALFORMED = {
    "no signature": PETER_TEXT,
    "no signature after the empty line": PETER_TEXT + "\n",
    "no line feed at the end": PETER_TEXT + "\n" + PETER_LINE[:-1],
    "a control character in the text": "\x01" + PETER_TEXT + "\n" + PETER_LINE,
    "a tab": "a\t" + PETER_TEXT + "\n" + PETER_LINE,
    "a carriage return": (PETER_TEXT + "\n" + PETER_LINE).replace("\n", "\r\n"),
    "a space in the name": PETER_TEXT + f"\n— Bad Name {BASE64}\n",
    "a wide space in the name": PETER_TEXT + f"\n— Bad\u2003Name {BASE64}\n",
    "a plus in the name": PETER_TEXT + f"\n— Bad+Name {BASE64}\n",
    "no name": PETER_TEXT + f"\n—  {BASE64}\n",
    "nothing signed": PETER_TEXT + "\n— PeterNeumann \n",
    "no signature but the key id": PETER_TEXT + "\n— PeterNeumann x08gow==\n",
    "no base64": PETER_TEXT + f"\n— PeterNeumann {BASE64[:-2]}*=\n",
    "base64 of another spelling": PETER_TEXT + f"\n— PeterNeumann {BASE64[:-2]}N=\n",
    "base64 without its end": PETER_TEXT + f"\n— PeterNeumann {BASE64[:-1]}\n",
    "a hyphen for the dash": PETER_TEXT + f"\n- PeterNeumann {BASE64}\n",
    "a line that is no signature": PETER_TEXT + "\n" + PETER_LINE + "Unexpected line.\n",
    "a space at the end of a line": PETER_TEXT + "\n" + PETER_LINE[:-1] + " \n",
    "an empty line after the signatures": PETER_TEXT + "\n" + PETER_LINE + "\n",
    "more than a hundred signatures": PETER_TEXT + "\n" + PETER_LINE * 101,
}


@pytest.mark.parametrize("why", MALFORMED)
def test_a_malformed_note_is_not_read(why):
    """Even if it is signed."""
    with pytest.raises(NoteError):
        read_note(MALFORMED[why].encode())


def test_a_note_must_be_utf_8():
    for start in (b"\xff", b"\xed\xa0\x80", "é".encode("latin-1")):
        with pytest.raises(NoteError, match="UTF-8"):
            read_note(start + peter_note(PETER_LINE))


def test_a_hundred_signatures_are_read():
    """C2SP demands sixteen at the least. The limit of the Go implementation is a hundred, and so is ours."""
    assert len(read_note(peter_note(*[PETER_LINE] * 100)).signatures) == 100


# Checkpoints.


def test_our_checkpoints_are_read_back():
    """Signed by one key, by two, by none; with extension lines, which are signed too."""
    other = SigningKey(OURS.name, bytes(32))
    for head in (
        HEAD,
        HEAD.signed(OURS),
        HEAD.signed(OURS, other),
        replace(HEAD, extensions=("one", "— two", "3 +")).signed(OURS),
    ):
        assert read_checkpoint(head.note.data) == head
        keys = [OURS.public, other.public]
        assert len(head.note.signed_by(keys)) == len(head.signatures)
    cut = read_checkpoint(head.note.data.replace(b"3 +\n", b""))
    assert cut.extensions == ("one", "— two")
    with pytest.raises(NoteError):
        cut.note.signed_by([OURS.public])


ROOT = base64.b64encode(HEAD.root).decode()
NO_CHECKPOINTS = {
    "nothing": "",
    "an empty line": "\n",
    "two lines": "origin\n3\n",
    "no origin": f"\n3\n{ROOT}\n",
    "an empty line among them": f"origin\n\n3\n{ROOT}\n\n{PETER_LINE}",
    "an empty extension": f"origin\n3\n{ROOT}\n\none\n\n{PETER_LINE}",
    "no line feed at the end": f"origin\n3\n{ROOT}",
    "leading zeros": f"origin\n03\n{ROOT}\n",
    "no number": f"origin\nthree\n{ROOT}\n",
    "a sign": f"origin\n+3\n{ROOT}\n",
    "other digits": f"origin\n٣\n{ROOT}\n",
    "an empty size": f"origin\n \n{ROOT}\n",
    "a size beyond all logs": f"origin\n{10**40}\n{ROOT}\n",
    "a root too short": f"origin\n3\n{base64.b64encode(HEAD.root[:-1]).decode()}\n",
    "a root in hex": f"origin\n3\n{HEAD.root.hex()}\n",
    "a root of another spelling": f"origin\n3\n{ROOT[:-2]}{chr(ord(ROOT[-2]) + 1)}=\n",
}


@pytest.mark.parametrize("why", NO_CHECKPOINTS)
def test_a_malformed_checkpoint_is_not_read(why):
    """It is refused, not guessed."""
    with pytest.raises(NoteError):
        read_checkpoint(NO_CHECKPOINTS[why].encode())


def test_an_empty_log_has_a_checkpoint():
    """Its size is 0, without leading zeros."""
    assert read_checkpoint(f"origin\n0\n{ROOT}\n".encode()).size == 0


# Public keys.


def test_a_key_is_read_in_three_spellings(tmp_path):
    """A vkey with its name, PEM and hex without one; from a file, too."""
    key = OURS.public
    assert read_public_key(key.vkey + "\n") == key
    assert read_public_key(key.pem).named(key.name) == key
    assert read_public_key(f" {key.raw.hex().upper()}\n").named(key.name) == key
    assert read_public_key(key.pem).name == ""
    (tmp_path / "signing.pub").write_text(key.vkey + "\n")
    assert load_public_key(tmp_path / "signing.pub") == key


def test_openssl_knows_our_public_key(tmp_path):
    """The PEM is what openssl makes of the same seed."""
    secret = bytes.fromhex("302e020100300506032b657004220420") + SEED
    command = ["openssl", "pkey", "-inform", "DER", "-pubout"]
    assert subprocess.run(command, input=secret, capture_output=True, check=True).stdout.decode() == OURS.public.pem


def test_every_mangled_vkey_is_refused():
    """Every part of it alone, and every letter replaced by the next one (as golang.org/x/mod/sumdb/note tests its keys)."""
    for start in range(len(PETER)):
        for end in range(start, len(PETER) + 1):
            if (start, end) != (0, len(PETER)):
                with pytest.raises(UsageError):
                    read_public_key(PETER[start:end])
    for place in range(len(PETER)):
        with pytest.raises(UsageError):
            read_public_key(PETER[:place] + chr(ord(PETER[place]) + 1) + PETER[place + 1 :])


SECRET_PEM = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n-----END PRIVATE KEY-----\n"
OTHER_PEM = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VuAyEA2eAL/D7bk8QiEkUj464roF6lf/SvgxZOr4ZXkOUVFDk=\n-----END PUBLIC KEY-----\n"
NO_KEYS = {
    "nothing": "",
    "words": "a key",
    "hex too short": "00" * 31,
    "a longer key": "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
    "another algorithm": "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    "a secret key in PEM": SECRET_PEM,
    "PEM of nothing": "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n",
    "PEM of an X25519 key": OTHER_PEM,
    "a secret key of Go": "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz",
}


@pytest.mark.parametrize("why", NO_KEYS)
def test_an_invalid_key_is_refused_and_not_repeated(tmp_path, why):
    """It may be a secret: the message names the file and repeats nothing of its content."""
    (tmp_path / "signing.pub").write_text(NO_KEYS[why])
    with pytest.raises(UsageError, match=r"^signing\.pub: ") as error:
        load_public_key(tmp_path / "signing.pub")
    for part in NO_KEYS[why].replace("\n", "+").split("+"):
        assert len(part) < 20 or part.startswith("-----") or part not in str(error.value)


def test_a_missing_key_file_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match="no such file"):
        load_public_key(tmp_path / "signing.pub")


def test_a_secret_key_is_not_shown():
    """Neither by ``str`` nor by ``repr``."""
    assert SEED.hex() not in repr(OURS)
    assert repr(SEED) not in repr(OURS)
    assert str(OURS) == f"SigningKey(name='{OURS.name}')"


def test_a_key_under_another_name_is_the_same_key_with_another_id():
    """Therefore a signature in one log is not one in another."""
    key, other = OURS.public, OURS.public.named("offduty/other")
    assert (key.raw, key.fingerprint) == (other.raw, other.fingerprint)
    assert key.key_id != other.key_id
    assert HEAD.signed(OURS).note.signed_by([other]) == ()


def test_a_public_key_that_is_not_a_point_verifies_nothing():
    """32 bytes that are not a key raise no error when a signature is checked: it is false."""
    assert not PublicKey("x", b"\xff" * 32).proves(PETER_TEXT, bytes(64))
