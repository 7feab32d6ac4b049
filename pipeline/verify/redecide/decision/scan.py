"""Reads all pings, judges each row, and gathers those that wait: as many officers at a time as fit into memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from offduty.verify.redecide.decision.judge import Tally, WaitingPings, judge, tally
from offduty.verify.redecide.duty.timeline import DeviceStretches
from offduty.verify.redecide.ingest.file_days import check_day
from offduty.verify.redecide.ingest.ping_columns import DeviceLookup
from offduty.verify.redecide.ingest.ping_reader import Pick, ReadPiece, ReadTask, read_task
from offduty.verify.redecide.ingest.quarantine_rows import fingerprint
from offduty.verify.redecide.ingest.recorded import FileOffsets
from offduty.verify.redecide.model import FIRST_QUARANTINED, UNDECIDED, Codes, Indices, Ints, Watch
from offduty.verify.redecide.rules import Rules

FILE_SHIFT = 40
"""Until the rows of text files are counted, the number of a row is its file's place shifted by this, plus the row."""
BYTES_EACH = 160
"""Memory for one waiting ping at the peak: its columns, their sorted copy, and what is computed from them."""


@dataclass
class OfficerShare:
    """The officers whose pings are gathered: those with number modulo `every` equal to `rest`."""

    every: int = 1
    rest: int = 0

    def of(self, waiting: WaitingPings, officer: Any) -> WaitingPings:
        """The pings of these officers."""
        if self.every == 1 or not len(waiting):
            return waiting
        return waiting.take(officer[waiting.window] % self.every == self.rest)


@dataclass
class ScanResult:
    """The result of one pass over the pings.

    `codes` are those of all rows by file, `fingerprints` those of quarantined rows of text files, `waiting` the on-duty
    pings of one share of officers; the shares in `later` need a pass of their own. `tallies` are those of all rows by
    file, `devices` the numbers of the devices that any row names.
    """

    codes: dict[int, list[Codes]] = field(default_factory=dict)
    fingerprints: dict[int, int] = field(default_factory=dict)
    waiting: WaitingPings = field(default_factory=lambda: WaitingPings.joined([]))
    later: list[OfficerShare] = field(default_factory=list)
    tallies: dict[int, Tally] = field(default_factory=dict)
    devices: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class PingScan:
    """The pings to read, and what they are judged by; `most_waiting` is how many pings fit into memory."""

    tasks: Sequence[ReadTask]
    devices: DeviceLookup
    stretches: DeviceStretches
    rules: Rules
    threads: int
    most_waiting: int

    def place_of(self) -> dict[int, int]:
        """The place of each file among the ping files, by its number."""
        return {number: at for at, number in enumerate(sorted({task.source.number for task in self.tasks}))}


@dataclass(frozen=True)
class JudgedPiece:
    """A judged piece: its row numbers (see `FILE_SHIFT`), their codes and fingerprints, and the pings that wait."""

    file: int
    row: Ints
    codes: Codes
    fingerprints: dict[int, int]
    waiting: WaitingPings
    tally: Tally
    devices: frozenset[int]


def gather(
    pings: PingScan,
    share: OfficerShare,
    watch: Watch,
    pick: Pick | None = None,
    tasks: Sequence[ReadTask] | None = None,
) -> ScanResult:
    """Read everything once, or only some tasks. Where more pings wait than fit into memory, half of the share is left
    for later.
    """
    gathered, parts, waiting_rows = ScanResult(), [], 0
    place = pings.place_of()
    officer = pings.stretches.windows.officer
    tasks = pings.tasks if tasks is None else tasks
    with ThreadPoolExecutor(pings.threads) as pool:
        for done, pieces in enumerate(pool.map(lambda task: judged(task, pings, share, place, pick), tasks), 1):
            for piece in pieces:
                gathered.codes.setdefault(piece.file, []).append(piece.codes)
                gathered.fingerprints |= piece.fingerprints
                gathered.tallies[piece.file] = gathered.tallies.get(piece.file, Tally()) + piece.tally
                gathered.devices |= piece.devices
                mine = share.of(piece.waiting, officer)
                parts.append(mine)
                waiting_rows += len(mine)
            while waiting_rows > pings.most_waiting and share.every < len(pings.stretches.windows.officers):
                gathered.later.append(OfficerShare(share.every * 2, share.rest + share.every))
                share.every *= 2
                parts = [share.of(part, officer) for part in parts]
                waiting_rows = sum(map(len, parts))
            watch("pings", done, len(tasks))
    gathered.waiting = WaitingPings.joined(parts)
    return gathered


def judged(
    task: ReadTask, pings: PingScan, share: OfficerShare, place: dict[int, int], pick: Pick | None = None
) -> list[JudgedPiece]:
    """The pieces of a task, judged row by row; of the waiting pings only those of the share."""
    first = place[task.source.number] << FILE_SHIFT
    out = []
    for read in read_task(task, pings.devices, pings.rules, pick):
        check_day(task.source, read.piece.at_us, pings.rules)
        codes, waiting = judge(read.piece, first, pings.stretches, pings.rules)
        fingerprints = {} if read.text is None else _fingerprints(first, read, codes)
        mine = share.of(waiting, pings.stretches.windows.officer)
        counts = tally(read.piece, read.written, read.misplaced, pings.devices.nobodys, pings.rules)
        named = frozenset(present(read.piece.device, pings.devices))
        out.append(JudgedPiece(read.piece.file, read.piece.row + first, codes, fingerprints, mine, counts, named))
    return out


def present(device: Indices, devices: DeviceLookup) -> list[int]:
    """The different devices of some rows, by their numbers."""
    there = np.zeros(devices.nobodys + 1, np.bool_)
    there[device] = True
    return np.flatnonzero(there).tolist()


def _fingerprints(first: int, read: ReadPiece, codes: Codes) -> dict[int, int]:
    quarantined = read.piece.row[(codes >= FIRST_QUARANTINED) & (codes < UNDECIDED)].tolist()
    return {first + row: fingerprint(read.text, row - read.first) for row in quarantined}


def in_file_order(gathered: ScanResult, numbers: Iterable[int]) -> tuple[FileOffsets, Codes]:
    """Where the rows of each file start when all rows are counted file after file, and the codes in that order."""
    parts = {number: gathered.codes.get(number, []) for number in numbers}
    layout = FileOffsets.of({number: sum(map(len, mine)) for number, mine in parts.items()})
    none = np.zeros(0, np.uint8)
    return layout, np.concatenate([none, *(codes for number in sorted(parts) for codes in parts[number])])


def counted(rows: Ints, layout: FileOffsets) -> Ints:
    """The places of rows among all rows, from their numbers while reading (see `FILE_SHIFT`)."""
    return np.asarray(layout.first[rows >> FILE_SHIFT] + (rows & ((1 << FILE_SHIFT) - 1)))


def blocks(waiting: WaitingPings, officer: Any, threads: int, rows: int = 500_000) -> Iterator[WaitingPings]:
    """Waiting pings in blocks of whole officers, in the order of officers, about `rows` pings in each."""
    if not len(waiting):
        return
    officers = officer[waiting.window]
    counts = np.cumsum(np.bincount(officers))
    size = max(1, min(rows, -(-len(waiting) // threads)))
    block = ((counts - 1) // size).astype(np.uint16)[officers]
    order = np.argsort(block, kind="stable")
    edges = np.searchsorted(block[order], np.arange(int(block.max()) + 2))
    for first, last in pairwise(edges):
        if first < last:
            yield waiting.take(order[first:last])


def with_first_rows(tasks: Sequence[ReadTask], layout: FileOffsets) -> list[tuple[ReadTask, int]]:
    """Each task with the place of the first row of its file among all rows."""
    first = dict(zip(layout.numbers.tolist(), layout.first.tolist(), strict=False))
    return [(task, first[task.source.number]) for task in tasks]
