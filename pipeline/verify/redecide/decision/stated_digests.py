"""Compares what the entry of a run says of its reference tables with the tables: how many rows, and their digests.

The rules are specification#reference-digests and specification#touching-rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from offduty.core.errors import InputError
from offduty.verify.redecide.decision.reference import SettledTables
from offduty.verify.redecide.decision.scan import PingScan
from offduty.verify.redecide.decision.touching import Around, digest, row_codes
from offduty.verify.redecide.duty.custody import settle_assignments
from offduty.verify.redecide.duty.roster import read_roster
from offduty.verify.redecide.geofence.place_rows import read_places
from offduty.verify.redecide.ingest.lookalikes import likeness
from offduty.verify.redecide.ingest.reference_reader import read_table
from offduty.verify.redecide.ingest.reference_row import KnownRow, ReferenceRow
from offduty.verify.redecide.ingest.wall_times import NO_OFFSET, NoOffsetError
from offduty.verify.redecide.model import InputFile, RunCase
from offduty.verify.redecide.rules import Rules, read_rules


def wrong_digests(case: RunCase, reference: SettledTables, pings: PingScan, devices: set[int]) -> tuple[str, ...]:
    """The tables of which the entry says something else than is found; `devices` are those that the pings name.

    Nothing can be said without the key, and entries of older versions have no digests.
    """
    stated = case.manifest.get("references")
    if not stated or case.key is None:
        return ()
    touching = Around(_named(pings, devices), pings.rules, reference.stretches.windows).touching(reference.known)
    found = {table: _found(case.key, table, rows, touching[table]) for table, rows in reference.known.items()}
    return tuple(sorted(table for table in found.keys() | stated.keys() if found.get(table) != stated.get(table)))


def _found(key: bytes, table: str, rows: list[KnownRow], touching: list[KnownRow]) -> dict[str, object]:
    """What the entry should say of a table; the rows that touch the run are some of those that were known."""
    codes = dict(zip(map(id, rows), row_codes(key, table, rows), strict=True))
    return {
        "known": len(rows),
        "doubtful": sum(row.doubtful for row in rows),
        "digest": digest(codes.values()),
        "touching": digest(codes[id(row)] for row in touching),
    }


def _named(pings: PingScan, devices: set[int]) -> frozenset[str]:
    """What the devices that the pings name have in common with their lookalikes; the others were never assigned."""
    alike = likeness if pings.rules.alike("device_id", "assignments", "pings") else str
    known = {alike(name) for name, number in pings.devices.known.items() if number in devices}
    return frozenset(known | {key for key, number in pings.devices.alike.items() if number in devices})


@dataclass(frozen=True)
class LaterTable:
    """A table as it is now, seen by a run that read it before: how many rows it has, how many of them the run would
    have known, and whether they are those that it knew. `same` is None where that cannot be said.
    """

    rows: int
    known: int
    same: bool | None


def look_at_later(case: RunCase, table: str, files: Sequence[InputFile]) -> LaterTable:
    """Look at the files of a table that may have grown since a run. Raises `InputError` where they cannot be read.

    Rows whose record time cannot be read, or that have none, may be there since: without them the rows may be the same.
    """
    rules = read_rules(case.manifest)
    rows = [row for file in files for row in read_table(file, rules.declaration(table))[0]]
    known = _known(table, rows, rules, {file.number: file.name for file in files})
    stated = case.manifest.get("references", {}).get(table)
    if stated is None or case.key is None:
        return LaterTable(len(rows), len(known), None)
    same = any(
        digest(row_codes(case.key, table, some)) == stated["digest"]
        for some in (known, [row for row in known if row.recorded])
        if len(some) == stated["known"]
    )
    return LaterTable(len(rows), len(known), same)


def _known(table: str, rows: list[ReferenceRow], rules: Rules, names: dict[int, str]) -> list[KnownRow]:
    try:
        if table == "assignments":
            return settle_assignments(rows, names, rules).known
        if table == "roster":
            return read_roster(rows, rules, names).known
        if table == "places":
            return read_places(rows, names, rules, ()).known
    except NoOffsetError as error:
        raise InputError(NO_OFFSET) from error
    return [KnownRow(row, None, readable=True) for row in rows]
