"""Decides every row of a run again from its inputs, and compares the answers with what the run recorded and released.

1. The reference tables are settled: who was assigned which device, who was on duty, where nobody may be located.
2. All pings are read, and judged one by one. Those that are on duty wait.
3. The waiting pings are settled by whole windows; where they do not fit into memory, some officers at a time.
4. The reasons are compared with ledger and quarantine, and the values with the release.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np

from offduty.core.errors import InputError
from offduty.verify.redecide.decision.judge import SettledPings, Tally, WaitingPings
from offduty.verify.redecide.decision.reference import SettledTables, settle_reference
from offduty.verify.redecide.decision.sample import draw
from offduty.verify.redecide.decision.scan import (
    BYTES_EACH,
    OfficerShare,
    PingScan,
    ScanResult,
    blocks,
    counted,
    gather,
    in_file_order,
    with_first_rows,
)
from offduty.verify.redecide.decision.settle import settle
from offduty.verify.redecide.decision.twins import by_extra_columns
from offduty.verify.redecide.ingest.extra_columns import extras_of, order_of_extras
from offduty.verify.redecide.ingest.ping_columns import DeviceLookup
from offduty.verify.redecide.ingest.ping_reader import tasks_of
from offduty.verify.redecide.ingest.recorded import FileOffsets, RecordedCodes, read_recorded
from offduty.verify.redecide.model import Ints, RunCase, Sample, Soundness, Watch
from offduty.verify.redecide.outputs.check_release import ReleaseCheck
from offduty.verify.redecide.outputs.expected_release import ExpectedRows, expect
from offduty.verify.redecide.result import DecidedRows, as_soundness
from offduty.verify.redecide.rules import read_rules

Part = TypeVar("Part")
Done = TypeVar("Done")


def _silent(stage: str, done: int, total: int) -> None:
    """The default for ``watch``: progress is not shown."""


def decide_again(
    case: RunCase, *, sample: Sample | None = None, threads: int = 2, memory_mb: int = 2000, watch: Watch = _silent
) -> Soundness:
    """Decide all rows of a run, or a sample of them, and compare.

    ``watch`` is called with the stage, how much of it is done, and how much there is. Raises `InputError` where an
    input or an output cannot be read.
    """
    watch("reference", 0, 1)
    rules = read_rules(case.manifest)
    reference = settle_reference(case.inputs, rules)
    stretches = reference.stretches
    files = [source for source in case.inputs if source.table == "pings"]
    pings = PingScan(
        tasks_of(files, rules),
        DeviceLookup(stretches.devices, stretches.alike, len(stretches.first) - 2),
        stretches,
        rules,
        threads,
        max(memory_mb * 1_000_000 // BYTES_EACH, 1),
    )
    redecision = _Redecision(case, reference, pings, watch)
    return redecision.whole() if sample is None else redecision.of(sample)


@dataclass(frozen=True)
class _Redecision:
    """What all steps need: the run, its settled reference tables, and its pings."""

    case: RunCase
    reference: SettledTables
    pings: PingScan
    watch: Watch

    def whole(self) -> Soundness:
        """Decide every row."""
        gathered = gather(self.pings, OfficerShare(), self.watch)
        after_as_of = _after_as_of(gathered, self.case)
        layout, codes = in_file_order(gathered, self.pings.place_of())
        prints = _fingerprints(gathered, layout)
        decided = DecidedRows(layout, codes, prints, gathered.devices, after_as_of=after_as_of)
        recorded = read_recorded(self.case, layout)
        release = ReleaseCheck.of(self.case, self.reference, self.pings.rules)
        later = list(gathered.later)
        while True:
            for expected in self._settled(gathered, decided, recorded):
                release.check(expected)
            if not later:
                break
            gathered = gather(self.pings, later.pop(), self.watch)
            later += gathered.later
        release.finish()
        return as_soundness(self.case, decided, recorded, self.reference, release, self.pings)

    def of(self, sample: Sample) -> Soundness:
        """Decide the rows of a sample; that each row is recorded once is compared for all rows."""
        drawn = draw(self.pings, sample, self.watch)
        if drawn is None:
            return self.whole()
        scan, tasks, pick = drawn.scan(self.pings), drawn.tasks(self.pings), drawn.pick()
        gathered = gather(scan, OfficerShare(), self.watch, pick, tasks)
        drawn.codes[drawn.rows] = in_file_order(gathered, self.pings.place_of())[1]
        prints = _fingerprints(gathered, drawn.layout)
        decided = DecidedRows(drawn.layout, drawn.codes, prints, drawn.devices, drawn=drawn.count)
        recorded = read_recorded(self.case, drawn.layout)
        release = ReleaseCheck.unread(self.case, self.reference, self.pings.rules)
        later = list(gathered.later)
        while True:
            release.look_up(ExpectedRows.joined(list(self._settled(gathered, decided, recorded))))
            if not later:
                return as_soundness(self.case, decided, recorded, self.reference, release, self.pings)
            gathered = gather(scan, later.pop(), self.watch, pick, tasks)
            later += gathered.later

    def _settled(self, gathered: ScanResult, decided: DecidedRows, recorded: RecordedCodes) -> Iterator[ExpectedRows]:
        """Settle the waiting pings block by block, set their codes, and give the rows that should be released."""
        waiting = replace(gathered.waiting, row=counted(gathered.waiting.row, decided.layout))
        gathered.waiting = WaitingPings.joined([])  # only one copy stays in memory
        parts = blocks(waiting, self.reference.stretches.windows.officer, self.pings.threads)
        with ThreadPoolExecutor(self.pings.threads) as pool:
            settled = _in_turn(
                pool,
                lambda part: settle(part, recorded.codes[part.row], self.reference.context),
                parts,
                self.pings.threads,
            )
            if self.pings.rules.extra:
                settled = iter(by_extra_columns(list(settled), self._order_of_extras(decided.layout)))
            expected = self._expected(settled, decided, len(waiting))
            if not self.pings.rules.extra:
                yield from expected
                return
            yield _with_extras(ExpectedRows.joined(list(expected)), self.pings, decided.layout)

    def _expected(self, settled: Iterator[SettledPings], decided: DecidedRows, total: int) -> Iterator[ExpectedRows]:
        """Set the codes of settled pings, ``total`` in all, and give those that should be released."""
        windows, rows = self.reference.stretches.windows, 0
        for one in settled:
            _store_codes(decided, one)
            rows += len(one.code)
            self.watch("settle", rows, total)
            yield expect(one, windows, self.reference.codes, self.pings.rules)

    def _order_of_extras(self, layout: FileOffsets) -> Callable[[Ints], dict[int, tuple[Any, ...]]]:
        tasks = with_first_rows(self.pings.tasks, layout)
        return lambda rows: order_of_extras(tasks, rows, self.pings.devices, self.pings.rules)


def _in_turn(pool: Executor, work: Callable[[Part], Done], parts: Iterable[Part], ahead: int) -> Iterator[Done]:
    """The results for all parts in their order; no more parts are in memory than are worked on, and one."""
    begun: deque[Future[Done]] = deque()
    for part in parts:
        begun.append(pool.submit(work, part))
        if len(begun) > ahead:
            yield begun.popleft().result()
    while begun:
        yield begun.popleft().result()


def _after_as_of(gathered: ScanResult, case: RunCase) -> int:
    """How many rows lie after `as_of`. Raises `InputError` where the pings should have stopped the run.

    The rules are specification#bad-ping-file and specification#nothing-read.
    """
    names = {source.number: source.name for source in case.inputs}
    for number, tally in gathered.tallies.items():
        if tally.written and not tally.timed:
            raise InputError("the file has rows, and none with a device and an instant", file=names.get(number))
    total = sum(gathered.tallies.values(), Tally())
    if total.timed and total.timed == total.misplaced:
        raise InputError("no ping has a position that can be read")
    if total.timed and not total.met:
        raise InputError("no ping is of a device that anybody ever held")
    return total.after_as_of


def _fingerprints(gathered: ScanResult, layout: FileOffsets) -> dict[int, int]:
    """Fingerprints of text rows, by the place of each row among all pings."""
    return {int(counted(np.array([row]), layout)[0]): fingerprint for row, fingerprint in gathered.fingerprints.items()}


def _store_codes(decided: DecidedRows, settled: SettledPings) -> None:
    mine = settled.waiting.inside
    decided.codes[settled.waiting.row[mine]] = settled.code[mine]
    decided.at_boundary += int((settled.at_boundary & mine).sum())


def _with_extras(expected: ExpectedRows, pings: PingScan, layout: FileOffsets) -> ExpectedRows:
    """The expected rows with the hashes of their extra columns, where the policy releases any."""
    if not pings.rules.extra or not len(expected.row):
        return expected
    order = np.argsort(expected.row)
    extra = np.empty(len(order), np.int64)
    extra[order] = extras_of(with_first_rows(pings.tasks, layout), expected.row[order], pings.devices, pings.rules)
    return replace(expected, coarse=replace(expected.coarse, extra=extra))
