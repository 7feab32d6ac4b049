"""Keys that sign a log, and public keys to check signatures with: Ed25519, as C2SP writes them, as PEM or as hex.

Formats: c2sp.org/signed-note (key ids, vkeys, signature lines) and c2sp.org/tlog-cosignature (signatures with a time).
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from offduty.core.errors import UsageError, why
from offduty.core.lazy_imports import when_used

if TYPE_CHECKING:
    from cryptography.hazmat.primitives import serialization
else:
    serialization = when_used("cryptography.hazmat.primitives.serialization")

ED25519 = 0x01
"""The kind of a key that signs a log."""
COSIGNATURE = 0x04
"""The kind of a key whose owner watches a log and signs its checkpoints, with the time."""
KEY_BYTES = 32
KEY_ID_BYTES = 4
SIGNATURE_BYTES = 64
TIME_BYTES = 8
LATEST_S = (1 << 63) - 1
LARGEST_KEY_FILE_BYTES = 4_096
DASH = "\N{EM DASH} "
_HEX_KEY = re.compile(r"[0-9a-fA-F]{64}")
_VKEY = re.compile(r"([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)")


@dataclass(frozen=True)
class PublicKey:
    """An Ed25519 key to check signatures with. ``name`` is empty where the key came without one (PEM, hex); `named`
    gives it one.
    """

    name: str
    raw: bytes
    kind: int = ED25519

    @property
    def key_id(self) -> bytes:
        """Four bytes that distinguish keys of the same name. They are enough to find a key, not to trust it."""
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.raw).digest()[:KEY_ID_BYTES]

    @property
    def vkey(self) -> str:
        """The key as C2SP writes it: name, key id in hex, and kind and key in base64."""
        return f"{self.name}+{self.key_id.hex()}+{encoded(bytes([self.kind]) + self.raw)}"

    @property
    def pem(self) -> str:
        """The key as SubjectPublicKeyInfo in PEM, as openssl reads it."""
        key = Ed25519PublicKey.from_public_bytes(self.raw)
        return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the 32 bytes, in hex: what two people compare over the telephone."""
        return sha256(self.raw).hexdigest()

    def named(self, name: str) -> PublicKey:
        """The same key under another name. In a log, keys have the log's origin as their name."""
        return replace(self, name=name)

    def for_log(self, origin: str) -> PublicKey:
        """The key under the name of a log's origin; `UsageError` where the key has the name of another log."""
        if self.name not in ("", origin):
            raise UsageError(
                f"the key is that of {self.name}, and the log is called {origin}. If they belong together all the same"
                " (a log that was not signed from its beginning), give the key as PEM, which has no name"
            )
        return self.named(origin)

    def proves(self, text: str, signature: bytes) -> bool:
        """Whether the signature over the text is by this key. A cosignature begins with its time, and signs it too."""
        message = text.encode()
        if self.kind == COSIGNATURE:
            time_s, signature = int.from_bytes(signature[:TIME_BYTES], "big"), signature[TIME_BYTES:]
            message = _cosigned(text, time_s)
            if time_s > LATEST_S:
                return False
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True)
class SigningKey:
    """A secret key and the name it signs with. Its ``repr`` does not show the seed."""

    name: str
    seed: bytes = field(repr=False)

    @property
    def public(self) -> PublicKey:
        """The public key to check its signatures with."""
        key = Ed25519PrivateKey.from_private_bytes(self.seed).public_key()
        return PublicKey(self.name, key.public_bytes_raw())

    def named(self, name: str) -> SigningKey:
        """The same key under another name."""
        return replace(self, name=name)

    def sign(self, text: str) -> Signature:
        """Sign the text of a note."""
        return Signature(
            self.name, self.public.key_id, Ed25519PrivateKey.from_private_bytes(self.seed).sign(text.encode())
        )

    def cosign(self, text: str, time_s: int) -> Signature:
        """Sign a checkpoint as a cosigner, at a time in seconds since 1970. Raises `ValueError` for a time that is
        negative or beyond `LATEST_S`.
        """
        if not 0 <= time_s <= LATEST_S:
            raise ValueError(time_s)
        key_id = replace(self.public, kind=COSIGNATURE).key_id
        made = Ed25519PrivateKey.from_private_bytes(self.seed).sign(_cosigned(text, time_s))
        return Signature(self.name, key_id, time_s.to_bytes(TIME_BYTES, "big") + made)


@dataclass(frozen=True)
class Signature:
    """One signature line: the key's name and id, and the signature. A cosignature begins with eight bytes of time."""

    name: str
    key_id: bytes
    signature: bytes

    @property
    def line(self) -> str:
        """The line as it is in a note, without its line feed."""
        return f"{DASH}{self.name} {encoded(self.key_id + self.signature)}"

    @property
    def cosigned_at_s(self) -> int | None:
        """When a cosignature was made, in seconds since 1970; None where it does not have the length of one."""
        timed = len(self.signature) == TIME_BYTES + SIGNATURE_BYTES
        return int.from_bytes(self.signature[:TIME_BYTES], "big") if timed else None


def read_public_key(text: str, file: str | None = None) -> PublicKey:
    """The key in a vkey (C2SP), in PEM (SubjectPublicKeyInfo), or in 64 hex digits; the last two come without a name.

    Raises `UsageError` where it is none of these. The message names ``file`` and repeats nothing of the text, which may
    be a secret.
    """
    given = text.strip()
    try:
        if _HEX_KEY.fullmatch(given):
            return PublicKey("", bytes.fromhex(given))
        return _from_pem(given) if given.startswith("-----BEGIN") else _from_vkey(given)
    except NoKeyError as error:
        raise UsageError(
            f"{error}; give a vkey (such as offduty init writes to signing.pub), a PEM public key or 64 hex digits",
            file=file,
        ) from None


def load_public_key(path: Path) -> PublicKey:
    """`read_public_key` of a file; `UsageError` where it cannot be read."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_KEY_FILE_BYTES)
    except OSError as error:
        raise UsageError(f"the public key cannot be read: {why(error)}", file=path.name) from None
    return read_public_key(content.decode(errors="replace"), path.name)


class NoKeyError(ValueError):
    """A text that is not a public key. The message says why, in small letters."""


def _from_vkey(text: str) -> PublicKey:
    parts = _VKEY.fullmatch(text)
    material = decoded(parts[3]) if parts else None
    if parts is None or not is_name(parts[1]) or material is None:
        raise NoKeyError("this is not a public key")
    key = PublicKey(parts[1], material[1:], material[0])
    if key.kind not in (ED25519, COSIGNATURE) or len(key.raw) != KEY_BYTES:
        raise NoKeyError("this is not an Ed25519 key")
    if key.key_id.hex() != parts[2]:
        raise NoKeyError("this public key is damaged: its key id does not match")
    return key


def _from_pem(text: str) -> PublicKey:
    if "PRIVATE" in text.partition("\n")[0]:
        raise NoKeyError("this is a secret key; do not pass it on")
    try:
        key = serialization.load_pem_public_key(text.encode())
    except (ValueError, UnsupportedAlgorithm):
        raise NoKeyError("this is not a public key") from None
    if not isinstance(key, Ed25519PublicKey):
        raise NoKeyError("this is not an Ed25519 key")
    return PublicKey("", key.public_bytes_raw())


def is_name(text: str) -> bool:
    """Whether this may be the name of a key: not empty, without a plus sign or any kind of space."""
    return bool(text) and "+" not in text and not any(letter.isspace() for letter in text)


def _cosigned(text: str, time_s: int) -> bytes:
    return f"cosignature/v1\ntime {time_s}\n{text}".encode()


def encoded(data: bytes) -> str:
    """Base64 (RFC 4648, section 4)."""
    return base64.b64encode(data).decode()


def decoded(text: str) -> bytes | None:
    """The bytes of base64 in its canonical spelling; None for any other text."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return None
    return data if encoded(data) == text else None
