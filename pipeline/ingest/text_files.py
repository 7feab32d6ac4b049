"""Reads CSV and NDJSON as text, each column by its name, by the contract and not by what type detection suggests.

Rule: specification#columns-by-name.
"""

from __future__ import annotations

import csv
import difflib
from collections.abc import Sequence

import duckdb
import pyarrow as pa

from offduty.config.contracts import contract
from offduty.core.errors import InputError
from offduty.ingest.duckdb_session import DuckDBSession, unreadable
from offduty.ingest.quoting import identifier, literal
from offduty.ingest.sources import Source

LONGEST_ROW_BYTES = 1 << 26
AS_READ = "offduty as_read"
"""The column with the whole row as JSON. Its name has a space and the project in it: no policy names such a column."""


def open_text(engine: DuckDBSession, source: Source, extra: tuple[str, ...] = ()) -> list[str]:
    """Show a text file as the view ``input_text`` of the session; returns the names of the file's columns.

    The view has ``row`` (from 0, in the order of the file), every column of the contract and of ``extra`` as VARCHAR
    (NULL where the file lacks an optional one), and `AS_READ`. It shows one file: the one that was opened last.
    Raises `InputError` where the file cannot be read or lacks a column that it must have.
    """
    engine.con.execute("SET VARIABLE path = $path", {"path": engine.path(source)})
    engine.con.execute("SET VARIABLE longest_row_bytes = $bytes", {"bytes": LONGEST_ROW_BYTES})
    return _open_csv(engine, source, extra) if source.kind == "csv" else _open_ndjson(engine, source, extra)


def columns_of_text(engine: DuckDBSession, source: Source, names: Sequence[str]) -> pa.Table:
    """Some columns of a text file in the order of its rows, as text; raises `InputError` where it cannot be read."""
    open_text(engine, source)
    wanted = ", ".join(("row", *map(identifier, names)))
    try:
        found = engine.con.sql(f"SELECT {wanted} FROM input_text").to_arrow_table()
    except duckdb.Error as error:
        raise unreadable(source, error) from None
    return found.sort_by("row").select(list(names))


def check_columns(source: Source, names: list[str], extra: tuple[str, ...] = ()) -> None:
    """Raise `InputError` where a file lacks a column that its contract, or the policy, requires."""
    for wanted in (*contract(source.table).required, *extra):
        if wanted not in names:
            near = difflib.get_close_matches(wanted, names, 1)
            hint = f"; did you mean the column it calls {near[0]!r}?" if near else ""
            raise InputError(f"the file lacks the column {wanted!r}{hint}", file=source.name)


def _open_csv(engine: DuckDBSession, source: Source, extra: tuple[str, ...]) -> list[str]:
    names = _header(source)
    check_columns(source, names, extra)
    packed = ", ".join(f"{identifier(name)} := {identifier(name)}" for name in names)
    columns = ", ".join(
        f"{identifier(name) if name in names else 'NULL'}::VARCHAR AS {identifier(name)}"
        for name in (*contract(source.table).names, *extra)
    )
    engine.con.execute("SET VARIABLE columns = $columns", {"columns": dict.fromkeys(names, "VARCHAR")})
    view = f"""
        CREATE OR REPLACE TEMP VIEW input_text AS
        SELECT row_number() OVER () - 1 AS row, {columns}, to_json(struct_pack({packed}))::VARCHAR AS "{AS_READ}"
        FROM read_csv(getvariable('path'), auto_detect = false, header = true, delim = ',', quote = '"', escape = '"',
            nullstr = '', strict_mode = true, null_padding = false, max_line_size = getvariable('longest_row_bytes'),
            columns = getvariable('columns'))
    """
    _create(engine, source, view)
    return names


def _header(source: Source) -> list[str]:
    """The names of a CSV file's columns; raises `InputError` where there are none, or two that are equal."""
    try:
        with source.path.open(encoding="utf-8-sig", newline="") as file:
            names = next(csv.reader([file.readline(LONGEST_ROW_BYTES)], strict=True), [])
    except (OSError, UnicodeDecodeError, csv.Error):
        raise InputError("the header cannot be read; the file must be CSV in UTF-8", file=source.name) from None
    if not any(name.strip() for name in names):
        raise InputError("the file is empty: not even a header names its columns", file=source.name)
    if len({name.lower() for name in names}) < len(names):
        raise InputError("two columns have the same name", file=source.name)
    return names


def _open_ndjson(engine: DuckDBSession, source: Source, extra: tuple[str, ...]) -> list[str]:
    keys = """
        SELECT DISTINCT unnest(json_keys(json))
        FROM read_ndjson_objects(getvariable('path'), maximum_object_size = getvariable('longest_row_bytes'))
        WHERE json_type(json) = 'OBJECT'
    """
    try:
        names = sorted(name for (name,) in engine.con.execute(keys).fetchall())
    except duckdb.Error as error:
        raise unreadable(source, error) from None
    if names or source.path.stat().st_size:
        check_columns(source, names, extra)
    columns = ", ".join(
        f"json ->> {literal(_json_pointer(name))} AS {identifier(name)}"
        for name in (*contract(source.table).names, *extra)
    )
    view = f"""
        CREATE OR REPLACE TEMP VIEW input_text AS
        SELECT row_number() OVER () - 1 AS row, {columns}, json::VARCHAR AS "{AS_READ}"
        FROM read_ndjson_objects(getvariable('path'), maximum_object_size = getvariable('longest_row_bytes'))
    """
    _create(engine, source, view)
    return names


def _json_pointer(name: str) -> str:
    """Where a member of an object is (RFC 6901). A name may have any character in it.

    >>> print(_json_pointer("km/h"))
    /km~1h
    """
    return "/" + name.replace("~", "~0").replace("/", "~1")


def _create(engine: DuckDBSession, source: Source, view: str) -> None:
    try:
        engine.con.execute(view)
    except duckdb.Error as error:
        raise unreadable(source, error) from None
