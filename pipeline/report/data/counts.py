"""Counts the outcomes of positions (released, hidden for each reason, quarantined), also by day, hour and run."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from offduty.arrays.arrow import Ints
from offduty.core.instants import NEVER_US
from offduty.core.reasons import Reason
from offduty.core.times import LocalTime
from offduty.ingest.source_file import Source
from offduty.pages.language import ENGLISH, Language
from offduty.report.data.bins import BinnedCounts, by_day, by_hour, by_run
from offduty.report.data.published import LedgerRows, is_stored, ledger_rows, quarantined_rows, released_rows
from offduty.report.data.select_runs import ReportedRun, SelectedRuns
from offduty.report.data.timestamps import OpenInputs, local_hours, observed_us, within

RELEASED = Reason.ON_DUTY.word
QUARANTINED = "quarantined"
OUTCOMES = (RELEASED, *(reason.word for reason in Reason if not reason.released), QUARANTINED)
"""What can become of an input row: released, hidden for one of the reasons, or quarantined as unreadable."""
HOUR_S = 3_600


@dataclass(frozen=True)
class ReportCounts:
    """Exact counts by outcome, and each outcome over bins. Not for printing: `disclosure` decides what is printed.

    ``tables`` are by day and by hour of the day, and by run where the inputs were not given. ``timed`` says whether the
    times of hidden positions are known.
    """

    counts: dict[str, int]
    tables: tuple[BinnedCounts, ...]
    timed: bool


def runs_to_leave_out(selected: SelectedRuns, inputs: OpenInputs | None, store: Path) -> list[ReportedRun]:
    """Runs of which only a part counts, and whose rows have no known times, because their inputs were not given."""
    return [run for run in selected.counted if not run.whole and not _has_times(run, inputs, store)]


def count_outcomes(
    selected: SelectedRuns, inputs: OpenInputs | None, store: Path, zone: str, language: Language = ENGLISH
) -> ReportCounts:
    """The exact counts of the runs that count, days and hours by the clock of ``zone``, named in
    ``language``.

    A row without a readable instant belongs to every run that reads its file (`specification#rows-without-instant`); it
    is counted once; of a run whose quarantine has expired, the manifest's number counts. Released positions have their
    own times, truncated to the policy's step; days and hours are counted from them only where no step is longer than an
    hour.
    """
    if inputs is not None and all(_has_times(run, inputs, store) for run in selected.counted):
        hours, quarantined = _by_ledger(selected, inputs, store, zone)
        counts = {outcome: sum(hours[outcome].values()) for outcome in OUTCOMES}
        counts[QUARANTINED] = quarantined
        return ReportCounts(counts, (by_day(hours, language), by_hour(hours, language)), timed=True)
    tables = (
        *_release_tables(selected, store, zone, language),
        by_run(selected.counted, OUTCOMES[1:-1], language),
    )
    return ReportCounts(_by_manifest(selected, store), tables, timed=False)


def _release_tables(selected: SelectedRuns, store: Path, zone: str, language: Language) -> tuple[BinnedCounts, ...]:
    """Released positions by day and hour; nothing where a release was deleted, or where times are too coarse."""
    longest_step_s = max(int(run.document["policy"]["release"]["time_step_s"]) for run in selected.counted)
    if longest_step_s > HOUR_S or not all(is_stored(store, run, "release") for run in selected.counted):
        return ()
    released: Counter[int] = Counter()
    for run in selected.counted:
        for rows in released_rows(store, run):
            released += _counter(local_hours(rows.observed_us, zone))
    return by_day({RELEASED: released}, language), by_hour({RELEASED: released}, language)


def _has_times(run: ReportedRun, inputs: OpenInputs | None, store: Path) -> bool:
    return inputs is not None and inputs.ping_files(run.document) is not None and is_stored(store, run, "ledger")


def _by_manifest(selected: SelectedRuns, store: Path) -> dict[str, int]:
    """The counts that the manifests give; quarantined rows once each, where the quarantines are still stored."""
    counts = {
        outcome: sum(int(run.document["counts"].get(outcome, 0)) for run in selected.counted)
        for outcome in OUTCOMES[:-1]
    }
    if all(is_stored(store, run, "quarantine") for run in selected.counted):
        counts[QUARANTINED] = _count_quarantined(selected, store)
    else:
        counts[QUARANTINED] = sum(sum(run.document["quarantined"].values()) for run in selected.counted)
    return counts


def _count_quarantined(selected: SelectedRuns, store: Path) -> int:
    """How many rows were quarantined, each counted once."""
    rows: dict[str, Ints] = {}
    for run in selected.counted:
        _merge(rows, quarantined_rows(store, run))
    return sum(len(numbers) for numbers in rows.values())


def _merge(rows: dict[str, Ints], more: dict[str, Ints]) -> None:
    """Add row numbers by file to ``rows``, each number once."""
    for sha256, numbers in more.items():
        rows[sha256] = np.union1d(rows.get(sha256, numbers[:0]), numbers)


def _by_ledger(
    selected: SelectedRuns, inputs: OpenInputs, store: Path, zone: str
) -> tuple[dict[str, Counter[int]], int]:
    """Each outcome by local hour, from ledgers and inputs; and how many rows were quarantined."""
    hours: dict[str, Counter[int]] = {outcome: Counter() for outcome in OUTCOMES}
    quarantined: dict[str, Ints] = {}
    times: dict[str, Ints] = {}
    expired = 0
    for run in selected.counted:
        files = inputs.ping_files(run.document) or {}
        for source in files.values():
            if source.name not in times:
                times[source.name] = _times(inputs, source, inputs.written(run.document["policy"]).local("pings"))
        by_number = {number: times[source.name] for number, source in files.items()}
        for rows in ledger_rows(store, run):
            us = _instants(rows, by_number)
            counts = within(us, run.spans)
            local, reason = local_hours(us[counts], zone), rows.reason[counts]
            for outcome in Reason:
                hours[outcome.word] += _counter(local[reason == outcome])
        if is_stored(store, run, "quarantine"):
            _merge(quarantined, _quarantined_within(run, inputs, store, times))
        else:
            expired += sum(run.document["quarantined"].values())
    return hours, expired + sum(len(numbers) for numbers in quarantined.values())


def _times(inputs: OpenInputs, source: Source, local: LocalTime) -> Ints:
    parts = [observed_us(table["observed_at"], local) for table in inputs.columns(source, ["observed_at"])]
    return np.concatenate([np.zeros(0, np.int64), *parts])


def _instants(rows: LedgerRows, by_number: dict[int, Ints]) -> Ints:
    """The instant of each row of the ledger."""
    us = np.empty(len(rows.row), np.int64)
    for number in np.unique(rows.file).tolist():
        in_file = rows.file == number
        us[in_file] = by_number[number][rows.row[in_file]]
    return us


def _quarantined_within(run: ReportedRun, inputs: OpenInputs, store: Path, times: dict[str, Ints]) -> dict[str, Ints]:
    """The quarantined rows of a run; where a part of it counts, those in that part and those without an instant."""
    rows = quarantined_rows(store, run)
    if run.whole:
        return rows
    found = {}
    for sha256, numbers in rows.items():
        us = times[inputs.by_sha256[sha256].name][numbers]
        found[sha256] = numbers[(us == NEVER_US) | within(us, run.spans)]
    return found


def _counter(slots: Ints) -> Counter[int]:
    values, counts = np.unique(slots, return_counts=True)
    return Counter(dict(zip(values.tolist(), counts.tolist(), strict=True)))
