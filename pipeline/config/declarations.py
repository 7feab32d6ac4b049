"""What a job declares about how an input table is written: its format, its columns, its times, and how ids are meant.

Rule: specification#declarations. Nothing is guessed; what is not declared is read as the contract says.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

UNIX_S, UNIX_MS, EXCEL = "unix_s", "unix_ms", "excel"
"""The forms of `TableDeclaration.times` that are no strptime format."""
UTF_8 = "utf-8"
COMMA = ","
POINT = "."
METRES_OF = {"m": "1", "km": "1000", "ft": "0.3048", "mi": "1609.344"}
"""The named units of lengths, by the number of metres that they are."""


def _none() -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True)
class TableDeclaration:
    """How one table is written; each field is a key of the job's ``[inputs.<table>]`` (specification#declarations).

    ``format`` and ``compression`` are empty where the ending of a file name says them. ``time_zone`` is what times
    without an offset and bare dates mean, None where it is not declared. ``columns`` has the name in the files by the
    contract's name, ``constants`` the value of a column that no file has, ``values`` the contract's value by the
    written word, for each column, ``times`` the form of times and ``units`` the factor or unit of numbers, by column.
    ``ignore`` are columns that look like an optional one and are not. ``distinct`` are columns of ids in which
    lookalikes are different things. ``file_date`` is how the date of a file of pings is written in its name, empty
    where none is declared.
    """

    time_zone: str | None = None
    ignore: tuple[str, ...] = ()
    distinct: tuple[str, ...] = ()
    format: str = ""
    compression: str = ""
    encoding: str = UTF_8
    delimiter: str = COMMA
    decimal: str = POINT
    skip_rows: int = 0
    file_date: str = ""
    columns: Mapping[str, str] = field(default_factory=_none)
    constants: Mapping[str, str] = field(default_factory=_none)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=_none)
    times: Mapping[str, str] = field(default_factory=_none)
    units: Mapping[str, str] = field(default_factory=_none)

    def __hash__(self) -> int:
        """Of all that is declared: it travels to tasks, which remember what they had."""
        return hash(json.dumps(self.as_document(), sort_keys=True))

    def written_name(self, column: str) -> str:
        """The name that a column of the contract has in the files."""
        return self.columns.get(column, column)

    @property
    def as_contract(self) -> bool:
        """Whether values stand in columns of the contract's names, written as the contract has them."""
        return not (self.columns or self.constants or self.values or self.times or self.units or self.decimal != POINT)

    def as_document(self) -> dict[str, Any]:
        """What is declared, by key, as the manifest has it; what is not declared, or is the default, is left out."""
        undeclared = TableDeclaration()
        written = {
            **{key: getattr(self, key) for key in ("time_zone", "format", "compression", "encoding", "delimiter")},
            **{key: getattr(self, key) for key in ("decimal", "skip_rows", "file_date")},
            **{key: sorted(getattr(self, key)) for key in ("ignore", "distinct")},
            **{key: dict(getattr(self, key)) for key in ("columns", "constants", "times", "units")},
            "values": {column: dict(words) for column, words in self.values.items()},
        }
        return {key: value for key, value in written.items() if value and value != getattr(undeclared, key)}


UNDECLARED = TableDeclaration()


def declarations_document(declared: Mapping[str, TableDeclaration]) -> dict[str, Any]:
    """The declarations of all tables for the manifest; a table without one is left out."""
    documents = {table: declaration.as_document() for table, declaration in declared.items()}
    return {table: document for table, document in documents.items() if document}
