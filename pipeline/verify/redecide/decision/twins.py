"""Chooses among fixes of one device and instant that are equal but for their extra columns.

The rule is specification#reason-duplicate: accuracy, longitude and latitude come first, then the extra columns that are
released, then file and row. Extra columns are read only for the few fixes that need them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from offduty.core.reasons import Reason
from offduty.verify.redecide.decision.judge import SettledPings
from offduty.verify.redecide.model import RELEASED, Ints, code_of

DUPLICATE = code_of(Reason.DUPLICATE)


def by_extra_columns(
    parts: list[SettledPings], order_of: Callable[[Ints], dict[int, tuple[Any, ...]]]
) -> list[SettledPings]:
    """The pings with the fix released that comes first by its extra columns, then by its row.

    ``order_of`` gives what orders some rows, which are given in order.
    """
    found = [_equal_fixes(part) for part in parts]
    rows = [part.waiting.row[at] for part, groups in zip(parts, found, strict=True) for at in groups]
    if not rows:
        return parts
    order = order_of(np.unique(np.concatenate(rows)))
    return [_chosen(part, groups, order) if groups else part for part, groups in zip(parts, found, strict=True)]


def _equal_fixes(part: SettledPings) -> list[Ints]:
    """The places of the fixes that are equal to a released one, group by group, where there is more than one."""
    pings = part.waiting
    at = np.flatnonzero((part.code == RELEASED) | (part.code == DUPLICATE))
    columns = [each[at] for each in (pings.lat, pings.lon, pings.accuracy_m, pings.at_us, pings.window)]
    order = np.lexsort(columns)
    same = np.append(False, np.logical_and.reduce([np.diff(column[order]) == 0 for column in columns]))[: len(at)]
    several = same | np.append(same[1:], False)[: len(at)]
    groups = np.split(at[order][several], np.flatnonzero(~same[several])[1:])
    return [group for group in groups if (part.code[group] == RELEASED).any()]


def _chosen(part: SettledPings, groups: list[Ints], order: dict[int, tuple[Any, ...]]) -> SettledPings:
    code = part.code.copy()
    for group in groups:
        code[group] = DUPLICATE
        code[min(group.tolist(), key=lambda at: (order[int(part.waiting.row[at])], int(part.waiting.row[at])))] = (
            RELEASED
        )
    return replace(part, code=code)
