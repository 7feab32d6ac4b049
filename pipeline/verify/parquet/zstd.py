"""Walks a Zstandard frame (RFC 8878) block by block, so that no byte in it, before it or after it is left unread."""

from __future__ import annotations

from offduty.verify.parquet.thrift import UnreadableBytesError

MAGIC = b"\x28\xb5\x2f\xfd"
RAW, RLE, COMPRESSED = 0, 1, 2


def check_frame(data: bytes) -> None:
    """Raise `UnreadableBytesError` unless ``data`` is exactly one frame: no skippable frame, and no bytes after it.

    Whoever decompresses the frame checks its declared content size.
    """
    if data[:4] != MAGIC or len(data) < 6:
        raise UnreadableBytesError("a page does not start with a Zstandard frame")
    descriptor = data[4]
    if descriptor & 0b0001_1000:
        raise UnreadableBytesError("a Zstandard frame uses bits that must be zero")
    at = _blocks(data, 5 + _header_rest(descriptor))
    at += 4 if descriptor & 0b100 else 0  # the checksum
    if at != len(data):
        raise UnreadableBytesError("a page has bytes after its Zstandard frame")


def _header_rest(descriptor: int) -> int:
    """How many bytes of the header follow the descriptor: window, dictionary id, content size."""
    single = bool(descriptor & 0b10_0000)
    dictionary = (0, 1, 2, 4)[descriptor & 0b11]
    size = (1 if single else 0, 2, 4, 8)[descriptor >> 6]
    if dictionary:
        raise UnreadableBytesError("a Zstandard frame refers to a dictionary")
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
            raise UnreadableBytesError("a Zstandard block is of an unknown kind")
        at += 3 + (1 if kind == RLE else size)
    return at
