"""Reads CSV and NDJSON as text, row by row and column by name, by the contract and not by what a sniffer makes of them."""

from __future__ import annotations

import csv
import difflib
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from offduty.config.contracts import contract
from offduty.core.errors import InputError
from offduty.ingest.duckdb_session import DuckDBSession, unreadable
from offduty.ingest.sources import Source

LONGEST_ROW_BYTES = 1 << 26


@dataclass(frozen=True)
class TextFile:
    """A text file to read: a query with its parameters, giving ``row`` and every column of ``columns`` as VARCHAR, and
    ``as_read``, the whole row as JSON. Rows come in the order of the file."""

    query: str
    parameters: list[object]
    columns: list[str]


def quoted(name: str) -> str:
    """A column name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def open_text(engine: DuckDBSession, source: Source, extra: tuple[str, ...] = ()) -> TextFile:
    """Find the columns of a text file; raises `InputError` where it cannot be read or lacks a column it must have."""
    return _open_csv(engine, source, extra) if source.kind == "csv" else _open_ndjson(engine, source, extra)


def columns_of_text(engine: DuckDBSession, source: Source, names: Sequence[str]) -> pa.Table:
    """Some columns of a text file in the order of its rows, as text; raises `InputError` where it cannot be read."""
    text = open_text(engine, source)
    parameters = dict(zip(("path", "columns")[: len(text.parameters)], text.parameters, strict=True))
    wanted = ", ".join(("row", *map(quoted, names)))
    try:
        found = engine.con.sql(f"SELECT {wanted} FROM ({text.query})", params=parameters).to_arrow_table()
    except duckdb.Error as error:
        raise unreadable(source, error) from None
    return found.sort_by("row").select(list(names))


def check_columns(source: Source, names: list[str], extra: tuple[str, ...] = ()) -> None:
    """Raise `InputError` where a file lacks a column that its contract, or the policy, asks for."""
    for wanted in (*contract(source.table).required, *extra):
        if wanted not in names:
            near = difflib.get_close_matches(wanted, names, 1)
            hint = f"; did you mean the column it calls {near[0]!r}?" if near else ""
            raise InputError(f"the file lacks the column {wanted!r}{hint}", file=source.name)


def _open_csv(engine: DuckDBSession, source: Source, extra: tuple[str, ...]) -> TextFile:
    names = _header(source)
    check_columns(source, names, extra)
    query = f"""
        SELECT row_number() OVER () - 1 AS row, {_wanted(source, names, extra)},
            to_json(struct_pack({_packed(names)}))::VARCHAR AS as_read
        FROM read_csv($path, auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', nullstr = '',
            strict_mode = true, null_padding = false, max_line_size = {LONGEST_ROW_BYTES}, columns = $columns)
    """
    return TextFile(query, [engine.path(source), dict.fromkeys(names, "VARCHAR")], names)


def _packed(names: list[str]) -> str:
    return ", ".join(f"{quoted(name)} := {quoted(name)}" for name in names)


def _wanted(source: Source, names: list[str], extra: tuple[str, ...]) -> str:
    wanted = (*contract(source.table).names, *extra)
    return ", ".join(f"{quoted(name) if name in names else 'NULL'}::VARCHAR AS {quoted(name)}" for name in wanted)


def _header(source: Source) -> list[str]:
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


def _open_ndjson(engine: DuckDBSession, source: Source, extra: tuple[str, ...]) -> TextFile:
    reader = f"read_ndjson_objects($path, maximum_object_size = {LONGEST_ROW_BYTES})"
    keys = f"SELECT DISTINCT unnest(json_keys(json)) FROM {reader} WHERE json_type(json) = 'OBJECT'"
    try:
        names = sorted(name for (name,) in engine.con.execute(keys, {"path": engine.path(source)}).fetchall())
    except duckdb.Error as error:
        raise unreadable(source, error) from None
    if names or source.path.stat().st_size:
        check_columns(source, names, extra)
    wanted = ", ".join(
        f"json ->> '$.{quoted(name)}' AS {quoted(name)}" for name in (*contract(source.table).names, *extra)
    )
    query = f"SELECT row_number() OVER () - 1 AS row, {wanted}, json::VARCHAR AS as_read FROM {reader}"
    return TextFile(query, [engine.path(source)], names)
