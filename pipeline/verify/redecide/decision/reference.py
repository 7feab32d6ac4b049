"""Settles the reference tables of a run: everything that is known before the first ping is read."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from offduty.verify.redecide.decision.settle import SettleContext
from offduty.verify.redecide.duty.custody import settle_holders
from offduty.verify.redecide.duty.on_duty import settle_duties
from offduty.verify.redecide.duty.roster import read_shifts
from offduty.verify.redecide.duty.timeline import DeviceStretches, settle_stretches
from offduty.verify.redecide.geofence.places import read_places, settle_fences
from offduty.verify.redecide.geofence.sites import settle_sites
from offduty.verify.redecide.ingest.reference_reader import ReferenceRow, read_table
from offduty.verify.redecide.model import InputFile
from offduty.verify.redecide.rules import Rules

Refused = tuple[str, int, int]
"""A table, a file's number and a row."""


@dataclass(frozen=True)
class SettledTables:
    """The settled tables, and what can be told of their files: rows, rows refused, and the last record of the roster."""

    stretches: DeviceStretches
    ground: SettleContext
    codes: dict[str, int]
    refused: frozenset[Refused]
    clashes: tuple[frozenset[Refused], ...]
    """Roster rows that contradict each other: some of each must be refused, where the shift is a device holder's."""
    may_be_refused: frozenset[Refused]
    rows_by_file: dict[int, int]
    last_recorded_us: int | None


def settle_reference(inputs: Sequence[InputFile], rules: Rules, *, wider_m: float = 0.0) -> SettledTables:
    """Read and settle assignments, roster, places and sites. `InputError` where that cannot be done.

    Places are found from `wider_m` farther away than a ping may be that is in contact with them.
    """
    with _uncollected():
        return _settled(inputs, rules, wider_m)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Python looks for no cycles meanwhile: among so many small things that hold none it takes a quarter of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _settled(inputs: Sequence[InputFile], rules: Rules, wider_m: float) -> SettledTables:
    names = {source.number: source.name for source in inputs}
    tables: dict[str, list[ReferenceRow]] = {table: [] for table in ("assignments", "roster", "places", "sites")}
    counts: dict[int, int] = {}
    for source in inputs:
        if source.table in tables:
            rows, counts[source.number] = read_table(source)
            tables[source.table] += rows
    holders = settle_holders(tables["assignments"], names)
    shifts = read_shifts(tables["roster"], rules, names)
    stretches = settle_stretches(holders.by_device, settle_duties(shifts, rules), rules)
    places, bad_places = read_places(tables["places"], names)
    sites, bad_sites = settle_sites(tables["sites"])
    refused = (
        ("assignments", holders.refused),
        ("roster", shifts.refused),
        ("places", bad_places),
        ("sites", bad_sites),
    )
    windows = stretches.windows
    holding = {held.officer for spans in holders.by_device.values() for held in spans}
    clashes = [(frozenset(("roster", *cell) for cell in clash.rows), clash.officers) for clash in shifts.clashes]
    return SettledTables(
        stretches,
        SettleContext(rules, windows, settle_fences(places, windows.officers, rules.farthest_m + wider_m), sites),
        {code: at for at, code in enumerate(sorted(rules.on_codes))},
        frozenset((table, *cell) for table, cells in refused for cell in cells),
        tuple(rows for rows, officers in clashes if officers & holding),
        frozenset(row for rows, _ in clashes for row in rows),
        counts,
        shifts.last_recorded_us,
    )
