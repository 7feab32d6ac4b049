"""What is asked of the second implementation, what it answers, and the codes by which it names reasons in between."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from offduty.core.reasons import QuarantineReason, Reason

Ints = npt.NDArray[np.int64]
Indices = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.uint8]
Watch = Callable[[str, int, int], None]
Thing = TypeVar("Thing")

LISTED = 100
NEVER_US, FOREVER_US = -(1 << 62), 1 << 62

NOTHING = 0
"""The code of a row that is not recorded, or lies outside the interval."""
UNDECIDED, WAITING = 90, 91
FIRST_UNKNOWN = 100
"""Words of a ledger that are no reasons get codes from here on."""


def code_of(reason: Reason | QuarantineReason) -> int:
    """A reason's code: never 0, so that an empty buffer says "not recorded"."""
    return int(reason) + (1 if isinstance(reason, Reason) else 21)


WORDS: dict[int, str] = {code_of(reason): reason.word for reason in Reason} | {
    code_of(reason): f"quarantine:{reason.word}" for reason in QuarantineReason
}
FIRST_QUARANTINED = code_of(QuarantineReason.NO_DEVICE)
RELEASED = code_of(Reason.ON_DUTY)


@dataclass(frozen=True)
class InputFile:
    """One input: its number and name in the manifest, its table, and where it lies. Its kind is told by the name's
    ending; what was read of a table in a database, whose name has none, is CSV.
    """

    number: int
    table: str
    name: str
    path: Path


@dataclass(frozen=True)
class RunCase:
    """One run to be decided again.

    `run` is its folder, with `release`, `ledger` and `quarantine`. `key` is the pseudonym key's 32 bytes, or None: then
    pseudonyms are only held to be one for each officer and period. `expired` names output files that retention removed.
    """

    manifest: Mapping[str, Any]
    run: Path
    inputs: tuple[InputFile, ...]
    key: bytes | None
    expired: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Sample:
    """So many rows of the interval, drawn by a seed that the auditor chose (see `sampling.draw`)."""

    rows: int
    seed: str


@dataclass(frozen=True, order=True)
class Difference:
    """A row that was decided otherwise: the word on record, and the word found here.

    Besides reasons the words are `quarantine:` and a quarantine reason, `nothing` (not recorded) and `outside`.
    """

    file: int
    row: int
    recorded: str
    again: str


@dataclass(frozen=True)
class CappedDifferences(Generic[Thing]):
    """How many there are, and the first hundred of them."""

    count: int = 0
    first: tuple[Thing, ...] = ()

    @classmethod
    def of(cls, things: Iterable[Thing]) -> CappedDifferences[Thing]:
        """All of these, told by their count and the first hundred."""
        listed = list(things)
        return cls(len(listed), tuple(listed[:LISTED]))


Cell = tuple[int, int]
"""A file's number and a row in it, from 0."""


@dataclass(frozen=True)
class Soundness:
    """What deciding again found.

    `counts` has the words found here. `lost` rows lie in the interval and are recorded nowhere, `twice` ones are
    recorded more than once, `strange` ones are recorded and are no input row of the interval. `differences` are rows
    recorded once under another word. `as_read` are rows of the quarantine that are not held as they were read.
    `release_missing` are input rows that should stand in the release with their values and do not;
    `release_surplus` are rows of a release file that should not stand there. `refused_wrong` names reference rows
    (table, file, row) that either list alone holds. Expired release files are named in `release_not_checked`.
    """

    rows_read: int
    rows_in_interval: int
    rows_decided: int
    rows_at_a_rim: int
    counts: dict[str, int]
    lost: CappedDifferences[Cell]
    twice: CappedDifferences[Cell]
    strange: CappedDifferences[Cell]
    differences: CappedDifferences[Difference]
    as_read: CappedDifferences[Cell]
    release_rows: int
    release_missing: CappedDifferences[Cell]
    release_surplus: CappedDifferences[tuple[str, int]]
    refused_wrong: CappedDifferences[tuple[str, int, int]]
    rows_by_file_wrong: CappedDifferences[int]
    open_windows_wrong: bool
    last_recorded_wrong: bool
    pseudonyms_checked: bool
    release_not_checked: tuple[str, ...]

    @property
    def differs(self) -> bool:
        """Whether anything at all was found that is not as it should be."""
        found = (
            self.lost,
            self.twice,
            self.strange,
            self.differences,
            self.as_read,
            self.release_missing,
            self.release_surplus,
            self.refused_wrong,
            self.rows_by_file_wrong,
        )
        return any(each.count for each in found) or self.open_windows_wrong or self.last_recorded_wrong
