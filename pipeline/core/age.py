"""Seals and opens bytes with age (age-encryption.org): the one place that knows its library, the extra ``seal``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from offduty.core.errors import UsageError

SECRET = "AGE-SECRET-KEY-1"  # noqa: S105 (how each identity begins)
Seal = Callable[[bytes], bytes]
Open = Callable[[bytes], bytes | None]


def sealing_for(recipient: str, asked: str) -> Seal:
    """A function that seals bytes for a public key (``age1…``). ``asked`` is what asks for it, for messages.

    Raises `UsageError` where the extra is not installed, and for what is no public key.
    """
    age = _library(asked)
    try:
        known = age.x25519.Recipient.from_str(recipient)
    except age.RecipientError:
        raise UsageError(f"{asked} is no public key of age (age1…): copy the one that the auditor gave again") from None

    def seal(content: bytes) -> bytes:
        sealed: bytes = age.encrypt(content, [known])
        return sealed

    return seal


def unsealing_with(lines: Sequence[str], asked: str) -> Open:
    """A function that opens sealed bytes with the identities in the lines of a file; it returns None for bytes that
    these do not open.

    Raises `UsageError` where the extra is not installed, and where no line is an identity.
    """
    age = _library(asked)
    try:
        known = [age.x25519.Identity.from_str(line.strip()) for line in lines if line.startswith(SECRET)]
    except age.IdentityError:
        known = []
    if not known:
        raise UsageError(f"{asked} has no identity of age in it: a line that begins with {SECRET}")

    def opened(sealed: bytes) -> bytes | None:
        try:
            content: bytes = age.decrypt(sealed, known)
        except age.DecryptError:
            return None
        return content

    return opened


def _library(asked: str) -> Any:
    try:
        import pyrage
    except ImportError:
        raise UsageError(f"{asked} needs the extra seal: pip install 'offduty[seal]'") from None
    return pyrage
