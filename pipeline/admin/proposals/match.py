"""Matches the columns of a table's files with those of the contract, by their names and by what their values can be.

A column that has the contract's own name is that column, and is never proposed for another one. Nor is one column
proposed twice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from offduty.admin.proposals.numbers import is_like_numbers
from offduty.admin.proposals.sample import ColumnSample, TableSample
from offduty.admin.proposals.spellings import plain_name, rank
from offduty.admin.proposals.times import is_like_times
from offduty.config.contracts import contract
from offduty.config.zones import zone_names
from offduty.ingest.columns import lookalike_columns

CIRCLE = ("lon", "lat", "radius_m")
_GEOMETRY = re.compile(r"\s*(SRID=\d+;)?\s*[A-Z]+[ (]|[0-9A-Fa-f]{18,}$|\s*\{", re.IGNORECASE)
"""How WKT, WKB as hexadecimal digits, and GeoJSON begin."""
VALID_WORDS = frozenset({"true", "t", "yes", "y", "1", "a", "valid"})
"""What the contract's check of ``valid`` takes for a fix."""
INVALID_WORDS = frozenset({"false", "f", "no", "n", "0", "v", "invalid"})
"""What devices write into ``valid`` where they have no fix."""
MOST_CODES = 40
"""A column with more different words than this is no column of codes."""
FEW = 0.2
"""Codes are at most this share of the rows; a column of ids that has fewer different values is one of codes."""


@dataclass(frozen=True)
class Matches:
    """Which column of the files is which column of the contract.

    ``named`` has the name in the files by the contract's name. ``others`` are the columns of the files that could be
    the same. ``missing`` are required columns that match nothing, and ``unfit`` the columns whose name is that of an
    optional column and whose values cannot be its values, by the contract's name.
    """

    named: Mapping[str, str]
    others: Mapping[str, Sequence[str]]
    missing: Sequence[str]
    unfit: Mapping[str, Sequence[str]]
    free: Sequence[str]


def match(sample: TableSample) -> Matches:
    """Match the columns of a sample with the contract of its table."""
    known = contract(sample.table).names
    named = {name: name for name in known if name in sample.columns}
    candidates = _candidates(sample, [name for name in known if name not in named])
    if sample.geometry or "geometry" in named or candidates.get("geometry"):
        candidates = {column: names for column, names in candidates.items() if column not in CIRCLE[:2]}
    for column, name in _best_first(candidates):
        if column not in named and name not in named.values():
            named[column] = name
    for column, name in _best_first(_by_name_alone(sample, [name for name in candidates if name not in named])):
        if column not in named and name not in named.values():
            named[column] = name
    named = {column: named[column] for column in known if column in named}
    free = [name for name in sample.columns if name not in named.values()]
    wanted = [column for column in _wanted(sample, named) if column not in named]
    return Matches(
        named=named,
        others={column: [name for name in candidates.get(column, ()) if name in free] for column in named},
        missing=[column for column in wanted if column in _required(sample, named)],
        unfit=_unfit(sample, [column for column in wanted if column not in named], free),
        free=free,
    )


def _best_first(candidates: Mapping[str, Mapping[str, int]]) -> list[tuple[str, str]]:
    """Pairs of a column of the contract and a name in the files, the best names first."""
    ranked = sorted((place, column, name) for column, names in candidates.items() for name, place in names.items())
    return [(column, name) for _, column, name in ranked]


def _by_name_alone(sample: TableSample, columns: Sequence[str]) -> dict[str, dict[str, int]]:
    """Names for required columns of times and numbers whose values cannot be read: what is wrong with them can be said
    once it is known which they are.
    """
    table = contract(sample.table)
    required = [table.column(name) for name in columns if name in (*table.required, *CIRCLE)]
    return {
        column.name: {name: place for name in sample.columns if (place := _rank(sample, column.name, name)) is not None}
        for column in required
        if column.type in ("instant", "wall_time", "degrees")
    }


def _rank(sample: TableSample, column: str, name: str) -> int | None:
    return None if name in contract(sample.table).names else rank(sample.table, column, name)


def _wanted(sample: TableSample, named: Mapping[str, str]) -> list[str]:
    """The columns of the contract that a file may need: a table of circles needs no geometry, and the reverse."""
    areas = sample.geometry or "geometry" in named
    circles = not areas and all(column in named for column in ("lon", "lat"))
    not_needed = CIRCLE[:2] if areas else ("geometry",) if circles else ()
    return [column for column in contract(sample.table).names if column not in not_needed]


def _required(sample: TableSample, named: Mapping[str, str]) -> tuple[str, ...]:
    """The columns that must be there: those of the contract, and of places and sites a geometry or a circle."""
    required = contract(sample.table).required
    if sample.table in ("pings", "assignments", "roster"):
        return required
    if sample.geometry or "geometry" in named:
        return (*required, *(["radius_m"] if sample.points else []))
    return (*required, *CIRCLE) if "lon" in named or "lat" in named else (*required, "geometry")


def _candidates(sample: TableSample, columns: Sequence[str]) -> dict[str, dict[str, int]]:
    """For each column of the contract the names in the files that may be it, and how good each is."""
    found: dict[str, dict[str, int]] = {}
    for column in columns:
        ranks = {name: _rank(sample, column, name) for name in sample.columns}
        fitting = {name: place for name, place in ranks.items() if place is not None and _fits(sample, column, name)}
        found[column] = dict(sorted(fitting.items(), key=lambda one: one[1]))
    return found


def _unfit(sample: TableSample, columns: Sequence[str], free: Sequence[str]) -> dict[str, Sequence[str]]:
    """Optional columns that are not matched, with the names that look like them: a run would stop at each."""
    found = {column: [name for name in free if column in lookalike_columns(sample.table, name)] for column in columns}
    return {column: names for column, names in found.items() if names}


def _fits(sample: TableSample, column: str, name: str) -> bool:
    """Whether the values of a column of the files can be those of a column of the contract."""
    kind, values = contract(sample.table).column(column).type, sample.columns[name]
    if kind in ("instant", "wall_time"):
        return is_like_times(values)
    if kind in ("degrees", "metres"):
        return is_like_numbers(values)
    if kind == "geometry":
        return all(_GEOMETRY.match(text) for text in values.written)
    if column == "valid":
        return all(word.lower() in VALID_WORDS | INVALID_WORDS for word in values.written)
    if kind == "zone":
        return all(word in zone_names() for word in set(values.written))
    if kind in ("code", "word"):
        return is_like_codes(values)
    if plain_name(name) == "shift":
        return not is_like_codes(values)
    return True


def is_like_codes(column: ColumnSample) -> bool:
    """Whether the values of a column are a few short words that come again and again, and no ids."""
    written = column.written
    different = set(written)
    few = len(different) <= max(5, FEW * len(written))
    return len(different) <= MOST_CODES and few and all(len(word) <= 30 for word in different)
