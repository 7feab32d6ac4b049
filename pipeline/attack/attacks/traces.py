"""Attacks 9 and 14, traces. Who: A with the release's files (9), D with logs, manifests, ledgers and whatever files a run leaves (14).

What: values of hidden rows in statistics, footers, dictionary pages, compressed pages, messages, spill files or a dump of memory. Shown for
writers of Arrow, Parquet and GeoParquet; a peer of ours logs suppressed coordinates. How: planted values are looked for in the bytes, as
text, as doubles and as WKB points, also within every zstd frame.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

import pyarrow as pa

ZSTD = b"\x28\xb5\x2f\xfd"


def forms(lon: float, lat: float) -> Iterator[bytes]:
    """How a position may stand in a file: text to six decimals and in full, doubles of both byte orders, a WKB point."""
    for degrees in (lon, lat):
        text = f"{degrees:.7f}"
        yield text.encode()
        yield text[:-1].encode()
        yield struct.pack("<d", degrees)
        yield struct.pack(">d", degrees)
    yield struct.pack("<BIdd", 1, 1, lon, lat)


def unpacked(raw: bytes) -> Iterator[bytes]:
    """The bytes as they are, and what each zstd frame in them holds."""
    yield raw
    place = raw.find(ZSTD)
    while place >= 0:
        try:
            yield pa.input_stream(pa.py_buffer(raw[place:]), compression="zstd").read()
        except (OSError, pa.ArrowInvalid):  # another frame or none follows: what could be read of this one is lost
            yield b"".join(_piecewise(raw[place:]))
        place = raw.find(ZSTD, place + 1)


def _piecewise(raw: bytes) -> Iterator[bytes]:
    stream = pa.input_stream(pa.py_buffer(raw), compression="zstd")
    while True:
        try:
            piece = stream.read(256)
        except (OSError, pa.ArrowInvalid):
            return
        if not piece:
            return
        yield piece


def attack(planted: Iterable[bytes], raw: bytes) -> int:
    """How many of the planted values are found."""
    texts = list(unpacked(raw))
    return sum(any(value in text for text in texts) for value in planted)
