"""Compares ids: what is missing, what cannot be read, and which different ids look alike (specification#ids).

*What grants applies to exactly its id; what hides applies to every lookalike as well.*
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable

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
    """The key that is equal for ids that look alike: without characters that are not shown, NFKC, case folding, without
    a trailing ``.0`` and leading zeros.

    >>> lookalike_key("R7") == lookalike_key("r7"), lookalike_key("1042.0"), lookalike_key("042")
    (True, '1042', '42')
    >>> lookalike_key("\\u200e1042"), lookalike_key("R\\u00ad7")
    ('1042', 'r7')
    """
    plain = text.lower() if text.isascii() else unicodedata.normalize("NFKC", _shown(text)).casefold()
    return plain.removesuffix(".0").lstrip("0")


def _shown(text: str) -> str:
    """A text without Unicode's format characters, such as a soft hyphen or a mark of direction: nobody sees them, and
    programs put them in when somebody copies an id (specification#lookalikes).
    """
    return "".join(letter for letter in text if unicodedata.category(letter) != "Cf")


def exact_key(text: str) -> str:
    """The id itself, for columns of which the job declares that lookalikes are different things."""
    return text


KeyOf = Callable[[str], str]
"""`lookalike_key`, or `exact_key` where the job declares ``distinct``."""
