"""The word for a reference row that could not be taken as it stands."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Refusal:
    """One refused row: which table, which file (its number in the manifest), which row (0-based), and why.

    `why` is plain words and never holds a value of the row (SPEC 9): it may go into manifests and messages.
    """

    table: str
    file: int
    row: int
    why: str
