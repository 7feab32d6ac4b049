"""Reads tables that are in memory already: pandas, GeoDataFrames, polars, DuckDB relations and whatever streams Arrow.

Each becomes a file of Parquet in memory, and is read from there as any file of Parquet is: there is one way of reading.
Libraries are recognised where their caller has loaded them, and none is loaded for their sake.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from offduty.config.contracts import TABLES, contract
from offduty.config.declarations import UNDECLARED, TableDeclaration
from offduty.core.crs import geoparquet_in_degrees
from offduty.core.duckdb_connection import is_interrupt
from offduty.core.errors import InputError
from offduty.core.times import any_lacks_offset
from offduty.ingest.columns import ColumnsError, check_columns, used_columns
from offduty.ingest.memory_files import MemoryFiles
from offduty.ingest.parquet_types import check_types, is_text
from offduty.ingest.source_file import Source

ROWS_PER_GROUP = 1 << 17
DEGREES = "OGC:CRS84"
SAME_DEGREES = 1e-6
"""Two positions of a row that differ by less (0.1 m) are one."""
GEOARROW_NAME, GEOARROW_METADATA = b"ARROW:extension:name", b"ARROW:extension:metadata"
HOW_TO_DECLARE = (
    "What a table has otherwise than the contract is declared, as in the section of a job of that name:"
    ' declared={"roster": {"time_zone": "Europe/London"}, "pings": {"columns": {"accuracy_m": "acc"}}}'
    " (offduty docs inputs)"
)


@dataclass
class _Given:
    """One table on its way into a file, and what is wrong with it."""

    table: str
    declared: TableDeclaration
    extra: tuple[str, ...]
    faults: list[str]

    @property
    def used(self) -> set[str]:
        return used_columns(self.table, self.declared, self.extra)


def write_tables(
    given: Mapping[str, Any],
    declared: Mapping[str, TableDeclaration],
    extra: tuple[str, ...],
    files: MemoryFiles,
    ending: str = "",
) -> tuple[Source, ...]:
    """Every table as a file of Parquet in memory, in the order of the manifest, named as the table with ``ending``.

    ``given`` has a table, or None, for each of `TABLES`, and ``extra`` are the extra columns of the policy. Raises one
    `InputError` with everything that is wrong with any table: what is no table, missing columns, columns of a type
    that cannot be read, times without a zone, and geometry whose coordinate system is not said.
    """
    sources: list[Source] = []
    wrong: list[str] = []
    arrow: dict[str, pa.Table] = {}
    for table in TABLES:
        if given.get(table) is None and table == "sites":
            continue
        one = _Given(table, declared.get(table, UNDECLARED), extra if table == "pings" else (), [])
        source = Source(len(sources), table, f"{table}{ending}", files.new(), "parquet", declared=one.declared)
        rows = _arrow(one, given.get(table))
        if rows is not None:
            _check(one, source, rows)
            arrow[table] = rows
        wrong += [f"{table}: {fault}" for fault in one.faults]
        sources.append(source)
    if wrong:
        wrong += [f"{table}: {fault}" for table, fault in _naive_texts(sources, arrow)]
        raise InputError("\n".join([*wrong, HOW_TO_DECLARE]))
    for source in sources:
        _write(source.path, arrow[source.table])
    return tuple(sources)


def _write(path: Path, rows: pa.Table) -> None:
    """Write the rows with statistics, by which pings are read in order of time, and without packing them."""
    texts = [field.name for field in rows.schema if is_text(field.type) or pa.types.is_dictionary(field.type)]
    pq.write_table(
        rows,
        path,
        row_group_size=ROWS_PER_GROUP,
        compression="none",
        use_dictionary=texts,
        write_statistics=True,
        store_schema=False,
    )


def _arrow(one: _Given, table: Any) -> pa.Table | None:
    """A table of any library as Arrow; None, with a fault, for what is no table."""
    if _is_a(table, "geopandas", "GeoDataFrame"):
        table = _without_shapes(one, table)
    if _is_a(table, "pandas", "DataFrame"):
        rows = _from_pandas(one, table)
    elif hasattr(table, "__arrow_c_stream__"):
        rows = _from_stream(one, table)
    else:
        lazy = " (call collect() first)" if hasattr(table, "collect") else ""
        one.faults.append(
            f"it is of the type {type(table).__name__}, which is no table{lazy}; a DataFrame of pandas, GeoPandas or"
            " polars, an Arrow table, or a relation of DuckDB is expected"
        )
        return None
    return rows if rows is None else _without_unused(one, rows)


def _is_a(table: Any, library: str, name: str) -> bool:
    """Whether a table is of a class of a library; that is false where nobody has loaded the library."""
    kind = getattr(sys.modules.get(library), name, None)
    return kind is not None and isinstance(table, kind)


def _from_stream(one: _Given, table: Any) -> pa.Table | None:
    try:
        rows = table if isinstance(table, pa.Table) else pa.RecordBatchReader.from_stream(table).read_all()
    except Exception as error:  # each library has errors of its own, and some quote values
        if is_interrupt(error):
            raise KeyboardInterrupt from None
        one.faults.append("it cannot be read as Arrow: what makes the table failed")
        return None
    for field in rows.schema:
        _check_geoarrow(one, field)
    return rows


def _check_geoarrow(one: _Given, field: pa.Field) -> None:
    """Note a column of GeoArrow that is not WKB in degrees, or does not say so."""
    metadata = field.metadata or {}
    name = getattr(field.type, "extension_name", metadata.get(GEOARROW_NAME, b"").decode())
    if not name.startswith("geoarrow.") or field.name not in {*one.used, "geometry"}:
        return
    said = metadata.get(GEOARROW_METADATA, b"{}")
    if isinstance(field.type, pa.BaseExtensionType):
        said = field.type.__arrow_ext_serialize__() or b"{}"
    crs = json.loads(said or b"{}").get("crs")
    if name != "geoarrow.wkb":
        one.faults.append(f"the column {field.name!r} is {name}: give the geometry as WKB, or as a GeoDataFrame")
    elif crs is None:
        one.faults.append(
            f"the geometry in {field.name!r} does not say its coordinate system: give a GeoDataFrame with a crs, or"
            " plain WKB in longitude and latitude (WGS 84)"
        )
    elif crs not in (DEGREES, "EPSG:4326") and not geoparquet_in_degrees({"crs": crs}):
        one.faults.append(
            f"the geometry in {field.name!r} is not in longitude and latitude (WGS 84): give it as a GeoDataFrame,"
            " which is converted"
        )


def _from_pandas(one: _Given, frame: Any) -> pa.Table:
    """A frame as Arrow, its named index levels as columns."""
    levels = [name for name in frame.index.names if name is not None and name not in frame.columns]
    if levels:
        frame = frame.reset_index(level=levels)
    names = [str(name) for name in frame.columns]
    needed = set(names) if one.table != "pings" else one.used
    arrays = []
    for number, name in enumerate(names):
        array = _column(frame.iloc[:, number]) if name in needed else pa.nulls(len(frame))
        if array is None and name in one.used:
            one.faults.append(f"the column {name!r} holds values of several kinds, or what is no value of a table")
        arrays.append(pa.nulls(len(frame)) if array is None else array)
    return pa.Table.from_arrays(arrays, names)


def _column(series: Any) -> pa.Array | None:
    """A column as Arrow; None where it cannot be one."""
    try:
        return pa.Array.from_pandas(series)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        return None


def _without_shapes(one: _Given, frame: Any) -> Any:
    """A GeoDataFrame as a frame: of pings with ``lon`` and ``lat``, of places and sites with WKB in ``geometry``.

    It is converted to longitude and latitude. Where no coordinate system is said, that is a fault.
    """
    active = frame.active_geometry_name
    if active is None:
        return _plain_frame(frame)
    if frame.crs is None:
        one.faults.append(
            "it is a GeoDataFrame without a coordinate system: say which it is with set_crs, such as"
            ' set_crs("EPSG:4326") for longitude and latitude'
        )
        shapes = frame.geometry
    else:
        shapes = frame.geometry.to_crs(DEGREES)
    plain = _plain_frame(frame.drop(columns=active))
    if one.table != "pings":
        return plain.assign(**{one.declared.written_name("geometry"): shapes.to_wkb()})
    if not (shapes.geom_type[shapes.notna()] == "Point").all():
        one.faults.append("its geometry is not of points: a ping is one")
        return plain
    return _with_points(one, plain, shapes)


def _with_points(one: _Given, plain: Any, shapes: Any) -> Any:
    """A frame of pings with the coordinates of its points. Written ones may stand beside them if they are the same."""
    lon, lat = one.declared.written_name("lon"), one.declared.written_name("lat")
    shapes = shapes.where(~shapes.is_empty)
    for name, values in ((lon, shapes.x), (lat, shapes.y)):
        if name in plain.columns and not _same(plain[name], values):
            one.faults.append(f"the column {name!r} and the geometry say different positions: drop one of them")
    return plain.assign(**{lon: shapes.x, lat: shapes.y})


def _same(written: Any, drawn: Any) -> bool:
    """Whether a column of numbers is that of the points, wherever either has a value."""
    if written.dtype.kind not in "fiu":
        return False
    return bool((((written - drawn).abs() <= SAME_DEGREES) | (written.isna() & drawn.isna())).all())


def _plain_frame(frame: Any) -> Any:
    """The same frame without what GeoPandas adds."""
    return sys.modules["pandas"].DataFrame(frame)


def _without_unused(one: _Given, rows: pa.Table) -> pa.Table:
    """The rows with the names of all columns; those of the pings that are not read are empty, which costs nothing.

    No metadata of a library is kept: the same rows give the same file.
    """
    arrays, fields = [], []
    for field, column in zip(rows.schema, rows.columns, strict=True):
        is_read = one.table != "pings" or field.name in one.used
        stored = field.type.storage_type if isinstance(field.type, pa.BaseExtensionType) else field.type
        array = _stored(column, stored) if is_read else pa.nulls(rows.num_rows)
        if is_read and not _is_written(array.type):
            array = pa.nulls(rows.num_rows) if field.name not in one.used else array
        arrays.append(array)
        fields.append(pa.field(field.name, array.type))
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def _stored(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    """A column as Parquet can have it: without extensions, and with texts in dictionaries that pyarrow (26) writes."""
    plain = column.cast(kind)
    if not pa.types.is_dictionary(kind) or not pa.types.is_string_view(kind.value_type):
        return plain
    parts = [
        pa.DictionaryArray.from_arrays(part.indices.cast(pa.int32()), part.dictionary.cast(pa.string()))
        for part in plain.chunks
    ]
    return pa.chunked_array(parts, pa.dictionary(pa.int32(), pa.string()))


def _is_written(kind: pa.DataType) -> bool:
    """Whether Parquet has a plain column for a type."""
    return not pa.types.is_nested(kind) and not pa.types.is_duration(kind)


def _check(one: _Given, source: Source, rows: pa.Table) -> None:
    """Note what is wrong with the columns, and the times that are typed and have no zone."""
    try:
        check_columns(source, rows.column_names, one.extra)
    except ColumnsError as error:
        one.faults.append(error.what.replace("the file", "the table"))
    try:
        if one.table == "pings" and len(set(rows.column_names)) == rows.num_columns:
            check_types(source, rows.schema)
    except ColumnsError as error:
        one.faults.append(error.what)
    one.faults += [] if one.table == "pings" else _wrong_types(source, rows)
    for name in _instants(source, rows):
        kind = rows.schema.field(name).type
        if pa.types.is_timestamp(kind) and kind.tz is None:
            one.faults.append(_without_zone(name))


def _wrong_types(source: Source, rows: pa.Table) -> list[str]:
    """The columns of a reference table of a type that they cannot have; ids that are decimals above all."""
    found = []
    for column in contract(source.table).columns:
        name = source.declared.written_name(column.name)
        if rows.column_names.count(name) != 1 or column.type in ("geometry", "degrees", "metres"):
            continue
        kind = rows.schema.field(name).type
        value = kind.value_type if pa.types.is_dictionary(kind) else kind
        is_time = column.type in ("instant", "wall_time") and pa.types.is_timestamp(value)
        is_declared = column.name in source.declared.values or column.name in source.declared.times
        simple = is_text(value) or pa.types.is_integer(value) or pa.types.is_null(value) or pa.types.is_date(value)
        if not (simple or is_time or is_declared):
            found.append(f"the column {name!r} has the wrong type: text is expected{_hint(column.type, value)}")
    return found


def _hint(kind: str, found: pa.DataType) -> str:
    """What pandas makes of ids that look like numbers: with one missing, all of them become decimals."""
    if kind != "id" or not pa.types.is_floating(found):
        return ""
    return ', and these are decimals: read ids as text (dtype="str"), or 42 becomes 42.0 and 0042 becomes 42'


def _without_zone(name: str) -> str:
    return f"the column {name!r} has times without a time zone: give it one (tz_localize), or declare its time_zone"


def _instants(source: Source, rows: pa.Table) -> list[str]:
    """The columns of instants of a table for which no time zone is declared, by their names in it, each there once."""
    if source.declared.time_zone is not None:
        return []
    columns = contract(source.table).columns
    wanted = [column for column in columns if column.type == "instant" and column.name not in source.declared.times]
    names = [source.declared.written_name(column.name) for column in wanted]
    return [name for name in names if rows.column_names.count(name) == 1]


def _naive_texts(sources: list[Source], arrow: Mapping[str, pa.Table]) -> Iterator[tuple[str, str]]:
    """Times without an offset that are text: they are looked for only where something else is wrong, because a file
    is read for them anyway where nothing is.
    """
    for source in sources:
        rows = arrow.get(source.table)
        if rows is None:
            continue
        for name in _instants(source, rows):
            if is_text(rows[name].type) and any_lacks_offset(rows[name]):
                yield source.table, _without_zone(name)
