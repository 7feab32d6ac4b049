"""Says from when to when the rows of a reference table reach, read widely: for people, who notice a wrong century."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from offduty.arrays.dictionary import coded
from offduty.core.instants import FOREVER_US
from offduty.core.times import LocalTime, Times, read_local_times, read_times
from offduty.decision.declared_tables import DeclaredTables
from offduty.runs.decided import Decided

COLUMNS = {
    "assignments": ("valid_from", "valid_to"),
    "roster": ("starts_at", "ends_at"),
    "places": ("valid_from", "valid_to"),
}


def reference_span(found: Decided, table: str) -> tuple[int, int] | None:
    """The first and the last instant of a table's rows, in microseconds since 1970; None where no time can be read.

    An open end does not count, and an end is not part of its row.
    """
    rows, asked = found.tables[table].rows, found.asked
    local = DeclaredTables.of(asked.job.inputs.declared, asked.policy).local(table)
    begin, end = (_times(table, rows, name, local) for name in COLUMNS[table])
    ended = end.read & (end.until < FOREVER_US)
    instants = np.concatenate([begin.early[begin.read], begin.late[begin.read], end.until[ended] - 1])
    return (int(instants.min()), int(instants.max())) if len(instants) else None


def _times(table: str, rows: pa.Table, name: str, local: LocalTime) -> Times:
    if table == "roster":
        return read_local_times(rows[name], coded(rows["timezone"]), local)
    return read_times(rows[name], local)
