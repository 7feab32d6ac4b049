"""What a manifest may say about how the tables are written, as the job declares it (specification#declarations)."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field

from offduty.verify.manifest_parts import LONGEST_NAME, MOST_KEYS, ManifestPart, OneLine, Texts

MOST_WORDS = 100_000
PRIVATE = frozenset({"device_id", "officer_id", "recorded_by", "lon", "lat", "geometry"})


def _is_public(column: str) -> str:
    if column in PRIVATE:
        raise ValueError("a device, a person or a position")
    return column


def _at_most(most: int) -> BeforeValidator:
    """Refuses a mapping of more keys before any of them is looked at."""

    def check(found: Any) -> Any:
        if isinstance(found, dict) and len(found) > most:
            raise ValueError("too many keys")
        return found

    return BeforeValidator(check)


Value = TypeVar("Value")
ColumnName = Annotated[str, Field(pattern="^[a-z_]{1,40}$")]
"""The name of a column of a contract."""
PublicColumn = Annotated[
    str,
    Field(pattern="^[a-z_]{1,40}$", json_schema_extra={"not": {"enum": sorted(PRIVATE)}}),
    AfterValidator(_is_public),
]
"""The name of a column whose values are no device, no person and no position (specification#declared-private)."""
ColumnText = Annotated[str, Field(max_length=LONGEST_NAME)]
NO_OTHERS = Field(max_length=MOST_KEYS, json_schema_extra={"additionalProperties": False})
ByColumn = Annotated[dict[ColumnName, Value], NO_OTHERS, _at_most(MOST_KEYS)]
ByPublicColumn = Annotated[dict[PublicColumn, Value], NO_OTHERS, _at_most(MOST_KEYS)]
Words = Annotated[dict[ColumnText, ColumnText], Field(max_length=MOST_WORDS), _at_most(MOST_WORDS)]
Unit = Annotated[
    str, Field(pattern=r"^(m|km|ft|mi|[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?)$", max_length=400)
]
"""A number, or a unit of length."""


class DeclaredTable(ManifestPart):
    """How a table is written, where the job says so: its form, its columns, and what their values mean."""

    time_zone: OneLine = Field(default="", description="The IANA name of a zone.")
    format: Literal["", "csv", "ndjson", "parquet", "geojson"] = Field(
        default="", description="How the files are written; empty where their ending says it."
    )
    compression: Literal["", "gzip", "zstd", "none"] = Field(
        default="", description="How the files are packed; empty where their ending says it."
    )
    encoding: Annotated[str, Field(pattern="^[0-9a-z._-]{1,40}$")] = Field(
        default="utf-8", description="How text is encoded, by Python's name."
    )
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = Field(
        default=",", description="CSV: the character between values."
    )
    decimal: Literal[".", ","] = Field(default=".", description="What stands before the decimals of numbers in text.")
    skip_rows: Annotated[int, Field(ge=0, le=1_000)] = Field(
        default=0, description="CSV: how many lines before the header are not read."
    )
    file_date: OneLine = Field(
        default="", description="How the date of a file of pings is written in its name; empty where it is not."
    )
    columns: ByColumn[ColumnText] = Field(
        default_factory=dict, description="The names in the files, by the contract's names of their columns."
    )
    constants: ByPublicColumn[ColumnText] = Field(
        default_factory=dict, description="The value of every row, by the column that no file has."
    )
    values: ByPublicColumn[Words] = Field(
        default_factory=dict, description="The contract's value by the written word, for each column."
    )
    times: ByColumn[ColumnText] = Field(default_factory=dict, description="How times are written, by column.")
    units: ByColumn[Unit] = Field(default_factory=dict, description="By what numbers are multiplied, by column.")
    ignore: Texts = Field(default_factory=list, description="Columns that only look like one of the contract.")
    distinct: Texts = Field(
        default_factory=list, description="Columns of ids in which lookalikes are different things."
    )


class Declarations(ManifestPart):
    """The declarations of the tables that have one."""

    pings: DeclaredTable = Field(default_factory=DeclaredTable)
    assignments: DeclaredTable = Field(default_factory=DeclaredTable)
    roster: DeclaredTable = Field(default_factory=DeclaredTable)
    places: DeclaredTable = Field(default_factory=DeclaredTable)
    sites: DeclaredTable = Field(default_factory=DeclaredTable)
