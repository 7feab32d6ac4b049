"""Decides how a count may be printed: rounded, never from 1 to 9, and never so that a smaller count can be worked out.

Three rules. None of them looks at more than the count itself or its neighbours in a row:

1. A count of positions is rounded to the nearest ten, and one of people to the nearest five. From 1 to 9 it is printed
   as *fewer than 10*.
2. Along days, hours or runs, a bin with fewer than ten is combined with the bins that follow, until there are ten.
3. A total is the sum of what is printed. It is not counted separately, so it reveals nothing that the parts do not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MINIMUM = 10
"""The smallest count, other than 0, that is ever printed."""
POSITION_STEP = 10
PEOPLE_STEP = 5
UNPRINTED_IN_TOTALS = 5
"""What a count that is not printed adds to a total."""


@dataclass(frozen=True)
class CountWords:
    """The words in which a language says a count, a share or an area; by default English (`pages.language` has others).

    In a text, ``{count}`` or ``{share}`` stands for a number, which is written with the signs for thousands and
    decimals.
    """

    thousands_sign: str = ","
    decimal_sign: str = "."
    none: str = "none"
    fewer: str = "fewer than {count}"
    about: str = "about {count}"
    all_of_them: str = "all of them"
    all_but_few: str = "all but fewer than {count}"
    too_few: str = "not shown: too few people"
    under: str = "under {share} %"
    over: str = "over {share} %"
    per_cent: str = "{share} %"
    small_area: str = "less than 1 km²"
    large_area: str = "about {count} km²"

    def number(self, number: int) -> str:
        """A whole number with signs between thousands."""
        return f"{number:,}".replace(",", self.thousands_sign)

    def in_per_cent(self, text: str, share: float, decimals: int = 0) -> str:
        """A text with a share, which has so many decimals."""
        return text.format(share=f"{share:.{decimals}f}".replace(".", self.decimal_sign))


ENGLISH = CountWords()


def rounded(count: int, step: int = POSITION_STEP) -> int:
    """The nearest multiple of ``step``, a half upwards. Counts below ten are for `printable` to deal with.

    >>> [rounded(count) for count in (0, 10, 14, 15, 119_421)], rounded(12, PEOPLE_STEP)
    ([0, 10, 10, 20, 119420], 10)
    """
    return (count + step // 2) // step * step


def printable(count: int, step: int = POSITION_STEP) -> int | None:
    """The number that may be printed for a count; None where the count is from 1 to 9.

    >>> printable(0), printable(1), printable(9), printable(10)
    (0, None, None, 10)
    """
    return None if 0 < count < MINIMUM else rounded(count, step)


def magnitude(count: int, words: CountWords = ENGLISH) -> str:
    """How many rows a check examined: two digits, and no number below a hundred, so that no count can be derived.

    >>> magnitude(0), magnitude(7), magnitude(120), magnitude(4_778_659)
    ('none', 'fewer than 100', 'about 120', 'about 4,800,000')
    """
    if count < 100:
        return words.fewer.format(count=100) if count else words.none
    step: int = 10 ** (len(str(count)) - 2)
    return words.about.format(count=words.number(rounded(count, step)))


def count_in_words(printed: int | None, words: CountWords = ENGLISH) -> str:
    """A printable count as text.

    >>> count_in_words(0), count_in_words(None), count_in_words(119_420)
    ('none', 'fewer than 10', '119,420')
    """
    if printed is None:
        return words.fewer.format(count=MINIMUM)
    return words.number(printed) if printed else words.none


def total(parts: Iterable[int | None]) -> int:
    """The sum of what is printed, in tens; a part that is not printed counts as five."""
    return rounded(sum(UNPRINTED_IN_TOTALS if part is None else part for part in parts))


def total_in_words(parts: Iterable[int | None], words: CountWords = ENGLISH) -> str:
    """The sum of what is printed, as text. Where no part reaches ten, only an upper bound is given.

    >>> total_in_words([120, 0]), total_in_words([120, None]), total_in_words([None, 0, None]), total_in_words([0])
    ('120', 'about 130', 'fewer than 20', 'none')
    """
    parts = list(parts)
    unprinted = sum(part is None for part in parts)
    if not any(parts):
        return words.fewer.format(count=words.number(MINIMUM * unprinted)) if unprinted else words.none
    number = words.number(total(parts))
    return words.about.format(count=number) if unprinted else number


def share(part: int | None, whole: int, words: CountWords = ENGLISH) -> str:
    """A printed part of a printed whole, in per cent, below ten with one decimal; empty where either is 0 or unprinted.

    >>> share(20_160, 119_420), share(300, 119_420), share(10, 119_420), share(119_400, 119_420), share(None, 119_420)
    ('17 %', '0.3 %', 'under 0.1 %', 'over 99 %', '')
    """
    if not part or not whole:
        return ""
    per_cent = 100 * min(part, whole) / whole
    if per_cent < 0.1:
        return words.in_per_cent(words.under, 0.1, 1)
    if 99 < per_cent < 100:
        return words.in_per_cent(words.over, 99)
    return words.in_per_cent(words.per_cent, per_cent, 1 if per_cent < 9.95 else 0)


@dataclass(frozen=True)
class BinGroup:
    """Bins ``start`` to ``stop`` (exclusive) of a row, and what may be printed of their sum."""

    start: int
    stop: int
    printed: int

    @property
    def bins(self) -> int:
        """How many bins were combined."""
        return self.stop - self.start


def grouped(counts: Sequence[int]) -> list[BinGroup] | None:
    """Groups of a row of counts, none of which sums to 1 to 9; None where the whole row sums to fewer than ten.

    From the first bin on: an empty bin is a group of its own, any other is combined with those after it until there are
    ten. What is left at the end joins the group before it. Somebody who knows this rule, and even the exact sums,
    cannot work out the count of any bin that was combined (a test tries it over every short row).

    >>> [(g.start, g.stop, g.printed) for g in grouped([0, 30, 4, 0, 50, 12, 3])]
    [(0, 1, 0), (1, 2, 30), (2, 5, 50), (5, 7, 20)]
    >>> grouped([3, 4, 0]) is None, grouped([0, 0])
    (True, [BinGroup(start=0, stop=1, printed=0), BinGroup(start=1, stop=2, printed=0)])
    """
    if 0 < sum(counts) < MINIMUM:
        return None
    groups: list[tuple[int, int, int]] = []
    start, running = 0, 0
    for index, count in enumerate(counts):
        running += count
        if running >= MINIMUM or running == 0:
            groups.append((start, index + 1, running))
            start, running = index + 1, 0
    if running:
        groups = _with_remainder(groups, len(counts), running)
    return [BinGroup(first, last, rounded(count)) for first, last, count in groups]


def _with_remainder(groups: list[tuple[int, int, int]], end: int, remainder: int) -> list[tuple[int, int, int]]:
    """The groups, where the remainder at the end joins the last group that is not empty, and the empty ones between."""
    while groups[-1][2] == 0:
        groups.pop()
    first, _, count = groups[-1]
    return [*groups[:-1], (first, end, count + remainder)]


def people_in_words(count: int, of: int, words: CountWords = ENGLISH) -> str:
    """How many of ``of`` people, in words that single out nobody: neither those who are counted nor the others.

    >>> people_in_words(0, 500), people_in_words(3, 500), people_in_words(13, 500), people_in_words(497, 500)
    ('none', 'fewer than 10', '15', 'all but fewer than 10')
    >>> people_in_words(500, 500), people_in_words(3, 8)
    ('all of them', 'not shown: too few people')
    """
    if of < MINIMUM:
        return words.too_few
    if count in (0, of):
        return words.all_of_them if count else words.none
    if of - count < MINIMUM:
        return words.all_but_few.format(count=MINIMUM)
    return count_in_words(printable(count, PEOPLE_STEP), words)


def area_in_words(km2: float, words: CountWords = ENGLISH) -> str:
    """An area in square kilometres, with two digits at the most.

    >>> area_in_words(0.2), area_in_words(1.4), area_in_words(12.3), area_in_words(1_234)
    ('less than 1 km²', 'about 1 km²', 'about 12 km²', 'about 1,200 km²')
    """
    if km2 < 1:
        return words.small_area
    whole = round(km2)
    step: int = 10 ** max(len(str(whole)) - 2, 0)
    return words.large_area.format(count=words.number(rounded(whole, step)))
