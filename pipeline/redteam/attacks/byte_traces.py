"""Attacks 9 and 14, traces (threat-model#attack-9, threat-model#attack-14). Who: A with the release's files (9), D with
logs, manifests, ledgers and whatever else a run leaves (14).

What: values of hidden rows in statistics, footers, dictionary pages, compressed pages, messages, spill files or a dump
of memory. From published findings on the writers of Arrow, Parquet and GeoParquet, and a similar tool that logs
suppressed coordinates. How: planted values are searched in the bytes, as text, as doubles and as WKB points, and in the
content of every zstd frame.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from contextlib import suppress

import pyarrow as pa

ZSTD = b"\x28\xb5\x2f\xfd"


def forms(lon: float, lat: float) -> Iterator[bytes]:
    """The forms that a position may have in a file: text with seven and six decimals, doubles in both byte orders, and
    a WKB point.
    """
    for degrees in (lon, lat):
        text = f"{degrees:.7f}"
        yield text.encode()
        yield text[:-1].encode()
        yield struct.pack("<d", degrees)
        yield struct.pack(">d", degrees)
    yield struct.pack("<BIdd", 1, 1, lon, lat)


def unpacked(raw: bytes) -> Iterator[bytes]:
    """The bytes as they are, and the content of each zstd frame in them; what only looks like a frame is skipped."""
    yield raw
    place = raw.find(ZSTD)
    while place >= 0:
        frame = raw[place : frame_end(raw, place)]
        with suppress(OSError, pa.ArrowInvalid):
            yield pa.input_stream(pa.py_buffer(frame), compression="zstd").read()
        place = raw.find(ZSTD, place + 1)


def frame_end(raw: bytes, place: int) -> int:
    """Where the zstd frame that begins at `place` ends (RFC 8878, 3.1.1). Arrow loses the end of a frame that is
    followed by other bytes, so it is given exactly one.
    """
    if place + 5 > len(raw):
        return len(raw)
    flags = raw[place + 4]
    single, checksum = flags >> 5 & 1, flags >> 2 & 1
    size_bytes = (single, 2, 4, 8)[flags >> 6]
    here = place + 5 + (1 - single) + (0, 1, 2, 4)[flags & 3] + size_bytes
    while here + 3 <= len(raw):
        block = int.from_bytes(raw[here : here + 3], "little")
        here += 3 + (1 if block >> 1 & 3 == 1 else block >> 3)
        if block & 1:
            return here + 4 * checksum
    return len(raw)


def attack(planted: Iterable[bytes], raw: bytes) -> int:
    """How many of the planted values are found in the bytes."""
    texts = list(unpacked(raw))
    return sum(any(value in text for text in texts) for value in planted)
