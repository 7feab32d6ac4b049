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
    if not non_empty.all():
        owner, from_us, to_us, weights = owner[non_empty], from_us[non_empty], to_us[non_empty], weights[non_empty]
    owner = np.concatenate([owner, owner])
    at_us = np.concatenate([from_us, to_us])
    order = _by_owner(owner, at_us)
    owner, at_us = owner[order], at_us[order]
    last = np.ones(len(owner), np.bool_)  # the last change of an owner at an instant: its sums include all of them
    last[:-1] = (owner[1:] != owner[:-1]) | (at_us[1:] != at_us[:-1])
    owner, at_us = owner[last], at_us[last]
    until_us = np.append(at_us[1:], 0)
    covered = _summed(np.ones(len(weights), np.int64), order)[last] > 0
    sums = np.empty((int(covered.sum()), weights.shape[1]), np.int64)
    for column in range(weights.shape[1]):  # one after the other: all at once take six times the memory
        sums[:, column] = _summed(weights[:, column], order)[last][covered]
    return CoveredStretches(owner[covered], at_us[covered], until_us[covered], sums)


def apart(owner: Ints, from_us: Ints, to_us: Ints) -> tuple[Ints, Ints]:
    """The intervals that overlap no other one of their owner: each of them is a stretch as it stands. And all others.

    Both are places of intervals, sorted by owner and start. Those that are empty are in neither. In most rosters nearly
    all intervals stand alone, and need not be taken apart and put together again.
    """
    order = _by_owner(owner, from_us)
    order = order[(from_us < to_us)[order]]
    if not len(order):
        return order, order
    owner, from_us, to_us = owner[order], from_us[order], to_us[order]
    span = int(from_us.min()), int(from_us.max()) + 1
    starts, ends = (_in_one_number(owner, at_us, span) for at_us in (from_us, np.minimum(to_us, span[1])))
    if starts is None or ends is None:
        return order[:0], order
    free = np.ones(len(order) + 1, np.bool_)  # whether all intervals before this one have ended when it starts
    free[1:-1] = np.maximum.accumulate(ends)[:-1] <= starts[1:]
    alone = free[:-1] & free[1:]
    return order[alone], order[~alone]


def _by_owner(owner: Ints, at_us: Ints) -> Ints:
    """The order by owner and instant; equal ones come in any order. Where both fit into one integer, sorting is several
    times faster.
    """
    if not len(owner):
        return np.zeros(0, np.int64)
    both = _in_one_number(owner, at_us, (int(at_us.min()), int(at_us.max())))
    return np.lexsort((at_us, owner)) if both is None else np.argsort(both)


def _in_one_number(owner: Ints, at_us: Ints, span: tuple[int, int]) -> Ints | None:
    """Owner and instant in one number, in the order of both; None where they do not fit. All instants are in the span,
    which includes its end.
    """
    first = int(owner.min())
    bits = (span[1] - span[0]).bit_length()
    if bits + (int(owner.max()) - first).bit_length() > 63:
        return None
    both: Ints = (owner - first) << bits
    both |= at_us - span[0]
    return both


def _summed(weight: Ints, order: Ints) -> Ints:
    """The sum of one weight after each change: it is added at the start of its interval, and subtracted at the end."""
    changes = np.concatenate([weight, -weight])[order]
    return np.cumsum(changes, out=changes)


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


def together(some: CoveredStretches, others: CoveredStretches) -> CoveredStretches:
    """Stretches of two kinds, of which no two overlap, as one. Both have as many sums."""
    if not len(others.owner):
        return some
    columns = zip(
        (some.owner, some.from_us, some.to_us, some.sums),
        (others.owner, others.from_us, others.to_us, others.sums),
        strict=True,
    )
    owner, from_us, to_us, sums = (np.concatenate(pair) for pair in columns)
    order = _by_owner(owner, from_us)
    return CoveredStretches(owner[order], from_us[order], to_us[order], sums[order])
