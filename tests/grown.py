"""What a run would say of its reference tables, and which of their rows could touch it by the second implementation."""

from __future__ import annotations

import csv
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from offduty.engines.local import LOCAL
from offduty.runs.decided import settled_inputs
from offduty.runs.find_inputs import find_inputs
from offduty.runs.references import KnownDigests
from offduty.runs.request import Request
from offduty.runs.resources import Resources, nobody
from offduty.verify.redecide import InputFile
from offduty.verify.redecide.decision.reference import settle_reference
from offduty.verify.redecide.decision.scan import OfficerShare, PingScan, gather
from offduty.verify.redecide.decision.stated_digests import _named
from offduty.verify.redecide.decision.touching import Around
from offduty.verify.redecide.ingest.ping_columns import DeviceLookup
from offduty.verify.redecide.ingest.ping_reader import tasks_of
from offduty.verify.redecide.rules import read_rules
from tests.world import COLUMNS, World

TABLES = ("assignments", "roster", "places", "sites")
Digests = dict[str, dict[str, Any]]


def digests(job: Path, start: str | None = None, end: str | None = None, as_of: str | None = None) -> Digests:
    """What the manifest of a run would say of its reference tables, without running it."""
    asked = Request.of(job, start, end, as_of, None)
    with TemporaryDirectory() as work, asked.copies:
        found = find_inputs(asked, Path(work))
        with settled_inputs(asked, found, Path(work), Resources.of(1, 500, LOCAL, nobody)) as known:
            found = KnownDigests.of(known).over(asked.interval)
    return {table: asdict(each) for table, each in found.items()}


def touching(given: Digests) -> dict[str, str]:
    """The digests of the rows that could touch the run."""
    return {table: found["touching"] for table, found in given.items()}


def known(given: Digests) -> dict[str, str]:
    """The digests of the rows that were known."""
    return {table: found["digest"] for table, found in given.items()}


def rows_that_touch(manifest: dict[str, Any], folder: Path) -> dict[str, list[int]]:
    """By table the numbers of the rows that could touch a run, as the second implementation finds them."""
    inputs = tuple(InputFile(i["file"], i["table"], i["name"], folder / i["name"]) for i in manifest["inputs"])
    rules = read_rules(manifest)
    reference = settle_reference(inputs, rules)
    stretches = reference.stretches
    lookup = DeviceLookup(stretches.devices, stretches.alike, len(stretches.first) - 2)
    pings = [source for source in inputs if source.table == "pings"]
    scan = PingScan(tasks_of(pings, rules), lookup, stretches, rules, 1, 1_000_000)
    around = Around(
        _named(scan, gather(scan, OfficerShare(), lambda stage, done, total: None).devices), rules, stretches.windows
    )
    found = around.touching(reference.known)
    return {table: sorted(row.row.row for row in rows) for table, rows in found.items()}


def only(given: World, rows: dict[str, list[int]]) -> World:
    """A world with only these rows of its reference tables; wholly empty rows count where they stand."""
    tables = {table: [given["tables"][table][i] for i in rows[table]] for table in TABLES}
    return {**given, "tables": {**given["tables"], **tables}}


def append(path: Path, *rows: dict[str, Any]) -> None:
    """Write further rows at the end of a table in CSV."""
    header = path.read_text().splitlines()[0].split(",")
    with path.open("a", newline="") as file:
        csv.DictWriter(file, header, restval="").writerows(rows)


__all__ = ["COLUMNS", "TABLES", "append", "digests", "known", "only", "rows_that_touch", "touching"]
