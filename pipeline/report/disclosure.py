"""Says how a count may be printed: rounded, never below ten, and never so that a smaller one can be worked out from it.

Three rules, of which none looks at more than the count itself or its neighbours in a row:

1. A count of positions is rounded to the nearest ten, one of people to the nearest five; from 1 to 9 it is *fewer than 10*.
2. Along days, hours or runs, a bin with fewer than ten is put together with the bins that follow until there are ten.
3. A total is the sum of what is printed, and is not counted apart. So it tells nothing that the parts do not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

FEWEST = 10
POSITIONS = 10
PEOPLE = 5
FEWER = "fewer than 10"
SMALL_IN_TOTALS = 5
"""What a count that is not printed stands for in a total."""


def rounded(count: int, base: int = POSITIONS) -> int:
    """The nearest multiple of the base, a half upwards; 0 only for 0, and what is below ten is told apart by
    `printable`.

    >>> [rounded(count) for count in (0, 10, 14, 15, 119_421)], rounded(12, PEOPLE)
    ([0, 10, 10, 20, 119420], 10)
    """
    return (count + base // 2) // base * base


def printable(count: int, base: int = POSITIONS) -> int | None:
    """The number that may be printed for a count; None where it is from 1 to 9.

    >>> printable(0), printable(1), printable(9), printable(10)
    (0, None, None, 10)
    """
    return None if 0 < count < FEWEST else rounded(count, base)


def magnitude(count: int) -> str:
    """How many rows a check looked at: two digits, and nothing below a hundred, so that no count on the page is pinned
    down.

    >>> magnitude(0), magnitude(7), magnitude(120), magnitude(4_778_659)
    ('none', 'fewer than 100', 'about 120', 'about 4,800,000')
    """
    if count < 100:
        return "fewer than 100" if count else "none"
    base: int = 10 ** (len(str(count)) - 2)
    return f"about {rounded(count, base):,}"


def words(printed: int | None) -> str:
    """A printable count in words.

    >>> words(0), words(None), words(119_420)
    ('none', 'fewer than 10', '119,420')
    """
    return FEWER if printed is None else f"{printed:,}" if printed else "none"


def total(parts: Iterable[int | None]) -> int:
    """The sum of what is printed, in tens; a part that is not printed stands as five."""
    return rounded(sum(SMALL_IN_TOTALS if part is None else part for part in parts))


def total_words(parts: Iterable[int | None]) -> str:
    """The sum of what is printed, in words. Where no part reaches ten, only its upper bound can be told.

    >>> total_words([120, 0]), total_words([120, None]), total_words([None, 0, None]), total_words([0])
    ('120', 'about 130', 'fewer than 20', 'none')
    """
    parts = list(parts)
    unknown = sum(part is None for part in parts)
    if not any(parts):
        return f"fewer than {FEWEST * unknown:,}" if unknown else "none"
    return f"about {total(parts):,}" if unknown else f"{total(parts):,}"


def share(part: int | None, whole: int) -> str:
    """A printed part of a printed whole in per cent, below ten with one decimal; empty where either says too little.

    >>> share(20_160, 119_420), share(300, 119_420), share(10, 119_420), share(119_400, 119_420), share(None, 119_420)
    ('17 %', '0.3 %', 'under 0.1 %', 'over 99 %', '')
    """
    if not part or not whole:
        return ""
    per_cent = 100 * min(part, whole) / whole
    if per_cent < 0.1:
        return "under 0.1 %"
    if 99 < per_cent < 100:
        return "over 99 %"
    return f"{per_cent:.1f} %" if per_cent < 9.95 else f"{per_cent:.0f} %"


@dataclass(frozen=True)
class BinGroup:
    """Bins ``start`` to ``stop`` (exclusive) of a row, and what may be printed of their sum."""

    start: int
    stop: int
    printed: int

    @property
    def bins(self) -> int:
        """How many bins were put together."""
        return self.stop - self.start


def grouped(counts: Sequence[int]) -> list[BinGroup] | None:
    """A row of counts with no printed count from 1 to 9; None where all of them together are fewer than ten.

    From the first bin on: an empty bin stands alone, any other is put together with those after it until there are ten.
    What is left at the end joins the group before it. Whoever knows this rule, and even the exact sums, cannot work out
    what any of the bins that were put together holds (a test tries it over every short row).

    >>> [(g.start, g.stop, g.printed) for g in grouped([0, 30, 4, 0, 50, 12, 3])]
    [(0, 1, 0), (1, 2, 30), (2, 5, 50), (5, 7, 20)]
    >>> grouped([3, 4, 0]) is None, grouped([0, 0])
    (True, [Group(start=0, stop=1, printed=0), Group(start=1, stop=2, printed=0)])
    """
    if 0 < sum(counts) < FEWEST:
        return None
    groups: list[tuple[int, int, int]] = []
    start, held = 0, 0
    for at, count in enumerate(counts):
        held += count
        if held >= FEWEST or held == 0:
            groups.append((start, at + 1, held))
            start, held = at + 1, 0
    if held:
        groups = _absorbed(groups, len(counts), held)
    return [BinGroup(first, last, rounded(count)) for first, last, count in groups]


def _absorbed(groups: list[tuple[int, int, int]], end: int, held: int) -> list[tuple[int, int, int]]:
    """What is left at the end goes to the last group that is not empty, with the empty ones between."""
    while groups[-1][2] == 0:
        groups.pop()
    first, _, count = groups[-1]
    return [*groups[:-1], (first, end, count + held)]


def people(count: int, of: int) -> str:
    """How many of so many people, in words that single nobody out, neither those who are meant nor the others.

    >>> people(0, 500), people(3, 500), people(13, 500), people(497, 500), people(500, 500), people(3, 8)
    ('none', 'fewer than 10', '15', 'all but fewer than 10', 'all of them', 'not told: too few people')
    """
    if of < FEWEST:
        return "not told: too few people"
    if count in (0, of):
        return "all of them" if count else "none"
    if count < FEWEST:
        return FEWER
    return "all but fewer than 10" if of - count < FEWEST else words(rounded(count, PEOPLE))
