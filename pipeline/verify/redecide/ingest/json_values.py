"""Reads JSON: objects with the first value of each name, and values as text."""

from __future__ import annotations

import json
from math import isfinite
from typing import Any

Values = dict[str, Any]


def read_json(text: str) -> Any:
    """A JSON document; of a name that is there twice in an object the first value counts."""
    return json.loads(text, object_pairs_hook=_first_value_wins)


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
