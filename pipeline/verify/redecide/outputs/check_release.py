"""The release of one run beside what it should be, some officers at a time."""

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
    """What was found so far.

    With the key each share of officers is held to its own groups; without it all are kept, and held to the release at
    the end, when it can be told which pseudonym has whose rows. Days of which a file has expired are passed over.
    """

    case: RunCase
    reference: SettledTables
    rules: Rules
    secret: RowHashKey
    found: dict[Group, Total]
    result: ReleaseComparison
    rows: int
    claimed: set[Group] = field(default_factory=set)
    kept: list[ExpectedRows] = field(default_factory=list)

    @classmethod
    def of(cls, case: RunCase, reference: SettledTables, rules: Rules) -> ReleaseCheck:
        """Read the release once: how many rows each group has, and which rows no coarse ping can look like."""
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
        """Nothing is read yet: for a sample, of which each row is looked up."""
        names = [name for name in outputs_of(case, "release") if name not in case.expired]
        return cls(
            case, reference, rules, RowHashKey(), {}, ReleaseComparison(), sum(rows_in(case, name) for name in names)
        )

    @property
    def expired(self) -> tuple[str, ...]:
        """The files of the release that retention removed."""
        return tuple(name for name in outputs_of(self.case, "release") if name in self.case.expired)

    def check(self, expected: ExpectedRows, *, last: bool) -> None:
        """Hold the rows of some officers to the release; the `last` share answers for groups that nobody claimed."""
        if self.case.key is None:
            self.kept.append(expected)
            if not last:
                return
            expected = ExpectedRows.joined(self.kept)
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

    def stand(self, expected: ExpectedRows) -> None:
        """Of a sample of released rows, whether each stands in the release at all; without the key under any pseudonym."""
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
        gone = self._days_gone()
        kept = np.isin(expected.window, [window for window, day in days.items() if day.isoformat() not in gone])

        def group_of(window: int) -> Group:
            day = days[window]
            return self._pseudonym(window, period(day, self.rules.rotate)), day.isoformat()

        return SoughtRows.of(expected.take(np.flatnonzero(kept)), group_of)

    def _pseudonym(self, window: int, when: str) -> str:
        windows = self.reference.stretches.windows
        officer = int(windows.officer[window])
        if self.case.key is None:
            return f"officer {officer}"
        return pseudonym(self.case.key, self.rules.purpose, when, windows.officers[officer])

    def _days_gone(self) -> set[str]:
        return {name.split("/")[1].removeprefix("date=") for name in self.expired}

    def _batches(self, pairs: dict[Group, str]) -> Iterator[ReleaseBatch]:
        gone = self._days_gone()
        for batch in read_release(self.case, self.rules, self.reference.codes):
            if batch.day not in gone:
                yield relabelled(batch, pairs, self.rules.rotate) if pairs else batch
