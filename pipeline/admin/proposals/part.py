"""Reads the beginning of a file, unpacked, and tells by it in which format, packing and encoding the file is."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from offduty.core.errors import InputError, why
from offduty.ingest.sources import format_by_ending

MAGIC = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
NOT_READ = {
    b"PK\x03\x04": "it is a workbook or another zip archive: save it as CSV",
    b"\xd0\xcf\x11\xe0": "it is an old workbook: save it as CSV",
    b"<": "it is XML (GPX?): it has to be converted to CSV first",
    b"BEGIN:VCALENDAR": "it is a calendar (iCalendar): it has to be converted to CSV first",
    b"SQLite format 3": "it is an SQLite database: export the table as CSV",
}
"""How files begin that no declaration makes readable."""


@dataclass(frozen=True)
class Part:
    """The beginning of a file: its bytes, unpacked, and whether they are all of it.

    ``named_format`` and ``named_compression`` are what its ending says (empty: nothing), ``compression`` how it truly
    is packed.
    """

    data: bytes
    whole: bool
    named_format: str
    named_compression: str
    compression: str


@dataclass(frozen=True)
class TextPart:
    """A part as text, its encoding where it is not UTF-8, and why it is taken for that."""

    text: str
    encoding: str = ""
    why: str = ""
    faults: tuple[str, ...] = field(default=())


def part_of(table: str, path: Path, budget_bytes: int) -> Part:
    """The first bytes of a file, unpacked; `InputError` where it cannot be opened or unpacked."""
    named_format, named = format_by_ending(path, table)
    try:
        with path.open("rb") as file:
            start = file.read(4)
            packed = next((kind for magic, kind in MAGIC.items() if start.startswith(magic)), "")
            file.seek(0)
            data = _unpacked(file, packed, budget_bytes + 1) if packed else file.read(budget_bytes + 1)
    except OSError as error:
        raise InputError(f"the file cannot be read: {why(error)}") from None
    whole = len(data) <= budget_bytes
    return Part(data[:budget_bytes], whole, named_format, named, packed)


def _unpacked(file: BinaryIO, packed: str, size: int) -> bytes:
    """The first bytes of a packed file; Arrow's errors name the path, and are not passed on."""
    try:
        data: bytes = pa.CompressedInputStream(file, packed).read(size)
    except (OSError, pa.ArrowException):
        raise InputError("the file cannot be unpacked: it is damaged or cut short") from None
    return data


def fault_of(part: Part) -> str | None:
    """Why a file cannot be read in any way, in words; None where it may be."""
    start = part.data.removeprefix(codecs.BOM_UTF8).lstrip()
    if not start:
        return "it is empty"
    return next((words for magic, words in NOT_READ.items() if start.startswith(magic)), None)


def decoded(part: Part) -> TextPart:
    """A part as text. A byte order mark and zeros tell UTF-16; what is not UTF-8 is taken for Windows-1252."""
    for encoding, reason in _encodings(part.data):
        try:
            text = _text(part.data, encoding or "utf-8-sig", part.whole)
        except UnicodeDecodeError:
            continue
        return TextPart(text, encoding, reason)
    fault = "the text is neither UTF-8 nor UTF-16 nor Windows-1252: declare its encoding"
    return TextPart(part.data.decode("latin-1"), faults=(fault,))


def _encodings(data: bytes) -> Iterator[tuple[str, str]]:
    """The encodings to try, each with the reason why; UTF-8 is empty, because it needs no declaration."""
    start = data[:2000]
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        yield "utf-16", "the file begins with the byte order mark of UTF-16"
    elif start.count(0) > len(start) // 4:
        yield ("utf-16-le" if data[1:2] == b"\0" else "utf-16-be"), "every second byte is zero, as in UTF-16"
    else:
        yield "", ""
        yield "cp1252", "the text is not UTF-8; Windows programs often write Windows-1252 (are accented letters right?)"


def _text(data: bytes, encoding: str, whole: bool) -> str:
    """The text of some bytes; a character that is cut in two at the end of a part is left out."""
    return codecs.getincrementaldecoder(encoding)().decode(data, whole).removeprefix("\ufeff")
