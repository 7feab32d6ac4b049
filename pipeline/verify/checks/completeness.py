"""Checks 4.1 and 4.3: the inputs are the very bytes that were read, and what was recorded adds up to what the manifest
says.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from offduty.verify.checks.files import output_path, where, whole_runs
from offduty.verify.entries import AuditedEntry, AuditedLog
from offduty.verify.evidence import Evidence, same_bytes
from offduty.verify.verdict import DAMAGED, Check, CheckBuilder

NO_INPUTS = "no --inputs were given"


def check_inputs(runs: list[AuditedEntry], given: Evidence | None) -> tuple[Check, dict[str, dict[int, Path]]]:
    """4.1, and for each run whose inputs are all there and unchanged where they lie, by their numbers."""
    look = CheckBuilder("4.1", "the inputs are the very bytes that were read", "input files, by SHA-256")
    whole: dict[str, dict[int, Path]] = {}
    if given is None:
        look.undone(NO_INPUTS)
        return look.over(), whole
    hashed: dict[tuple[Path, str, int], bool] = {}
    unread = 0
    for run in runs:
        paths: dict[int, Path] = {}
        for source in run.document["inputs"]:
            path = given.path(source)
            if path is None:
                look.undone(f"{where(run)}: {source['name']} is not there")
                continue
            look.at()
            about = (path, source["sha256"], source["bytes"])
            if about not in hashed:
                hashed[about] = same_bytes(path, source)
            if hashed[about]:
                paths[source["file"]] = path
            else:
                look.wrong(
                    f"{where(run)}: {source['name']} holds other bytes than the run read: it was changed since, or is"
                    " another version; give the one that was read, or choose runs with --run"
                )
        if len(paths) == len(run.document["inputs"]):
            whole[run.run_id] = paths
        unread = max(unread, given.besides(run))
    more = f"; the job names up to {unread} files that a run did not read: were they there then?" if unread else ""
    return look.over(f"each is what its entry names{more}", "the log names no run"), whole


def check_counts(store: Path, trail: AuditedLog, runs: list[AuditedEntry]) -> Check:
    """4.3: the words in ledger and quarantine, counted, and the rows of the release."""
    look = CheckBuilder(
        "4.3", "what was recorded adds up to what the entry says", "rows of ledger, quarantine and release"
    )
    expired, whole = trail.expired(), whole_runs(store, trail, runs)
    for run in runs:
        gone = expired.get(run.run_id, set())
        _heartbeat(look, run)
        if run not in whole:
            look.undone(f"{where(run)}: a file is not there, or is no plain file")
            continue
        try:
            found = {part: _words(store, run, part, gone) for part in ("ledger", "quarantine")}
            rows = _rows(store, run, gone)
        except DAMAGED:
            look.wrong(f"{where(run)}: a file cannot be read")
            continue
        for what in _sums(run, found, rows, gone):
            look.wrong(f"{where(run)}: {what}")
        look.at(sum(rows.values()))
        if gone:
            look.undone(f"{where(run)}: {len(gone):,} files have expired; what they held is taken from the entry")
    return look.over("reason by reason, and as many rows are released as the ledger says", "the log names no run")


def _words(store: Path, run: AuditedEntry, part: str, gone: set[str]) -> Counter[str]:
    """How often each word stands in ledger or quarantine."""
    counts: Counter[str] = Counter()
    for output in run.document["outputs"]:
        if output["name"].partition("/")[0] == part and output["name"] not in gone:
            file = pq.ParquetFile(output_path(store, run, output["name"]), read_dictionary=["reason"])
            for batch in file.iter_batches(1 << 20, columns=["reason"]):
                for pair in pc.value_counts(batch["reason"].dictionary_decode()).to_pylist():
                    counts[pair["values"]] += pair["counts"]
    return counts


def _rows(store: Path, run: AuditedEntry, gone: set[str]) -> dict[str, int]:
    """How many rows each file has that is there."""
    names = [output["name"] for output in run.document["outputs"] if output["name"] not in gone]
    return {name: pq.read_metadata(output_path(store, run, name)).num_rows for name in names}


def _sums(run: AuditedEntry, found: dict[str, Counter[str]], rows: dict[str, int], gone: set[str]) -> list[str]:
    """What does not add up; a file that has expired counts with the rows that the entry gave it."""
    told = {output["name"]: output["rows"] for output in run.document["outputs"]}
    wrong = [f"{name} has other rows than the entry says" for name, count in rows.items() if told[name] != count]
    for part, said in (("ledger", "counts"), ("quarantine", "quarantined")):
        words = {word: count for word, count in run.document[said].items() if count}
        expired = sum(told[name] for name in gone if name.startswith(part))
        if (expired and sum(words.values()) != expired + sum(found[part].values())) or (
            not expired and words != dict(found[part])
        ):
            wrong.append(f"the {part} counts otherwise than the entry says")
    released = sum(count for name, count in told.items() if name.startswith("release/"))
    if released != found["ledger"]["on_duty"]:
        wrong.append("the release holds another number of rows than the ledger calls on_duty")
    return wrong


def _heartbeat(look: CheckBuilder, run: AuditedEntry) -> None:
    """A heartbeat says that there was nothing; it is a row to look at all the same."""
    look.at(run.kind == "heartbeat")
    nothing = not any(run.document["counts"].values()) and not any(run.document["quarantined"].values())
    if nothing is not (run.kind == "heartbeat"):
        look.wrong(f"{where(run)}: it is a heartbeat if nothing was recorded, and a run if anything was")
