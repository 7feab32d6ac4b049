"""Writes the rows of the reference tables as canonical texts, of which digests are made (specification#canonical-row).

The text of a row is a JSON array: the name of the table, then the value of each column of its contract in order, and
``true`` behind them where it is not certain that the row was recorded by ``as_of``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from offduty.arrays.arrow import Bools, bools_to_arrow, one_chunk, string_array, to_arrow, to_bools, to_numpy
from offduty.arrays.text_bytes import all_plain, shortest
from offduty.config.contracts import Column, contract
from offduty.core.ids import MISSING_WORDS
from offduty.core.times import plain_instants
from offduty.core.written_values import NULL, id_value, number_value, text_value, time_value
from offduty.geofence.geometry_texts import geometry_texts

BLOCK_ROWS = 1 << 14
"""So few that the memory of one block of texts is used again for the next, instead of new pages from the kernel."""
SAMPLE_ROWS = 1 << 10
_READ = ("geometry", "instant", "wall_time", "degrees", "metres")
"""The types of columns whose texts are read; of the others every text is written as it stands."""
_VALUES: dict[str, Callable[[str], str]] = {"id": id_value, "degrees": number_value, "metres": number_value}
_PLAIN = r"^[!#-Z\^-z|}~][ !#-Z\^-z|}~\[\]{]*$"
"""A text that JSON writes as it stands, and that begins like no JSON."""
_PLAIN_ID = _PLAIN.replace("[ !", "[!")
_MISSING = string_array(sorted(MISSING_WORDS))
_LONGEST_MISSING = max(map(len, MISSING_WORDS))
_WORDS = ('"', ",", "", "]", NULL)
_QUOTE, _COMMA, _NOTHING, _END, _NULL = string_array(_WORDS)  # Python's texts would wake pandas (pyarrow 26)


def row_texts(table: str, rows: pa.Table, doubtful: Bools) -> Iterator[pa.Array]:
    """The canonical texts of the rows, in ASCII, in their order, as arrays of texts of some rows each. ``rows`` has the
    contract's columns as text, as they are written; ``doubtful`` says of which rows it is not certain that they were
    recorded by ``as_of``.
    """
    columns = [_values(column, one_chunk(rows[column.name])) for column in contract(table).columns]
    head = string_array([f"[{json.dumps(table)},"])[0]
    for start in range(0, rows.num_rows, BLOCK_ROWS):
        block = [values.slice(start, BLOCK_ROWS) for values in columns]
        values = pc.binary_join_element_wise(*map(_decoded, block), _COMMA)
        yield pc.binary_join_element_wise(head, values, _ends(doubtful[start : start + BLOCK_ROWS]), _NOTHING)


def _ends(doubtful: Bools) -> pa.Array | pa.Scalar:
    """What stands at the end of each row, or of all of them."""
    return string_array([",true]" if flag else "]" for flag in doubtful.tolist()]) if doubtful.any() else _END


def _decoded(values: pa.Array) -> pa.Array:
    """The values of a part of a column; NULL becomes JSON's null. A column that has no codes is plain text."""
    if not pa.types.is_dictionary(values.type):
        return pc.binary_join_element_wise(_QUOTE, values, _QUOTE, _NOTHING)
    return values.dictionary.take(values.indices).fill_null(_NULL)


def _values(column: Column, texts: pa.Array) -> pa.Array:
    """The value of each row in one column, by codes: each distinct text is looked at once. Where nearly all differ and
    JSON writes them as they stand, the column itself: codes would cost more than they spare.
    """
    if _is_plain(column, texts):
        return texts
    encoded = texts if pa.types.is_dictionary(texts.type) else texts.dictionary_encode()
    distinct = encoded.dictionary.cast(pa.string())
    written = _written(column, distinct)
    blank = to_numpy(pc.binary_length(pc.utf8_trim_whitespace(distinct)), np.int32) == 0
    return pa.DictionaryArray.from_arrays(encoded.indices, pc.if_else(bools_to_arrow(blank), _NULL, written))


def _is_plain(column: Column, texts: pa.Array) -> bool:
    """Whether a column is of plain ids or words of which few are equal, none of them a word for nothing."""
    if column.type in _READ or not pa.types.is_string(texts.type) or len(texts) < SAMPLE_ROWS:
        return False
    some = texts.take(to_arrow(np.linspace(0, len(texts) - 1, SAMPLE_ROWS).astype(np.int64), pa.int64()))
    return (
        int(pc.count_distinct(some).as_py()) > SAMPLE_ROWS // 2
        and all_plain(texts)
        and (column.type != "id" or shortest(texts) > _LONGEST_MISSING)
    )


def _written(column: Column, distinct: pa.Array) -> pa.Array:
    """The value of each distinct text of a column."""
    if column.type == "geometry":
        return string_array(_geometries(distinct.to_pylist()))
    if column.type in ("instant", "wall_time"):
        plain = plain_instants(distinct)
        return _replaced(to_arrow(plain.early, pa.int64()).cast(pa.string()), distinct, plain.read, time_value)
    if column.type in ("degrees", "metres"):
        return string_array([number_value(text) for text in distinct.to_pylist()])
    plain_texts = to_bools(pc.match_substring_regex(distinct, _PLAIN_ID if column.type == "id" else _PLAIN))
    if column.type == "id":
        plain_texts &= ~to_bools(pc.is_in(distinct, value_set=_MISSING))
    quoted = pc.binary_join_element_wise(_QUOTE, distinct, _QUOTE, _NOTHING)
    return _replaced(quoted, distinct, plain_texts, _VALUES.get(column.type, text_value))


def _replaced(values: pa.Array, texts: pa.Array, done: Bools, value_of: Callable[[str], str]) -> pa.Array:
    """The values, but for those that are not done: they are made of their texts one by one."""
    if done.all():
        return values
    left = bools_to_arrow(~done)
    return pc.replace_with_mask(values, left, string_array([value_of(text) for text in texts.filter(left).to_pylist()]))


def _geometries(texts: Sequence[str]) -> list[str]:
    found = zip(texts, geometry_texts(texts), strict=True)
    return [text_value(text) if wkb is None else json.dumps(wkb) for text, wkb in found]
