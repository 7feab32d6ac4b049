"""The leg rule: what lies between two anchors, with no contact between, is not on a leg (specification#leg-rule)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from offduty.arrays.arrow import Bools, Codes, Ints

CONTACT = 0
CANDIDATE = 1
ANCHOR = 2
Kinds = npt.NDArray[np.uint8]


def instants_of(window: Codes, observed_us: Ints) -> tuple[Codes, Bools]:
    """Number the instants of each window; also says which instants are the first of a window.

    The pings must be sorted by window and time.
    """
    n = len(window)
    starts_window = np.ones(n, np.bool_)
    starts_window[1:] = window[1:] != window[:-1]
    new_instant = starts_window.copy()
    new_instant[1:] |= observed_us[1:] != observed_us[:-1]
    return np.cumsum(new_instant, dtype=np.int32) - 1, starts_window[new_instant]


def between_anchors(window: Codes, observed_us: Ints, kind: Kinds) -> Bools:
    """Which pings are between two anchors of their window, with no contact in between; for pings of every kind.

    The pings must be sorted by window and time. A contact at the same instant as the anchor or the ping counts as being
    between them (specification#same-instant). The ends of a window count as contacts (specification#window-ends), so an
    anchor of another window proves nothing. An anchor is between itself and itself.
    """
    if not len(window):
        return np.zeros(0, np.bool_)
    instant, starts_window = instants_of(window, observed_us)
    count = len(starts_window)
    contact = np.zeros(count, np.bool_)
    contact[instant[kind == CONTACT]] = True
    anchor = np.zeros(count, np.bool_)
    anchor[instant[kind == ANCHOR]] = True
    place = np.arange(count, dtype=np.int32)
    window_start = _last(starts_window, place)
    ends_window = np.append(starts_window[1:], True)
    window_end = _next(ends_window, place, count)
    anchor_before, contact_before = _last(anchor, place), _last(contact, place)
    anchor_after, contact_after = _next(anchor, place, count), _next(contact, place, count)
    came_from_work = (anchor_before >= window_start) & (anchor_before > contact_before)
    goes_to_work = (anchor_after <= window_end) & (anchor_after < contact_after)
    proven: Bools = (came_from_work & goes_to_work)[instant]
    return proven


def _last(marked: Bools, place: Codes) -> Codes:
    """The last marked instant at or before each; -1 where there is none."""
    found: Codes = np.maximum.accumulate(np.where(marked, place, np.int32(-1)))
    return found


def _next(marked: Bools, place: Codes, count: int) -> Codes:
    """The next marked instant at or after each; ``count`` where there is none."""
    found: Codes = np.minimum.accumulate(np.where(marked, place, np.int32(count))[::-1])[::-1]
    return found
