"""Reads ids, and says which different ids are lookalikes (specification#ids)."""

from __future__ import annotations

import json
import unicodedata
from functools import lru_cache
from typing import Any

from tests.oracle.reading import MISSING_WORDS, WHITE, Unreadable


def identify(value: Any) -> str | None:
    """The id without the white space about it; None where it is missing, `Unreadable` for a JSON list or object."""
    bare = "" if value is None else str(value).strip(WHITE)
    if not bare or bare in MISSING_WORDS:
        return None
    if is_json(bare):
        raise Unreadable
    return bare


def readable_id(value: Any) -> str | None:
    """The id, or None where it is missing or cannot be read."""
    try:
        return identify(value)
    except Unreadable:
        return None


def is_json(bare: str) -> bool:
    """Whether the text is a JSON list or object."""
    if bare[0] not in "[{":
        return False
    try:
        json.loads(bare)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=10_000)
def likeness(ident: str) -> str:
    """What lookalikes have in common: no format characters, NFKC, case folding, no trailing `.0`, no zeros in front."""
    visible = "".join(char for char in ident if not unicodedata.category(char).startswith("Cf"))
    return unicodedata.normalize("NFKC", visible).casefold().removesuffix(".0").lstrip("0")


def alike(one: str, other: str, *, distinct: bool) -> bool:
    """Whether two ids are the same or lookalikes; where they are declared distinct, whether they are the same."""
    return one == other or (not distinct and likeness(one) == likeness(other))
