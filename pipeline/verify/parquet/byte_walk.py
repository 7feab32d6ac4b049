"""Walks a Parquet file from its first byte to its last and accounts for each byte (specification#hidden-rows-absent).

The file is read without the library that wrote it: magic, pages one after the other, footer, magic. A gap between them,
a field that this filter does not write, bytes after the values of a page or after a compressed frame: each raises
`UnreadableBytesError`, whose message never has a value. The values themselves are read with the library elsewhere; here
they must fill their page exactly. Whether dictionaries and statistics have only values of the rows is check 3.4
(`offduty.verify.checks.contents`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pyarrow as pa

from offduty.verify.parquet.encodings import ColumnType, check_page, plain_values
from offduty.verify.parquet.thrift import ByteCursor, Struct, UnreadableBytesError, read_struct
from offduty.verify.parquet.zstd import check_frame

MAGIC = b"PAR1"
ZSTD = 6
DATA_PAGE, DICTIONARY_PAGE = 0, 2
# The fields, by number, that a writer of this filter's outputs sets (parquet.thrift of Apache Parquet).
FOOTER = {1, 2, 3, 4, 5, 6, 7}
SCHEMA_ELEMENT = {1, 2, 3, 4, 5, 6, 7, 8, 10}
ROW_GROUP = {1, 2, 3, 5, 6, 7}
CHUNK = {2, 3}
CHUNK_METADATA = {1, 2, 3, 4, 5, 6, 7, 9, 11, 12, 13, 16}
STATISTICS = {1, 2, 3, 5, 6, 7, 8}
PAGE_HEADER = {1, 2, 3, 5, 7}
DATA_PAGE_HEADER = {1, 2, 3, 4, 5}
DICTIONARY_PAGE_HEADER = {1, 2, 3}
LARGEST_PAGE_BYTES = 128 << 20
LARGEST_FOOTER_BYTES = 16 << 20


@dataclass(frozen=True)
class ColumnChunk:
    """One column of one row group: the values in its dictionary and statistics, as bytes of the plain encoding."""

    group: int
    column: str
    rows: int
    dictionary: tuple[bytes, ...]
    statistics: frozenset[bytes]


@dataclass(frozen=True)
class ByteWalk:
    """The parts of a file: ``metadata`` are its key-value pairs, ``created_by`` is the name that its writer gives."""

    chunks: tuple[ColumnChunk, ...]
    columns: tuple[str, ...]
    metadata: tuple[tuple[bytes, bytes], ...]
    created_by: bytes
    rows: int


@dataclass
class _Pages:
    """What the pages of one column chunk add up to."""

    values: int = 0
    dictionary: tuple[bytes, ...] = ()
    statistics: set[bytes] = field(default_factory=set)


def walk(data: bytes) -> ByteWalk:
    """Account for every byte of a file. Raises `UnreadableBytesError` at the first byte that should not be there."""
    footer, footer_at = _footer(data)
    cursor = ByteCursor(data[:footer_at], len(MAGIC))
    chunks = []
    columns = tuple((_text(element[4]), _kind(element)) for element in footer[2][1:])
    for number, group in enumerate(footer.get(4, [])):
        _only(group, ROW_GROUP, "a row group")
        if len(group[1]) != len(columns):
            raise UnreadableBytesError("a row group has other columns than the schema")
        chunks += [_chunk(cursor, chunk, number, *columns[place]) for place, chunk in enumerate(group[1])]
        if group.get(7, number) != number:
            raise UnreadableBytesError("a row group has another number than its place")
        if any(chunk.rows != group[3] for chunk in chunks[-len(columns) :]):
            raise UnreadableBytesError("a column has another number of values than its row group has rows")
    if cursor.at != footer_at:
        raise UnreadableBytesError("there are bytes between the last page and the footer")
    return ByteWalk(
        tuple(chunks), tuple(name for name, _ in columns), tuple(_pairs(footer)), footer.get(6, b""), footer[3]
    )


def _kind(element: Struct) -> ColumnType:
    """The type of a column, by its element of the schema. Raises `UnreadableBytesError` for a nested column."""
    if 5 in element or element.get(3) not in (0, 1):
        raise UnreadableBytesError("a column is not flat")
    return ColumnType(element[1], element.get(2, 0), element[3] == 1)


def _footer(data: bytes) -> tuple[Struct, int]:
    if len(data) < 12 or data[:4] != MAGIC or data[-4:] != MAGIC:
        raise UnreadableBytesError("the file does not begin and end as Parquet does")
    at = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    if not len(MAGIC) <= at or len(data) - at > LARGEST_FOOTER_BYTES:
        raise UnreadableBytesError("the footer is longer than the file, or than any footer of this filter")
    cursor = ByteCursor(data[at:-8])
    footer = _complete(read_struct, cursor)
    if cursor.at != len(cursor.data):
        raise UnreadableBytesError("there are bytes after the end of the footer")
    _only(footer, FOOTER, "the footer")
    for element in footer[2]:
        _only(element, SCHEMA_ELEMENT, "the schema")
    if sum(group[3] for group in footer.get(4, [])) != footer[3]:
        raise UnreadableBytesError("the row groups have other rows than the footer says")
    return footer, at


def _complete(read: Callable[[ByteCursor], Struct], cursor: ByteCursor) -> Struct:
    """What ``read`` returns; bytes that are missing become an `UnreadableBytesError`."""
    try:
        return read(cursor)
    except (IndexError, OverflowError, MemoryError):
        raise UnreadableBytesError(f"cut short at byte {cursor.at}") from None


def _only(struct: Struct, allowed: set[int], what: str) -> None:
    unknown = sorted(set(struct) - allowed)
    if unknown:
        raise UnreadableBytesError(f"{what} has a field that this filter does not write (number {unknown[0]})")


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise UnreadableBytesError("a column's name is not text") from None


def _pairs(footer: Struct) -> Iterator[tuple[bytes, bytes]]:
    for pair in footer.get(5, []):
        _only(pair, {1, 2}, "the metadata")
        yield pair.get(1, b""), pair.get(2, b"")


def _chunk(cursor: ByteCursor, chunk: Struct, group: int, name: str, kind: ColumnType) -> ColumnChunk:
    """The pages of one column chunk, which must start where the chunk before it ended."""
    _only(chunk, CHUNK, "a column chunk")
    meta = chunk[3]
    _only(meta, CHUNK_METADATA, "a column chunk's metadata")
    # A chunk without values has no page, or a dictionary page alone.
    begins = meta.get(11, meta[9] if meta[7] else cursor.at)
    if begins != cursor.at or chunk.get(2, 0) not in (0, begins):
        raise UnreadableBytesError("a column chunk does not start where the bytes before it end")
    if meta[4] != ZSTD or [_text(part) for part in meta[3]] != [name]:
        raise UnreadableBytesError("a column chunk is not compressed, or named, as this filter does it")
    if any(meta.get(16, {}).get(number) for number in (2, 3)) and not kind.optional:
        raise UnreadableBytesError("a column chunk counts levels, and its column has none")
    pages = _Pages(statistics=set(_statistics(meta.get(12, {}), kind)))
    end = cursor.at + meta[7]
    plain = 0
    while cursor.at < end:
        plain += _page(cursor, pages, kind)
    if cursor.at != end or plain != meta[6] or pages.values != meta[5] or meta[1] != kind.physical:
        raise UnreadableBytesError("a column chunk's pages do not add up to what it says")
    return ColumnChunk(group, name, pages.values, pages.dictionary, frozenset(pages.statistics))


def _page(cursor: ByteCursor, pages: _Pages, kind: ColumnType) -> int:
    """Read one page, and return its size with its header, as if nothing was compressed."""
    began = cursor.at
    header = _complete(read_struct, cursor)
    _only(header, PAGE_HEADER, "a page")
    head_bytes = cursor.at - began
    if not 0 <= header[2] <= LARGEST_PAGE_BYTES:
        raise UnreadableBytesError("a page claims to be larger than any page of this filter")
    body = _body(cursor.take(header[3]), header[2])
    if header[1] == DICTIONARY_PAGE and 7 in header and 5 not in header and not pages.values:
        about = header[7]
        _only(about, DICTIONARY_PAGE_HEADER, "a dictionary page")
        within = ByteCursor(body)
        pages.dictionary = tuple(plain_values(within, kind, about[1]))
        if within.at != len(body) or len(set(pages.dictionary)) != len(pages.dictionary):
            raise UnreadableBytesError("a dictionary page has more than its values, or one of them twice")
    elif header[1] == DATA_PAGE and 5 in header and 7 not in header:
        about = header[5]
        _only(about, DATA_PAGE_HEADER, "a data page")
        check_page(body, about[2], kind, about[1], len(pages.dictionary))
        pages.statistics |= set(_statistics(about.get(5, {}), kind))
        pages.values += about[1]
    else:
        raise UnreadableBytesError("a page is of a kind that this filter does not write")
    return head_bytes + int(header[2])


def _body(packed: bytes, size: int) -> bytes:
    check_frame(packed)
    try:
        body: bytes = pa.Codec("zstd").decompress(packed, size, asbytes=True)
    except (pa.ArrowException, OSError, ValueError):
        raise UnreadableBytesError("a page cannot be decompressed") from None
    return body


def _statistics(statistics: Struct, kind: ColumnType) -> Iterator[bytes]:
    """The values in statistics: smallest and largest. They may also say that no value is missing."""
    _only(statistics, STATISTICS, "statistics")
    if statistics.get(3, 0) != 0 and not kind.optional:
        raise UnreadableBytesError("statistics claim missing values in a column that has none")
    yield from (statistics[number] for number in (1, 2, 5, 6) if number in statistics)


__all__ = ["ByteWalk", "ColumnChunk", "UnreadableBytesError", "walk"]
