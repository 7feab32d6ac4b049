"""Prints the shape of values instead of the values: every digit as 9 and every letter as x.

Rule: specification#silence. A shape says how something is written, and neither where nor who.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from offduty.core.ids import MISSING_WORDS, stripped
from offduty.core.shapes import shape_of

MOST_VALUES = 5_000
LONGEST = 26
"""Of a longer shape only the beginning is shown, in characters."""


def shown_shape(text: str) -> str:
    """The shape of one value for a terminal: not longer than `LONGEST`, and with signs that can be printed."""
    shown = "".join(sign if sign.isprintable() else "?" for sign in shape_of(text[: LONGEST + 1]))
    return shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 1]}…"


def common_shape(texts: Sequence[str]) -> str:
    """The commonest shape of some values and how many others there are; "nothing written" where there is no value.

    Of very many values only `MOST_VALUES` are looked at, all over the column.

    >>> common_shape(["1", "2", "31"])
    '9 (+1)'
    """
    shapes = Counter(map(shown_shape, texts[:: len(texts) // MOST_VALUES + 1]))
    if not shapes:
        return "nothing written"
    commonest = min(shapes, key=lambda shape: (-shapes[shape], shape))
    return commonest if len(shapes) == 1 else f"{commonest} (+{len(shapes) - 1})"


def is_written(text: str | None) -> bool:
    """Whether a value is more than white space or a word for nothing, such as NULL."""
    return text is not None and bool(stripped(text)) and text not in MISSING_WORDS
