"""The rows under the officers that an attacker named, for the attacks that go on from there."""

from __future__ import annotations

from typing import Any

import numpy as np

from offduty.redteam.attacker_view import Floats, Ints, OwnCopyDates, VisibleRows
from offduty.redteam.attacks.visible_time import AT_SITE_M, DAY_S


def rows_of(visible: VisibleRows, named: Ints, officers: int) -> VisibleRows:
    """The rows under the officers that their pseudonyms were named; without those of nobody."""
    some = np.flatnonzero(named[visible.who] >= 0)
    who = named[visible.who[some]]
    left = visible.take(some)
    return VisibleRows.in_order(who, left.duty, left.t_s, left.x_m, left.y_m, left.accuracy_m, officers)


def with_sightings(rows: VisibleRows, copies: OwnCopyDates, sites_m: Floats) -> VisibleRows:
    """The rows and, where a file says when the device was first or last seen in a window, one at that time: at the site
    where the officer is seen most. No file says so.
    """
    at_s = np.concatenate([copies.first_s, copies.last_s])
    told = np.flatnonzero(np.isfinite(at_s))
    if not len(told) or not len(rows) or not len(sites_m):
        return rows
    away_m = np.hypot(rows.x_m[:, None] - sites_m[:, 0], rows.y_m[:, None] - sites_m[:, 1])
    seen = np.zeros((rows.officers, len(sites_m)))
    np.add.at(seen, (rows.who, away_m.argmin(axis=1)), away_m.min(axis=1) < AT_SITE_M)
    who, start_s = (np.tile(column, 2)[told] for column in (copies.who, copies.start_s))
    usual = sites_m[seen.argmax(axis=1)[who]]
    day = np.floor(start_s / DAY_S).astype(np.int64)
    more = (who, day, at_s[told], usual[:, 0], usual[:, 1], np.zeros(len(told)))
    old = (rows.who, rows.duty, rows.t_s, rows.x_m, rows.y_m, rows.accuracy_m)
    both: list[Any] = [np.concatenate(columns) for columns in zip(old, more, strict=True)]
    return VisibleRows.in_order(*[*both, rows.officers])
