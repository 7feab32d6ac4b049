"""Encodes text columns as integer codes: one code for each distinct text, -1 for a missing one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from offduty.arrays.arrow import Bools, Ints, bools_to_arrow, is_null, one_chunk, to_arrow, to_bools, to_numpy
from offduty.arrays.text_bytes import all_plain

SAMPLE_ROWS = 1 << 12


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
    texts = one_chunk(column)
    index, distinct = _by_sorting(texts) if _differ(texts) else _by_looking_up(texts)
    present = _written(distinct)
    recode = np.full(len(distinct) + 1, -1, np.int64)
    recode[:-1][present] = np.arange(int(present.sum()))
    if not present.all():
        distinct = distinct.filter(bools_to_arrow(present))
    return DictionaryColumn(recode[index], distinct)


def _differ(texts: pa.Array) -> bool:
    """Whether nearly all texts of a column are different ones, as some of them show."""
    if len(texts) < SAMPLE_ROWS or texts.null_count or not pa.types.is_string(texts.type):
        return False
    some = np.linspace(0, len(texts) - 1, SAMPLE_ROWS).astype(np.int64)
    return int(pc.count_distinct(texts.take(to_arrow(some, pa.int64()))).as_py()) == SAMPLE_ROWS


def _by_sorting(texts: pa.Array) -> tuple[Ints, pa.Array]:
    """The distinct texts in order, and of each row which one it is: where most differ, they have to be sorted anyway,
    and looking each of them up takes longer still.
    """
    order = to_numpy(pc.sort_indices(texts), np.uint64).astype(np.int64)
    ordered = texts.take(to_arrow(order, pa.int64()))
    first = np.ones(len(texts), np.bool_)
    first[1:] = to_bools(pc.not_equal(ordered[1:], ordered[:-1]))
    index = np.empty(len(texts), np.int64)
    index[order] = np.cumsum(first) - 1
    return index, ordered if first.all() else ordered.filter(bools_to_arrow(first))


def _by_looking_up(texts: pa.Array) -> tuple[Ints, pa.Array]:
    """The same, where many are equal; of a missing text the number of the distinct ones."""
    encoded = texts if pa.types.is_dictionary(texts.type) else texts.dictionary_encode()
    distinct = encoded.dictionary
    order = to_numpy(pc.sort_indices(distinct), np.uint64).astype(np.int64)
    rank = np.empty(len(distinct) + 1, np.int64)
    rank[order], rank[-1] = np.arange(len(distinct)), len(distinct)
    distinct = distinct.take(to_arrow(order, pa.int64()))
    if not len(encoded):
        return np.zeros(0, np.int64), distinct
    indices = encoded.indices.cast(pa.int32())
    return rank[np.where(is_null(indices), len(distinct), to_numpy(indices, np.int32))], distinct


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
