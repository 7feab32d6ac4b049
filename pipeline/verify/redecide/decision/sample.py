"""Decides a random sample of a run's rows again, with the pings that their decision needs and no others.

The instants of all rows are read, to find which rows are in the interval; the sample is drawn from those. Its rows are
judged. Then all pings of their windows, and of the windows that overlap those, are read and settled.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from offduty.verify.redecide.decision.judge import WaitingPings, in_interval
from offduty.verify.redecide.decision.sample_seed import drawn
from offduty.verify.redecide.decision.scan import (
    OfficerShare,
    PingScan,
    ScanResult,
    counted,
    gather,
    judged,
    with_first_rows,
)
from offduty.verify.redecide.duty.timeline import DeviceStretches
from offduty.verify.redecide.ingest.ping_reader import ReadTask, read_task, read_times
from offduty.verify.redecide.ingest.recorded import FileOffsets
from offduty.verify.redecide.model import NOTHING, UNDECIDED, Bools, Codes, Indices, Ints, Sample, Watch


@dataclass(frozen=True)
class SampledRows:
    """A sample: its rows, counted over all pings, and for every row whether it is in the interval."""

    layout: FileOffsets
    codes: Codes
    rows: Ints


def draw(pings: PingScan, sample: Sample, watch: Watch) -> SampledRows:
    """Find which rows are in the interval, and draw from them."""
    parts: dict[int, list[Codes]] = {number: [] for number in pings.place_of()}
    with ThreadPoolExecutor(pings.threads) as pool:
        found = zip(pings.tasks, pool.map(lambda task: list(_inside(task, pings)), pings.tasks), strict=True)
        for done, (task, codes_of_task) in enumerate(found, 1):
            parts[task.source.number] += codes_of_task
            watch("instants", done, len(pings.tasks))
    layout = FileOffsets.of({number: sum(map(len, codes_of_task)) for number, codes_of_task in parts.items()})
    codes = np.concatenate([np.zeros(0, np.uint8), *(each for number in sorted(parts) for each in parts[number])])
    inside = np.flatnonzero(codes)
    return SampledRows(layout, codes, inside[drawn(len(inside), sample)])


def _inside(task: ReadTask, pings: PingScan) -> Iterator[Codes]:
    """For each row of a task: `UNDECIDED` if it is in the interval, else `NOTHING`."""
    for at_us in read_times(task, pings.rules) if task.group is not None else _times_of_text(task, pings):
        yield np.where(in_interval(at_us, pings.rules), UNDECIDED, NOTHING).astype(np.uint8)


def _times_of_text(task: ReadTask, pings: PingScan) -> Iterator[Ints]:
    for read in read_task(task, pings.devices, pings.rules):
        yield read.piece.at_us


def judge_drawn(pings: PingScan, sample: SampledRows) -> ScanResult:
    """Judge the rows of the sample one by one: set their codes, and gather those that wait."""
    starts = dict(zip(sample.layout.numbers.tolist(), sample.layout.first.tolist(), strict=False))

    def pick(number: int, row: Ints, device: Indices) -> Ints:
        low, high = (
            np.searchsorted(sample.rows, np.array([row[0], row[-1] + 1]) + starts[number]) if len(row) else (0, 0)
        )
        return np.asarray(sample.rows[low:high] - starts[number] - row[0]) if low < high else np.zeros(0, np.int64)

    tasks = [task for task, first in with_first_rows(pings.tasks, sample.layout) if _has_any(task, first, sample.rows)]
    gathered, place, parts = ScanResult(), pings.place_of(), []
    with ThreadPoolExecutor(pings.threads) as pool:
        for pieces in pool.map(lambda task: judged(task, pings, OfficerShare(), place, pick), tasks):
            for piece in pieces:
                sample.codes[counted(piece.row, sample.layout)] = piece.codes
                gathered.fingerprints |= piece.fingerprints
                parts.append(piece.waiting)
    gathered.waiting = WaitingPings.joined(parts)
    return gathered


def _has_any(task: ReadTask, first: int, rows: Ints) -> bool:
    if task.rows is None:
        return True
    low, high = np.searchsorted(rows, np.array([task.first_row, task.first_row + task.rows]) + first)
    return bool(low < high)


def companions(pings: PingScan, waiting: WaitingPings, watch: Watch) -> Iterator[ScanResult]:
    """All pings of the windows of the waiting pings, and of the windows that overlap those, some officers at a time."""
    stretches = _with_windows_of(pings.stretches, waiting)
    devices = _devices(stretches)
    scan = replace(pings, stretches=stretches)
    later = [OfficerShare()]
    while later:
        gathered = gather(scan, later.pop(), watch, lambda number, row, device: np.flatnonzero(devices[device]))
        later += gathered.later
        yield gathered


def _with_windows_of(stretches: DeviceStretches, waiting: WaitingPings) -> DeviceStretches:
    windows = stretches.windows
    first, overlapping = windows.overlapping
    asked = np.zeros(len(windows.officer), np.bool_)
    asked[waiting.window] = True
    needed = asked.copy()
    needed[overlapping[np.repeat(asked, np.diff(first))]] = True
    return replace(stretches, windows=replace(windows, needed=needed))


def _devices(stretches: DeviceStretches) -> Bools:
    """Which devices have a window that is needed."""
    owner = np.repeat(np.arange(len(stretches.first) - 1), np.diff(stretches.first))
    mask = np.zeros(len(stretches.first) - 1, np.bool_)
    with_window = stretches.window >= 0
    mask[owner[with_window][stretches.windows.needed[stretches.window[with_window]]]] = True
    return mask
