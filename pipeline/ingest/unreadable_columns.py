"""Says of which columns not one value can be read, of all tables at once: what somebody has yet to declare.

A run stops at the first table that it cannot settle. Whoever declares the inputs wants to know all of it in one message
(specification#nothing-read). Shapes of values are shown, and never values (specification#silence).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import pyarrow as pa
import pyarrow.compute as pc

from offduty.arrays.arrow import one_chunk
from offduty.config.contracts import Column, contract
from offduty.config.declarations import POINT, UNDECLARED, TableDeclaration
from offduty.core.duckdb_connection import DuckDBConnection
from offduty.core.errors import InputError
from offduty.core.instants import DAY_FORM, written_instant
from offduty.core.shapes import shape_of
from offduty.core.times import is_missing_time
from offduty.core.written_values import number_value
from offduty.ingest.columns import together
from offduty.ingest.ping_files import PingFile, first_rows

TIMES = frozenset({"instant", "wall_time"})
NUMBERS = frozenset({"degrees", "metres"})
FIRST_ROWS = 1_000
"""So many rows of a file of pings are looked at."""
NOT_AS_DECLARED = "not as declared: "
"""Begins what `declared.sql` makes of a value that is not written as the job declares."""
LONGEST = 40  # characters of a shape


@contextmanager
def with_other_faults(
    tables: Mapping[str, pa.Table],
    pings: Iterable[PingFile],
    con: DuckDBConnection,
    declared: Mapping[str, TableDeclaration],
) -> Iterator[None]:
    """What stops a run in here (`InputError`) is said together with all `unreadable_columns`."""
    try:
        yield
    except InputError as error:
        raise together([error, *unreadable_columns(tables, pings, con, declared)]) from None


def unreadable_columns(
    tables: Mapping[str, pa.Table],
    pings: Iterable[PingFile],
    con: DuckDBConnection,
    declared: Mapping[str, TableDeclaration],
) -> list[InputError]:
    """A line for each column of times or numbers that has values of which none can be read as the job declares it.

    ``tables`` are the reference tables as text, whole; of files of pings the first rows are looked at. Times without an
    offset can be read: that their zone is not declared is said elsewhere. No list where every column can be read.
    """
    unread = {table: list(_unread_texts(table, rows)) for table, rows in tables.items()}
    unread["pings"] = _once(column for file in pings if file.copied for column in _unread_pings(file, con))
    return [
        InputError(_line(table, column, shape, declared.get(table, UNDECLARED)))
        for table in ("pings", *tables)
        for column, shape in unread[table]
    ]


def _unread_texts(table: str, rows: pa.Table) -> Iterator[tuple[Column, str]]:
    """The columns of a reference table, each with the commonest shape of its values."""
    for column in contract(table).columns:
        if column.type not in TIMES | NUMBERS:
            continue
        texts = [text for text in pc.unique(one_chunk(rows[column.name])).to_pylist() if not _is_nothing(column, text)]
        if texts and not any(_can_be_read(column, text) for text in texts):
            yield column, _shape(texts)


def _is_nothing(column: Column, text: str | None) -> bool:
    return text is None or not text.strip() or (column.type in TIMES and is_missing_time(text))


def _can_be_read(column: Column, text: str) -> bool:
    if column.type in NUMBERS:
        return number_value(text) != '"?"'
    return DAY_FORM.fullmatch(text) is not None or written_instant(text) is not None


def _unread_pings(file: PingFile, con: DuckDBConnection) -> Iterator[tuple[Column, str]]:
    """The columns of a copied file of pings that are NULL or NaN in all first rows, and where something is written."""
    rows, written = first_rows(file, FIRST_ROWS, con)
    for column in contract("pings").columns:
        if column.type not in TIMES | NUMBERS or column.name in file.lacks_offset or column.name not in file.columns:
            continue
        name = file.source.declared.written_name(column.name)
        texts = [text for row in written if (text := row.get(name)) and not _is_nothing(column, str(text))]
        if texts and pc.all(pc.is_null(rows[column.name], nan_is_null=True)).as_py():
            yield column, _shape(list(map(str, texts)))


def _once(columns: Iterable[tuple[Column, str]]) -> list[tuple[Column, str]]:
    """Each column once, with its first shape: many files are written in one way."""
    first: dict[str, tuple[Column, str]] = {}
    for column, shape in columns:
        first.setdefault(column.name, (column, shape))
    return list(first.values())


def _shape(texts: Sequence[str]) -> str:
    shapes = Counter(shape_of(text.removeprefix(NOT_AS_DECLARED))[:LONGEST] for text in texts)
    return shapes.most_common(1)[0][0]


def _line(table: str, column: Column, shape: str, declared: TableDeclaration) -> str:
    written = declared.written_name(column.name)
    meant = "" if written == column.name else f" ({column.name})"
    said = f"{table}: not one value of the column {written!r}{meant} can be read: they look like {shape}"
    if column.type in TIMES:
        return f'{said}. Declare inputs.{table}.times.{column.name}, such as "%d/%m/%Y %H:%M" or "unix_s"'
    comma = f' Declare inputs.{table}.decimal = ",".' if "," in shape and declared.decimal == POINT else ""
    return f"{said}.{comma or ' They must be decimal numbers.'}"
