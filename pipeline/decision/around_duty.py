"""Counts pings in the hours around the beginnings and ends of duty: a time zone that is wrong by an hour shows there
(specification#check). For people, not for decisions.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa

from offduty.arrays.arrow import Bools, Ints, to_arrow, to_ints, to_numpy
from offduty.core.instants import FOREVER_US, NEVER_US
from offduty.core.reasons import Reason
from offduty.duty.timeline import Timeline

HOUR_US = 3_600_000_000
BEFORE_DUTY, AFTER_DUTY = np.uint8(64), np.uint8(128)
"""What a reason is greater by in the hour before duty, and in the hour after it (join_pings.sql)."""
ENOUGH_DEVICES = 500
"""About so many devices are counted where there are more than twice as many: a share needs no more."""


@dataclass(frozen=True)
class AroundDuty:
    """How many pings there are in the hour before duty, in its first and its last hour, and in the hour after it."""

    before: int = 0
    first: int = 0
    last: int = 0
    after: int = 0

    @staticmethod
    def together(parts: Iterable[AroundDuty]) -> AroundDuty:
        """The sums of all parts; there may be none."""
        found = list(parts)
        return AroundDuty(*(sum(getattr(part, field.name) for part in found) for field in fields(AroundDuty)))


NOT_AROUND = AroundDuty()


@dataclass(frozen=True)
class DutyHours:
    """For each stretch of the timeline, up to when a ping counts as early in it, and from when on as late in it.

    ``on`` are the stretches on duty, of which early and late are the first and the last hour of their window. In the
    others, early is the hour after duty, and late the hour before it; a stretch of less than two hours between two
    duties counts neither way. ``counted`` are the stretches of devices whose pings are counted.
    """

    on: Bools
    early_to: Ints
    late_from: Ints
    counted: Bools

    @classmethod
    def of(cls, timeline: Timeline) -> DutyHours:
        """The hours of a timeline."""
        count, windows = len(timeline.starts), timeline.windows
        on: Bools = timeline.reason == Reason.ON_DUTY
        early_to, late_from = np.full(count, NEVER_US), np.full(count, FOREVER_US)
        early_to[on] = windows.from_us[timeline.window[on]] + HOUR_US
        late_from[on] = windows.to_us[timeline.window[on]] - HOUR_US
        opens = np.zeros(count, np.bool_)
        opens[timeline.first[timeline.first < count]] = True
        ends = np.append(np.where(opens[1:], FOREVER_US, timeline.starts[1:]), FOREVER_US)[:count]
        off = timeline.reason == Reason.OFF_DUTY
        after_duty = off & ~opens & np.append(False, on[:-1])[:count]
        before_duty = off & (ends < FOREVER_US) & np.append(on[1:], False)[:count]
        short = after_duty & before_duty & (ends - timeline.starts < 2 * HOUR_US)
        early_to[after_duty & ~short] = timeline.starts[after_duty & ~short] + HOUR_US
        late_from[before_duty & ~short] = ends[before_duty & ~short] - HOUR_US
        device = np.searchsorted(timeline.first, np.arange(count), "right") - 1
        counted = _devices_counted(len(timeline.devices), len(timeline.first))[device]
        return cls(on, early_to, late_from, counted)

    def beside(self, stretches: pa.Table) -> pa.Table:
        """Stretches (`Timeline.stretches`) of which those off duty are cut where the hours beside duty end: in them the
        reason is greater by `BEFORE_DUTY` or `AFTER_DUTY`.
        """
        place = to_ints(stretches["place"], 0)
        from_us, to_us = to_ints(stretches["from_us"], 0), to_ints(stretches["to_us"], 0)
        reason = to_numpy(stretches["reason"], np.uint8)
        asked = self.counted[place] & ~self.on[place]
        early_to = np.where(asked, np.clip(self.early_to[place], from_us, to_us), from_us)
        late_from = np.where(asked, np.clip(self.late_from[place], early_to, to_us), to_us)
        parts = (
            (from_us, early_to, reason + AFTER_DUTY),
            (early_to, late_from, reason),
            (late_from, to_us, reason + BEFORE_DUTY),
        )
        rows = [np.flatnonzero(begin < end) for begin, end, _ in parts]
        cut = stretches.take(to_arrow(np.concatenate(rows), pa.int64()))
        for name, number, kind in (("from_us", 0, pa.int64()), ("to_us", 1, pa.int64()), ("reason", 2, pa.uint8())):
            values = np.concatenate([part[number][some] for part, some in zip(parts, rows, strict=True)])
            cut = cut.set_column(cut.schema.get_field_index(name), name, to_arrow(values, kind))
        return cut

    def count(self, stretch: Ints, observed_us: Ints, inside: Bools | None) -> AroundDuty:
        """Count the pings that are ``inside`` (None: all of them); ``stretch`` is the stretch of each."""
        chosen = np.take(self.counted, stretch)
        rows = np.flatnonzero(chosen if inside is None else chosen & inside)
        at, us = stretch[rows], observed_us[rows]
        on, early, late = self.on[at], us < self.early_to[at], us >= self.late_from[at]
        return AroundDuty(
            before=int(np.count_nonzero(late & ~on)),
            first=int(np.count_nonzero(early & on)),
            last=int(np.count_nonzero(late & on)),
            after=int(np.count_nonzero(early & ~on)),
        )


def _devices_counted(devices: int, rows: int) -> Bools:
    """Which devices are counted, by number: all of them, or of very many about `ENOUGH_DEVICES`.

    The last element stands for devices that nobody was assigned. Those that only look like another have no custody.
    """
    counted = np.zeros(rows, np.bool_)
    counted[: devices : devices // ENOUGH_DEVICES if devices > 2 * ENOUGH_DEVICES else 1] = True
    counted[-1] = False
    return counted
