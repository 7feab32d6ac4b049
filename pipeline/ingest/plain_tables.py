"""Reads a plainly written CSV of a reference table with Arrow: a third of the time that the statement needs, and half
of the memory, because a column in which texts come again has each of them once.

Any other CSV, such as one with quotes or an empty row, is left to the statement (`text_files.open_text`).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from offduty.arrays.arrow import Bools, one_chunk
from offduty.arrays.text_bytes import FIRST_VISIBLE, LAST_VISIBLE, text_ends
from offduty.config.contracts import Contract, contract
from offduty.ingest.plain_csv import DELIMITERS
from offduty.ingest.source_file import Source

BLOCK_BYTES = 1 << 20
"""Arrow reads so much at once; a longer line is none of a plain file."""
_NOT_PLAIN = (b'"', b"\r", b"\0")
_TEXT, _CODED = pa.string(), pa.dictionary(pa.int32(), pa.string())
_COME_AGAIN = frozenset({"instant", "wall_time", "zone", "word", "code", "text"})
"""The types of columns in which most texts come again, in most tables."""


def plain_table(path: Path, source: Source, names: Sequence[str]) -> pa.Table | None:
    """The columns of the contract that the file has, as the statement reads them: text, NULL where it is empty. Some
    are coded by a dictionary. ``names`` are those of the file's header.

    None where the file is not plain, or is not written as the contract has it, and where a row may be blank.
    """
    declared, known = source.declared, contract(source.table)
    if not declared.as_contract or declared.delimiter not in DELIMITERS or not _is_plain(path):
        return None
    read = pa_csv.ReadOptions(column_names=list(names), skip_rows=1, block_size=BLOCK_BYTES)
    parse = pa_csv.ParseOptions(
        delimiter=declared.delimiter, quote_char=False, escape_char=False, ignore_empty_lines=False
    )
    kinds = _kinds(known, names)
    convert = pa_csv.ConvertOptions(
        include_columns=list(kinds), column_types=kinds, null_values=[""], strings_can_be_null=True
    )
    table = None
    with suppress(pa.ArrowException, OSError), pa.OSFile(str(path)) as file:  # the statement says what is wrong
        table = pa_csv.read_csv(file, read, parse, convert).combine_chunks()
    return table if table is not None and _no_row_is_blank(table) else None


def _kinds(known: Contract, names: Sequence[str]) -> dict[str, pa.DataType]:
    return {
        column.name: _CODED if column.type in _COME_AGAIN else _TEXT for column in known.columns if column.name in names
    }


def _is_plain(path: Path) -> bool:
    """Whether no value is quoted, and each line ends with a line feed alone. An empty line is one with too few values,
    and so Arrow finds it. False for what cannot be read.
    """
    with suppress(OSError), path.open("rb", buffering=0) as file:
        while block := file.read(BLOCK_BYTES):
            if any(mark in block for mark in _NOT_PLAIN):
                return False
        return True
    return False


def _no_row_is_blank(table: pa.Table) -> bool:
    """Whether some column has, in every row, a text that begins with a visible character of ASCII."""
    return not table.num_rows or any(
        bool(_begins_visibly(one_chunk(column)).all()) for column in table.columns if column.type == _TEXT
    )


def _begins_visibly(texts: pa.Array) -> Bools:
    ends = text_ends(texts)
    written: Bools = ends[1:] > ends[:-1]
    if texts.null_count or not written.all():
        return np.zeros(len(texts), np.bool_)
    first = np.frombuffer(texts.buffers()[2], np.uint8)[ends[:-1]]
    visibly: Bools = (first >= FIRST_VISIBLE) & (first <= LAST_VISIBLE)
    return visibly
