"""Compares the release with the rows that it should have: the same rows, as often, under the right pseudonym and date.

Rows are compared by groups first, one for each pseudonym and day. A group is represented by the sum of a secret random
number for each of its rows; groups with different rows have the same sum with a probability of about one in 2^60.
Groups that differ are compared row by row.
"""

from __future__ import annotations

import secrets
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from offduty.verify.redecide.model import Bools, Ints
from offduty.verify.redecide.outputs.coarsening import CoarseRows, period
from offduty.verify.redecide.outputs.expected_release import ExpectedRows
from offduty.verify.redecide.outputs.published_release import ReleaseBatch

Group = tuple[str, str]
"""A pseudonym and a day. Without the key, the number of an officer takes the place of the pseudonym."""
Total = tuple[int, int]
"""How many rows, and the sum of their secret numbers."""
WRAP = 1 << 64
ROW_BITS = 40


class RowHashKey:
    """Secret random numbers for rows: equal rows have the same number, and nobody can find other rows that have it."""

    def __init__(self) -> None:
        self._factors = [np.uint64(secrets.randbits(64) | 1) for _ in range(8)]

    def of(self, coarse: CoarseRows, day: int) -> npt.NDArray[np.uint64]:
        """The number of each row; `day` is the ordinal of its date."""
        mixed = np.full(len(coarse), day, np.uint64) * self._factors[-1] + self._factors[-2]
        for factor, name in zip(self._factors, ("step", "lon", "lat", "accuracy", "code", "extra"), strict=False):
            mixed += getattr(coarse, name).astype(np.uint64) * factor
        for shift, odd in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB), (31, 1)):
            mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(odd)
        return mixed


@dataclass(frozen=True)
class SoughtRows:
    """Expected rows with the group of each: `number` is its place in `groups`."""

    expected: ExpectedRows
    number: Ints
    groups: list[Group]

    @classmethod
    def of(cls, expected: ExpectedRows, group_of: Callable[[int], Group]) -> SoughtRows:
        """Expected rows; `group_of` is called once for each window."""
        present, which = np.unique(expected.window, return_inverse=True)
        numbered: dict[Group, int] = {}
        of_window = [numbered.setdefault(group_of(int(window)), len(numbered)) for window in present]
        return cls(expected, np.array(of_window, np.int64)[which] if len(present) else which, list(numbered))

    def totals(self, secret: RowHashKey) -> dict[Group, Total]:
        """Count and sum of every group."""
        found: dict[Group, Total] = {}
        for first, last in _edges(self.number):
            group = self.groups[self.number[first]]
            numbers = secret.of(self.expected.coarse.take(slice(first, last)), _ordinal(group[1]))
            _add(found, group, last - first, int(numbers.sum(dtype=np.uint64)))
        return found

    def of_groups(self, wanted: set[Group]) -> ExpectedRows:
        """The expected rows of some groups."""
        mine = np.array([group in wanted for group in self.groups], np.bool_)
        return self.expected.take(np.flatnonzero(mine[self.number]))

    def rows(self, wanted: dict[Group, int]) -> KeyedRows:
        """The rows of the groups in `wanted`, with the numbers given there; their names are their input rows."""
        numbers = np.array([wanted.get(group, -1) for group in self.groups] or [-1], np.int64)[self.number]
        at = np.flatnonzero(numbers >= 0)
        at = at[np.argsort(self.expected.row[at], kind="stable")]
        return KeyedRows(np.column_stack([numbers[at], self.expected.coarse.take(at).table()]), self.expected.row[at])


@dataclass(frozen=True)
class KeyedRows:
    """Rows as keys to compare (the number of the group, then the values), each with a number to name it."""

    key: Ints
    name: Ints


@dataclass
class ReleaseComparison:
    """Input rows that are missing in the release, and rows of the release that should not be there."""

    missing: list[int] = field(default_factory=list)
    surplus: list[tuple[str, int]] = field(default_factory=list)

    def add(self, other: ReleaseComparison) -> None:
        """Add what another share found."""
        self.missing += other.missing
        self.surplus += other.surplus


def _ordinal(day: str) -> int:
    try:
        return date.fromisoformat(day).toordinal()
    except ValueError:
        return 0


def _add(totals: dict[Group, Total], group: Group, count: int, total: int) -> None:
    before = totals.get(group, (0, 0))
    totals[group] = before[0] + count, (before[1] + total) % WRAP


def _edges(numbers: Ints) -> Iterator[tuple[int, int]]:
    """Start and end of each run of equal numbers."""
    edges = np.flatnonzero(np.diff(numbers, prepend=-1, append=-1)).tolist()
    return pairwise(edges)


def runs(batch: ReleaseBatch) -> Iterator[tuple[Group, int, int]]:
    """Runs of rows of one officer in a batch: the group, and start and end of the run."""
    for first, last in _edges(batch.officer):
        yield (batch.officers[batch.officer[first]] or "", batch.day), first, last


def totals_of(batch: ReleaseBatch, secret: RowHashKey, found: dict[Group, Total]) -> None:
    """Add the good rows of a batch to the groups of the release."""
    numbers = np.where(batch.good, secret.of(batch.coarse, _ordinal(batch.day)), np.uint64(0))
    none = np.zeros(1, np.uint64)
    sums, counts = (np.concatenate([none, np.cumsum(each, dtype=np.uint64)]).tolist() for each in (numbers, batch.good))
    for group, first, last in runs(batch):
        _add(found, group, counts[last] - counts[first], (sums[last] - sums[first]) % WRAP)


def bad_rows(batch: ReleaseBatch) -> list[tuple[str, int]]:
    """The rows of a batch with values that no released ping can have."""
    return [(batch.name, batch.first_row + int(at)) for at in np.flatnonzero(~batch.good)]


def relabelled(batch: ReleaseBatch, pairs: dict[Group, str], rotate: str) -> ReleaseBatch:
    """The batch with the numbers of officers in place of the pseudonyms that were matched."""
    when = period_of(batch.day, rotate)
    return replace(batch, officers=[pairs.get((pseudonym or "", when), pseudonym) for pseudonym in batch.officers])


def differing(wanted: dict[Group, Total], found: dict[Group, Total]) -> set[Group]:
    """The groups of expected rows that have other rows in the release."""
    return {group for group in wanted if found.get(group, (0, 0)) != wanted[group]}


def by_rows(sought: SoughtRows, batches: Iterable[ReleaseBatch], groups: set[Group]) -> ReleaseComparison:
    """Pair equal rows, one by one; rows without a partner are missing in the release, or should not be there."""
    numbered = {group: at for at, group in enumerate(sorted(groups))}
    ours, (theirs, files) = sought.rows(numbered), _published(batches, numbered)
    mine, others = _unpaired(ours.key, theirs.key)
    surplus = [(files[name >> ROW_BITS], name & ((1 << ROW_BITS) - 1)) for name in theirs.name[others].tolist()]
    return ReleaseComparison(ours.name[mine].tolist(), surplus)


def _published(batches: Iterable[ReleaseBatch], numbered: dict[Group, int]) -> tuple[KeyedRows, list[str]]:
    """The good rows of some groups of the release, and the list of files; a name has the file's place and the row."""
    files: list[str] = []
    keys, names = [np.zeros((0, 7), np.int64)], [np.zeros(0, np.int64)]
    for batch in batches:
        files += [] if files[-1:] == [batch.name] else [batch.name]
        number = np.array([numbered.get((pseudonym or "", batch.day), -1) for pseudonym in batch.officers], np.int64)[
            batch.officer
        ]
        at = np.flatnonzero((number >= 0) & batch.good)
        keys.append(np.column_stack([number[at], batch.coarse.take(at).table()]))
        names.append(at + batch.first_row + ((len(files) - 1) << ROW_BITS))
    return KeyedRows(np.concatenate(keys), np.concatenate(names)), files


def _unpaired(ones: Ints, others: Ints) -> tuple[Bools, Bools]:
    """Which rows on each side have no partner on the other; of equal rows the first are paired."""
    both = np.concatenate([ones, others])
    order = np.lexsort(both.T[::-1])
    kind = np.empty(len(both), np.int64)
    kind[order] = np.cumsum(np.concatenate([[False], (np.diff(both[order], axis=0) != 0).any(axis=1)])[: len(both)])
    one, other = kind[: len(ones)], kind[len(ones) :]
    kinds = int(kind.max(initial=-1)) + 1
    return _beyond(one, np.bincount(other, minlength=kinds)), _beyond(other, np.bincount(one, minlength=kinds))


def _beyond(kind: Ints, partners: Ints) -> Bools:
    """Which rows have no partner left: of each kind, those after the first `partners`."""
    order = np.argsort(kind, kind="stable")
    counts = np.bincount(kind, minlength=len(partners))
    nth = np.empty(len(kind), np.int64)
    nth[order] = np.arange(len(kind)) - np.repeat(np.cumsum(counts) - counts, counts)
    return nth >= partners[kind]


def matched(
    sought: SoughtRows, found: dict[Group, Total], batches: Iterable[ReleaseBatch], rotate: str, secret: RowHashKey
) -> dict[Group, str]:
    """Without the key: for each pseudonym and period the officer with its rows.

    Officers and pseudonyms with exactly the same rows are matched first, then those that share most rows. In a period a
    pseudonym is of one officer, and an officer has one pseudonym; what is left over is not matched.
    """
    theirs, ours = _by_period(found, rotate), _by_period(sought.totals(secret), rotate)
    pairs: dict[Group, str] = {}
    free = defaultdict(list)
    for entity, total in ours.items():
        free[entity[1], total].append(entity[0])
    left = set()
    for entity, total in theirs.items():
        if free[entity[1], total]:
            pairs[entity] = free[entity[1], total].pop()
        else:
            left.add(entity)
    unpaired = {(officer, key[0]) for key, officers in free.items() for officer in officers}
    return pairs | _nearest(sought, left, unpaired, batches, rotate)


def _by_period(totals: dict[Group, Total], rotate: str) -> dict[Group, Total]:
    by_period: dict[Group, Total] = {}
    for (pseudonym, day), total in totals.items():
        _add(by_period, (pseudonym, period_of(day, rotate)), *total)
    return by_period


def period_of(day: str, rotate: str) -> str:
    """The period of a day, given as in the folder's name; a text that is not a date is a period of its own."""
    try:
        return period(date.fromisoformat(day), rotate)
    except ValueError:
        return day


def _nearest(
    sought: SoughtRows, left: set[Group], free: set[Group], batches: Iterable[ReleaseBatch], rotate: str
) -> dict[Group, str]:
    """Match officers and pseudonyms that share most rows, the most first."""
    groups = sorted({group for group in sought.groups if (group[0], period_of(group[1], rotate)) in free})
    ours: dict[tuple[str, tuple[int, ...]], list[str]] = defaultdict(list)
    for number, *values in sought.rows({group: at for at, group in enumerate(groups)}).key.tolist():
        ours[groups[number][1], tuple(values)].append(groups[number][0])
    shared: Counter[tuple[Group, str]] = Counter()
    for batch in batches:
        for (pseudonym, day), first, last in runs(batch):
            entity = pseudonym, period_of(day, rotate)
            if entity in left:
                for values in batch.coarse.take(slice(first, last)).table().tolist():
                    shared.update((entity, officer) for officer in ours.get((day, tuple(values)), ()))
    pairs: dict[Group, str] = {}
    taken: set[Group] = set()
    for (entity, officer), _ in shared.most_common():
        if entity not in pairs and (officer, entity[1]) not in taken:
            pairs[entity] = officer
            taken.add((officer, entity[1]))
    return pairs
