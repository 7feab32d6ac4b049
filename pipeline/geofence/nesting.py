"""Finds geometries that are nested so deep that GEOS would break the process when it reads them.

GEOS (3.14) reads a collection in a collection by a function that calls itself, and a hundred thousand of them exhaust
the stack. No place and no site is a collection, so such a text has no meaning: it cannot be understood. It may go when
GEOS limits the depth itself.
"""

from __future__ import annotations

import struct
from typing import Any

DEEPEST = 100
"""Far more collections in each other than anybody draws, and far fewer than exhaust a stack."""
SHORT_BYTES = 4_000
"""A WKB that is no longer holds a few hundred geometries at most, each with its head of nine bytes."""
POINT, POLYGON, MULTIPOLYGON = 1, 3, 6
EWKB_SRID = 0x20000000
EWKB_DIMENSIONS = {0x80000000: 1, 0x40000000: 1}


def is_too_deep(form: str, value: Any) -> bool:
    """Whether a geometry may be nested too deep; ``form`` is wkb (of bytes), wkt or json (of text)."""
    if form == "wkt":
        return bool(str(value).upper().count("COLLECTION") > DEEPEST)
    if form == "json":
        return bool(str(value).count("{") > DEEPEST)
    return form == "wkb" and len(value) > SHORT_BYTES and not _is_flat(bytes(value))


def _is_flat(data: bytes) -> bool:
    """Whether WKB is a point, a polygon, or polygons side by side, as far as it can be read."""
    try:
        order, kind, _, at = _head(data, 0)
        if kind != MULTIPOLYGON:
            return kind in (POINT, POLYGON)
        (count,) = struct.unpack_from(order + "I", data, at)
        at += 4
        for _ in range(count):
            at = _after_polygon(data, at)
    except (struct.error, ValueError):
        return False
    return True


def _after_polygon(data: bytes, start: int) -> int:
    """Where a polygon ends; raises `ValueError` for another kind, `struct.error` where the bytes end before."""
    order, kind, axes, at = _head(data, start)
    if kind != POLYGON:
        raise ValueError("not a polygon")
    (rings,) = struct.unpack_from(order + "I", data, at)
    at += 4
    for _ in range(rings):
        (points,) = struct.unpack_from(order + "I", data, at)
        at += 4 + 8 * axes * points
    return at


def _head(data: bytes, at: int) -> tuple[str, int, int, int]:
    """Byte order, kind, number of axes, and where the rest begins: of WKB by ISO and with PostGIS's flags."""
    order = ">" if data[at : at + 1] == b"\0" else "<"
    (code,) = struct.unpack_from(order + "I", data, at + 1)
    flagged = code & 0xE0000000
    plain = code & ~0xE0000000
    axes = 2 + sum(more for flag, more in EWKB_DIMENSIONS.items() if flagged & flag) + (0, 1, 1, 2)[plain // 1000 % 4]
    return order, plain % 1000, axes, at + 5 + (4 if flagged & EWKB_SRID else 0)
