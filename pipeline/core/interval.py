"""The half-open interval of time whose pings a run decides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from offduty.core.instants import FOREVER_US, NEVER_US


@dataclass(frozen=True)
class Interval:
    """The half-open interval `[from_us, to_us)`, in microseconds since 1970 (specification#half-open).

    An open end is `NEVER_US` or `FOREVER_US`.
    """

    from_us: int
    to_us: int

    def contains(self, observed_us: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Which of the instants are in the interval."""
        inside: npt.NDArray[np.bool_] = (observed_us >= self.from_us) & (observed_us < self.to_us)
        return inside

    @property
    def unbounded(self) -> bool:
        """Whether both ends are open."""
        return self.from_us == NEVER_US and self.to_us == FOREVER_US
