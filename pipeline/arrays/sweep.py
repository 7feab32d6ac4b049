"""Overlays the intervals of many owners and sums up what covers each stretch: the arithmetic of roster and custody."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from offduty.arrays.arrow import Bools, Ints


@dataclass(frozen=True)
class CoveredStretches:
    """Disjoint half-open stretches, sorted by owner and time; ``sums[i]`` are the summed weights of stretch i."""

    owner: Ints
    from_us: Ints
    to_us: Ints
    sums: npt.NDArray[np.int64]

    def only(self, wanted: Bools) -> CoveredStretches:
        """Only these stretches."""
        return CoveredStretches(self.owner[wanted], self.from_us[wanted], self.to_us[wanted], self.sums[wanted])


def sweep(owner: Ints, from_us: Ints, to_us: Ints, weights: npt.NDArray[np.int64]) -> CoveredStretches:
    """Cut the time of each owner wherever one of its half-open intervals starts or ends, and add up the weights.

    ``weights`` has one row for each interval, with one or more columns. Stretches without any interval are left out. An
    interval that ends at or before its start is empty and covers nothing. Each weight is added at the start and
    subtracted at the end of its interval, so one cumulative sum is enough for all owners.
    """
    non_empty = from_us < to_us
    owner, from_us, to_us, weights = owner[non_empty], from_us[non_empty], to_us[non_empty], weights[non_empty]
    counted = np.column_stack([weights, np.ones(len(owner), np.int64)])
    owner = np.concatenate([owner, owner])
    at_us = np.concatenate([from_us, to_us])
    order = np.lexsort((at_us, owner))
    owner, at_us = owner[order], at_us[order]
    sums = np.cumsum(np.concatenate([counted, -counted])[order], axis=0)
    last = np.ones(len(owner), np.bool_)  # the last change of an owner at an instant: its sums include all of them
    last[:-1] = (owner[1:] != owner[:-1]) | (at_us[1:] != at_us[:-1])
    owner, at_us, sums = owner[last], at_us[last], sums[last]
    until_us = np.append(at_us[1:], 0)
    covered = sums[:, -1] > 0
    return CoveredStretches(owner[covered], at_us[covered], until_us[covered], sums[covered, :-1])


def begins(parts: CoveredStretches, same: npt.NDArray[np.int64]) -> Bools:
    """Where a stretch does not continue the one before it: another owner, a gap, or another row of ``same``."""
    flags = np.ones(len(parts.owner), np.bool_)
    flags[1:] = (
        (parts.owner[1:] != parts.owner[:-1])
        | (parts.from_us[1:] != parts.to_us[:-1])
        | (same[1:] != same[:-1]).any(axis=1)
    )
    return flags


def joined(parts: CoveredStretches, same: npt.NDArray[np.int64]) -> CoveredStretches:
    """Join touching stretches of one owner with equal rows of ``same``; the sums are those of the first stretch."""
    first = np.flatnonzero(begins(parts, same))
    last = np.append(first[1:], len(parts.owner))[: len(first)] - 1
    return CoveredStretches(parts.owner[first], parts.from_us[first], parts.to_us[last], parts.sums[first])
