"""Collects what a run found besides its decisions, for the manifest and for what people read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from offduty.core.reasons import QuarantineReason, Reason
from offduty.ingest.ping_files import ignored_columns
from offduty.ingest.sources import names_passed_over
from offduty.outputs.manifest import OutputFile, RunFindings, context_days
from offduty.outputs.sealed_tables import StoredTables
from offduty.runs.decided import Decided
from offduty.runs.timing import timing_of

OTHERS = ("others",)
"""Stands for the duty codes that too few officers have to be named."""


@dataclass(frozen=True)
class WrittenOutputs:
    """What a run wrote, or would write: its files, the counts by reason, extra columns that tell more than their
    values, and the reference tables that it kept.
    """

    outputs: tuple[OutputFile, ...]
    counts: dict[Reason, int]
    telling: dict[str, str]
    sealed: StoredTables | None = None


def findings_of(found: Decided, written: WrittenOutputs) -> RunFindings:
    """What the manifest says besides the question."""
    asked, settled = found.asked, found.settled
    windows = settled.reference.timeline.windows
    by_reason = np.bincount(found.outcome.quarantined.reason, minlength=len(QuarantineReason))
    ignored = {name: table.ignored for name, table in found.tables.items()}
    ignored["pings"] = ignored_columns(found.files, tuple(asked.policy.release.extra_columns))
    return RunFindings(
        rows_by_file=rows_by_file(found),
        outputs=written.outputs,
        counts=written.counts,
        quarantined={reason.word: int(by_reason[reason]) for reason in QuarantineReason},
        ignored={name: columns for name, columns in ignored.items() if columns},
        refused=settled.refused,
        reported=settled.reported,
        counted={**settled.counted, **_pings(found)},
        unknown_yet=settled.unknown_yet,
        after_as_of=found.outcome.read.after_as_of,
        telling=written.telling,
        timeless=settled.timeless,
        open_windows=int((windows.meeting(asked.interval) & (windows.to_us > asked.as_of_us)).sum()),
        last_recorded_us=settled.last_recorded_us,
        taking_codes=(*settled.coverage.taking_codes, *(OTHERS if settled.coverage.other_codes else ())),
        timing=timing_of(found.outcome, asked.policy),
        passed_over={**names_passed_over(asked.job.inputs), **asked.copies.passed_over},
        left_out=found.found.left_out(found.context),
        context_days=context_days(found.context),
        sealed=written.sealed,
    )


def _pings(found: Decided) -> dict[str, dict[str, int]]:
    read = found.outcome.read
    counted = {"lookalike": read.lookalikes, "unassigned": read.never_assigned}
    return {"pings": {what: count for what, count in counted.items() if count}}


def rows_by_file(found: Decided) -> dict[int, int]:
    """The number of rows of each input file, by its number."""
    rows = {file.source.number: file.rows for file in found.files}
    for table in found.tables.values():
        rows.update(table.counts)
    return rows
