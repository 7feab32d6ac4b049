"""Proposes the lines of a job that say how numbers are written: the decimal sign and the units."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from offduty.admin.proposals.job_lines import JobLine, quoted, toml_text
from offduty.admin.proposals.match import Matches
from offduty.admin.proposals.numbers import decimal_signs, degree_factors, is_like_numbers, unit_by_name
from offduty.admin.proposals.sample import CONVERTED, ColumnSample, TableSample
from offduty.admin.proposals.shapes import common_shape

NUMBERS = ("lon", "lat", "accuracy_m", "radius_m")


def number_lines(sample: TableSample, matches: Matches) -> Iterator[JobLine]:
    """The decimal sign where it is a comma, and units where numbers are no degrees or no metres."""
    numeric = _numeric(sample, matches)
    signs = decimal_signs(numeric.values())
    if signs == {","}:
        yield JobLine("decimal", ('","',), "numbers have a comma before their decimals")
    elif len(signs) == 2:
        why = "some numbers have a comma before their decimals, others a point; only one of them can be declared"
        yield JobLine("decimal", ('","',), why, "open")
    factors = _factors(numeric)
    if factors and factors != ("?",):
        yield from (_degree_line(column, factors) for column in ("lon", "lat") if column in numeric)
    for column in ("accuracy_m", "radius_m"):
        name = matches.named.get(column, "")
        unit = unit_by_name(name) if column in numeric else None
        if unit is not None:
            yield JobLine(f"units.{column}", (toml_text(unit),), f"the name {quoted(name)} says {unit}")


def number_faults(sample: TableSample, matches: Matches) -> list[str]:
    """What no declaration makes into numbers of degrees or metres, in words."""
    numeric = _numeric(sample, matches)
    words = [
        f"{column} holds no numbers: its values look like {common_shape(sample.columns[matches.named[column]].written)}"
        for column in NUMBERS
        if column in matches.named and column not in numeric
    ]
    grid = (
        "lon and lat are no degrees of the Earth: are they swapped, or metres of a national grid? Metres have to be"
        f" longitude and latitude (WGS 84) first: {CONVERTED}"
    )
    return [*words, *([grid] if _factors(numeric) == ("?",) else [])]


def _numeric(sample: TableSample, matches: Matches) -> dict[str, ColumnSample]:
    """The matched columns of numbers that hold numbers."""
    found = {column: sample.columns[matches.named[column]] for column in NUMBERS if column in matches.named}
    return {column: values for column, values in found.items() if is_like_numbers(values)}


def _factors(numeric: Mapping[str, ColumnSample]) -> tuple[str, ...]:
    return degree_factors({column: numeric[column] for column in ("lon", "lat") if column in numeric})


def _degree_line(column: str, factors: tuple[str, ...]) -> JobLine:
    if len(factors) > 1:
        why = "whole numbers that are degrees as millionths and as ten-millionths: which are they?"
        return JobLine(f"units.{column}", tuple(map(toml_text, factors)), why, "open")
    parts = {"1e-7": "ten-millionths", "1e-6": "millionths"}[factors[0]]
    return JobLine(f"units.{column}", (toml_text(factors[0]),), f"whole numbers that are degrees only as {parts}")
