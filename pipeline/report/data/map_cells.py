"""Decides which cells of the coarse map may be shown, so that neither a cell nor a gap in the map points at anybody.

The grid is the same for every report and every force, and does not depend on the data. A row of cells is a hundredth of
a degree high (1.11 km). Within each belt of one degree of latitude the Earth is divided into so many columns that a
cell is 1.1 km wide or more at the edge of the belt that is nearer to the pole.

A cell *qualifies* when positions of ten or more officers were released in it. Cells belong to fixed blocks of two by
two. A cell is *shown* when every cell of its own block, and of every block that it touches, qualifies. So where one
cell does not qualify (too few officers, or none at all), its block is not shown, and no cell that touches the block. A
gap is never smaller than four by four cells. It looks the same for each of the block's four cells, and for any number
of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from offduty.arrays.arrow import Floats, Ints
from offduty.core.disclosure import MINIMUM
from offduty.core.interval import Interval
from offduty.outputs.pseudonyms import period
from offduty.report.data.published import ReleasedRows, released_rows
from offduty.report.data.select_runs import ReportedRun

ROWS_A_DEGREE = 100
CELL_WIDTH_KM = 1.1
"""The smallest width of a cell."""
EQUATOR_KM = 40_075.017
ROWS = 180 * ROWS_A_DEGREE
FEWEST_DECIMALS = 3
"""Positions rounded to fewer decimals are as coarse as the cells themselves, so they cannot be counted in cells."""

Cell = tuple[int, int]
"""The row, counted from the South Pole, and the column, counted from the antimeridian to the east."""


@dataclass(frozen=True)
class CoarseMap:
    """What may be drawn: the cells, each with the smallest number of officers that it can have had.

    ``inside`` is how many of all ``released`` positions are in these cells. Both are exact counts; not for printing.
    """

    cells: dict[Cell, int]
    inside: int
    released: int


@lru_cache(maxsize=1024)
def columns_of(row: int) -> int:
    """How many cells a row has; always an even number.

    >>> columns_of(14_150), columns_of(0), 40_075.017 * math.cos(math.radians(52)) / columns_of(14_150) > 1.1
    (22428, 2, True)
    """
    south = row // ROWS_A_DEGREE - 90
    poleward = max(abs(south), abs(south + 1))
    return max(2, int(EQUATOR_KM * math.cos(math.radians(poleward)) / CELL_WIDTH_KM) // 2 * 2)


def cells_of(lon: Floats, lat: Floats) -> tuple[Ints, Ints]:
    """The row and the column of each position; the North Pole is in the last row, 180 degrees east in column 0."""
    row = np.clip(np.floor((lat + 90) * ROWS_A_DEGREE + 1e-6).astype(np.int64), 0, ROWS - 1)
    distinct, back = np.unique(row, return_inverse=True)
    columns = np.array([columns_of(int(r)) for r in distinct], np.int64)[back] if len(row) else row
    return row, np.floor((lon + 180) / 360 * columns + 1e-6).astype(np.int64) % columns


def touching(cell: Cell) -> Iterator[Cell]:
    """The cell and all that share an edge or a corner with it; another belt has columns of another width."""
    row, column = cell
    own = columns_of(row)
    for other in (row - 1, row, row + 1):
        if 0 <= other < ROWS:
            count = columns_of(other)
            first = -(-column * count // own) - 1
            last = (column + 1) * count // own
            yield from ((other, c % count) for c in range(first, last + 1))


def block_of(cell: Cell) -> tuple[Cell, ...]:
    """The four cells of the block that a cell belongs to."""
    row, column = cell[0] // 2 * 2, cell[1] // 2 * 2
    return (row, column), (row, column + 1), (row + 1, column), (row + 1, column + 1)


def shown(qualified: Iterable[Cell]) -> set[Cell]:
    """Which of the cells that qualify may be drawn."""
    good = set(qualified)
    whole = {cell for cell in good if all(part in good for part in block_of(cell))}
    return {cell for cell in whole if all(other in whole for other in touching(cell))}


def fewest_officers(pseudonyms: Mapping[Cell, Mapping[object, set[str]]]) -> dict[Cell, int]:
    """How many different officers each cell must have had at least, from the pseudonyms in it by period.

    Within one period an officer has one pseudonym, so there were as many officers as pseudonyms. Pseudonyms of
    different periods may be the same person. The greatest number of any one period is therefore never too many.
    """
    return {cell: max(len(names) for names in periods.values()) for cell, periods in pseudonyms.items()}


def build_map(runs: Iterable[ReportedRun], store: Path) -> CoarseMap | None:
    """The map of what the runs released; None where positions are too coarse to be counted in cells.

    Raises `StorageError` where a release cannot be read.
    """
    runs = list(runs)
    if any(int(run.document["policy"]["release"]["decimals"]) < FEWEST_DECIMALS for run in runs):
        return None
    pseudonyms: dict[Cell, dict[object, set[str]]] = {}
    positions: dict[Cell, int] = {}
    for run in runs:
        rotate = str(run.document["policy"]["pseudonym"]["rotate"])
        scope = (run.document["keys"]["pseudonym"], run.document["policy"]["policy"]["purpose"], rotate)
        step_us = int(run.document["policy"]["release"]["time_step_s"]) * 1_000_000
        for rows in released_rows(store, run):
            counted = _within(rows, run.spans, step_us)
            _add(counted, (*scope, period(counted.date, rotate)), pseudonyms, positions)
    least = fewest_officers(pseudonyms)
    drawn = shown(cell for cell, officers in least.items() if officers >= MINIMUM)
    inside = sum(positions[cell] for cell in drawn)
    return CoarseMap({cell: least[cell] for cell in sorted(drawn)}, inside, sum(positions.values()))


def _within(rows: ReleasedRows, spans: Iterable[Interval], step_us: int) -> ReleasedRows:
    """The rows that may have been recorded in one of the spans: a released time is truncated to its step."""
    found = np.zeros(len(rows.observed_us), np.bool_)
    for span in spans:
        found |= (rows.observed_us < span.to_us) & (rows.observed_us + step_us > span.from_us)
    return ReleasedRows(
        rows.date, rows.officer[found], rows.officers, rows.observed_us[found], rows.lon[found], rows.lat[found]
    )


def _add(
    rows: ReleasedRows, when: object, pseudonyms: dict[Cell, dict[object, set[str]]], positions: dict[Cell, int]
) -> None:
    """Add rows of one pseudonym period: which pseudonyms were in each cell, and how many positions."""
    row, column = cells_of(rows.lon, rows.lat)
    packed, counts = np.unique(row << 48 | column << 32 | rows.officer, return_counts=True)
    for value, count in zip(packed.tolist(), counts.tolist(), strict=True):
        r, c, officer = value >> 48, value >> 32 & 0xFFFF, value & 0xFFFFFFFF
        pseudonyms.setdefault((r, c), {}).setdefault(when, set()).add(rows.officers[officer])
        positions[r, c] = positions.get((r, c), 0) + count
