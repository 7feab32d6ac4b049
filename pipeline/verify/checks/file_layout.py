"""How outputs are split into files and row groups: as their rows require, so that the split carries no information.

A day's release (specification#release-files) is split between officers, as late as about two million rows allow, and
into row groups of 262,144 rows. The files and row groups of the ledger (specification#ledger) are fixed ranges of all
input rows, counted file after file. The quarantine is one file.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from offduty.verify.entries import AuditedEntry
from offduty.verify.output_files import AuditedOutput, where
from offduty.verify.verdict import CheckBuilder

Ints = npt.NDArray[np.int64]

RELEASE_FILE_ROWS, RELEASE_GROUP_ROWS = 1 << 21, 1 << 18
LEDGER_FILE_ROWS, LEDGER_GROUP_ROWS = 1 << 23, 1 << 20
QUARANTINE_GROUP_ROWS = 1 << 16


def check_layout(check: CheckBuilder, run: AuditedEntry) -> None:
    """The files of a run by their names and row counts alone, as the manifest gives them."""
    rows = {output["name"]: output["rows"] for output in run.document["outputs"]}
    folders: dict[str, list[str]] = {}
    for name in rows:
        folders.setdefault(name.rpartition("/")[0], []).append(name)
    if run.is_trial:
        whole = set(folders) == {"ledger"} and len(folders["ledger"]) == _ledger_files(run)
        numbered = folders.get("ledger") == [f"ledger/part-{number:05}.parquet" for number in range(len(rows))]
        if not (whole and numbered):
            check.wrong(f"{where(run)}: a trial has a ledger, split as its inputs require, and nothing else")
        return
    days = sorted(folder for folder in folders if folder.startswith("release/"))
    wrong = {
        "its files are not numbered one by one": any(
            names != [f"{folder}/part-{number:05}.parquet" for number in range(len(names))]
            for folder, names in folders.items()
        ),
        "it has an empty release and others": len(days) > 1
        and any(rows[name] == 0 for day in days for name in folders[day]),
        "it has no release, or no ledger, or no quarantine": not days or not {"ledger", "quarantine"} <= set(folders),
        "its quarantine is more than one file": len(folders.get("quarantine", [])) > 1,
        "its ledger is not split as its inputs require": len(folders.get("ledger", [])) != _ledger_files(run),
        "a day of its release is split too early": any(
            _too_early([rows[name] for name in folders[day]]) for day in days
        ),
    }
    check.all_wrong(f"{where(run)}: {what}" for what, found in wrong.items() if found)


def _too_early(rows: list[int]) -> bool:
    """Whether two files of a day would fit into one: then officers of the second belong in the first.

    One officer alone may have more rows than a file; then the row counts prove nothing.
    """
    return any(first + second <= RELEASE_FILE_ROWS for first, second in pairwise(rows))


def _ledger_files(run: AuditedEntry) -> int:
    return -(-max(int(ping_files(run)[2].sum()), 1) // LEDGER_FILE_ROWS)


def ping_files(run: AuditedEntry) -> tuple[Ints, Ints, Ints]:
    """The ping files of a run: their numbers, the place of each first row among the rows of all, and their rows; none
    where no file could hold a row of the interval.
    """
    pings = [(source["file"], source["rows"]) for source in run.document["inputs"] if source["table"] == "pings"]
    numbers, rows = np.array(pings, np.int64).reshape(-1, 2).T
    return numbers, np.cumsum(rows) - rows, rows


def rows_allowed(output: AuditedOutput, group: int) -> tuple[int, int]:
    """The range of all input rows, end exclusive, that may be in a row group; only a ledger is restricted."""
    if output.part != "ledger":
        return 0, 1 << 62
    low = int(output.name[-13:-8]) * LEDGER_FILE_ROWS + group * LEDGER_GROUP_ROWS
    return low, low + LEDGER_GROUP_ROWS


def groups_fit(output: AuditedOutput, metadata: Any) -> bool:
    """Whether a file's row groups have the sizes that the format requires; so none is too large to be read at once."""
    rows = [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]
    if output.part == "ledger":
        total = int(ping_files(output.run)[2].sum())
        low = int(output.name[-13:-8]) * LEDGER_FILE_ROWS
        covered = min(low + LEDGER_FILE_ROWS, total) - low
        return len(rows) == -(-covered // LEDGER_GROUP_ROWS) and all(count <= LEDGER_GROUP_ROWS for count in rows)
    if output.part == "quarantine":
        return all(0 < count <= QUARANTINE_GROUP_ROWS for count in rows)
    full = all(count == RELEASE_GROUP_ROWS for count in rows[:-1])
    return (
        full
        and all(count <= RELEASE_GROUP_ROWS for count in rows)
        and len(rows) <= max(-(-metadata.num_rows // RELEASE_GROUP_ROWS), 1)
    )
