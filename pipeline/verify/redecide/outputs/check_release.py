"""Compares the release of one run with the rows that it should have, some officers at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from offduty.verify.redecide.decision.reference import SettledTables
from offduty.verify.redecide.ingest.recorded import outputs_of
from offduty.verify.redecide.model import RunCase
from offduty.verify.redecide.outputs.coarsening import period, pseudonym
from offduty.verify.redecide.outputs.compare import (
    Group,
    ReleaseComparison,
    RowHashKey,
    SoughtRows,
    Total,
    bad_rows,
    by_rows,
    compare,
    matched,
    period_of,
    relabelled,
    totals_of,
)
from offduty.verify.redecide.outputs.expected_release import ExpectedRows, day_of
from offduty.verify.redecide.outputs.published_release import ReleaseBatch, read_release, rows_in
from offduty.verify.redecide.rules import Rules


@dataclass
class ReleaseCheck:
    """The comparison, and what it found so far.

    With the key, each share of officers is compared with its own groups. Without it, the rows of all shares are
    collected and compared at the end, when each pseudonym can be matched with an officer by its rows. Days of which a
    file has expired are skipped.
    """

    case: RunCase
    reference: SettledTables
    rules: Rules
    secret: RowHashKey
    found: dict[Group, Total]
    result: ReleaseComparison
    rows: int
    claimed: set[Group] = field(default_factory=set)
    collected: list[ExpectedRows] = field(default_factory=list)

    @classmethod
    def of(cls, case: RunCase, reference: SettledTables, rules: Rules) -> ReleaseCheck:
        """Read the release once: the totals of each group, and the rows with values that no released ping can have."""
        secret, rows = RowHashKey(), 0
        bad: list[tuple[str, int]] = []
        found: dict[Group, Total] = {}
        for batch in read_release(case, rules, reference.codes):
            rows += len(batch.good)
            bad += bad_rows(batch)
            totals_of(batch, secret, found)
        return cls(case, reference, rules, secret, found, ReleaseComparison([], bad), rows)

    @classmethod
    def unread(cls, case: RunCase, reference: SettledTables, rules: Rules) -> ReleaseCheck:
        """For a sample, of which each row is looked up later: only the rows are counted."""
        names = [name for name in outputs_of(case, "release") if name not in case.expired]
        return cls(
            case, reference, rules, RowHashKey(), {}, ReleaseComparison(), sum(rows_in(case, name) for name in names)
        )

    @property
    def expired(self) -> tuple[str, ...]:
        """The files of the release that retention deleted."""
        return tuple(name for name in outputs_of(self.case, "release") if name in self.case.expired)

    def check(self, expected: ExpectedRows, *, last: bool) -> None:
        """Compare the rows of some officers; with the `last` share also the groups that no share has claimed."""
        if self.case.key is None:
            self.collected.append(expected)
            if not last:
                return
            expected = ExpectedRows.joined(self.collected)
        sought = self._sought(expected)
        pairs: dict[Group, str] = {}
        if self.case.key is None:
            pairs = matched(sought, self.found, self._batches({}), self.rules.rotate, self.secret)
        self.claimed |= set(sought.groups)
        found = {
            (pairs.get((who, period_of(day, self.rules.rotate)), who), day): t for (who, day), t in self.found.items()
        }
        self.result.add(
            compare(sought, found, self._batches(pairs), lambda g: last and g not in self.claimed, self.secret)
        )

    def look_up(self, expected: ExpectedRows) -> None:
        """Look up each row of a sample in the release; without the key, under any pseudonym."""
        if not len(expected.row):
            return
        sought = self._sought(expected)
        if self.case.key is None:
            sought = replace(sought, groups=[("", day) for _, day in sought.groups])
        batches = (
            self._batches({})
            if self.case.key
            else (replace(b, officers=[""] * len(b.officers)) for b in self._batches({}))
        )
        self.result.missing += by_rows(sought, batches, set(sought.groups)).missing

    def _sought(self, expected: ExpectedRows) -> SoughtRows:
        present = np.unique(expected.window)
        days = day_of(self.reference.stretches.windows, present, self.rules)
        expired_days = self._expired_days()
        stored = [window for window, day in days.items() if day.isoformat() not in expired_days]

        def group_of(window: int) -> Group:
            day = days[window]
            return self._pseudonym(window, period(day, self.rules.rotate)), day.isoformat()

        return SoughtRows.of(expected.take(np.flatnonzero(np.isin(expected.window, stored))), group_of)

    def _pseudonym(self, window: int, when: str) -> str:
        windows = self.reference.stretches.windows
        officer = int(windows.officer[window])
        if self.case.key is None:
            return f"officer {officer}"
        return pseudonym(self.case.key, self.rules.purpose, when, windows.officers[officer])

    def _expired_days(self) -> set[str]:
        return {name.split("/")[1].removeprefix("date=") for name in self.expired}

    def _batches(self, pairs: dict[Group, str]) -> Iterator[ReleaseBatch]:
        expired_days = self._expired_days()
        for batch in read_release(self.case, self.rules, self.reference.codes):
            if batch.day not in expired_days:
                yield relabelled(batch, pairs, self.rules.rotate) if pairs else batch
