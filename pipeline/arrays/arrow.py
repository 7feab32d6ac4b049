"""Converts numpy arrays to Arrow and back without a copy, and without importing pandas.

``pyarrow.array(values)`` and ``Array.to_numpy()`` import pandas where it is installed (pyarrow 26). That takes about
a second at the start of each run, so the buffers are passed directly. Where a later pyarrow no longer does this, both
calls can be used again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


def to_arrow(values: npt.NDArray[Any], kind: pa.DataType) -> pa.Array:
    """Fixed-width numpy values as an Arrow array of the type ``kind``, which has the same width; without NULL."""
    contiguous = np.ascontiguousarray(values)
    return pa.Array.from_buffers(kind, len(contiguous), [None, pa.py_buffer(contiguous)])


def bools_to_arrow(values: Bools) -> pa.Array:
    """Booleans as an Arrow array; without NULL."""
    bits = np.packbits(np.ascontiguousarray(values), bitorder="little")
    return pa.Array.from_buffers(pa.bool_(), len(values), [None, pa.py_buffer(bits)])


def dictionary_array(indices: npt.NDArray[Any], dictionary: Sequence[str | None]) -> pa.DictionaryArray:
    """The strings ``dictionary[indices]`` as an Arrow dictionary array; None becomes NULL."""
    return pa.DictionaryArray.from_arrays(to_arrow(indices.astype(np.int32), pa.int32()), string_array(dictionary))


def string_array(values: Sequence[str | None]) -> pa.Array:
    """Strings as an Arrow array of `string`, or `large_string` from 2 GiB on; None becomes NULL."""
    texts = [value or "" for value in values]
    whole = "".join(texts)
    data = whole.encode()
    sizes = map(len, texts) if len(data) == len(whole) else (len(text.encode()) for text in texts)
    ends = np.zeros(len(texts) + 1, np.int64)
    np.cumsum(np.fromiter(sizes, np.int64, len(texts)), out=ends[1:])
    mask, missing = None, 0
    if None in values:
        present = np.fromiter((value is not None for value in values), np.bool_, len(texts))
        mask, missing = pa.py_buffer(np.packbits(present, bitorder="little")), int((~present).sum())
    buffers = [mask, pa.py_buffer(ends), pa.py_buffer(data)]
    large = pa.Array.from_buffers(pa.large_string(), len(texts), buffers, missing)
    return large.cast(pa.string()) if ends[-1] < 2**31 else large


def one_chunk(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """The column as one array; a column of one chunk is not copied."""
    if isinstance(column, pa.Array):
        return column
    if column.num_chunks == 1:
        return column.chunk(0)
    joined = column.combine_chunks()
    return joined if isinstance(joined, pa.Array) else joined.chunk(0)


def is_null(column: pa.Array) -> Bools:
    """Where the column is NULL."""
    if not column.null_count:
        return np.zeros(len(column), np.bool_)
    bits = np.frombuffer(column.is_null().buffers()[1], np.uint8)
    return np.unpackbits(bits, bitorder="little", count=len(column)).astype(np.bool_)


def to_numpy(column: pa.ChunkedArray | pa.Array, kind: npt.DTypeLike) -> npt.NDArray[Any]:
    """A fixed-width column as numpy values of the same width; the value of a NULL is undefined.

    Raises `TypeError` where the widths differ.
    """
    array = one_chunk(column)
    if not len(array):
        return np.zeros(0, kind)
    if array.type.bit_width != 8 * np.dtype(kind).itemsize:
        raise TypeError(f"a column of {array.type} is not as wide as {np.dtype(kind)}")
    return np.frombuffer(array.buffers()[1], kind, count=array.offset + len(array))[array.offset :]


def to_ints(column: pa.ChunkedArray | pa.Array, missing: int) -> Ints:
    """64-bit integers or timestamps as numpy; NULL becomes ``missing``."""
    array = one_chunk(column)
    values: Ints = to_numpy(array, np.int64)
    return np.where(is_null(array), missing, values) if array.null_count else values


def to_floats(column: pa.ChunkedArray | pa.Array) -> Floats:
    """Doubles as numpy; NULL becomes NaN."""
    array = one_chunk(column)
    values: Floats = to_numpy(array, np.float64)
    return np.where(is_null(array), np.nan, values) if array.null_count else values


def to_bools(column: pa.ChunkedArray | pa.Array) -> Bools:
    """Booleans as numpy; NULL becomes False."""
    array = one_chunk(column)
    if not len(array):
        return np.zeros(0, np.bool_)
    bits = np.frombuffer(array.buffers()[1], np.uint8)
    flags = np.unpackbits(bits, bitorder="little", count=array.offset + len(array))[array.offset :].astype(np.bool_)
    found: Bools = flags & ~is_null(array)
    return found


def taken(rows: pa.Table, which: Ints) -> pa.Table:
    """The rows of a table with these places, which are sorted and differ; all of them are the table itself."""
    return rows if len(which) == rows.num_rows else rows.take(to_arrow(which.astype(np.int64), pa.int64()))
