"""Finds the roster entry under which a released position was on duty, as the run knew the roster.

The rules are `specification#duty-at` and `specification#column-duty-code`.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from offduty.core.instants import iso_text
from offduty.decision.declared_tables import DeclaredTables
from offduty.duty.on_duty import grants
from offduty.duty.versions import read_roster


@dataclass(frozen=True)
class GrantingEntry:
    """One roster entry as it is written in the roster; a missing value is an empty text.

    ``recorded_at`` alone is not as written: it is the instant that decided, in UTC, because what a time without an
    offset means stands in the job (specification#record-time).
    """

    shift_id: str
    starts_at: str
    ends_at: str
    duty_code: str
    recorded_at: str
    recorded_by: str


@dataclass(frozen=True)
class GrantingEntries:
    """The entries of one officer that grant duty by the roster as of ``as_of``, sorted by ``shift_id``.

    ``spans`` has the first and the last instant (exclusive) of each entry, in microseconds.
    """

    spans: tuple[tuple[int, int, GrantingEntry], ...]

    @classmethod
    def of(cls, rows: pa.Table, officer: str, written: DeclaredTables, as_of_us: int) -> GrantingEntries:
        """The granting entries in ``rows`` (the roster), as it is ``written``."""
        roster = read_roster(rows, {officer: 0}, written.roster(as_of_us))
        claims = grants(roster).at(as_of_us)
        index_of = {
            place: index
            for index, place in enumerate(zip(rows["file"].to_pylist(), rows["row"].to_pylist(), strict=True))
        }
        found = []
        for entry, lo, hi in zip(claims.entry.tolist(), claims.lo.tolist(), claims.hi.tolist(), strict=True):
            index = index_of[int(roster.file[entry]), int(roster.row[entry])]
            found.append(
                (int(roster.shift[entry]), lo, hi, _granting(rows, index, iso_text(int(roster.recorded[entry]))))
            )
        found.sort(key=lambda one: one[:3])
        return cls(tuple((lo, hi, granting) for _, lo, hi, granting in found))

    def granting(self, from_us: int, to_us: int, code: str) -> tuple[GrantingEntry, ...]:
        """The entry that grants an instant in [from, to) under a duty code: of several, the first by ``shift_id``.

        A released time is truncated to the policy's step, so a position was taken somewhere within the step. Where one
        shift ends and another begins within the step, both are given. Where the roster that was given no longer has the
        entry, nothing is.
        """
        found = []
        for lo, hi, granting in self.spans:
            if lo < to_us and hi > from_us:
                found.append(granting)
                if lo <= from_us and hi >= to_us:
                    break
        return tuple(granting for granting in found if granting.duty_code == code)


def _granting(rows: pa.Table, index: int, recorded_at: str) -> GrantingEntry:
    def text(name: str) -> str:
        value = rows[name][index].as_py()
        return "" if value is None else str(value)

    written = {name: text(name) for name in GrantingEntry.__dataclass_fields__}
    return GrantingEntry(**{**written, "recorded_at": recorded_at})
