"""What was found in a bounded part of a table's files: its columns, their values, and how the files are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from offduty.admin.proposals.shapes import is_written

TypedTime = Literal["instant", "wall time", "bare date"]
CONVERTED = "offduty docs converting#two-columns-and-grids has the lines that do it"
"""Where to read on about what no declaration mends and a few lines of Python do."""


@dataclass(frozen=True)
class ColumnSample:
    """The values of one column, in the order of the rows; None where a row has no value.

    ``typed`` is what a column of Parquet is that has a type of times; None for all others, whose values are texts.
    """

    values: Sequence[str | None]
    typed: TypedTime | None = None

    @cached_property
    def written(self) -> list[str]:
        """The values in which something is written."""
        return [value for value in self.values if value is not None and is_written(value)]


@dataclass(frozen=True)
class FileFormat:
    """How the files of a table are written; each field is a key of the job's declaration, and empty by default.

    ``why`` explains a field by its name.
    """

    format: str = ""
    compression: str = ""
    encoding: str = ""
    delimiter: str = ""
    skip_rows: int = 0
    why: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FileSample:
    """What was found in one file.

    ``names`` are the columns; where ``headless`` they may be values, and are not shown. ``geometry`` is True where the
    format has a geometry of its own, ``points`` where one of them is a point. ``faults`` are what a run would stop at.
    """

    file_format: FileFormat
    columns: Mapping[str, ColumnSample] = field(default_factory=dict)
    rows: int = 0
    whole: bool = True
    headless: bool = False
    geometry: bool = False
    points: bool = False
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class TableSample:
    """What was found in the files of a table: the columns that every file has, with the values of all of them.

    ``path`` is as the job has it and ``files`` how many files it names, of which ``looked_at`` were opened.
    ``file_date`` is the form in which each of several files has a date in its name; empty where not all have one.
    """

    table: str
    path: str
    files: int
    looked_at: int
    file_format: FileFormat
    columns: Mapping[str, ColumnSample]
    rows: int
    whole: bool
    headless: bool
    geometry: bool
    points: bool
    faults: tuple[str, ...]
    file_date: str = ""
