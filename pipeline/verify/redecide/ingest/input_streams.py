"""Opens input files: unpacked, and text as UTF-8, however it is encoded; and decides how a file is written.

The rules are specification#input-formats, specification#declared-format, specification#declared-compression,
specification#declared-encoding and specification#declared-skip-rows. Nothing is written anywhere.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from offduty.core.errors import InputError
from offduty.verify.redecide.declarations import UNDECLARED, Declaration
from offduty.verify.redecide.model import InputFile

FORMAT_OF_ENDING = {
    "parquet": "parquet",
    "geoparquet": "parquet",
    "ndjson": "ndjson",
    "jsonl": "ndjson",
    "geojson": "geojson",
    "json": "geojson",
}
"""Everything else is CSV: a table of a database has no ending, and its copy is CSV."""
MEANS_NOTHING = {
    "csv": (),
    "ndjson": ("delimiter", "skip_rows"),
    "geojson": ("delimiter", "skip_rows", "decimal"),
    "parquet": ("delimiter", "skip_rows", "decimal", "encoding"),
}
"""The keys that mean nothing for a format (specification#declarations)."""
COMPRESSION_OF_ENDING = {"gz": "gzip", "zst": "zstd"}
LONGEST_CELL = 1 << 26
UNREADABLE = (OSError, UnicodeDecodeError, ValueError, csv.Error, pa.ArrowException, RecursionError)
"""What is raised where a file is not what its format, or its declaration, says."""


def format_of(source: InputFile, declared: Declaration) -> str:
    """How a file is written: as declared, else by the ending of its name, of a packed file the one before that."""
    inner, _, ending = source.name.lower().rpartition(".")
    if ending in COMPRESSION_OF_ENDING:
        ending = inner.rpartition(".")[2]
    return declared.format or FORMAT_OF_ENDING.get(ending, "csv")


def check_format(source: InputFile, declared: Declaration) -> None:
    """Raise `InputError` where something is declared that means nothing for the format of a file."""
    form = format_of(source, declared)
    if any(getattr(declared, key) != getattr(UNDECLARED, key) for key in MEANS_NOTHING[form]):
        raise InputError("what the job declares means nothing for the format of the file", file=source.name)


def compression_of(source: InputFile, declared: Declaration) -> str | None:
    """How a file is packed: as declared, else by the ending of its name; None where it is not."""
    by_ending = COMPRESSION_OF_ENDING.get(source.name.lower().rpartition(".")[2])
    found = declared.compression or by_ending
    return None if found == "none" else found


def unpacked(source: InputFile, declared: Declaration) -> pa.NativeFile:
    """The bytes of a file, of all members or frames if it is packed. Reading raises `OSError` where one is damaged."""
    return pa.input_stream(str(source.path), compression=compression_of(source, declared))


def utf8_of(source: InputFile, declared: Declaration) -> pa.NativeFile:
    """The text of a file in UTF-8, perhaps with a byte order mark. Reading raises `ValueError` for bytes that are no
    text in the declared encoding, but for UTF-8, which is checked by whoever decodes it.
    """
    stream = unpacked(source, declared)
    if declared.encoding == UNDECLARED.encoding:
        return stream
    return pa.transcoding_input_stream(stream, declared.encoding, "utf-8")


@contextmanager
def text_of(source: InputFile, declared: Declaration, newline: str = "") -> Iterator[io.TextIOWrapper]:
    """The text of a file, without a byte order mark; `newline` is that of `open`."""
    with io.TextIOWrapper(utf8_of(source, declared), encoding="utf-8-sig", newline=newline) as text:
        yield text


def bytes_in_memory(source: InputFile, declared: Declaration) -> pa.Buffer | None:
    """All bytes of a packed file; None where it is not packed, and can be read in place."""
    if compression_of(source, declared) is None:
        return None
    with unpacked(source, declared) as stream:
        return stream.read_buffer()


def parquet_of(source: InputFile, in_memory: pa.Buffer | None, **options: Any) -> pq.ParquetFile:
    """A Parquet file, in place or in memory (see `bytes_in_memory`)."""
    return pq.ParquetFile(source.path if in_memory is None else pa.BufferReader(in_memory), **options)


@contextmanager
def csv_lines(source: InputFile, declared: Declaration) -> Iterator[Iterator[list[str]]]:
    """The lines of a CSV file as lists of values, from the header on."""
    before = csv.field_size_limit(LONGEST_CELL)
    try:
        with text_of(source, declared) as text:
            for _ in range(declared.skip_rows):
                text.readline()
            yield csv.reader(text, strict=True, delimiter=declared.delimiter)
    finally:
        csv.field_size_limit(before)


def json_lines(source: InputFile, declared: Declaration) -> Iterator[str]:
    """The lines of an NDJSON file that are not blank, without their ends."""
    with text_of(source, declared, newline="\n") as text:
        yield from (line.strip("\r\n") for line in text if line.strip(" \t\r\n\f\v"))
