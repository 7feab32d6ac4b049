"""Judges each row alone: whether it is a ping, and which time stretch of its device it is in.

The rules are specification#bad-pings, specification#duty-rule and the first reasons of specification#reasons.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from offduty.core.reasons import QuarantineReason
from offduty.verify.redecide.duty.timeline import DeviceStretches
from offduty.verify.redecide.ingest.ping_columns import PingColumns
from offduty.verify.redecide.model import NOTHING, WAITING, Bools, Codes, Floats, Indices, Ints, code_of
from offduty.verify.redecide.rules import Rules
from offduty.verify.redecide.text_values import NO_TIME


@dataclass(frozen=True)
class WaitingPings:
    """On-duty pings, to be decided with the other pings of their window. `row` counts the rows of all ping files."""

    row: Ints
    window: Indices
    at_us: Ints
    lon: Floats
    lat: Floats
    accuracy_m: Floats
    inside: Bools

    def take(self, at: Ints | Bools) -> WaitingPings:
        """The pings at these places."""
        return WaitingPings(*(getattr(self, name)[at] for name in COLUMNS))

    @classmethod
    def joined(cls, parts: list[WaitingPings]) -> WaitingPings:
        """The pings of all parts, one part after the other."""
        return cls(*(np.concatenate([getattr(part, name) for part in [_none(), *parts]]) for name in COLUMNS))

    def __len__(self) -> int:
        return len(self.row)


COLUMNS = ("row", "window", "at_us", "lon", "lat", "accuracy_m", "inside")
BYTES_EACH = 45


def _none() -> WaitingPings:
    whole, figures = np.zeros(0, np.int64), np.zeros(0)
    return WaitingPings(whole, whole.astype(np.int32), whole, figures, figures, figures, whole.astype(np.bool_))


def in_interval(at_us: Ints, rules: Rules) -> Bools:
    """Which rows are recorded: those in the interval that were known at `as_of`, and those without an instant.

    See specification#rows-without-instant and specification#not-known.
    """
    known_to_us = min(rules.to_us, rules.as_of_us + 1)
    return np.asarray((at_us == NO_TIME) | ((at_us >= rules.from_us) & (at_us < known_to_us)))


@dataclass(frozen=True)
class Tally:
    """What the rows of a piece, or of all pieces, were: those that decide whether a run stops, and those after `as_of`.

    `written` rows are not wholly empty, `timed` ones name a device and an instant, be they for the quarantine or not,
    and the device of `met` ones of these, or one that looks like it, was once assigned. `misplaced` ones have a
    position that is written and cannot be read.
    """

    written: int = 0
    timed: int = 0
    met: int = 0
    after_as_of: int = 0
    misplaced: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))


def tally(piece: PingColumns, written: int, misplaced: int, nobodys: int, rules: Rules) -> Tally:
    """The tally of a piece; devices with the number `nobodys` were never assigned."""
    timed = piece.named & (piece.at_us != NO_TIME)
    after = (piece.at_us > rules.as_of_us) & (piece.at_us >= rules.from_us) & (piece.at_us < rules.to_us)
    counted = (timed, timed & (piece.device != nobodys), after)
    sums = [int(each.sum()) for each in counted]
    return Tally(written, sums[0], sums[1], sums[2], misplaced)


@dataclass(frozen=True)
class SettledPings:
    """Waiting pings in order of window and time, each with its code.

    `at_boundary` marks pings so near to the boundary of an area that two correct measurements may differ, and pings
    that depend on such a contact. There the recorded reason is taken, if it is one of the two possible reasons.
    """

    waiting: WaitingPings
    code: Codes
    at_boundary: Bools


def judge(piece: PingColumns, first: int, stretches: DeviceStretches, rules: Rules) -> tuple[Codes, WaitingPings]:
    """The code of each row, and the pings that wait for others; `first` is the number of the file's first row.

    Rows outside the interval have no code. If they are in a window that the interval needs, they wait too.
    """
    good = _quarantined(piece)
    codes, inside = good.copy(), in_interval(piece.at_us, rules)
    fine = np.flatnonzero(good == NOTHING)
    found = stretches.find(piece.device[fine], piece.at_us[fine])
    codes[fine] = stretches.code[found]
    codes[~inside] = NOTHING
    on = np.flatnonzero((stretches.code[found] == WAITING) & (piece.at_us[fine] <= rules.as_of_us))
    on = on[stretches.windows.needed[stretches.window[found[on]]]]
    at = fine[on]
    window, row = stretches.window[found[on]], piece.row[at] + first
    pings = (piece.at_us[at], piece.lon[at], piece.lat[at], piece.accuracy_m[at])
    waiting = WaitingPings(row, window, *pings, inside[at])
    return codes, waiting


def _quarantined(piece: PingColumns) -> Codes:
    """The first reason of the quarantine that applies to each row; `NOTHING` where the row is a ping."""
    lon, lat = piece.lon, piece.lat
    placed = (
        np.isfinite(lon) & np.isfinite(lat) & (np.abs(lon) <= 180) & (np.abs(lat) <= 90) & ((lon != 0) | (lat != 0))
    )
    codes = np.where(placed & ~piece.no_fix, NOTHING, code_of(QuarantineReason.BAD_POSITION)).astype(np.uint8)
    codes[piece.ahead] = code_of(QuarantineReason.FUTURE_TIME)
    codes[piece.at_us == NO_TIME] = code_of(QuarantineReason.BAD_TIME)
    codes[~piece.named] = code_of(QuarantineReason.NO_DEVICE)
    return codes
