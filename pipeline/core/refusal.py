"""The record of a reference row that could not be read as it is written."""

from dataclasses import dataclass

CLASH = "another entry of its shift has the same recorded_at and says otherwise"
"""Why a version is refused that contradicts another one of its shift (specification#contradicting-versions)."""


@dataclass(frozen=True, order=True)
class Refusal:
    """One refused row: its table, its file (the number in the manifest), its row (counted from 0), and why.

    `why` is a plain sentence that contains no value of the row (specification#silence), because it goes into manifests
    and messages. What a refused row does: specification#bad-reference-rows.
    """

    table: str
    file: int
    row: int
    why: str
