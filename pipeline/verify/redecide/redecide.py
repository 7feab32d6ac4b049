"""Decides every row of a run again, from its inputs, and holds the answer to what the run recorded and released.

1. The reference tables are settled: who held which device, who was on duty, where nobody may be located.
2. All pings are read, and judged by themselves. On-duty ones wait.
3. What waits is settled by whole windows; where it does not fit into memory, some officers at a time.
4. Ledger and quarantine are held to the reasons found, and the release to the values.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from offduty.verify.redecide.decision.reference import SettledTables, settle_reference
from offduty.verify.redecide.decision.sample import company, draw, judge_drawn
from offduty.verify.redecide.decision.scan import (
    BYTES_EACH,
    OfficerShare,
    PingScan,
    ScanResult,
    blocks,
    counted,
    gather,
    laid_out,
    with_first_rows,
)
from offduty.verify.redecide.decision.settle import SettledPings, settle
from offduty.verify.redecide.ingest.extra_columns import extras_of
from offduty.verify.redecide.ingest.ping_columns import DeviceLookup
from offduty.verify.redecide.ingest.ping_reader import tasks_of
from offduty.verify.redecide.ingest.recorded import FileOffsets, RecordedCodes, read_papers
from offduty.verify.redecide.model import Ints, RunCase, Sample, Soundness, Watch
from offduty.verify.redecide.outputs.check_release import ReleaseCheck
from offduty.verify.redecide.outputs.expected_release import ExpectedRows, expect
from offduty.verify.redecide.result import DecidedRows, answered
from offduty.verify.redecide.rules import read_rules


def _silent(stage: str, done: int, total: int) -> None:
    """Nobody watches."""


def decide_again(
    case: RunCase, *, sample: Sample | None = None, threads: int = 2, memory_mb: int = 2000, watch: Watch = _silent
) -> Soundness:
    """The whole story for one run, or for a sample of its rows. `InputError` where an input or an output cannot be
    read.
    """
    watch("reference", 0, 1)
    rules = read_rules(case.manifest)
    reference = settle_reference(case.inputs, rules)
    files = [source for source in case.inputs if source.table == "pings"]
    pings = PingScan(
        tasks_of(files),
        DeviceLookup.of(reference.stretches.devices),
        reference.stretches,
        rules,
        threads,
        max(memory_mb * 1_000_000 // BYTES_EACH, 1),
    )
    story = _Redecision(case, reference, pings, watch)
    return story.whole() if sample is None else story.of(sample)


@dataclass(frozen=True)
class _Redecision:
    """What the steps have in common."""

    case: RunCase
    reference: SettledTables
    pings: PingScan
    watch: Watch

    def whole(self) -> Soundness:
        """Every row."""
        gathered = gather(self.pings, OfficerShare(), self.watch)
        layout, codes = laid_out(gathered, self.pings.place_of())
        decided = DecidedRows(layout, codes, _marks(gathered, layout))
        papers = read_papers(self.case, layout)
        release = ReleaseCheck.of(self.case, self.reference, self.pings.rules)
        later = list(gathered.later)
        while True:
            release.check(self._settled(gathered, decided, papers), last=not later)
            if not later:
                return answered(self.case, decided, papers, self.reference, release, self.pings)
            gathered = gather(self.pings, later.pop(), self.watch)
            later += gathered.later

    def of(self, sample: Sample) -> Soundness:
        """Some rows; all are counted."""
        drawn = draw(self.pings, sample, self.watch)
        gathered = judge_drawn(self.pings, drawn)
        decided = DecidedRows(drawn.layout, drawn.codes, _marks(gathered, drawn.layout))
        papers = read_papers(self.case, drawn.layout)
        release = ReleaseCheck.unread(self.case, self.reference, self.pings.rules)
        for company_ in company(self.pings, gathered.waiting, self.watch):
            release.stand(self._settled(company_, decided, papers, drawn.rows))
        return answered(self.case, decided, papers, self.reference, release, self.pings)

    def _settled(
        self, gathered: ScanResult, decided: DecidedRows, papers: RecordedCodes, only: Ints | None = None
    ) -> ExpectedRows:
        """Settle what waits, block by block: the codes of its rows are set, and what of it should be released given
        back.

        Where only some rows are asked for the others are company.
        """
        waiting = replace(gathered.waiting, row=counted(gathered.waiting.row, decided.layout))
        if only is not None:
            waiting = replace(waiting, inside=waiting.inside & np.isin(waiting.row, only))
        windows = self.reference.stretches.windows
        parts = list(blocks(waiting, windows.officer, self.pings.threads))
        expected: list[ExpectedRows] = []
        with ThreadPoolExecutor(self.pings.threads) as pool:
            settled = pool.map(lambda part: settle(part, papers.said[part.row], self.reference.ground), parts)
            for done, one in enumerate(settled, 1):
                _note(decided, one)
                expected.append(expect(one, windows, self.reference.codes, self.pings.rules))
                self.watch("settle", done, len(parts))
        return _with_extras(ExpectedRows.joined(expected), self.pings, decided.layout)


def _marks(gathered: ScanResult, layout: FileOffsets) -> dict[int, int]:
    """Fingerprints of text rows, by the rows counted through."""
    return {int(counted(np.array([row]), layout)[0]): mark for row, mark in gathered.fingerprints.items()}


def _note(decided: DecidedRows, settled: SettledPings) -> None:
    mine = settled.waiting.inside
    decided.codes[settled.waiting.row[mine]] = settled.code[mine]
    decided.rims += int((settled.rim & mine).sum())


def _with_extras(expected: ExpectedRows, pings: PingScan, layout: FileOffsets) -> ExpectedRows:
    """With the numbers of the extra columns, where the policy releases any."""
    if not pings.rules.extra or not len(expected.row):
        return expected
    order = np.argsort(expected.row)
    extra = np.empty(len(order), np.int64)
    extra[order] = extras_of(with_first_rows(pings.tasks, layout), expected.row[order], pings.devices, pings.rules)
    return replace(expected, coarse=replace(expected.coarse, extra=extra))
