"""What check 8.2 makes again of a comparison of a made-up force: how much each of two releases confirms.

The auditor needs the roster and the sites that the runs read, the toy key, which is in plain sight, and both stores.
The red team's lifts are not made again: a second hand would be a whole red team.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from offduty.verify.answers_again.evidence_of_duty import AskedAgain
from offduty.verify.answers_again.made_up import made_up_table
from offduty.verify.checks.trials import TOY_FINGERPRINT
from offduty.verify.entries import AuditedEntry
from offduty.verify.evidence import Evidence, same_bytes
from offduty.verify.output_files import is_plain, output_path
from offduty.verify.redecide.ingest.reference_reader import read_table
from offduty.verify.redecide.ingest.reference_row import ReferenceRow
from offduty.verify.redecide.model import FOREVER_US, NEVER_US, InputFile
from offduty.verify.redecide.rules import read_rules
from offduty.verify.redecide.text_values import instant

Stored = tuple[Path, AuditedEntry]
"""A run, and the store in which it lies."""
COLUMNS = pa.schema(
    [
        ("officer", pa.string()),
        ("observed_at", pa.timestamp("us", tz="UTC")),
        ("lon", pa.float64()),
        ("lat", pa.float64()),
    ]
)


def is_of_made_up(run: AuditedEntry) -> bool:
    """Whether a run has a release, and the key of a made-up force."""
    return run.is_run and run.document["keys"].get("pseudonym") == TOY_FINGERPRINT


def lacking(sides: Mapping[str, Stored], given: Evidence | None) -> str:
    """Why it cannot be counted again; empty where it can."""
    if given is None:
        return "windows and days of a made-up force need --inputs or --reference, to be counted again"
    if any(given.key_of(run) is None for _, run in sides.values()):
        return "the pseudonym key of the made-up force is not there: it is the one that offduty synth writes"
    if not all(_is_given(source, given) for _, run in sides.values() for source in _tables(run)):
        return "the roster or the sites of the made-up force are not among the files that were given, or were changed"
    if not all(is_plain(store, path) for store, run in sides.values() for path in release_files(store, run)):
        return "a file of a release of the made-up force is not there any more"
    return ""


def made_up_again(sides: Mapping[str, Stored], given: Evidence) -> bytes:
    """The table of windows and days, by the runs of both sides. `lacking` must have found nothing."""
    return made_up_table(
        {side: (_asked(store, run, given), run.document["policy"]) for side, (store, run) in sides.items()}
    )


def release_files(store: Path, run: AuditedEntry) -> list[Path]:
    """The files of a run's release."""
    names = [output["name"] for output in run.document["outputs"]]
    return [output_path(store, run, name) for name in names if name.startswith("release/")]


def _tables(run: AuditedEntry) -> list[Mapping[str, Any]]:
    return [source for source in run.document["inputs"] if source["table"] in ("roster", "sites")]


def _is_given(source: Mapping[str, Any], given: Evidence) -> bool:
    """Whether the auditor has the file that a run read, as it was then."""
    path = given.path(source)
    return path is not None and same_bytes(path, source)


def _asked(store: Path, run: AuditedEntry, given: Evidence) -> AskedAgain:
    rules = read_rules(run.document)
    rows: dict[str, list[ReferenceRow]] = {"roster": [], "sites": []}
    for source in _tables(run):
        table, path = source["table"], given.path(source)
        if path is not None:
            file = InputFile(source["file"], table, path.name, path)
            rows[table] += read_table(file, rules.declaration(table))[0]
    begin, end = (instant(run.document["interval"][side] or "") for side in ("from", "to"))
    part = (NEVER_US if begin is None else begin, FOREVER_US if end is None else end, rules.as_of_us)
    files = [pq.read_table(path, columns=COLUMNS.names, partitioning=None) for path in release_files(store, run)]
    release = pa.concat_tables([COLUMNS.empty_table(), *(file.cast(COLUMNS) for file in files)])
    key = given.key or b""
    return AskedAgain(rules, [part], None, None, 0, key, rows["roster"], rows["sites"], release, {})
