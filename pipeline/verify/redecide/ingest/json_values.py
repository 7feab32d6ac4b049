"""Reads JSON: objects with the first value of each name, numbers with their digits, and values as text."""

from __future__ import annotations

import json
from math import isfinite
from typing import Any

Values = dict[str, Any]


class WrittenNumber(float):
    """A number of JSON with a fraction or an exponent, with its digits as they are written."""

    written: str

    def __new__(cls, text: str) -> WrittenNumber:
        number = super().__new__(cls, text)
        number.written = text
        return number


def read_json(text: str, *, with_digits: bool = False) -> Any:
    """A JSON document; of a name that is there twice in an object the first value counts.

    ``with_digits`` makes numbers with a fraction or an exponent `WrittenNumber`.
    """
    return json.loads(text, object_pairs_hook=_first_value_wins, parse_float=WrittenNumber if with_digits else None)


def _first_value_wins(pairs: list[tuple[str, Any]]) -> Values:
    return dict(reversed(pairs))


def text_of_json(value: Any) -> str | None:
    """A JSON value as text; a value that is not text is written as JSON."""
    if value is None or isinstance(value, str):
        return value
    if type(value) is int or (isinstance(value, float) and isfinite(value)):
        return repr(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def as_written(value: Any) -> str | None:
    """A JSON value as text, a number with the digits that it was written with."""
    return value.written if isinstance(value, WrittenNumber) else text_of_json(value)


def plain_degrees(holder: Values) -> bool:
    """Whether a GeoJSON object names no coordinate reference system, or WGS 84 with longitude and latitude."""
    return "crs" not in holder or names_wgs84(holder["crs"])


def names_wgs84(crs: object) -> bool:
    """Whether a `crs` member names CRS84 or EPSG:4326, in any of the usual forms."""
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    return isinstance(name, str) and name.upper().rpartition(":")[2] in ("CRS84", "4326")
