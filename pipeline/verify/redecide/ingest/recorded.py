"""Reads what the run recorded: ledger and quarantine, row by row, without relying on any of it.

The rules are specification#ledger and specification#quarantine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from offduty.core.errors import InputError
from offduty.verify.redecide.ingest.input_streams import UNREADABLE
from offduty.verify.redecide.model import (
    FIRST_QUARANTINED,
    FIRST_UNKNOWN,
    LISTED,
    NOTHING,
    WORDS,
    Bools,
    CappedDifferences,
    Cell,
    Codes,
    Ints,
    RunCase,
)

BATCH_ROWS = 1 << 20


@dataclass(frozen=True)
class FileOffsets:
    """Where each ping file starts when the rows of all files are counted, in the order of the files' numbers."""

    numbers: Ints
    first: Ints
    """One more element than there are files: the last is the number of all rows."""

    @classmethod
    def of(cls, rows: Mapping[int, int]) -> FileOffsets:
        """From the number of rows of each file, by the file's number."""
        numbers = sorted(rows)
        return cls(
            np.array(numbers, np.int64), np.concatenate([[0], np.cumsum([rows[n] for n in numbers], dtype=np.int64)])
        )

    def cell(self, row: int) -> Cell:
        """The file of a row, and the row in it."""
        at = int(np.searchsorted(self.first, row, side="right")) - 1
        return int(self.numbers[at]), row - int(self.first[at])

    def found(self, rows: Ints) -> CappedDifferences[Cell]:
        """Rows as differences: their count, and file and row of the first."""
        return CappedDifferences(len(rows), tuple(self.cell(int(row)) for row in rows[:LISTED]))

    def place(self, file: Ints, row: Ints) -> tuple[Ints, Bools]:
        """The places of rows among all rows, and which of them exist."""
        if not len(self.numbers):
            return np.zeros(len(file), np.int64), np.zeros(len(file), np.bool_)
        at = np.minimum(np.searchsorted(self.numbers, file), len(self.numbers) - 1)
        known = (self.numbers[at] == file) & (row >= 0) & (row < np.diff(self.first)[at])
        return np.where(known, self.first[at] + np.where(known, row, 0), 0), known


@dataclass
class RecordedCodes:
    """The recorded code of every row, rows that are recorded more than once, and recorded rows that do not exist."""

    codes: Codes
    twice: list[Ints] = field(default_factory=list)
    nowhere: list[Cell] = field(default_factory=list)
    nowhere_count: int = 0
    as_read: dict[int, str | None] = field(default_factory=dict)
    words: dict[str, int] = field(default_factory=dict)

    def word(self, code: int) -> str:
        """The word of a code."""
        return {NOTHING: "nothing", **WORDS, **{number: word for word, number in self.words.items()}}[code]


def read_recorded(case: RunCase, layout: FileOffsets) -> RecordedCodes:
    """All rows of ledger and quarantine. Raises `InputError` where a file that has not expired cannot be read."""
    recorded = RecordedCodes(np.zeros(int(layout.first[-1]), np.uint8))
    for name in outputs_of(case, "ledger") + outputs_of(case, "quarantine"):
        if name not in case.expired:
            for batch in _batches(case, name):
                _record(recorded, layout, batch, quarantine=name.startswith("quarantine/"))
    return recorded


def outputs_of(case: RunCase, part: str) -> list[str]:
    """The names of the run's files of one part, as in the manifest."""
    return sorted(o["name"] for o in case.manifest["outputs"] if o["name"].startswith(f"{part}/"))


def _batches(case: RunCase, name: str) -> Iterator[pa.RecordBatch]:
    columns = ["file", "row", "reason"] + (["as_read"] if name.startswith("quarantine/") else [])
    try:
        file = pq.ParquetFile(case.run / name, read_dictionary=["reason"])
        if not set(columns) <= set(file.schema_arrow.names):
            raise ValueError("a column is missing")
        yield from file.iter_batches(BATCH_ROWS, columns=columns)
    except UNREADABLE as error:
        raise InputError("the file cannot be read as a ledger or a quarantine", file=name) from error


def _record(recorded: RecordedCodes, layout: FileOffsets, batch: pa.RecordBatch, *, quarantine: bool) -> None:
    file, row = _whole(batch["file"]), _whole(batch["row"])
    code = _codes(recorded, batch["reason"], quarantine=quarantine)
    at, known = layout.place(file, row)
    recorded.nowhere_count += int((~known).sum())
    recorded.nowhere += [(int(file[n]), int(row[n])) for n in np.flatnonzero(~known)[: LISTED - len(recorded.nowhere)]]
    at, code = at[known], code[known]
    again = recorded.codes[at] != NOTHING
    if bool((np.diff(at) <= 0).any()):
        order = np.argsort(at, kind="stable")
        again[order[1:]] |= np.diff(at[order]) == 0
    recorded.twice.append(at[again])
    recorded.codes[at[~again]] = code[~again]
    if quarantine:
        texts = batch["as_read"].to_pylist()
        recorded.as_read.update(zip(at.tolist(), (texts[n] for n in np.flatnonzero(known)), strict=True))


def _whole(column: pa.Array) -> Ints:
    """A column of whole numbers; a missing value is -1, which is not the number of a file or a row."""
    return np.asarray(column.cast(pa.int64()).fill_null(-1))


def _codes(recorded: RecordedCodes, column: pa.Array, *, quarantine: bool) -> Codes:
    coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    words = [*coded.dictionary.to_pylist(), None]
    codes = np.array([_code(recorded, word, quarantine=quarantine) for word in words], np.uint8)
    return np.asarray(codes[np.asarray(coded.indices.fill_null(len(words) - 1))])


def _code(recorded: RecordedCodes, word: object, *, quarantine: bool) -> int:
    """The code of a word; a word that is not a reason of its part gets a code of its own."""
    full = f"quarantine:{word}" if quarantine else word
    for code, known in WORDS.items():
        if known == full and (code >= FIRST_QUARANTINED) == quarantine:
            return code
    word_recorded = "quarantine: no reason" if quarantine else "no reason"
    return recorded.words.setdefault(word_recorded, FIRST_UNKNOWN + len(recorded.words))
