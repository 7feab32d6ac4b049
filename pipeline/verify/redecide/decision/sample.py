"""Decides a sample of a run's rows again, with the pings that their decision needs and no others.

Device and instant of all rows are read. A row that a duty window holds is decided by all pings of that window, and of
those that overlap it; so these windows are decided as a whole, and are drawn as a whole: by a row of them. Every other
row is drawn, and decided, alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from offduty.verify.redecide.decision.judge import in_interval
from offduty.verify.redecide.decision.sample_seed import drawn
from offduty.verify.redecide.decision.scan import PingScan, present, with_first_rows
from offduty.verify.redecide.duty.timeline import DeviceStretches
from offduty.verify.redecide.ingest.ping_reader import Pick, ReadTask, read_task, read_whose
from offduty.verify.redecide.ingest.recorded import FileOffsets
from offduty.verify.redecide.model import NOTHING, UNDECIDED, WAITING, Bools, Codes, Indices, Ints, Sample, Watch

ALONE = -1
"""The cluster of a row that no duty window holds."""
BLOCK = 1 << 20


@dataclass(frozen=True)
class SampledRows:
    """A sample, by rows that are counted over all pings.

    `codes` says for every row whether it is in the interval. `rows` are those to read: in the interval they are the
    sample, outside it the context of its windows. `clusters` are the windows that were drawn, `count` is how many rows
    were, and `devices` are the numbers of all devices that the pings name.
    """

    layout: FileOffsets
    codes: Codes
    rows: Ints
    clusters: Bools
    count: int
    devices: set[int]

    def scan(self, pings: PingScan) -> PingScan:
        """The pings, where only those of the drawn windows wait for others."""
        windows = pings.stretches.windows
        needed = windows.needed & self.clusters[windows.cluster]
        return replace(pings, stretches=replace(pings.stretches, windows=replace(windows, needed=needed)))

    def tasks(self, pings: PingScan) -> list[ReadTask]:
        """The tasks that have rows of the sample."""
        return [task for task, first in with_first_rows(pings.tasks, self.layout) if self._has_any(task, first)]

    def _has_any(self, task: ReadTask, first: int) -> bool:
        if task.rows is None:
            return True
        low, high = np.searchsorted(self.rows, np.array([task.first_row, task.first_row + task.rows]) + first)
        return bool(low < high)

    def pick(self) -> Pick:
        """Chooses the rows of the sample."""
        starts = dict(zip(self.layout.numbers.tolist(), self.layout.first.tolist(), strict=False))

        def places(number: int, row: Ints) -> Ints:
            if not len(row):
                return np.zeros(0, np.int64)
            low, high = np.searchsorted(self.rows, np.array([row[0], row[-1] + 1]) + starts[number])
            return np.asarray(self.rows[low:high] - starts[number] - row[0])

        return places


def draw(pings: PingScan, sample: Sample, watch: Watch) -> SampledRows | None:
    """Find which rows are in the interval, and draw from them; None where the sample asks for all of them."""
    found = _clusters(pings, watch)
    if sample.rows >= int(np.count_nonzero(found.codes)):
        return None
    clusters = np.zeros(int(pings.stretches.windows.cluster.max(initial=-1)) + 1, np.bool_)
    sizes = _sizes(found, len(clusters))
    alone: list[int] = []
    inside, decided, count = _IntervalRows(found.codes), 0, 0
    for number in drawn(inside.count, sample.seed):
        if decided >= sample.rows:
            break
        row, count = inside.row(number), count + 1
        cluster = int(found.clusters[row])
        if cluster == ALONE:
            alone.append(row)
            decided += 1
        elif not clusters[cluster]:
            clusters[cluster] = True
            decided += int(sizes[cluster])
    wanted = np.append(clusters, False)[found.clusters]  # a row alone has the last place
    wanted[alone] = True
    return SampledRows(found.layout, found.codes, np.flatnonzero(wanted), clusters, count, found.devices)


@dataclass(frozen=True)
class _FoundClusters:
    """For every row whether it is in the interval, and the cluster of its duty window; and all devices named."""

    layout: FileOffsets
    codes: Codes
    clusters: Indices
    devices: set[int]


def _clusters(pings: PingScan, watch: Watch) -> _FoundClusters:
    codes: dict[int, list[Codes]] = {number: [] for number in pings.place_of()}
    clusters: dict[int, list[Indices]] = {number: [] for number in codes}
    devices: set[int] = set()
    with ThreadPoolExecutor(pings.threads) as pool:
        found = zip(pings.tasks, pool.map(lambda task: list(_of_task(task, pings)), pings.tasks), strict=True)
        for done, (task, parts) in enumerate(found, 1):
            codes[task.source.number] += [part[0] for part in parts]
            clusters[task.source.number] += [part[1] for part in parts]
            devices.update(*(part[2] for part in parts))
            watch("windows", done, len(pings.tasks))
    layout = FileOffsets.of({number: sum(map(len, parts)) for number, parts in codes.items()})
    return _FoundClusters(
        layout,
        np.concatenate([np.zeros(0, np.uint8), *(part for number in sorted(codes) for part in codes[number])]),
        np.concatenate([np.zeros(0, np.int32), *(part for number in sorted(codes) for part in clusters[number])]),
        devices,
    )


def _of_task(task: ReadTask, pings: PingScan) -> Iterator[tuple[Codes, Indices, list[int]]]:
    """For each row of a task `UNDECIDED` if it is in the interval, else `NOTHING`; its cluster; and the devices."""
    for device, at_us in _whose(task, pings):
        codes = np.where(in_interval(at_us, pings.rules), UNDECIDED, NOTHING).astype(np.uint8)
        yield codes, _cluster_of(device, at_us, pings.stretches, pings.rules.as_of_us), present(device, pings.devices)


def _whose(task: ReadTask, pings: PingScan) -> Iterator[tuple[Indices, Ints]]:
    if task.group is not None:
        yield from read_whose(task, pings.devices, pings.rules)
        return
    yield from ((read.piece.device, read.piece.at_us) for read in read_task(task, pings.devices, pings.rules))


def _cluster_of(device: Indices, at_us: Ints, stretches: DeviceStretches, as_of_us: int) -> Indices:
    found, windows = stretches.find(device, at_us), stretches.windows
    cluster = np.full(len(device), ALONE, np.int32)
    waits = np.flatnonzero((stretches.code[found] == WAITING) & (at_us <= as_of_us))
    window = stretches.window[found[waits]]
    cluster[waits] = np.where(windows.needed[window], windows.cluster[window], ALONE)
    return cluster


def _sizes(found: _FoundClusters, clusters: int) -> Ints:
    """How many rows of the interval each cluster has."""
    sizes = np.zeros(clusters, np.int64)
    for at in range(0, len(found.codes), BLOCK):
        mine = found.clusters[at : at + BLOCK][found.codes[at : at + BLOCK] != NOTHING]
        sizes += np.bincount(mine[mine != ALONE], minlength=clusters)
    return sizes


class _IntervalRows:
    """Finds the rows of the interval by their number among them."""

    def __init__(self, codes: Codes) -> None:
        self._codes = codes
        starts = range(0, len(codes), BLOCK)
        self._before = np.cumsum([0, *(np.count_nonzero(codes[at : at + BLOCK]) for at in starts)])

    @property
    def count(self) -> int:
        """How many there are."""
        return int(self._before[-1])

    def row(self, number: int) -> int:
        """The place of a row among all rows."""
        block = int(np.searchsorted(self._before, number, side="right")) - 1
        there = np.flatnonzero(self._codes[block * BLOCK : (block + 1) * BLOCK])
        return block * BLOCK + int(there[number - self._before[block]])
