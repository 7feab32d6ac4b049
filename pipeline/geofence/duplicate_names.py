"""Finds GeoJSON texts in which an object has a name twice: readers differ in which of the two values counts.

One value may be the home, the other anything, so such a geometry cannot be understood (specification#bad-place).
"""

from __future__ import annotations

import json
import re
from typing import Any

_NAME = re.compile(r'"([^"\\]*)"\s*:')


def has_duplicate_name(text: str) -> bool:
    """Whether an object in a JSON text has a name twice; False for what is no JSON.

    Most texts have each name once, which is seen without parsing them.

    >>> has_duplicate_name('{"type": "Point", "type": "Point"}'), has_duplicate_name('{"a": {"type": 1}, "type": 2}')
    (True, False)
    """
    names = _NAME.findall(text)
    if len(set(names)) == len(names) and "\\" not in text:
        return False
    doubled: list[bool] = []

    def look(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        values = dict(pairs)
        doubled.append(len(values) < len(pairs))
        return values

    try:
        json.loads(text, object_pairs_hook=look)
    except (ValueError, RecursionError):
        return False
    return any(doubled)
