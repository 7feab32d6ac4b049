"""What a job declares about how an input table is written: its time zone, columns to ignore, and ids that are distinct.

Rule: specification#declarations. Nothing is guessed; what is not declared is read as the contract says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class TableDeclaration:
    """How one table is written.

    ``time_zone`` is what times without an offset and bare dates mean, None where it is not declared. ``ignore`` are
    columns that look like an optional one and are not. ``distinct`` are columns of ids in which lookalikes are
    different things.
    """

    time_zone: str | None = None
    ignore: tuple[str, ...] = ()
    distinct: tuple[str, ...] = ()

    def as_document(self) -> dict[str, Any]:
        """What is declared, by key; what is not declared is left out."""
        lists = {"ignore": sorted(self.ignore), "distinct": sorted(self.distinct)}
        zone = {} if self.time_zone is None else {"time_zone": self.time_zone}
        return {**zone, **{key: names for key, names in lists.items() if names}}


UNDECLARED = TableDeclaration()


def declarations_document(declared: Mapping[str, TableDeclaration]) -> dict[str, Any]:
    """The declarations of all tables for the manifest; a table without one is left out."""
    documents = {table: declaration.as_document() for table, declaration in declared.items()}
    return {table: document for table, document in documents.items() if document}
