"""Reads the key files that a job names, and computes the fingerprint of a key."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import stat
from pathlib import Path

from offduty.core.errors import UsageError, why

KEY_FILE_READ_BYTES = (
    4_096  # far more than 64 digits and a line end; a device file or a huge file is not read to its end
)
OTHERS = stat.S_IRWXG | stat.S_IRWXO
"""What nobody but the owner may do with a key file (specification#keys-secret)."""
KEY_DIGITS = re.compile(r"[0-9a-fA-F]{64}")


def load_pseudonym_key(path: Path) -> bytes:
    """The 32 bytes of the pseudonym key; `UsageError`, without the content, where the file has no key."""
    return _load_key(path, "pseudonym key")


def load_signing_key(path: Path) -> bytes:
    """The 32 bytes of the Ed25519 seed that signs the log; `UsageError`, without the content, where there is no key."""
    return _load_key(path, "signing key")


def _load_key(path: Path, what: str) -> bytes:
    """64 hex digits as 32 bytes; white space before and after the digits is ignored, between them it is an error. A
    pipe has no other readers; a file that has some is refused.
    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            content = file.read(KEY_FILE_READ_BYTES)
    except OSError as error:
        folder = path.absolute().parent
        raise UsageError(
            f"the {what} cannot be read in {folder}: {why(error)}; offduty init makes one", file=path.name
        ) from None
    if stat.S_ISREG(mode) and mode & OTHERS:
        raise UsageError(
            f"others than its owner can read or change the {what}. Take that from them: chmod 600"
            f" {shlex.quote(str(path))}; if somebody may have read it, make a new one",
            file=path.name,
        )
    digits = content.decode("ascii", errors="replace").strip()
    if not KEY_DIGITS.fullmatch(digits):
        raise UsageError(f"the {what} is not 64 hex digits; offduty init makes one", file=path.name)
    return bytes.fromhex(digits)


def fingerprint(key: bytes) -> str:
    """The fingerprint of a key for a manifest: 32 hex digits of a SHA-256.

    It tells two keys apart. The key cannot be found from it, because a key is 32 random bytes.
    """
    return hashlib.sha256(b"offduty key fingerprint\n" + key).hexdigest()[:32]
