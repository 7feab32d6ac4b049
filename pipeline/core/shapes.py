"""Shows the shape of a value instead of the value: every digit as 9 and every letter as x (specification#silence)."""

from __future__ import annotations

import re


def shape_of(text: str) -> str:
    """The shape of a value: it says how something is written, and neither where nor who.

    >>> shape_of("02/03/2026 08:00"), shape_of("R-17b")
    ('99/99/9999 99:99', 'x-99x')
    """
    return re.sub(r"[^\W\d_]", "x", re.sub(r"\d", "9", text))
