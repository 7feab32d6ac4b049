"""Checks 4.2 and 5: every row decided again by other hands, and held against ledger, quarantine and release.

The deciding itself is done in `offduty.verify.redecide`, which shares no code with the filter; here its answer becomes
words.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from offduty.config.job import Job
from offduty.core.errors import OffdutyError
from offduty.verify.checks.completeness import NO_INPUTS
from offduty.verify.checks.files import where, whole_runs
from offduty.verify.entries import AuditedEntry, AuditedLog
from offduty.verify.evidence import Evidence, same_bytes
from offduty.verify.redecide import (
    CappedDifferences,
    Difference,
    InputFile,
    Plausibility,
    RunCase,
    Sample,
    Soundness,
    check_possible,
    decide_again,
)
from offduty.verify.verdict import Check, CheckBuilder

Watch = Callable[[str, int, int], None]
CONFIDENCE = 0.99


@dataclass(frozen=True)
class Effort:
    """How the deciding may be done: all rows or a sample, on how many threads, in how much memory."""

    sample: Sample | None = None
    threads: int = 2
    memory_mb: int = 2_000
    watch: Watch = lambda stage, done, total: None


def check_soundness(
    store: Path,
    trail: AuditedLog,
    runs: list[AuditedEntry],
    given: Evidence | None,
    whole: dict[str, dict[int, Path]],
    effort: Effort,
) -> tuple[Check, list[Check]]:
    """4.2, and 5.1 to 5.3, over all runs whose inputs are there and unchanged."""
    once = CheckBuilder("4.2", "every input row of the interval is recorded once", "input rows in the interval")
    reasons = CheckBuilder("5.1", "every reason is the one that other hands give", "rows decided again")
    values = CheckBuilder(
        "5.2", "the released rows are exactly those, with exactly those values", "rows of the release"
    )
    small = CheckBuilder(
        "5.3", "what the entry tells of its inputs is so", "entries: refused rows, row counts, open windows"
    )
    looks = (once, reasons, values, small)
    bounds: list[str] = []
    plain = whole_runs(store, trail, runs)
    for run in runs:
        if run not in plain:
            for look in looks:
                look.undone(f"{where(run)}: a file of its outputs is not there, or is no plain file")
            continue
        if given is None or run.run_id not in whole:
            why = NO_INPUTS if given is None else f"{where(run)}: its inputs are not all there as they were read"
            for look in looks:
                look.undone(why)
            continue
        try:
            answer = decide_again(
                _case(store, trail, run, given, whole[run.run_id]),
                sample=effort.sample,
                threads=effort.threads,
                memory_mb=effort.memory_mb,
                watch=effort.watch,
            )
        except Exception as error:  # these inputs should have stopped the run, or its outputs are not the filter's
            once.wrong(f"{where(run)}: the second implementation stops at its inputs or outputs: {told_of(error)}")
            for look in looks[1:]:
                look.undone(f"{where(run)}: the second implementation stopped")
            continue
        _once(once, run, answer)
        _reasons(reasons, run, answer)
        _values(values, run, answer)
        _small_print(small, run, answer)
        bounds.append(_told(run, answer, effort.sample))
    return once.over("each stands in ledger or quarantine, once, and nothing else does"), [
        reasons.over("; ".join(bounds), "no row is in the interval"),
        values.over(
            "none is missing, none too many, none changed", "nothing was released, and nothing should have been"
        ),
        small.over("rows counted, rows refused, windows left open"),
    ]


def told_of(error: Exception) -> str:
    """What may be told of an error: of one that was foreseen its words, else its kind alone, for it may hold a value."""
    return str(error) if isinstance(error, OffdutyError) else type(error).__name__


def _case(store: Path, trail: AuditedLog, run: AuditedEntry, given: Evidence, paths: dict[int, Path]) -> RunCase:
    sources = {source["file"]: source for source in run.document["inputs"]}
    files = tuple(InputFile(n, sources[n]["table"], sources[n]["name"], path) for n, path in sorted(paths.items()))
    expired = frozenset(trail.expired().get(run.run_id, ()))
    return RunCase(run.document, store / "runs" / run.run_id, files, given.key_of(run), expired)


def _names(run: AuditedEntry) -> dict[int, str]:
    return {source["file"]: source["name"] for source in run.document["inputs"]}


def _once(look: CheckBuilder, run: AuditedEntry, answer: Soundness) -> None:
    names = _names(run)
    look.at(answer.rows_in_interval)
    for found, what in (
        (answer.lost, "is recorded nowhere"),
        (answer.twice, "is recorded more than once"),
        (answer.strange, "is recorded, and is no input row of the interval"),
    ):
        _tell(
            look, found, [f"{where(run)}: {names.get(file, 'no input')}, row {row} {what}" for file, row in found.first]
        )


def _reasons(look: CheckBuilder, run: AuditedEntry, answer: Soundness) -> None:
    names = _names(run)
    look.at(answer.rows_decided)
    first: tuple[Difference, ...] = answer.differences.first
    said = [f"{names.get(d.file, 'no input')}, row {d.row} is {d.said}, and {d.again} by other hands" for d in first]
    _tell(look, answer.differences, [f"{where(run)}: {what}" for what in said])
    held = [f"{names[file]}, row {row} is in quarantine otherwise than it reads" for file, row in answer.as_read.first]
    _tell(look, answer.as_read, [f"{where(run)}: {what}" for what in held])


def _values(look: CheckBuilder, run: AuditedEntry, answer: Soundness) -> None:
    names = _names(run)
    look.at(answer.release_rows)
    for name in answer.release_not_checked:
        look.undone(f"{where(run)}: {name} has expired")
    missing = [
        f"{names[file]}, row {row} should be released as it is, and is not"
        for file, row in answer.release_missing.first
    ]
    _tell(look, answer.release_missing, [f"{where(run)}: {what}" for what in missing])
    surplus = [f"{name}, row {row} should not be there" for name, row in answer.release_surplus.first]
    _tell(look, answer.release_surplus, [f"{where(run)}: {what}" for what in surplus])
    if not answer.pseudonyms_checked and answer.release_rows:
        look.undone(
            f"{where(run)}: pseudonyms were only held to be one for each officer and period: the key that it used was not given"
        )


def _small_print(look: CheckBuilder, run: AuditedEntry, answer: Soundness) -> None:
    look.at()
    told = {**run.document["counts"], **{f"quarantine:{word}": n for word, n in run.document["quarantined"].items()}}
    others = (answer.differences, answer.lost, answer.twice, answer.strange)
    alike = answer.rows_decided == answer.rows_in_interval and not any(each.count for each in others)
    if alike and told != answer.counts:
        look.wrong(f"{where(run)}: it counts otherwise than its inputs do")
    for found, what in (
        (answer.refused_wrong, "the rows that it says were refused are not those"),
        (answer.rows_by_file_wrong, "a file has other rows than it says"),
    ):
        if found.count:
            look.wrong(f"{where(run)}: {what}", found.count)
    if answer.open_windows_wrong:
        look.wrong(f"{where(run)}: another number of duty windows was open")
    if answer.last_recorded_wrong:
        look.wrong(f"{where(run)}: the roster was last added to at another time")


def _tell(look: CheckBuilder, found: CappedDifferences[Any], sentences: list[str]) -> None:
    look.all_wrong(sentences, found.count)


def _told(run: AuditedEntry, answer: Soundness, sample: Sample | None) -> str:
    """What a PASS means for one run."""
    rim = f"; {answer.rows_at_a_rim:,} so near a rim that either is right" if answer.rows_at_a_rim else ""
    if sample is None or answer.rows_decided >= answer.rows_in_interval:
        return f"entry {run.number}: all {answer.rows_decided:,} rows{rim}"
    share = most_wrong(answer.rows_decided)
    return (
        f"entry {run.number}: {answer.rows_decided:,} of {answer.rows_in_interval:,} rows, drawn by the seed given; with"
        f" {CONFIDENCE:.0%} confidence fewer than 1 in {int(1 / share):,} rows are wrong{rim}"
    )


def most_wrong(rows: int) -> float:
    """The largest share of wrong rows of which a sample of so many, none wrong, is not yet unlikely (Clopper and
    Pearson 1934).

    >>> [round(1 / most_wrong(rows)) for rows in (460, 46_050)]
    [100, 10000]
    """
    return 1 - (1 - CONFIDENCE) ** (1 / rows) if rows else 1.0


def check_reference(store: Path, trail: AuditedLog, runs: list[AuditedEntry], reference: Path | Job | None) -> Check:
    """5.4: without raw pings, that each released row is possible by roster, assignments and places."""
    look = CheckBuilder(
        "5.4", "each released row is possible by roster, assignments and places", "released rows, against --reference"
    )
    if reference is None:
        look.undone("no --reference was given")
        return look.over()
    given = Evidence.by(reference)
    plain = whole_runs(store, trail, runs)
    for run in runs:
        if run not in plain:
            look.undone(f"{where(run)}: a file of its outputs is not there, or is no plain file")
            continue
        tables = {s["file"]: given.path(s) for s in run.document["inputs"] if s["table"] != "pings"}
        sources = {source["file"]: source for source in run.document["inputs"]}
        whole = {number: path for number, path in tables.items() if path and same_bytes(path, sources[number])}
        if len(whole) < len(tables) or given.key_of(run) is None:
            look.undone(f"{where(run)}: its tables are not all there as they were read, or its pseudonym key is not")
            continue
        try:
            _possible(look, run, check_possible(_case(store, trail, run, given, whole)))
        except Exception as error:
            look.wrong(f"{where(run)}: the second implementation stops at its tables or release: {told_of(error)}")
    return look.over("on duty, by that code, alone with a device, and far from every place", "nothing was released")


def _possible(look: CheckBuilder, run: AuditedEntry, answer: Plausibility) -> None:
    look.at(answer.rows)
    _tell(
        look,
        answer.impossible,
        [f"{where(run)}: {name}, row {row} is not possible" for name, row in answer.impossible.first],
    )
    for why, count in sorted(answer.why.items()):
        if count:
            look.note(f"{where(run)}: {count:,} because {why}")
    if answer.unanchored.count:
        look.note(
            f"{where(run)}: {answer.unanchored.count:,} begin or end a window away from work, which only a second fix of the"
            f" same instant can explain that was hidden as a duplicate"
        )
    for name in answer.not_checked:
        look.undone(f"{where(run)}: {name} has expired")
