"""Copies a roster or assignments from PostgreSQL into a CSV file, as text, before they are hashed.

The copy is what is hashed and what is read. The server writes instants in UTC. Infinity, and years before 1990 or after
2199, become a text that cannot be read, and so hide more (specification#bad-reference-rows). A `valid_to` of infinity
means that the assignment has no end.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from offduty.config.contracts import contract
from offduty.core.errors import InputError, UsageError
from offduty.core.lazy_imports import when_used
from offduty.ingest.quoting import identifier

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.csv as pa_csv
else:
    pa = when_used("pyarrow")
    pc = when_used("pyarrow.compute")
    pa_csv = when_used("pyarrow.csv")

SCHEMES = ("postgresql://", "postgres://")
TABLES = ("assignments", "roster")
CONNECT_TIMEOUT_S = 15
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")
_ERROR_CODES = "https://www.postgresql.org/docs/current/errcodes-appendix.html"


def is_database(raw: str) -> bool:
    """Whether an input of the job is the address of a database."""
    return raw.lower().startswith(SCHEMES)


def copy_table(raw: str, table: str, folder: Path) -> tuple[str, Path]:
    """Copy a table into a CSV file in ``folder``; returns its name for the manifest, and the file.

    Rows are sorted by all columns as text. ``raw`` is ``postgresql://host/database?table=schema.table`` or
    ``…?query=SELECT …``, and ``table`` one of `TABLES`. Raises `UsageError` where ``raw`` is something else or contains
    a password, and where the extra ``[postgres]`` is not installed. Raises `InputError` where the database cannot be
    read. That message never repeats the server's words, which may quote a row (specification#silence).
    """
    address, name, query = _parse(raw, table)
    try:
        import adbc_driver_manager
        from adbc_driver_postgresql import dbapi
    except ImportError:
        raise UsageError(f"inputs.{table} is in a database: pip install 'offduty[postgres]'") from None
    try:
        with dbapi.connect(address) as connection, connection.cursor() as cursor:
            cursor.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
            connection.commit()
            cursor.execute(f"SELECT * FROM ({query}) AS selected LIMIT 0")
            columns = cursor.fetch_arrow_table().schema
            cursor.execute(f"SELECT {_as_text(columns, table)} FROM ({query}) AS selected")
            rows = cursor.fetch_arrow_table()
    except (adbc_driver_manager.Error, pa.ArrowException) as error:
        raise InputError(f"the database cannot be read ({_state(error)}); see {_ERROR_CODES}", file=name) from None
    path = folder / f"database-{table}.csv"
    pa_csv.write_csv(_in_order(rows), path)
    return name, path


def _parse(raw: str, table: str) -> tuple[str, str, str]:
    """The address, the name for the manifest, and the query. The name contains no host and no person."""
    if table not in TABLES:
        raise UsageError(f"inputs.{table} cannot be in a database; only {' and '.join(TABLES)} can")
    address, _, selection = raw.partition("?")
    kind, _, value = selection.partition("=")
    if urlsplit(address).password is not None:
        raise UsageError(
            f"inputs.{table} contains a password; put it into PGPASSWORD or a password file, and remove it from the job"
        )
    if kind == "query" and value.strip():
        query = value.strip().rstrip(";")
        name = "postgresql:query"
    elif kind == "table" and all(_IDENTIFIER.fullmatch(part) for part in value.split(".")):
        query = "SELECT * FROM " + ".".join(f'"{part}"' for part in value.split("."))
        name = f"postgresql:{value}"
    else:
        raise UsageError(f"inputs.{table} names a database; it must end in ?table=schema.table or ?query=SELECT …")
    timeout = "" if "PGCONNECT_TIMEOUT" in os.environ else f"?connect_timeout={CONNECT_TIMEOUT_S}"
    return address + timeout, name, query


def _as_text(columns: pa.Schema, table: str) -> str:
    """The columns for SELECT: those of the contract as text; the others as NULL, so only their names are copied."""
    known = contract(table).names
    return ", ".join(
        _text(field, table) if field.name in known else f"NULL::text AS {identifier(field.name)}" for field in columns
    )


def _text(field: pa.Field, table: str) -> str:
    """One column as text: instants in UTC with a ``Z``, wall times without one, dates as dates."""
    column = identifier(field.name)
    if not pa.types.is_timestamp(field.type) and not pa.types.is_date(field.type):
        return f"{column}::text AS {column}"
    clock = f"({column} AT TIME ZONE 'UTC')" if getattr(field.type, "tz", None) else column
    zulu = '"Z"' if getattr(field.type, "tz", None) else ""
    form = "YYYY-MM-DD" if pa.types.is_date(field.type) else f'YYYY-MM-DD"T"HH24:MI:SS.US{zulu}'
    open_end = f"WHEN {column} = 'infinity' THEN NULL " if (table, field.name) == ("assignments", "valid_to") else ""
    return (
        f"CASE WHEN {column} IS NULL THEN NULL {open_end}"
        f"WHEN {column} >= '1990-01-01' AND {column} < '2200-01-01' THEN to_char({clock}, '{form}') "
        f"ELSE 'out of range' END AS {column}"
    )


def _in_order(rows: pa.Table) -> pa.Table:
    """Sorted by all columns: the same rows give the same file, in whatever order the server returned them."""
    text = pa.table({name: pc.cast(rows[name], pa.string()) for name in rows.column_names})
    return text.sort_by([(name, "ascending") for name in text.column_names]) if text.num_rows else text


def _state(error: Any) -> str:
    """The five characters of SQLSTATE. The server's message is not repeated: it may quote a row, a host or a person."""
    state = getattr(error, "sqlstate", None)
    return (
        f"SQLSTATE {state}"
        if state and re.fullmatch(r"[0-9A-Z]{5}", state)
        else "no connection, or an answer of no known kind"
    )
