"""Decides every row of a run again, from its inputs, and holds the answer to what the run recorded and released.

1. The reference tables are settled: who held which device, who was on duty, where nobody may be located.
2. All pings are read, and judged by themselves. On-duty ones wait.
3. What waits is settled by whole windows; where it does not fit into memory, some officers at a time.
4. Ledger and quarantine are held to the reasons found, and the release to the values.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from pipeline.verify.again.answer import Decided, answered
from pipeline.verify.again.expected import Expected, expect
from pipeline.verify.again.extras import extras_of
from pipeline.verify.again.feed import tasks_of
from pipeline.verify.again.papers import Layout, Papers, read_papers
from pipeline.verify.again.passes import (
    BYTES_EACH,
    Gathered,
    Pings,
    Share,
    blocks,
    counted,
    gather,
    laid_out,
    with_first_rows,
)
from pipeline.verify.again.pieces import Devices
from pipeline.verify.again.reference_tables import Reference, settle_reference
from pipeline.verify.again.release_check import ReleaseCheck
from pipeline.verify.again.rules import Rules, read_rules
from pipeline.verify.again.settling import Settled, settle
from pipeline.verify.again.terms import Case, Sample, Soundness, Watch


def _silent(stage: str, done: int, total: int) -> None:
    """Nobody watches."""


def decide_again(
    case: Case, *, sample: Sample | None = None, threads: int = 2, memory_mb: int = 2000, watch: Watch = _silent
) -> Soundness:
    """The whole story for one run. `InputError` where an input or an output cannot be read."""
    watch("reference", 0, 1)
    rules = read_rules(case.manifest)
    reference = settle_reference(case.inputs, rules)
    files = [source for source in case.inputs if source.table == "pings"]
    pings = Pings(
        tasks_of(files), Devices.of(reference.stretches.devices), reference.stretches, rules, threads,
        max(memory_mb * 1_000_000 // BYTES_EACH, 1),
    )  # fmt: skip
    gathered = gather(pings, Share(), watch)
    layout, codes = laid_out(gathered, [source.number for source in files])
    marks = {int(counted(np.array([row]), layout)[0]): mark for row, mark in gathered.fingerprints.items()}
    decided = Decided(layout, codes, marks)
    papers = read_papers(case, layout)
    release = ReleaseCheck.of(case, reference, rules)
    later = list(gathered.later)
    while True:
        expected = _settled(gathered, decided, papers, reference, rules, threads, watch)
        release.check(_with_extras(expected, pings, layout), last=not later)
        if not later:
            return answered(case, decided, papers, reference, release, pings)
        gathered = gather(pings, later.pop(), watch)
        later += gathered.later


def _settled(
    gathered: Gathered, decided: Decided, papers: Papers, reference: Reference, rules: Rules, threads: int, watch: Watch
) -> Expected:
    """Settle what waits, block by block; the codes of its rows are set, and what of it should be released given back."""
    waiting = replace(gathered.waiting, row=counted(gathered.waiting.row, decided.layout))
    windows = reference.stretches.windows
    parts = list(blocks(waiting, windows.officer, threads))
    expected: list[Expected] = []
    with ThreadPoolExecutor(threads) as pool:
        for done, one in enumerate(
            pool.map(lambda part: settle(part, papers.said[part.row], reference.ground), parts), 1
        ):
            _note(decided, one)
            expected.append(expect(one, windows, reference.codes, rules))
            watch("settle", done, len(parts))
    return Expected.joined(expected)


def _note(decided: Decided, settled: Settled) -> None:
    mine = settled.waiting.inside
    decided.codes[settled.waiting.row[mine]] = settled.code[mine]
    decided.rims += int((settled.rim & mine).sum())


def _with_extras(expected: Expected, pings: Pings, layout: Layout) -> Expected:
    """With the numbers of the extra columns, where the policy releases any."""
    if not pings.rules.extra or not len(expected.row):
        return expected
    order = np.argsort(expected.row)
    extra = np.empty(len(order), np.int64)
    extra[order] = extras_of(with_first_rows(pings.tasks, layout), expected.row[order], pings.devices, pings.rules)
    return replace(expected, coarse=replace(expected.coarse, extra=extra))
