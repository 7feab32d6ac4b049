"""Carries numpy arrays over the border to Arrow and back without a copy, and without waking pandas.

``pyarrow.array(values)`` and ``Array.to_numpy()`` import pandas to ask whether it is wanted; that costs about a second
at the start of every run, so values cross as buffers instead.
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
    """Fixed-width numpy values as an Arrow array of ``kind`` of the same width; nothing is NULL."""
    held = np.ascontiguousarray(values)
    return pa.Array.from_buffers(kind, len(held), [None, pa.py_buffer(held)])


def bools_to_arrow(values: Bools) -> pa.Array:
    """Booleans as an Arrow bitmap."""
    bits = np.packbits(np.ascontiguousarray(values), bitorder="little")
    return pa.Array.from_buffers(pa.bool_(), len(values), [None, pa.py_buffer(bits)])


def dictionary_array(indices: npt.NDArray[Any], dictionary: list[str]) -> pa.DictionaryArray:
    """Strings as a dictionary array: ``dictionary[indices]``."""
    return pa.DictionaryArray.from_arrays(to_arrow(indices.astype(np.int32), pa.int32()), string_array(dictionary))


def string_array(values: Sequence[str | None]) -> pa.Array:
    """Strings as an Arrow array; None is NULL."""
    held = [(value or "").encode() for value in values]
    ends = np.zeros(len(held) + 1, np.int64)
    np.cumsum([len(value) for value in held], out=ends[1:])
    seen = np.fromiter((value is not None for value in values), np.bool_, len(held))
    mask = None if seen.all() else pa.py_buffer(np.packbits(seen, bitorder="little"))
    large = pa.Array.from_buffers(
        pa.large_string(), len(held), [mask, pa.py_buffer(ends), pa.py_buffer(b"".join(held))], int((~seen).sum())
    )
    return large.cast(pa.string()) if ends[-1] < 2**31 else large


def one_chunk(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """The column as a single array."""
    if isinstance(column, pa.Array):
        return column
    if column.num_chunks == 1:
        return column.chunk(0)
    joined = column.combine_chunks()
    return joined if isinstance(joined, pa.Array) else joined.chunk(0)


def is_null(column: pa.Array) -> Bools:
    """Where the column holds NULL."""
    if not column.null_count:
        return np.zeros(len(column), np.bool_)
    bits = np.frombuffer(column.is_null().buffers()[1], np.uint8)
    return np.unpackbits(bits, bitorder="little", count=len(column)).astype(np.bool_)


def to_numpy(column: pa.ChunkedArray | pa.Array, kind: npt.DTypeLike) -> npt.NDArray[Any]:
    """A fixed-width column as numpy of the same width; what stands where it is NULL is not defined."""
    held = one_chunk(column)
    if not len(held):
        return np.zeros(0, kind)
    if held.type.bit_width != 8 * np.dtype(kind).itemsize:
        raise TypeError(f"a column of {held.type} is not as wide as {np.dtype(kind)}")
    return np.frombuffer(held.buffers()[1], kind, count=held.offset + len(held))[held.offset :]


def to_ints(column: pa.ChunkedArray | pa.Array, missing: int) -> Ints:
    """64-bit integers or timestamps as numpy; NULL becomes ``missing``."""
    held = one_chunk(column)
    values: Ints = to_numpy(held, np.int64)
    return np.where(is_null(held), missing, values) if held.null_count else values


def to_floats(column: pa.ChunkedArray | pa.Array) -> Floats:
    """Doubles as numpy; NULL becomes NaN."""
    held = one_chunk(column)
    values: Floats = to_numpy(held, np.float64)
    return np.where(is_null(held), np.nan, values) if held.null_count else values
