"""Holds all that a report tells, and turns the exact figures into printed ones: past this door no exact count goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from offduty.core.errors import UsageError
from offduty.core.interval import Interval
from offduty.report.data.bins import BinnedCounts
from offduty.report.data.counts import FATES, ReportCounts
from offduty.report.data.coverage import Coverage
from offduty.report.data.map_cells import CoarseMap
from offduty.report.data.previous_report import PreviousReport, PrintedReport, head_of
from offduty.report.data.select_runs import SelectedRuns, choose
from offduty.report.disclosure import BinGroup, grouped, printable, total
from offduty.report.html.labels import moment, period
from offduty.transparency.log import LogEntry
from offduty.verify.verdict import Check


@dataclass(frozen=True)
class ReportTable:
    """Bins and, for each fate that may be drawn, its groups of them."""

    bins: BinnedCounts
    groups: dict[str, list[BinGroup]]


@dataclass(frozen=True)
class ReportContent:
    """What a report tells. ``asked`` is the time asked for; ``printed`` has None where a count is from 1 to 9.

    ``coverage`` is None without inputs, ``before`` without ``--since``, ``proof`` where nothing was verified; ``map``
    is None where the release is too coarse for one or no longer there (``gone``). ``same_tables`` says whether the
    newest run read the very reference tables that are at hand.
    """

    entries: Sequence[LogEntry]
    asked: Interval
    alone: bool
    chosen: SelectedRuns
    made_us: int
    printed: Mapping[str, int | None]
    tables: Mapping[str, ReportTable]
    timed: bool
    inputs: bool
    gone: int
    coverage: Coverage | None
    same_tables: bool
    map: CoarseMap | None
    proof: Sequence[Check] | None
    before: PreviousReport | None
    earlier: PrintedReport | None

    @property
    def policies(self) -> list[tuple[str, Mapping[str, Any]]]:
        """The policies of the runs that count, each once, by its hash; the newest last."""
        by_number = sorted(self.chosen.counted, key=lambda run: run.number)
        found = {str(run.document["policy_sha256"]): run.document["policy"] for run in by_number}
        newest = str(self.chosen.newest.document["policy_sha256"])
        return [*((sha256, policy) for sha256, policy in found.items() if sha256 != newest), (newest, found[newest])]

    @property
    def zone(self) -> str:
        """The zone of the newest policy, by whose clocks the report tells the time."""
        return str(self.chosen.newest.document["policy"]["policy"]["timezone"])

    @property
    def came_in(self) -> int:
        """All positions: the sum of what is printed."""
        return total(self.printed.values())

    @property
    def period(self) -> str:
        """The time of the report in words."""
        return period(span_of(self.chosen), self.zone)

    @property
    def said(self) -> PrintedReport:
        """What the report prints, for the next one to compare with."""
        return said_of(
            self.entries,
            self.chosen,
            self.printed,
            moment(self.made_us, self.zone),
            self.period,
            [policy for _, policy in self.policies],
        )


def span_of(chosen: SelectedRuns) -> Interval:
    """From the first to the last instant for which a run counts."""
    spans = [span for run in chosen.counted for span in run.spans]
    return Interval(min(span.from_us for span in spans), max(span.to_us for span in spans))


def gaps_of(chosen: SelectedRuns) -> int:
    """How many stretches between the runs that count no run has."""
    spans = sorted((span.from_us, span.to_us) for run in chosen.counted for span in run.spans)
    return sum(1 for (_, before), (after, _) in pairwise(spans) if after > before)


def print_counts(figures: ReportCounts) -> dict[str, int | None]:
    """What may be printed of each fate."""
    return {fate: printable(figures.counts[fate]) for fate in FATES}


def print_tables(figures: ReportCounts) -> dict[str, ReportTable]:
    """What may be printed of each table: fates of ten positions or more, bins of fewer put together."""
    tables = {}
    for bins in figures.tables:
        rows = {fate: grouped(row) for fate, row in bins.columns.items() if sum(row)}
        groups = {fate: found for fate, found in rows.items() if found is not None}
        if groups:
            tables[bins.what] = ReportTable(bins, groups)
    return tables


def said_of(
    entries: Sequence[LogEntry],
    chosen: SelectedRuns,
    printed: Mapping[str, int | None],
    made: str,
    time: str,
    policies: Sequence[Mapping[str, Any]],
) -> PrintedReport:
    """The machine-readable words of a report."""
    return PrintedReport(
        made=made,
        period=time,
        size=len(entries),
        root=head_of(entries, len(entries)),
        runs=tuple(run.run_id for run in chosen.counted),
        superseded=tuple(run.run_id for run in chosen.superseded),
        policies=tuple(policies),
        printed=dict(printed),
    )


def said_at(entries: Sequence[LogEntry], asked: Interval, zone: str, what: str) -> PrintedReport | None:
    """What a report over the first entries of the log would have said, by the manifests alone; None where no run was
    there.
    """
    try:
        chosen = choose(entries, asked)
    except UsageError:  # there was no run in that time yet
        return None
    chosen = chosen.without([run for run in chosen.counted if not run.whole])
    if not chosen.counted:
        return None
    counts = {fate: sum(int(run.document["counts"].get(fate, 0)) for run in chosen.counted) for fate in FATES}
    counts[FATES[-1]] = sum(sum(run.document["quarantined"].values()) for run in chosen.counted)
    printed = {fate: printable(count) for fate, count in counts.items()}
    policies = {str(run.document["policy_sha256"]): run.document["policy"] for run in chosen.counted}
    return said_of(entries, chosen, printed, what, period(span_of(chosen), zone), list(policies.values()))
