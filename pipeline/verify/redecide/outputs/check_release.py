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
    differing,
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

    With the key, each share of officers is compared with its own groups, and only the rows of groups that differ are
    kept, in `collected`, for the end. Without it, the rows of all shares are kept, and compared at the end, when each
    pseudonym can be matched with an officer by its rows. Days of which a file has expired are skipped.
    """

    case: RunCase
    reference: SettledTables
    rules: Rules
    secret: RowHashKey
    found: dict[Group, Total]
    result: ReleaseComparison
    rows: int
    claimed: set[Group] = field(default_factory=set)
    differ: set[Group] = field(default_factory=set)
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

    def check(self, expected: ExpectedRows) -> None:
        """Compare the rows of some officers, all that they have."""
        if self.case.key is None:
            self.collected.append(expected)
            return
        sought = self._sought(expected)
        differ = differing(sought.totals(self.secret), self.found)
        self.claimed |= set(sought.groups)
        self.differ |= differ
        if differ:
            self.collected.append(sought.of_groups(differ))

    def finish(self) -> None:
        """Compare row by row what differs, and the groups that no officer has claimed; there are no other officers."""
        sought, pairs = self._sought(ExpectedRows.joined(self.collected)), dict[Group, str]()
        found = self.found
        if self.case.key is None:
            pairs = matched(sought, self.found, self._batches({}), self.rules.rotate, self.secret)
            found = {
                (pairs.get((who, period_of(day, self.rules.rotate)), who), day): total
                for (who, day), total in self.found.items()
            }
            self.claimed = set(sought.groups)
            self.differ = differing(sought.totals(self.secret), found)
        self.differ |= {group for group, total in found.items() if total[0] and group not in self.claimed}
        if self.differ:
            self.result.add(by_rows(sought, self._batches(pairs), self.differ))

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

        if len(stored) < len(days):
            expected = expected.take(np.flatnonzero(np.isin(expected.window, stored)))
        return SoughtRows.of(expected, group_of)

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
