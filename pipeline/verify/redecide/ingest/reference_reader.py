"""Reads reference tables as rows of text, from CSV, NDJSON, Parquet, GeoJSON or GeoParquet.

A row is a dict of its columns by the contract's names. Values are text in the form of the contract, None (missing),
bytes (WKB) or a dict (a GeoJSON geometry). The rules are specification#input-formats, specification#columns-by-name
and specification#declarations.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from offduty.core.errors import InputError
from offduty.verify.redecide.declarations import UNDECLARED, Declaration, DeclaredColumn
from offduty.verify.redecide.ingest.arrow_values import something_written, texts_of
from offduty.verify.redecide.ingest.declared_columns import check_names, contract_texts, plain_cell, plain_column
from offduty.verify.redecide.ingest.input_streams import (
    UNREADABLE,
    bytes_in_memory,
    check_format,
    csv_lines,
    format_of,
    json_lines,
    parquet_of,
    text_of,
)
from offduty.verify.redecide.ingest.json_values import Values, plain_degrees, read_once_each, read_row, text_of_json
from offduty.verify.redecide.ingest.reference_row import ReferenceRow
from offduty.verify.redecide.model import Bools, InputFile
from offduty.verify.redecide.tables import COLUMNS
from offduty.verify.redecide.text_values import blank

Cells = Sequence[Any]


def read_table(
    source: InputFile, declared: Declaration = UNDECLARED, more: Sequence[str] = ()
) -> tuple[list[ReferenceRow], int]:
    """The rows of a reference file that are not empty, and how many rows it has in all.

    ``more`` are columns beside those of the contract, which the rows have where the file has them. Raises `InputError`
    where the file cannot be read, or its columns are not those of the contract and the declaration.
    """
    check_format(source, declared)
    wanted = (*COLUMNS[source.table], *more)
    try:
        found = _READERS[format_of(source, declared)](source, declared, wanted)
        if found.names is not None:
            check_names(found.names, source.table, declared, source.name)
        values = _by_contract(found, wanted, declared)
    except UNREADABLE as error:
        raise InputError("the file cannot be read", file=source.name) from error
    rows = [ReferenceRow(source.number, int(at), values[at]) for at in np.flatnonzero(found.written)]
    return rows, len(found.written)


@dataclass(frozen=True)
class _RawTable:
    """A file as it is: the names of its columns (None where it names none), and in which rows something is written.

    `raw` are the values by the contract's names of their columns, as they are written; `plain` the same with the words
    of the contract and with decimal points, where it is declared that they are written otherwise.
    """

    names: Sequence[str] | None
    written: Bools
    raw: dict[str, Cells]
    plain: dict[str, Cells]


def _by_contract(found: _RawTable, wanted: Sequence[str], declared: Declaration) -> list[Values]:
    """The rows of a file, each by the contract's names, with the values as the contract has them."""
    count = len(found.written)
    values: dict[str, Cells] = {}
    for name in wanted:
        how = declared.column(name)
        if how.constant is not None:
            values[name] = [how.constant] * count
        elif name in found.raw:
            values[name] = found.raw[name] if how.as_contract else contract_texts(list(found.plain[name]), how)
    return _as_rows(values, count)


def _as_rows(columns: dict[str, Cells], count: int) -> list[Values]:
    return [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)] or [{}] * count


def _of_rows(
    rows: list[Values], names: Sequence[str] | None, wanted: Sequence[str], declared: Declaration
) -> _RawTable:
    """A file of text, row by row, with values that are text, or of JSON."""
    written = np.array([not all(map(blank, row.values())) for row in rows], np.bool_)
    found = _RawTable(names, written, {}, {})
    for name in wanted:
        how = declared.column(name)
        if how.constant is None and how.name in (names or ()):
            cells = [row.get(how.name) for row in rows]
            found.raw[name] = [_geometry_or_text(name, value) for value in cells]
            if not how.as_contract:
                found.plain[name] = [plain_cell(value, how) for value in cells]
    return found


def _csv(source: InputFile, declared: Declaration, wanted: Sequence[str]) -> _RawTable:
    with csv_lines(source, declared) as lines:
        header = next(lines, None)
        if header is None:
            raise ValueError("there is no header")
        rows = [{name: text or None for name, text in zip(header, line, strict=True)} for line in lines if line]
    return _of_rows(rows, header, wanted, declared)


def _ndjson(source: InputFile, declared: Declaration, wanted: Sequence[str]) -> _RawTable:
    found = (read_row(line) for line in json_lines(source, declared))
    return _of_objects([row if isinstance(row, dict) else {} for row in found], wanted, declared)


def _of_objects(rows: list[Values], wanted: Sequence[str], declared: Declaration) -> _RawTable:
    names = list({name: None for row in rows for name in row}) if rows else None
    return _of_rows(rows, names, wanted, declared)


def _geojson(source: InputFile, declared: Declaration, wanted: Sequence[str]) -> _RawTable:
    with text_of(source, declared) as text:
        document = read_once_each(text.read())
    if not isinstance(document, dict) or not plain_degrees(document):
        raise ValueError("a FeatureCollection in WGS 84 is expected")
    rows = []
    for feature in document.get("features", [document]):
        if not isinstance(feature, dict) or not plain_degrees(feature):
            raise ValueError("a Feature in WGS 84 is expected")
        properties = feature.get("properties") or {}
        if not isinstance(properties, dict):
            raise ValueError("the properties of a Feature have no names")
        rows.append({**properties, "geometry": feature.get("geometry")})
    return _of_objects(rows, wanted, declared)


def _geometry_or_text(name: str, value: Any) -> Any:
    """A value of the contract's column of this name as text; a geometry of GeoJSON stays one."""
    return value if name == "geometry" and isinstance(value, dict) else text_of_json(value)


def _parquet(source: InputFile, declared: Declaration, wanted: Sequence[str]) -> _RawTable:
    table = parquet_of(source, bytes_in_memory(source, declared)).read()
    if len(set(table.column_names)) < len(table.column_names):
        raise ValueError("two columns have the same name")
    columns = {name: table.column(name).combine_chunks() for name in table.column_names}
    written = something_written(columns.values(), table.num_rows)
    own = _own_geometry(table.schema, declared) if "geometry" in COLUMNS[source.table] else None
    if own is not None:
        columns = {**columns, declared.columns.get("geometry", "geometry"): columns[own]}
    found = _RawTable(list(columns), written, {}, {})
    for name in wanted:
        how = declared.column(name)
        if how.constant is None and how.name in columns:
            found.raw[name] = texts_of(columns[how.name])
            if not how.as_contract:
                found.plain[name] = _declared_texts(columns[how.name], how)
    return found


def _declared_texts(column: pa.Array, how: DeclaredColumn) -> list[Any]:
    """A column with the words of the contract and with decimal points, as text."""
    if how.form and pa.types.is_temporal(column.type):
        raise ValueError("a column of times is declared to be written otherwise")
    return texts_of(plain_column(column, how))


def _own_geometry(schema: pa.Schema, declared: Declaration) -> str | None:
    """The geometry column: the declared one, `geometry`, or the one that GeoParquet's metadata names.

    It must be WKB in WGS 84.
    """
    metadata = json.loads((schema.metadata or {}).get(b"geo", b"{}"))
    usual = "geometry" if "geometry" in schema.names else metadata.get("primary_column")
    name = declared.columns.get("geometry", usual)
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


_READERS = {"csv": _csv, "ndjson": _ndjson, "geojson": _geojson, "parquet": _parquet}
