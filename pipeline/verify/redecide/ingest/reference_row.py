"""One row of a reference table: its values by the contract's names of their columns, and where it was read."""

from __future__ import annotations

from dataclasses import dataclass

from offduty.verify.redecide.ingest.json_values import Values
from offduty.verify.redecide.text_values import blank, read_id


@dataclass(frozen=True)
class ReferenceRow:
    """One row that is not empty: the number of its file, its number in it from 0, and its values by column."""

    file: int
    row: int
    values: Values

    def text(self, column: str) -> str | None:
        """The value as text; None where it is missing or blank."""
        value = self.values.get(column)
        return None if value is None or blank(value) else str(value)

    def id(self, column: str) -> str | None:
        """The id; None where it is missing or cannot be read."""
        return read_id(self.values.get(column))
