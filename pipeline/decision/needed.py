"""Says which pings a run over an interval needs: those of the interval, and of the duty windows that cross its ends.

A file of the day before or after has millions of other rows. They change nothing, so they are passed over before they
are joined. Rule: specification#context.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from offduty.arrays.arrow import Bools, Codes, Ints
from offduty.core.instants import FOREVER_US
from offduty.core.interval import Interval
from offduty.core.times import NO_TIME_US
from offduty.duty.timeline import Timeline, Windows


@dataclass(frozen=True)
class NeededTime:
    """The time in which a run needs the pings of each device, by the number of the device: the interval, and as far as
    the windows of that device reach of which the cluster has some time in it. The last two are of devices that nobody
    held, and of no device.
    """

    interval: Interval
    from_us: Ints
    to_us: Ints

    @classmethod
    def of(cls, interval: Interval, timeline: Timeline) -> NeededTime:
        """The time that a run over an interval needs."""
        windows, count = timeline.windows, len(timeline.first) + 1
        from_us, to_us = np.full(count, interval.from_us), np.full(count, interval.to_us)
        meeting = np.flatnonzero(_in_clusters_meeting(interval, windows))
        np.minimum.at(from_us, windows.device[meeting], windows.from_us[meeting])
        np.maximum.at(to_us, windows.device[meeting], windows.to_us[meeting])
        return cls(interval, from_us, to_us)

    def covers(self, instants: Interval) -> bool:
        """Whether every ping of a time is needed, whatever its device."""
        return self.interval.from_us <= instants.from_us and instants.to_us <= self.interval.to_us

    def rows(self, device: Codes, observed_us: Ints) -> Ints:
        """The places of the pings that are needed. One without an instant always is: it belongs to every interval
        (specification#rows-without-instant). ``device`` is as `device_numbers` has it.
        """
        untimed = observed_us == NO_TIME_US
        at_all = Interval(int(self.from_us.min()), int(self.to_us.max())).contains(observed_us)
        some = np.flatnonzero(at_all | untimed)
        us, whose = observed_us[some], device[some]
        needed: Bools = (us >= np.take(self.from_us, whose)) & (us < np.take(self.to_us, whose))
        which: Ints = some[needed | untimed[some]]
        return which


def _in_clusters_meeting(interval: Interval, windows: Windows) -> Bools:
    """The windows of the clusters that have some time in an interval."""
    begin = np.full(len(windows.cluster_first), FOREVER_US)
    np.minimum.at(begin, windows.cluster, windows.from_us)
    met: Bools = (begin[windows.cluster] < interval.to_us) & (windows.cluster_to > interval.from_us)
    return met
