"""The door to PostgreSQL: copies a roster or assignments out of a database, as text, before they are hashed.

What is hashed is what is read: both are the copy. The server writes instants, in UTC; infinity, and years before 1990
or after 2199, become words that cannot be read, and so hide more. An assignment whose `valid_to` is infinity has no
end.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from offduty.config.contracts import contract
from offduty.core.errors import InputError, UsageError
from offduty.ingest.quoting import identifier

SCHEMES = ("postgresql://", "postgres://")
TABLES = ("assignments", "roster")
FIRST, LAST = "1990-01-01", "2200-01-01"
CONNECT_TIMEOUT_S = 15
_PART = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")
_LOOK_UP = "https://www.postgresql.org/docs/current/errcodes-appendix.html"


def is_database(raw: str) -> bool:
    """Whether an input is named by an address of a database."""
    return raw.lower().startswith(SCHEMES)


def copy_table(raw: str, table: str, folder: Path) -> tuple[str, Path]:
    """Copy a table into a CSV file in ``folder``: its name in the manifest, and the file. Rows are in the order of
    their words.

    ``raw`` is ``postgresql://host/database?table=schema.table`` or ``…?query=SELECT …``. Raises `UsageError` where it
    is not, holds a password, or the extra ``[postgres]`` is not installed, and `InputError`, without a word of the
    server's, where it cannot be read.
    """
    address, name, query = _parts(raw, table)
    try:
        import adbc_driver_manager
        from adbc_driver_postgresql import dbapi
    except ImportError:
        raise UsageError(f"inputs.{table} is in a database: pip install 'offduty[postgres]'") from None
    try:
        with dbapi.connect(address) as connection, connection.cursor() as cursor:
            cursor.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
            connection.commit()
            cursor.execute(f"SELECT * FROM ({query}) AS asked LIMIT 0")
            columns = cursor.fetch_arrow_table().schema
            cursor.execute(f"SELECT {_as_text(columns, table)} FROM ({query}) AS asked")
            found = cursor.fetch_arrow_table()
    except (adbc_driver_manager.Error, pa.ArrowException) as error:
        raise InputError(f"the database cannot be read ({_state(error)}); see {_LOOK_UP}", file=name) from None
    path = folder / f"database-{table}.csv"
    pa_csv.write_csv(_in_order(found), path)
    return name, path


def _parts(raw: str, table: str) -> tuple[str, str, str]:
    """The address, the name for the manifest, and the query; the name holds no host and no person."""
    if table not in TABLES:
        raise UsageError(f"inputs.{table} cannot be in a database; only {' and '.join(TABLES)} can")
    address, _, asked = raw.partition("?")
    kind, _, value = asked.partition("=")
    if urlsplit(address).password is not None:
        raise UsageError(
            f"inputs.{table} holds a password; put it into PGPASSWORD or a password file, and the job names none"
        )
    if kind == "query" and value.strip():
        query = value.strip().rstrip(";")
        name = "postgresql:query"
    elif kind == "table" and all(_PART.fullmatch(part) for part in value.split(".")):
        query = "SELECT * FROM " + ".".join(f'"{part}"' for part in value.split("."))
        name = f"postgresql:{value}"
    else:
        raise UsageError(f"inputs.{table} names a database; it must end in ?table=schema.table or ?query=SELECT …")
    timeout = "" if "PGCONNECT_TIMEOUT" in os.environ else f"?connect_timeout={CONNECT_TIMEOUT_S}"
    return address + timeout, name, query


def _as_text(columns: pa.Schema, table: str) -> str:
    """Each column as text; those that the contract does not know by their names alone."""
    known = contract(table).names
    return ", ".join(
        _text(field, table) if field.name in known else f"NULL::text AS {identifier(field.name)}" for field in columns
    )


def _text(field: pa.Field, table: str) -> str:
    column = identifier(field.name)
    if not pa.types.is_timestamp(field.type) and not pa.types.is_date(field.type):
        return f"{column}::text AS {column}"
    moment = f"({column} AT TIME ZONE 'UTC')" if getattr(field.type, "tz", None) else column
    zulu = '"Z"' if getattr(field.type, "tz", None) else ""
    form = "YYYY-MM-DD" if pa.types.is_date(field.type) else f'YYYY-MM-DD"T"HH24:MI:SS.US{zulu}'
    open_end = f"WHEN {column} = 'infinity' THEN NULL " if (table, field.name) == ("assignments", "valid_to") else ""
    return (
        f"CASE WHEN {column} IS NULL THEN NULL {open_end}"
        f"WHEN {column} >= '{FIRST}' AND {column} < '{LAST}' THEN to_char({moment}, '{form}') "
        f"ELSE 'out of range' END AS {column}"
    )


def _in_order(found: pa.Table) -> pa.Table:
    """Sorted by all columns, so that the same rows are the same file whatever order the server gave them in."""
    text = pa.table({name: pc.cast(found[name], pa.string()) for name in found.column_names})
    return text.sort_by([(name, "ascending") for name in text.column_names]) if text.num_rows else text


def _state(error: Any) -> str:
    """The five letters by which SQL tells what is wrong; the server's own words may quote a row, a host or a person."""
    state = getattr(error, "sqlstate", None)
    return (
        f"SQLSTATE {state}"
        if state and re.fullmatch(r"[0-9A-Z]{5}", state)
        else "no connection, or an answer of no known kind"
    )
