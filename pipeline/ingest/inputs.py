"""Opens all inputs of a run, and says what is wrong with any of them in one message.

Rules: specification#columns-by-name, specification#instants, specification#bad-ping-file, specification#nothing-read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from offduty.config.declarations import UNDECLARED, TableDeclaration
from offduty.config.policy import Policy
from offduty.core.times import LocalTime
from offduty.decision.reference import check_offsets
from offduty.ingest.columns import ColumnsError
from offduty.ingest.duckdb_session import DuckDBSession
from offduty.ingest.ping_files import PingFile, open_ping_files
from offduty.ingest.reference_files import ReferenceTable, read_reference
from offduty.ingest.source_file import Source

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
