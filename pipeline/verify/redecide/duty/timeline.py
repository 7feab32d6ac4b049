"""The timeline of each device in stretches: whom it was assigned to, whether that was duty, and which duty window.

The rules are specification#duty-window and specification#word-assignment.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from offduty.core.reasons import Reason
from offduty.verify.redecide.duty.custody import SHARED, AssignedStretch, DeviceAssignments
from offduty.verify.redecide.duty.on_duty import OfficerDuty
from offduty.verify.redecide.model import FOREVER_US, WAITING, Bools, Codes, Indices, Ints, code_of
from offduty.verify.redecide.rules import Rules

NO_WINDOW = -1
Piece = tuple[int, int, int, int]
"""Start, end, the code of the reason (`WAITING` for on-duty pings, which are settled later) and the duty window."""


@dataclass(frozen=True)
class DutyWindows:
    """Duty windows in the order of their officers, then of their starts; `needed` marks those the interval needs.

    Windows of an officer that overlap, through others if need be, have one number in `cluster`; `is_open` marks those
    with one in their cluster that had not ended at `as_of` (specification#reason-window-open).
    """

    officer: Indices
    from_us: Ints
    to_us: Ints
    needed: Bools
    overlapping: tuple[Ints, Indices]
    """Overlapping windows of the same officer, as two arrays: those of `w` are `[1][[0][w] : [0][w + 1]]`."""
    officers: tuple[str, ...]
    codes: tuple[tuple[tuple[int, int, str], ...], ...]
    """For each window its spans of one duty code."""
    cluster: Ints
    is_open: Bools
    still_open: int


@dataclass(frozen=True)
class DeviceStretches:
    """The stretches of all devices in flat arrays: those of device `d` are `first[d]` to `first[d + 1]`.

    `alike` has the number for other devices that look like one of these, by their likeness. The last device represents
    all that were never assigned and look like none.
    """

    devices: Mapping[str, int]
    alike: Mapping[str, int]
    first: Ints
    from_us: Ints
    code: Codes
    window: Indices
    windows: DutyWindows

    def find(self, device: Indices, at_us: Ints) -> Ints:
        """The stretch that each ping is in, by binary search in its device's list. A stretch includes its start."""
        low, high = self.first[device], self.first[device + 1] - 1
        while bool((low < high).any()):
            middle = (low + high + 1) >> 1
            later = self.from_us[middle] <= at_us
            low, high = np.where(later, middle, low), np.where(later, high, middle - 1)
        return low


def settle_stretches(
    assignments: DeviceAssignments, duties: Mapping[str, OfficerDuty], rules: Rules
) -> DeviceStretches:
    """Combine the assignments of devices with the duty of their officers."""
    assigned = assignments.by_device
    known = list(assigned)
    found = [
        (device, span, stretch) for device in known for stretch in assigned[device] for span in _on(stretch, duties)
    ]
    windows, number_of = _windows(found, duties, rules)
    first, starts, codes, window = [0], [], [], []
    for device in known:
        for start, _, code, number in _filled(_pieces(device, assigned[device], duties, number_of, windows)):
            starts.append(start)
            codes.append(code)
            window.append(number)
        first.append(len(starts))
    for stretches in assignments.alike.values():
        for start, _, code, number in _filled(_pieces("", stretches, duties, {}, windows)):
            starts.append(start)
            codes.append(code)
            window.append(number)
        first.append(len(starts))
    starts.append(np.iinfo(np.int64).min)
    codes.append(code_of(Reason.UNASSIGNED))
    window.append(NO_WINDOW)
    return DeviceStretches(
        {device: at for at, device in enumerate(known)},
        {key: at for at, key in enumerate(assignments.alike, len(known))},
        np.array([*first, len(starts)]),
        np.array(starts),
        np.array(codes, np.uint8),
        np.array(window, np.int32),
        windows,
    )


def _on(assigned: AssignedStretch, duties: Mapping[str, OfficerDuty]) -> Iterator[tuple[int, int]]:
    """The duty windows within one stretch of an assignment."""
    if assigned.officer is not SHARED and not assigned.late and assigned.officer in duties:
        yield from _within(assigned, duties[assigned.officer].on)


def _within(assigned: AssignedStretch, spans: tuple[tuple[int, int], ...]) -> Iterator[tuple[int, int]]:
    for start, end in _touching(spans, assigned.from_us, assigned.to_us):
        yield max(start, assigned.from_us), min(end, assigned.to_us)


Cut = TypeVar("Cut", bound=tuple[Any, ...])


def _touching(spans: Sequence[Cut], start: int, end: int) -> Iterator[Cut]:
    """The spans, of some in order, that share time with the span from `start` to `end`."""
    at = bisect_right(spans, start, key=lambda span: span[1])
    while at < len(spans) and spans[at][0] < end:
        yield spans[at]
        at += 1


WindowKey = tuple[str, int]


def _windows(
    found: list[tuple[str, tuple[int, int], AssignedStretch]], duties: Mapping[str, OfficerDuty], rules: Rules
) -> tuple[DutyWindows, dict[WindowKey, int]]:
    """Number the windows by officer, start and device, and find which of them the interval needs."""
    ordered = sorted(((str(assigned.officer), span, device) for device, span, assigned in found))
    officers = sorted({officer for officer, _, _ in ordered})
    rank = {officer: at for at, officer in enumerate(officers)}
    start = np.array([span[0] for _, span, _ in ordered], np.int64)
    end = np.array([span[1] for _, span, _ in ordered], np.int64)
    officer = np.array([rank[officer] for officer, _, _ in ordered], np.int32)
    asked = (start < rules.to_us) & (end > rules.from_us)
    first, other = _overlapping(officer, start, end)
    needed = asked.copy()
    needed[other[np.repeat(asked, np.diff(first))]] = True
    codes = tuple(tuple(_codes_within(duties[officer].codes, span)) for officer, span, _ in ordered)
    cluster = _clusters(officer, start, end)
    not_ended = end > rules.as_of_us
    is_open = np.isin(cluster, cluster[not_ended])
    still_open = int((asked & not_ended).sum())
    windows = DutyWindows(
        officer, start, end, needed, (first, other), tuple(officers), codes, cluster, is_open, still_open
    )
    return windows, {(device, span[0]): at for at, (_, span, device) in enumerate(ordered)}


def _overlapping(officer: Indices, start: Ints, end: Ints) -> tuple[Ints, Indices]:
    """For each window the other windows of its officer that overlap it: contacts in them count in it too.

    Windows are in order of officer and start, so the later windows that overlap one come right after it.
    """
    one, other, step = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], 1
    while step < len(officer):
        met = np.flatnonzero((officer[step:] == officer[:-step]) & (start[step:] < end[:-step]))
        if not len(met):
            break
        one += [met, met + step]
        other += [met + step, met]
        step += 1
    ones, others = np.concatenate(one), np.concatenate(other)
    order = np.argsort(ones, kind="stable")
    return np.searchsorted(ones[order], np.arange(len(officer) + 1)), others[order].astype(np.int32)


def _clusters(officer: Indices, start: Ints, end: Ints) -> Ints:
    """The number of the cluster of each window, in order of officer and start."""
    number = np.zeros(len(officer), np.int64)
    last, until, cluster = -1, 0, -1
    for at, (owner, begins, ends) in enumerate(zip(officer.tolist(), start.tolist(), end.tolist(), strict=True)):
        if owner != last or begins >= until:
            last, until, cluster = owner, ends, cluster + 1
        until = max(until, ends)
        number[at] = cluster
    return number


def _codes_within(codes: tuple[tuple[int, int, str], ...], span: tuple[int, int]) -> Iterator[tuple[int, int, str]]:
    for start, end, code in _touching(codes, *span):
        yield max(start, span[0]), min(end, span[1]), code


def _pieces(
    device: str,
    assigned: tuple[AssignedStretch, ...],
    duties: Mapping[str, OfficerDuty],
    number_of: Mapping[WindowKey, int],
    windows: DutyWindows,
) -> Iterator[Piece]:
    """The assigned time of a device, cut by duty; what is neither duty nor a late edit is off duty."""
    for each in assigned:
        if each.officer is SHARED:
            yield each.from_us, each.to_us, code_of(Reason.SHARED), NO_WINDOW
            continue
        duty = duties.get(each.officer, OfficerDuty())
        late = (*duty.late, *duty.on) if each.late else duty.late
        pieces = [(*span, code_of(Reason.LATE_EDIT), NO_WINDOW) for span in _within(each, tuple(sorted(late)))]
        if not each.late:
            numbered = ((*span, number_of[device, span[0]]) for span in _within(each, duty.on))
            pieces += [(start, end, _code(windows, number), number) for start, end, number in numbered]
        yield from _gaps(sorted(pieces), each.from_us, each.to_us, code_of(Reason.OFF_DUTY))


def _code(windows: DutyWindows, number: int) -> int:
    """The code of the pings of a window: `WAITING` if it is settled."""
    return code_of(Reason.WINDOW_OPEN) if windows.is_open[number] else WAITING


def _filled(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """The pieces with the gaps filled: where the device was assigned to nobody it is unassigned."""
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
