"""Finds the entry of the roster under which a released position was on duty, as the run knew it (SPEC 3, 7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from offduty.duty.on_duty import grants
from offduty.duty.roster import read_roster


@dataclass(frozen=True)
class GrantingEntry:
    """One entry as it is written in the roster."""

    shift_id: str
    starts_at: str
    ends_at: str
    duty_code: str
    recorded_at: str
    recorded_by: str


@dataclass(frozen=True)
class GrantingEntries:
    """The entries of one officer that grant duty for somebody who knows the roster of ``as_of``, by shift_id."""

    spans: tuple[tuple[int, int, GrantingEntry], ...]

    @classmethod
    def of(cls, rows: pa.Table, officer: str, policy: Mapping[str, Any], as_of_us: int) -> GrantingEntries:
        """By the rows of the roster, and a policy as a manifest holds it."""
        zone, codes = policy["policy"]["timezone"], tuple(policy["duty"]["on_codes"])
        roster = read_roster(rows, {officer: 0}, zone, codes)
        claims = grants(roster).at(as_of_us)
        stands = {
            place: at for at, place in enumerate(zip(rows["file"].to_pylist(), rows["row"].to_pylist(), strict=True))
        }
        found = []
        for entry, lo, hi in zip(claims.entry.tolist(), claims.lo.tolist(), claims.hi.tolist(), strict=True):
            at = stands[int(roster.file[entry]), int(roster.row[entry])]
            found.append((int(roster.shift[entry]), lo, hi, _granting(rows, at)))
        found.sort(key=lambda one: one[:3])
        return cls(tuple((lo, hi, granting) for _, lo, hi, granting in found))

    def granting(self, from_us: int, to_us: int, code: str) -> tuple[GrantingEntry, ...]:
        """The entry that grants an instant of [from, to) under a code: the first by shift_id of those that do.

        A released time is cut down to the policy's step, so all that is known is that the position was taken in it.
        Where shifts change within the step there may be several; where the roster at hand has none any more, there is
        none.
        """
        found = []
        for lo, hi, granting in self.spans:
            if lo < to_us and hi > from_us:
                found.append(granting)
                if lo <= from_us and hi >= to_us:
                    break
        return tuple(granting for granting in found if granting.duty_code == code)


def _granting(rows: pa.Table, at: int) -> GrantingEntry:
    def text(name: str) -> str:
        value = rows[name][at].as_py()
        return "" if value is None else str(value)

    return GrantingEntry(*(text(name) for name in GrantingEntry.__dataclass_fields__))
