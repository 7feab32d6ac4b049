"""Opens all inputs of a run, and says what is wrong with any of them in one message.

Rules: specification#columns-by-name, specification#instants, specification#bad-ping-file, specification#nothing-read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from offduty.config.declarations import UNDECLARED, TableDeclaration
from offduty.config.policy import Policy
from offduty.core.errors import InputError
from offduty.core.times import LocalTime
from offduty.decision.reference import check_offsets
from offduty.ingest.columns import ColumnsError, for_each
from offduty.ingest.duckdb_session import DuckDBSession
from offduty.ingest.ping_files import PingFile, first_texts, open_ping_files
from offduty.ingest.reference_files import ReferenceTable, read_reference
from offduty.ingest.sources import Source
from offduty.outputs.outcome import SeenPings

REFERENCES = ("assignments", "roster", "places", "sites")


@dataclass(frozen=True)
class OpenedInputs:
    """The reference tables by name, and the files of pings."""

    tables: dict[str, ReferenceTable]
    pings: list[PingFile]

    @property
    def rows(self) -> dict[str, pa.Table]:
        """The rows of each reference table."""
        return {name: table.rows for name, table in self.tables.items()}


def open_inputs(
    engine: DuckDBSession, sources: list[Source], policy: Policy, declared: Mapping[str, TableDeclaration]
) -> OpenedInputs:
    """Open every file of every table. Raises `ColumnsError` for the columns of all files at once, `InputError` where
    times lack an offset and no time zone is declared, and where a file cannot be read.
    """
    errors: list[ColumnsError] = []
    tables: dict[str, ReferenceTable] = {}
    for table in REFERENCES:
        try:
            tables[table] = read_reference(engine, table, sources, declared.get(table, UNDECLARED).ignore)
        except ColumnsError as error:
            errors.append(error)
    own = declared.get("pings", UNDECLARED)
    local, extra = LocalTime(own.time_zone, policy.policy.timezone), tuple(policy.release.extra_columns)
    pings: list[PingFile] = []
    try:
        pings = open_ping_files(engine, sources, local, extra, own.ignore)
    except ColumnsError as error:
        errors.append(error)
    if errors:
        raise ColumnsError.together(errors)
    naive = {name: table.lacks_offset for name, table in tables.items()}
    check_offsets({"pings": {name for file in pings for name in file.lacks_offset}, **naive}, declared)
    return OpenedInputs(tables, pings)


def check_seen(files: list[PingFile], seen: SeenPings, engine: DuckDBSession) -> None:
    """Raise `InputError` where a file of pings has rows and not one with a device and an instant, and where pings were
    read and none of them meets an assignment (specification#nothing-read).
    """
    for_each([file.source for file in files], lambda source: _check_usable(source, files, seen, engine))
    if seen.pings and not seen.met:
        raise InputError(
            "no ping is of a device that anybody was ever assigned: are the ids in pings and assignments the same ids?"
            " Nothing was published"
        )


def _check_usable(source: Source, files: list[PingFile], seen: SeenPings, engine: DuckDBSession) -> None:
    file = next(file for file in files if file.source is source)
    rows, usable = seen.usable.get(file.first_row, (0, 0))
    if not file.rows or rows < file.rows or usable:
        return
    shapes = "; ".join(f"{name} looks like {shape_of(text)}" for name, text in first_texts(file, engine).items())
    raise ColumnsError(
        f"it has rows, and not one with a device and an instant that can be read ({shapes})", file=source.name
    )


def shape_of(text: str) -> str:
    """What a value looks like, without the value: digits are 9, letters are x. Never the value itself
    (specification#silence).

    >>> shape_of("02/03/2026 08:00"), shape_of("1772438400"), shape_of("")
    ('99/99/9999 99:99', 'whole numbers of 10 digits: seconds since 1970?', 'nothing')
    """
    if re.fullmatch(r"\d{9,10}|\d{13}|\d{16}|\d{19}", text):
        unit = {13: "milliseconds", 16: "microseconds", 19: "nanoseconds"}.get(len(text), "seconds")
        return f"whole numbers of {len(text)} digits: {unit} since 1970?"
    shape = re.sub(r"[^\W\d_]", "x", re.sub(r"\d", "9", text[:40]))
    return shape or "nothing"
