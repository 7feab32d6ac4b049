"""What each row shows by itself: whether it is a ping, and whose stretch of time it falls into (SPEC 2 to 4)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from offduty.core.reasons import QuarantineReason
from offduty.verify.redecide.duty.timeline import DeviceStretches
from offduty.verify.redecide.ingest.ping_columns import PingColumns
from offduty.verify.redecide.model import NOTHING, WAITING, Bools, Codes, Floats, Indices, Ints, code_of
from offduty.verify.redecide.rules import Rules
from offduty.verify.redecide.text_values import NO_TIME


@dataclass(frozen=True)
class WaitingPings:
    """On-duty pings, which are decided with the others of their window. `row` counts through all files of pings."""

    row: Ints
    window: Indices
    at_us: Ints
    lon: Floats
    lat: Floats
    accuracy_m: Floats
    inside: Bools

    def take(self, at: Ints | Bools) -> WaitingPings:
        """Some of them."""
        return WaitingPings(*(getattr(self, name)[at] for name in COLUMNS))

    @classmethod
    def joined(cls, parts: list[WaitingPings]) -> WaitingPings:
        """All of them, in order."""
        return cls(*(np.concatenate([getattr(part, name) for part in [_none(), *parts]]) for name in COLUMNS))

    def __len__(self) -> int:
        return len(self.row)


COLUMNS = ("row", "window", "at_us", "lon", "lat", "accuracy_m", "inside")
BYTES_EACH = 45


def _none() -> WaitingPings:
    whole, figures = np.zeros(0, np.int64), np.zeros(0)
    return WaitingPings(whole, whole.astype(np.int32), whole, figures, figures, figures, whole.astype(np.bool_))


def in_interval(at_us: Ints, rules: Rules) -> Bools:
    """Which rows are recorded: those of the interval, and those without an instant, which belong to every run."""
    return np.asarray((at_us == NO_TIME) | ((at_us >= rules.from_us) & (at_us < rules.to_us)))


def judge(piece: PingColumns, first: int, stretches: DeviceStretches, rules: Rules) -> tuple[Codes, WaitingPings]:
    """The code of each row, and those that wait for others; `first` is what the first row of the file is counted as.

    Rows outside the interval have no code. Those of them that bear on a window of the interval wait too.
    """
    good = _quarantined(piece, rules)
    codes, inside = good.copy(), in_interval(piece.at_us, rules)
    fine = np.flatnonzero(good == NOTHING)
    found = stretches.find(piece.device[fine], piece.at_us[fine])
    codes[fine] = stretches.code[found]
    codes[~inside] = NOTHING
    on = np.flatnonzero(stretches.code[found] == WAITING)
    on = on[stretches.windows.needed[stretches.window[found[on]]]]
    at = fine[on]
    window, row = stretches.window[found[on]], piece.row[at] + first
    pings = (piece.at_us[at], piece.lon[at], piece.lat[at], piece.accuracy_m[at])
    waiting = WaitingPings(row, window, *pings, inside[at])
    return codes, waiting


def _quarantined(piece: PingColumns, rules: Rules) -> Codes:
    """The reason for which a row is no ping, the first that applies; nothing where it is one."""
    lon, lat = piece.lon, piece.lat
    placed = (
        np.isfinite(lon) & np.isfinite(lat) & (np.abs(lon) <= 180) & (np.abs(lat) <= 90) & ((lon != 0) | (lat != 0))
    )
    codes = np.where(placed, NOTHING, code_of(QuarantineReason.BAD_POSITION)).astype(np.uint8)
    codes[piece.at_us > rules.as_of_us] = code_of(QuarantineReason.FUTURE_TIME)
    codes[piece.at_us == NO_TIME] = code_of(QuarantineReason.BAD_TIME)
    codes[~piece.named] = code_of(QuarantineReason.NO_DEVICE)
    return codes
