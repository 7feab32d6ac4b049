"""Prepares the reference tables for decisions, and decides a table of pings by them: Arrow in, Arrow out.

No file and no store is opened here, so the same rules run in any engine that has Arrow tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa

from offduty.arrays.arrow import dictionary_array, string_array, to_arrow
from offduty.config.contracts import contract
from offduty.config.policy import Policy
from offduty.core.reasons import QuarantineReason, Reason
from offduty.core.refusal import Refusal
from offduty.decision.decide import Reference, judge, settle
from offduty.decision.legs import CONTACT
from offduty.decision.pings import PingReading, read_pings
from offduty.duty.custody import settle_custody
from offduty.duty.on_duty import settle_duty
from offduty.duty.roster import read_roster
from offduty.duty.timeline import settle_timeline
from offduty.geofence import settle_places, settle_sites
from offduty.geofence.validity import place_rows

DECIDED = pa.schema([pa.field("row", pa.int64(), nullable=False), pa.field("reason", pa.string(), nullable=False)])


@dataclass(frozen=True)
class SettledReference:
    """The reference of decisions, the refused rows, and the newest record time of the roster (None: there is none)."""

    reference: Reference
    refused: tuple[Refusal, ...]
    last_recorded_us: int | None


def settle_reference(tables: Mapping[str, pa.Table], policy: Policy, as_of_us: int) -> SettledReference:
    """Prepare ``assignments``, ``roster``, ``places`` and ``sites`` (may be missing where ``legs.rule`` is off).

    Each table has ``file`` int32 and ``row`` int64, by which its rows are reported, and the columns of its contract as
    text; `columns_as_text` adds missing ones. Empty rows must have been removed. Raises `OwnerlessRowError` for a row
    that would hide something and does not name whose (specification#row-without-owner).
    """
    custody = settle_custody(tables["assignments"])
    roster = read_roster(tables["roster"], custody.officers, policy.policy.timezone, policy.duty.on_codes)
    duty = settle_duty(roster, policy.duty.late_edit_tolerance_s * 1_000_000, as_of_us)
    places = settle_places(place_rows(tables["places"]), custody.officers, policy.places.buffer_m)
    sites = settle_sites(tables["sites"]) if policy.legs.rule != "off" else None
    reference = Reference(settle_timeline(custody, duty), places, sites, policy, as_of_us)
    refused = (*custody.refused, *roster.refused, *places.refused, *(sites.refused if sites else ()))
    return SettledReference(reference, refused, roster.last_recorded_us)


def columns_as_text(table: str, rows: pa.Table) -> pa.Table:
    """A reference table in the form for `settle_reference`: text columns, numbered rows, missing columns as NULL."""
    names = contract(table).names
    given = {name: rows[name].cast(pa.string()) for name in names if name in rows.column_names}
    nothing = string_array([None] * rows.num_rows)
    numbers = [
        to_arrow(np.zeros(rows.num_rows, np.int32), pa.int32()),
        to_arrow(np.arange(rows.num_rows, dtype=np.int64), pa.int64()),
    ]
    return pa.Table.from_arrays([*numbers, *(given.get(name, nothing) for name in names)], ["file", "row", *names])


def reading_of(reference: Reference) -> PingReading:
    """What the reader of pings needs for a reference."""
    missing = reference.policy.accuracy.when_missing
    assumed_m = float("nan") if missing == "mask" else float(missing)
    return PingReading(string_array(list(reference.timeline.devices)), reference.as_of_us, assumed_m)


def private_engine() -> duckdb.DuckDBPyConnection:
    """A database in memory with one thread, in which the contract's checks of pings run."""
    settings: dict[str, str | bool | int | float | list[str]]
    settings = {"autoinstall_known_extensions": False, "autoload_known_extensions": False, "threads": 1}
    return duckdb.connect(config=settings)


def decide_pings(pings: pa.Table, reference: Reference) -> pa.Table:
    """The reason of every row of a table of pings, in its order: ``row`` int64, ``reason`` text.

    ``pings`` has ``device_id``, ``observed_at``, ``lon``, ``lat`` and perhaps ``accuracy_m``. It must have all pings of
    its officers, because the reason of one may depend on others in its duty window (specification#independence). A row
    that cannot be read as a ping has ``quarantine:`` and its quarantine reason instead of a reason. An empty table
    gives an empty table.
    """
    with private_engine() as con:
        batch = read_pings(pings.combine_chunks(), 0, reading_of(reference), con)
    reasons, undecided = judge(batch.pings, reference)
    final = settle(undecided, reference)
    candidate = undecided.kind != CONTACT
    reasons[undecided.row[candidate]] = final[candidate]
    reasons[batch.quarantined.row] = len(Reason) + batch.quarantined.reason
    names = [*(reason.word for reason in Reason), *(f"quarantine:{reason.word}" for reason in QuarantineReason)]
    row = to_arrow(np.arange(len(reasons), dtype=np.int64), pa.int64())
    return pa.Table.from_arrays([row, dictionary_array(reasons, names).dictionary_decode()], schema=DECIDED)
