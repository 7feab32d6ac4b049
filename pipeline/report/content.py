"""Holds everything that a report says, and turns exact counts into printed ones: the sections see no exact count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from offduty.core.disclosure import BinGroup, grouped, printable, total
from offduty.core.errors import UsageError
from offduty.core.interval import Interval
from offduty.pages.language import ENGLISH, Language
from offduty.report.data.bins import BinnedCounts
from offduty.report.data.counts import OUTCOMES, QUARANTINED, ReportCounts
from offduty.report.data.coverage import Coverage
from offduty.report.data.map_cells import CoarseMap
from offduty.report.data.previous_report import PreviousReport, PrintedReport, root_of
from offduty.report.data.select_runs import SelectedRuns, select_runs
from offduty.transparency.log import LogEntry
from offduty.verify.verdict import Check


@dataclass(frozen=True)
class ReportTable:
    """Bins, and the groups of them that may be printed, for each outcome of which any may be."""

    bins: BinnedCounts
    groups: dict[str, list[BinGroup]]


@dataclass(frozen=True)
class ReportContent:
    """Everything that a report says.

    ``single_run``: whether the report was requested for one run. ``printed``: the printable count of each outcome, None
    for 1 to 9. ``timed``: whether the times of hidden positions are known. ``inputs_given``: whether a job was given.
    ``deleted_releases``: how many of the runs have a release that is no longer in the store.

    ``coverage`` is None without inputs, ``checks`` where nothing was verified, ``previous`` where there is nothing to
    compare with. ``map`` is None where the release is too coarse for one, or deleted. ``same_tables``: whether the
    newest run read exactly the reference tables that were given. ``previously_printed`` is what the previous report
    printed, or what a report at the previous checkpoint would have printed.

    ``coverage`` and ``map`` have exact counts of people and positions: print them only through `disclosure`.
    """

    entries: Sequence[LogEntry]
    single_run: bool
    runs: SelectedRuns
    made_us: int
    printed: Mapping[str, int | None]
    tables: Mapping[str, ReportTable]
    timed: bool
    inputs_given: bool
    deleted_releases: int
    coverage: Coverage | None
    same_tables: bool
    map: CoarseMap | None
    checks: Sequence[Check] | None
    previous: PreviousReport | None
    previously_printed: PrintedReport | None
    language: Language = ENGLISH

    @property
    def policies(self) -> list[tuple[str, Mapping[str, Any]]]:
        """The policies of the runs that count, with their hashes, each once; the newest last."""
        by_number = sorted(self.runs.counted, key=lambda run: run.number)
        found = {str(run.document["policy_sha256"]): run.document["policy"] for run in by_number}
        newest = str(self.runs.newest.document["policy_sha256"])
        return [*((sha256, policy) for sha256, policy in found.items() if sha256 != newest), (newest, found[newest])]

    @property
    def documents(self) -> list[Mapping[str, Any]]:
        """The manifests of the runs that count."""
        return [run.document for run in self.runs.counted]

    @property
    def zone(self) -> str:
        """The time zone by whose clock the report gives all times."""
        return self.runs.zone

    @property
    def received(self) -> int:
        """How many positions were received: the sum of what is printed."""
        return total(self.printed.values())

    @property
    def period(self) -> str:
        """The time of the report in words."""
        return self.language.period(span_of(self.runs), self.zone)

    @property
    def printed_report(self) -> PrintedReport:
        """What this report prints, for the next report to compare with."""
        return printed_report(
            self.entries,
            self.runs,
            self.printed,
            self.language.time(self.made_us, self.zone),
            self.period,
            [policy for _, policy in self.policies],
        )


def span_of(runs: SelectedRuns) -> Interval:
    """From the first to the last instant for which a run counts."""
    spans = [span for run in runs.counted for span in run.spans]
    return Interval(min(span.from_us for span in spans), max(span.to_us for span in spans))


def has_gaps(runs: SelectedRuns) -> bool:
    """Whether there is time between the runs that count which no run covers."""
    spans = sorted((span.from_us, span.to_us) for run in runs.counted for span in run.spans)
    return any(after > before for (_, before), (after, _) in pairwise(spans))


def print_counts(exact: ReportCounts) -> dict[str, int | None]:
    """What may be printed of the count of each outcome."""
    return {outcome: printable(exact.counts[outcome]) for outcome in OUTCOMES}


def print_tables(exact: ReportCounts) -> dict[str, ReportTable]:
    """What may be printed of each table: outcomes of ten positions or more; bins with fewer are combined."""
    tables = {}
    for bins in exact.tables:
        rows = {outcome: grouped(row) for outcome, row in bins.columns.items() if sum(row)}
        groups = {outcome: found for outcome, found in rows.items() if found is not None}
        if groups:
            tables[bins.unit] = ReportTable(bins, groups)
    return tables


def printed_report(
    entries: Sequence[LogEntry],
    runs: SelectedRuns,
    printed: Mapping[str, int | None],
    made: str,
    period: str,
    policies: Sequence[Mapping[str, Any]],
) -> PrintedReport:
    """The machine-readable figures of a report over these entries of the log."""
    return PrintedReport(
        made=made,
        period=period,
        size=len(entries),
        root=root_of(entries, len(entries)),
        runs=tuple(run.run_id for run in runs.counted),
        superseded=tuple(run.run_id for run in runs.superseded),
        policies=tuple(policies),
        printed=dict(printed),
    )


def printed_report_at(entries: Sequence[LogEntry], time: Interval, zone: str, made: str) -> PrintedReport | None:
    """What a report over the first entries of the log would have printed, from the manifests only.

    None where the log had no run over ``time`` then.
    """
    try:
        runs = select_runs(entries, time)
    except UsageError:
        return None
    runs = runs.without([run for run in runs.counted if not run.whole])
    if not runs.counted:
        return None
    counts = {outcome: sum(int(run.document["counts"].get(outcome, 0)) for run in runs.counted) for outcome in OUTCOMES}
    counts[QUARANTINED] = sum(sum(run.document["quarantined"].values()) for run in runs.counted)
    printed = {outcome: printable(count) for outcome, count in counts.items()}
    policies = {str(run.document["policy_sha256"]): run.document["policy"] for run in runs.counted}
    return printed_report(entries, runs, printed, made, ENGLISH.period(span_of(runs), zone), list(policies.values()))
