"""Holds the release to what it should be: the same rows, as often, under the right pseudonym and date.

Rows are compared by groups first, one for each pseudonym and day: a group is told by the sum of a secret random number
for each of its rows, so that two groups with other rows have the same sum by a chance of about one in 2^60. Groups that
differ are compared row by row.
"""

from __future__ import annotations

import secrets
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
import numpy.typing as npt

from pipeline.verify.again.coarse import period
from pipeline.verify.again.expected import Coarse, Expected
from pipeline.verify.again.released import Batch
from pipeline.verify.again.terms import Ints

Group = tuple[str, str]
"""A pseudonym and a day. Where the key is not known an officer's number stands for the pseudonym."""
Total = tuple[int, int]
"""How many rows, and the sum of their secret numbers."""
WRAP = 1 << 64


class Secret:
    """Random numbers for rows: equal rows have the same one, and nobody can make other rows that have it too."""

    def __init__(self) -> None:
        self._factors = [np.uint64(secrets.randbits(64) | 1) for _ in range(8)]

    def of(self, coarse: Coarse, day: int) -> npt.NDArray[np.uint64]:
        """The number of each row, on a day by its ordinal."""
        mixed = np.full(len(coarse), day, np.uint64) * self._factors[-1] + self._factors[-2]
        for factor, name in zip(self._factors, ("step", "lon", "lat", "accuracy", "code", "extra"), strict=False):
            mixed += getattr(coarse, name).astype(np.uint64) * factor
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB), (31, 1)):
            mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
        return mixed


@dataclass(frozen=True)
class Sought:
    """Expected rows with the group of each: `number` says which of `groups` it is."""

    expected: Expected
    number: Ints
    groups: list[Group]

    @classmethod
    def of(cls, expected: Expected, group_of: Callable[[int], Group]) -> Sought:
        """Rows of windows, whose group is asked for once for each window."""
        present, which = np.unique(expected.window, return_inverse=True)
        numbered: dict[Group, int] = {}
        of_window = [numbered.setdefault(group_of(int(window)), len(numbered)) for window in present]
        return cls(expected, np.array(of_window, np.int64)[which] if len(present) else which, list(numbered))

    def totals(self, secret: Secret) -> dict[Group, Total]:
        """Count and sum of every group."""
        found: dict[Group, Total] = {}
        for first, last in _edges(self.number):
            group = self.groups[self.number[first]]
            numbers = secret.of(self.expected.coarse.take(slice(first, last)), _ordinal(group[1]))
            _add(found, group, last - first, int(numbers.sum(dtype=np.uint64)))
        return found

    def rows(self, wanted: set[Group]) -> Iterator[tuple[Group, tuple[int, ...], int]]:
        """Of some groups every row: group, values, and the input row it comes from, in the order of input rows."""
        numbers = np.array([at for at, group in enumerate(self.groups) if group in wanted], np.int64)
        at = np.flatnonzero(np.isin(self.number, numbers))
        at = at[np.argsort(self.expected.row[at], kind="stable")]
        for row, values, number in zip(
            self.expected.row[at].tolist(), self.expected.coarse.take(at).table().tolist(), self.number[at].tolist(), strict=True
        ):
            yield self.groups[number], tuple(values), row


@dataclass
class Outcome:
    """Input rows that are missing in the release, and rows of the release that are too many."""

    missing: list[int] = field(default_factory=list)
    surplus: list[tuple[str, int]] = field(default_factory=list)

    def add(self, other: Outcome) -> None:
        """What another share found."""
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
    """Where runs of one number begin and end."""
    edges = np.flatnonzero(np.diff(numbers, prepend=-1, append=-1)).tolist()
    return zip(edges, edges[1:], strict=False)


def _runs(batch: Batch) -> Iterator[tuple[Group, int, int]]:
    """Stretches of rows of one officer in a batch."""
    for first, last in _edges(batch.officer):
        yield (batch.officers[batch.officer[first]] or "", batch.day), first, last


def totals_of(batch: Batch, secret: Secret, found: dict[Group, Total]) -> None:
    """Add the good rows of a batch to the groups of the release."""
    numbers = np.where(batch.good, secret.of(batch.coarse, _ordinal(batch.day)), np.uint64(0))
    sums, counts = (np.concatenate([[0], np.cumsum(each, dtype=np.uint64)]).tolist() for each in (numbers, batch.good))
    for group, first, last in _runs(batch):
        _add(found, group, counts[last] - counts[first], (sums[last] - sums[first]) % WRAP)


def bad_rows(batch: Batch) -> list[tuple[str, int]]:
    """Rows of the release that no coarse ping can look like."""
    return [(batch.name, batch.first_row + int(at)) for at in np.flatnonzero(~batch.good)]


def relabelled(batch: Batch, pairs: dict[Group, str], rotate: str) -> Batch:
    """The batch with officers' numbers for their pseudonyms, where it is known whose they are."""
    when = period_of(batch.day, rotate)
    return replace(batch, officers=[pairs.get((who or "", when), who) for who in batch.officers])


def compare(sought: Sought, found: dict[Group, Total], batches: Iterable[Batch], mine: Callable[[Group], bool], secret: Secret) -> Outcome:
    """Row by row where groups differ. Groups of the release are looked at only where they are `mine`."""
    wanted = sought.totals(secret)
    differ = {group for group in wanted if found.get(group, (0, 0)) != wanted[group]}
    differ |= {group for group, total in found.items() if group not in wanted and total[0] and mine(group)}
    return by_rows(sought.rows(differ), batches, differ) if differ else Outcome()


def by_rows(sought: Iterable[tuple[Group, tuple[int, ...], int]], batches: Iterable[Batch], groups: set[Group]) -> Outcome:
    """Pair equal rows off, one by one; what is left over on either side is missing, or too many."""
    there: dict[Group, Counter[tuple[int, ...]]] = defaultdict(Counter)
    where: dict[tuple[Group, tuple[int, ...]], list[tuple[str, int]]] = defaultdict(list)
    for batch in batches:
        for group, first, last in _runs(batch):
            if group in groups:
                for at, values in enumerate(batch.coarse.take(slice(first, last)).table().tolist(), first):
                    if batch.good[at]:
                        there[group][tuple(values)] += 1
                        where[group, tuple(values)].append((batch.name, batch.first_row + at))
    outcome = Outcome()
    for group, values, row in sought:
        if there[group][values] > 0:
            there[group][values] -= 1
        else:
            outcome.missing.append(row)
    for group, left in there.items():
        outcome.surplus += [place for values, count in left.items() if count for place in where[group, values][-count:]]
    return outcome


def matched(sought: Sought, found: dict[Group, Total], batches: Iterable[Batch], rotate: str, secret: Secret) -> dict[Group, str]:
    """Without the key: for each pseudonym and period the officer whose rows it has.

    Officers and pseudonyms with exactly the same rows are taken together first, then those that share most of them. A
    pseudonym stands for one officer and an officer has one pseudonym in a period; what is left over has no partner.
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
    for (who, day), total in totals.items():
        _add(by_period, (who, period_of(day, rotate)), *total)
    return by_period


def period_of(day: str, rotate: str) -> str:
    """The period of a day as folders spell it; what is no day is a period of its own."""
    try:
        return period(date.fromisoformat(day), rotate)
    except ValueError:
        return day


def _nearest(sought: Sought, left: set[Group], free: set[Group], batches: Iterable[Batch], rotate: str) -> dict[Group, str]:
    """Pair those that share most rows, the most first."""
    ours: dict[tuple[str, tuple[int, ...]], list[str]] = defaultdict(list)
    groups = {group for group in sought.groups if (group[0], period_of(group[1], rotate)) in free}
    for (officer, day), values, _ in sought.rows(groups):
        ours[day, values].append(officer)
    shared: Counter[tuple[Group, str]] = Counter()
    for batch in batches:
        for (who, day), first, last in _runs(batch):
            entity = who, period_of(day, rotate)
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
