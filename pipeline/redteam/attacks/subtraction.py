"""What attacks on two releases of one time share: the rows that only one of them has."""

from __future__ import annotations

import numpy as np

from offduty.redteam.attacker_view import Flags, VisibleRows


def only_in(one: VisibleRows, other: VisibleRows) -> Flags:
    """Which rows of `one` the `other` release has not; equal rows are equal in every column."""
    known = _keys(other)
    return ~np.isin(_keys(one), known)


def _keys(rows: VisibleRows) -> np.ndarray:
    """One value for each row that is equal where the rows are."""
    columns = (rows.who, np.rint(rows.t_s), np.rint(rows.x_m * 10), np.rint(rows.y_m * 10))
    table = np.stack([np.asarray(column, np.int64) for column in columns], axis=1)
    return np.ascontiguousarray(table).view([("", np.int64)] * 4).ravel()
