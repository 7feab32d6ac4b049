"""Reads whole columns of ids as codes; each distinct text is cleaned once (specification#ids)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from offduty.arrays.arrow import Bools, Ints
from offduty.arrays.dictionary import coded
from offduty.core.ids import KeyOf, clean_id


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
