"""Makes a released ping coarse: position, time, accuracy, and the pseudonym of its officer.

The rules are specification#column-position, specification#column-observed-at, specification#column-accuracy and
specification#pseudonym.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import date

import numpy as np

from offduty.verify.redecide.model import Bools, Floats, Ints

CLASSES = np.array([figure * 10.0**power for power in range(1, 9) for figure in (1, 3)])
"""The classes of accuracy in metres: 10, 30, 100, 300, ...; an accuracy is released as the first class not below it."""
COLUMNS = ("step", "lon", "lat", "accuracy", "code")


@dataclass(frozen=True)
class CoarseRows:
    """Coarse rows as whole numbers: steps of time, units of the last decimal, classes of accuracy, and duty codes.

    `extra` is one hash of all extra columns of a row; 0 where there are none.
    """

    step: Ints
    lon: Ints
    lat: Ints
    accuracy: Ints
    code: Ints
    extra: Ints

    def take(self, at: Ints | Bools | slice) -> CoarseRows:
        """The rows at these places."""
        return CoarseRows(*(getattr(self, name)[at] for name in (*COLUMNS, "extra")))

    def table(self) -> Ints:
        """The rows as a matrix, one column for each value."""
        return np.column_stack([getattr(self, name) for name in (*COLUMNS, "extra")])

    @classmethod
    def joined(cls, parts: list[CoarseRows]) -> CoarseRows:
        """The rows of all parts, one part after the other."""
        none = np.zeros(0, np.int64)
        return cls(*(np.concatenate([none, *(getattr(part, name) for part in parts)]) for name in (*COLUMNS, "extra")))

    def __len__(self) -> int:
        return len(self.step)


def units(degrees: Floats, decimals: int) -> Ints:
    """Degrees as whole units of the last decimal, rounded like Python's `round`: exactly, halves to the even digit."""
    scaled = degrees * 10.0**decimals
    rounded = np.rint(scaled)
    close = np.flatnonzero(np.abs(np.abs(scaled - np.trunc(scaled)) - 0.5) < 1e-4)
    rounded[close] = [np.rint(round(float(degrees[at]), decimals) * 10.0**decimals) for at in close]
    return rounded.astype(np.int64)


def degrees(whole: Ints, decimals: int) -> Floats:
    """Units of the last decimal as degrees: the nearest double."""
    return np.asarray(whole / 10.0**decimals)


def steps(at_us: Ints, step_us: int) -> Ints:
    """Instants as numbers of whole steps since 1970, rounded down."""
    return at_us // step_us


def classes(accuracy_m: Floats) -> Ints:
    """The number of the class of each accuracy."""
    return np.searchsorted(CLASSES, accuracy_m, side="left")


def period(day: date, rotate: str) -> str:
    """The name of the period of a pseudonym: the day, the ISO week, the month, or an empty text for all time."""
    if rotate == "week":
        year, week, _ = day.isocalendar()
        return f"{year:04d}-W{week:02d}"
    return {"day": day.isoformat(), "month": day.isoformat()[:7], "never": ""}[rotate]


def pseudonym(key: bytes, purpose: str, when: str, officer: str) -> str:
    """The pseudonym of an officer for a period: 16 hex digits of an HMAC-SHA-256."""
    parts = (text.encode() for text in (purpose, when, officer))
    message = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return hmac.new(key, message, hashlib.sha256).hexdigest()[:16]
