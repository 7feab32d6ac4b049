"""Finds which ids look alike: they may be one thing, written in two ways.

What hides applies to both, what grants to neither but its own (specification#lookalikes).
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

FORMAT = "Cf"  # soft hyphens, joiners, marks of direction: characters that are not shown


@lru_cache(maxsize=1 << 20)
def likeness(name: str) -> str:
    """What lookalikes have in common: letters and digits in one form and case, no `.0` behind, no zeros in front, and
    nothing that cannot be seen.
    """
    if name.isascii():  # it has no other form, and nothing that cannot be seen
        return name.lower().removesuffix(".0").lstrip("0")
    invisible = {ord(letter): None for letter in name if unicodedata.category(letter) == FORMAT}
    return unicodedata.normalize("NFKC", name.translate(invisible)).casefold().removesuffix(".0").lstrip("0")
