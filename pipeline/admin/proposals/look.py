"""Looks at a bounded part of the files that a person names for a table, and puts together what is found in them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from offduty.admin.proposals.objects_as_text import ObjectRows, read_features, read_lines
from offduty.admin.proposals.part import Part, TextPart, decoded, fault_of, part_of
from offduty.admin.proposals.sample import CONVERTED, ColumnSample, FileFormat, FileSample, TableSample, TypedTime
from offduty.admin.proposals.tables_as_text import DELIMITERS, Header, read_rows
from offduty.config.file_date import file_date
from offduty.core.errors import InputError

BUDGET_BYTES = 4 << 20
"""How much of a table's text is looked at, unpacked."""
MOST_FILES = 16
LEAST_BYTES = 1 << 16
MOST_ROWS = 20_000
"""How many rows of a Parquet file are looked at."""


def look(table: str, path: str, files: Sequence[Path]) -> TableSample:
    """What is found in the files of a table, of which at most `MOST_FILES`, spread over all of them, are opened.

    ``path`` is for the job and is not opened.
    """
    step = max(1, -(-len(files) // MOST_FILES))
    chosen = files[::step]
    budget = max(LEAST_BYTES, BUDGET_BYTES // len(chosen))
    found = [_look_at(table, file, budget) for file in chosen]
    formats = [one.file_format for one in found]
    differ = ["the files are not all written in the same way"] if any(one != formats[0] for one in formats) else []
    everywhere = [name for name in found[0].columns if all(name in one.columns for one in found)]
    others = {name for one in found for name in one.columns} - set(everywhere)
    lacking = ["not every file has the same columns"] if others and found[0].file_format.format != "ndjson" else []
    names = everywhere if lacking else list(dict.fromkeys(name for one in found for name in one.columns))
    return TableSample(
        table=table,
        path=path,
        files=len(files),
        looked_at=len(chosen),
        file_format=formats[0],
        columns={name: _together(name, found) for name in names},
        rows=sum(one.rows for one in found),
        whole=len(chosen) == len(files) and all(one.whole for one in found),
        headless=any(one.headless for one in found),
        geometry=all(one.geometry for one in found),
        points=any(one.points for one in found),
        faults=tuple(dict.fromkeys([*chain.from_iterable(one.faults for one in found), *differ, *lacking])),
        file_date=_file_date(files) if table == "pings" else "",
    )


def _file_date(files: Sequence[Path]) -> str:
    """The form of the date that stands in the name of each of several files, or in that of its folder."""
    forms = ("%Y-%m-%d", "%Y%m%d") if len(files) > 1 else ()
    return next((form for form in forms if all(file_date(Path(*file.parts[-2:]), form) for file in files)), "")


def _together(name: str, found: Sequence[FileSample]) -> ColumnSample:
    """One column of several files; rows of a file without it have no value."""
    parts = [one.columns.get(name) or ColumnSample([None] * one.rows) for one in found]
    typed = next((part.typed for part in parts if part.typed is not None), None)
    return ColumnSample(list(chain.from_iterable(part.values for part in parts)), typed)


def _look_at(table: str, path: Path, budget: int) -> FileSample:
    try:
        part = part_of(table, path, budget)
        fault = fault_of(part)
        if part.data.startswith(b"PAR1"):
            return _parquet(path, part)
    except InputError as error:
        return FileSample(FileFormat(), faults=(str(error),))
    if fault is not None:
        return FileSample(FileFormat(), faults=(fault,), whole=part.whole)
    text = decoded(part)
    if text.text.lstrip()[:1] in ("{", "["):
        return _json(table, part, text)
    return _csv(table, part, text)


def _format_of(part: Part, kind: str, text: TextPart | None = None, header: Header | None = None) -> FileFormat:
    """How a file is written, by what it holds, where its ending does not say so."""
    why = {"format": f"the files hold {kind}, which their ending does not say"}
    compression = "" if part.compression == part.named_compression else part.compression or "none"
    if compression:
        packed = f"packed by {compression}" if part.compression else "not packed"
        why["compression"] = f"the files are {packed}, which their ending does not say"
    if text is not None and text.encoding:
        why["encoding"] = text.why
    delimiter = "" if header is None or header.delimiter == "," else header.delimiter
    if header is not None:
        why["delimiter"] = f"{DELIMITERS[header.delimiter]} stand between the names of the columns"
        why["skip_rows"] = "so many lines stand before the names of the columns"
    return FileFormat(
        format="" if part.named_format == kind else kind,
        compression=compression,
        encoding="" if text is None else text.encoding,
        delimiter=delimiter,
        skip_rows=0 if header is None else header.skip_rows,
        why=why,
    )


def _csv(table: str, part: Part, text: TextPart) -> FileSample:
    rows = read_rows(table, text.text, part.whole)
    if rows is None:
        fault = "no line of it looks like a header with the names of columns"
        return FileSample(_format_of(part, "csv", text), whole=part.whole, faults=(*text.faults, fault))
    names = rows.header.names
    faults = list(text.faults)
    if any(not name.strip() for name in names):
        faults.append("a column has no name")
    if len({name.lower() for name in names}) < len(names):
        faults.append("two columns have the same name")
    if rows.uneven:
        faults.append("a row has more or fewer values than the header has names")
    return FileSample(
        _format_of(part, "csv", text, rows.header),
        rows.columns,
        rows.rows,
        part.whole,
        rows.header.headless(rows.columns),
        faults=tuple(faults),
    )


def _json(table: str, part: Part, text: TextPart) -> FileSample:
    features = read_features(text.text, part.whole) if table in ("places", "sites") else None
    if features is not None:
        file_format = _format_of(part, "geojson", text)
        return _of_objects(file_format, part, features, geometry=True)
    rows = read_lines(text.text, part.whole)
    if rows.rows and not rows.bad_lines:
        return _of_objects(_format_of(part, "ndjson", text), part, rows)
    fault = "it is one JSON document (an array, or objects within objects): it has to be written as one object per line"
    return FileSample(FileFormat(), whole=part.whole, faults=(*text.faults, fault))


def _of_objects(file_format: FileFormat, part: Part, found: ObjectRows, geometry: bool = False) -> FileSample:
    faults: list[str] = []
    if found.nested and not geometry:
        faults.append("members of its objects are objects or lists, which are no columns")
    if not found.in_degrees:
        faults.append(f"the coordinates are not in longitude and latitude (WGS 84): {CONVERTED}")
    return FileSample(
        file_format, found.columns, found.rows, part.whole, geometry=geometry, points=found.points, faults=tuple(faults)
    )


def _parquet(path: Path, part: Part) -> FileSample:
    try:
        with pq.ParquetFile(path) as file:
            schema, whole = file.schema_arrow, file.metadata.num_rows <= MOST_ROWS
            batch = next(file.iter_batches(MOST_ROWS), None)
    except (OSError, pa.ArrowException):
        raise InputError("the Parquet file cannot be read: it is damaged or cut short") from None
    table = schema.empty_table() if batch is None else pa.Table.from_batches([batch])
    columns = {name: _parquet_column(table.column(place)) for place, name in enumerate(schema.names)}
    geometry = _geometry_of(schema)
    return FileSample(
        _format_of(part, "parquet"),
        {name: column for name, column in columns.items() if name != geometry},
        table.num_rows,
        whole,
        geometry=bool(geometry) or "geometry" in schema.names,
    )


def _geometry_of(schema: pa.Schema) -> str:
    """The name of the column that GeoParquet declares to be the geometry; empty where there is none."""
    found = re.search(rb'"primary_column"\s*:\s*"([^"\\]+)"', (schema.metadata or {}).get(b"geo", b""))
    return "" if found is None else found[1].decode(errors="replace")


def _parquet_column(column: pa.ChunkedArray) -> ColumnSample:
    kind = column.type
    typed: TypedTime | None = None
    if pa.types.is_timestamp(kind):
        typed = "wall time" if kind.tz is None else "instant"
    elif pa.types.is_date(kind):
        typed = "bare date"
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_nested(kind):
        return ColumnSample([None] * len(column))
    try:
        return ColumnSample(column.cast(pa.string()).to_pylist(), typed)
    except pa.ArrowException:  # a type that has no text
        return ColumnSample([None] * len(column))
