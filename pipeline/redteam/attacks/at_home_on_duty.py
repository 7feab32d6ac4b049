"""Attack 8 by duty window, where names are known (threat-model#attack-8). Who: B, who named the pseudonyms, and who may
have own copies. What: was the officer at home in this window? A phone at home is hidden, so how much of a window is
seen tells about it.

From our own trials. How: a window is described by what its rows show, or by what a dated file says of it, and trees
learn from other officers which windows were spent at home.
"""

from __future__ import annotations

import numpy as np

from offduty.redteam.attacker_view import Floats, OwnCopyDates, VisibleRows
from offduty.redteam.attacks.visible_time import DAY_S, ReadableRules, VisibleTime


def windows_in_rows(rows: VisibleRows, copies: OwnCopyDates, rules: ReadableRules) -> Floats:
    """What rows show of each window of the cases, (windows, 9): its length and hour, how long it is seen, at how many
    instants, the time until the first and after the last, and the longest time between two; and how much of all of the
    officer's windows is seen.
    """
    joined, plain = VisibleTime.of(rows, rules, True), VisibleTime.of(rows, rules, False)
    order = np.lexsort((rows.t_s, rows.who))
    who, t_s = rows.who[order], rows.t_s[order]
    described = np.full((len(copies), 9), np.nan)
    for window in range(len(copies)):
        one, a, b = int(copies.who[window]), float(copies.start_s[window]), float(copies.end_s[window])
        low, high = np.searchsorted(who, [one, one + 1])
        inner = t_s[low:high][(t_s[low:high] >= a) & (t_s[low:high] < b)]
        ends = np.array([a + rules.hold_s]), np.array([b - rules.hold_s])
        gaps = (inner[0] - a, b - inner[-1], np.diff(inner, prepend=inner[0]).max()) if len(inner) else (b - a,) * 3
        seen = float(joined.within(one, *ends)[0]), float(plain.within(one, *ends)[0])
        described[window, :8] = [b - a, a % DAY_S, *seen, len(inner), *gaps]
    share = described[:, 2] / np.maximum(described[:, 0], 1.0)
    sums, counts = np.bincount(copies.who, share), np.bincount(copies.who)
    described[:, 8] = (sums / np.maximum(counts, 1))[copies.who]
    return described


def windows_in_files(copies: OwnCopyDates) -> Floats:
    """What the files alone say of each window, (windows, 7); the last is how much of all of the officer's is seen."""
    long_s = copies.end_s - copies.start_s
    share = copies.joined_min * 60 / np.maximum(long_s, 1.0)
    sums, counts = np.bincount(copies.who, share), np.bincount(copies.who)
    overall = (sums / np.maximum(counts, 1))[copies.who]
    told = (
        long_s,
        copies.start_s % DAY_S,
        copies.confirmed,
        copies.joined_min,
        copies.plain_min,
        copies.on_site,
        overall,
    )
    described: Floats = np.stack([np.asarray(column, np.float64) for column in told], axis=1)
    return described
