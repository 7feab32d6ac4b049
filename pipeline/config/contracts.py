"""Reads the contracts of the input tables in `schemas/`: their columns, types and row checks.

The contracts are YAML files in the Open Data Contract Standard (ODCS) v3.1. They are the only source of the names, the
types and the checks of columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from offduty.core.data_folders import data_folder
from offduty.core.lazy_imports import when_used

if TYPE_CHECKING:
    import yaml
else:
    yaml = when_used("yaml")

ColumnType = Literal["id", "instant", "wall_time", "degrees", "metres", "zone", "word", "geometry", "text", "code"]

TABLES = ("pings", "assignments", "roster", "places", "sites")


@dataclass(frozen=True)
class Column:
    """One column of a table.

    `must_be_present` is False where a file may lack the column, `nullable` is True where a row may lack the value. Some
    rows may need a nullable value all the same: of the roster only cancelled rows need no times.
    """

    name: str
    type: ColumnType
    nullable: bool
    must_be_present: bool
    description: str


@dataclass(frozen=True)
class Contract:
    """The contract of one table.

    `checks` are pairs of a quarantine reason and an SQL condition that is true for a valid row, in order of precedence.
    A row is valid only where each condition IS TRUE; otherwise its reason is that of the first that is not (NULL is not
    true).
    """

    table: str
    description: str
    columns: tuple[Column, ...]
    checks: tuple[tuple[str, str], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns, in order."""
        return tuple(column.name for column in self.columns)

    @property
    def required(self) -> tuple[str, ...]:
        """The names of the columns that every file must have, in order."""
        return tuple(column.name for column in self.columns if column.must_be_present)

    def column(self, name: str) -> Column:
        """The column of that name; `KeyError` where the table has none."""
        found = {column.name: column for column in self.columns}
        return found[name]


def schemas_folder() -> Path:
    """The folder with the contracts: inside the installed package, or at the top of a checkout."""
    return data_folder("schemas")


@cache
def contract(table: str) -> Contract:
    """The contract of one of `TABLES`, read from its file once. `ValueError` for any other name.

    >>> contract("pings").required
    ('device_id', 'observed_at', 'lon', 'lat')
    >>> [reason for reason, condition in contract("pings").checks]
    ['no_device', 'bad_time', 'future_time', 'bad_position']
    """
    if table not in TABLES:
        raise ValueError(f"no table is called {table}; the tables are {', '.join(TABLES)}")
    text = (schemas_folder() / f"{table}.odcs.yaml").read_text(encoding="utf-8")
    document = yaml.load(text, Loader=_loader())
    return _contract(document)


def _loader() -> type[yaml.SafeLoader]:
    """The C loader is ten times as fast, where it was built with libyaml."""
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _contract(document: Mapping[str, Any]) -> Contract:
    (table,) = document["schema"]
    return Contract(
        table=table["name"],
        description=document["description"]["purpose"].strip(),
        columns=tuple(_column(part) for part in table["properties"]),
        checks=tuple((check["name"], check["implementation"].strip()) for check in table.get("quality", ())),
    )


def _column(part: Mapping[str, Any]) -> Column:
    own = part["customProperties"]
    return Column(
        name=part["name"],
        type=_type(_custom_property(own, "offdutyType")),
        nullable=not part["required"],
        must_be_present={"required": True, "optional": False}[_custom_property(own, "offdutyColumn")],
        description=part["description"].strip(),
    )


def _type(word: str) -> ColumnType:
    if word not in get_args(ColumnType):
        raise ValueError(f"no column type is called {word}")
    return cast(ColumnType, word)


def _custom_property(properties: Sequence[Mapping[str, str]], name: str) -> str:
    """The value of a custom property of a column; `KeyError` where the contract lacks it."""
    return {part["property"]: part["value"] for part in properties}[name]
