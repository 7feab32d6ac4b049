"""Measures how many bytes the values of a Parquet page take up, so that nothing can be hidden after them.

The encodings are those of the Apache Parquet specification ("Encodings"). Columns are flat. Only extra columns, which
a policy may release, may have missing values; then one bit for each row, before the values, says which are missing.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np

from offduty.verify.parquet.thrift import ByteCursor, UnreadableBytesError

PLAIN, RLE, DELTA_BINARY_PACKED, RLE_DICTIONARY = 0, 3, 5, 8
BOOLEAN, BYTE_ARRAY, FIXED_LEN_BYTE_ARRAY = 0, 6, 7
WIDTH_BYTES = {1: 4, 2: 8, 4: 4, 5: 8}
"""By physical type: INT32, INT64, FLOAT and DOUBLE."""


@dataclass(frozen=True)
class ColumnType:
    """A column's physical type, the width of its values if all have the same, and whether some may be missing."""

    physical: int
    width_bytes: int = 0
    optional: bool = False


def check_page(page: bytes, encoding: int, kind: ColumnType, count: int, words: int) -> None:
    """Raise `UnreadableBytesError` unless the ``count`` values of a page, missing ones included, fill it exactly.

    ``words`` is how many values its dictionary has.
    """
    if not kind.optional:
        check_values(page, encoding, kind, count, words)
        return
    cursor = ByteCursor(page)
    levels = ByteCursor(cursor.take(struct.unpack("<I", cursor.take(4))[0]))
    present = _levels(levels, count)
    if levels.at != len(levels.data):
        raise UnreadableBytesError("a page has bytes after its levels")
    check_values(page[cursor.at :], encoding, kind, present, words)


def check_values(page: bytes, encoding: int, kind: ColumnType, count: int, words: int) -> None:
    """The same for values of which none is missing."""
    cursor = ByteCursor(page)
    if encoding == PLAIN and _all_of_one_length(page, kind, count):
        return
    if encoding == PLAIN:
        plain_values(cursor, kind, count)
    elif encoding == RLE_DICTIONARY:
        _dictionary_indices(cursor, count, words)
    elif encoding == DELTA_BINARY_PACKED:
        _deltas(cursor, count)
    else:
        raise UnreadableBytesError("values are in an encoding that this filter does not use")
    if cursor.at != len(page):
        raise UnreadableBytesError("a page has bytes after its values")


def plain_values(cursor: ByteCursor, kind: ColumnType, count: int) -> list[bytes]:
    """The next values, each as its bytes; for booleans, the bytes that they are packed in."""
    if kind.physical == BYTE_ARRAY:
        return [cursor.take(struct.unpack("<I", cursor.take(4))[0]) for _ in range(count)]
    if kind.physical == BOOLEAN:
        packed = cursor.take((count + 7) // 8)
        if count % 8 and packed[-1] >> count % 8:
            raise UnreadableBytesError("the padding of a page of booleans is not zero")
        return [bytes([byte]) for byte in packed]
    width = WIDTH_BYTES.get(kind.physical, kind.width_bytes)
    if not width:
        raise UnreadableBytesError("a column has a type that this filter does not use")
    whole = cursor.take(width * count)
    return [whole[at : at + width] for at in range(0, len(whole), width)]


def _all_of_one_length(page: bytes, kind: ColumnType, count: int) -> bool:
    """Whether a page is ``count`` values of one length and nothing else: a fast test, true for points and numbers."""
    if kind.physical != BYTE_ARRAY:
        return count > 0 and len(page) == WIDTH_BYTES.get(kind.physical, kind.width_bytes) * count
    if not count or len(page) % count:
        return False
    lengths = np.frombuffer(page, np.uint8).reshape(count, -1)[:, :4]
    return lengths.shape[1] == 4 and bool((lengths.copy().view("<u4") == len(page) // count - 4).all())


def _levels(cursor: ByteCursor, count: int) -> int:
    """How many rows have a value, from runs of one bit for each row (RLE / bit-packing hybrid)."""
    present, left = 0, count
    while left > 0:
        head = cursor.varint()
        run = head >> 1
        if not run:
            raise UnreadableBytesError("a run of levels is empty")
        if head & 1:
            bits = int.from_bytes(cursor.take(run), "little")
            if left < 8 * run and bits >> left:
                raise UnreadableBytesError("the padding of a run of levels is not zero")
            present, left = present + bits.bit_count(), left - 8 * run
        else:
            level = cursor.take(1)[0]
            if level > 1 or run > left:
                raise UnreadableBytesError("a run of levels is not what it must be")
            present, left = present + level * run, left - run
    if left <= -8:
        raise UnreadableBytesError("a run of levels is longer than its page")
    return present


def _dictionary_indices(cursor: ByteCursor, count: int, words: int) -> None:
    """Runs of indices, repeated or packed in eights (RLE / bit-packing hybrid); the padding at the end must be zero."""
    width = cursor.take(1)[0]
    if width != (max((words - 1).bit_length(), 1) if words else 0):
        raise UnreadableBytesError("indices are wider than their dictionary needs")
    left = count
    while left > 0:
        head = cursor.varint()
        if head < 2:
            raise UnreadableBytesError("a run of indices is empty")
        if not head & 1:
            if int.from_bytes(cursor.take((width + 7) // 8), "little") >= words:
                raise UnreadableBytesError("an index points past its dictionary")
            left -= head >> 1
            continue
        packed = int.from_bytes(cursor.take((head >> 1) * width), "little")
        left -= (head >> 1) * 8
        if left < 0 and packed >> ((head >> 1) * 8 + left) * width:
            raise UnreadableBytesError("the padding of a run of indices is not zero")
    if left < -7:
        raise UnreadableBytesError("a run of indices is longer than its page")


def _deltas(cursor: ByteCursor, count: int) -> None:
    """Blocks of miniblocks of packed deltas (DELTA_BINARY_PACKED)."""
    block, minis, total = cursor.varint(), cursor.varint(), cursor.varint()
    cursor.zigzag()
    if total != count or not minis or block % minis:
        raise UnreadableBytesError("the header of a page of deltas does not match its values")
    left, per_mini = count - 1, block // minis
    while left > 0:
        cursor.zigzag()
        for width in cursor.take(minis):
            packed = cursor.take(per_mini * width // 8) if left > 0 else b""
            idle = width if left <= 0 else int.from_bytes(packed, "little") >> left * width if left < per_mini else 0
            if idle:
                raise UnreadableBytesError("the padding of a block of deltas is not zero")
            left -= per_mini
