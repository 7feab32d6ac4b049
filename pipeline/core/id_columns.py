"""Reads whole columns of ids as codes; each distinct text is cleaned once (specification#ids)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from offduty.arrays.arrow import Bools, Ints, bools_to_arrow, is_null, string_array, to_arrow, to_bools, to_numpy
from offduty.arrays.dictionary import coded
from offduty.arrays.text_bytes import all_plain, shortest
from offduty.core.ids import MISSING_WORDS, KeyOf, clean_id, exact_key, lookalike_key

_PLAIN = r"^[!-Z\\-z|}~][!-~]*$"
"""An id of visible ASCII characters that begins like no JSON: nothing around it is cut off. Nearly all ids are so."""
_MISSING = string_array(sorted(MISSING_WORDS))
_LONGEST_MISSING = max(map(len, MISSING_WORDS))


@dataclass(frozen=True)
class IdColumn:
    """A column of ids as codes: row i has the id ``distinct[codes[i]]``; -1 where it is missing or unreadable. The ids
    are sorted.
    """

    codes: Ints
    distinct: pa.Array

    @cached_property
    def texts(self) -> list[str]:
        """The distinct ids. Converted to Python strings on first use only, because there may be millions."""
        return [str(text) for text in self.distinct.to_pylist()]

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
        return _take(np.array([codes_by_text.get(text, -1) for text in self.texts], np.int64), self.codes)

    def keys(self, key_of: KeyOf, numbers: dict[str, int]) -> Ints:
        """The number of each row's lookalike key, -1 where there is no id. The keys go into ``numbers``."""
        families, keys = self.families(key_of)
        numbers.update((str(key), number) for number, key in enumerate(keys.to_pylist()))
        return families

    def families(self, key_of: KeyOf) -> tuple[Ints, pa.Array]:
        """The number of each row's lookalike key, -1 where there is no id; and the keys by their numbers."""
        keys = _keys(self.distinct, key_of)
        if pc.all(pc.less(keys[:-1], keys[1:])).as_py():  # still in order: no two are equal
            return self.codes, keys
        encoded = keys.dictionary_encode()
        return _take(to_numpy(encoded.indices, np.int32), self.codes), encoded.dictionary


def coded_ids(column: pa.ChunkedArray | pa.Array) -> IdColumn:
    """A text column as ids. Each distinct text is cleaned once; those that are clean already are not looked at."""
    written = coded(column)
    distinct = written.distinct.cast(pa.string())
    odd = np.flatnonzero(~_is_plain(distinct))
    if not len(odd):
        return IdColumn(written.codes, distinct)
    cleaned = [clean_id(text) for text in distinct.take(to_arrow(odd, pa.int64())).to_pylist()]
    mask = np.zeros(len(distinct), np.bool_)
    mask[odd] = True
    encoded = pc.replace_with_mask(distinct, bools_to_arrow(mask), string_array(cleaned)).dictionary_encode()
    order = to_numpy(pc.sort_indices(encoded.dictionary), np.uint64).astype(np.int64)
    rank = np.empty(len(order) + 1, np.int64)
    rank[order], rank[-1] = np.arange(len(order)), -1
    index = np.where(is_null(encoded.indices), len(order), to_numpy(encoded.indices, np.int32))
    return IdColumn(_take(rank[index], written.codes), encoded.dictionary.take(to_arrow(order, pa.int64())))


def _is_plain(texts: pa.Array) -> Bools:
    """Which texts are ids as they stand."""
    if all_plain(texts) and (not len(texts) or shortest(texts) > _LONGEST_MISSING):
        return np.ones(len(texts), np.bool_)
    visible = pc.match_substring_regex(texts, _PLAIN)
    return to_bools(visible) & ~to_bools(pc.is_in(texts, value_set=_MISSING))


def _keys(texts: pa.Array, key_of: KeyOf) -> pa.Array:
    """The lookalike key of each text; those of ASCII are made by Arrow."""
    if key_of is exact_key:
        return texts
    if key_of is not lookalike_key:
        return string_array([key_of(text) for text in texts.to_pylist()])
    other = ~to_bools(pc.string_is_ascii(texts))
    lowered = pc.ascii_lower(texts)
    if pc.any(pc.ends_with(lowered, ".0")).as_py():
        lowered = pc.replace_substring_regex(lowered, r"\.0\z", "")
    keys = pc.ascii_ltrim(lowered, "0")
    if not other.any():
        return keys
    found = string_array([key_of(text) for text in texts.filter(bools_to_arrow(other)).to_pylist()])
    return pc.replace_with_mask(keys, bools_to_arrow(other), found)


def _take(values: Ints, codes: Ints) -> Ints:
    """The value of each code; -1 for the code -1."""
    taken: Ints = np.append(values, -1).astype(np.int64, copy=False)[codes]
    return taken
