"""What the second implementation is given, what it answers, and its own codes for reasons."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
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
Item = TypeVar("Item")

LISTED = 100
"""So many differences of one kind are listed one by one; the others are counted."""
NEVER_US, FOREVER_US = -(1 << 62), 1 << 62

LeftOutTimes = dict[tuple[Path, str], tuple[int, int, bool]]
"""The first and the last instant of files that runs left out, and whether they do not say it; by path and declaration.
Several runs leave out the same files, and each is read once.
"""

NOTHING = 0
"""The code of a row that is not recorded, or is outside the interval."""
UNDECIDED, WAITING = 90, 91
"""The codes of a row that is not in the sample, and of an on-duty ping whose window is not settled yet."""
FIRST_UNKNOWN = 100
"""Words of a ledger that are not reasons get codes from here on."""


def code_of(reason: Reason | QuarantineReason) -> int:
    """The code of a reason: never 0, so that 0 in an empty buffer means "not recorded"."""
    return int(reason) + (1 if isinstance(reason, Reason) else 21)


WORDS: dict[int, str] = {code_of(reason): reason.word for reason in Reason} | {
    code_of(reason): f"quarantine:{reason.word}" for reason in QuarantineReason
}
FIRST_QUARANTINED = code_of(QuarantineReason.NO_DEVICE)
RELEASED = code_of(Reason.ON_DUTY)


@dataclass(frozen=True)
class InputFile:
    """One input: its number and name in the manifest, its table, and its path.

    The ending of its name says how it is read. A table of a database has no ending; its copy is CSV. ``given_as`` is
    its name among the auditor's files, where the manifest has another.
    """

    number: int
    table: str
    name: str
    path: Path
    given_as: str = ""


@dataclass(frozen=True)
class RunCase:
    """One run to be decided again.

    `run` is its folder, with `release`, `ledger` and `quarantine`. `key` is the pseudonym key's 32 bytes, or None: then
    each officer must have one pseudonym in each period, and it is not checked which. `expired` names output files that
    retention deleted. Of the tables in `grown` a later version is given: it has the rows that the run knew, and others.
    `unread` are the files of pings that the job names and the run did not read, and `looked_at` their times, as far as
    they are known. Of the files that this run or one before it named, those in `there_before` are there, and so many as
    `gone` says are not.
    """

    manifest: Mapping[str, Any]
    run: Path
    inputs: tuple[InputFile, ...]
    key: bytes | None
    expired: frozenset[str] = frozenset()
    grown: frozenset[str] = frozenset()
    unread: tuple[InputFile, ...] = ()
    looked_at: LeftOutTimes = field(default_factory=dict, repr=False)
    there_before: frozenset[Path] = frozenset()
    gone: int = 0


@dataclass(frozen=True)
class Sample:
    """At least so many rows of the interval, with all of their duty windows, drawn by a seed that the auditor chose
    (see `decision.sample`).
    """

    rows: int
    seed: str


@dataclass(frozen=True, order=True)
class Difference:
    """A row that was decided differently: the word that is recorded, and the word that was decided again.

    A word is a reason, `quarantine:` with a quarantine reason, `no reason` (the recorded word is not a reason), or
    `nothing` (not recorded).
    """

    file: int
    row: int
    recorded: str
    again: str


@dataclass(frozen=True)
class CappedDifferences(Generic[Item]):
    """How many differences of one kind there are, and the first hundred of them."""

    count: int = 0
    first: tuple[Item, ...] = ()

    @classmethod
    def of(cls, items: Iterable[Item]) -> CappedDifferences[Item]:
        """The count of all of these, and the first hundred."""
        every = list(items)
        return cls(len(every), tuple(every[:LISTED]))


Cell = tuple[int, int]
"""The number of a file, and the number of a row in it, from 0."""


@dataclass(frozen=True)
class Soundness:
    """What deciding again found.

    `rows_drawn` is by how many drawn rows a sample of rows and windows was found; None where every row was decided.
    `counts` has the rows for each reason that was decided again. `lost` rows are in the interval and are recorded
    nowhere, `twice` rows are recorded more than once, `unexpected` rows are recorded and are not input rows of the
    interval. `differences` are rows that are recorded with another reason. `as_read` are rows of the quarantine whose
    values are not those of the input. `release_missing` are input rows that should be in the release with their values
    and are not; `release_surplus` are rows of a release file that should not be there. `refused_wrong` names reference
    rows (table, file, row) that only one of the two lists has. `after_as_of_wrong` says that the manifest counts other
    rows after `as_of`. `left_out_wrong` are files that the run left out and should have read, and
    `left_out_in_doubt` counts those that may have come since; `context_days_wrong` says that the days of the context
    are others. `references_wrong` names tables of which the entry says other numbers or
    digests. `release_not_checked` names expired release files.
    """

    rows_read: int
    rows_in_interval: int
    rows_decided: int
    rows_drawn: int | None
    rows_at_a_boundary: int
    counts: dict[str, int]
    lost: CappedDifferences[Cell]
    twice: CappedDifferences[Cell]
    unexpected: CappedDifferences[Cell]
    differences: CappedDifferences[Difference]
    as_read: CappedDifferences[Cell]
    release_rows: int
    release_missing: CappedDifferences[Cell]
    release_surplus: CappedDifferences[tuple[str, int]]
    refused_wrong: CappedDifferences[tuple[str, int, int]]
    rows_by_file_wrong: CappedDifferences[int]
    open_windows_wrong: bool
    last_recorded_wrong: bool
    after_as_of_wrong: bool
    references_wrong: tuple[str, ...]
    left_out_wrong: CappedDifferences[Path]
    left_out_in_doubt: int
    context_days_wrong: bool
    pseudonyms_checked: bool
    release_not_checked: tuple[str, ...]

    @property
    def differs(self) -> bool:
        """Whether anything was found that is wrong."""
        found = (
            self.lost,
            self.twice,
            self.unexpected,
            self.differences,
            self.as_read,
            self.release_missing,
            self.release_surplus,
            self.refused_wrong,
            self.rows_by_file_wrong,
            self.left_out_wrong,
        )
        counts = (
            self.open_windows_wrong,
            self.last_recorded_wrong,
            self.after_as_of_wrong,
            self.context_days_wrong,
        )
        return any(each.count for each in found) or any(counts) or bool(self.references_wrong)
