"""Coarsens what is released: the grid of positions, the step of time, the classes of accuracy.

Rules: specification#column-observed-at, specification#column-position, specification#column-accuracy.
"""

from __future__ import annotations

import numpy as np

from offduty.arrays.arrow import Floats, Ints

ACCURACY_CLASSES_M = np.array([step * 10.0**power for power in range(1, 19) for step in (1, 3)])


def steps(observed_us: Ints, step_s: int) -> Ints:
    """Instants as whole time steps since 1970, truncated downwards, also before 1970."""
    return observed_us // (step_s * 1_000_000)


def rounded(degrees: Floats, decimals: int) -> Ints:
    """Degrees as whole units of the last decimal: the nearest to the exact binary value, ties to even.

    Python's ``round`` gives the same. Multiplying and then rounding does not: the product of a value just under a half
    may be exactly the half. Near a half, the exact error of the product therefore decides.

    >>> rounded(np.array([0.00005, 2.5, -0.14235]), 4).tolist() == [round(v * 10000) for v in (0.0001, 2.5, -0.1424)]
    True
    """
    scale = 10.0**decimals
    product = degrees * scale
    nearest = np.rint(product)
    below = np.floor(product)
    close = np.flatnonzero(np.abs(product - below - 0.5) <= 4 * np.spacing(np.abs(product)))
    if len(close):
        gap = (product[close] - (below[close] + 0.5)) + _rounding_error(degrees[close], scale, product[close])
        even = below[close] + below[close] % 2
        nearest[close] = np.where(gap > 0, below[close] + 1, np.where(gap < 0, below[close], even))
    return nearest.astype(np.int64)


def _rounding_error(value: Floats, scale: float, product: Floats) -> Floats:
    """The exact difference between ``value * scale`` and its rounded ``product`` (Dekker 1971)."""
    high, low = _halves(value)
    scale_high, scale_low = _halves(np.full(1, scale))
    error: Floats = ((high * scale_high - product) + high * scale_low + low * scale_high) + low * scale_low
    return error


def _halves(value: Floats) -> tuple[Floats, Floats]:
    """A double as the sum of two doubles with half the digits each (Veltkamp 1968)."""
    scaled = value * 134217729.0  # 2**27 + 1
    high = scaled - (scaled - value)
    return high, value - high


def accuracy_class(accuracy_m: Floats) -> Ints:
    """The index in `ACCURACY_CLASSES_M` of the first class (10, 30, 100, 300, ... metres) not below the accuracy."""
    return np.searchsorted(ACCURACY_CLASSES_M, accuracy_m, "left")
