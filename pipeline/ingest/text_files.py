"""Reads CSV, NDJSON and declared Parquet as text, each column by its name, by the contract and the job's declaration.

Rule: specification#columns-by-name. Nothing is read by what type detection suggests.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from offduty.config.contracts import contract
from offduty.config.declarations import UTF_8
from offduty.ingest.columns import AS_READ, ColumnsError, check_columns
from offduty.ingest.declared_values import contract_value
from offduty.ingest.duckdb_session import DuckDBSession, reading_parquet, reading_text
from offduty.ingest.plain_files import DOUBLED_IN_JSON, encoding_by_mark
from offduty.ingest.quoting import identifier, literal
from offduty.ingest.source_file import Source

LONGEST_ROW_BYTES = 1 << 26
SHORT_ROW_BYTES = 1 << 21
"""DuckDB's own limit (2.0): with it a CSV is read in smaller blocks, by more threads than one."""
BLOCK_BYTES = 1 << 24
COUNTED_BYTES = 1 << 20
BLANK = "offduty blank"
"""The column that says that nothing is written in a row, in whatever column."""
_LINE_FEED, _CARRIAGE_RETURN = b"\n\r"
_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}


def open_text(engine: DuckDBSession, source: Source, extra: tuple[str, ...] = (), *, check: bool = True) -> list[str]:
    """Show a text file as the view ``input_text`` of the session; returns the names of the file's columns.

    The view has ``row`` (from 0, in the order of the file), every column of the contract and of ``extra`` as VARCHAR,
    read as the job declares (NULL where the file lacks an optional one), `AS_READ` and `BLANK`. It shows one file: the
    one that was opened last. Raises `ColumnsError` where its columns are not those of the contract and the declaration
    (unless they were checked before), and `InputError` where it cannot be read.
    """
    engine.con.execute("SET VARIABLE path = $path", {"path": engine.path(source)})
    engine.con.execute("SET VARIABLE longest_row_bytes = $bytes", {"bytes": LONGEST_ROW_BYTES})
    opened = {"csv": _open_csv, "ndjson": _open_ndjson, "parquet": _open_parquet}[source.kind]
    return opened(engine, source, extra, check)


def columns_of_text(engine: DuckDBSession, source: Source, names: Sequence[str]) -> pa.Table:
    """Some columns of a file in the order of its rows, as text; raises `InputError` where it cannot be read."""
    open_text(engine, source, check=False)
    wanted = ", ".join(("row", *map(identifier, names)))
    with reading_text(source):
        found = engine.con.ask(f"SELECT {wanted} FROM input_text")
    return found.sort_by("row").select(list(names))


def contract_columns(source: Source, extra: tuple[str, ...], written: Mapping[str, str]) -> str:
    """The columns of the contract and of the policy for a SELECT, read as the job declares.

    ``written`` has SQL for the text of each column of the file, by its name there, and for an extra column of the
    policy for its value, which keeps its type.
    """
    declared = source.declared
    own = {name: written.get(declared.written_name(name), "NULL") for name in contract(source.table).names}
    values = {name: f"{contract_value(declared, source.table, name, text)}::VARCHAR" for name, text in own.items()}
    values |= {name: written.get(name, "NULL::VARCHAR") for name in extra if name not in own}
    return ", ".join(f"{value} AS {identifier(name)}" for name, value in values.items())


def _open_csv(engine: DuckDBSession, source: Source, extra: tuple[str, ...], check: bool) -> list[str]:
    names = header_of(engine, source)
    if check:
        check_columns(source, names, extra)
        longest = _check_number_of_values(engine, source, names)
        engine.con.execute("SET VARIABLE longest_row_bytes = $bytes", {"bytes": longest})
    engine.con.execute("SET VARIABLE columns = $columns", {"columns": dict.fromkeys(names, "VARCHAR")})
    engine.con.execute("SET VARIABLE delimiter = $delimiter", {"delimiter": source.declared.delimiter})
    rows = """read_csv(getvariable('path'), auto_detect = false, header = true, delim = getvariable('delimiter'),
            compression = 'none', quote = '"', escape = '"', nullstr = '', strict_mode = true, null_padding = false,
            max_line_size = getvariable('longest_row_bytes'),
            buffer_size = getvariable('longest_row_bytes'),
            columns = getvariable('columns'))"""
    _create(engine, source, _csv_view(source, names, extra, rows))
    return names


def show_texts(engine: DuckDBSession, source: Source, texts: str, names: Sequence[str], extra: tuple[str, ...]) -> None:
    """Show rows of a CSV that others have read as the view ``input_text``, as `open_text` shows a file.

    ``texts`` is the table of the session that has them: every column of the file as text, NULL where it is empty.
    """
    _create(engine, source, _csv_view(source, names, extra, identifier(texts)))


def _csv_view(source: Source, names: Sequence[str], extra: tuple[str, ...], rows: str) -> str:
    packed = ", ".join(f"{identifier(name)} := {identifier(name)}" for name in names)
    columns = contract_columns(source, extra, {name: identifier(name) for name in names})
    blank = " AND ".join(f"is_blank({identifier(name)})" for name in names)
    return f"""
        CREATE OR REPLACE TEMP VIEW input_text AS
        SELECT row_number() OVER () - 1 AS row, {columns}, struct_pack({packed}) AS "{AS_READ}",
            {blank} AS "{BLANK}"
        FROM {rows}
    """


def header_of(engine: DuckDBSession, source: Source) -> list[str]:
    """The names of a CSV file's columns; raises `ColumnsError` where they cannot be read, with what to declare."""
    declared, path = source.declared, Path(engine.path(source))
    by_mark = encoding_by_mark(path)
    if by_mark not in ("", UTF_8):
        raise ColumnsError(f'it is written in UTF-16: declare encoding = "{by_mark}"', file=source.name)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            line = file.readline(LONGEST_ROW_BYTES)
        names = next(csv.reader([line], strict=True, delimiter=declared.delimiter), [])
    except (OSError, UnicodeDecodeError, csv.Error):
        raise ColumnsError(
            f"the header cannot be read: it is not CSV in {declared.encoding}. Declare inputs.{source.table}.encoding"
            ' (such as "cp1252"), or write the file again',
            file=source.name,
        ) from None
    if not any(name.strip() for name in names):
        raise ColumnsError("the file is empty: not even a header names its columns", file=source.name)
    other = [word for mark, word in _DELIMITERS.items() if len(names) == 1 and mark in names[0]]
    if other:
        is_declared = declared.delimiter != ","
        says = f", and inputs.{source.table}.delimiter is {declared.delimiter!r}" if is_declared else ""
        do = "write it as before, or declare" if is_declared else "declare"
        words = f"its header has {other[0]} between its names{says}: {do} inputs.{source.table}.delimiter"
        raise ColumnsError(words, file=source.name)
    return names


def _check_number_of_values(engine: DuckDBSession, source: Source, names: list[str]) -> int:
    """Raise `ColumnsError` where a row has more or fewer values than the header, be they empty or not. Returns how many
    bytes no row exceeds.

    DuckDB (2.0) accepts any number of empty values at the end of a row, also in strict mode; Arrow does not. What Arrow
    itself cannot read is left to DuckDB's message.
    """
    longest = _longest_plain_line(Path(engine.path(source)), source.declared.delimiter, len(names))
    if longest:
        return SHORT_ROW_BYTES if longest < SHORT_ROW_BYTES // 2 else LONGEST_ROW_BYTES
    wrong: list[int] = []

    def count(row: pa_csv.InvalidRow) -> str:
        wrong.append(row.actual_columns - row.expected_columns)
        return "skip"

    declared = source.declared
    first = pa_csv.ConvertOptions(include_columns=names[:1], strings_can_be_null=False)
    parse = pa_csv.ParseOptions(
        delimiter=declared.delimiter, newlines_in_values=True, ignore_empty_lines=True, invalid_row_handler=count
    )
    read = pa_csv.ReadOptions(block_size=BLOCK_BYTES)
    path = engine.path(source)
    with (
        suppress(pa.ArrowException, OSError),
        pa.OSFile(path) as file,
        pa_csv.open_csv(file, read, parse, first) as reader,
    ):
        for _ in reader:
            if wrong:
                break
    if wrong:
        what = "more" if wrong[0] > 0 else "fewer"
        line = _first_other_line(Path(path), len(names), declared.delimiter)
        where = f" (line {line + declared.skip_rows:,})" if line else ""
        raise ColumnsError(
            f"a row has {what} values than the header has columns, be they empty or not{where}; correct the file, then"
            " run again",
            file=source.name,
        )
    return LONGEST_ROW_BYTES


def _first_other_line(path: Path, columns: int, delimiter: str) -> int | None:
    """The line, counted from 1, in which the first row with another number of values ends; None where it is not found:
    Arrow tells no number of a row that it reads in blocks.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file, delimiter=delimiter)
            return next((rows.line_num for row in rows if row and len(row) != columns), None)
    except (OSError, UnicodeDecodeError, csv.Error):
        return None


def _longest_plain_line(path: Path, delimiter: str, columns: int) -> int:
    """The bytes of the longest line of a CSV without quotes and empty lines that has as many delimiters as its lines
    need, all together; 0 for any other CSV.

    In such a file no row that DuckDB accepts has more values than the header: it accepts none that has fewer, so a
    longer one would make too many. Counting bytes takes a fifth of the time in which Arrow parses them.
    """
    if not delimiter.isascii():
        return 0
    delimiters = lines = longest = begun = 0
    last = b"\n"
    with suppress(OSError), path.open("rb", buffering=0) as file:
        while block := file.read(COUNTED_BYTES):
            values = np.frombuffer(last + block, np.uint8)
            ends = values == _LINE_FEED
            empty = ends[1:] if b"\r" not in block else ends[1:] | (values[1:] == _CARRIAGE_RETURN)
            if b'"' in block or (ends[:-1] & empty).any():
                return 0
            delimiters += int(np.count_nonzero(values[1:] == ord(delimiter)))
            breaks = np.flatnonzero(ends[1:])
            lines += len(breaks)
            lengths = np.diff(breaks, prepend=-1 - begun, append=len(block) - 1)
            longest, begun = max(longest, int(lengths.max())), int(lengths[-1])
            last = block[-1:]
    return longest if delimiters == (lines + (last != b"\n")) * (columns - 1) else 0


def _open_ndjson(engine: DuckDBSession, source: Source, extra: tuple[str, ...], check: bool) -> list[str]:
    keys = """
        WITH written AS (
            SELECT CASE WHEN json_type(json) = 'OBJECT' THEN json_keys(json) ELSE [] END AS names
            FROM read_ndjson_objects(getvariable('path'), compression = 'none',
                maximum_object_size = getvariable('longest_row_bytes'))
        ),
        rows AS (SELECT list_distinct(names) AS names, len(names) AS named FROM written)
        SELECT name, count(*) < (SELECT count(*) FROM rows), bool_or(doubled)
        FROM (SELECT unnest(names) AS name, named > len(names) AS doubled FROM rows) GROUP BY name
    """
    with reading_text(source):
        answered = engine.con.ask(keys)
    found = sorted(zip(*(column.to_pylist() for column in answered.columns), strict=True))
    names = [name for name, _, _ in found]
    if any(doubled for _, _, doubled in found):
        raise ColumnsError(DOUBLED_IN_JSON, file=source.name)
    if check and (names or Path(engine.path(source)).stat().st_size):
        check_columns(source, names, extra, [name for name, sparse, _ in found if sparse])
    columns = contract_columns(source, extra, {name: f"(json ->> {literal(_json_pointer(name))})" for name in names})
    view = f"""
        CREATE OR REPLACE TEMP VIEW input_text AS
        SELECT row_number() OVER () - 1 AS row, {columns}, json::VARCHAR AS "{AS_READ}",
            json_type(json) IN ('OBJECT', 'NULL') AND coalesce(
                list_bool_and([is_blank(value) FOR value IN (json ->> '$.*')]), true
            ) AS "{BLANK}"
        FROM read_ndjson_objects(getvariable('path'), compression = 'none',
                maximum_object_size = getvariable('longest_row_bytes'))
    """
    _create(engine, source, view)
    return names


def _open_parquet(engine: DuckDBSession, source: Source, extra: tuple[str, ...], check: bool) -> list[str]:
    """A file of Parquet as text, for pings that are not written as the contract has them."""
    with reading_parquet(source, False, "cut short", (ValueError,)):
        schema = pq.read_schema(engine.path(source))
    names = list(schema.names)
    if check:
        check_columns(source, names, extra)
    text = {name: _parquet_text(name, schema.field(name).type) for name in names}
    packed = ", ".join(f"{identifier(name)} := {value}" for name, value in text.items())
    blank = " AND ".join(f"is_blank({value})" for value in text.values())
    columns = contract_columns(source, extra, text | {name: identifier(name) for name in extra})
    view = f"""
        CREATE OR REPLACE TEMP VIEW input_text AS
        SELECT file_row_number AS row, {columns},
            struct_pack({packed}) AS "{AS_READ}", {blank} AS "{BLANK}"
        FROM read_parquet(getvariable('path'), file_row_number = true)
    """
    _create(engine, source, view)
    return names


def _parquet_text(name: str, kind: pa.DataType) -> str:
    """SQL for a column of Parquet as text; a number of 32 bits is written as the number of 64 bits that it is."""
    column = identifier(name)
    return f"{column}::DOUBLE::VARCHAR" if pa.types.is_float32(kind) else f"{column}::VARCHAR"


def _json_pointer(name: str) -> str:
    """Where a member of an object is (RFC 6901). A name may have any character in it.

    >>> print(_json_pointer("km/h"))
    /km~1h
    """
    return "/" + name.replace("~", "~0").replace("/", "~1")


def _create(engine: DuckDBSession, source: Source, view: str) -> None:
    with reading_text(source):
        engine.con.execute(view)
