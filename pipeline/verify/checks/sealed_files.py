"""Check 2.3: the reference tables that runs kept, sealed for an auditor, are as the log says, and are deleted in time
(specification#kept-references).

A copy of a store may be without them: they are never copied unless somebody asks. So one that is missing is NOT DONE.
"""

from __future__ import annotations

import os
from pathlib import Path

from offduty.verify.checks.files import difference
from offduty.verify.entries import AuditedEntry, AuditedLog
from offduty.verify.output_files import output_path, where
from offduty.verify.sealed_tables import OpenedTables, sealed_files
from offduty.verify.verdict import Check, CheckBuilder, Count, EntryNumber, Unit, explain


def check_sealed_files(store: Path, log: AuditedLog, runs: list[AuditedEntry], opened: OpenedTables) -> Check:
    """2.3, for the runs that kept their tables; what is sealed in them is looked at where they could be opened."""
    check = CheckBuilder(
        "2.3", "the tables kept for an auditor are those that were read", "sealed tables, by size and hash", Unit.FILES
    )
    for run in runs:
        _of_run(check, store, log, run, opened)
    passed = "each has the size and the hash that its entry gives" + (
        ", and what is in it is what the run read" if opened.asked else "; without an identity none was opened"
    )
    return check.result(passed, "no run kept its tables, or they have expired")


def _of_run(check: CheckBuilder, store: Path, log: AuditedLog, run: AuditedEntry, opened: OpenedTables) -> None:
    gone = log.expired().get(run.run_id, set())
    aged = gone - log.withdrawn().get(run.run_id, set())
    missing = 0
    for sealed in sealed_files(run):
        name, path = sealed["name"], output_path(store, run, sealed["name"])
        there = os.path.lexists(path)
        if not there:
            missing += name not in gone
            continue
        check.add()
        if name in gone or aged:
            check.wrong(f"{where(run, name)}: it is still there, although it expires with the first output of its run")
            check.tell("homes and rosters are still kept, sealed, which should have been deleted")
        elif wrong := difference(store, path, sealed["sha256"], sealed["bytes"]):
            check.wrong(f"{where(run, name)}: {wrong}")
        elif (run.number, name) in opened.wrong:
            check.wrong(f"{where(run, name)}: {opened.wrong[run.number, name]}")
    if missing:
        check.not_done(
            explain(
                "entry {entry}: {missing} sealed tables are not in this copy of the store",
                entry=EntryNumber(run.number),
                missing=Count(missing, Unit.FILES),
            )
        )
