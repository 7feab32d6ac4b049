"""Reads pings from a plainly written CSV with Arrow, block by block, in a quarter of the time that DuckDB needs.

Arrow answers only for a row that it surely reads as the macros of ``macros.sql`` do, and that surely is a ping. All
other rows are *asked*: their lines go to the statement ``pings_from_text.sql``. A file that is not plain as a whole,
such as one with a delimiter between quotes, raises `NotPlainError`, and is read by that statement alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from offduty.arrays.arrow import Bools, Codes, Ints, is_null, one_chunk, string_array, to_bools, to_numpy
from offduty.arrays.text_bytes import text_ends
from offduty.config.contracts import contract
from offduty.core.instants import FIRST_US, LAST_US
from offduty.ingest.plain_files import MARK_OF_UTF_8
from offduty.ingest.plain_quotes import without_quotes

PART_BYTES = 1 << 17
"""Where Arrow cannot read a block, it reads parts of this size: an odd value costs the rows of its part alone."""
LONGEST_LINE_BYTES = 1 << 20
DELIMITERS = ",;\t|"
_TEXT, _NUMBER, _INSTANT = pa.string(), pa.float64(), pa.timestamp("us", tz="UTC")
TYPES = {"id": _TEXT, "instant": _INSTANT, "degrees": _NUMBER, "metres": _NUMBER, "word": _TEXT}
"""The types that the columns of the contract have in the copy."""
_VALID_WORDS = ("true", "t", "yes", "y", "1", "a", "valid")
_LATEST_RECEIPT_US = 60_000_000
_SHORTEST_IN_UTC, _SHORTEST_WITH_OFFSET = len("2026-03-02T09:00Z"), len("2026-03-02T09:00+00:00")
_LONGEST_MISSING_WORD = 4
_LETTERS_AND_DIGITS = np.zeros(256, np.bool_)
_LETTERS_AND_DIGITS[list(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")] = True
_WHITE = (b" ", b"\t")


class NotPlainError(Exception):
    """The file is not plainly written: quotes that hold something together, empty lines, ends of lines of two kinds,
    bytes that are no UTF-8, and the like."""


@dataclass(frozen=True)
class PlainCsv:
    """How the lines of a plain CSV are read: the names of its header, its delimiter, how its lines end, and the columns
    that are wanted: the contract's and the extra ones by their names there, each with its name in the file.
    """

    names: tuple[str, ...]
    delimiter: str
    ending: bytes
    wanted: dict[str, str]

    def read(self, block: bytes) -> ReadBlock:
        """The pings of some whole lines. Raises `NotPlainError` where they are not plain."""
        block = unquoted(block, self.delimiter)
        ends = self.ends(block)
        rows = self._sure(block, ends)
        if rows is None:
            return ReadBlock.joined([self._part(part) for part in _parts(block)])
        return rows

    def ends(self, block: bytes) -> Ints:
        """Where each line ends that has an end: the place after it.

        Raises `NotPlainError` where the lines are not simply values between delimiters.
        """
        if b'"' in block or b"\0" in block or not _is_text(block):
            raise NotPlainError
        ends = _ends(block)
        empty = len(self.ending)
        returns = block.count(b"\r") if b"\r" in block else 0
        in_pairs = returns == len(ends) * (empty - 1) and (not returns or returns == block.count(b"\r\n"))
        if not in_pairs or (len(ends) and (ends[0] < empty or (np.diff(ends) <= empty).any())):
            raise NotPlainError
        return ends

    def texts(self, lines: bytes) -> pa.Table:
        """Every column of some lines, as text. Raises `NotPlainError` where a line has more or fewer values."""
        try:
            return self._columns(lines, dict.fromkeys(self.names, _TEXT))
        except pa.ArrowInvalid:
            raise NotPlainError from None

    def schema(self) -> pa.Schema:
        """The columns that are read: those of the contract, and the extra ones as text."""
        known = {column.name: TYPES[column.type] for column in contract("pings").columns}
        return pa.schema([(name, known.get(name, _TEXT)) for name in self.wanted])

    def _part(self, block: bytes) -> ReadBlock:
        return self._sure(block, _ends(block)) or self._all_asked(block)

    def _has_padded_values(self, block: bytes) -> bool:
        """Whether a value has white space about it. Arrow reads numbers without it; by the contract it is no number."""
        marks = (self.delimiter.encode(), b"\n", b"\r")
        white = [mark for mark in _WHITE if mark != marks[0] and mark in block]
        pairs = ((space + mark, mark + space) for space in white for mark in marks)
        return block[:1] in white or block[-1:] in white or any(pair in block for pair in chain.from_iterable(pairs))

    def _typed(self, block: bytes) -> pa.Table | None:
        """The block with its times as text, and all other columns with their types; None where a value has not its
        column's.
        """
        there = [field for field in self.schema() if self.wanted[field.name] in self.names]
        kinds = {self.wanted[field.name]: _TEXT if field.type == _INSTANT else field.type for field in there}
        try:
            return self._columns(block, kinds).rename_columns([field.name for field in there])
        except pa.ArrowInvalid:
            return None

    def _columns(self, lines: bytes, kinds: dict[str, pa.DataType]) -> pa.Table:
        read = pa_csv.ReadOptions(column_names=list(self.names), block_size=len(lines) + 1, use_threads=False)
        parse = pa_csv.ParseOptions(delimiter=self.delimiter, quote_char=False, escape_char=False)
        convert = pa_csv.ConvertOptions(
            include_columns=list(kinds),
            column_types=kinds,
            null_values=[""],
            strings_can_be_null=True,
            check_utf8=False,  # it is checked already
        )
        table = pa_csv.read_csv(pa.BufferReader(lines), read, parse, convert)
        if table.num_rows != lines.count(b"\n") + (lines[-1:] != b"\n"):
            raise NotPlainError
        return table

    def _sure(self, block: bytes, ends: Ints) -> ReadBlock | None:
        """The block with every row asked that is not surely a ping; None where Arrow cannot read it."""
        texts = None if self._has_padded_values(block) else self._typed(block)
        if texts is None:
            return None
        columns = {name: one_chunk(texts[name]) for name in texts.column_names}
        sure = np.ones(texts.num_rows, np.bool_)
        try:
            for name in ("observed_at", "received_at"):
                if name in columns:
                    sure &= _is_written_as_instant(columns[name])
                    columns[name] = columns[name].cast(_INSTANT)
        except pa.ArrowInvalid:
            return None
        sure &= _is_device(columns["device_id"]) & _is_ping(columns)
        asked = np.flatnonzero(~sure)
        return ReadBlock(self._table(columns, texts.num_rows), asked, _lines(block, ends, asked))

    def _all_asked(self, block: bytes) -> ReadBlock:
        rows = block.count(b"\n") + (block[-1:] != b"\n")
        return ReadBlock(self._table({}, rows), np.arange(rows), block)

    def _table(self, columns: dict[str, pa.Array], rows: int) -> pa.Table:
        schema = self.schema()
        arrays = [
            columns[name] if name in columns else pa.nulls(rows, schema.field(name).type) for name in schema.names
        ]
        return pa.Table.from_arrays(arrays, schema=schema)


@dataclass(frozen=True)
class ReadBlock:
    """Some lines that were read: ``rows`` has a row for each. Those of the numbers ``asked`` only keep a place in it,
    and ``lines`` has their text.
    """

    rows: pa.Table
    asked: Ints
    lines: bytes

    @staticmethod
    def joined(blocks: list[ReadBlock]) -> ReadBlock:
        """Blocks that follow one another, of which there is at least one, as one."""
        starts = np.cumsum([0, *(block.rows.num_rows for block in blocks[:-1])])
        asked = [block.asked + start for block, start in zip(blocks, starts, strict=True)]
        lines = b"".join(_ended(block.lines) for block in blocks)
        return ReadBlock(pa.concat_tables([block.rows for block in blocks]), np.concatenate(asked), lines)


def unquoted(lines: bytes, delimiter: str) -> bytes:
    """Whole lines without the quotes about their values. Raises `NotPlainError` where they hold something together."""
    plain = without_quotes(lines, delimiter)
    if plain is None:
        raise NotPlainError
    return plain


def lines_of(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes in blocks of whole lines; a last line without an end stays as it is.

    Raises `NotPlainError` for a line that is longer than ``LONGEST_LINE_BYTES``.
    """
    rest = b""
    for block in blocks:
        end = block.rfind(b"\n") + 1
        if end:
            yield b"".join((rest, memoryview(block)[:end]))
            rest = b""
        rest += block[end:]
        if len(rest) > LONGEST_LINE_BYTES:
            raise NotPlainError
    if rest:
        yield rest


def _parts(block: bytes) -> Iterator[bytes]:
    """Whole lines of a block, a little more than PART_BYTES at a time."""
    start = 0
    while start < len(block):
        end = block.find(b"\n", start + PART_BYTES) + 1 or len(block)
        yield block[start:end]
        start = end


def _ended(lines: bytes) -> bytes:
    return lines if not lines or lines.endswith(b"\n") else lines + b"\n"


def _ends(block: bytes) -> Ints:
    """Where each line ends that has an end: the place after it."""
    return np.flatnonzero(np.frombuffer(block, np.uint8) == ord("\n")) + 1


def _lines(block: bytes, ends: Ints, rows: Ints) -> bytes:
    """The lines of these numbers, each with an end."""
    bounds = [(ends[row - 1] if row else 0, ends[row] if row < len(ends) else len(block)) for row in rows]
    return b"".join(_ended(block[start:end]) for start, end in bounds)


def _is_text(block: bytes) -> bool:
    """Whether a block is UTF-8 without a byte order mark, which Arrow passes over where it begins a block."""
    if block.isascii():
        return True
    try:
        block.decode()
    except UnicodeDecodeError:
        return False
    return MARK_OF_UTF_8 not in block


@dataclass(frozen=True)
class _Texts:
    """A column of text as numpy sees it: its bytes, and where each value begins and ends in them."""

    data: npt.NDArray[np.uint8]
    starts: Codes
    ends: Codes

    @staticmethod
    def of(column: pa.Array) -> _Texts:
        ends = text_ends(column)
        content = np.frombuffer(column.buffers()[2] or b"", np.uint8)
        return _Texts(content if len(content) else np.zeros(1, np.uint8), ends[:-1], ends[1:])

    @property
    def lengths(self) -> Codes:
        return self.ends - self.starts

    def at(self, places: Codes) -> npt.NDArray[np.uint8]:
        """The bytes at these places, of which those outside of the column are of no account."""
        return self.data.take(places, mode="clip")


def _is_written_as_instant(column: pa.Array) -> Bools:
    """Where a text that Arrow reads as an instant is written as the contract wants it: with minutes, and with Z or an
    offset with a colon. Missing values are.
    """
    text = _Texts.of(column)
    in_utc: Bools = (text.at(text.ends - 1) == ord("Z")) & (text.lengths >= _SHORTEST_IN_UTC)
    if in_utc.all():
        return in_utc
    signs = text.at(text.ends - len("+00:00"))
    with_offset = ((signs == ord("+")) | (signs == ord("-"))) & (text.at(text.ends - len(":00")) == ord(":"))
    written: Bools = in_utc | (with_offset & (text.lengths >= _SHORTEST_WITH_OFFSET)) | is_null(column)
    return written


def _is_device(column: pa.Array) -> Bools:
    """Where an id surely is one: it begins and ends with a letter or a digit, and is too long for a word for nothing,
    or begins as none of them does.
    """
    text = _Texts.of(column)
    first = text.at(text.starts)
    is_word = _LETTERS_AND_DIGITS[first] & _LETTERS_AND_DIGITS[text.at(text.ends - 1)]
    is_something = (text.lengths > _LONGEST_MISSING_WORD) | ((first != ord("N")) & (first != ord("n")))
    sure: Bools = is_word & is_something & (text.lengths > 0)
    return sure


def _is_ping(columns: dict[str, pa.Array]) -> Bools:
    """Where a row with a device surely passes the checks of the contract. What is too strict here costs time alone."""
    observed_us = to_numpy(columns["observed_at"], np.int64)
    lon, lat = (to_numpy(columns[name], np.float64) for name in ("lon", "lat"))
    sure = _is_there(columns["observed_at"], columns["lon"], columns["lat"])
    sure &= (observed_us >= FIRST_US) & (observed_us <= LAST_US)
    sure &= (lon >= -180) & (lon <= 180) & (lat >= -90) & (lat <= 90) & ((lon != 0) | (lat != 0))
    if "accuracy_m" in columns:
        sure &= np.isfinite(to_numpy(columns["accuracy_m"], np.float64)) | is_null(columns["accuracy_m"])
    if "received_at" in columns:
        received_us = to_numpy(columns["received_at"], np.int64)
        in_time = (received_us <= LAST_US) & (observed_us - _LATEST_RECEIPT_US <= received_us)
        sure &= in_time | is_null(columns["received_at"])
    if "valid" in columns:
        words = pc.is_in(columns["valid"], value_set=string_array(_VALID_WORDS))
        sure &= to_bools(words) | is_null(columns["valid"])
    return sure


def _is_there(*columns: pa.Array) -> Bools:
    there: Bools = np.logical_and.reduce([~is_null(column) for column in columns])
    return there
