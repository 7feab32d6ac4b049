"""Reads reference tables as rows of text, from CSV, NDJSON, Parquet, GeoJSON or GeoParquet.

A row is a dict of its columns. Values are text, None (missing), bytes (WKB) or a dict (a GeoJSON geometry). The rules
are specification#input-formats and specification#columns-by-name.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from offduty.core.errors import InputError
from offduty.verify.redecide.model import InputFile
from offduty.verify.redecide.text_values import blank, read_id

COLUMNS = {
    "assignments": ("device_id", "officer_id", "valid_from", "valid_to", "recorded_at"),
    "roster": (
        "shift_id",
        "officer_id",
        "starts_at",
        "ends_at",
        "timezone",
        "duty_code",
        "status",
        "recorded_at",
        "recorded_by",
    ),
    "places": (
        "place_id",
        "officer_id",
        "kind",
        "geometry",
        "lon",
        "lat",
        "radius_m",
        "valid_from",
        "valid_to",
        "recorded_at",
    ),
    "sites": ("site_id", "geometry", "lon", "lat", "radius_m"),
}
REQUIRED: dict[str, set[str]] = {
    "assignments": {"device_id", "officer_id", "valid_from"},
    "roster": {"shift_id", "officer_id", "starts_at", "ends_at", "duty_code", "status", "recorded_at"},
    "places": {"kind"},
    "sites": set(),
}
LONGEST_CELL = 1 << 26
UNREADABLE = (OSError, UnicodeDecodeError, ValueError, csv.Error, pa.ArrowException, RecursionError)
Values = dict[str, Any]


@dataclass(frozen=True)
class ReferenceRow:
    """One row that is not empty: the number of its file, its number in it from 0, and its values by column."""

    file: int
    row: int
    values: Values

    def text(self, column: str) -> str | None:
        """The value as text; None where it is missing or blank."""
        value = self.values.get(column)
        return None if value is None or blank(value) else str(value)

    def id(self, column: str) -> str | None:
        """The id; None where it is missing or cannot be read."""
        return read_id(self.values.get(column))


def read_table(source: InputFile) -> tuple[list[ReferenceRow], int]:
    """The rows of a reference file that are not empty, and how many rows it has in all.

    Raises `InputError` where the file cannot be read, or a required column is missing.
    """
    try:
        named, every = _read(source)
    except UNREADABLE as error:
        raise InputError("the file cannot be read", file=source.name) from error
    if named is not None and not REQUIRED[source.table] <= named:
        raise InputError("a required column is missing", file=source.name)
    columns = COLUMNS[source.table]
    rows = [ReferenceRow(source.number, at, each) for at, each in enumerate(every) if not _empty(each, columns)]
    return rows, len(every)


def _empty(values: Values, columns: tuple[str, ...]) -> bool:
    return all(blank(values.get(column)) for column in columns)


def _read(source: InputFile) -> tuple[set[str] | None, list[Values]]:
    """The names of the columns, None where the file names none, and the rows."""
    ending = source.name.rpartition(".")[2].lower()
    if ending in ("parquet", "geoparquet"):
        return _parquet(source)
    if ending in ("ndjson", "jsonl", "json", "geojson"):
        rows = list(_ndjson(source) if ending in ("ndjson", "jsonl") else _geojson(source))
        return ({name for row in rows for name in row} if rows else None), rows
    return _csv(source)


@contextmanager
def long_csv_cells() -> Iterator[None]:
    """Raises the limit of Python's CSV reader for the length of a cell, and restores it afterwards."""
    before = csv.field_size_limit(LONGEST_CELL)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _csv(source: InputFile) -> tuple[set[str], list[Values]]:
    with source.path.open(encoding="utf-8-sig", newline="") as file, long_csv_cells():
        lines = csv.reader(file, strict=True)
        header = next(lines, None)
        if header is None or len(set(header)) < len(header):
            raise ValueError("there is no header, or it names a column twice")
        return set(header), [dict(zip(header, line, strict=True)) for line in lines if line]


def first_value_wins(pairs: list[tuple[str, Any]]) -> Values:
    """A JSON object; of a name that is there twice the first value counts."""
    return dict(reversed(pairs))


def lines_of(source: InputFile) -> Iterator[bytes]:
    """The lines of an NDJSON file that are not blank."""
    with source.path.open("rb") as file:
        yield from (line for line in file if line.strip())


def _ndjson(source: InputFile) -> Iterator[Values]:
    for line in lines_of(source):
        row = json.loads(line, object_pairs_hook=first_value_wins)
        values = row if isinstance(row, dict) else {}
        yield {name: _geometry_or_text(name, value) for name, value in values.items()}


def _geojson(source: InputFile) -> Iterator[Values]:
    document = json.loads(source.path.read_text(encoding="utf-8-sig"))
    if not isinstance(document, dict) or not plain_degrees(document):
        raise ValueError("a FeatureCollection in WGS 84 is expected")
    for feature in document.get("features", [document]):
        if not isinstance(feature, dict) or not plain_degrees(feature):
            raise ValueError("a Feature in WGS 84 is expected")
        values = feature.get("properties") or {}
        texts = {name: text_of_json(value) for name, value in values.items() if name != "geometry"}
        yield {**texts, "geometry": feature.get("geometry")}


def plain_degrees(holder: Values) -> bool:
    """Whether a GeoJSON object names no coordinate reference system, or WGS 84 with longitude and latitude."""
    return "crs" not in holder or names_wgs84(holder["crs"])


def names_wgs84(crs: object) -> bool:
    """Whether a `crs` member names CRS84 or EPSG:4326, in any of the usual forms."""
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    return isinstance(name, str) and name.upper().rpartition(":")[2] in ("CRS84", "4326")


def _geometry_or_text(name: str, value: Any) -> Any:
    return value if name == "geometry" and isinstance(value, dict) else text_of_json(value)


def text_of_json(value: Any) -> str | None:
    """A JSON value as text; a value that is not text is written as JSON."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _parquet(source: InputFile) -> tuple[set[str], list[Values]]:
    file = pq.ParquetFile(source.path)
    schema = file.schema_arrow
    if len(set(schema.names)) != len(schema.names):
        raise ValueError("two columns have the same name")
    own = _own_geometry(schema) if "geometry" in COLUMNS[source.table] else None
    named = {name: name for name in COLUMNS[source.table] if name in schema.names and name != "geometry"}
    named |= {} if own is None else {"geometry": own}
    table = file.read(columns=list(named.values()))
    columns = [texts_of(table.column(name)) for name in named.values()]
    rows = [dict(zip(named, cells, strict=True)) for cells in zip(*columns, strict=True)]
    return set(named), rows if named else [{} for _ in range(file.metadata.num_rows)]


def _own_geometry(schema: pa.Schema) -> str | None:
    """The geometry column: `geometry`, or the one that GeoParquet's metadata names. It must be WKB in WGS 84."""
    metadata = json.loads((schema.metadata or {}).get(b"geo", b"{}"))
    name = "geometry" if "geometry" in schema.names else metadata.get("primary_column")
    about = metadata.get("columns", {}).get(name, {})
    if about.get("encoding", "WKB") != "WKB" or about.get("edges", "planar") != "planar":
        raise ValueError("WKB with straight edges is expected")
    if "crs" in about and _authority(about["crs"]) not in (("OGC", "CRS84"), ("EPSG", "4326")):
        raise ValueError("longitude and latitude on WGS 84 are expected")
    return name if name in schema.names else None


def _authority(crs: object) -> tuple[str, str] | None:
    """The authority and the code of a PROJJSON coordinate reference system."""
    known = crs.get("id") if isinstance(crs, dict) else None
    return (str(known.get("authority")), str(known.get("code"))) if isinstance(known, dict) else None


def texts_of(column: pa.ChunkedArray | pa.Array) -> list[Any]:
    """A Parquet column as text: timestamps as ISO 8601, with `Z` if they have a time zone; bytes are not changed."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.cast(kind.value_type), kind.value_type
    if pa.types.is_timestamp(kind):
        return _times(column, kind)
    if pa.types.is_floating(kind):
        return [None if value is None else str(_narrow(kind)(value)) for value in column.to_pylist()]
    values = column.to_pylist()
    return values if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) else [_plain(value) for value in values]


def _narrow(kind: pa.DataType) -> Any:
    """The numpy type whose digits a number is written with, so that 0.1 in four bytes is still 0.1."""
    return {16: np.float16, 32: np.float32}.get(kind.bit_width, np.float64)


def _plain(value: Any) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    return value if value is None or isinstance(value, str) else str(value)


def _times(column: pa.ChunkedArray, kind: pa.DataType) -> list[str | None]:
    counts = column.cast(pa.int64()).to_pylist()
    per_second = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[kind.unit]
    ending = "Z" if kind.tz else ""
    return [None if n is None else _written(n * 10**6 // per_second) + ending for n in counts]


def _written(micros: int) -> str:
    if not -(1 << 62) < micros < 1 << 62:
        return "out of range"
    return str(np.datetime_as_string(np.datetime64(micros, "us")))
