"""What representatives sign: the hashes of a policy and of the pack that they sat over, as a C2SP signed note.

The text has one line for each part, and the signatures follow as the standard says (c2sp.org/signed-note), so that any
tool for signed notes can make and check them (specification#agreement).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from offduty.transparency.signed_note import Note, NoteError, PublicKey, SigningKey, read_note

AGREEMENT = "offduty/agreement/v1"
EMERGENCY = "offduty/emergency/v1"
NO_PACK = "none"
EMERGENCY_SIGNERS = 2
LONGEST_BECAUSE = 300
"""Letters of a reason; it stays in the log for ever."""
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class AgreementText:
    """What is agreed on: the policy by the hash of its rules and by that of its file, and the pack by its hash, empty
    where there was none. ``until`` and ``because`` are those of an emergency exception, and empty otherwise.
    """

    policy_sha256: str
    file_sha256: str
    pack_sha256: str = ""
    until: str = ""
    because: str = ""

    @property
    def is_emergency(self) -> bool:
        """Whether it is an exception until a date, and no agreement."""
        return bool(self.until)

    @property
    def text(self) -> str:
        """What is signed."""
        lines = [f"policy {self.policy_sha256}", f"file {self.file_sha256}", f"pack {self.pack_sha256 or NO_PACK}"]
        if not self.is_emergency:
            return "\n".join([AGREEMENT, *lines, ""])
        return "\n".join([EMERGENCY, *lines, f"until {self.until}", f"because {self.because}", ""])

    def signed(self, key: SigningKey) -> Note:
        """The note with the signature of one key."""
        return Note(self.text, (key.sign(self.text),))


def read_agreement(data: bytes) -> tuple[AgreementText, Note]:
    """A signed note about a policy. Raises `NoteError` where it is not one; no signature is checked here.

    >>> text = AgreementText("0" * 64, "1" * 64, until="2026-05-01", because="a flood")
    >>> note = text.signed(SigningKey("ann", bytes(32)))
    >>> read_agreement(note.data)[0] == text
    True
    """
    note = read_note(data)
    first, *lines = note.text.split("\n")
    values = dict(line.partition(" ")[::2] for line in lines[:-1])
    pack = values.get("pack", "")
    found = AgreementText(
        values.get("policy", ""),
        values.get("file", ""),
        "" if pack == NO_PACK else pack,
        values.get("until", ""),
        values.get("because", ""),
    )
    if first not in (AGREEMENT, EMERGENCY) or found.text != note.text or not _is_sound(found):
        raise NoteError("it is not about a policy, or is not written as it must be")
    return found, note


def _is_sound(text: AgreementText) -> bool:
    hashes = [text.policy_sha256, text.file_sha256, *([text.pack_sha256] if text.pack_sha256 else [])]
    return all(_SHA256.fullmatch(each) for each in hashes) and (not text.is_emergency or _is_exception(text))


def _is_exception(text: AgreementText) -> bool:
    try:
        day = date.fromisoformat(text.until).isoformat() == text.until
    except ValueError:
        return False
    return day and 0 < len(text.because) <= LONGEST_BECAUSE and text.because.isprintable()


def merged(notes: Sequence[Note]) -> Note:
    """Notes over one text as one, each signature once, in order. Raises `NoteError` where their texts differ."""
    if len({note.text for note in notes}) != 1:
        raise NoteError("they are not over the same text: another policy file, another pack, or another date")
    signatures = dict.fromkeys(signature for note in notes for signature in note.signatures)
    return replace(notes[0], signatures=tuple(signatures))


def lacking(note: Note, needed: Iterable[PublicKey], emergency: Iterable[PublicKey] = ()) -> tuple[str, ...]:
    """Whose signatures a note lacks, by name; empty where it has what it needs.

    An agreement needs all that are ``needed``; an exception two of them or of the ``emergency`` keys, of two people.
    Raises `NoteError` where a signature is not by the key that it names.
    """
    keys = tuple(needed)
    if not note.text.startswith(EMERGENCY):
        signers = note.signed_by(keys)
        return tuple(key.name for key in keys if key not in signers)
    signers = note.signed_by((*keys, *emergency))
    enough = len({key.raw for key in signers}) >= EMERGENCY_SIGNERS
    return () if enough else (f"{EMERGENCY_SIGNERS} of those who may make an exception",)


def signers_of(note: Note, keys: Iterable[PublicKey]) -> tuple[str, ...]:
    """The names of those of the keys that signed, each once."""
    return tuple(dict.fromkeys(key.name for key in note.signed_by(keys)))


def file_sha256(content: bytes) -> str:
    """The SHA-256 of a file, in hex."""
    return hashlib.sha256(content).hexdigest()
