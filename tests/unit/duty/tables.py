"""Tables as the readers take them, and what they say at an instant."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from offduty.config.contracts import contract
from offduty.core.ids import KeyOf, clean_id, lookalike_key
from offduty.core.instants import FOREVER_US, instant
from offduty.core.times import LocalTime
from offduty.duty.custody import SHARED, Custody, settle_custody
from offduty.duty.on_duty import ON, settle_duty
from offduty.duty.roster import RosterReading
from offduty.duty.versions import Roster, read_roster
from tests.world import at

LONDON = LocalTime("Europe/London", "Europe/London")
Row = dict[str, Any]


def table_of(name: str, rows: list[Row]) -> pa.Table:
    """Rows of a reference table as text, numbered, from one file."""
    columns = {
        column: pa.array([None if row.get(column) is None else str(row[column]) for row in rows], pa.string())
        for column in contract(name).names
    }
    numbers = {"file": pa.array([0] * len(rows), pa.int32()), "row": pa.array(range(len(rows)), pa.int64())}
    return pa.table({**numbers, **columns})


def us(when: str) -> int:
    """`09:00` of the base day, or an instant, in microseconds since 1970."""
    found = instant(at(when))
    assert found is not None
    return found


def custody_of(rows: list[Row], as_of: str | None = None, tolerance_s: int = 0, key: KeyOf = lookalike_key) -> Custody:
    """The custody that these assignments give."""
    as_of_us = FOREVER_US if as_of is None else us(as_of)
    return settle_custody(table_of("assignments", rows), LONDON, as_of_us, tolerance_s * 1_000_000, key)


def holder(custody: Custody, when: str, device: str = "d1", key: KeyOf = lookalike_key) -> str:
    """Who has a device at an instant: an officer, `nobody`, or `shared`; `late` before one recorded too late."""
    clean = clean_id(device) or ""
    number = custody.devices.get(clean, custody.lookalikes.get(key(clean), -1))
    there = np.flatnonzero(
        (custody.device == number) & (custody.from_us <= us(when)) & (us(when) < custody.to_us)
    ).tolist()
    assert len(there) <= 1, "stretches of a device overlap"
    if not there:
        return "nobody"
    if custody.officer[there[0]] == SHARED:
        return "shared"
    names = {number: text for text, number in custody.officers.items()}
    return ("late " if custody.late[there[0]] else "") + names[int(custody.officer[there[0]])]


def roster_of(rows: list[Row], as_of: str | None = None, officers: tuple[str, ...] = ("o1",), **more: Any) -> Roster:
    """The roster of some officers."""
    reading = RosterReading(LONDON, ("duty", "court"), FOREVER_US if as_of is None else us(as_of), **more)
    return read_roster(table_of("roster", rows), {text: number for number, text in enumerate(officers)}, reading)


def duty(
    rows: list[Row], when: str = "12:00", as_of: str = "2026-11-01T00:00:00Z", officer: int = 0, **more: Any
) -> str:
    """Whether an officer is on duty at an instant: `on`, `off`, or `late` where it is so only by a late edit."""
    found = settle_duty(roster_of(rows, as_of, **more), 0, us(as_of))
    inside = (found.officer == officer) & (found.from_us <= us(when)) & (us(when) < found.to_us)
    states = found.state[inside].tolist()
    assert len(states) <= 1, "stretches of an officer overlap"
    return "off" if not states else "on" if states[0] == ON else "late"
