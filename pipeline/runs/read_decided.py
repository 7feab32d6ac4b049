"""Reads what a store can show of a time: its current releases, what time runs had decided, and which runs these are.

For the analyses: they open no manifest, ledger or quarantine (docs/how-to/presence.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from offduty.core.instants import instant
from offduty.core.interval import Interval
from offduty.outputs.release import SCHEMA
from offduty.runs.current import current_releases
from offduty.runs.read_release import within_part
from offduty.transparency.log import LogEntry, read_store


@dataclass(frozen=True)
class DecidedRelease:
    """``frame`` has the columns of `offduty.read_release`. ``decided`` are the parts of time that have a current
    release: from, to, and the run's ``as_of``, in microseconds since 1970. ``runs`` are the manifests of their runs, in
    the order of the log. ``entries`` is the whole log by which they were found.
    """

    frame: pd.DataFrame = field(repr=False)
    decided: tuple[tuple[int, int, int], ...]
    runs: tuple[Mapping[str, Any], ...] = field(repr=False)
    entries: Sequence[LogEntry] = field(repr=False)


def read_decided(store: Path, asked: Interval | None = None) -> DecidedRelease:
    """The current releases of a store in a folder over ``asked``, or over all that was ever decided.

    Time that no run decided, or of which the release was deleted, is no part of ``decided``. Raises `UsageError` where
    there is no store, and `StorageError` where the log is damaged.
    """
    entries = read_store(store)
    parts = current_releases(entries, asked).parts
    by_id: dict[str, LogEntry] = {entry.document["run_id"]: entry for entry in entries if entry.is_run}
    tables = [
        within_part(pq.read_table(store / "runs" / part.run_id / name, partitioning=None), part)
        for part in parts
        for name in part.files
    ]
    frame: pd.DataFrame = (pa.concat_tables(tables) if tables else SCHEMA.empty_table()).to_pandas()
    decided = tuple(
        (part.interval.from_us, part.interval.to_us, instant(by_id[part.run_id].document["as_of"]) or 0)
        for part in parts
    )
    names = {part.run_id for part in parts}
    runs = tuple(entry.document for run_id, entry in by_id.items() if run_id in names)
    return DecidedRelease(frame, decided, runs, entries)
