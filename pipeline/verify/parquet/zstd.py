"""Walks a Zstandard frame block by block, so that no byte in it, before it or behind it goes unread (RFC 8878)."""

from __future__ import annotations

from offduty.verify.parquet.thrift import UnreadableBytesError

MAGIC = b"\x28\xb5\x2f\xfd"
RAW, RLE, COMPRESSED = 0, 1, 2


def check_frame(data: bytes) -> None:
    """Raise `UnreadableBytesError` unless ``data`` is one frame from its first byte to its last: no skippable frame,
    nothing behind.

    The frame's declared content size is left to whoever decompresses it.
    """
    if data[:4] != MAGIC or len(data) < 6:
        raise UnreadableBytesError("a page does not begin with a Zstandard frame")
    descriptor = data[4]
    if descriptor & 0b0001_1000:
        raise UnreadableBytesError("a Zstandard frame uses bits that are to be zero")
    at = _blocks(data, 5 + _header_rest(descriptor))
    at += 4 if descriptor & 0b100 else 0  # the checksum
    if at != len(data):
        raise UnreadableBytesError("a page holds bytes behind its Zstandard frame")


def _header_rest(descriptor: int) -> int:
    """How many bytes of the header follow the descriptor: window, dictionary id, content size."""
    single = bool(descriptor & 0b10_0000)
    dictionary = (0, 1, 2, 4)[descriptor & 0b11]
    size = (1 if single else 0, 2, 4, 8)[descriptor >> 6]
    if dictionary:
        raise UnreadableBytesError("a Zstandard frame names a dictionary of its own")
    return (0 if single else 1) + size


def _blocks(data: bytes, at: int) -> int:
    """Where the last block ends."""
    last = False
    while not last:
        if at + 3 > len(data):
            raise UnreadableBytesError("a Zstandard frame is cut short")
        head = int.from_bytes(data[at : at + 3], "little")
        last, kind, size = bool(head & 1), head >> 1 & 3, head >> 3
        if kind not in (RAW, RLE, COMPRESSED):
            raise UnreadableBytesError("a Zstandard block is of no known kind")
        at += 3 + (1 if kind == RLE else size)
    return at
