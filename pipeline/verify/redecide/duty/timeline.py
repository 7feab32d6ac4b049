"""Each device's time in stretches: whose it was, whether that was duty, and which duty window (SPEC 3 to 5)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from offduty.core.reasons import Reason
from offduty.verify.redecide.duty.custody import SHARED, HeldStretch
from offduty.verify.redecide.duty.on_duty import OfficerDuty
from offduty.verify.redecide.model import FOREVER_US, WAITING, Bools, Codes, Indices, Ints, code_of
from offduty.verify.redecide.rules import Rules

NO_WINDOW = -1
Piece = tuple[int, int, int, int]
"""From, to, the code of the reason (or `WAITING` for pings that must be looked at) and the window."""


@dataclass(frozen=True)
class DutyWindows:
    """Duty windows in the order of their officers, then of their starts; `needed` ones bear on the interval."""

    officer: Indices
    from_us: Ints
    to_us: Ints
    needed: Bools
    beside: tuple[Ints, Indices]
    """Windows of the same officer that overlap: those of window `w` are `[1][first[w]:first[w + 1]]` by `first = [0]`."""
    officers: tuple[str, ...]
    codes: tuple[tuple[tuple[int, int, str], ...], ...]
    """For each window the duty codes within it, by span."""
    still_open: int


@dataclass(frozen=True)
class DeviceStretches:
    """For each device its stretches in order, flat: those of device `d` are `first[d]` to `first[d + 1]`.

    The last device stands for every one that nobody ever held.
    """

    devices: Mapping[str, int]
    first: Ints
    from_us: Ints
    code: Codes
    window: Indices
    windows: DutyWindows

    def find(self, device: Indices, at_us: Ints) -> Ints:
        """The stretch that each ping falls into, by halving its device's own list. A stretch's start is within it."""
        low, high = self.first[device], self.first[device + 1] - 1
        while bool((low < high).any()):
            middle = (low + high + 1) >> 1
            later = self.from_us[middle] <= at_us
            low, high = np.where(later, middle, low), np.where(later, high, middle - 1)
        return low


def settle_stretches(
    held: Mapping[str, tuple[HeldStretch, ...]], duties: Mapping[str, OfficerDuty], rules: Rules
) -> DeviceStretches:
    """Lay the holdings of devices over the duty of their holders."""
    known = list(held)
    found = [(device, span, held_) for device in known for held_ in held[device] for span in _on(held_, duties)]
    windows, number_of = _windows(found, duties, rules)
    first, starts, codes, window = [0], [], [], []
    for device in known:
        for start, _, code, number in _filled(_pieces(device, held[device], duties, number_of, windows, rules)):
            starts.append(start)
            codes.append(code)
            window.append(number)
        first.append(len(starts))
    starts.append(np.iinfo(np.int64).min)
    codes.append(code_of(Reason.UNASSIGNED))
    window.append(NO_WINDOW)
    return DeviceStretches(
        {device: at for at, device in enumerate(known)},
        np.array([*first, len(starts)]),
        np.array(starts),
        np.array(codes, np.uint8),
        np.array(window, np.int32),
        windows,
    )


def _on(held: HeldStretch, duties: Mapping[str, OfficerDuty]) -> Iterator[tuple[int, int]]:
    """The duty windows within one holding."""
    if held.officer is not SHARED and held.officer in duties:
        yield from _within(held, duties[held.officer].on)


def _within(held: HeldStretch, spans: tuple[tuple[int, int], ...]) -> Iterator[tuple[int, int]]:
    for start, end in _touching(spans, held.from_us, held.to_us):
        yield max(start, held.from_us), min(end, held.to_us)


Cut = TypeVar("Cut", bound=tuple[Any, ...])


def _touching(spans: Sequence[Cut], start: int, end: int) -> Iterator[Cut]:
    """Those of spans in order that share time with another one."""
    at = bisect_right(spans, start, key=lambda span: span[1])
    while at < len(spans) and spans[at][0] < end:
        yield spans[at]
        at += 1


Key = tuple[str, int]


def _windows(
    found: list[tuple[str, tuple[int, int], HeldStretch]], duties: Mapping[str, OfficerDuty], rules: Rules
) -> tuple[DutyWindows, dict[Key, int]]:
    """Number the windows by officer, start and device, and tell which of them the interval needs."""
    ordered = sorted(((str(held.officer), span, device) for device, span, held in found))
    officers = sorted({officer for officer, _, _ in ordered})
    rank = {officer: at for at, officer in enumerate(officers)}
    start = np.array([span[0] for _, span, _ in ordered], np.int64)
    end = np.array([span[1] for _, span, _ in ordered], np.int64)
    whose = np.array([rank[officer] for officer, _, _ in ordered], np.int32)
    asked = (start < rules.to_us) & (end > rules.from_us)
    first, other = _beside(whose, start, end)
    needed = asked.copy()
    needed[other[np.repeat(asked, np.diff(first))]] = True
    codes = tuple(tuple(_cut(duties[officer].codes, span)) for officer, span, _ in ordered)
    windows = DutyWindows(
        whose, start, end, needed, (first, other), tuple(officers), codes, int((asked & (end > rules.as_of_us)).sum())
    )
    return windows, {(device, span[0]): at for at, (_, span, device) in enumerate(ordered)}


def _beside(whose: Indices, start: Ints, end: Ints) -> tuple[Ints, Indices]:
    """For each window the others of its officer that overlap it: what happens in them may hide something in it.

    Windows stand in order of officer and start, so that those that a window overlaps further on come right after it.
    """
    one, other, step = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], 1
    while step < len(whose):
        met = np.flatnonzero((whose[step:] == whose[:-step]) & (start[step:] < end[:-step]))
        if not len(met):
            break
        one += [met, met + step]
        other += [met + step, met]
        step += 1
    ones, others = np.concatenate(one), np.concatenate(other)
    order = np.argsort(ones, kind="stable")
    return np.searchsorted(ones[order], np.arange(len(whose) + 1)), others[order].astype(np.int32)


def _cut(codes: tuple[tuple[int, int, str], ...], span: tuple[int, int]) -> Iterator[tuple[int, int, str]]:
    for start, end, code in _touching(codes, *span):
        yield max(start, span[0]), min(end, span[1]), code


def _pieces(
    device: str,
    held: tuple[HeldStretch, ...],
    duties: Mapping[str, OfficerDuty],
    number_of: Mapping[Key, int],
    windows: DutyWindows,
    rules: Rules,
) -> Iterator[Piece]:
    """What is held, cut by duty; what is neither duty nor late is off duty."""
    for each in held:
        if each.officer is SHARED:
            yield each.from_us, each.to_us, code_of(Reason.SHARED), NO_WINDOW
            continue
        duty = duties.get(each.officer, OfficerDuty())
        late = [(*span, code_of(Reason.LATE_EDIT), NO_WINDOW) for span in _within(each, duty.late)]
        on = [(*span, WAITING, number_of[device, span[0]]) for span in _within(each, duty.on)]
        on = [
            (start, end, code_of(Reason.WINDOW_OPEN) if end > rules.as_of_us else code, number)
            for start, end, code, number in on
        ]
        yield from _gaps(sorted(late + on), each.from_us, each.to_us, code_of(Reason.OFF_DUTY))


def _filled(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """The whole of time: where nobody held the device it is nobody's."""
    return _gaps(pieces, np.iinfo(np.int64).min, FOREVER_US, code_of(Reason.UNASSIGNED))


def _gaps(pieces: Iterator[Piece] | list[Piece], start: int, end: int, code: int) -> Iterator[Piece]:
    at = start
    for piece in pieces:
        if at < piece[0]:
            yield at, piece[0], code, NO_WINDOW
        yield piece
        at = piece[1]
    if at < end:
        yield at, end, code, NO_WINDOW
