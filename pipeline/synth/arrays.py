"""The array types of the synthetic world, and the array operations that several modules of this folder need."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]
Bytes: TypeAlias = npt.NDArray[np.int8]
Columns: TypeAlias = dict[str, npt.NDArray[Any]]

DAY_S = 86_400
DAY_MIN = 1_440


def rows_of(columns: Columns, rows: npt.NDArray[Any]) -> Columns:
    """These `rows` (numbers or flags) of every column; an empty selection gives empty columns."""
    return {name: values[rows] for name, values in columns.items()}


def joined(parts: list[Columns]) -> Columns:
    """The rows of all parts in order. There is at least one part, and all have the same columns."""
    return parts[0] if len(parts) == 1 else {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def spans(starts: Ints, lengths: Ints) -> Ints:
    """The numbers `start, start + 1, …` of every span, in order of the spans; spans of length 0 add nothing."""
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    numbers: Ints = np.arange(total, dtype=np.int64) + np.repeat(starts - (ends - lengths), lengths)
    return numbers
