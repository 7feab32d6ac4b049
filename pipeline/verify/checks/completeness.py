"""Checks 4.1 and 4.3: the inputs are the bytes that were read, and the outputs add up to the counts of the manifest.

The rules are specification#every-row-once and specification#manifest.
"""

from __future__ import annotations

from collections import Counter
from functools import partial
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from offduty.verify.checks.files import beside_withdrawn
from offduty.verify.checks.given_inputs import (
    NOTHING_TOLD,
    GivenTable,
    Hashed,
    RunInputs,
    TableHistory,
    given_tables,
    pings_not_read,
)
from offduty.verify.entries import AuditedEntry, AuditedLog
from offduty.verify.evidence import Evidence
from offduty.verify.meanings import altered
from offduty.verify.output_files import complete_runs, has_altered, output_path, where
from offduty.verify.verdict import (
    DAMAGED,
    Check,
    CheckBuilder,
    Count,
    EntryNumber,
    Explanation,
    Unit,
    explain,
    join,
)

NO_INPUTS = "no --inputs were given"


def check_inputs(runs: list[AuditedEntry], given: Evidence | None) -> tuple[Check, dict[str, RunInputs], TableHistory]:
    """Check 4.1; by run id the inputs of each run that has all of them as it read them, or grown since; and what
    became of each table.
    """
    check = CheckBuilder(
        "4.1", "the inputs are what was read; reference tables may have grown since", "input files, by hash", Unit.FILES
    )
    unchanged: dict[str, RunInputs] = {}
    if given is None:
        check.not_done(NO_INPUTS, "--inputs")
        return check.result(), unchanged, NOTHING_TOLD
    hashed: Hashed = {}
    grown: dict[str, list[int]] = {}
    kept: dict[str, dict[str, bool]] = {}
    not_read = 0
    for run in runs:
        tables = list(given_tables(run, given, hashed))
        for table in tables:
            _report(check, table)
            if table.grown is not None:
                grown.setdefault(table.table, []).append(table.grown)
        kept[run.run_id] = {table.table: table.kept for table in tables if table.kept is not None}
        inputs = RunInputs.of(tables, pings_not_read(run, given))
        if inputs is not None:
            unchanged[run.run_id] = inputs
        others = given.not_read_by(run, frozenset(t.table for t in tables if t.grown is not None))
        not_read = max(not_read, others - run.document.get("files_left_out", 0))
    more = explain(
        "; files that the job names and a run did not read: up to {files}; were they there then?",
        files=Count(not_read, Unit.FILES),
    )
    since = join([_grown(table, rows) for table, rows in grown.items()])
    same = explain("each is what its entry names") if not grown else explain("the others are what their entries name")
    passed = explain("{since}{same}{more}", since=_with_end(since), same=same, more=more if not_read else Explanation())
    return check.result(passed, "the log has no run"), unchanged, TableHistory(kept)


def _report(check: CheckBuilder, table: GivenTable) -> None:
    check.add(table.looked)
    check.all_wrong(table.wrong)
    if table.kept is False:
        check.tell(altered(table.table))
    for why in table.missing:
        check.not_done(why)


def _grown(table: str, rows: list[int]) -> Explanation:
    """That a table has grown: since one run, or since several of them by as many rows as since the first."""
    count = Count(max(rows), Unit.ROWS)
    if len(rows) == 1:
        what = "{table} has grown since (new rows: {rows}), none of those that the run knew has changed"
    else:
        what = "{table} has grown since (new rows: up to {rows}), none of those that the runs knew has changed"
    return explain(what, table=table, rows=count)


def _with_end(since: Explanation) -> Explanation:
    return explain("{since}; ", since=since) if since.parts else since


def check_counts(store: Path, log: AuditedLog, runs: list[AuditedEntry]) -> Check:
    """4.3: the reasons in ledger and quarantine, counted, and the rows of the release."""
    check = CheckBuilder(
        "4.3", "what was recorded adds up to what the entry says", "rows of ledger, quarantine and release", Unit.ROWS
    )
    all_expired, withdrawn, complete = log.expired(), log.withdrawn(), complete_runs(store, log, runs)
    for run in runs:
        expired = all_expired.get(run.run_id, set())
        _heartbeat(check, run)
        if run not in complete:
            check.not_done(
                explain("entry {entry}: a file is missing, or is not a plain file", entry=EntryNumber(run.number))
            )
            continue
        try:
            found = {part: _reasons(store, run, part, expired) for part in ("ledger", "quarantine")}
            rows = _rows(store, run, expired)
        except DAMAGED:
            with check.of_file(partial(has_altered, store, run)):
                check.wrong(f"{where(run)}: a file cannot be read")
            continue
        check.all_wrong(f"{where(run)}: {what}" for what in _differences(run, found, rows, expired))
        check.add(sum(rows.values()))
        old = expired - withdrawn.get(run.run_id, set())
        if old:
            check.not_done(
                explain(
                    "entry {entry}: expired files: {expired}; their counts are taken from the entry",
                    entry=EntryNumber(run.number),
                    expired=Count(len(old), Unit.FILES),
                )
            )
    beside_withdrawn(check, log, runs)
    return check.result("reason by reason, and as many rows are released as the ledger says", "the log has no run")


def _reasons(store: Path, run: AuditedEntry, part: str, expired: set[str]) -> Counter[str]:
    """How often each reason occurs in the ledger or the quarantine."""
    counts: Counter[str] = Counter()
    for output in run.document["outputs"]:
        if output["name"].partition("/")[0] == part and output["name"] not in expired:
            file = pq.ParquetFile(output_path(store, run, output["name"]), read_dictionary=["reason"])
            for batch in file.iter_batches(1 << 20, columns=["reason"]):
                words = batch["reason"].dictionary
                for pair in pc.value_counts(batch["reason"].indices).to_pylist():
                    word = None if pair["values"] is None else words[pair["values"]].as_py()
                    counts[str(word)] += pair["counts"]
    return counts


def _rows(store: Path, run: AuditedEntry, expired: set[str]) -> dict[str, int]:
    """How many rows each file has that is still there."""
    names = [output["name"] for output in run.document["outputs"] if output["name"] not in expired]
    return {name: pq.read_metadata(output_path(store, run, name)).num_rows for name in names}


def _differences(
    run: AuditedEntry, found: dict[str, Counter[str]], rows: dict[str, int], expired: set[str]
) -> list[str]:
    """What does not add up; for a file that has expired the rows that the entry gives are taken."""
    recorded = {output["name"]: output["rows"] for output in run.document["outputs"]}
    wrong = [
        f"{name} has another number of rows than the entry says"
        for name, count in rows.items()
        if recorded[name] != count
    ]
    parts = (("ledger", "counts"), ("quarantine", "quarantined"))
    for part, key in parts[:1] if run.is_trial else parts:
        reasons = {reason: count for reason, count in run.document[key].items() if count}
        missing = sum(recorded[name] for name in expired if name.startswith(part))
        if (missing and sum(reasons.values()) != missing + sum(found[part].values())) or (
            not missing and reasons != dict(found[part])
        ):
            wrong.append(f"the counts of the {part} are not those of the entry")
    released = sum(count for name, count in recorded.items() if name.startswith("release/"))
    if not run.is_trial and released != found["ledger"]["on_duty"]:
        wrong.append("the release has another number of rows than the ledger has of the reason on_duty")
    return wrong


def _heartbeat(check: CheckBuilder, run: AuditedEntry) -> None:
    """A heartbeat records no row; it counts as one thing that was looked at, so that the check is not NOT DONE."""
    if run.is_trial:
        return
    check.add(run.kind == "heartbeat")
    nothing = not any(run.document["counts"].values()) and not any(run.document["quarantined"].values())
    if nothing is not (run.kind == "heartbeat"):
        check.wrong(f"{where(run)}: it must be a heartbeat if nothing was recorded, and a run if anything was")
