"""How outputs are cut into files and row groups: as the rows alone say, so that the cut can tell nothing (SPEC 7, 8).

A day's release is cut between officers, as late as about two million rows allow, and into row groups of 262,144 rows.
The ledger's files and row groups stand for fixed stretches of all input rows laid end to end. The quarantine is one
file.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from offduty.verify.checks.files import where
from offduty.verify.entries import AuditedEntry
from offduty.verify.verdict import CheckBuilder

if TYPE_CHECKING:
    from offduty.verify.output_files import AuditedOutput

Ints = npt.NDArray[np.int64]

RELEASE_FILE_ROWS, RELEASE_GROUP_ROWS = 1 << 21, 1 << 18
LEDGER_FILE_ROWS, LEDGER_GROUP_ROWS = 1 << 23, 1 << 20
QUARANTINE_GROUP_ROWS = 1 << 16


def check_cut(look: CheckBuilder, run: AuditedEntry) -> None:
    """The files of a run by their names and rows alone, as the manifest gives them."""
    told = {output["name"]: output["rows"] for output in run.document["outputs"]}
    folders: dict[str, list[str]] = {}
    for name in told:
        folders.setdefault(name.rpartition("/")[0], []).append(name)
    days = sorted(folder for folder in folders if folder.startswith("release/"))
    wrong = {
        "its files are not numbered one by one": any(
            names != [f"{folder}/part-{number:05}.parquet" for number in range(len(names))]
            for folder, names in folders.items()
        ),
        "an empty release stands beside others": len(days) > 1
        and any(told[name] == 0 for d in days for name in folders[d]),
        "it has no release, or ledger, or quarantine": not days or not {"ledger", "quarantine"} <= set(folders),
        "its quarantine is several files": len(folders.get("quarantine", [])) > 1,
        "its ledger is cut otherwise than its inputs say": len(folders.get("ledger", [])) != _ledger_files(run),
        "a day of its release is cut too early": any(_too_early([told[name] for name in folders[day]]) for day in days),
    }
    look.all_wrong(f"{where(run)}: {what}" for what, found in wrong.items() if found)


def _too_early(rows: list[int]) -> bool:
    """Whether two files of a day would have fitted into one: then whole officers of the second belong into the first.

    One officer alone may be more than a file; then nothing can be told from the rows.
    """
    return any(first + second <= RELEASE_FILE_ROWS for first, second in pairwise(rows))


def _ledger_files(run: AuditedEntry) -> int:
    return -(-max(int(laid_out(run)[2].sum()), 1) // LEDGER_FILE_ROWS)


def laid_out(run: AuditedEntry) -> tuple[Ints, Ints, Ints]:
    """The files of pings: their numbers, where each begins when all are laid end to end, and how many rows each has."""
    pings = [(source["file"], source["rows"]) for source in run.document["inputs"] if source["table"] == "pings"]
    numbers, rows = (np.array(column, np.int64) for column in zip(*pings, strict=True))
    return numbers, np.cumsum(rows) - rows, rows


def span_of(output: AuditedOutput, group: int) -> tuple[int, int]:
    """Which of all rows may stand in a row group: of a ledger, those of its stretch."""
    if output.part != "ledger":
        return 0, 1 << 62
    low = int(output.name[-13:-8]) * LEDGER_FILE_ROWS + group * LEDGER_GROUP_ROWS
    return low, low + LEDGER_GROUP_ROWS


def groups_fit(output: AuditedOutput, metadata: Any) -> bool:
    """Whether a file's row groups are as large as they must be; none is larger than may be read at once."""
    rows = [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]
    if output.part == "ledger":
        total = int(laid_out(output.run)[2].sum())
        low = int(output.name[-13:-8]) * LEDGER_FILE_ROWS
        stretch = min(low + LEDGER_FILE_ROWS, total) - low
        return len(rows) == -(-stretch // LEDGER_GROUP_ROWS) and all(count <= LEDGER_GROUP_ROWS for count in rows)
    if output.part == "quarantine":
        return all(0 < count <= QUARANTINE_GROUP_ROWS for count in rows)
    full = all(count == RELEASE_GROUP_ROWS for count in rows[:-1]) and all(
        count <= RELEASE_GROUP_ROWS for count in rows
    )
    return full and len(rows) <= max(-(-metadata.num_rows // RELEASE_GROUP_ROWS), 1)
