"""Finds what was released of one officer, under which entry of the roster; and what was hidden (GDPR, Art. 15)."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from offduty.arrays.arrow import Bools, Ints, one_chunk, to_ints
from offduty.arrays.dictionary import coded
from offduty.config.key_files import fingerprint
from offduty.core.errors import UsageError
from offduty.core.instants import iso_text
from offduty.core.interval import Interval
from offduty.core.reasons import Reason
from offduty.duty.custody import settle_custody
from offduty.ingest.sources import Source
from offduty.outputs.pseudonyms import period, pseudonym
from offduty.report.data.published import kept, ledger, released_table
from offduty.report.data.select_runs import ReportedRun, choose
from offduty.report.data.timestamps import OpenInputs, inside, observed
from offduty.report.subject_access.roster_entries import GrantingEntries, GrantingEntry
from offduty.transparency.log import LogEntry

COLUMNS = ("officer", "observed_at", "lon", "lat", "accuracy_m", "duty_code", "geometry")


@dataclass(frozen=True)
class ConsultedRun:
    """A run that was looked at, over the time asked for; ``spans`` is where no newer run has taken its place."""

    run: ReportedRun
    time: Interval
    spans: tuple[Interval, ...]

    @property
    def superseded(self) -> bool:
        """Whether newer runs have taken its place altogether."""
        return not self.spans


@dataclass(frozen=True)
class OwnPosition:
    """One released position, as analysts have it, and the entries of the roster that it may rest on (one, most often)."""

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
    """All rows in order of time, the runs that were looked at, and how many could not be: made with another key, or
    deleted.
    """

    rows: list[OwnPosition]
    looked: list[ConsultedRun]
    other_key: int
    deleted: int


@dataclass(frozen=True)
class HiddenCounts:
    """Counts by reason of positions of devices that the officer alone held; ``unknown``: runs whose inputs are not at
    hand.
    """

    counts: Mapping[str, int]
    unknown: int


def runs_of(entries: Sequence[LogEntry], time: Interval, run_id: str | None) -> list[ConsultedRun]:
    """Every run that has some of the time, superseded ones too, in the order of the log; or the one that was named."""
    chosen = choose(entries, time, run_id)
    looked = [ConsultedRun(run, time, run.spans) for run in chosen.counted]
    looked += [ConsultedRun(run, time, ()) for run in chosen.superseded]
    return sorted(looked, key=lambda one: one.run.number)


def check_known(officer: str, tables: Mapping[str, pa.Table]) -> None:
    """Raise `UsageError`, without the id, where no table names the officer: a slip of the hand would find nothing."""
    if not any(officer in coded(tables[name]["officer_id"]).texts for name in ("assignments", "roster", "places")):
        raise UsageError(
            "no table of the job names the officer given with --officer; ids are compared letter by letter"
        )


def look_up(
    looked: Sequence[ConsultedRun], store: Path, key: bytes, officer: str, tables: Mapping[str, pa.Table]
) -> OwnPositions:
    """The officer's rows among what the runs released, found by the pseudonym of each period."""
    ours = [one for one in looked if one.run.document["keys"]["pseudonym"] == fingerprint(key)]
    there = [one for one in ours if kept(store, one.run, "release")]
    rows = [row for one in there for row in _rows(one, store, key, officer, tables)]
    rows.sort(key=lambda row: (row.observed_us, row.superseded, row.lon, row.lat))
    return OwnPositions(rows, list(looked), len(looked) - len(ours), len(ours) - len(there))


def _rows(
    one: ConsultedRun, store: Path, key: bytes, officer: str, tables: Mapping[str, pa.Table]
) -> list[OwnPosition]:
    policy = one.run.document["policy"]
    purpose, rotate = policy["policy"]["purpose"], policy["pseudonym"]["rotate"]
    entries = GrantingEntries.of(tables["roster"], officer, policy, one.run.as_of_us)
    step_us = int(policy["release"]["time_step_s"]) * 1_000_000
    rows = []
    for day, table in released_table(store, one.run):
        name = pseudonym(key, purpose, period(day, rotate), officer)
        mine = table.filter(pc.equal(table["officer"], name))
        instants = to_ints(mine["observed_at"], 0).tolist()
        for us, values in zip(instants, mine.drop_columns(["observed_at", "geometry"]).to_pylist(), strict=True):
            taken = Interval(us, us + step_us)  # all that a released time tells
            if _meets(taken, (one.time,)):
                granting = entries.granting(taken.from_us, taken.to_us, values["duty_code"])
                rows.append(_row(one, values, granting, us, superseded=not _meets(taken, one.spans)))
    return rows


def _meets(taken: Interval, spans: Sequence[Interval]) -> bool:
    return any(taken.from_us < span.to_us and span.from_us < taken.to_us for span in spans)


def _row(
    one: ConsultedRun, values: Mapping[str, Any], granting: tuple[GrantingEntry, ...], us: int, *, superseded: bool
) -> OwnPosition:
    extras = {name: "" if value is None else str(value) for name, value in values.items() if name not in COLUMNS}
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


def hidden(
    looked: Sequence[ConsultedRun], store: Path, inputs: OpenInputs, officer: str, tables: Mapping[str, pa.Table]
) -> HiddenCounts:
    """What became of the positions of devices while the officer alone held them, in runs that are not superseded.

    What nobody held, or several at once, is nobody's alone and is not counted.
    """
    counts: Counter[str] = Counter()
    current = [one for one in looked if not one.superseded]
    known = [
        one for one in current if inputs.ping_files(one.run.document) is not None and kept(store, one.run, "ledger")
    ]
    mine = _SoleHolderRows(inputs, officer, tables["assignments"])
    for one in known:
        files = inputs.ping_files(one.run.document) or {}
        for rows in ledger(store, one.run):
            for number in np.unique(rows.file).tolist():
                here = rows.file == number
                held = mine.rows(files[number], one.spans)[rows.row[here]]
                for reason, count in zip(*np.unique(rows.reason[here][held], return_counts=True), strict=True):
                    counts[Reason(reason).word] += int(count)
    return HiddenCounts(dict(counts), len(current) - len(known))


class _SoleHolderRows:
    """Which rows of a file of pings are of devices that one officer alone held at the time; each file is read once."""

    def __init__(self, inputs: OpenInputs, officer: str, assignments: pa.Table) -> None:
        custody = settle_custody(assignments)
        ids = {number: text for text, number in custody.devices.items()}
        which = np.flatnonzero(custody.officer == custody.officers.get(officer, -2)).tolist()
        spans = [Interval(int(custody.from_us[i]), int(custody.to_us[i])) for i in which]
        self._inputs = inputs
        self._held = [(ids[int(custody.device[i])], span) for i, span in zip(which, spans, strict=True)]
        self._known: dict[str, tuple[Bools, Ints]] = {}

    def rows(self, source: Source, spans: Sequence[Interval]) -> Bools:
        """One flag a row of the file: the officer's, and taken in one of the spans."""
        if source.name not in self._known:
            tables = self._inputs.columns(source, ["device_id", "observed_at"])
            parts = [(np.zeros(0, np.bool_), np.zeros(0, np.int64)), *(self._flags(table) for table in tables)]
            self._known[source.name] = np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])
        flags, us = self._known[source.name]
        return flags & inside(us, spans)

    def _flags(self, table: pa.Table) -> tuple[Bools, Ints]:
        device = coded(one_chunk(table["device_id"]).cast(pa.string()))
        us = observed(table["observed_at"])
        numbers = {text: number for number, text in enumerate(device.texts)}
        found = np.zeros(len(us), np.bool_)
        for text, span in self._held:
            found |= (device.codes == numbers.get(text, -2)) & span.contains(us)
        return found, us


def as_csv(found: OwnPositions) -> bytes:
    """The rows as CSV: one line for each released position, UTC, ends of lines as on the web."""
    extras = sorted({name for row in found.rows for name in row.extras})
    out = io.StringIO()
    writer = csv.writer(out)
    entry = ["entry_shift_id", "entry_starts_at", "entry_ends_at", "entry_recorded_at", "entry_recorded_by"]
    writer.writerow(["observed_at", "lon", "lat", "accuracy_m", "duty_code", "run", "superseded", *entry, *extras])
    for row in found.rows:
        columns = zip(
            *((e.shift_id, e.starts_at, e.ends_at, e.recorded_at, e.recorded_by) for e in row.entries), strict=True
        )
        told = [" or ".join(dict.fromkeys(values)) for values in columns] or [""] * 5
        exact = [iso_text(row.observed_us), repr(row.lon), repr(row.lat), f"{row.accuracy_m:g}"]
        stands = [row.run_id, "yes" if row.superseded else "no"]
        texts = [_plain(text) for text in (*told, *(row.extras.get(name, "") for name in extras))]
        writer.writerow([*exact, _plain(row.duty_code), *stands, *texts])
    return out.getvalue().encode()


def _plain(text: str) -> str:
    """A text that no spreadsheet takes for a formula: one that begins like one gets an apostrophe before it."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
