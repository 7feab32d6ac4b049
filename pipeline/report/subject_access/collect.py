"""Finds what was released of one officer, under which roster entry, and counts what was hidden (GDPR, Article 15)."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from offduty.arrays.arrow import Bools, Ints, one_chunk, to_ints
from offduty.config.key_files import fingerprint
from offduty.core.errors import UsageError
from offduty.core.id_columns import coded_ids
from offduty.core.instants import iso_text
from offduty.core.interval import Interval
from offduty.core.reasons import Reason
from offduty.decision.declared_tables import DeclaredTables
from offduty.duty.custody import settle_custody
from offduty.ingest.source_file import Source
from offduty.outputs.pseudonyms import period, pseudonym
from offduty.report.data.published import is_stored, ledger_rows, released_tables
from offduty.report.data.select_runs import ReportedRun, select_runs
from offduty.report.data.timestamps import OpenInputs, observed_us, within
from offduty.report.subject_access.roster_entries import GrantingEntries, GrantingEntry
from offduty.transparency.log import LogEntry

RELEASE_COLUMNS = ("officer", "observed_at", "lon", "lat", "accuracy_m", "duty_code", "geometry")
"""The columns that every release has; all others are extra columns (`specification#release-columns`)."""
CSV_COLUMNS = ("observed_at", "lon", "lat", "accuracy_m", "duty_code", "run", "superseded")
CSV_ENTRY_COLUMNS = ("entry_shift_id", "entry_starts_at", "entry_ends_at", "entry_recorded_at", "entry_recorded_by")


@dataclass(frozen=True)
class ConsultedRun:
    """A run that was searched, over the ``time`` requested. In ``spans`` no newer run has superseded it."""

    run: ReportedRun
    time: Interval
    spans: tuple[Interval, ...]

    @property
    def superseded(self) -> bool:
        """Whether newer runs have superseded it over all of the time requested."""
        return not self.spans


@dataclass(frozen=True)
class OwnPosition:
    """One released position, as analysts have it.

    ``entries`` are the roster entries that it may be based on; usually one. ``extras`` are the extra columns that the
    policy released, as text.
    """

    run_id: str
    superseded: bool
    observed_us: int
    lon: float
    lat: float
    accuracy_m: float
    duty_code: str
    entries: tuple[GrantingEntry, ...]
    extras: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class OwnPositions:
    """All rows in order of time, and the runs that were consulted.

    ``other_key``: how many of the runs used another key, so that nothing can be found in them. Of the
    runs whose release is no longer in the store, ``withdrawn`` gave way to a newer run, and ``deleted`` are the others.
    """

    rows: list[OwnPosition]
    consulted: list[ConsultedRun]
    other_key: int
    withdrawn: int
    deleted: int

    @property
    def extra_columns(self) -> list[str]:
        """The names of all extra columns of the rows, sorted."""
        return sorted({name for row in self.rows for name in row.extras})


@dataclass(frozen=True)
class OutcomeCounts:
    """How many positions of devices that were assigned only to the officer had each reason.

    ``unknown``: for how many runs this is not known, because their inputs were not given or their ledger was deleted.
    """

    counts: Mapping[str, int]
    unknown: int


def runs_to_consult(entries: Sequence[LogEntry], time: Interval, run_id: str | None) -> list[ConsultedRun]:
    """Every run that covers some of the time, also superseded ones, in the order of the log; or only the run named.

    Raises `UsageError` where there is none.
    """
    selected = select_runs(entries, time, run_id)
    consulted = [ConsultedRun(run, time, run.spans) for run in selected.counted]
    consulted += [ConsultedRun(run, time, ()) for run in selected.superseded]
    return sorted(consulted, key=lambda one: one.run.number)


def check_known(officer: str, tables: Mapping[str, pa.Table]) -> None:
    """Raise `UsageError`, without the id, where no table names the officer: with a wrong id nothing would be found."""
    if not any(
        officer in coded_ids(tables[name]["officer_id"]).numbers for name in ("assignments", "roster", "places")
    ):
        raise UsageError(
            "no table of the job names the officer given with --officer. Check the id: every character must be the same"
        )


def find_positions(
    consulted: Sequence[ConsultedRun],
    store: Path,
    key: bytes,
    officer: str,
    tables: Mapping[str, pa.Table],
    inputs: OpenInputs,
    withdrawn: Collection[str] = (),
) -> OwnPositions:
    """The officer's rows in the releases of the runs, found by the officer's pseudonym of each period. ``withdrawn``
    are the ids of the runs whose release gave way to a newer run's.
    """
    same_key = [one for one in consulted if one.run.document["keys"]["pseudonym"] == fingerprint(key)]
    stored = [one for one in same_key if is_stored(store, one.run, "release")]
    rows = [row for one in stored for row in _rows(one, store, key, officer, tables, inputs)]
    rows.sort(key=lambda row: (row.observed_us, row.superseded, row.lon, row.lat))
    gone = [one.run.run_id for one in same_key if one not in stored]
    replaced = sum(run_id in withdrawn for run_id in gone)
    return OwnPositions(rows, list(consulted), len(consulted) - len(same_key), replaced, len(gone) - replaced)


def withdrawn_runs(entries: Sequence[LogEntry]) -> frozenset[str]:
    """The runs whose release was withdrawn because a newer run took its place, by the log."""
    expiries = [entry.document for entry in entries if entry.document.get("superseded_by")]
    return frozenset(file["run_id"] for document in expiries for file in document["files"])


def _rows(
    one: ConsultedRun, store: Path, key: bytes, officer: str, tables: Mapping[str, pa.Table], inputs: OpenInputs
) -> list[OwnPosition]:
    policy = one.run.document["policy"]
    purpose, rotate = policy["policy"]["purpose"], policy["pseudonym"]["rotate"]
    entries = GrantingEntries.of(tables["roster"], officer, inputs.written(policy), one.run.as_of_us)
    step_us = int(policy["release"]["time_step_s"]) * 1_000_000
    rows = []
    for day, table in released_tables(store, one.run):
        name = pseudonym(key, purpose, period(day, rotate), officer)
        mine = table.filter(pc.equal(table["officer"], name))
        instants = to_ints(mine["observed_at"], 0).tolist()
        for us, values in zip(instants, mine.drop_columns(["observed_at", "geometry"]).to_pylist(), strict=True):
            # A released time is truncated to the step, so the position was taken somewhere within the step.
            step = Interval(us, us + step_us)
            if _meets(step, (one.time,)):
                granting = entries.granting(step.from_us, step.to_us, values["duty_code"])
                rows.append(_row(one, values, granting, us, superseded=not _meets(step, one.spans)))
    return rows


def _meets(step: Interval, spans: Sequence[Interval]) -> bool:
    return any(step.overlap(span) is not None for span in spans)


def _row(
    one: ConsultedRun, values: Mapping[str, Any], granting: tuple[GrantingEntry, ...], us: int, *, superseded: bool
) -> OwnPosition:
    extras = {
        name: "" if value is None else str(value) for name, value in values.items() if name not in RELEASE_COLUMNS
    }
    return OwnPosition(
        one.run.run_id,
        superseded,
        us,
        values["lon"],
        values["lat"],
        values["accuracy_m"],
        values["duty_code"],
        granting,
        extras,
    )


def count_outcomes(
    consulted: Sequence[ConsultedRun], store: Path, inputs: OpenInputs, officer: str, tables: Mapping[str, pa.Table]
) -> OutcomeCounts:
    """The reasons of the positions of devices while they were assigned only to the officer, in runs that count.

    A position of a device that was assigned to nobody, or to several officers, belongs to no one person. It is not
    counted.
    """
    counts: Counter[str] = Counter()
    current = [one for one in consulted if not one.superseded]
    known = [
        one
        for one in current
        if inputs.ping_files(one.run.document) is not None and is_stored(store, one.run, "ledger")
    ]
    if not known:
        return OutcomeCounts({}, len(current))
    written = inputs.written(known[-1].run.document["policy"])
    mine = _SoleAssignmentRows(inputs, officer, tables["assignments"], written)
    for one in known:
        counts += _count_reasons(one, store, inputs, mine)
    return OutcomeCounts(dict(counts), len(current) - len(known))


def _count_reasons(one: ConsultedRun, store: Path, inputs: OpenInputs, mine: _SoleAssignmentRows) -> Counter[str]:
    """The reasons in the ledger of one run, for the officer's rows."""
    counts: Counter[str] = Counter()
    files = inputs.ping_files(one.run.document) or {}
    for rows in ledger_rows(store, one.run):
        for number in np.unique(rows.file).tolist():
            in_file = rows.file == number
            officers = mine.rows(files[number], one.spans)[rows.row[in_file]]
            for reason, count in zip(*np.unique(rows.reason[in_file][officers], return_counts=True), strict=True):
                counts[Reason(reason).word] += int(count)
    return counts


class _SoleAssignmentRows:
    """Which rows of a file of pings are of devices that were assigned to one officer only; each file is read once."""

    def __init__(self, inputs: OpenInputs, officer: str, assignments: pa.Table, written: DeclaredTables) -> None:
        custody = settle_custody(assignments, written.local("assignments"), key_of=written.device_key)
        ids = {number: text for text, number in custody.devices.items()}
        no_officer = -2  # not the number of any officer, and not -1, which means a device of several officers
        which = np.flatnonzero(custody.officer == custody.officers.get(officer, no_officer)).tolist()
        spans = [Interval(int(custody.from_us[i]), int(custody.to_us[i])) for i in which]
        self._inputs = inputs
        self._local = written.local("pings")
        self._assigned = [(ids.get(int(custody.device[i]), ""), span) for i, span in zip(which, spans, strict=True)]
        self._known: dict[str, tuple[Bools, Ints]] = {}

    def rows(self, source: Source, spans: Sequence[Interval]) -> Bools:
        """For each row of the file, whether it is the officer's and was taken in one of the spans."""
        if source.name not in self._known:
            tables = self._inputs.columns(source, ["device_id", "observed_at"])
            parts = [(np.zeros(0, np.bool_), np.zeros(0, np.int64)), *(self._flags(table) for table in tables)]
            self._known[source.name] = np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])
        flags, us = self._known[source.name]
        return flags & within(us, spans)

    def _flags(self, table: pa.Table) -> tuple[Bools, Ints]:
        device = coded_ids(one_chunk(table["device_id"]).cast(pa.string()))
        us = observed_us(table["observed_at"], self._local)
        codes = device.numbers
        no_device = -2  # not the code of any device, and not -1, which means a missing id
        found = np.zeros(len(us), np.bool_)
        for text, span in self._assigned:
            found |= (device.codes == codes.get(text, no_device)) & span.contains(us)
        return found, us


def as_csv(found: OwnPositions) -> bytes:
    """The rows as CSV in UTF-8, with lines that end in CR LF: one line for each released position, times in UTC."""
    extras = found.extra_columns
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([*CSV_COLUMNS, *CSV_ENTRY_COLUMNS, *extras])
    for row in found.rows:
        columns = zip(
            *((e.shift_id, e.starts_at, e.ends_at, e.recorded_at, e.recorded_by) for e in row.entries), strict=True
        )
        entry = [" or ".join(dict.fromkeys(values)) for values in columns] or [""] * len(CSV_ENTRY_COLUMNS)
        exact = [iso_text(row.observed_us), repr(row.lon), repr(row.lat), f"{row.accuracy_m:g}"]
        standing = [row.run_id, "yes" if row.superseded else "no"]
        texts = [_no_formula(text) for text in (*entry, *(row.extras.get(name, "") for name in extras))]
        writer.writerow([*exact, _no_formula(row.duty_code), *standing, *texts])
    return out.getvalue().encode()


def _no_formula(text: str) -> str:
    """A text that no spreadsheet runs as a formula: one that begins like a formula gets an apostrophe before it."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
