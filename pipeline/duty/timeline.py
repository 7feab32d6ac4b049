"""Joins custody and duty into one timeline: who was on duty with each device at each instant, or why nobody was."""

from __future__ import annotations

import atexit
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from offduty.arrays.arrow import Bools, Codes, Ints, to_arrow, to_ints
from offduty.arrays.concatenated_ranges import concatenated_ranges
from offduty.arrays.sweep import CoveredStretches, begins, joined, sweep
from offduty.core.duckdb_connection import DuckDBConnection
from offduty.core.instants import FOREVER_US, NEVER_US, local_date
from offduty.core.interval import Interval
from offduty.core.processors import this_process
from offduty.core.reasons import Reason
from offduty.duty.custody import SHARED, Custody
from offduty.duty.on_duty import LATE, ON, DutyStretches

MOST_STRETCHES = 1 << 21
_SAMPLE = 1_024
_WIDEST = 62


def bulk(observed_us: Ints) -> tuple[int, int]:
    """A span of time with nearly all of the instants: one ping of 1970 must not extend it over decades. Without an
    instant it is that of 1970.
    """
    sample = np.sort(observed_us[:: max(1, len(observed_us) // _SAMPLE)])
    if not len(sample):
        return 0, 0
    edge = len(sample) // 50
    return int(sample[edge]), int(sample[len(sample) - 1 - edge])


@dataclass(frozen=True)
class Windows:
    """The duty windows (specification#duty-window), sorted by device and start.

    A cluster is a set of windows of one officer that overlap, directly or through other windows. A contact in one of
    them may hide pings in another (specification#other-devices), and in no window outside of the cluster.

    For each window, ``cluster`` is the number of its cluster and ``cluster_to`` the end of the last window in it. The
    windows of cluster c are ``by_cluster[cluster_first[c] : cluster_first[c + 1]]``.
    """

    device: Ints
    officer: Ints
    from_us: Ints
    to_us: Ints
    cluster: Ints
    cluster_to: Ints
    by_cluster: Ints
    cluster_first: Ints

    @cached_property
    def officer_codes(self) -> Codes:
        """``officer`` in half the width, as places and sites ask for it."""
        return self.officer.astype(np.int32)

    def members(self, window: npt.NDArray[Any]) -> tuple[Ints, Ints]:
        """Where in ``by_cluster`` the windows of the same cluster start and end."""
        cluster = self.cluster[window]
        return self.cluster_first[cluster], self.cluster_first[cluster + 1]

    def meeting(self, interval: Interval) -> Bools:
        """Which windows have some time in an interval."""
        found: Bools = (self.from_us < interval.to_us) & (self.to_us > interval.from_us)
        return found

    def dates(self, zone: str) -> npt.NDArray[np.int64]:
        """The local date on which each window starts, as a proleptic ordinal (1 is 1 January of year 1)."""
        starts, where = np.unique(self.from_us, return_inverse=True)
        return np.array([local_date(us, zone).toordinal() for us in starts.tolist()], np.int64)[where]


@dataclass(frozen=True)
class Timeline:
    """The time of every device, cut into stretches that cover all of time.

    DuckDB joins pings with the `stretches` of a span of time (`offduty.decision.join`); `at` places what it left over.

    Stretch i of device d has the index ``first[d] + i``. It begins at ``starts`` and has the reason ``reason``, where
    ON_DUTY means that nothing hides so far, the duty window ``window`` (-1: none) and the duty code ``code``.
    """

    first: Ints
    starts: Ints
    reason: npt.NDArray[np.uint8]
    window: Codes
    code: npt.NDArray[np.int16]
    windows: Windows
    devices: dict[str, int]
    lookalikes: dict[str, int]
    officers: dict[str, int]
    codes: list[str]
    _times: Ints
    _keys: Ints

    def at(self, device: Codes, observed_us: Ints) -> Ints:
        """The index of the stretch of each ping; a device of -1 gets the last stretch, which is unassigned.

        The start of a stretch belongs to it (specification#half-open).
        """
        rank = np.maximum(np.searchsorted(self._times, observed_us, "right") - 1, 0)
        own = np.where(device < 0, len(self.first) - 1, device).astype(np.int64) << 32 | rank
        return np.searchsorted(self._keys, own, "right") - 1

    def stretches(self, begin_us: int, end_us: int) -> tuple[pa.Table, int]:
        """The stretches from ``begin_us`` to ``end_us``, to be joined with pings by the number of their device; and the
        number of bits by which an instant is shifted to the right to give its bucket.

        Columns: ``device``, ``bucket``, ``from_us``, ``to_us``, ``place`` (the index of the stretch) and ``reason``.
        A stretch stands once in each bucket that it touches, so that a ping meets few stretches of its device besides
        its own. Where they would be more than `MOST_STRETCHES`, or the span is empty, there is none.
        """
        devices = len(self.devices)
        place, owner = self._within(begin_us, end_us, devices)
        from_us, to_us = self.starts[place], self._ends[place]
        bits = _bucket_bits(end_us - begin_us, len(place), devices)
        first, last = np.maximum(from_us, begin_us) >> bits, np.minimum(to_us - 1, end_us) >> bits
        bucket, copy = _spread(first, last - first + 1)
        columns = [
            to_arrow(owner[copy].astype(np.int32), pa.int32()),
            to_arrow(bucket, pa.int64()),
            to_arrow(from_us[copy], pa.int64()),
            to_arrow(to_us[copy], pa.int64()),
            to_arrow(place[copy], pa.int64()),
            to_arrow(self.reason[place[copy]], pa.uint8()),
        ]
        names = ["device", "bucket", "from_us", "to_us", "place", "reason"]
        return pa.Table.from_arrays(columns, names), bits

    def _within(self, begin_us: int, end_us: int, devices: int) -> tuple[Ints, Ints]:
        """The stretches of the first ``devices`` from ``begin_us`` to ``end_us``, and the device of each."""
        low, high = self._last_at_or_before(begin_us)[:devices], self._last_at_or_before(end_us)[:devices]
        count = high - low + 1
        if begin_us > end_us or count.sum() > MOST_STRETCHES:
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        return _spread(low, count)

    @cached_property
    def _ends(self) -> Ints:
        """The end of each stretch: the start of the next one of its device, or never."""
        owner = self._keys >> 32
        ends = np.full(len(self.starts), FOREVER_US)
        same = np.flatnonzero(owner[1:] == owner[:-1])
        ends[same] = self.starts[same + 1]
        return ends

    def _last_at_or_before(self, us: int) -> Ints:
        """For each device the stretch that contains an instant."""
        rank = int(np.searchsorted(self._times, us, "right")) - 1
        own = np.arange(len(self.first), dtype=np.int64) << 32 | max(rank, 0)
        return np.searchsorted(self._keys, own, "right") - 1


def _spread(first: Ints, count: Ints) -> tuple[Ints, Ints]:
    """From each ``first`` the next ``count`` whole numbers, and for each of them the index of its ``first``."""
    return concatenated_ranges(first, count), np.repeat(np.arange(len(first)), count)


def _bucket_bits(span_us: int, stretches: int, devices: int) -> int:
    """How wide buckets are, in bits: so that each device has about two stretches in each."""
    most = stretches // max(devices, 1)
    return min(max(span_us // max(most, 1), 1).bit_length(), _WIDEST) if most > 1 else _WIDEST


def settle_timeline(custody: Custody, duty: DutyStretches) -> Timeline:
    """The timeline of all devices that have an assignment."""
    shift = _on_shift(custody, duty)
    windows, window = _windows(shift)
    parts, label = _overlaid(custody, shift, window)
    starts, owner, label = _with_ends(parts, label, custody.count)
    times, rank = np.unique(starts, return_inverse=True)
    first = np.searchsorted(owner, np.arange(custody.count + 1))
    return Timeline(
        first=first,
        starts=starts,
        reason=label[:, 0].astype(np.uint8),
        window=label[:, 1].astype(np.int32),
        code=label[:, 2].astype(np.int16),
        windows=windows,
        devices=custody.devices,
        lookalikes=custody.lookalikes,
        officers=custody.officers,
        codes=duty.codes,
        _times=times,
        _keys=owner << 32 | rank,
    )


@dataclass(frozen=True)
class _OnShift:
    """The rows of on_shift.sql: stretches of a device and the one officer who had it on duty."""

    device: Ints
    from_us: Ints
    to_us: Ints
    officer: Ints
    state: Ints
    code: Ints


def _on_shift(custody: Custody, duty: DutyStretches) -> _OnShift:
    query = resources.files("offduty.duty").joinpath("on_shift.sql").read_text()
    with (
        _database(this_process()).cursor() as con,
        con.showing(
            custody=_table(custody, ("device", "from_us", "to_us", "officer", "late")),
            duty=_table(duty, ("officer", "from_us", "to_us", "state", "code")),
        ),
    ):
        found = con.ask(query, {"late": LATE})
    return _OnShift(**{name: to_ints(found[name], 0) for name in found.column_names})


@cache
def _database(process: int) -> DuckDBConnection:
    """The database in which this process joins, for all timelines: to open one takes longer than most joins. It keeps
    no row. A fork opens its own; with one thread, the one that it was born with has none that could be missing.
    """
    atexit.register(_database.cache_clear)  # nanobind (in DuckDB 2.0) tells of what is left when Python ends
    return DuckDBConnection.open(threads=1)


def _table(settled: Custody | DutyStretches, names: tuple[str, ...]) -> pa.Table:
    columns = [to_arrow(getattr(settled, name).astype(np.int64), pa.int64()) for name in names]
    return pa.Table.from_arrays(columns, list(names))


def _windows(shift: _OnShift) -> tuple[Windows, Ints]:
    """The windows, and for each stretch on shift the number of its window (-1 where it is `LATE`)."""
    on = np.flatnonzero(shift.state == ON)
    officer = shift.officer[on][:, None]
    parts = CoveredStretches(shift.device[on], shift.from_us[on], shift.to_us[on], officer)
    whole = joined(parts, officer)
    window = np.full(len(shift.device), -1, np.int64)
    window[on] = np.cumsum(begins(parts, officer)) - 1
    spans = _clusters(whole.sums[:, 0], whole.from_us, whole.to_us)
    return Windows(whole.owner, whole.sums[:, 0], whole.from_us, whole.to_us, *spans), window


def _clusters(officer: Ints, from_us: Ints, to_us: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """The clusters of the windows: the last four columns of `Windows`. Windows that only touch do not overlap.

    In order of officer and start, a window begins a new cluster where all windows before it have ended.
    """
    order = np.lexsort((from_us, officer))
    times, rank = np.unique(np.concatenate([from_us, to_us]), return_inverse=True)
    begins_at = (officer * len(times) + rank[: len(officer)])[order]
    ended_by = np.maximum.accumulate((officer * len(times) + rank[len(officer) :])[order])
    first = np.ones(len(order), np.bool_)
    first[1:] = begins_at[1:] >= ended_by[:-1]
    number = np.cumsum(first) - 1
    starts = np.flatnonzero(first)
    ends = np.maximum.reduceat(to_us[order], starts) if len(starts) else np.zeros(0, np.int64)
    cluster = np.empty(len(order), np.int64)
    cluster[order] = number
    by_cluster = np.argsort(cluster, kind="stable")
    return cluster, ends[cluster], by_cluster, np.searchsorted(cluster[by_cluster], np.arange(len(starts) + 1))


def _overlaid(custody: Custody, shift: _OnShift, window: Ints) -> tuple[CoveredStretches, npt.NDArray[np.int64]]:
    """Overlay custody with the stretches on shift, and label each part with reason, window and duty code.

    A device that is assigned to one officer is off duty, except on shift.
    """
    assigned_to_one = np.where(custody.officer == SHARED, 0, 1)
    zeros = np.zeros(len(custody.device), np.int64)
    base = np.column_stack([assigned_to_one, 1 - assigned_to_one, zeros])
    over = np.column_stack([np.zeros((len(shift.device), 2), np.int64), np.arange(len(shift.device)) + 1])
    parts = sweep(
        np.concatenate([custody.device, shift.device]),
        np.concatenate([custody.from_us, shift.from_us]),
        np.concatenate([custody.to_us, shift.to_us]),
        np.concatenate([base, over]),
    )
    alone, shared, entry = parts.sums[:, 0] == 1, parts.sums[:, 1] == 1, parts.sums[:, 2] - 1
    state = np.where(entry >= 0, np.append(shift.state, 0)[entry], 0)
    reason = np.select(
        [alone & (state == ON), alone & (state == LATE), alone, shared],
        [Reason.ON_DUTY, Reason.LATE_EDIT, Reason.OFF_DUTY, Reason.SHARED],
        Reason.UNASSIGNED,
    )
    on = reason == Reason.ON_DUTY
    label = np.column_stack(
        [
            reason,
            np.where(on, np.append(window, -1)[entry], -1),
            np.where(on, np.append(shift.code, -1)[entry], -1),
        ]
    )
    return parts, label.astype(np.int64)


def _with_ends(
    parts: CoveredStretches, label: npt.NDArray[np.int64], devices: int
) -> tuple[Ints, Ints, npt.NDArray[np.int64]]:
    """Add the unassigned stretches: before the first stretch of each device, in each gap, and for one more device.

    That last device stands for all devices without an assignment.
    """
    unassigned = np.array([Reason.UNASSIGNED, -1, -1], np.int64)
    gap = np.ones(len(parts.owner), np.bool_)
    gap[:-1] = (parts.owner[1:] != parts.owner[:-1]) | (parts.from_us[1:] != parts.to_us[:-1])
    ends = np.flatnonzero(gap & (parts.to_us < FOREVER_US))
    owner = np.concatenate([np.arange(devices + 1), parts.owner, parts.owner[ends]])
    starts = np.concatenate([np.full(devices + 1, NEVER_US), parts.from_us, parts.to_us[ends]])
    labels = np.concatenate([np.tile(unassigned, (devices + 1, 1)), label, np.tile(unassigned, (len(ends), 1))])
    order = np.lexsort((starts, owner))
    return starts[order], owner[order], labels[order]


def context_of(interval: Interval, windows: Windows) -> Interval:
    """The time to read in order to decide an interval: it and the clusters across its ends (specification#context)."""
    begun = windows.from_us < interval.from_us
    early = windows.from_us[begun & (windows.cluster_to > interval.from_us)]
    late = windows.cluster_to[windows.from_us < interval.to_us]
    return Interval(
        min(interval.from_us, int(early.min(initial=FOREVER_US))), max(interval.to_us, int(late.max(initial=NEVER_US)))
    )
