"""Adds up the time of duty in which a device was seen: stretches of released rows, within what could have been seen.

A released instant means the whole step after it. Rows at most so many seconds apart are joined; rows at a site are
joined among themselves, whatever lies between. A stretch has two instants or more: one by itself may be an error of the
receiver, or somebody who drives past a site on a free day, and confirms nothing. So fewer rows never make more time.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from offduty.arrays.arrow import Ints
from offduty.arrays.sweep import sweep

KINDS = ("joined_us", "plain_us", "site_us")


def confirmed_time(pieces: pd.DataFrame, seen: pd.DataFrame, at_site: Ints, step_us: int, gap_us: int) -> pd.DataFrame:
    """For each piece of duty how much of it was seen, in microseconds, in the order of ``pieces``.

    ``pieces`` are those of `EligibleDuty`, ``seen`` the rows of `visible_rows`, ``at_site`` the places of those in
    ``seen`` that are at a site. Columns: ``joined_us`` (stretches of rows at most ``gap_us`` apart), ``plain_us`` (the
    steps of these rows alone), ``site_us`` (stretches of rows at a site).
    """
    near_us = max(step_us, gap_us)
    together, there = (_not_alone(rows, near_us) for rows in (seen, seen.iloc[at_site]))
    claims = [
        _claims(pieces["officer"], pieces["from_us"], pieces["to_us"], np.arange(1, len(pieces) + 1), 0),
        _stretches(together, step_us, gap_us, 1),
        _stretches(together, step_us, 0, 2),
        _stretches(there, step_us, gap_us, 3),
    ]
    owner, from_us, to_us, weights = (np.concatenate([claim[i] for claim in claims]) for i in range(4))
    parts = sweep(owner, from_us, to_us, weights)
    length = parts.to_us - parts.from_us
    piece = parts.sums[:, 0]
    sums = {
        kind: np.bincount(piece, np.where(parts.sums[:, place] > 0, length, 0), len(pieces) + 1)[1:].astype(np.int64)
        for place, kind in enumerate(KINDS, 1)
    }
    return pd.DataFrame(sums)


def _not_alone(seen: pd.DataFrame, near_us: int) -> pd.DataFrame:
    """The instants of each officer, once each, that have another one at most so long before or after them."""
    once = seen[["officer", "at_us"]].drop_duplicates()
    officer, at_us = once["officer"].to_numpy(np.int64), once["at_us"].to_numpy(np.int64)
    near = (officer[1:] == officer[:-1]) & (at_us[1:] - at_us[:-1] <= near_us)
    kept: pd.DataFrame = once[(np.append(near, False) | np.append(False, near))[: len(once)]]
    return kept


def _stretches(seen: pd.DataFrame, step_us: int, gap_us: int, kind: int) -> tuple[Ints, Ints, Ints, Ints]:
    """From each row to the end of its step, or to the next row where that is near; those that touch are one."""
    officer, at_us = seen["officer"].to_numpy(np.int64), seen["at_us"].to_numpy(np.int64)
    until = at_us + step_us
    touches = (officer[1:] == officer[:-1]) & (at_us[1:] <= np.maximum(until, at_us + gap_us)[:-1])
    begins = np.append(True, ~touches)[: len(at_us)]
    ends = np.append(~touches, True)[: len(at_us)]
    return _claims(officer[begins], at_us[begins], until[ends], np.ones(int(begins.sum()), np.int64), kind)


def _claims(officer: object, from_us: object, to_us: object, weight: Ints, kind: int) -> tuple[Ints, Ints, Ints, Ints]:
    weights = np.zeros((len(weight), len(KINDS) + 1), np.int64)
    weights[:, kind] = weight
    return np.asarray(officer, np.int64), np.asarray(from_us, np.int64), np.asarray(to_us, np.int64), weights
