"""The canonical text of a reference row, written a second time from specification#canonical-row alone.

It is a JSON array in ASCII: the table's name, then the value of each column of the contract, in order.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from offduty.verify.redecide.geofence.read_geometry import Ring, UnusableGeometryError, usable_geometry
from offduty.verify.redecide.ingest.declared_numbers import UNREADABLE_TEXT
from offduty.verify.redecide.ingest.json_values import read_json
from offduty.verify.redecide.ingest.reference_row import KnownRow
from offduty.verify.redecide.tables import COLUMNS, NUMBERS, TIMES
from offduty.verify.redecide.text_values import WHITE, Form, blank, no_time, number, read_id, written_time

IDS = frozenset({"device_id", "officer_id", "shift_id", "place_id", "site_id"})
NOT_AS_DECLARED = "not as declared"
WKB_KINDS = {"Point": 1, "Polygon": 3, "MultiPolygon": 6}


def row_texts(table: str) -> Callable[[KnownRow], str]:
    """What gives the text of each row of a table."""
    name, writers = json.dumps(table), [(column, _writer(column)) for column in COLUMNS[table]]

    def text(known: KnownRow) -> str:
        of_row = known.row.values
        values = [name, *[write(of_row.get(column)) for column, write in writers]]
        return "[" + ",".join([*values, "true"] if known.doubtful else values) + "]"

    return text


def _writer(column: str) -> Callable[[Any], str]:
    if column in IDS:
        return _id
    if column in TIMES:
        return _time
    if column in NUMBERS:
        return _number
    return _geometry if column == "geometry" else _text


def _id(value: Any) -> str:
    read = read_id(value)
    bare = "" if value is None else str(value).strip(WHITE)
    if read is None:
        return _text(bare) if bare[:1] in ("[", "{") else "null"
    return _text(read)


def _time(value: Any) -> str:
    if no_time(value):
        return "null"
    read = written_time(value)
    if read is None:
        return _text(_as_the_filter_says(str(value)))
    micros, form = read
    if form is Form.DAY:
        return _text(value)
    return str(micros) if form is Form.INSTANT else f"[{micros}]"


def _as_the_filter_says(text: str) -> str:
    mine = f"{UNREADABLE_TEXT}: "
    return f"{NOT_AS_DECLARED}: {text.removeprefix(mine)}" if text.startswith(mine) else text


def _number(value: Any) -> str:
    if blank(value):
        return "null"
    read = number(str(value).strip(WHITE))
    return '"?"' if read is None else repr(read + 0.0)


def _text(value: Any) -> str:
    if blank(value):
        return "null"
    text = str(value)
    if text[:1] in ("[", "{"):
        with suppress(ValueError, RecursionError):
            text = _compact(read_json(text))
    return json.dumps(text)


def _compact(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _geometry(value: Any) -> str:
    if blank(value):
        return "null"
    try:
        kind, polygons = usable_geometry(value)
    except UnusableGeometryError:
        if isinstance(value, bytes):
            return json.dumps(value.hex().upper())
        return json.dumps(_compact(value)) if isinstance(value, dict) else _text(value)
    return json.dumps(_wkb(kind, polygons).hex().upper())


def _wkb(kind: str, polygons: tuple[tuple[Ring, ...], ...]) -> bytes:
    """Well-known binary, little-endian, in two dimensions."""
    head = struct.pack("<BI", 1, WKB_KINDS[kind])
    if kind == "Point":
        return head + _points(polygons[0][0])
    if kind == "Polygon":
        return head + _rings(polygons[0])
    return head + struct.pack("<I", len(polygons)) + b"".join(_wkb("Polygon", (rings,)) for rings in polygons)


def _rings(rings: tuple[Ring, ...]) -> bytes:
    each = (struct.pack("<I", len(ring)) + _points(ring) for ring in rings)
    return struct.pack("<I", len(rings)) + b"".join(each)


def _points(ring: Ring) -> bytes:
    return (ring + 0.0).astype("<f8").tobytes()
