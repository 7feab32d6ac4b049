"""Reads a roster for the audit: every version as the filter understands it, and who recorded it.

What grants and what takes duty away is settled by the filter's own code, so that both mean the same by duty
(specification#duty-rule). Of an officer with a version that cannot be read exactly nothing is said: see `assessed`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from offduty.arrays.arrow import Bools, Ints
from offduty.arrays.dictionary import coded
from offduty.config.declarations import TableDeclaration
from offduty.config.policy import Policy
from offduty.core.ids import clean_id
from offduty.core.times import read_times
from offduty.decision.declared_tables import DeclaredTables
from offduty.duty.entries import Roster
from offduty.duty.roster import RosterRows, read_rows
from offduty.duty.versions import settle_roster

WRITERS = ("recorded_by", "approved_by")
Texts = npt.NDArray[np.object_]


@dataclass(frozen=True)
class RecordedVersions:
    """The versions of the officers who can be assessed, sorted by shift and record time, one element each.

    ``roster`` is what they grant and take away; ``officers`` are the ids of its officers, by number. ``shift_id``,
    ``version`` (from 1, in the order of record times), ``content`` (equal for versions that say the same),
    ``recorded_by`` and ``approved_by`` (empty: not known) belong to its entries. ``not_assessed`` is how many officers
    whom a version names are left out, and ``rows`` how many versions were read.
    """

    roster: Roster
    officers: list[str]
    shift_id: Texts
    version: Ints
    content: Ints
    writers: dict[str, Texts]
    not_assessed: int
    rows: int

    def __len__(self) -> int:
        return len(self.version)


def read_versions(
    rows: pa.Table,
    more: pd.DataFrame,
    policy: Policy,
    as_of_us: int,
    declared: Mapping[str, TableDeclaration] | None = None,
) -> RecordedVersions:
    """The versions that were recorded by ``as_of_us``.

    ``rows`` has ``file``, ``row`` and the roster's columns as text, ``more`` the column ``approved_by`` for the same
    rows, where there is one; ``declared`` says how tables are written, by their names. Raises `OwnerlessRowError` for a
    row that names neither officer nor shift.
    """
    reading = DeclaredTables.of(declared, policy).roster(as_of_us)
    found = read_rows(rows, reading)
    recorded = read_times(rows["recorded_at"], reading.local).take(found.there)
    officers = assessed(found, recorded.early != recorded.until)
    roster = settle_roster(found, {text: number for number, text in enumerate(officers)}, reading)
    place = _places(found, roster)
    return RecordedVersions(
        roster=roster,
        officers=officers,
        shift_id=np.array([*found.shifts.texts, ""], dtype=object)[roster.shift],
        version=_numbered(roster),
        content=found.content[place],
        writers=_writers(rows, more, found.there[place]),
        not_assessed=len(np.unique(found.officer[found.officer >= 0])) - len(officers),
        rows=len(found),
    )


def assessed(found: RosterRows, doubtful: Bools) -> list[str]:
    """The ids of the officers of whom every version can be read exactly, sorted.

    A version of which anything cannot be read may be anything; a record time that is a bare date, or any time with two
    readings, would make an edit older or newer than it is. Then nothing is said of the officer, nor of lookalikes.
    Where such a row names no officer, those whom other versions of its shift name are left out.
    """
    two = (found.start.early != found.start.late) | (found.end.early != found.end.late)
    bad = ~found.readable | doubtful | (found.grants & two)
    nameless = bad & (found.officer < 0)
    families = np.concatenate(
        [
            found.officer_family[bad & (found.officer >= 0)],
            found.officer_family[np.isin(found.shift_family, found.shift_family[nameless])],
        ]
    )
    codes = np.unique(found.officer[(found.officer >= 0) & ~np.isin(found.officer_family, families)])
    return sorted(found.officers.texts[code] for code in codes.tolist())


def _places(found: RosterRows, roster: Roster) -> Ints:
    """Where in ``found`` each entry of the roster is."""
    width = int(found.row.max(initial=0)) + 1
    mine, theirs = found.file * width + found.row, roster.file * width + roster.row
    order = np.argsort(mine, kind="stable")
    return np.asarray(order[np.searchsorted(mine[order], theirs)], np.int64)


def _numbered(roster: Roster) -> Ints:
    """The number of each version within its shift, from 1: those of one record time have one number."""
    same_shift = np.append(False, roster.shift[1:] == roster.shift[:-1])[: len(roster.shift)]
    later = np.append(False, roster.recorded[1:] != roster.recorded[:-1])[: len(roster.shift)]
    steps = np.cumsum(same_shift & later)
    first = np.maximum.accumulate(np.where(same_shift, 0, np.arange(len(steps))))
    return np.asarray(1 + steps - steps[first], np.int64) if len(steps) else np.zeros(0, np.int64)


def _writers(rows: pa.Table, more: pd.DataFrame, place: Ints) -> dict[str, Texts]:
    """Who recorded and who approved each version, as clean ids; empty where it is not known."""
    found = {}
    for name in WRITERS:
        given = (
            rows[name] if name in rows.column_names else pa.array(more.get(name, [None] * rows.num_rows), pa.string())
        )
        column = coded(given)
        known = np.array([*(clean_id(text) or "" for text in column.texts), ""], dtype=object)
        found[name] = known[column.codes[place]]
    return found
