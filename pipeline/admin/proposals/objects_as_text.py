"""Finds the members of the objects in the beginning of an NDJSON or a GeoJSON text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from offduty.admin.proposals.sample import ColumnSample
from offduty.core.crs import geojson_in_degrees


@dataclass(frozen=True)
class ObjectRows:
    """The members of some objects as columns, how many objects there are, and which members are objects or lists.

    ``points`` is True where the geometry of one is a point, ``bad_lines`` counts lines that are no object.
    ``in_degrees`` is False where GeoJSON names a coordinate system other than longitude and latitude.
    """

    columns: dict[str, ColumnSample]
    rows: int
    nested: tuple[str, ...] = ()
    points: bool = False
    bad_lines: int = 0
    in_degrees: bool = True


def read_lines(text: str, whole: bool) -> ObjectRows:
    """The objects of an NDJSON text, one a line; the last line of a part may be cut in two and is left out."""
    lines = [line for line in text.split("\n") if line.strip()]
    read = [_object(line) for line in (lines if whole else lines[:-1])]
    objects = [found for found in read if found is not None]
    return _columns(objects, bad_lines=len(read) - len(objects))


def read_features(text: str, whole: bool) -> ObjectRows | None:
    """The properties of the features of a GeoJSON text; None where it is no FeatureCollection and no Feature."""
    features = list(_features(text, whole))
    if not features:
        return None
    properties = [found if isinstance(found := feature.get("properties"), dict) else {} for feature in features]
    kinds = {found.get("type") for feature in features if isinstance(found := feature.get("geometry"), dict)}
    in_degrees = all(geojson_in_degrees(dict(part)) for part in (_head(text), *features))
    return replace(_columns(properties, points="Point" in kinds), in_degrees=in_degrees)


def _head(text: str) -> dict[str, Any]:
    """The coordinate system that a collection names before its features, as programs write it; empty where none."""
    begin = re.match(r'[^\[]*?"crs"\s*:\s*', text.split('"features"', 1)[0])
    if begin is None:
        return {}
    try:
        return {"crs": json.JSONDecoder().raw_decode(text, begin.end())[0]}
    except (ValueError, RecursionError):
        return {}


def _features(text: str, whole: bool) -> Iterator[Mapping[str, Any]]:
    """The features one after the other: a part has no end that a parser of whole documents needs."""
    if whole and (one := _object(text)) is not None and one.get("type") == "Feature":
        yield one
        return
    begin = re.search(r'"features"\s*:\s*\[', text)
    at = len(text) if begin is None else begin.end()
    decoder = json.JSONDecoder()
    while (found := re.compile(r"[\s,]*(?=\{)").match(text, at)) is not None:
        try:
            feature, at = decoder.raw_decode(text, found.end())
        except (ValueError, RecursionError):
            return
        yield feature


def _object(line: str) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _columns(objects: Iterable[Mapping[str, Any]], points: bool = False, bad_lines: int = 0) -> ObjectRows:
    rows = list(objects)
    names = list(dict.fromkeys(name for row in rows for name in row))
    nested = [name for name in names if any(isinstance(row.get(name), dict | list) for row in rows)]
    columns = {name: ColumnSample([_text(row.get(name)) for row in rows]) for name in names if name not in nested}
    return ObjectRows(columns, len(rows), tuple(nested), points, bad_lines)


def _text(value: object) -> str | None:
    """A value as the filter reads it: texts without quotes, everything else as JSON."""
    return value if value is None or isinstance(value, str) else json.dumps(value)
