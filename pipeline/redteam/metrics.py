"""Measures guesses: errors, hits, lift over a blind guess, and areas under ROC curves, each with a 95 % interval
(threat-model#measures).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np

from offduty.core.errors import UsageError
from offduty.redteam.attacker_view import Flags, Floats, Guess

NEAR_M, FAR_M = 50.0, 200.0
Z95 = 1.959964
EXTRA = ("scipy", "sklearn", "threadpoolctl")
"""The libraries of the extra ``attack``."""


def extra_installed() -> bool:
    """Whether attacks can be made and measured here."""
    return all(find_spec(name) is not None for name in EXTRA)


@dataclass(frozen=True)
class Proportion:
    """`hits` of `of`, and the exact 95 % interval of their share (Clopper and Pearson 1934)."""

    hits: int
    of: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """The share itself; 0 where `of` is 0."""
        return self.hits / self.of if self.of else 0.0


@dataclass(frozen=True)
class Score:
    """How well an attack did: the median error of its guesses (NaN: no guess), the shares of all officers with a hit
    within 50 m and 200 m, and the share that a blind guess hits within 200 m (threat-model#blind-guess).
    """

    median_m: float
    near: Proportion
    far: Proportion
    blind: float

    @property
    def lift(self) -> float:
        """The hits within 200 m divided by those of a blind guess (threat-model#lift)."""
        return self.far.share / self.blind

    @property
    def lift_low(self) -> float:
        """The lower end of the lift's 95 % interval."""
        return self.far.low / self.blind

    @property
    def lift_high(self) -> float:
        """The upper end of the lift's 95 % interval."""
        return self.far.high / self.blind


def score(guess: Guess, homes_m: Floats, blind: float) -> Score:
    """Score the guesses of all officers; no guess is a miss. `homes_m` is (officers, homes, 2) or (officers, 2): the
    nearest home counts.
    """
    error_m = errors_m(guess, homes_m)
    found = np.isfinite(error_m)
    median_m = float(np.median(error_m[found])) if found.any() else math.nan
    return Score(median_m, share(error_m <= NEAR_M), share(error_m <= FAR_M), blind)


def errors_m(guess: Guess, homes_m: Floats) -> Floats:
    """The distance of each guess from the officer's nearest home; infinite for no guess."""
    homes = homes_m if homes_m.ndim == 3 else homes_m[:, None]
    away = np.hypot(guess.x_m[:, None] - homes[:, :, 0], guess.y_m[:, None] - homes[:, :, 1])
    return np.where(np.isfinite(guess.x_m), np.nanmin(np.where(np.isfinite(away), away, np.inf), axis=1), np.inf)


def share(flags: Flags) -> Proportion:
    """How many of the flags are true."""
    hits, of = int(np.count_nonzero(flags)), len(flags)
    return Proportion(hits, of, *exact_interval(hits, of))


def exact_interval(hits: float, of: int) -> tuple[float, float]:
    """The exact 95 % interval of a share (Clopper and Pearson 1934); (0, 1) where `of` is 0. `hits` may be a mean of
    trials. Raises `UsageError` if SciPy is not installed.

    >>> [round(end, 4) for end in exact_interval(3, 100)]
    [0.0062, 0.0852]
    """
    if of == 0:
        return 0.0, 1.0
    try:
        from scipy.special import betaincinv
    except ImportError:
        raise UsageError("exact intervals need SciPy: pip install 'offduty[attack]'") from None
    low = 0.0 if hits == 0 else float(betaincinv(hits, of - hits + 1, 0.025))
    high = 1.0 if hits == of else float(betaincinv(hits + 1, of - hits, 0.975))
    return low, high


def blind_share(
    density_of: Callable[[Floats, Floats], Floats], reach_m: float, centre_m: tuple[float, float], sample_m: Floats
) -> float:
    """The share that the best blind guess hits within 200 m: of `sample_m`, homes drawn by the density, those near the
    point with the greatest density.
    """
    side = np.linspace(-reach_m, reach_m, 161)
    x_m, y_m = (centre_m[0] + side[:, None] + 0 * side).ravel(), (centre_m[1] + 0 * side[:, None] + side).ravel()
    best = int(np.argmax(density_of(x_m, y_m)))
    return float(np.mean(np.hypot(sample_m[:, 0] - x_m[best], sample_m[:, 1] - y_m[best]) <= FAR_M))


@dataclass(frozen=True)
class Auc:
    """The area under the ROC curve, with a 95 % interval; NaN where one class is empty (threat-model#auc)."""

    area: float
    low: float
    high: float
    positives: int
    negatives: int


def auc(scores: Floats, positive: Flags) -> Auc:
    """The probability that a positive has a higher score than a negative (ties count half). The interval is that of
    Hanley and McNeil (1982).
    """
    up, down = int(positive.sum()), int((~positive).sum())
    if not up or not down:
        return Auc(math.nan, math.nan, math.nan, up, down)
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    rank = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    area = float((rank[positive].sum() - up * (up + 1) / 2) / (up * down))
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    spread = math.sqrt(
        max(area * (1 - area) + (up - 1) * (q1 - area**2) + (down - 1) * (q2 - area**2), 0) / (up * down)
    )
    return Auc(area, max(area - Z95 * spread, 0.0), min(area + Z95 * spread, 1.0), up, down)
