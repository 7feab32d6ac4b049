"""Unpacks and decodes input files: what a run reads is plain, and text is UTF-8 that begins with the table.

Rules: specification#declared-compression, specification#declared-encoding, specification#declared-skip-rows.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from offduty.config.declarations import UTF_8
from offduty.core.errors import InputError
from offduty.ingest.source_file import Source

BLOCK_BYTES = 1 << 20
BYTE_ORDER_MARK = "\ufeff"
MARK_OF_UTF_8 = codecs.BOM_UTF8
# Which of the two values counts would be a guess: readers of JSON differ, and one may be a leave, the other a duty.
DOUBLED_IN_JSON = "an object of its JSON has the same name twice; correct the file, then run again"
_LINE_END = re.compile(rb"\r\n|\n|\r")
_MARKS = {codecs.BOM_UTF8: UTF_8, codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def write_plain(source: Source, file: IO[bytes]) -> None:
    """Write the file's bytes, unpacked and (for text) as UTF-8, without the lines that are skipped, into an open file.

    Raises `InputError` where they cannot be unpacked, or are not in the encoding of the declaration.
    """
    with _readable(source) as blocks:
        text = _in_utf_8(blocks, source.declared.encoding) if source.is_text else blocks
        for block in _without_lines(text, source.declared.skip_rows if source.kind == "csv" else 0):
            file.write(block)


@contextmanager
def packed_bytes(source: Source) -> Iterator[Iterator[bytes]]:
    """The bytes of a CSV in blocks, unpacked, without the lines that are skipped, and in the encoding that they have.

    Raises `InputError` where they cannot be unpacked, also of an error that is raised while the context is open.
    """
    with _readable(source) as blocks:
        yield _without_lines(blocks, source.declared.skip_rows)


def has_mixed_line_ends(source: Source) -> bool:
    """Whether some lines of a CSV end in CR LF and others in LF alone, as where a program appended to a table that was
    written elsewhere. False where it cannot be unpacked.
    """
    pairs = feeds = 0
    last = b""
    with suppress(InputError), packed_bytes(source) as blocks:
        for block in blocks:
            pairs += (last + block).count(b"\r\n")
            feeds += block.count(b"\n")
            if 0 < pairs < feeds:
                return True
            last = block[-1:]
    return False


def _in_utf_8(blocks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    """Blocks of text in UTF-8, without a byte order mark."""
    decoder = codecs.getincrementaldecoder("utf-8-sig" if encoding == UTF_8 else encoding)()
    at_start = True
    for block in blocks:
        text = decoder.decode(block)
        yield (text.removeprefix(BYTE_ORDER_MARK) if at_start else text).encode()
        at_start = at_start and not text
    yield decoder.decode(b"", True).encode()


def _without_lines(blocks: Iterator[bytes], count: int) -> Iterator[bytes]:
    """The blocks from the line after the first ``count`` lines on; a line ends with LF, CR LF or CR."""
    start = b""
    while count and (block := next(blocks, b"")):
        start += block
        ends = [found.end() for found in islice(_LINE_END.finditer(start), count)]
        if len(ends) == count and ends[-1] < len(start):
            yield start[ends[-1] :]
            count = 0
    yield from blocks


def plain_bytes(source: Source) -> bytes:
    """The whole file unpacked, for files that are read at once. Raises `InputError` where it cannot be unpacked."""
    with _readable(source) as blocks:
        return b"".join(blocks)


def json_of(source: Source) -> Any:
    """A file that is one JSON document.

    Raises `InputError` where it cannot be unpacked, or an object has a name twice (specification#columns-by-name);
    `ValueError` where it is no JSON in its encoding.
    """

    def once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        values = dict(pairs)
        if len(values) < len(pairs):
            raise InputError(DOUBLED_IN_JSON, file=source.name)
        return values

    raw = plain_bytes(source)
    encoding = source.declared.encoding
    text = raw if encoding == UTF_8 else raw.decode(encoding).removeprefix(BYTE_ORDER_MARK)
    return json.loads(text, object_pairs_hook=once_each)


@contextmanager
def _readable(source: Source) -> Iterator[Iterator[bytes]]:
    """The unpacked blocks of a file; what goes wrong while they are read becomes an `InputError`."""
    try:
        with source.path.open("rb") as raw:
            stream: Any = pa.CompressedInputStream(raw, source.compression) if source.compression else raw
            yield iter(lambda: stream.read(BLOCK_BYTES), b"")
    except UnicodeError:
        raise InputError(
            f"the text is not written in {source.declared.encoding}; correct inputs.{source.table}.encoding",
            file=source.name,
        ) from None
    except (OSError, pa.ArrowException):
        packed = f"it is not packed by {source.compression}, or cut short" if source.compression else "it is damaged"
        raise InputError(f"the file cannot be unpacked: {packed}", file=source.name) from None


def encoding_by_mark(path: Path) -> str:
    """The encoding that the byte order mark at the start of a file says; empty where there is none, and for a file that
    cannot be opened: whoever reads it says so.
    """
    try:
        with path.open("rb") as file:
            start = file.read(len(codecs.BOM_UTF8))
    except OSError:
        return ""
    return next((name for mark, name in _MARKS.items() if start.startswith(mark)), "")
