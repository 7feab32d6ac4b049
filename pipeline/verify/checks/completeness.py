"""Checks 4.1 and 4.3: the inputs are the bytes that were read, and the outputs add up to the counts of the manifest.

The rules are specification#every-row-once and specification#manifest.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from offduty.verify.checks.files import beside_withdrawn
from offduty.verify.entries import AuditedEntry, AuditedLog
from offduty.verify.evidence import Evidence, same_bytes
from offduty.verify.output_files import complete_runs, output_path, where
from offduty.verify.verdict import (
    DAMAGED,
    Check,
    CheckBuilder,
    Count,
    EntryNumber,
    Explanation,
    FileName,
    Unit,
    explain,
)

NO_INPUTS = "no --inputs were given"


def check_inputs(runs: list[AuditedEntry], given: Evidence | None) -> tuple[Check, dict[str, dict[int, Path]]]:
    """Check 4.1, and the inputs of each run that has all of them unchanged: by run id, and by number of the file."""
    check = CheckBuilder("4.1", "the inputs are the very bytes that were read", "input files, by hash", Unit.FILES)
    unchanged: dict[str, dict[int, Path]] = {}
    if given is None:
        check.not_done(NO_INPUTS)
        return check.result(), unchanged
    hashed: dict[tuple[Path, str, int], bool] = {}
    not_read = 0
    for run in runs:
        paths = _unchanged_inputs(check, run, given, hashed)
        if len(paths) == len(run.document["inputs"]):
            unchanged[run.run_id] = paths
        not_read = max(not_read, given.not_read_by(run))
    more = explain(
        "; the job names up to {files} files that a run did not read: were they there then?",
        files=Count(not_read, Unit.FILES),
    )
    passed = explain("each is what its entry names{more}", more=more if not_read else Explanation())
    return check.result(passed, "the log has no run"), unchanged


def _unchanged_inputs(
    check: CheckBuilder, run: AuditedEntry, given: Evidence, hashed: dict[tuple[Path, str, int], bool]
) -> dict[int, Path]:
    """The inputs of a run that are there and unchanged; ``hashed`` remembers which files were hashed before."""
    paths: dict[int, Path] = {}
    for source in run.document["inputs"]:
        path = given.path(source)
        if path is None:
            check.not_done(
                explain(
                    "entry {entry}: {file} is not there",
                    entry=EntryNumber(run.number),
                    file=FileName(source["name"]),
                )
            )
            continue
        check.add()
        expected = (path, source["sha256"], source["bytes"])
        if expected not in hashed:
            hashed[expected] = same_bytes(path, source)
        if hashed[expected]:
            paths[source["file"]] = path
        else:
            check.wrong(
                f"{where(run)}: {source['name']} has other bytes than the run read: it was changed since, or is another"
                " version. Give the file that was read, or choose runs with --run"
            )
    return paths


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
            check.wrong(f"{where(run)}: a file cannot be read")
            continue
        check.all_wrong(f"{where(run)}: {what}" for what in _differences(run, found, rows, expired))
        check.add(sum(rows.values()))
        old = expired - withdrawn.get(run.run_id, set())
        if old:
            check.not_done(
                explain(
                    "entry {entry}: {expired} files have expired; their counts are taken from the entry",
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
                for pair in pc.value_counts(batch["reason"].dictionary_decode()).to_pylist():
                    counts[pair["values"]] += pair["counts"]
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
    for part, key in (("ledger", "counts"), ("quarantine", "quarantined")):
        reasons = {reason: count for reason, count in run.document[key].items() if count}
        missing = sum(recorded[name] for name in expired if name.startswith(part))
        if (missing and sum(reasons.values()) != missing + sum(found[part].values())) or (
            not missing and reasons != dict(found[part])
        ):
            wrong.append(f"the counts of the {part} are not those of the entry")
    released = sum(count for name, count in recorded.items() if name.startswith("release/"))
    if released != found["ledger"]["on_duty"]:
        wrong.append("the release has another number of rows than the ledger has of the reason on_duty")
    return wrong


def _heartbeat(check: CheckBuilder, run: AuditedEntry) -> None:
    """A heartbeat records no row; it counts as one thing that was looked at, so that the check is not NOT DONE."""
    check.add(run.kind == "heartbeat")
    nothing = not any(run.document["counts"].values()) and not any(run.document["quarantined"].values())
    if nothing is not (run.kind == "heartbeat"):
        check.wrong(f"{where(run)}: it must be a heartbeat if nothing was recorded, and a run if anything was")
