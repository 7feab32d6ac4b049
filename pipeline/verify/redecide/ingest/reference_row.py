"""One row of a reference table: its values by the contract's names of their columns, where it was read, and what is
needed to say whether it could touch a run.
"""

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


@dataclass(frozen=True)
class KnownRow:
    """One row that was known.

    `span` is its time, read widely; None where it has none of its own, as a cancelled shift without times. `readable`
    says whether all of it can be read. `doubtful` rows may have been recorded after `as_of`; `recorded` rows have a
    record time that can be read.
    """

    row: ReferenceRow
    span: tuple[int, int] | None
    readable: bool
    doubtful: bool = False
    recorded: bool = False

    def meets(self, from_us: int, to_us: int) -> bool:
        """Whether its time has something in common with another one."""
        return self.span is not None and self.span[0] < to_us and self.span[1] > from_us
