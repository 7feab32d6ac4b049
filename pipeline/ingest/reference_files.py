"""Reads the reference tables as text, so that each room settles for itself what it can read of its table.

Every column comes as it is written: instants and numbers as text, geometry as WKB in hex, WKT or GeoJSON.
Parquet instants become text with their offset (``Z``) or without one, which keeps apart instants and wall times.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from offduty.arrays.arrow import string_array, to_arrow
from offduty.arrays.dictionary import without_empty_rows
from offduty.config.contracts import contract
from offduty.core.crs import geojson_in_degrees, geoparquet_in_degrees
from offduty.core.errors import InputError
from offduty.ingest.duckdb_session import DuckDBSession, unreadable
from offduty.ingest.quoting import identifier
from offduty.ingest.sources import Source
from offduty.ingest.text_files import AS_READ, check_columns, open_text


@dataclass(frozen=True)
class ReferenceTable:
    """A reference table: ``file`` int32, ``row`` int64 and the contract's columns; and what a manifest says of reading
    it.
    """

    rows: pa.Table
    counts: dict[int, int]
    ignored: frozenset[str] = frozenset()
    read_as_utc: frozenset[str] = field(default_factory=frozenset)


def read_reference(engine: DuckDBSession, table: str, sources: Iterable[Source]) -> ReferenceTable:
    """The written rows of a table; raises `InputError` where a file cannot be read or lacks a column."""
    parts = [_read(engine, source) for source in sources if source.table == table]
    rows = pa.concat_tables([part.rows for part in parts]) if parts else _empty(table)
    return ReferenceTable(
        rows=without_empty_rows(rows.combine_chunks()),
        counts={number: count for part in parts for number, count in part.counts.items()},
        ignored=frozenset().union(*(part.ignored for part in parts)),
        read_as_utc=frozenset().union(*(part.read_as_utc for part in parts)),
    )


def _empty(table: str) -> pa.Table:
    names = contract(table).names
    kinds = [pa.int32(), pa.int64(), *(pa.string() for _ in names)]
    return pa.schema(list(zip(["file", "row", *names], kinds, strict=True))).empty_table()


def _read(engine: DuckDBSession, source: Source) -> ReferenceTable:
    if source.kind == "geojson":
        return _read_geojson(engine, source)
    return _read_parquet(engine, source) if source.kind == "parquet" else _read_text(engine, source)


def _read_text(engine: DuckDBSession, source: Source) -> ReferenceTable:
    columns = open_text(engine, source)
    try:
        rows = engine.con.sql(f'SELECT * EXCLUDE ("{AS_READ}") FROM input_text').to_arrow_table()
    except duckdb.Error as error:
        raise unreadable(source, error) from None
    read_as_utc = {name for name in _instants(source) & set(columns) if _lacks_offset(engine, rows, name)}
    return _table(source, rows, columns, read_as_utc)


def _lacks_offset(engine: DuckDBSession, rows: pa.Table, name: str) -> bool:
    """Whether some instant of a text column was written without an offset."""
    engine.con.register("reference_rows", rows)
    query = f"SELECT bool_or(lacks_offset({identifier(name)})) FROM reference_rows"
    answer = engine.con.execute(query).fetchall()[0][0]
    engine.con.unregister("reference_rows")
    return bool(answer)


def _table(source: Source, found: pa.Table, columns: list[str], read_as_utc: set[str]) -> ReferenceTable:
    names = contract(source.table).names
    file = to_arrow(np.full(found.num_rows, source.number, np.int32), pa.int32())
    arrays = [file, found["row"].cast(pa.int64()), *(found[name].cast(pa.string()) for name in names)]
    rows = pa.Table.from_arrays(arrays, ["file", "row", *names])
    ignored = frozenset(name for name in columns if name not in names)
    return ReferenceTable(rows, {source.number: found.num_rows}, ignored, frozenset(read_as_utc))


def _read_parquet(engine: DuckDBSession, source: Source) -> ReferenceTable:
    try:
        file = pq.ParquetFile(source.path)
        names = list(file.schema_arrow.names)
        renamed = _geometry_name(file, names, source.table)
        check_columns(source, [renamed.get(name, name) for name in names])
        _check_names(source, names)
        _check_geometry(source, file, renamed)
        wanted = [name for name in names if renamed.get(name, name) in contract(source.table).names]
        found = pq.ParquetFile(source.path).read(wanted)
    except (pa.ArrowException, OSError, ValueError):
        raise InputError("the file cannot be read as Parquet; it may be cut short", file=source.name) from None
    found = found.rename_columns([renamed.get(name, name) for name in found.column_names])
    columns = [renamed.get(name, name) for name in names]
    row = to_arrow(np.arange(found.num_rows, dtype=np.int64), pa.int64())
    as_text = _as_text(engine, source, found.append_column("row", row))
    zoneless = {f.name for f in found.schema if pa.types.is_timestamp(f.type) and not f.type.tz} & _instants(source)
    texts_ = {f.name for f in found.schema if not pa.types.is_timestamp(f.type)} & _instants(source)
    zoneless |= {name for name in texts_ if _lacks_offset(engine, as_text, name)}
    return _table(source, as_text, columns, zoneless)


def _instants(source: Source) -> set[str]:
    """The columns of the source's table that hold instants."""
    return {column.name for column in contract(source.table).columns if column.type == "instant"}


def _check_names(source: Source, names: list[str]) -> None:
    if len(set(names)) < len(names):
        raise InputError("two columns have the same name", file=source.name)


def _check_geometry(source: Source, file: pq.ParquetFile, renamed: dict[str, str]) -> None:
    """GeoParquet says in which system its geometry is: degrees of another datum would put a fence aside of its home."""
    columns = _geo(file).get("columns") or {}
    about = columns.get(next(iter(renamed), "geometry")) or {}
    if not geoparquet_in_degrees(about):
        raise InputError("the geometry is not WKB in longitude and latitude (WGS 84)", file=source.name)


def _geo(file: pq.ParquetFile) -> dict[str, Any]:
    told = json.loads((file.schema_arrow.metadata or {}).get(b"geo", b"{}"))
    return told if isinstance(told, dict) else {}


def _geometry_name(file: pq.ParquetFile, names: list[str], table: str) -> dict[str, str]:
    """GeoParquet says itself which column is the geometry; it counts where none is called so."""
    if "geometry" in names or "geometry" not in contract(table).names:
        return {}
    primary = _geo(file).get("primary_column")
    return {primary: "geometry"} if primary in names else {}


def _as_text(engine: DuckDBSession, source: Source, found: pa.Table) -> pa.Table:
    """Every column as text; WKB in hex. Raises `InputError` for a type that a column cannot have."""
    picked = []
    plain = []
    for column in contract(source.table).columns:
        name = identifier(column.name)
        if column.name not in found.column_names:
            picked.append(f"NULL AS {name}")
            continue
        held = found[column.name]
        storage = held.type.storage_type if isinstance(held.type, pa.BaseExtensionType) else held.type
        plain.append((column.name, held.cast(storage) if storage != held.type else held))
        picked.append(_cast(source, column.name, column.type, storage))
    plain.append(("row", found["row"]))
    engine.con.register("found", pa.Table.from_arrays([held for _, held in plain], [name for name, _ in plain]))
    result = engine.con.sql(f"SELECT row, {', '.join(picked)} FROM found").to_arrow_table()
    engine.con.unregister("found")
    return result


def _cast(source: Source, name: str, role: str, held: pa.DataType) -> str:
    column = identifier(name)
    value = held.value_type if pa.types.is_dictionary(held) else held
    if role == "geometry":
        if not (
            _is_text(value) or pa.types.is_binary(value) or pa.types.is_large_binary(value) or pa.types.is_null(value)
        ):
            raise _wrong_type(source, name, "WKB, or WKT as text")
        return f"{column}::VARCHAR AS {column}" if _is_text(value) else f"hex({column}) AS {column}"
    if role in ("instant", "wall_time") and pa.types.is_timestamp(value):
        moment = column if value.unit == "us" else f"{column}::TIMESTAMP" + ("TZ" if value.tz else "")
        zulu = "Z" if value.tz else ""
        naive = f"({moment} AT TIME ZONE 'UTC')" if value.tz else moment
        return f"strftime({naive}, '%Y-%m-%dT%H:%M:%S.%f{zulu}') AS {column}"
    if role in ("degrees", "metres"):
        if not (
            _is_text(value)
            or pa.types.is_integer(value)
            or pa.types.is_floating(value)
            or pa.types.is_decimal(value)
            or pa.types.is_null(value)
        ):
            raise _wrong_type(source, name, "a number")
    elif not (_is_text(value) or pa.types.is_integer(value) or pa.types.is_null(value) or pa.types.is_date(value)):
        raise _wrong_type(source, name, "text")
    return f"{column}::VARCHAR AS {column}"


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _wrong_type(source: Source, name: str, wanted: str) -> InputError:
    return InputError(f"the column {name!r} has the wrong type: {wanted} is expected", file=source.name)


def _read_geojson(engine: DuckDBSession, source: Source) -> ReferenceTable:
    """One row a feature: its properties, and its geometry as GeoJSON text."""
    try:
        document = json.loads(source.path.read_bytes())
        features = document["features"] if document["type"] == "FeatureCollection" else [document]
        properties = [_properties(feature) for feature in features]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise InputError(
            "the file cannot be read as GeoJSON: a FeatureCollection is expected", file=source.name
        ) from None
    if not all(geojson_in_degrees(holder) for holder in (document, *features)):
        raise InputError("the coordinates are not in WGS 84; write them in longitude and latitude", file=source.name)
    names = sorted({name for row in properties for name in row})
    if properties:
        check_columns(source, [*names, "geometry"])
    columns = [string_array([_written(row.get(name)) for row in properties]) for name in contract(source.table).names]
    row = to_arrow(np.arange(len(properties), dtype=np.int64), pa.int64())
    found = pa.Table.from_arrays([row, *columns], ["row", *contract(source.table).names])
    read_as_utc = {name for name in _instants(source) & set(names) if _lacks_offset(engine, found, name)}
    return _table(source, found, names, read_as_utc)


def _properties(feature: dict[str, Any]) -> dict[str, Any]:
    return {**(feature.get("properties") or {}), "geometry": feature.get("geometry")}


def _written(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value)
