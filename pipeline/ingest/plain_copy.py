"""Copies a plainly written CSV of pings into Parquet in one pass: blocks are read by all threads, and written in order.

A packed file is unpacked by one thread while the others read. What Arrow does not surely read as the contract says is
asked of the statement (offduty/ingest/plain_csv.py).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from itertools import chain

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from offduty.arrays.arrow import Ints, to_arrow
from offduty.config.contracts import contract
from offduty.config.declarations import UTF_8
from offduty.core.duckdb_connection import disk_refused
from offduty.core.errors import InputError
from offduty.ingest.columns import AS_READ, check_columns
from offduty.ingest.plain_csv import DELIMITERS, NotPlainError, PlainCsv, ReadBlock, lines_of, unquoted
from offduty.ingest.plain_files import MARK_OF_UTF_8, packed_bytes
from offduty.ingest.source_file import Source

GROUP_ROWS = 122_880
"""The rows of a row group, as DuckDB writes them."""
TOGETHER_ROWS = 4 * GROUP_ROWS
"""So many rows wait for one question to the statement, which takes ten milliseconds; they take some 25 MB."""
FEW_ROWS = 1 << 16
MANY_ROWS = 256
"""Where more than one row in so many is asked, all are copied, which takes 50 ns each."""

Ask = Callable[[pa.Table], pa.Table]
"""Reads rows, of which every column of the file is text, by the statement: the columns of the copy."""


def copy_plain(source: Source, path: str, threads: int, extra: tuple[str, ...], ask: Ask) -> tuple[str, ...]:
    """Copy a CSV into Parquet at ``path``; returns the names of the columns of the file itself.

    Raises `NotPlainError` where the statement must read the whole file: it is not plainly written or declared, has no
    rows, or cannot be read at all, which the statement then says; or more than half of it would be asked. Raises
    `StorageError` where the disk refuses, and what ``ask`` raises.
    """
    if not _is_plainly_declared(source):
        raise NotPlainError
    try:
        with packed_bytes(source) as blocks:
            lines = lines_of(blocks)
            first = next(lines, b"")
            csv = _opened(source, first, extra)
            rest = first[first.index(b"\n") + 1 :]
            with closing(_in_order(csv.read, chain([rest] if rest else [], lines), threads)) as read:
                _write(csv, path, read, ask)
    except InputError:
        raise NotPlainError from None
    return csv.names


def _is_plainly_declared(source: Source) -> bool:
    """Whether all values stand in the file as the contract has them, whatever its columns are called."""
    declared = source.declared
    otherwise = declared.constants or declared.values or declared.times or declared.units
    plain_numbers = declared.decimal == "."
    text = source.kind == "csv" and declared.encoding == UTF_8 and declared.delimiter in DELIMITERS
    return text and plain_numbers and not otherwise


def _opened(source: Source, first: bytes, extra: tuple[str, ...]) -> PlainCsv:
    """How the file is read, by its header. Raises `NotPlainError`, and `InputError` where its columns are wrong."""
    header = first[: first.find(b"\n") + 1]
    if header.startswith(MARK_OF_UTF_8) and not source.declared.skip_rows:
        header = header[len(MARK_OF_UTF_8) :]
    ending = b"\r\n" if header.endswith(b"\r\n") else b"\n"
    delimiter = source.declared.delimiter
    header = unquoted(header, delimiter)
    PlainCsv((), delimiter, ending, {}).ends(header)
    names = tuple(header.decode().removesuffix(ending.decode()).split(delimiter))
    own = {name: source.declared.written_name(name) for name in contract("pings").names}
    wanted = own | {name: name for name in extra if name not in own}
    is_distinct = all(_are_distinct(some) for some in (names, tuple(wanted), tuple(wanted.values())))
    if len(names) < 2 or "row" in wanted or not is_distinct:
        raise NotPlainError
    check_columns(source, names, extra)
    return PlainCsv(names, delimiter, ending, wanted)


def _are_distinct(names: tuple[str, ...]) -> bool:
    """DuckDB does not tell names apart by upper and lower case."""
    return len({name.casefold() for name in names}) == len(names)


def _in_order(read: Callable[[bytes], ReadBlock], blocks: Iterable[bytes], threads: int) -> Generator[ReadBlock]:
    """Every block as it was read, in their order; with several threads, a few of them ahead."""
    if threads == 1:
        yield from map(read, blocks)
        return
    ahead: deque[Future[ReadBlock]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for block in blocks:
                ahead.append(pool.submit(read, block))
                if len(ahead) > 2 * threads:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            for waiting in ahead:
                waiting.cancel()


def _write(csv: PlainCsv, path: str, blocks: Iterator[ReadBlock], ask: Ask) -> None:
    """Write the rows in groups of GROUP_ROWS. Raises `NotPlainError` where there are none, or too many are asked."""
    schema = csv.schema().append(pa.field(AS_READ, pa.string()))
    texts = [field.name for field in schema if pa.types.is_string(field.type)]
    rows = asked = 0
    left: list[pa.Table] = []
    with _Parquet(path, schema, texts) as parquet:
        for together in _together(blocks):
            table = _answered(csv, together, ask, schema)
            rows, asked = rows + table.num_rows, asked + len(together.asked)
            if asked > max(FEW_ROWS, rows // 2):
                raise NotPlainError
            table = pa.concat_tables([*left, table])
            whole = table.num_rows // GROUP_ROWS * GROUP_ROWS
            parquet.write(table.slice(0, whole))
            left = [table.slice(whole)]
        if not left:
            raise NotPlainError
        parquet.write(left[0])


def _together(blocks: Iterator[ReadBlock]) -> Iterator[ReadBlock]:
    """Blocks joined until they have TOGETHER_ROWS."""
    some: list[ReadBlock] = []
    for block in blocks:
        some.append(block)
        if sum(part.rows.num_rows for part in some) >= TOGETHER_ROWS:
            yield ReadBlock.joined(some)
            some = []
    if some:
        yield ReadBlock.joined(some)


def _answered(csv: PlainCsv, block: ReadBlock, ask: Ask, schema: pa.Schema) -> pa.Table:
    """The rows of a block, those that are asked with what the statement says of them."""
    rows = block.rows.append_column(schema.field(AS_READ), pa.nulls(block.rows.num_rows, pa.string()))
    if not len(block.asked):
        return rows
    answers = ask(csv.texts(block.lines)).select(schema.names).cast(schema)
    if answers.num_rows != len(block.asked):
        raise NotPlainError
    if len(block.asked) * MANY_ROWS < rows.num_rows:
        return _put(rows, block.asked, answers)
    order: Ints = np.arange(rows.num_rows)
    order[block.asked] = rows.num_rows + np.arange(len(block.asked))
    return pa.concat_tables([rows, answers]).take(to_arrow(order, pa.int64()))


def _put(rows: pa.Table, places: Ints, some: pa.Table) -> pa.Table:
    """The same rows, but those at these places; nothing is copied."""
    parts, start = [], 0
    for number, place in enumerate(places.tolist()):
        parts += [rows.slice(start, place - start), some.slice(number, 1)]
        start = place + 1
    return pa.concat_tables([*parts, rows.slice(start)])


class _Parquet:
    """A file of Parquet that is written, without packing. Raises `StorageError` where the disk refuses."""

    def __init__(self, path: str, schema: pa.Schema, texts: list[str]) -> None:
        try:
            self._writer = pq.ParquetWriter(
                path, schema, compression="none", use_dictionary=texts, write_statistics=["observed_at"]
            )
        except OSError:
            raise disk_refused() from None

    def __enter__(self) -> _Parquet:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._writer.close()
        except OSError:
            raise disk_refused() from None

    def write(self, rows: pa.Table) -> None:
        """Write rows in groups, if there are any."""
        if rows.num_rows:
            try:
                self._writer.write_table(rows, row_group_size=GROUP_ROWS)
            except OSError:
                raise disk_refused() from None
