"""Writes the rows of the reference tables as canonical texts, of which digests are made (specification#canonical-row).

The text of a row is a JSON array: the name of the table, then the value of each column of its contract in order, and
``true`` behind them where it is not certain that the row was recorded by ``as_of``.
"""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pyarrow as pa

from offduty.arrays.arrow import Bools
from offduty.arrays.dictionary import DictionaryColumn, coded
from offduty.config.contracts import Column, contract
from offduty.core.times import plain_instants
from offduty.core.written_values import NULL, id_value, number_value, text_value, time_value
from offduty.geofence.geometry_texts import geometry_texts

_VALUES: dict[str, Callable[[str], str]] = {
    "id": id_value,
    "instant": time_value,
    "wall_time": time_value,
    "degrees": number_value,
    "metres": number_value,
}


def row_texts(table: str, rows: pa.Table, doubtful: Bools) -> list[str]:
    """The canonical text of each row, in ASCII. ``rows`` has the contract's columns as text, as they are written;
    ``doubtful`` says of which rows it is not certain that they were recorded by ``as_of``.
    """
    columns = [_values(column, coded(rows[column.name])) for column in contract(table).columns]
    head = f"[{json.dumps(table)},"
    ends = [",true]" if flag else "]" for flag in doubtful.tolist()]
    return [head + ",".join(values) + end for *values, end in zip(*columns, ends, strict=True)]


def _values(column: Column, texts: DictionaryColumn) -> list[str]:
    """The value of each row in one column; each distinct text is looked at once."""
    if column.type == "geometry":
        written = _geometries(texts.texts)
    elif column.type in ("instant", "wall_time"):
        written = _times(texts)
    else:
        written = [_VALUES.get(column.type, text_value)(text) for text in texts.texts]
    values = np.array([*written, NULL], object)
    return list(values[texts.codes])


def _times(texts: DictionaryColumn) -> list[str]:
    plain = plain_instants(texts.distinct)
    known = zip(texts.texts, plain.read.tolist(), plain.early.tolist(), strict=True)
    return [str(us) if read else time_value(text) for text, read, us in known]


def _geometries(texts: list[str]) -> list[str]:
    found = zip(texts, geometry_texts(texts), strict=True)
    return [text_value(text) if wkb is None else json.dumps(wkb) for text, wkb in found]
