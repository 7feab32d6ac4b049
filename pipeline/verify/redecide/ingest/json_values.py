"""Reads JSON: rows and documents whose names are there once, and values as text."""

from __future__ import annotations

import json
from math import isfinite
from typing import Any

Values = dict[str, Any]


def read_json(text: str) -> Any:
    """A JSON document; of a name that is there twice in an object the first value counts."""
    return json.loads(text, object_pairs_hook=_first_value_wins)


def read_once_each(text: str) -> Any:
    """A JSON document; raises `ValueError` where an object in it has a name twice (specification#columns-by-name)."""
    return json.loads(text, object_pairs_hook=_once_each)


class DuplicateNames(dict[str, Any]):
    """An object that has a name twice, or holds an object that does; of such a name the first value is here."""


def read_row(text: str) -> Any:
    """A line of JSON; raises `ValueError` where it has a name twice. Inside a value the first of a name counts, and a
    value that is an object says so: it is a `DuplicateNames`.
    """
    outermost, doubled = list[tuple[str, Any]](), list[Values]()

    def keep(pairs: list[tuple[str, Any]]) -> Values:
        outermost[:] = pairs  # the last object that is complete is the row itself
        values = _first_value_wins(pairs)
        if len(values) < len(pairs):
            doubled.append(values)
        return values

    value = json.loads(text, object_pairs_hook=keep)
    row = _once_each(outermost) if isinstance(value, dict) else value
    return _marked(row, doubled) if doubled and isinstance(row, dict) else row


def _marked(row: Values, doubled: list[Values]) -> Values:
    """The row, in which each value that is or holds one of the objects is marked."""
    return {
        name: DuplicateNames(value) if isinstance(value, dict) and _holds(value, doubled) else value
        for name, value in row.items()
    }


def _holds(value: Any, those: list[Values]) -> bool:
    if any(value is one for one in those):
        return True
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(_holds(each, those) for each in inside)


def _once_each(pairs: list[tuple[str, Any]]) -> Values:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise ValueError("an object has a name twice")
    return values


def _first_value_wins(pairs: list[tuple[str, Any]]) -> Values:
    return dict(reversed(pairs))


def text_of_json(value: Any) -> str | None:
    """A JSON value as text; a value that is not text is written as JSON."""
    if value is None or isinstance(value, str):
        return value
    if type(value) is int or (isinstance(value, float) and isfinite(value)):
        return repr(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def plain_degrees(holder: Values) -> bool:
    """Whether a GeoJSON object names no coordinate reference system, or WGS 84 with longitude and latitude."""
    return "crs" not in holder or names_wgs84(holder["crs"])


def names_wgs84(crs: object) -> bool:
    """Whether a `crs` member names CRS84 or EPSG:4326, in any of the usual forms."""
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    return isinstance(name, str) and name.upper().rpartition(":")[2] in ("CRS84", "4326")
