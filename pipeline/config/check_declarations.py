"""Checks the declarations of a job against the contracts of their tables, and names all that is wrong at once.

Rule: specification#declarations.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator

from offduty.config.contracts import ColumnType, contract
from offduty.config.declarations import COMMA, EXCEL, METRES_OF, UNIX_MS, UNIX_S, UTF_8, TableDeclaration
from offduty.config.job import Job
from offduty.config.strptime import check_format
from offduty.core.errors import UsageError

TIMES: tuple[ColumnType, ...] = ("instant", "wall_time")
PRIVATE = frozenset({"device_id", "officer_id", "recorded_by", "lon", "lat", "geometry"})
"""The columns whose values name a device, a person or a position: a value in a declaration would be in the manifest."""
NUMBERS: tuple[ColumnType, ...] = ("degrees", "metres")
NAMING = ("columns", "constants", "values", "times", "units", "distinct")
"""The keys of a declaration that name columns of the contract."""


def check_declarations(job: Job) -> None:
    """Raise `UsageError`, with a line for each fault, where a declaration names a column that its table does not have,
    or one of another kind, or says two things about one column.
    """
    faults = [
        f"inputs.{table}.{fault}"
        for table, declared in job.inputs.declared.items()
        for fault in (
            *_columns(table, declared),
            *_private(declared),
            *_twice(table, declared),
            *_times(declared),
            *_formats(table, declared),
        )
    ]
    if faults:
        raise UsageError(f"\n{job.file.name}: ".join(faults), file=job.file.name)


def _columns(table: str, declared: TableDeclaration) -> Iterator[str]:
    """Names that are no columns of the table, or none of the kind that the key is about."""
    if not any(getattr(declared, key) for key in NAMING):
        return  # the contract need not be read
    known = contract(table)
    every = known.names
    of_kind = {
        "columns": every,
        "constants": every,
        "values": [column.name for column in known.columns if column.type != "geometry"],
        "times": [column.name for column in known.columns if column.type in TIMES],
        "units": [column.name for column in known.columns if column.type in NUMBERS],
        "distinct": [column.name for column in known.columns if column.type == "id"],
    }
    what = {"times": " of times", "units": " of numbers", "distinct": " of ids", "values": " that has words"}
    for key, names in of_kind.items():
        for name in getattr(declared, key):
            if name not in names:
                yield f"{key}: {name!r} is no column{what.get(key, '')}{_hint(name, names)}"
    for name, unit in declared.units.items():
        if unit in METRES_OF and name in every and known.column(name).type == "degrees":
            yield f"units.{name}: degrees are no lengths; give a number, as text"


def _private(declared: TableDeclaration) -> Iterator[str]:
    """Values that would bring a device, a person or a position into the manifest (specification#silence)."""
    for key in ("constants", "values"):
        for name in getattr(declared, key):
            if name in PRIVATE:
                yield f"{key}: values of {name!r} may not stand in a job, because a declaration is in the manifest"


def _hint(name: str, names: Collection[str]) -> str:
    near = difflib.get_close_matches(name, names, 1, 0.6)
    return f"; did you mean {near[0]!r}?" if near else f"; this table has {', '.join(names) or 'none'}"


def _is_elsewhere(name: str, declared: TableDeclaration) -> bool:
    """Whether a column of the contract is read from a column of another name, or is a constant."""
    return declared.columns.get(name, name) != name or name in declared.constants


def _twice(table: str, declared: TableDeclaration) -> Iterator[str]:
    """What is said twice, or of which only one half can be true."""
    for name in declared.columns:
        if name in declared.constants:
            yield f"constants: {name!r} has a constant and a column of the files; only one of them can be meant"
    for name in declared.constants:
        if any(name in getattr(declared, key) for key in ("values", "times", "units")):
            yield f"constants: {name!r} is a value of the contract already; leave it out of values, times and units"
    for name in _repeated(declared.columns.values()):
        yield f"columns: two columns are declared to be {name!r} of the files"
    for name, written in declared.columns.items():
        if written in contract(table).names and written != name and not _is_elsewhere(written, declared):
            yield f"columns: {written!r} of the files would be {written!r} and {name!r}; declare what {written!r} is"
    for name in sorted(set(declared.columns.values()) & set(declared.ignore)):
        yield f"ignore: {name!r} is declared under columns, too"


def _repeated(names: Iterable[str]) -> list[str]:
    seen: set[str] = set()
    twice: list[str] = []
    for name in names:
        if name in seen:
            twice.append(name)
        seen.add(name)
    return twice


def _times(declared: TableDeclaration) -> Iterator[str]:
    for name, form in declared.times.items():
        if form not in (UNIX_S, UNIX_MS, EXCEL):
            try:
                check_format(form)
            except ValueError as error:
                yield f'times.{name}: {error}; write a format such as "%d/%m/%Y %H:%M", or unix_s, unix_ms or excel'


def _formats(table: str, declared: TableDeclaration) -> Iterator[str]:
    if declared.file_date and table != "pings":
        yield "file_date: it is for pings; all files of the other tables are read"
    if declared.format == "geojson" and table not in ("places", "sites"):
        yield "format: geojson is for places and sites"
    if declared.format not in ("", "csv") and (declared.delimiter != COMMA or declared.skip_rows):
        yield f"format: delimiter and skip_rows are for csv, and not for {declared.format}"
    if declared.format == "parquet" and declared.encoding != UTF_8:
        yield "encoding: parquet has an encoding of its own"
