"""Text columns as small integers: one code per distinct text, -1 where nothing is written."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from offduty.arrays.arrow import Bools, Ints, is_null, one_chunk, to_arrow, to_numpy


@dataclass(frozen=True)
class DictionaryColumn:
    """``texts[codes[i]]`` stands in row i; -1: nothing, or nothing but white space, was written."""

    codes: Ints
    held: pa.Array

    @cached_property
    def texts(self) -> list[str]:
        """The distinct texts, sorted; a million of them are made into Python's only where they are asked for."""
        return [str(text) for text in self.held.to_pylist()]

    @property
    def missing(self) -> Bools:
        """Where nothing is written."""
        return self.codes < 0

    def flags(self, wanted: set[str] | frozenset[str]) -> Bools:
        """Where one of the wanted texts is written."""
        hit = np.array([text in wanted for text in self.texts] + [False], np.bool_)
        return hit[self.codes]

    def onto(self, codes_by_text: dict[str, int]) -> Ints:
        """The codes of another numbering; -1 where that has none."""
        mapped = np.array([codes_by_text.get(text, -1) for text in self.texts] + [-1], np.int64)
        return mapped[self.codes]


def coded(column: pa.ChunkedArray | pa.Array) -> DictionaryColumn:
    """A text column as codes, in sorted order of the texts (so that a smaller code is an earlier text)."""
    held = one_chunk(column)
    if not pa.types.is_dictionary(held.type):
        held = held.dictionary_encode()
    indices = held.indices.cast(pa.int32())
    distinct = held.dictionary
    order = to_numpy(pc.sort_indices(distinct), np.uint64).astype(np.int64)
    written = (to_numpy(pc.binary_length(pc.utf8_trim_whitespace(distinct.cast(pa.string()))), np.int32) > 0)[order]
    recode = np.full(len(distinct) + 1, -1, np.int64)
    recode[order[written]] = np.arange(int(written.sum()))
    texts = distinct.take(to_arrow(order[written], pa.int64()))
    if not len(held):
        return DictionaryColumn(np.zeros(0, np.int64), texts)
    index = np.where(is_null(indices), len(distinct), to_numpy(indices, np.int32))
    return DictionaryColumn(recode[index], texts)


def without_empty_rows(rows: pa.Table) -> pa.Table:
    """The rows of a table of texts in which anything is written, besides ``file`` and ``row`` (SPEC 2)."""
    empty = np.arange(rows.num_rows)
    for name in rows.column_names:
        if name not in ("file", "row") and len(empty):
            column = rows[name] if len(empty) == rows.num_rows else rows[name].take(to_arrow(empty, pa.int64()))
            empty = empty[coded(column).missing]
    if not len(empty):
        return rows
    written = np.delete(np.arange(rows.num_rows), empty)
    return rows.take(to_arrow(written, pa.int64()))
