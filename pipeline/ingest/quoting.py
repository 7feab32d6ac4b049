"""Writes names and texts into SQL, where a statement cannot take them as parameters.

Column names of an input come from its header or its schema. They are known only when the file is opened, so a
statement that names them is built in Python, and each name goes through this module. Values are parameters or
variables of the session.
"""

from __future__ import annotations


def identifier(name: str) -> str:
    """A name as a quoted SQL identifier, for DuckDB and for PostgreSQL.

    >>> print(identifier('speed "km/h"'))
    "speed ""km/h\"""
    """
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as an SQL literal, for DuckDB. A backslash in it is a backslash.

    >>> print(literal("officer's note"))
    'officer''s note'
    """
    return "'" + text.replace("'", "''") + "'"
