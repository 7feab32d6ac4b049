"""Numbers as a job declares them, read by the second implementation: decimal commas, and units."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from offduty.verify.redecide.ingest.declared_numbers import multiplied, multiplied_numbers, with_point, with_points
from offduty.verify.redecide.text_values import number


def times(unit: str, *texts: str | None) -> list[float | None]:
    """Texts times a unit; None where there is no number."""
    values = multiplied(pa.array(texts, pa.string()), unit).tolist()
    return [None if value != value else value for value in values]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *[("0,15", 0.15), ("-51,5", -51.5), ("15", 15.0), (",5", 0.5), ("5,", 5.0), ("1,5e3", 1500.0)],
        *[("0.15", None), ("1.234,5", None), ("1,2,3", None), ("1.", None), ("", None), (" 1,5", None), ("-", None)],
    ],
)
def test_a_decimal_comma(text, expected):
    """A point is no part of such a number."""
    assert number(with_point(text)) == expected
    (column,) = with_points(pa.array([text])).to_pylist()
    assert number(column) == expected


def test_a_decimal_comma_of_nothing():
    """A missing value stays missing, and so does a word for nothing."""
    assert with_points(pa.array([None, "NULL", ""], pa.string())).to_pylist() == [None, "NULL", ""]
    assert with_points(pa.array([], pa.string())).to_pylist() == []


@pytest.mark.parametrize("unit", ["1e-7", "0.0000001", "1.0E-07", "+1e-7", "10e-8"])
def test_a_power_of_ten_moves_the_decimal_point(unit):
    """515123450 is 51.512345, the nearest double to it, and not the product of two doubles, which is another."""
    assert 515123450 * 1e-7 != 51.512345
    assert times(unit, "515123450", "-1", "0", "-0.5") == [51.512345, -1e-7, 0.0, -5e-8]


@pytest.mark.parametrize(
    ("unit", "text", "expected"),
    [
        ("1e-7", "5.15e8", 51.5),
        ("1e-7", "515123456.789012345678901234", 51.5123456789012345678901234),
        ("100", "0.29", 29.0),
        ("1e-2", "29.", 0.29),
        ("1e-2", ".5", 0.005),
        ("1e-1", "123456789012345678901234567890", 1.2345678901234567890123456789e28),
        ("1e300", "1e-300", 1.0),
        ("1e300", "1e10", None),
        ("1e-300", "1e999", None),
        ("1e5", "0e99999999999999", 0.0),
        ("1e5", "1e-99999999999999", 0.0),
        ("1e5", "1e99999999999999", None),
        ("1e-7", "x", None),
        ("1e-7", "", None),
        ("1e-7", None, None),
        ("1e-7", " 5", None),
        ("1e-7", "nan", None),
        ("1", "0.1", 0.1),
        ("1000", "0.0015", 1.5),
        ("0.3048", "3", 3 * 0.3048),
        ("1609.344", "0.1", 0.1 * 1609.344),
        ("2", "0.1", 0.2),
        ("-1", "0.1", -0.1),
        ("-0.1", "3", 3 * -0.1),
        ("2", "1e308", None),
        ("2", "x", None),
    ],
)
def test_units(unit, text, expected):
    """A power of ten is exact; another unit is the product of two doubles. What is not finite is no number."""
    assert times(unit, text) == [expected]


@pytest.mark.parametrize("places", range(-9, 10))
def test_moving_the_decimal_point_never_rounds_twice(places):
    """Each result is the double nearest to the exact decimal number."""
    rng = np.random.default_rng(places + 100)
    texts = [f"{value:.{rng.integers(1, 17)}g}" for value in rng.uniform(-1e9, 1e9, 200)]
    expected = [float(Decimal(text).scaleb(places)) for text in texts]
    assert times(f"1e{places}", *texts) == expected


@pytest.mark.parametrize(
    "column",
    [
        pa.array([515123450, -1, None], pa.int32()),
        pa.array([515123450, -1, None], pa.int64()),
        pa.array([515123450.0, -1.0, None], pa.float64()),
        pa.array([Decimal("515123450"), Decimal("-1"), None], pa.decimal128(20, 2)),
    ],
    ids=lambda column: str(column.type),
)
def test_columns_of_numbers(column):
    """Whole numbers, in whatever type, are moved as exactly as their digits."""
    first, second, missing = multiplied_numbers(column, "1e-7").tolist()
    assert (first, second) == (51.512345, -1e-7)
    assert missing != missing


def test_columns_of_numbers_that_are_not_whole():
    """Of a double the digits count that tell it from others; beyond 2**53 those of the whole number."""
    values = [0.1, 1e-7, 123456.789, 5e-324, 1e300, float("nan"), float("inf")]
    moved = multiplied_numbers(pa.array(values), "1e-2").tolist()
    assert moved[:5] == [float(f"{value!r}e-2" if "e" not in repr(value) else Decimal(repr(value)).scaleb(-2)) for value in values[:5]]  # fmt: skip
    assert all(value != value for value in moved[5:])
    assert multiplied_numbers(pa.array([(1 << 60) + 1]), "1e-2").tolist() == [float(Decimal((1 << 60) + 1).scaleb(-2))]
    assert multiplied_numbers(pa.array([0.1, None]), "0.3048").tolist()[0] == 0.1 * 0.3048
    assert np.isnan(multiplied_numbers(pa.array([1e308]), "3")).all()
    assert multiplied_numbers(pa.array([5]), "1e30").tolist() == [5e30]
    assert multiplied_numbers(pa.array([5]), "1e-30").tolist() == [5e-30]
