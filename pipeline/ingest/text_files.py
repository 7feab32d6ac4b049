"""Reads CSV and NDJSON as text, each column by its name, by the contract and not by what type detection suggests.

Rule: specification#columns-by-name.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from contextlib import suppress

import duckdb
import pyarrow as pa
import pyarrow.csv as pa_csv

from offduty.config.contracts import contract
from offduty.core.errors import InputError
from offduty.ingest.columns import check_columns
from offduty.ingest.duckdb_session import DuckDBSession, unreadable
from offduty.ingest.quoting import identifier, literal
from offduty.ingest.source_file import Source

LONGEST_ROW_BYTES = 1 << 26
BLOCK_BYTES = 1 << 24
AS_READ = "offduty as_read"
BLANK = "offduty blank"
"""The column that says that nothing is written in a row, in whatever column."""
"""The column with the whole row as JSON. Its name has a space and the project in it: no policy names such a column."""


def open_text(
    engine: DuckDBSession, source: Source, extra: tuple[str, ...] = (), ignore: tuple[str, ...] = ()
) -> list[str]:
    """Show a text file as the view ``input_text`` of the session; returns the names of the file's columns.

    The view has ``row`` (from 0, in the order of the file), every column of the contract and of ``extra`` as VARCHAR
    (NULL where the file lacks an optional one), and `AS_READ`. It shows one file: the one that was opened last.
    Raises `ColumnsError` where its columns are not those of the contract (``ignore`` are columns that look like one and
    are not), and `InputError` where it cannot be read.
    """
    engine.con.execute("SET VARIABLE path = $path", {"path": engine.path(source)})
    engine.con.execute("SET VARIABLE longest_row_bytes = $bytes", {"bytes": LONGEST_ROW_BYTES})
    opened = _open_csv if source.kind == "csv" else _open_ndjson
    return opened(engine, source, extra, ignore)


def columns_of_text(engine: DuckDBSession, source: Source, names: Sequence[str]) -> pa.Table:
    """Some columns of a text file in the order of its rows, as text; raises `InputError` where it cannot be read."""
    open_text(engine, source, ignore=_everything(source))
    wanted = ", ".join(("row", *map(identifier, names)))
    try:
        found = engine.con.sql(f"SELECT {wanted} FROM input_text").to_arrow_table()
    except duckdb.Error as error:
        raise unreadable(source, error) from None
    return found.sort_by("row").select(list(names))


def _open_csv(engine: DuckDBSession, source: Source, extra: tuple[str, ...], ignore: tuple[str, ...]) -> list[str]:
    names = _header(source)
    check_columns(source, names, extra, ignore)
    _check_number_of_values(source, names)
    packed = ", ".join(f"{identifier(name)} := {identifier(name)}" for name in names)
    columns = ", ".join(
        f"{identifier(name) if name in names else 'NULL'}::VARCHAR AS {identifier(name)}"
        for name in (*contract(source.table).names, *extra)
    )
    blank = " AND ".join(f"is_blank({identifier(name)})" for name in names)
    engine.con.execute("SET VARIABLE columns = $columns", {"columns": dict.fromkeys(names, "VARCHAR")})
    view = f"""
        CREATE OR REPLACE TEMP VIEW input_text AS
        SELECT row_number() OVER () - 1 AS row, {columns}, to_json(struct_pack({packed}))::VARCHAR AS "{AS_READ}",
            {blank} AS "{BLANK}"
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
    return names


def _check_number_of_values(source: Source, names: list[str]) -> None:
    """Raise `InputError` where a row has more or fewer values than the header, be they empty or not.

    DuckDB (2.0) accepts any number of empty values at the end of a row, also in strict mode; Arrow does not. What Arrow
    itself cannot read is left to DuckDB's message.
    """
    wrong: list[int] = []

    def count(row: pa_csv.InvalidRow) -> str:
        wrong.append(row.actual_columns - row.expected_columns)
        return "skip"

    first = pa_csv.ConvertOptions(include_columns=names[:1], strings_can_be_null=False)
    parse = pa_csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=True, invalid_row_handler=count)
    read = pa_csv.ReadOptions(block_size=BLOCK_BYTES)
    with suppress(pa.ArrowException, OSError), pa_csv.open_csv(source.path, read, parse, first) as reader:
        for _ in reader:
            if wrong:
                break
    if wrong:
        what = "more" if wrong[0] > 0 else "fewer"
        raise InputError(
            f"a row has {what} values than the header has columns, be they empty or not; correct the file, then run"
            " again",
            file=source.name,
        )


def _everything(source: Source) -> tuple[str, ...]:
    """Every name that a column may have and look like one of the contract: they were checked when the run read it."""
    return tuple(_header(source)) if source.kind == "csv" else ()


def _open_ndjson(engine: DuckDBSession, source: Source, extra: tuple[str, ...], ignore: tuple[str, ...]) -> list[str]:
    keys = """
        WITH rows AS (
            SELECT CASE WHEN json_type(json) = 'OBJECT' THEN list_distinct(json_keys(json)) ELSE [] END AS names
            FROM read_ndjson_objects(getvariable('path'), maximum_object_size = getvariable('longest_row_bytes'))
        )
        SELECT name, count(*) < (SELECT count(*) FROM rows) FROM (SELECT unnest(names) AS name FROM rows) GROUP BY name
    """
    try:
        found = sorted(engine.con.execute(keys).fetchall())
    except duckdb.Error as error:
        raise unreadable(source, error) from None
    names = [name for name, _ in found]
    if names or source.path.stat().st_size:
        check_columns(source, names, extra, ignore, [name for name, sparse in found if sparse])
    columns = ", ".join(
        f"json ->> {literal(_json_pointer(name))} AS {identifier(name)}"
        for name in (*contract(source.table).names, *extra)
    )
    view = f"""
        CREATE OR REPLACE TEMP VIEW input_text AS
        SELECT row_number() OVER () - 1 AS row, {columns}, json::VARCHAR AS "{AS_READ}",
            json_type(json) IN ('OBJECT', 'NULL') AND coalesce(
                list_bool_and([is_blank(value) FOR value IN (json ->> '$.*')]), true
            ) AS "{BLANK}"
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
