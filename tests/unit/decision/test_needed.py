"""Of the pings beside an interval a run needs those of the windows of clusters that meet it, and no others."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from offduty.core.interval import Interval
from offduty.core.times import NO_TIME_US
from offduty.decision.needed import NeededTime
from offduty.decision.pings import BLANK, UNASSIGNED_DEVICE
from offduty.duty.timeline import Windows

INTERVAL = Interval(100, 200)
DEVICES = 4


def windows_of(*rows: tuple[int, int, int, int, int]) -> Windows:
    """Windows: device, officer, start, end, and the number of the cluster."""
    device, officer, from_us, to_us, cluster = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    ends = np.array([to_us[cluster == number].max() for number in range(cluster.max() + 1)])
    by_cluster = np.argsort(cluster, kind="stable")
    first = np.searchsorted(cluster[by_cluster], np.arange(cluster.max() + 2))
    return Windows(device, officer, from_us, to_us, cluster, ends[cluster], by_cluster, first)


NEEDED = NeededTime.of(
    INTERVAL,
    SimpleNamespace(  # type: ignore[arg-type]
        first=np.zeros(DEVICES + 1, np.int64),
        windows=windows_of(
            (0, 0, 50, 120, 0),  # across the start
            (1, 0, 30, 70, 0),  # of another device, before the interval: it overlaps the one across the start
            (1, 0, 10, 25, 1),  # the same officer and device, and another cluster
            (2, 1, 150, 230, 2),  # across the end
            (2, 1, 240, 260, 3),  # after it
            (3, 2, 60, 100, 4),  # ends where the interval begins
        ),
    ),
)


def needed(device: int, us: int) -> bool:
    """Whether a ping is needed."""
    return bool(len(NEEDED.rows(np.array([device], np.int32), np.array([us]))))


def spans(device: int) -> tuple[int, int]:
    """The first and the last instant of which a device's ping is needed; all between are."""
    found = [us for us in range(300) if needed(device, us)]
    assert found == list(range(found[0], found[-1] + 1))
    return found[0], found[-1]


def test_each_device_has_its_own_time() -> None:
    """As far as its windows reach whose cluster has some time in the interval; the end of a window is not in it."""
    assert [spans(device) for device in range(DEVICES)] == [(50, 199), (30, 199), (100, 229), (100, 199)]


def test_devices_without_an_officer_are_needed_in_the_interval() -> None:
    """The device that nobody held, and no device, have no windows: not those of the last devices either."""
    assert [spans(device) for device in (UNASSIGNED_DEVICE, BLANK)] == [(100, 199)] * 2


def test_a_row_without_an_instant_belongs_to_every_interval() -> None:
    """specification#rows-without-instant."""
    assert all(needed(device, NO_TIME_US) for device in (0, UNASSIGNED_DEVICE, BLANK))


def test_what_is_needed_keeps_its_order() -> None:
    """The places ascend."""
    us: Any = np.array([0, 150, NO_TIME_US, 60, 60, 199])
    assert NEEDED.rows(np.array([0, 0, 0, 0, 2, 3], np.int32), us).tolist() == [1, 2, 3, 5]


def test_a_time_is_covered_where_it_lies_within_the_interval() -> None:
    """Then no row of it is looked at one by one."""
    inside, wider = Interval(100, 200), (Interval(99, 200), Interval(100, 201))
    assert NEEDED.covers(inside)
    assert not any(NEEDED.covers(time) for time in wider)
