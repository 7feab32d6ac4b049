"""Reads Thrift's compact protocol, in which Parquet writes its footer and page headers, without skipping a byte.

A field that is not known stays in the result under its number, so that the caller can refuse it. The protocol is that
of Apache Thrift ("Thrift compact protocol encoding").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Struct = dict[int, Any]
"""A struct: the values of its fields by their numbers."""

LONGEST_VARINT = 10  # bytes of a 64-bit integer at seven bits a byte


class UnreadableBytesError(Exception):
    """The bytes are not those of the format; the message says what is wrong and where, and has no value."""


@dataclass
class ByteCursor:
    """Bytes, and the place up to which they have been read."""

    data: bytes
    at: int = 0

    def take(self, count: int) -> bytes:
        """The next ``count`` bytes. Raises `UnreadableBytesError` where there are fewer."""
        if count < 0 or self.at + count > len(self.data):
            raise UnreadableBytesError(f"cut short at byte {self.at}")
        self.at += count
        return self.data[self.at - count : self.at]

    def varint(self) -> int:
        """An unsigned integer of seven bits a byte, least significant first. Raises where it is longer than needed."""
        value = 0
        for place in range(LONGEST_VARINT):
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << 7 * place
            if byte < 0x80:
                if byte == 0 and place:
                    raise UnreadableBytesError(f"a number is longer than needed at byte {self.at}")
                return value
        raise UnreadableBytesError(f"a number does not end at byte {self.at}")

    def zigzag(self) -> int:
        """A signed integer in zigzag encoding."""
        value = self.varint()
        return (value >> 1) ^ -(value & 1)


BOOL_TRUE, BOOL_FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = range(1, 13)


def read_struct(cursor: ByteCursor, depth: int = 0) -> Struct:
    """One struct, to its end; fields must be in rising order, as every writer has them, and each only once."""
    if depth > 16:
        raise UnreadableBytesError(f"nested too deeply at byte {cursor.at}")
    fields: Struct = {}
    number = 0
    while True:
        head = cursor.take(1)[0]
        if head == 0:
            return fields
        delta, kind = head >> 4, head & 0x0F
        following = number + delta if delta else cursor.zigzag()
        if following <= number:
            raise UnreadableBytesError(f"fields are out of order at byte {cursor.at}")
        number = following
        fields[number] = _value(cursor, kind, depth)


def _value(cursor: ByteCursor, kind: int, depth: int) -> Any:
    if kind in (BOOL_TRUE, BOOL_FALSE):
        return kind == BOOL_TRUE
    if kind == BYTE:
        return cursor.take(1)[0]
    if kind in (I16, I32, I64):
        return cursor.zigzag()
    if kind == BINARY:
        return cursor.take(cursor.varint())
    if kind == LIST:
        return _list(cursor, depth)
    if kind == STRUCT:
        return read_struct(cursor, depth + 1)
    raise UnreadableBytesError(f"a type that Parquet does not use at byte {cursor.at}")


def _list(cursor: ByteCursor, depth: int) -> list[Any]:
    head = cursor.take(1)[0]
    count, kind = head >> 4, head & 0x0F
    if count == 15:
        count = cursor.varint()
    if count > len(cursor.data):
        raise UnreadableBytesError(f"a list is longer than the file at byte {cursor.at}")
    if kind in (BOOL_TRUE, BOOL_FALSE):
        return [cursor.take(1)[0] == BOOL_TRUE for _ in range(count)]
    return [_value(cursor, kind, depth + 1) for _ in range(count)]
