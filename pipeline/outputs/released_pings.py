"""The released pings as small numbers: what a run holds of the release until it writes it (ADR 3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from offduty.arrays.arrow import Codes, Ints
from offduty.arrays.spill import Spill


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


@dataclass(frozen=True)
class StoredRows:
    """Released pings where they are stored: those of one key."""

    spill: Spill[ReleasedPings]
    key: int

    def __len__(self) -> int:
        return self.spill.rows(self.key)

    def blocks(self, rows: int) -> Iterator[ReleasedPings]:
        """All of them, at most so many ``rows`` at once; they stay where they are."""
        return self.spill.blocks(self.key, rows)

    def officers(self, rows: int) -> Iterator[Codes]:
        """The numbers of their officers, as `blocks` gives them."""
        return self.spill.column(self.key, "officer", rows)

    def taken(self) -> ReleasedPings:
        """All of them at once; they are removed."""
        return self.spill.take(self.key)

    def remove(self) -> None:
        """Remove them."""
        self.spill.remove(self.key)

    @classmethod
    def of(cls, pings: ReleasedPings) -> StoredRows:
        """Pings that are in memory."""
        spill: Spill[ReleasedPings] = Spill(ReleasedPings, Path(), 1 << 62)
        spill.add(0, pings)
        return cls(spill, 0)
