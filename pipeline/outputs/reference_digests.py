"""Makes digests of reference tables that do not depend on the order of their rows, and that only the holder of the
pseudonym key can make: a plain hash of a home could be guessed (specification#reference-digests).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass

KEY_USE = b"offduty reference rows"


@dataclass(frozen=True)
class ReferenceDigests:
    """What a manifest says of one reference table.

    ``known`` is how many rows were known at ``as_of``, ``doubtful`` how many of them may have been recorded after it.
    ``digest`` is that of the known rows, and ``touching`` that of those which could touch the run.
    """

    known: int
    doubtful: int
    digest: str
    touching: str


def row_codes(key: bytes, texts: Iterable[str]) -> list[bytes]:
    """The HMAC-SHA256 of each canonical text, under a key that is made of the pseudonym key for nothing else."""
    own = hmac.digest(key, KEY_USE, "sha256")
    return [hmac.digest(own, text.encode("ascii"), "sha256") for text in texts]


def digest_of(codes: Iterable[bytes]) -> str:
    """The SHA-256 over the sorted codes of rows, in hex."""
    return hashlib.sha256(b"".join(sorted(codes))).hexdigest()
