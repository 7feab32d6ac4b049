"""Opens all inputs of a run, and says what is wrong with any of them in one message.

Rules: specification#columns-by-name, specification#instants, specification#bad-ping-file, specification#nothing-read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pyarrow as pa

from offduty.config.declarations import UNDECLARED, TableDeclaration
from offduty.config.policy import Policy
from offduty.core.errors import InputError
from offduty.core.times import LocalTime
from offduty.decision.reference import check_offsets
from offduty.ingest.columns import together
from offduty.ingest.duckdb_session import DuckDBSession
from offduty.ingest.ping_files import PingFile, open_ping_files
from offduty.ingest.quiet_names import ids_in, quieted_error
from offduty.ingest.reference_files import ReferenceTable, needs_no_database, read_reference
from offduty.ingest.source_file import Source
from offduty.ingest.unreadable_columns import unreadable_columns

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
    engine: DuckDBSession,
    sources: list[Source],
    policy: Policy,
    declared: Mapping[str, TableDeclaration],
    tables: Mapping[str, ReferenceTable] | None = None,
    found: Callable[[list[PingFile]], None] = lambda pings: None,
) -> OpenedInputs:
    """Open every file of every table; reference tables that were read before are given as ``tables``. ``found`` is
    called with the files of pings as soon as they are open: it can begin to read them while the tables are read.

    The files were tried with `check_quietly`. Raises `InputError`, with a line for each fault of each file: where it
    cannot be read, where its columns are not those of the contract and the declaration, and where times lack an offset
    and no time zone is declared; then also with a line for each column of which not one value can be read.
    """
    local = LocalTime(declared.get("pings", UNDECLARED).time_zone, policy.policy.timezone)
    pings: list[PingFile] = []
    of_pings: list[InputError] = []
    try:
        pings = open_ping_files(engine, sources, local, tuple(policy.release.extra_columns))
        found(pings)
    except InputError as error:
        of_pings.append(error)
    errors: list[InputError] = []
    tables = dict(tables or {})
    if not tables:
        tables = _read_references(engine, sources, errors)
    errors += of_pings
    naive = {name: table.lacks_offset for name, table in tables.items()}
    try:
        check_offsets({"pings": {name for file in pings for name in file.lacks_offset}, **naive}, declared)
    except InputError as error:
        errors.append(error)
    if errors:
        rows = {name: table.rows for name, table in tables.items()}
        ids = ids_in(rows, pings)
        told = [quieted_error(error, sources, ids) for error in errors]
        raise together([*told, *unreadable_columns(rows, pings, engine.con, declared)])
    return OpenedInputs(tables, pings)


def _read_references(
    engine: DuckDBSession, sources: list[Source], errors: list[InputError]
) -> dict[str, ReferenceTable]:
    """The reference tables that can be read; why the others cannot goes into ``errors``. GeoJSON is read by Python,
    which has one core busy, and what Arrow reads beside it takes the other.
    """

    def read(table: str) -> ReferenceTable:
        return read_reference(engine, table, sources, by_dictionary=True)

    tables = {}
    with ThreadPoolExecutor(1) as beside:
        reading = {table: beside.submit(read, table) for table in REFERENCES if needs_no_database(table, sources)}
        for table in REFERENCES:
            try:
                tables[table] = reading[table].result() if table in reading else read(table)
            except InputError as error:
                errors.append(error)
    return tables
