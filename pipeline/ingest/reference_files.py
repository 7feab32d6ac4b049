"""Reads the reference tables as text; `duty` and `geofence` decide what can be understood of each row.

Every column comes as it is written: instants and numbers as text, geometry as WKB in hex, WKT or GeoJSON. Parquet
timestamps become text with an offset (``Z``) if they have a zone, and without one if not: the first are instants, the
second may be wall times. Rule: specification#bad-reference-rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from offduty.arrays.arrow import Bools, is_null, one_chunk, string_array, taken, to_arrow, to_bools, to_ints
from offduty.arrays.dictionary import coded
from offduty.config.contracts import contract
from offduty.core.collector import no_collector
from offduty.core.crs import geojson_in_degrees, geoparquet_in_degrees
from offduty.core.errors import InputError
from offduty.core.ids import stripped
from offduty.core.times import any_lacks_offset
from offduty.geofence.geojson_values import plain_wkb
from offduty.ingest.columns import AS_READ, ColumnsError, check_columns, for_each, used_columns
from offduty.ingest.duckdb_session import DuckDBSession, reading_parquet, reading_text
from offduty.ingest.parquet_types import is_number, is_text
from offduty.ingest.plain_files import json_of
from offduty.ingest.plain_tables import plain_table
from offduty.ingest.quoting import identifier
from offduty.ingest.source_file import Source
from offduty.ingest.text_files import BLANK, contract_columns, header_of, open_text

_TEXT_OR_NOTHING = {str, type(None)}


@dataclass(frozen=True)
class ReferenceTable:
    """The rows of a reference table, and what the manifest says about how they were read.

    ``rows`` has ``file`` (int32), ``row`` (int64) and the contract's columns (string, or strings by a dictionary where
    the reader of the table takes them). ``counts`` has the number of rows of each file, with the empty ones, by the
    file's number. ``ignored`` and ``lacks_offset`` are names of columns: those that are not in the contract, and those
    in which some instant has no offset.
    """

    rows: pa.Table
    counts: dict[int, int]
    ignored: frozenset[str] = frozenset()
    lacks_offset: frozenset[str] = frozenset()

    def renumbered(self, by: int) -> ReferenceTable:
        """The same table, where the number of every file is greater ``by`` so many."""
        numbers = to_arrow(to_ints(self.rows["file"].cast(pa.int64()), -1) + by, pa.int64()).cast(pa.int32())
        place = self.rows.schema.get_field_index("file")
        return replace(
            self,
            rows=self.rows.set_column(place, "file", numbers),
            counts={number + by: count for number, count in self.counts.items()},
        )


def read_reference(
    engine: DuckDBSession, table: str, sources: Iterable[Source], *, by_dictionary: bool = False
) -> ReferenceTable:
    """Read all files of a table among ``sources``, without rows in which nothing is written, in whatever column: a row
    of which no column of the contract is filled may be a leave written otherwise (specification#empty-rows).

    There may be no files. Each is read as the job declares. With ``by_dictionary`` a column may have each of its texts
    once, in a dictionary: what settles the tables reads it so, in half of the memory. Raises `ColumnsError` where the
    columns of files are not those of the contract and the declaration, and `InputError` where a file cannot be read.
    """
    parts = for_each([source for source in sources if source.table == table], lambda source: _read(engine, source))
    rows = [part.rows for part in parts] or [_empty(table)]
    if not by_dictionary or any(part.schema != rows[0].schema for part in rows):
        rows = [_as_strings(part) for part in rows]
    return ReferenceTable(
        rows=pa.concat_tables(rows).combine_chunks(),
        counts={number: count for part in parts for number, count in part.counts.items()},
        ignored=frozenset().union(*(part.ignored for part in parts)),
        lacks_offset=frozenset().union(*(part.lacks_offset for part in parts)),
    )


def needs_no_database(table: str, sources: Iterable[Source]) -> bool:
    """Whether all files of a table are GeoJSON as the contract has it, so that it can be read beside other tables: a
    session shows one text file at a time.
    """
    mine = [source for source in sources if source.table == table]
    return bool(mine) and all(source.kind == "geojson" and source.declared.as_contract for source in mine)


def _empty(table: str) -> pa.Table:
    names = contract(table).names
    kinds = [pa.int32(), pa.int64(), *(pa.string() for _ in names)]
    return pa.schema(list(zip(["file", "row", *names], kinds, strict=True))).empty_table()


def _as_strings(rows: pa.Table) -> pa.Table:
    return rows.cast(
        pa.schema(
            [
                field.with_type(field.type.value_type) if pa.types.is_dictionary(field.type) else field
                for field in rows.schema
            ]
        )
    )


def _read(engine: DuckDBSession, source: Source) -> ReferenceTable:
    read = {"geojson": _read_geojson, "parquet": _read_parquet}.get(source.kind, _read_text)
    try:
        return read(engine, source)
    except RecursionError:
        raise InputError(
            "its JSON is nested too deep to be read: a list or an object in it holds hundreds of others, one in the"
            " next. Write the file again",
            file=source.name,
        ) from None


def _read_text(engine: DuckDBSession, source: Source) -> ReferenceTable:
    plain = _read_plain(engine, source) if source.kind == "csv" else None
    if plain is not None:
        return plain
    columns = open_text(engine, source)
    with reading_text(source):
        rows = engine.con.ask(f'SELECT * EXCLUDE ("{AS_READ}") FROM input_text')
    return _table(source, rows, columns, to_bools(rows[BLANK]))


def _read_plain(engine: DuckDBSession, source: Source) -> ReferenceTable | None:
    """A CSV that Arrow surely reads as the statement does; None for any other."""
    names = header_of(engine, source)
    check_columns(source, names)
    found = plain_table(Path(engine.path(source)), source, names)
    if found is None:
        return None
    lacking = [name for name in contract(source.table).names if name not in found.column_names]
    for name in lacking:
        found = found.append_column(name, pa.nulls(found.num_rows, pa.string()))
    found = found.append_column("row", to_arrow(np.arange(found.num_rows, dtype=np.int64), pa.int64()))
    return _table(source, found, names, np.zeros(found.num_rows, np.bool_))


def _table(source: Source, rows: pa.Table, columns: list[str], blank: Bools) -> ReferenceTable:
    """One file as a `ReferenceTable`; ``columns`` are all columns of the file, ``rows`` has those of the contract, and
    in ``blank`` rows nothing is written.
    """
    known = contract(source.table)
    file = to_arrow(np.full(rows.num_rows, source.number, np.int32), pa.int32())
    texts = {name: _texts(rows[name]) for name in known.names}
    instants = [column.name for column in known.columns if column.type == "instant"]
    table = pa.Table.from_arrays([file, rows["row"].cast(pa.int64()), *texts.values()], ["file", "row", *texts])
    return ReferenceTable(
        rows=taken(table, np.flatnonzero(~blank)),
        counts={source.number: rows.num_rows},
        ignored=frozenset(set(columns) - used_columns(source.table, source.declared)),
        lacks_offset=frozenset(name for name in instants if any_lacks_offset(texts[name])),
    )


def _texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column if pa.types.is_dictionary(column.type) else column.cast(pa.string())


def _read_parquet(engine: DuckDBSession, source: Source) -> ReferenceTable:
    path = engine.path(source)
    with reading_parquet(source, False, "cut short", (ValueError,)):
        file = pq.ParquetFile(path)
        names = list(file.schema_arrow.names)
        geometry = _geometry_name(file, names, source)
        primary = geometry if "geometry" not in source.declared.columns else ""
        columns = ["geometry" if name == primary else name for name in names]
        check_columns(source, columns)
        _check_geometry(source, file, geometry)
        whole = file.read()
    as_text = as_declared(engine, source, _as_text(engine, source, whole.rename_columns(columns)))
    blank = np.logical_and.reduce([np.ones(whole.num_rows, np.bool_), *map(_blank, whole.columns)])
    return _table(source, as_text, columns, blank)


def as_declared(engine: DuckDBSession, source: Source, rows: pa.Table) -> pa.Table:
    """Rows whose columns of text have the contract's names, with the values that the job declares them to mean."""
    if source.declared.as_contract:
        return rows
    names = contract(source.table).names
    written = {source.declared.written_name(name): identifier(name) for name in names}
    with engine.con.showing(written_rows=rows):
        return engine.con.ask(f"SELECT row, {contract_columns(source, (), written)} FROM written_rows")


def _blank(column: pa.ChunkedArray) -> Bools:
    """Where nothing is written in a column of Parquet: NULL, or text of white space alone."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    return coded(column.cast(pa.string())).missing if is_text(kind) else is_null(one_chunk(column))


def _check_geometry(source: Source, file: pq.ParquetFile, geometry: str) -> None:
    """Raise `ColumnsError` where GeoParquet says that its geometry is not in degrees of WGS 84.

    Degrees of another datum would move a geofence away from its home.
    """
    metadata = (_geo(file).get("columns") or {}).get(geometry) or {}
    if not geoparquet_in_degrees(metadata):
        raise ColumnsError("the geometry is not WKB in longitude and latitude (WGS 84)", file=source.name)


def _geo(file: pq.ParquetFile) -> dict[str, Any]:
    """The file's GeoParquet metadata; empty where it has none."""
    metadata = json.loads((file.schema_arrow.metadata or {}).get(b"geo", b"{}"))
    return metadata if isinstance(metadata, dict) else {}


def _geometry_name(file: pq.ParquetFile, names: list[str], source: Source) -> str:
    """The name in the file of the geometry: as the job declares it, else ``geometry``, else GeoParquet's primary
    column; empty where there is none.
    """
    written = source.declared.written_name("geometry")
    if written in names or written != "geometry" or "geometry" not in contract(source.table).names:
        return written if written in names else ""
    primary = _geo(file).get("primary_column")
    return str(primary) if primary in names else ""


def _as_text(engine: DuckDBSession, source: Source, rows: pa.Table) -> pa.Table:
    """Every column of the contract as text with the contract's name, NULL where the file lacks it; WKB in hex.

    Raises `ColumnsError` for a type that a column cannot have.
    """
    selected = []
    plain = []
    for column in contract(source.table).columns:
        name, written = identifier(column.name), source.declared.written_name(column.name)
        if written not in rows.column_names:
            selected.append(f"NULL AS {name}")
            continue
        values = rows[written]
        storage = values.type.storage_type if isinstance(values.type, pa.BaseExtensionType) else values.type
        plain.append((column.name, values.cast(storage) if storage != values.type else values))
        selected.append(_cast(source, column.name, column.type, storage))
    plain.append(("row", to_arrow(np.arange(rows.num_rows, dtype=np.int64), pa.int64())))
    table = pa.Table.from_arrays([values for _, values in plain], [name for name, _ in plain])
    with engine.con.showing(reference_rows=table):
        return engine.con.ask(f"SELECT row, {', '.join(selected)} FROM reference_rows")


def _cast(source: Source, name: str, role: str, stored: pa.DataType) -> str:
    """SQL for one column as text. ``role`` is the contract's type of the column, ``stored`` its type in the file."""
    column = identifier(name)
    value = stored.value_type if pa.types.is_dictionary(stored) else stored
    if any(name in getattr(source.declared, key) for key in ("values", "times", "units")):
        return _declared_cast(source, name, value)
    if role == "geometry":
        if not (
            is_text(value) or pa.types.is_binary(value) or pa.types.is_large_binary(value) or pa.types.is_null(value)
        ):
            raise _wrong_type(source, name, "WKB, or WKT as text")
        return f"{column}::VARCHAR AS {column}" if is_text(value) else f"hex({column}) AS {column}"
    if role in ("instant", "wall_time") and pa.types.is_timestamp(value):
        timestamp = column if value.unit == "us" else f"{column}::TIMESTAMP" + ("TZ" if value.tz else "")
        zulu = "Z" if value.tz else ""
        clock = f"({timestamp} AT TIME ZONE 'UTC')" if value.tz else timestamp
        return f"strftime({clock}, '%Y-%m-%dT%H:%M:%S.%f{zulu}') AS {column}"
    if role in ("degrees", "metres"):
        if not (
            is_text(value)
            or pa.types.is_integer(value)
            or pa.types.is_floating(value)
            or pa.types.is_decimal(value)
            or pa.types.is_null(value)
        ):
            raise _wrong_type(source, name, "a number")
    elif not (is_text(value) or pa.types.is_integer(value) or pa.types.is_null(value) or pa.types.is_date(value)):
        raise _wrong_type(source, name, "text")
    return f"{column}::VARCHAR AS {column}"


def _declared_cast(source: Source, name: str, value: pa.DataType) -> str:
    """SQL for one column whose words, times or units are declared, as text: numbers and text, but no times."""
    column = identifier(name)
    if not (is_text(value) or is_number(value) or pa.types.is_boolean(value) or pa.types.is_null(value)):
        raise _wrong_type(source, name, "text or a number (a time needs no declared form)")
    return f"{column}::DOUBLE::VARCHAR AS {column}" if pa.types.is_float32(value) else f"{column}::VARCHAR AS {column}"


def _wrong_type(source: Source, name: str, wanted: str) -> ColumnsError:
    name = source.declared.written_name(name)
    return ColumnsError(f"the column {name!r} has the wrong type: {wanted} is expected", file=source.name)


def _read_geojson(engine: DuckDBSession, source: Source) -> ReferenceTable:
    """Read GeoJSON, one row for each feature: its properties, and its geometry as WKB in hex, or as GeoJSON text where
    it is not plain.
    """
    with no_collector():
        return _geojson(engine, source)


def _geojson(engine: DuckDBSession, source: Source) -> ReferenceTable:
    try:
        document = json_of(source)
        features = document["features"] if document["type"] == "FeatureCollection" else [document]
        properties = [_properties(feature) for feature in features]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InputError(
            "the file cannot be read as GeoJSON: a FeatureCollection is expected", file=source.name
        ) from None
    if not all(geojson_in_degrees(part) for part in (document, *features)):
        raise InputError("the coordinates are not in WGS 84; write them in longitude and latitude", file=source.name)
    names = sorted({name for row in properties for name in row})
    if properties:
        sparse = [name for name in names if any(name not in row for row in properties)]
        check_columns(source, sorted({*names, "geometry"}), sparse=sparse)
    known = contract(source.table).names
    try:
        columns = [_property(source.declared.written_name(name), properties) for name in known]
    except UnicodeEncodeError:  # JSON may write half of a character: "\\ud800"
        raise InputError(
            "a text in it is not Unicode: half of a character; correct the file", file=source.name
        ) from None
    row = to_arrow(np.arange(len(properties), dtype=np.int64), pa.int64())
    rows = as_declared(engine, source, pa.Table.from_arrays([row, *columns], ["row", *known]))
    blank = np.array([not any(stripped(_text(value) or "") for value in row.values()) for row in properties], np.bool_)
    return _table(source, rows, names, blank)


def _properties(feature: dict[str, Any]) -> dict[str, Any]:
    return {**(feature.get("properties") or {}), "geometry": feature.get("geometry")}


def _property(name: str, properties: list[dict[str, Any]]) -> pa.Array:
    """One property of all features as text."""
    if not any(name in row for row in properties):
        return pa.nulls(len(properties), pa.string())
    values = [row.get(name) for row in properties]
    if set(map(type, values)) <= _TEXT_OR_NOTHING:
        return string_array(values)
    plain = plain_wkb(values) if name == "geometry" else [None] * len(values)
    return string_array([_text(value) if wkb is None else wkb for value, wkb in zip(values, plain, strict=True)])


def _text(value: Any) -> str | None:
    """A JSON value as text; a text is itself, null is None."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value)
