"""What the job declared about how each table is written, as it is in the manifest (specification#declarations)."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from offduty.verify.redecide.tables import COLUMNS, METRES, NUMBERS, TIMES

UNIX_S, UNIX_MS, EXCEL = "unix_s", "unix_ms", "excel"
NUMBERED = frozenset({UNIX_S, UNIX_MS, EXCEL})
"""Times that are written as a number."""
LENGTHS = {"m": "1", "km": "1000", "ft": "0.3048", "mi": "1609.344"}
"""Units of lengths as metres."""
PRIVATE = frozenset({"device_id", "officer_id", "recorded_by", "lon", "lat", "geometry"})
"""Columns whose values are not in a declaration, for it is in the manifest (specification#declared-private)."""
PACKED = ("gzip", "zstd")
FORMATS = ("csv", "ndjson", "parquet", "geojson")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
KEYS = frozenset(
    {"time_zone", "ignore", "distinct", "format", "compression", "encoding", "delimiter", "decimal", "skip_rows"}
    | {"file_date"}
    | {"columns", "constants", "values", "times", "units"}
)


@dataclass(frozen=True)
class DeclaredColumn:
    """How one column of the contract is written; `name` is its name in the files.

    With a `constant` there is no such column, and every row has this value, as the contract has it. `words` are the
    contract's values by the written words. With a `comma` there is one before the decimals of a number in text. `form`
    is that of its times, and `unit` is the number by which its numbers are multiplied; both are empty where none is
    declared.
    """

    name: str
    constant: str | None = None
    words: Mapping[str, str] = field(default_factory=dict)
    comma: bool = False
    form: str = ""
    unit: str = ""

    @property
    def as_contract(self) -> bool:
        """Whether its values are written as the contract has them."""
        return not (self.words or self.comma or self.form or self.unit)


@dataclass(frozen=True)
class Declaration:
    """How a table is written; each field is a key of the manifest, and has its default where nothing is declared."""

    time_zone: str | None = None
    distinct: frozenset[str] = frozenset()
    format: str = ""
    compression: str = ""
    encoding: str = "utf-8"
    delimiter: str = ","
    decimal: str = "."
    skip_rows: int = 0
    file_date: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    times: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)

    def column(self, name: str) -> DeclaredColumn:
        """How a column of the contract is written."""
        if name in self.constants:
            return DeclaredColumn(name, self.constants[name])
        form, unit = self.times.get(name, ""), self.units.get(name, "")
        comma = self.decimal == "," and (name in NUMBERS or form in NUMBERED)
        unit = LENGTHS.get(unit, unit)
        return DeclaredColumn(self.columns.get(name, name), None, self.values.get(name, {}), comma, form, unit)

    @property
    def as_contract(self) -> bool:
        """Whether all columns have the names of the contract, and are written as it has them."""
        return not (self.columns or self.constants or self.values or self.times or self.units or self.decimal == ",")


UNDECLARED = Declaration()


def read_declaration(table: str, how: Mapping[str, Any]) -> Declaration:
    """The declaration of a table from a manifest.

    Raises `KeyError`, `TypeError` or `ValueError` where it is none that the specification has: a table that is read in
    another way than the job declares is not verified.
    """
    if set(how) - KEYS:
        raise ValueError("an unknown key")
    declared = Declaration(
        time_zone=how.get("time_zone"),
        distinct=frozenset(how.get("distinct", ())),
        format=how.get("format", ""),
        compression=how.get("compression", ""),
        encoding=_encoding(how.get("encoding", UNDECLARED.encoding)),
        delimiter=how.get("delimiter", UNDECLARED.delimiter),
        decimal=how.get("decimal", UNDECLARED.decimal),
        skip_rows=how.get("skip_rows", 0),
        file_date=how.get("file_date", ""),
        columns=_texts(how, "columns", COLUMNS[table]),
        constants=_texts(how, "constants", COLUMNS[table]),
        values={name: _text_by_text(words) for name, words in _mapping(how, "values", COLUMNS[table]).items()},
        times=_texts(how, "times", TIMES & set(COLUMNS[table])),
        units=_texts(how, "units", NUMBERS & set(COLUMNS[table])),
    )
    _check(declared)
    return declared


def _check(declared: Declaration) -> None:
    named, fixed = set(declared.columns.values()), set(declared.constants)
    read_on = {*declared.columns, *declared.values, *declared.times, *declared.units}
    fine = (
        declared.format in ("", *FORMATS)
        and declared.compression in ("", "none", *PACKED)
        and isinstance(declared.delimiter, str)
        and len(declared.delimiter) == 1
        and declared.decimal in (".", ",")
        and type(declared.skip_rows) is int
        and declared.skip_rows >= 0
        and isinstance(declared.file_date, str)
        and len(named) == len(declared.columns)
        and not fixed & read_on
        and not PRIVATE & (fixed | set(declared.values))
        and all(_is_unit(name, unit) for name, unit in declared.units.items())
    )
    if not fine:
        raise ValueError("no declaration")


def _is_unit(column: str, unit: str) -> bool:
    if unit in LENGTHS:
        return column in METRES
    return _NUMBER.fullmatch(unit) is not None and isfinite(float(unit)) and float(unit) != 0


def _encoding(name: str) -> str:
    """The name of a text encoding that can be read piece by piece."""
    known = codecs.lookup(name)
    "".encode(name)  # ValueError or LookupError for what is no encoding of text
    if known.incrementaldecoder is None:
        raise LookupError("an encoding that cannot be read piece by piece")
    return known.name


def _mapping(how: Mapping[str, Any], key: str, columns: frozenset[str] | tuple[str, ...]) -> dict[str, Any]:
    """The value of a key, which must be about these columns."""
    found = dict(how.get(key, {}))
    if set(found) - set(columns):
        raise ValueError("a column that the table does not have")
    return found


def _texts(how: Mapping[str, Any], key: str, columns: frozenset[str] | tuple[str, ...]) -> dict[str, str]:
    return _text_by_text(_mapping(how, key, columns))


def _text_by_text(found: Mapping[Any, Any]) -> dict[str, str]:
    if not all(isinstance(text, str) for pair in found.items() for text in pair):
        raise TypeError("text is expected")
    return dict(found)
