"""Hides the ways between work and home, whole: a ping needs work before it and after it, and nothing between (SPEC 5)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from offduty.arrays.arrow import Bools, Codes, Ints

CONTACT = 0
CANDIDATE = 1
ANCHOR = 2
Kinds = npt.NDArray[np.uint8]


def instants_of(window: Codes, observed_us: Ints) -> tuple[Codes, Bools]:
    """Number the instants of each window, for pings sorted by window and time; and which of them begin a window."""
    n = len(window)
    opens = np.ones(n, np.bool_)
    opens[1:] = window[1:] != window[:-1]
    begins = opens.copy()
    begins[1:] |= observed_us[1:] != observed_us[:-1]
    return np.cumsum(begins, dtype=np.int32) - 1, opens[begins]


def between_anchors(window: Codes, observed_us: Ints, kind: Kinds) -> Bools:
    """Which pings lie between two anchors of their window with no contact in between.

    The pings are sorted by window and time; the result answers for every one of them, whatever its kind. All pings of
    one instant stand together: a contact at the instant of an anchor, or of the ping, stands between them. The ends of
    a window count as contacts: an anchor of another window proves nothing. One that is its own anchor lies between
    anchors.
    """
    if not len(window):
        return np.zeros(0, np.bool_)
    instant, opens = instants_of(window, observed_us)
    count = len(opens)
    contact = np.zeros(count, np.bool_)
    contact[instant[kind == CONTACT]] = True
    anchor = np.zeros(count, np.bool_)
    anchor[instant[kind == ANCHOR]] = True
    place = np.arange(count, dtype=np.int32)
    window_start = _last(opens, place)
    closes = np.append(opens[1:], True)
    window_end = _next(closes, place, count)
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
