"""Checks a published run again, by its manifest and its files: what must be true of every run.

It is fast enough for every night. `offduty verify` proves more, and shares no code with the filter.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from offduty.core.errors import StorageError
from offduty.core.locations import Location
from offduty.outputs.release import SCHEMA
from offduty.store.open_store import local_copy
from offduty.store.retention import expired
from offduty.transparency.entries import DELETABLE
from offduty.transparency.log import read_log

AS_LOGGED = "every file is as the log says, byte for byte"
INVARIANTS = {
    "release": {
        "as_logged": AS_LOGGED,
        "only_on_duty": "as many positions are released as the ledger says on_duty",
        "only_allowed_columns": "released files have the columns that the policy allows, and no others",
    },
    "ledger": {"as_logged": AS_LOGGED, "adds_up": "it has as many rows as the manifest counts"},
    "quarantine": {"as_logged": AS_LOGGED, "adds_up": "it has as many rows as were quarantined"},
}
"""The invariants of each output, by name, in words."""


def broken(run: Location) -> dict[str, list[str]]:
    """The names of the invariants that a run in its store breaks, by output. Files that have expired are not checked.

    Raises `StorageError` where the log cannot be read, or does not name the run.
    """
    with local_copy(run.parent.parent, ("log/", f"runs/{run.name}/")) as store:
        return _broken_of(store / "runs" / run.name)


def _broken_of(run: Path) -> dict[str, list[str]]:
    entries = read_log(run.parent.parent / "log")
    manifest = next((e.document for e in reversed(entries) if e.is_run and e.document["run_id"] == run.name), None)
    if manifest is None:
        raise StorageError("no entry of the log names this run", file=run.name)
    gone = {file.name for file in expired(entries) if file.run_id == run.name}
    return {part: _broken(run, part, manifest, gone) for part in INVARIANTS}


def _broken(run: Path, part: str, manifest: Mapping[str, Any], gone: set[str]) -> list[str]:
    logged = [made for made in manifest["outputs"] if made["name"].startswith(f"{part}/")]
    present = [made for made in logged if made["name"] not in gone]
    if any(not _is_as_logged(run, made) for made in present):
        return ["as_logged"]
    if part in DELETABLE and len(present) < len(logged):
        return []
    rows = sum(made["rows"] for made in logged)
    if part != "release":
        counted = manifest["counts"] if part == "ledger" else manifest["quarantined"]
        return [] if rows == sum(counted.values()) else ["adds_up"]
    allowed = [*SCHEMA.names, *manifest["policy"]["release"]["extra_columns"]]
    wrong = [] if rows == manifest["counts"]["on_duty"] else ["only_on_duty"]
    others = any(pq.read_schema(run / made["name"]).names != allowed for made in logged)
    return [*wrong, *(["only_allowed_columns"] if others else [])]


def _is_as_logged(run: Path, made: Mapping[str, Any]) -> bool:
    """Whether a file exists and has the bytes and the number of rows that the log says."""
    try:
        with (run / made["name"]).open("rb") as file:
            same = hashlib.file_digest(file, "sha256").hexdigest() == made["sha256"]
        return bool(same and pq.read_metadata(run / made["name"]).num_rows == made["rows"])
    except (OSError, pa.ArrowException):
        return False
