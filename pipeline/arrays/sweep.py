"""Lays intervals of many owners over each other and says what covers each stretch: the arithmetic of rosters and
custody.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from offduty.arrays.arrow import Bools, Ints


@dataclass(frozen=True)
class CoveredStretches:
    """Disjoint half-open stretches, sorted by owner and time; ``sums[i]`` adds up the weights of what covers stretch i."""

    owner: Ints
    from_us: Ints
    to_us: Ints
    sums: npt.NDArray[np.int64]

    def only(self, wanted: Bools) -> CoveredStretches:
        """Those stretches alone."""
        return CoveredStretches(self.owner[wanted], self.from_us[wanted], self.to_us[wanted], self.sums[wanted])


def sweep(owner: Ints, from_us: Ints, to_us: Ints, weights: npt.NDArray[np.int64]) -> CoveredStretches:
    """Cut the time of each owner wherever one of its half-open intervals begins or ends, and add up the weights.

    ``weights`` has one row per interval. Stretches that nothing covers are left out; an interval that ends at or before
    its beginning is empty and covers nothing. Since every weight is added at the beginning and taken off at the end,
    one running sum serves all owners.
    """
    real = from_us < to_us
    owner, from_us, to_us, weights = owner[real], from_us[real], to_us[real], weights[real]
    counted = np.column_stack([weights, np.ones(len(owner), np.int64)])
    who = np.concatenate([owner, owner])
    at = np.concatenate([from_us, to_us])
    order = np.lexsort((at, who))
    who, at = who[order], at[order]
    sums = np.cumsum(np.concatenate([counted, -counted])[order], axis=0)
    settled = np.ones(len(who), np.bool_)
    settled[:-1] = (who[1:] != who[:-1]) | (at[1:] != at[:-1])
    who, at, sums = who[settled], at[settled], sums[settled]
    until = np.append(at[1:], 0)
    covered = sums[:, -1] > 0
    return CoveredStretches(who[covered], at[covered], until[covered], sums[covered, :-1])


def begins(parts: CoveredStretches, same: npt.NDArray[np.int64]) -> Bools:
    """Where a stretch does not go on the one before it: another owner, a gap, or another row of ``same``."""
    flags = np.ones(len(parts.owner), np.bool_)
    flags[1:] = (
        (parts.owner[1:] != parts.owner[:-1])
        | (parts.from_us[1:] != parts.to_us[:-1])
        | (same[1:] != same[:-1]).any(axis=1)
    )
    return flags


def joined(parts: CoveredStretches, same: npt.NDArray[np.int64]) -> CoveredStretches:
    """Touching stretches of one owner whose rows of ``same`` are equal become one; their ``sums`` are the first one's."""
    first = np.flatnonzero(begins(parts, same))
    last = np.append(first[1:], len(parts.owner))[: len(first)] - 1
    return CoveredStretches(parts.owner[first], parts.from_us[first], parts.to_us[last], parts.sums[first])
