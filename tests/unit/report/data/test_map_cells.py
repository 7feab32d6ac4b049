"""The coarse map: cells are at least a kilometre wide, and neither a cell nor a gap points at anybody."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from offduty.report.data.map_cells import ROWS, block_of, cells_of, columns_of, fewest_officers, shown, touching
from offduty.report.html.map_svg import class_of, edges

EARTH = Geod(ellps="WGS84")
COLUMNS_IN_FIELD, ROWS_IN_FIELD = 14, 12
ROW, COLUMN = 14_150, 11_150
FIELD = [(ROW + r, COLUMN + c) for r in range(ROWS_IN_FIELD) for c in range(COLUMNS_IN_FIELD)]
rows = st.integers(0, ROWS - 1)
some_cells = st.sets(st.sampled_from(FIELD), max_size=12)


@given(rows, st.floats(0, 1, exclude_max=True))
def test_a_cell_is_at_least_a_kilometre(row, far):
    """Its height everywhere, and its width at both ends; not next to a pole, where a cell ends in a point."""
    column = int(far * columns_of(row))
    west, south, east, north = edges((row, column))
    assert EARTH.inv(west, south, west, north)[2] >= 1_000
    for lat in (south, north):
        if abs(lat) < 89:
            assert EARTH.line_length(np.linspace(west, east, 9), np.full(9, lat)) >= 1_000


@given(st.floats(-180, 180), st.floats(-90, 90))
def test_a_position_is_in_its_cell(lon, lat):
    """Within the rounding of doubles; also at the poles and at the antimeridian."""
    row, column = (int(values[0]) for values in cells_of(np.array([lon]), np.array([lat])))
    assert 0 <= row < ROWS
    assert 0 <= column < columns_of(row)
    west, south, east, north = edges((row, column))
    assert south - 1e-6 <= lat <= north + 1e-6
    assert west - 1e-3 <= lon <= east + 1e-3 or lon > 180 - 1e-3


@given(rows, st.floats(0, 1, exclude_max=True))
def test_touching_goes_both_ways(row, far):
    """Also between belts, which have different columns, and across the antimeridian."""
    cell = (row, int(far * columns_of(row)))
    around = list(touching(cell))
    assert cell in around
    if columns_of(row) > 2 and row % 100 not in (0, 99):
        assert len(set(around)) == len(around) == 9
    for other in around:
        assert cell in set(touching(other))


@given(rows, st.floats(0, 1, exclude_max=True))
def test_blocks_are_whole(row, far):
    """Every cell has a block of four cells in one belt, and the four have the same block."""
    cell = (row, int(far * columns_of(row)))
    block = block_of(cell)
    assert cell in block
    assert len(set(block)) == 4
    assert {columns_of(r) for r, _ in block} == {columns_of(row)}
    assert all(block_of(part) == block for part in block)


@given(some_cells)
def test_neighbours_of_a_cell_that_does_not_qualify_are_not_shown(thin):
    """Nor is the cell itself."""
    drawn = shown(set(FIELD) - thin)
    assert drawn.isdisjoint(thin)
    for cell in thin:
        assert drawn.isdisjoint(touching(cell))


@given(st.sampled_from(FIELD), st.data())
def test_a_gap_does_not_reveal_its_cell(cell, data):
    """The map is the same for each of a block's four cells, and for any number of them."""
    others = data.draw(st.sets(st.sampled_from(block_of(cell)), min_size=1))
    field = {part for known in FIELD for part in block_of(known)}
    assert shown(field - {cell}) == shown(field - others)


@given(some_cells)
def test_no_gap_is_smaller_than_four_by_four(thin):
    """Every cell that is not shown is in a square of four by four cells that are not shown."""
    drawn = shown(set(FIELD) - thin)
    for row, column in set(FIELD) - drawn:
        squares = [
            [(row - r + i, column - c + j) for i in range(4) for j in range(4)] for r in range(4) for c in range(4)
        ]
        assert any(drawn.isdisjoint(square) for square in squares)


def test_a_dense_field_is_shown():
    """Except at its edge, because the cells outside do not qualify."""
    drawn = shown(FIELD)
    inner = {(ROW + r, COLUMN + c) for r in range(2, ROWS_IN_FIELD - 2) for c in range(2, COLUMNS_IN_FIELD - 2)}
    assert (
        drawn
        == {(ROW + r, COLUMN + c) for r in range(1, ROWS_IN_FIELD - 1) for c in range(1, COLUMNS_IN_FIELD - 1)} & drawn
    )
    assert inner <= drawn
    assert shown([]) == set()


def test_officers_are_not_counted_twice():
    """Ten pseudonyms of one week and twelve of another may be the same people: twelve, not twenty-two."""
    pseudonyms = {
        (1, 1): {"week 1": {f"a{n}" for n in range(10)}, "week 2": {f"b{n}" for n in range(12)}},
        (1, 2): {"week 1": {"a1"}},
    }
    assert fewest_officers(pseudonyms) == {(1, 1): 12, (1, 2): 1}


@pytest.mark.parametrize(("officers", "expected"), [(10, 0), (19, 0), (20, 1), (49, 1), (50, 2), (5_000, 2)])
def test_classes_of_officers(officers, expected):
    """They begin at ten, and a limit belongs to the class above it."""
    assert class_of(officers) == expected


def test_the_grid_does_not_depend_on_the_data():
    """A position has the same cell whatever other positions there are, so two reports reveal no more than one."""
    lon, lat = np.array([-0.1234, 10.5]), np.array([51.5678, -33.3])
    both = cells_of(lon, lat)
    for at in range(2):
        alone = cells_of(lon[at : at + 1], lat[at : at + 1])
        assert (alone[0][0], alone[1][0]) == (both[0][at], both[1][at])
    assert math.isclose(edges((int(both[0][0]), int(both[1][0])))[1], 51.56)
