"""Makes digests of reference tables that do not depend on the order of their rows, and that only the holder of the
pseudonym key can make: a plain hash of a home could be guessed (specification#reference-digests).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from offduty.core.lazy_imports import when_used

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives import hmac as keyed_hashes
else:
    np = when_used("numpy")
    hashes = when_used("cryptography.hazmat.primitives.hashes")
    keyed_hashes = when_used("cryptography.hazmat.primitives.hmac")

CODE_BYTES = 32
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


def row_codes(key: bytes, texts: Iterable[bytes]) -> npt.NDArray[np.uint8]:
    """The HMAC-SHA256 of each canonical text, a row of 32 bytes each, under a key that is made of the pseudonym key for
    nothing else.
    """
    own = hmac.digest(key, KEY_USE, "sha256")
    keyed = keyed_hashes.HMAC(own, hashes.SHA256())  # to copy it is three times as fast as to begin with the key
    codes = []
    for text in texts:
        one = keyed.copy()
        one.update(text)
        codes.append(one.finalize())
    return np.frombuffer(b"".join(codes), np.uint8).reshape(-1, CODE_BYTES)


def digest_of(codes: npt.NDArray[np.uint8]) -> str:
    """The SHA-256 over the sorted codes of rows, in hex."""
    return hashlib.sha256(_in_order(codes).tobytes()).hexdigest()


def _in_order(codes: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The codes, sorted as bytes. The first eight bytes tell different codes apart but for one pair in many millions of
    millions; equal ones may come in any order.
    """
    words = np.ascontiguousarray(codes).view(">u8")
    first = words[:, 0].astype(np.uint64)
    order = np.argsort(first)
    alike = np.flatnonzero(first[order[1:]] == first[order[:-1]])
    if (words[order[alike]] != words[order[alike + 1]]).any():
        order = np.lexsort(words.T[::-1])
    return codes[order]
