"""Reads ids: without the white space about them, missing where a word says so; and finds which look alike.

Two different ids that look alike may be one thing written in two ways. What hides applies to both, what grants to
neither but its own (specification#ids, specification#lookalikes).
"""

from __future__ import annotations

import json
import unicodedata
from functools import lru_cache

from offduty.verify.redecide.text_values import MISSING_WORDS, WHITE


def read_id(value: object) -> str | None:
    """The id in a cell; None where it is missing, or is a JSON list or object, which is no id."""
    text = "" if value is None else str(value).strip(WHITE)
    return None if not text or text in MISSING_WORDS or _is_json(text) else text


def _is_json(text: str) -> bool:
    if text[0] not in "[{":
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


@lru_cache(maxsize=1 << 20)
def likeness(name: str) -> str:
    """What lookalikes have in common: letters and digits in one form and case, no `.0` behind, no zeros in front."""
    return unicodedata.normalize("NFKC", name).casefold().removesuffix(".0").lstrip("0")
