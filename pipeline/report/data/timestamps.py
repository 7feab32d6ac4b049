"""Finds out when the rows of the ledger were recorded: from the inputs, since the ledger has no times.

Only inputs with the SHA-256 that is in a run's manifest are used.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from offduty.arrays.arrow import Bools, Ints, one_chunk, to_ints
from offduty.core.errors import InputError
from offduty.core.instants import FIRST_US, LAST_US, NEVER_US, from_us, instants, zone
from offduty.core.interval import Interval
from offduty.decision.pings import UNITS_PER_US
from offduty.ingest.duckdb_session import DuckDBSession
from offduty.ingest.sources import Source
from offduty.ingest.text_files import columns_of_text

QUARTER_US = 900_000_000
"""A quarter of an hour, in microseconds."""
BATCH_ROWS = 1 << 20


@dataclass(frozen=True)
class OpenInputs:
    """The input files that were given, by the SHA-256 of their bytes, and a private DuckDB session that reads text."""

    by_sha256: Mapping[str, Source]
    engine: DuckDBSession

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
            if source.kind == "parquet":
                for batch in pq.ParquetFile(source.path).iter_batches(BATCH_ROWS, columns=list(names)):
                    yield pa.Table.from_batches([batch])
            else:
                yield columns_of_text(self.engine, source, names)
        except (pa.ArrowException, OSError):
            raise InputError(
                "the file cannot be read; it may have changed. Give it as the run read it, or leave out --inputs",
                file=source.name,
            ) from None


def observed_us(column: pa.ChunkedArray) -> Ints:
    """A column of instants in microseconds, read as the filter reads it; NEVER_US where none can be read."""
    kind = column.type
    if pa.types.is_null(kind):
        return np.full(len(column), NEVER_US)
    if not pa.types.is_timestamp(kind):
        read = instants(one_chunk(column).cast(pa.string()))
        return np.where(read.read, read.us, NEVER_US)
    factor, divisor = UNITS_PER_US[kind.unit]
    raw = to_ints(column, NEVER_US)
    fits: Bools = (raw // divisor >= FIRST_US // factor) & (raw // divisor <= LAST_US // factor)
    return np.where(fits, np.where(fits, raw // divisor, 0) * factor, NEVER_US)


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
