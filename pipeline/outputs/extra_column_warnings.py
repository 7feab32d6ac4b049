"""Finds extra columns that tell more than their values: an odometer tells how long the hidden way was.

Rule: specification#growing-columns. Such a column is released, because the policy names it, and it is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from offduty.arrays.arrow import Bools, Floats, one_chunk, to_numpy

MOST_WORDS = 100
GROWS, FREE_TEXT = "grows", "free_text"


def telling_columns(files: Iterable[Path], names: Sequence[str]) -> dict[str, str]:
    """What the released values of extra columns tell, by name: `GROWS` for numbers that only ever grow with an
    officer's time, `FREE_TEXT` for more than 100 different values with letters; other columns are left out.

    ``files`` are those of a release, sorted by officer and time.
    """
    if not names:
        return {}
    grows: dict[str, set[bool]] = {name: set() for name in names}
    words: dict[str, set[str]] = {name: set() for name in names}
    for path in files:
        table = pq.ParquetFile(path).read(columns=["officer", *names])
        officer = one_chunk(table["officer"])
        codes = to_numpy(
            (officer if pa.types.is_dictionary(officer.type) else officer.dictionary_encode()).indices, np.int32
        )
        same = codes[1:] == codes[:-1]
        for name in names:
            column = one_chunk(table[name])
            numbers = _numbers(column)
            if numbers is not None:
                grows[name] |= _steps(numbers, same)
            elif pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
                words[name] |= _words(column)
    growing = {name: GROWS for name, steps in grows.items() if steps == {True}}
    free = {name: FREE_TEXT for name, found in words.items() if len(found) > MOST_WORDS}
    return {**growing, **free}


def _numbers(column: pa.Array) -> Floats | None:
    """The values as numbers, NaN where there is none; None where the column has others. In CSV numbers are text."""
    if pa.types.is_boolean(column.type) or pa.types.is_temporal(column.type):
        return None
    try:
        return to_numpy(column.cast(pa.float64(), safe=False).fill_null(float("nan")), np.float64)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None


def _steps(values: Floats, same: Bools) -> set[bool]:
    """Whether the values of one officer ever grow (True), and whether they ever fall (False), from row to row."""
    step = np.diff(values)[same]
    return {grown for grown, found in ((True, step > 0), (False, step < 0)) if found.any()}


def _words(column: pa.Array) -> set[str]:
    """The different values with letters."""
    distinct = pc.unique(column).drop_null()
    return set(distinct.filter(pc.match_substring_regex(distinct, r"\p{L}")).to_pylist())
