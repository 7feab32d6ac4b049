"""Reads a roster again for its audit: which versions of which officers can be assessed, and what they say of duty.

Plain Python, by the second implementation's own reading of rows (docs/explanation/again.md). Of an officer with a
version that cannot be read exactly nothing is said, nor of lookalikes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from offduty.verify.redecide.duty.roster import Grant, ShiftVersion, Span, Taking, read_versions, settle_versions
from offduty.verify.redecide.ingest.lookalikes import likeness
from offduty.verify.redecide.ingest.reference_row import ReferenceRow
from offduty.verify.redecide.rules import Rules

APPROVED = "approved_by"
"""A column beside those of the contract."""
KeyOf = Callable[[str], str]


@dataclass(frozen=True, eq=False)
class Entry:
    """A version of a shift: its ``place`` in the order of shift, record time, file and row; its ``number`` within its
    shift, from 1; and who recorded and who approved it, empty where that is not known.
    """

    place: int
    version: ShiftVersion
    number: int
    recorder: str
    approver: str

    @property
    def shift(self) -> str:
        """The id of its shift."""
        return str(self.version.shift)

    @property
    def officer(self) -> str:
        """Whom it is about; empty where it names nobody."""
        return self.version.officer or ""

    @property
    def recorded_us(self) -> int:
        """When it was recorded; where that cannot be read nothing is said of it but its number."""
        return self.version.recorded_us or 0

    @property
    def span(self) -> Span:
        """Its time, read narrowly."""
        return self.version.narrow or (0, 0)


class RecordedRoster:
    """The versions that were there at ``as_of``, by shift, and what those of officers who can be assessed grant."""

    def __init__(self, rows: Sequence[ReferenceRow], rules: Rules) -> None:
        self.as_of_us = rules.as_of_us
        self.alike: KeyOf = _key(rules, "officer_id")
        versions = read_versions(rows, rules)
        settled = settle_versions(versions, rules)
        self.officers = frozenset(assessed(versions, rules))
        everybody = {version.officer for version in versions} - {None}
        self.not_assessed = len(everybody) - len(self.officers)
        self.shifts = _by_shift(versions, {(row.file, row.row): row for row in rows})
        clashing = {cell for each in settled.contradictions for cell in each.rows}
        self._doubtful = {str(v.shift) for v in versions if v.recorded is None or (v.file, v.row) in clashing}
        self.entries = [entry for mine in self.shifts.values() for entry in mine if entry.officer in self.officers]
        self._of_cell = {(each.version.file, each.version.row): each for each in self.entries}
        self.grants: dict[str, list[tuple[Grant, Entry]]] = defaultdict(list)
        for grant in settled.grants:
            if grant.version.officer in self.officers:
                entry = self._of_cell[grant.version.file, grant.version.row]
                self.grants[entry.officer].append((grant, entry))
        self.takings: dict[str, list[Taking]] = defaultdict(list)
        for taking in settled.takings:
            self.takings[self.alike(taking.officer)].append(taking)

    @cached_property
    def granting(self) -> list[Entry]:
        """The entries that grant duty, also those that were undone since, and those of no time; in order."""
        return [each for each in self.entries if each.version.grants and each.shift not in self._doubtful]

    @cached_property
    def late(self) -> list[Entry]:
        """The entries that grant duty and were recorded after its beginning; in order."""
        return [each for each in self.granting if each.span[0] < min(each.recorded_us, each.span[1])]


def _key(rules: Rules, column: str) -> KeyOf:
    """What lookalikes of a column have in common; nothing but their id where the job says that they are distinct."""
    return likeness if rules.alike(column, "roster") else str


def assessed(versions: Sequence[ShiftVersion], rules: Rules) -> set[str]:
    """The officers of whom every version can be read exactly, and of whose lookalikes likewise."""
    officer, shift = _key(rules, "officer_id"), _key(rules, "shift_id")
    bad = [version for version in versions if not is_exact(version)]
    left_out = {officer(version.officer) for version in bad if version.officer is not None}
    nobodys = {shift(version.shift) for version in bad if version.officer is None and version.shift is not None}
    named = [version for version in versions if version.officer is not None]
    left_out |= {officer(str(v.officer)) for v in named if v.shift is not None and shift(v.shift) in nobodys}
    return {str(version.officer) for version in named if officer(str(version.officer)) not in left_out}


def is_exact(version: ShiftVersion) -> bool:
    """Whether all of a version can be read, its record time is one instant, and so are the times of a grant (a bare
    date begins at one instant, too).
    """
    if not version.readable or version.recorded is None or version.recorded.early != version.recorded.late:
        return False
    return not version.grants or version.times is None or all(at.early == at.begin for at in version.times)


def _by_shift(versions: Sequence[ShiftVersion], rows: dict[tuple[int, int], ReferenceRow]) -> dict[str, list[Entry]]:
    """The entries of each shift, in order; the shifts by their ids. Those of one record time have one number."""
    written: dict[str, list[ShiftVersion]] = defaultdict(list)
    for version in versions:
        if version.shift is not None:
            written[version.shift].append(version)
    found: dict[str, list[Entry]] = {}
    place = 0
    for shift in sorted(written):
        mine = sorted(written[shift], key=lambda version: (version.recorded_us or 0, version.file, version.row))
        found[shift], number, before = [], 0, None
        for version in mine:
            number += (version.recorded_us or 0) != before
            before = version.recorded_us or 0
            row = rows[version.file, version.row]
            found[shift].append(Entry(place, version, number, row.id("recorded_by") or "", row.id(APPROVED) or ""))
            place += 1
    return found
