"""Compares ids: what is missing, what cannot be read, and which different ids look alike (specification#ids).

*What grants applies to exactly its id; what hides applies to every lookalike as well.*
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from offduty.arrays.arrow import Bools, Ints
from offduty.arrays.dictionary import coded

MISSING_WORDS = frozenset({"NULL", "null", "None", "none", "nan", "NaN", r"\N", "N/A", "#N/A", "<NA>"})
"""What programs write where they have no value. In a column of ids or of times it is a missing value."""
BLANKS = "\u00a0\u200b\ufeff"  # besides what Unicode calls white space
SPACES = "".join(chr(number) for number in range(0x3001) if chr(number).isspace()) + BLANKS
"""Every character that counts as white space around an id."""


def stripped(text: str) -> str:
    """A text without the white space around it; also without no-break and zero-width spaces.

    >>> stripped("\\u200b R7\\u00a0")
    'R7'
    """
    return text.strip(SPACES)


def clean_id(text: str | None) -> str | None:
    """An id as it is compared; None where it is missing, or is a JSON list or object, which cannot be read.

    >>> clean_id(" 1042 "), clean_id("NULL"), clean_id('["R7"]')
    ('1042', None, None)
    """
    bare = stripped(text or "")
    return None if not bare or bare in MISSING_WORDS or is_nested(bare) else bare


def is_nested(text: str) -> bool:
    """Whether a text is a JSON list or object: no id."""
    if text[:1] not in ("[", "{"):
        return False
    try:
        return isinstance(json.loads(text), list | dict)
    except (ValueError, RecursionError):
        return False


def lookalike_key(text: str) -> str:
    """The key that is equal for ids that look alike: NFKC, case folding, without a trailing ``.0`` and leading zeros.

    >>> lookalike_key("R7") == lookalike_key("r7"), lookalike_key("1042.0"), lookalike_key("042")
    (True, '1042', '42')
    """
    return unicodedata.normalize("NFKC", text).casefold().removesuffix(".0").lstrip("0")


def exact_key(text: str) -> str:
    """The id itself, for columns of which the job declares that lookalikes are different things."""
    return text


KeyOf = Callable[[str], str]
"""`lookalike_key`, or `exact_key` where the job declares ``distinct``."""


@dataclass(frozen=True)
class IdColumn:
    """A column of ids as codes: row i has the id ``texts[codes[i]]``, sorted; -1 where it is missing or unreadable."""

    codes: Ints
    texts: list[str]

    @property
    def missing(self) -> Bools:
        """Where there is no id."""
        return self.codes < 0

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The code of each id."""
        return {text: code for code, text in enumerate(self.texts)}

    def onto(self, codes_by_text: dict[str, int]) -> Ints:
        """The codes by another numbering of ids; -1 for an id that it does not contain."""
        return _take([codes_by_text.get(text, -1) for text in self.texts], self.codes)

    def keys(self, key_of: KeyOf, numbers: dict[str, int]) -> Ints:
        """The number of each row's lookalike key; new keys are added to ``numbers``. -1 where there is no id."""
        return _take([numbers.setdefault(key_of(text), len(numbers)) for text in self.texts], self.codes)


def coded_ids(column: pa.ChunkedArray | pa.Array) -> IdColumn:
    """A text column as ids. Each distinct text is cleaned once."""
    written = coded(column)
    cleaned = [clean_id(text) for text in written.texts]
    texts = sorted({text for text in cleaned if text is not None})
    numbers = {text: code for code, text in enumerate(texts)}
    return IdColumn(_take([-1 if text is None else numbers[text] for text in cleaned], written.codes), texts)


def _take(values: list[int], codes: Ints) -> Ints:
    """The value of each code; -1 for the code -1."""
    taken: Ints = np.array([*values, -1], np.int64)[codes]
    return taken
