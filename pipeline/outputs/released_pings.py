"""The released pings as small numbers: what a run holds of the release until it writes it (ADR 3)."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from offduty.arrays.arrow import Codes, Ints


@dataclass(frozen=True)
class ReleasedPings:
    """Released pings after coarsening: grid units for positions, whole steps for time, a class for the accuracy.

    ``officer`` and ``code`` are numbers; `ReleaseNames` has their texts. ``row`` is the row across all files if the
    policy names extra columns, to read their values; otherwise it is 0.
    """

    officer: Codes
    step: Ints
    lon: Ints
    lat: Ints
    accuracy: npt.NDArray[np.uint8]
    code: npt.NDArray[np.int16]
    row: npt.NDArray[np.signedinteger[Any]]

    def __len__(self) -> int:
        return len(self.officer)

    def take(self, which: Ints) -> ReleasedPings:
        """The pings at these indices, in this order."""
        return ReleasedPings(*(np.take(getattr(self, field.name), which) for field in fields(self)))

    @staticmethod
    def together(parts: list[ReleasedPings]) -> ReleasedPings:
        """All parts, one after the other. There must be at least one."""
        if len(parts) == 1:
            return parts[0]
        return ReleasedPings(
            *(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(ReleasedPings))
        )
