"""Finds out when the rows of the ledger were recorded: from the inputs, since the ledger has no times.

Only inputs with the SHA-256 that is in a run's manifest are used.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from offduty.arrays.arrow import Bools, Ints
from offduty.config.declarations import TableDeclaration
from offduty.core.errors import InputError
from offduty.core.instants import NEVER_US, from_us, zone
from offduty.core.interval import Interval
from offduty.core.times import NO_TIME_US, LocalTime
from offduty.decision.declared_tables import DeclaredTables
from offduty.decision.pings import read_instants
from offduty.ingest.duckdb_session import DuckDBSession
from offduty.ingest.source_file import Source
from offduty.ingest.text_files import columns_of_text

QUARTER_US = 900_000_000
"""A quarter of an hour, in microseconds."""
BATCH_ROWS = 1 << 20


@dataclass(frozen=True)
class OpenInputs:
    """The input files that were given, by the SHA-256 of their bytes, and a private DuckDB session that reads text.

    ``declared`` says how the job's tables are written.
    """

    by_sha256: Mapping[str, Source]
    engine: DuckDBSession
    declared: Mapping[str, TableDeclaration] = field(default_factory=dict)

    def written(self, policy: Mapping[str, Any]) -> DeclaredTables:
        """How the tables are written, under a policy as a manifest has it."""
        return DeclaredTables(self.declared, policy["policy"]["timezone"], tuple(policy["duty"]["on_codes"]))

    def ping_files(self, document: Mapping[str, Any]) -> dict[int, Source] | None:
        """A run's files of pings by their number in its manifest; None where one was not given as the run read it."""
        wanted = {entry["file"]: entry["sha256"] for entry in document["inputs"] if entry["table"] == "pings"}
        found = {number: self.by_sha256[sha256] for number, sha256 in wanted.items() if sha256 in self.by_sha256}
        return found if len(found) == len(wanted) else None

    def columns(self, source: Source, names: Sequence[str]) -> Iterator[pa.Table]:
        """Some columns of one file of pings, in the order of its rows, in batches.

        The report never asks for a position here. Raises `InputError`, with the name of the file, where it cannot be
        read.
        """
        try:
            if source.kind == "parquet" and source.declared.as_contract:
                for batch in pq.ParquetFile(self.engine.path(source)).iter_batches(BATCH_ROWS, columns=list(names)):
                    yield pa.Table.from_batches([batch])
            else:
                yield columns_of_text(self.engine, source, names)
        except (pa.ArrowException, OSError):
            raise InputError(
                "the file cannot be read; it may have changed. Give it as the run read it, or leave out --inputs",
                file=source.name,
            ) from None


def observed_us(column: pa.ChunkedArray, local: LocalTime) -> Ints:
    """A column of instants in microseconds, read as the filter reads it; NEVER_US where none can be read."""
    us = read_instants(column, local)
    return np.where(us == NO_TIME_US, NEVER_US, us)


def local_hours(us: Ints, zone_name: str) -> Ints:
    """For each instant its hour in the local calendar: 24 times the day's ordinal, plus the hour of the day.

    Offsets are looked up once for each quarter of an hour: since 1972 no zone has changed at a finer time.

    >>> noon = local_hours(np.array([1_774_782_000_000_000]), "Europe/London")  # 2026-03-29T11:00Z, in summer time
    >>> int(noon[0] % 24)
    12
    """
    clock = zone(zone_name)
    quarters, back = np.unique(us // QUARTER_US, return_inverse=True)
    local = [from_us(quarter * QUARTER_US).astimezone(clock) for quarter in quarters.tolist()]
    hours = np.array([time.toordinal() * 24 + time.hour for time in local], np.int64)
    return hours[back] if len(hours) else np.zeros(0, np.int64)


def within(us: Ints, spans: Iterable[Interval]) -> Bools:
    """Which instants are in one of the spans."""
    found = np.zeros(len(us), np.bool_)
    for span in spans:
        found |= span.contains(us)
    return found
