"""The half-open time that a run decides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from offduty.core.instants import FOREVER_US, NEVER_US


@dataclass(frozen=True)
class Interval:
    """The half-open time that a run decides; NEVER_US and FOREVER_US where an end is open."""

    from_us: int
    to_us: int

    def contains(self, observed_us: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Which instants lie inside."""
        inside: npt.NDArray[np.bool_] = (observed_us >= self.from_us) & (observed_us < self.to_us)
        return inside

    @property
    def unbounded(self) -> bool:
        """Whether both ends are open."""
        return self.from_us == NEVER_US and self.to_us == FOREVER_US
