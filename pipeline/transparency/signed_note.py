"""Signed notes and checkpoints as C2SP defines them: a text with signatures, and in it the size and the root of a log.

Formats: c2sp.org/signed-note and c2sp.org/tlog-checkpoint, so that other tools can read them. A note is read whole or
not at all (`NoteError`). Signatures by unknown keys are preserved byte for byte and ignored.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from offduty.transparency.keys import (
    DASH,
    KEY_ID_BYTES,
    PublicKey,
    Signature,
    SigningKey,
    decoded,
    encoded,
    is_name,
    load_public_key,
    read_public_key,
)

ROOT_BYTES = 32
MOST_SIGNATURES = 100
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")

__all__ = [
    "Checkpoint",
    "Note",
    "NoteError",
    "PublicKey",
    "Signature",
    "SigningKey",
    "load_public_key",
    "read_checkpoint",
    "read_note",
    "read_public_key",
]


class NoteError(ValueError):
    """A note, a checkpoint or a signature in it is not valid. The message says why, in small letters."""


@dataclass(frozen=True)
class Note:
    """A text, which ends with a line feed, and the signatures over it."""

    text: str
    signatures: tuple[Signature, ...]

    @property
    def data(self) -> bytes:
        """The note as it is written; without signatures, the text alone."""
        lines = "".join(f"{signature.line}\n" for signature in self.signatures)
        return (f"{self.text}\n{lines}" if lines else self.text).encode()

    def signed_by(self, keys: Iterable[PublicKey]) -> tuple[PublicKey, ...]:
        """Those of the given keys that signed it, each verified; empty where none did.

        A key is found by name and key id. Raises `NoteError` where a signature has the name and the id of a given key
        and is not by that key: then the whole note must be rejected.
        """
        return tuple(key for key in keys if self._signed_by(key))

    def _signed_by(self, key: PublicKey) -> bool:
        theirs = [each for each in self.signatures if (each.name, each.key_id) == (key.name, key.key_id)]
        if not all(key.proves(self.text, each.signature) for each in theirs):
            raise NoteError(f"a signature that claims to be by {key.name}+{key.key_id.hex()} is not by that key")
        return bool(theirs)


@dataclass(frozen=True)
class Checkpoint:
    """The head of a log: its origin, its number of entries, and the root of the tree over them. It may be signed."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()
    signatures: tuple[Signature, ...] = ()

    @property
    def text(self) -> str:
        """What is signed."""
        lines = (self.origin, str(self.size), encoded(self.root), *self.extensions)
        return "".join(f"{line}\n" for line in lines)

    @property
    def note(self) -> Note:
        """The checkpoint as a note; `Note.signed_by` says by whom it is signed."""
        return Note(self.text, self.signatures)

    def signed(self, *keys: SigningKey) -> Checkpoint:
        """The same head with one more signature for each key."""
        return replace(self, signatures=(*self.signatures, *(key.sign(self.text) for key in keys)))


def read_note(data: bytes) -> Note:
    """A signed note. Raises `NoteError` where it is not UTF-8, has a control character, no signature line or a
    malformed one, or more than `MOST_SIGNATURES` of them.
    """
    whole = _clean(data)
    text, found, lines = whole.rpartition("\n\n")
    if not found or not lines.endswith("\n"):
        raise NoteError("it does not end with an empty line and signatures")
    read = lines[:-1].split("\n")
    if len(read) > MOST_SIGNATURES:
        raise NoteError(f"it has more than {MOST_SIGNATURES} signatures")
    return Note(text + "\n", tuple(_read_signature(line) for line in read))


def read_checkpoint(data: bytes) -> Checkpoint:
    """A checkpoint, signed or (where it has no empty line) unsigned. Raises `NoteError` where it is not one."""
    note = read_note(data) if b"\n\n" in data else Note(_clean(data), ())
    lines = note.text.split("\n")
    if lines.pop() or len(lines) < 3 or not all(lines):
        raise NoteError("it does not have the three lines of a checkpoint: origin, size, root")
    origin, size, root, *extensions = lines
    if not _DECIMAL.fullmatch(size):
        raise NoteError("its second line is not a size")
    head = decoded(root)
    if head is None or len(head) != ROOT_BYTES:
        raise NoteError("its third line is not a root hash")
    return Checkpoint(origin, int(size), head, tuple(extensions), note.signatures)


def _clean(data: bytes) -> str:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise NoteError("it is not UTF-8") from None
    if _CONTROL.search(text):
        raise NoteError("it has a control character in it")
    return text


def _read_signature(line: str) -> Signature:
    name, found, packed = line.removeprefix(DASH).partition(" ")
    raw = decoded(packed)
    if not line.startswith(DASH) or not found or not is_name(name) or raw is None or len(raw) <= KEY_ID_BYTES:
        raise NoteError("one of its signature lines is malformed")
    return Signature(name, raw[:KEY_ID_BYTES], raw[KEY_ID_BYTES:])
