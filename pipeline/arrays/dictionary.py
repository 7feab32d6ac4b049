"""Encodes text columns as integer codes: one code for each distinct text, -1 for a missing one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from offduty.arrays.arrow import Bools, Ints, is_null, one_chunk, to_arrow, to_numpy
from offduty.arrays.text_bytes import all_plain


@dataclass(frozen=True)
class DictionaryColumn:
    """A text column as codes: row i has the text ``texts[codes[i]]``.

    The code -1 means a missing text: NULL, empty, or only white space. ``distinct`` are the texts as an Arrow array.
    """

    codes: Ints
    distinct: pa.Array

    @cached_property
    def texts(self) -> list[str]:
        """The distinct texts, sorted. Converted to Python strings on first use only, because there may be millions."""
        return [str(text) for text in self.distinct.to_pylist()]

    @property
    def missing(self) -> Bools:
        """Where the text is missing."""
        return self.codes < 0

    def flags(self, wanted: set[str] | frozenset[str]) -> Bools:
        """Where the text is one of the wanted ones."""
        hit = np.array([text in wanted for text in self.texts] + [False], np.bool_)
        return hit[self.codes]

    def onto(self, codes_by_text: dict[str, int]) -> Ints:
        """The codes by another numbering of texts; -1 for a text that it does not contain."""
        mapped = np.array([codes_by_text.get(text, -1) for text in self.texts] + [-1], np.int64)
        return mapped[self.codes]


def coded(column: pa.ChunkedArray | pa.Array) -> DictionaryColumn:
    """A text column as codes in the sort order of the texts: a smaller code is an earlier text."""
    encoded = one_chunk(column)
    if not pa.types.is_dictionary(encoded.type):
        encoded = encoded.dictionary_encode()
    indices = encoded.indices.cast(pa.int32())
    distinct = encoded.dictionary
    order = to_numpy(pc.sort_indices(distinct), np.uint64).astype(np.int64)
    present = _written(distinct)[order]
    recode = np.full(len(distinct) + 1, -1, np.int64)
    recode[order[present]] = np.arange(int(present.sum()))
    texts = distinct.take(to_arrow(order[present], pa.int64()))
    if not len(encoded):
        return DictionaryColumn(np.zeros(0, np.int64), texts)
    index = np.where(is_null(indices), len(distinct), to_numpy(indices, np.int32))
    return DictionaryColumn(recode[index], texts)


def _written(texts: pa.Array) -> Bools:
    """Which texts are more than white space."""
    if all_plain(texts):
        return np.ones(len(texts), np.bool_)
    return to_numpy(pc.binary_length(pc.utf8_trim_whitespace(texts.cast(pa.string()))), np.int32) > 0


def without_empty_rows(rows: pa.Table) -> pa.Table:
    """The rows of a table of texts that have any text besides ``file`` and ``row`` (specification#empty-rows)."""
    empty = np.arange(rows.num_rows)
    for name in rows.column_names:
        if name not in ("file", "row") and len(empty):
            column = rows[name] if len(empty) == rows.num_rows else rows[name].take(to_arrow(empty, pa.int64()))
            empty = empty[coded(column).missing]
    if not len(empty):
        return rows
    filled = np.delete(np.arange(rows.num_rows), empty)
    return rows.take(to_arrow(filled, pa.int64()))
