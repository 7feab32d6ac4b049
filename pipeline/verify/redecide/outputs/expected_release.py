"""The rows that the release should have: each released ping made coarse, with its window instead of its officer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from offduty.core.errors import InputError
from offduty.verify.redecide.decision.judge import SettledPings
from offduty.verify.redecide.duty.timeline import DutyWindows
from offduty.verify.redecide.ingest.wall_times import local_date, zone
from offduty.verify.redecide.model import RELEASED, Bools, Indices, Ints
from offduty.verify.redecide.outputs.coarsening import CoarseRows, classes, steps, units
from offduty.verify.redecide.rules import Rules


@dataclass(frozen=True)
class ExpectedRows:
    """Expected rows of the release, in order of windows, with the input row and the window of each."""

    row: Ints
    window: Indices
    coarse: CoarseRows

    def take(self, at: Ints | Bools) -> ExpectedRows:
        """The rows at these places."""
        return ExpectedRows(self.row[at], self.window[at], self.coarse.take(at))

    @classmethod
    def joined(cls, parts: list[ExpectedRows]) -> ExpectedRows:
        """The rows of all parts, one part after the other."""
        none = np.zeros(0, np.int64)
        row = np.concatenate([none, *(part.row for part in parts)])
        window = np.concatenate([none.astype(np.int32), *(part.window for part in parts)])
        return cls(row, window, CoarseRows.joined([part.coarse for part in parts]))


def expect(settled: SettledPings, windows: DutyWindows, codes: dict[str, int], rules: Rules) -> ExpectedRows:
    """The released rows of the interval, made coarse."""
    at = np.flatnonzero((settled.code == RELEASED) & settled.waiting.inside)
    pings = settled.waiting.take(at)
    coarse = CoarseRows(
        steps(pings.at_us, rules.step_us),
        units(pings.lon, rules.decimals),
        units(pings.lat, rules.decimals),
        classes(pings.accuracy_m),
        _codes(pings.window, pings.at_us, windows, codes),
        np.zeros(len(at), np.int64),
    )
    return ExpectedRows(pings.row, pings.window, coarse)


def _codes(window: Indices, at_us: Ints, windows: DutyWindows, codes: dict[str, int]) -> Ints:
    """The number of the duty code of each ping: that of its window, or of its span where the window has several."""
    present, which = np.unique(window, return_inverse=True)
    first = np.array([codes[windows.codes[w][0][2]] for w in present], np.int64)
    found = first[which] if len(present) else np.zeros(len(window), np.int64)
    for number, w in enumerate(present):
        if len(windows.codes[w]) > 1:
            mine = np.flatnonzero(which == number)
            span = np.searchsorted([start for start, _, _ in windows.codes[w]], at_us[mine], side="right") - 1
            found[mine] = np.array([codes[code] for _, _, code in windows.codes[w]])[span]
    return found


def day_of(windows: DutyWindows, numbers: Ints | Indices, rules: Rules) -> dict[int, date]:
    """The local date on which each of these windows started, in the time zone of the policy."""
    where = zone(rules.zone)
    if where is None:
        raise InputError("the policy in the manifest names an unknown time zone")
    return {int(number): local_date(int(windows.from_us[number]), where) for number in numbers}
