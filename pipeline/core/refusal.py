"""The record of a reference row that could not be read as it is written."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

BETWEEN_FAULTS = "; "


class VersionFault(StrEnum):
    """What can be wrong with a version of a shift, in the words of manifests: by these it is known again, in entries of
    every version. Which of them a later version of the shift undoes: specification#bad-reference-rows.
    """

    NO_SHIFT = "shift_id is missing or cannot be read"
    NO_OFFICER = "officer_id is missing or cannot be read"
    NO_RECORD_TIME = "recorded_at cannot be read"
    NO_STATUS = "status is neither active nor cancelled"
    NO_START = "starts_at cannot be read"
    NO_END = "ends_at cannot be read"
    ENDS_BEFORE = "it ends before it starts"
    NO_ZONE = "timezone is not known"
    CLASH = "another entry of its shift has the same recorded_at and says otherwise"
    """It contradicts another version (specification#contradicting-versions)."""

    @classmethod
    def all_in(cls, why: str) -> frozenset[VersionFault]:
        """The faults that a refusal of a row of the roster names.

        >>> sorted(VersionFault.all_in("recorded_at cannot be read; timezone is not known"))
        [<VersionFault.NO_RECORD_TIME: 'recorded_at cannot be read'>, <VersionFault.NO_ZONE: 'timezone is not known'>]
        """
        named = set(why.split(BETWEEN_FAULTS))
        return frozenset(fault for fault in cls if fault.value in named)


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
