"""Draws up the coarse map: which cells of a fixed grid may be shown, so that neither a cell nor a hole points at
anybody.

The grid is the same for every report and every force, and does not depend on the data. A row of cells is a hundredth of
a degree high (1.11 km). Within each belt of one degree of latitude the Earth is cut into so many columns that a cell is
1.1 km wide or more at the end of the belt that lies nearer to the pole.

A cell *qualifies* when ten or more officers were released in it. Cells lie in fixed blocks of two by two. A cell is
*shown* when every cell of every block that it lies in or touches qualifies. So with a cell that does not qualify (too
few officers, or none at all) its block goes, and every cell that touches the block. A hole is never smaller than four
by four cells, and is the same whichever of the block's four cells it is for, and however many.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from offduty.arrays.arrow import Floats, Ints
from offduty.core.interval import Interval
from offduty.outputs.pseudonyms import period
from offduty.report.data.published import ReleasedRows, released
from offduty.report.data.select_runs import ReportedRun
from offduty.report.disclosure import FEWEST

ROWS_A_DEGREE = 100
WIDEST_STEP = 1.1  # km, and no less
EQUATOR_KM = 40_075.017
ROWS = 180 * ROWS_A_DEGREE
FEWEST_DECIMALS = 3
"""Positions rounded to fewer decimals are as coarse as the cells themselves, and are not counted in them."""

Cell = tuple[int, int]
"""Row from the South Pole, and column from the antimeridian eastwards."""


@dataclass(frozen=True)
class CoarseMap:
    """What may be drawn: the cells, each with the least number of officers that it must have had. ``seen`` says how
    many of all released positions lie in them, exactly; for `printed` to round.
    """

    cells: dict[Cell, int]
    seen: int
    released: int


@lru_cache(maxsize=1024)
def columns_of(row: int) -> int:
    """How many cells a row has, always an even number.

    >>> columns_of(14_150), columns_of(0), 40_075.017 * math.cos(math.radians(52)) / columns_of(14_150) > 1.1
    (22428, 2, True)
    """
    south = row // ROWS_A_DEGREE - 90
    poleward = max(abs(south), abs(south + 1))
    return max(2, int(EQUATOR_KM * math.cos(math.radians(poleward)) / WIDEST_STEP) // 2 * 2)


def cells_of(lon: Floats, lat: Floats) -> tuple[Ints, Ints]:
    """The row and the column of each position; the poles and the antimeridian belong to the last row and the first
    column.
    """
    row = np.clip(np.floor((lat + 90) * ROWS_A_DEGREE + 1e-6).astype(np.int64), 0, ROWS - 1)
    distinct, back = np.unique(row, return_inverse=True)
    columns = np.array([columns_of(int(r)) for r in distinct], np.int64)[back] if len(row) else row
    return row, np.floor((lon + 180) / 360 * columns + 1e-6).astype(np.int64) % columns


def touching(cell: Cell) -> Iterator[Cell]:
    """The cell and all that share an edge or a corner with it; rows of another belt have columns of another width."""
    row, column = cell
    own = columns_of(row)
    for other in (row - 1, row, row + 1):
        if 0 <= other < ROWS:
            count = columns_of(other)
            first = -(-column * count // own) - 1
            last = (column + 1) * count // own
            yield from ((other, c % count) for c in range(first, last + 1))


def block_of(cell: Cell) -> tuple[Cell, ...]:
    """The four cells of the block that a cell lies in."""
    row, column = cell[0] // 2 * 2, cell[1] // 2 * 2
    return (row, column), (row, column + 1), (row + 1, column), (row + 1, column + 1)


def shown(qualified: Iterable[Cell]) -> set[Cell]:
    """Those of the cells that qualify that may be drawn."""
    good = set(qualified)
    whole = {cell for cell in good if all(part in good for part in block_of(cell))}
    return {cell for cell in whole if all(other in whole for other in touching(cell))}


def fewest_officers(people: Mapping[Cell, Mapping[object, set[str]]]) -> dict[Cell, int]:
    """How many different officers each cell must have had at the least.

    Within one period an officer has one pseudonym, so as many officers as pseudonyms were there; over several periods
    nobody can tell, and the greatest number of any one period is never too many.
    """
    return {cell: max(len(those) for those in periods.values()) for cell, periods in people.items()}


def draw_up(runs: Iterable[ReportedRun], store: Path) -> CoarseMap | None:
    """The map of what the runs released; None where positions are rounded so much that they cannot be counted in cells."""
    runs = list(runs)
    if any(int(run.document["policy"]["release"]["decimals"]) < FEWEST_DECIMALS for run in runs):
        return None
    people: dict[Cell, dict[object, set[str]]] = {}
    positions: dict[Cell, int] = {}
    for run in runs:
        rotate = str(run.document["policy"]["pseudonym"]["rotate"])
        whose = (run.document["keys"]["pseudonym"], run.document["policy"]["policy"]["purpose"], rotate)
        step_us = int(run.document["policy"]["release"]["time_step_s"]) * 1_000_000
        for rows in released(store, run):
            seen = _within(rows, run.spans, step_us)
            _add(seen, (*whose, period(seen.date, rotate)), people, positions)
    least = fewest_officers(people)
    drawn = shown(cell for cell, officers in least.items() if officers >= FEWEST)
    inside = sum(positions[cell] for cell in drawn)
    return CoarseMap({cell: least[cell] for cell in sorted(drawn)}, inside, sum(positions.values()))


def _within(seen: ReleasedRows, spans: Iterable[Interval], step_us: int) -> ReleasedRows:
    """The rows that may have been taken in one of the spans: a released time is cut down to its step."""
    found = np.zeros(len(seen.observed_us), np.bool_)
    for span in spans:
        found |= (seen.observed_us < span.to_us) & (seen.observed_us + step_us > span.from_us)
    return ReleasedRows(
        seen.date, seen.officer[found], seen.officers, seen.observed_us[found], seen.lon[found], seen.lat[found]
    )


def _add(
    seen: ReleasedRows, when: object, people: dict[Cell, dict[object, set[str]]], positions: dict[Cell, int]
) -> None:
    """Who was where, among rows of one period."""
    row, column = cells_of(seen.lon, seen.lat)
    packed, counts = np.unique(row << 48 | column << 32 | seen.officer, return_counts=True)
    for held, count in zip(packed.tolist(), counts.tolist(), strict=True):
        r, c, officer = held >> 48, held >> 32 & 0xFFFF, held & 0xFFFFFFFF
        people.setdefault((r, c), {}).setdefault(when, set()).add(seen.officers[officer])
        positions[r, c] = positions.get((r, c), 0) + count
