"""Unpacks and decodes input files: what a run reads is plain, and text is UTF-8 without a byte order mark.

Rules: specification#declared-compression, specification#declared-encoding.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from offduty.config.declarations import UTF_8
from offduty.core.errors import InputError
from offduty.ingest.source_file import Source

BLOCK_BYTES = 1 << 20
BYTE_ORDER_MARK = "\ufeff"
_MARKS = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def write_plain(source: Source, file: IO[bytes]) -> None:
    """Write the file's bytes, unpacked and (for text) as UTF-8, into an open file.

    Raises `InputError` where they cannot be unpacked, or are not in the encoding of the declaration.
    """
    encoding = source.declared.encoding if source.is_text else UTF_8
    decoder = None if encoding == UTF_8 else codecs.getincrementaldecoder(encoding)()
    first = True
    with _readable(source) as blocks:
        for block in blocks:
            text = block if decoder is None else _decoded(decoder, block, first)
            file.write(text if isinstance(text, bytes) else text.encode())
            first = first and not text
        if decoder is not None:
            file.write(decoder.decode(b"", True).encode())


def _decoded(decoder: codecs.IncrementalDecoder, block: bytes, first: bool) -> str:
    text = decoder.decode(block)
    return text.removeprefix(BYTE_ORDER_MARK) if first else text


def plain_bytes(source: Source) -> bytes:
    """The whole file unpacked, for files that are read at once. Raises `InputError` where it cannot be unpacked."""
    with _readable(source) as blocks:
        return b"".join(blocks)


def json_of(source: Source) -> Any:
    """A file that is one JSON document. Raises `InputError` where it cannot be unpacked, `ValueError` where it is no
    JSON in its encoding.
    """
    raw = plain_bytes(source)
    encoding = source.declared.encoding
    return json.loads(raw if encoding == UTF_8 else raw.decode(encoding).removeprefix(BYTE_ORDER_MARK))


@contextmanager
def _readable(source: Source) -> Iterator[Iterator[bytes]]:
    """The unpacked blocks of a file; what goes wrong while they are read becomes an `InputError`."""
    try:
        with source.path.open("rb") as raw:
            stream: Any = pa.CompressedInputStream(raw, source.compression) if source.compression else raw
            yield iter(lambda: stream.read(BLOCK_BYTES), b"")
    except UnicodeDecodeError:
        raise InputError(
            f"the text is not written in {source.declared.encoding}; correct inputs.{source.table}.encoding",
            file=source.name,
        ) from None
    except (OSError, pa.ArrowException):
        packed = f"it is not packed by {source.compression}, or cut short" if source.compression else "it is damaged"
        raise InputError(f"the file cannot be unpacked: {packed}", file=source.name) from None


def encoding_by_mark(path: str) -> str:
    """The encoding that the first bytes of a file say, where it is not UTF-8: UTF-16 has a byte order mark."""
    with Path(path).open("rb") as file:
        start = file.read(2)
    return next((name for mark, name in _MARKS if start == mark), "")
