"""Settles the reference tables of a run: everything that is known before the first ping is read."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from offduty.core.errors import InputError
from offduty.verify.redecide.decision.settle import SettleContext
from offduty.verify.redecide.duty.custody import settle_assignments
from offduty.verify.redecide.duty.on_duty import settle_duties
from offduty.verify.redecide.duty.roster import read_roster
from offduty.verify.redecide.duty.timeline import DeviceStretches, settle_stretches
from offduty.verify.redecide.geofence.beside_homes import without_sites_beside_homes
from offduty.verify.redecide.geofence.place_rows import read_places
from offduty.verify.redecide.geofence.places import settle_fences
from offduty.verify.redecide.geofence.sites import settle_sites
from offduty.verify.redecide.ingest.reference_reader import read_table
from offduty.verify.redecide.ingest.reference_row import KnownRow, ReferenceRow
from offduty.verify.redecide.ingest.wall_times import NO_OFFSET, NoOffsetError
from offduty.verify.redecide.model import InputFile
from offduty.verify.redecide.rules import Rules

Refused = tuple[str, int, int]
"""A table, the number of a file, and the number of a row in it."""


@dataclass(frozen=True)
class SettledTables:
    """The settled tables, and facts about their files: how many rows, which were refused, the newest record time."""

    stretches: DeviceStretches
    context: SettleContext
    codes: dict[str, int]
    refused: frozenset[Refused]
    contradictions: tuple[frozenset[Refused], ...]
    """Sets of roster rows that contradict each other, for officers with a device: some of each set must be refused."""
    may_be_refused: frozenset[Refused]
    rows_by_file: dict[int, int]
    last_recorded_us: frozenset[int | None]
    """What the newest record time of the roster may mean."""
    recorded_after_as_of: dict[str, int]
    """How many rows were recorded after `as_of`, for each table that has some."""
    known: dict[str, list[KnownRow]]
    """The rows of each table that were known at `as_of`."""


def settle_reference(inputs: Sequence[InputFile], rules: Rules, *, wider_m: float = 0.0) -> SettledTables:
    """Read and settle assignments, roster, places and sites. Raises `InputError` where that cannot be done.

    Places are found from `wider_m` farther away than the farthest ping that can be in contact with them.
    """
    with _without_garbage_collection():
        return _settled(inputs, rules, wider_m)


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Stop looking for reference cycles: the many small objects have none, and looking takes a quarter of the time."""
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
            rows, counts[source.number] = read_table(source, rules.declaration(source.table))
            tables[source.table] += rows
    try:
        return _of_tables(tables, counts, names, rules, wider_m)
    except NoOffsetError as error:
        raise InputError(NO_OFFSET) from error


def _of_tables(
    tables: dict[str, list[ReferenceRow]], counts: dict[int, int], names: dict[int, str], rules: Rules, wider_m: float
) -> SettledTables:
    assignments = settle_assignments(tables["assignments"], names, rules)
    roster = read_roster(tables["roster"], rules, names)
    stretches = settle_stretches(assignments, settle_duties(roster, rules), rules)
    sites, bad_sites = settle_sites(tables["sites"], rules)
    places = read_places(tables["places"], names, rules, sites.shapes)
    officers = stretches.windows.officers
    refused = (
        ("assignments", assignments.refused),
        ("roster", roster.refused),
        ("places", places.refused),
        ("sites", bad_sites),
    )
    with_device = {stretch.officer for stretches in assignments.by_device.values() for stretch in stretches}
    contradictions = [
        (frozenset(("roster", *cell) for cell in found.rows), found.officers) for found in roster.contradictions
    ]
    absent = {"assignments": assignments.absent, "roster": roster.absent, "places": places.absent}
    may_be_refused = {row for rows, _ in contradictions for row in rows}
    may_be_refused |= {("places", *cell) for cell in places.misplaced}
    return SettledTables(
        stretches,
        SettleContext(
            rules,
            stretches.windows,
            settle_fences(places.places, officers, rules, wider_m),
            without_sites_beside_homes(sites, places.places, officers, rules),
        ),
        {code: at for at, code in enumerate(sorted(rules.on_codes))},
        frozenset((table, *cell) for table, cells in refused for cell in cells),
        tuple(rows for rows, officers in contradictions if officers & with_device),
        frozenset(may_be_refused),
        counts,
        roster.last_recorded_us,
        {table: rows for table, rows in absent.items() if rows},
        {
            "assignments": assignments.known,
            "roster": roster.known,
            "places": places.known,
            "sites": [KnownRow(row, None, readable=True) for row in tables["sites"]],
        },
    )
