"""Gathers the figures of a report: how many positions have which fate, and how they lie over days, hours and runs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from offduty.arrays.arrow import Ints
from offduty.core.instants import NEVER_US
from offduty.core.reasons import Reason
from offduty.ingest.sources import Source
from offduty.report.data.bins import BinnedCounts, by_day, by_hour, by_run
from offduty.report.data.published import LedgerRows, kept, ledger, released, set_aside
from offduty.report.data.select_runs import ReportedRun, SelectedRuns
from offduty.report.data.timestamps import OpenInputs, inside, local_hours, observed

RELEASED = Reason.ON_DUTY.word
ASIDE = "set_aside"
FATES = (RELEASED, *(reason.word for reason in Reason if not reason.released), ASIDE)
"""What can become of a row: released, hidden for a reason, set aside as unreadable."""
HOUR_S = 3_600


@dataclass(frozen=True)
class ReportCounts:
    """Exact counts, for `printed` alone to see: by fate, and each fate over bins.

    ``tables`` are by day and by hour of the day, and by run where the inputs are not at hand. ``timed`` says whether
    hidden positions have times; ``gone`` counts the runs of which files that are needed are no longer there.
    """

    counts: dict[str, int]
    tables: tuple[BinnedCounts, ...]
    timed: bool
    gone: int = 0


def runs_to_leave_out(chosen: SelectedRuns, inputs: OpenInputs | None, store: Path) -> list[ReportedRun]:
    """Runs of which a part counts, and whose rows cannot be told apart by time since their inputs are not at hand."""
    return [run for run in chosen.counted if not run.whole and not _readable(run, inputs, store)]


def gather(chosen: SelectedRuns, inputs: OpenInputs | None, store: Path, zone: str) -> ReportCounts:
    """The figures of the runs that count.

    Rows that state no time belong to every run that reads their file; each counts once. Released positions have times
    of their own, cut down to the policy's step, so their hours are told only where no step is longer than an hour.
    """
    timed = all(_readable(run, inputs, store) for run in chosen.counted)
    if timed and inputs is not None:
        hours, aside = _by_ledger(chosen, inputs, store, zone)
        counts = {fate: sum(hours[fate].values()) for fate in FATES}
        counts[ASIDE] = aside
        return ReportCounts(counts, (by_day(hours), by_hour(hours)), timed=True)
    counts = _by_manifest(chosen, store)
    seen: Counter[int] = Counter()
    gone = [run for run in chosen.counted if not kept(store, run, "release")]
    for run in (run for run in chosen.counted if run not in gone):
        for rows in released(store, run):
            seen += _counted(local_hours(rows.observed_us, zone))
    fine = max(int(run.document["policy"]["release"]["time_step_s"]) for run in chosen.counted) <= HOUR_S
    of_release = {RELEASED: seen}
    tables = (by_day(of_release), by_hour(of_release)) if fine and not gone else ()
    return ReportCounts(counts, (*tables, by_run(chosen.counted, FATES[1:-1])), timed=False, gone=len(gone))


def _readable(run: ReportedRun, inputs: OpenInputs | None, store: Path) -> bool:
    return inputs is not None and inputs.ping_files(run.document) is not None and kept(store, run, "ledger")


def _by_manifest(chosen: SelectedRuns, store: Path) -> dict[str, int]:
    """What the manifests count."""
    counts = {fate: sum(int(run.document["counts"].get(fate, 0)) for run in chosen.counted) for fate in FATES[:-1]}
    if all(kept(store, run, "quarantine") for run in chosen.counted):
        counts[ASIDE] = _aside(chosen, store)
    else:
        counts[ASIDE] = sum(sum(run.document["quarantined"].values()) for run in chosen.counted)
    return counts


def _aside(chosen: SelectedRuns, store: Path) -> int:
    """How many rows were set aside, each counted once."""
    rows: dict[str, Ints] = {}
    for run in chosen.counted:
        _add(rows, set_aside(store, run))
    return sum(len(held) for held in rows.values())


def _add(rows: dict[str, Ints], more: dict[str, Ints]) -> None:
    for sha256, places in more.items():
        rows[sha256] = np.union1d(rows.get(sha256, places[:0]), places)


def _by_ledger(chosen: SelectedRuns, inputs: OpenInputs, store: Path, zone: str) -> tuple[dict[str, Counter[int]], int]:
    """Each fate by local hour, from the ledgers and the instants of the inputs; and how many rows were set aside."""
    hours: dict[str, Counter[int]] = {fate: Counter() for fate in FATES}
    aside: dict[str, Ints] = {}
    times: dict[str, Ints] = {}
    for run in chosen.counted:
        files = inputs.ping_files(run.document) or {}
        for source in files.values():
            if source.name not in times:
                times[source.name] = _times(inputs, source)
        by_number = {number: times[source.name] for number, source in files.items()}
        for rows in ledger(store, run):
            us = _taken(rows, by_number)
            counts = inside(us, run.spans)
            local, reason = local_hours(us[counts], zone), rows.reason[counts]
            for fate in Reason:
                hours[fate.word] += _counted(local[reason == fate])
        _add(aside, _aside_within(run, inputs, store, times))
    return hours, sum(len(held) for held in aside.values())


def _times(inputs: OpenInputs, source: Source) -> Ints:
    parts = [observed(table["observed_at"]) for table in inputs.columns(source, ["observed_at"])]
    return np.concatenate([np.zeros(0, np.int64), *parts])


def _taken(rows: LedgerRows, by_number: dict[int, Ints]) -> Ints:
    """When each row of the ledger was taken."""
    us = np.empty(len(rows.row), np.int64)
    for number in np.unique(rows.file).tolist():
        here = rows.file == number
        us[here] = by_number[number][rows.row[here]]
    return us


def _aside_within(run: ReportedRun, inputs: OpenInputs, store: Path, times: dict[str, Ints]) -> dict[str, Ints]:
    """The rows set aside; of a run of which a part counts, those whose instant lies in it, or that state none."""
    rows = set_aside(store, run)
    if run.whole:
        return rows
    found = {}
    for sha256, places in rows.items():
        us = times[inputs.by_sha256[sha256].name][places]
        found[sha256] = places[(us == NEVER_US) | inside(us, run.spans)]
    return found


def _counted(slots: Ints) -> Counter[int]:
    values, counts = np.unique(slots, return_counts=True)
    return Counter(dict(zip(values.tolist(), counts.tolist(), strict=True)))
