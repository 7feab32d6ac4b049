"""Draws a sample of rows by a seed, so that anybody can draw the same rows, and computes what a sample proves."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from math import expm1, log

import numpy as np

HALVINGS = 200


def drawn(count: int, seed: str) -> Iterator[int]:
    """The numbers of the rows that a seed draws from `count`, one after the other, until none is left.

    The rows of the interval are counted from 0: file by file in the order of their numbers, row by row. Draw number
    `i`, from 0, takes the SHA-256 of the seed, a colon and `i` in decimal digits as a big-endian number, modulo the
    count. A row that was drawn before is skipped (docs/explanation/again.md).
    """
    found: set[int] = set()
    number = 0
    while len(found) < count:
        at = int.from_bytes(hashlib.sha256(f"{seed}:{number}".encode()).digest(), "big") % count
        if at not in found:
            found.add(at)
            yield at
        number += 1


def confidence_bound(n: int, wrong: int = 0, confidence: float = 0.99) -> float:
    """The largest share of wrong rows that a sample does not contradict (Clopper and Pearson, one-sided, exact).

    If `wrong` of `n` rows drawn at random were wrong, then with this `confidence` the share among all rows is at most
    the result. It is 1 where nothing was drawn, or all rows of the sample were wrong. If a row counts as wrong where
    any row of its duty windows is, it bounds the rows in such windows, and with them the wrong rows.

    >>> round(1 / confidence_bound(46_050))
    10000
    """
    if n <= wrong:
        return 1.0
    if wrong == 0:
        return -expm1(log(1 - confidence) / n)
    low, high = wrong / n, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _at_most(n, wrong, middle) > 1 - confidence else (low, middle)
    return high


def _at_most(n: int, wrong: int, share: float) -> float:
    """The probability of at most `wrong` wrong rows among `n`, if this `share` of all rows is wrong."""
    if share >= 1:
        return 0.0
    steps = np.arange(1, wrong + 1)
    ratios = np.log((n - steps + 1) / steps) + log(share / (1 - share))
    logs = n * np.log1p(-share) + np.concatenate([[0.0], np.cumsum(ratios)])
    return float(np.exp(logs).sum())
