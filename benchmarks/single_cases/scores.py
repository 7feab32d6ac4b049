"""How the figures of several orders of the pseudonyms are one figure, with its interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from offduty.redteam import metrics
from offduty.redteam.results import CROSSED, HOLDS


@dataclass(frozen=True)
class MeanShare:
    """The mean of the shares of several draws; its interval is that of as many hits in one of them."""

    hits: float
    of: int

    @staticmethod
    def of_draws(parts: list[metrics.Proportion]) -> MeanShare:
        """Of parts of as many each."""
        return MeanShare(float(np.mean([part.hits for part in parts])), parts[0].of)

    @property
    def share(self) -> float:
        """The share itself; 0 where `of` is 0."""
        return self.hits / self.of if self.of else 0.0

    @property
    def ends(self) -> tuple[float, float]:
        """The 95 % interval."""
        return metrics.exact_interval(self.hits, self.of)

    def __str__(self) -> str:
        low, high = self.ends
        return f"{100 * self.share:.1f} % ({100 * low:.1f}-{100 * high:.1f})"


def within(after: float, high: float) -> str:
    """Whether a figure with the files is within the interval of that without them."""
    return HOLDS if after <= high else CROSSED
