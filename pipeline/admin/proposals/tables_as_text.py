"""Finds the header, the delimiter and the values of a CSV file in the beginning of its text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from offduty.admin.proposals.sample import ColumnSample
from offduty.admin.proposals.shapes import common_shape, shown_shape
from offduty.admin.proposals.spellings import columns_by_name, is_name

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
MOST_TITLE_LINES = 60
ROWS_COMPARED = 200


@dataclass(frozen=True)
class Header:
    """The line with the names of the columns: its delimiter, how many lines stand before it, and how many names of it
    are known names of columns.
    """

    names: tuple[str, ...]
    delimiter: str
    skip_rows: int
    known: int

    def headless(self, columns: Mapping[str, ColumnSample]) -> bool:
        """Whether the names may be values: hardly one is known, and one cannot be a name, or is written as the values
        below it are.
        """
        named = [name for name in self.names if name.strip()]
        if self.known > 2:
            return sum(map(is_name, named)) < len(named) / 2
        alike = self.known == 0 and any(shown_shape(name) == common_shape(columns[name].written) for name in named)
        return alike or not all(map(is_name, named))


@dataclass(frozen=True)
class TextRows:
    """The header of a CSV file, its columns, how many rows were read, and how many have another number of values."""

    header: Header
    columns: dict[str, ColumnSample]
    rows: int
    uneven: int


def read_rows(table: str, text: str, whole: bool) -> TextRows | None:
    """The rows of a CSV file from the beginning of its text; None where no line has the form of a header.

    Rows whose number of values is not that of the header are counted, and not among the values.
    """
    header = find_header(table, text)
    if header is None:
        return None
    body = text if whole else text[: text.rfind("\n") + 1]
    records = [values for _, values in _records(body, header.delimiter, header.skip_rows)][1:]
    even = [values for values in records if len(values) == len(header.names)]
    by_column = list(zip(*even, strict=True)) or [()] * len(header.names)
    columns = {name: ColumnSample(values) for name, values in zip(header.names, by_column, strict=True)}
    return TextRows(header, columns, len(even), len(records) - len(even))


def find_header(table: str, text: str) -> Header | None:
    """The line of a text that is the header of a table: the one with the most known names of columns, by whichever
    delimiter gives it the most; without any, the first that has as many values as most lines.
    """
    best = max(
        (header for delimiter in DELIMITERS for header in _headers(table, text, delimiter)),
        key=lambda header: (header.known, -header.skip_rows),
        default=None,
    )
    return best if best is not None and best.known else _first_even_line(text)


def _headers(table: str, text: str, delimiter: str) -> Iterator[Header]:
    for (start, names), _ in zip(_records(text, delimiter), range(MOST_TITLE_LINES), strict=False):
        known = {column for name in names for column in columns_by_name(table, name)}
        yield Header(tuple(names), delimiter, start, min(len(known), len(names)))


def _first_even_line(text: str) -> Header | None:
    """The first line with as many values as most lines have, by the delimiter for which these are the most lines."""
    found: list[tuple[int, Header]] = []
    for delimiter in DELIMITERS:
        records = [record for record, _ in zip(_records(text, delimiter), range(ROWS_COMPARED), strict=False)]
        counts = [len(values) for _, values in records]
        usual = max(set(counts), key=counts.count, default=0)
        if usual > 1:
            start, names = next(record for record in records if len(record[1]) == usual)
            found.append((counts.count(usual) * usual, Header(tuple(names), delimiter, start, 0)))
    return max(found, key=lambda one: one[0], default=(0, None))[1]


def _records(text: str, delimiter: str, skip_rows: int = 0) -> Iterator[tuple[int, Sequence[str]]]:
    """The records of a CSV text that are not empty, each with the number of lines before it. It ends at a line that is
    no CSV, and the rest is not looked at.
    """
    lines = io.StringIO(text, newline="")
    for _ in range(skip_rows):
        next(lines, None)
    reader = csv.reader(lines, delimiter=delimiter)
    start = skip_rows
    while True:
        try:
            values = next(reader)
        except (StopIteration, csv.Error):
            return
        if values:
            yield start, values
        start = skip_rows + reader.line_num
