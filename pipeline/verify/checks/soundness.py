"""Checks 4.2 and 5: an independent implementation decides every row again; its answers are compared with the outputs.

The decisions are made in `offduty.verify.redecide`, which shares no code with the filter. This module puts its answers
into words.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from offduty.core.count_words import number_of
from offduty.core.errors import OffdutyError
from offduty.verify.checks.completeness import NO_INPUTS
from offduty.verify.checks.files import beside_withdrawn
from offduty.verify.checks.given_inputs import Hashed, NamedPings, RunInputs, given_tables
from offduty.verify.checks.rules_version import other_rules
from offduty.verify.entries import AuditedEntry, AuditedLog
from offduty.verify.evidence import Evidence, quiet_name
from offduty.verify.output_files import altered_outputs, complete_runs, has_altered, where
from offduty.verify.redecide.model import CappedDifferences, Difference, LeftOutTimes, RunCase, Sample, Soundness
from offduty.verify.redecide.plausibility.plausible import Plausibility, check_possible
from offduty.verify.redecide.redecide import decide_again
from offduty.verify.verdict import (
    Check,
    CheckBuilder,
    Count,
    EntryNumber,
    Explanation,
    FileName,
    Label,
    Unit,
    explain,
    join,
)

Watch = Callable[[str, int, int], None]
CONFIDENCE = 0.99


@dataclass(frozen=True)
class Effort:
    """How rows may be decided again: all of them or a sample, on how many threads, in how much memory.

    ``watch`` is called with the stage, how much of it is done, and how much there is.
    """

    sample: Sample | None = None
    threads: int = 2
    memory_mb: int = 2_000
    watch: Watch = lambda stage, done, total: None


ALL_ROWS = Effort()


class _RowChecks:
    """Checks 4.2, 5.1, 5.2 and 5.3 while they are made, run by run."""

    def __init__(self) -> None:
        self.once = CheckBuilder(
            "4.2", "every input row of the interval is recorded once", "input rows in the interval", Unit.ROWS
        )
        self.reasons = CheckBuilder(
            "5.1", "every reason is the one that the second implementation gives", "rows decided again", Unit.ROWS
        )
        self.values = CheckBuilder(
            "5.2", "the released rows are exactly those, with exactly those values", "rows of the release", Unit.ROWS
        )
        self.entries = CheckBuilder(
            "5.3",
            "what the entry records about its inputs is true",
            "entries: refused rows, row counts, open windows",
            Unit.ENTRIES,
        )
        self.decided: list[Explanation] = []
        self.only_drawn = False

    def not_done(self, why: Explanation | str, needs: str = "") -> None:
        """None of the four could be done for a run; ``needs`` is the option with which they could be."""
        for check in (self.once, self.reasons, self.values, self.entries):
            check.not_done(why, needs)

    def stopped(self, run: AuditedEntry, error: Exception, is_altered: Callable[[], bool]) -> None:
        """These inputs should have stopped the run, or these outputs are not the filter's; ``is_altered`` says whether
        an output was changed after the run.
        """
        with self.once.of_file(is_altered):
            self.once.wrong(
                f"{where(run)}: the second implementation stops at its inputs or outputs: {words_of(error)}"
            )
        for check in (self.reasons, self.values, self.entries):
            check.not_done(explain("entry {entry}: the second implementation stopped", entry=EntryNumber(run.number)))

    def compared(self, run: AuditedEntry, answer: Soundness, withdrawn: frozenset[str]) -> None:
        """The answer for one run, of whose release the files ``withdrawn`` gave way to another run's."""
        _compare_rows(self.once, run, answer)
        _compare_left_out(self.once, run, answer)
        _compare_reasons(self.reasons, run, answer)
        if not run.is_trial:
            _compare_values(self.values, run, answer, withdrawn)
        _compare_entry(self.entries, run, answer)
        if answer.rows_drawn is not None:
            self.only_drawn = True
            self.reasons.only_drawn()
        self.decided.append(_rows_decided(run, answer))

    def results(self) -> tuple[Check, list[Check]]:
        """The four checks as they ended: 4.2, and the other three."""
        whole = "none is missing, none added, none changed"
        drawn = "of the sample none is missing, and none changed; whether others were added was not looked at"
        return self.once.result("each is in ledger or quarantine, once, and no other row is"), [
            self.reasons.result(join(self.decided), "no row is in the interval"),
            self.values.result(
                drawn if self.only_drawn else whole, "nothing was released, and nothing should have been"
            ),
            self.entries.result("rows counted, rows refused, windows left open"),
        ]


def check_soundness(
    store: Path,
    log: AuditedLog,
    runs: list[AuditedEntry],
    given: Evidence | None,
    unchanged: dict[str, RunInputs],
    effort: Effort,
) -> tuple[Check, list[Check]]:
    """4.2, and 5.1 to 5.3, over all runs in ``unchanged``: those whose inputs are there as they were read."""
    checks, looked_at = _RowChecks(), LeftOutTimes()
    complete, withdrawn = complete_runs(store, log, runs), log.withdrawn()
    beside_withdrawn(checks.values, log, runs)
    named = None if given is None else NamedPings.of(log.runs(), given)
    for run in runs:
        entry = EntryNumber(run.number)
        if run not in complete:
            checks.not_done(explain("entry {entry}: an output is missing, or is not a plain file", entry=entry))
        elif given is None:
            checks.not_done(NO_INPUTS, "--inputs")
        elif (why := other_rules(run)) is not None:
            checks.not_done(why)
        elif run.run_id not in unchanged:
            checks.not_done(explain("entry {entry}: its inputs are not all there as they were read", entry=entry))
        else:
            case = _case(store, log, run, given, unchanged[run.run_id], looked_at)
            if named is not None and case.unread:
                case = replace(case, there_before=named.there_before(run), gone=named.gone(run))
            _decide_again(checks, run, case, effort, frozenset(withdrawn.get(run.run_id, ())))
    return checks.results()


def _decide_again(
    checks: _RowChecks, run: AuditedEntry, case: RunCase, effort: Effort, withdrawn: frozenset[str]
) -> None:
    store = case.run.parents[1]
    try:
        answer = decide_again(
            case,
            sample=effort.sample,
            threads=effort.threads,
            memory_mb=effort.memory_mb,
            watch=effort.watch,
        )
    except Exception as error:
        checks.stopped(run, error, partial(has_altered, store, run))
    else:
        with checks.values.of_file(partial(_is_of_altered, store, run, answer)):
            checks.compared(run, answer, withdrawn)


def _is_of_altered(store: Path, run: AuditedEntry, answer: Soundness) -> bool:
    """Whether a file of the release was changed after the run, and every row that should not be there is in such a one.
    A ledger that was changed explains nothing about the release.
    """
    altered = altered_outputs(store, run)
    surplus = {name for name, _ in answer.release_surplus.first}
    return surplus <= altered and any(name.startswith("release/") for name in altered)


def words_of(error: Exception) -> str:
    """What may be printed of an error: its words if offduty raised it, else only its type, for it may have a value."""
    return str(error) if isinstance(error, OffdutyError) else type(error).__name__


def _case(
    store: Path,
    log: AuditedLog,
    run: AuditedEntry,
    given: Evidence,
    inputs: RunInputs,
    looked_at: LeftOutTimes | None = None,
) -> RunCase:
    expired = frozenset(log.expired().get(run.run_id, ()))
    folder, key = store / "runs" / run.run_id, given.key_of(run)
    seen = {} if looked_at is None else looked_at
    return RunCase(run.document, folder, inputs.files, key, expired, inputs.grown, inputs.unread, seen)


def _input_names(run: AuditedEntry) -> dict[int, str]:
    return {source["file"]: source["name"] for source in run.document["inputs"]}


def _compare_rows(check: CheckBuilder, run: AuditedEntry, answer: Soundness) -> None:
    names = _input_names(run)
    check.add(answer.rows_in_interval)
    if run.is_trial:  # it keeps no quarantine: these rows are recorded in numbers only
        _compare_unread(check, run, answer)
        return
    for found, what in (
        (answer.lost, "is recorded nowhere"),
        (answer.twice, "is recorded more than once"),
        (answer.unexpected, "is recorded, and is not an input row of the interval"),
    ):
        _report(
            check,
            found,
            [f"{where(run)}: {names.get(file, 'an unknown input')}, row {row} {what}" for file, row in found.first],
        )


def _compare_unread(check: CheckBuilder, run: AuditedEntry, answer: Soundness) -> None:
    unread = sum(run.document["quarantined"].values())
    if answer.lost.count != unread:
        check.wrong(f"{where(run)}: other rows are not in its ledger than those that it counts as unreadable")
    for found in (answer.twice, answer.unexpected):
        if found.count:
            check.wrong(f"{where(run)}: its ledger has a row twice, or one that is not of its inputs", found.count)


def _compare_left_out(check: CheckBuilder, run: AuditedEntry, answer: Soundness) -> None:
    """Files are called by their hash: the name of one that no entry names may hold an id (specification#silence)."""
    found = answer.left_out_wrong
    _report(
        check,
        found,
        [
            f"{where(run)}: the file of pings {quiet_name(path)} was left out, and holds rows of the interval or its"
            " context, or does not say when its rows were (if it came later, and another was taken away since: give"
            " that one, too)"
            for path in found.first
        ],
    )
    if answer.left_out_in_doubt:
        check.not_done(
            explain(
                "entry {entry}: whether it left out files of pings with rows of its interval or context (up to {files})"
                ", or they came since, cannot be told: files that it or runs before it had read are gone",
                entry=EntryNumber(run.number),
                files=Count(answer.left_out_in_doubt, Unit.FILES),
            )
        )


def _compare_reasons(check: CheckBuilder, run: AuditedEntry, answer: Soundness) -> None:
    names = _input_names(run)
    check.add(answer.rows_decided)
    first: tuple[Difference, ...] = answer.differences.first
    differences = [
        f"{names.get(each.file, 'an unknown input')}, row {each.row} is recorded as {each.recorded}; the second"
        f" implementation decides {each.again}"
        for each in first
    ]
    _report(check, answer.differences, [f"{where(run)}: {what}" for what in differences])
    changed = [
        f"{names[file]}, row {row} has other values in the quarantine than in the input"
        for file, row in answer.as_read.first
    ]
    _report(check, answer.as_read, [f"{where(run)}: {what}" for what in changed])


def _compare_values(check: CheckBuilder, run: AuditedEntry, answer: Soundness, withdrawn: frozenset[str]) -> None:
    names, entry = _input_names(run), EntryNumber(run.number)
    check.add(answer.release_rows)
    for name in answer.release_not_checked:
        if name not in withdrawn:
            check.not_done(explain("entry {entry}: {file} has expired", entry=entry, file=FileName(name)))
    missing = [
        f"{names[file]}, row {row} should be released, and is not there with its values"
        for file, row in answer.release_missing.first
    ]
    _report(check, answer.release_missing, [f"{where(run)}: {what}" for what in missing])
    surplus = [f"{name}, row {row} should not be there" for name, row in answer.release_surplus.first]
    _report(check, answer.release_surplus, [f"{where(run)}: {what}" for what in surplus])
    if not answer.pseudonyms_checked and answer.release_rows:
        check.not_done(
            explain(
                "entry {entry}: the key that it used was not given, so a pseudonym was only required to be one for each"
                " officer and period",
                entry=entry,
            )
        )


def _compare_entry(check: CheckBuilder, run: AuditedEntry, answer: Soundness) -> None:
    check.add()
    recorded = {
        **run.document["counts"],
        **{f"quarantine:{word}": n for word, n in run.document["quarantined"].items()},
    }
    lost = CappedDifferences[Any]() if run.is_trial else answer.lost
    others = (answer.differences, lost, answer.twice, answer.unexpected)
    agrees = answer.rows_decided == answer.rows_in_interval and not any(each.count for each in others)
    if agrees and recorded != answer.counts:
        check.wrong(f"{where(run)}: its counts are not those of its inputs")
    for found, what in (
        (answer.refused_wrong, "the rows that it lists as refused are not those that cannot be read"),
        (answer.rows_by_file_wrong, "an input has another number of rows than it says"),
    ):
        if found.count:
            check.wrong(f"{where(run)}: {what}", found.count)
    if answer.open_windows_wrong:
        check.wrong(f"{where(run)}: another number of duty windows was open than it says")
    if answer.last_recorded_wrong:
        check.wrong(f"{where(run)}: the newest record time of the roster is not the one that it says")
    for table in answer.references_wrong:
        check.wrong(f"{where(run)}: what it says of {table} is not so: how many rows it knew, or their digests")
    if answer.context_days_wrong:
        check.wrong(f"{where(run)}: its context lies in other days than it says")
    if answer.after_as_of_wrong:
        check.wrong(
            f"{where(run)}: another number of rows lies after its as_of, or was recorded after it, than it says"
        )


def _report(check: CheckBuilder, found: CappedDifferences[Any], findings: list[str]) -> None:
    check.all_wrong(findings, found.count)


def _rows_decided(run: AuditedEntry, answer: Soundness) -> Explanation:
    """What a PASS means for one run."""
    entry, decided = EntryNumber(run.number), Count(answer.rows_decided, Unit.ROWS)
    rim = explain(
        "; {rows} so near to the edge of an area that both answers are right",
        rows=Count(answer.rows_at_a_boundary, Unit.ROWS),
    )
    rim = rim if answer.rows_at_a_boundary else Explanation()
    if answer.rows_drawn is None:
        return explain("entry {entry}: every row, {decided}{rim}", entry=entry, decided=decided, rim=rim)
    return explain(
        "entry {entry}: {decided} of {all} rows: {drawn} drawn by the seed given, and all others of their duty windows;"
        " with {confidence} confidence, fewer than one row in {fewest} is wrong, or shares its duty windows with a"
        " wrong one{rim}",
        entry=entry,
        decided=decided,
        all=Count(answer.rows_in_interval, Unit.ROWS),
        drawn=Count(answer.rows_drawn, Unit.ROWS),
        confidence=Label(f"{CONFIDENCE:.0%}"),
        fewest=Count(int(1 / most_wrong(answer.rows_drawn)), Unit.ROWS),
        rim=rim,
    )


def most_wrong(rows: int) -> float:
    """The largest share of wrong rows that a sample of this size without a wrong row leaves possible.

    At the confidence of `CONFIDENCE`; the bound is that of Clopper and Pearson (1934).

    >>> [round(1 / most_wrong(rows)) for rows in (460, 46_050)]
    [100, 10000]
    """
    return 1 - (1 - CONFIDENCE) ** (1 / rows) if rows else 1.0


def check_reference(store: Path, log: AuditedLog, runs: list[AuditedEntry], given: Evidence | None) -> Check:
    """5.4: without raw pings, that each released row is possible by roster, assignments and places."""
    check = CheckBuilder(
        "5.4",
        "each released row is possible by roster, assignments and places",
        "released rows, against --reference",
        Unit.ROWS,
    )
    if given is None:
        check.not_done("no --reference was given", "--reference")
        return check.result()
    hashed = Hashed()
    complete, withdrawn = complete_runs(store, log, runs), log.withdrawn()
    beside_withdrawn(check, log, runs)
    for run in runs:
        entry = EntryNumber(run.number)
        if run not in complete:
            check.not_done(explain("entry {entry}: an output is missing, or is not a plain file", entry=entry))
            continue
        why = other_rules(run)
        if why is not None:
            check.not_done(why)
            continue
        tables = RunInputs.of(list(given_tables(run, given, hashed, pings=False)))
        if tables is None or given.key_of(run) is None:
            check.not_done(
                explain(
                    "entry {entry}: its tables are not all there as they were read, or its pseudonym key is not",
                    entry=entry,
                )
            )
            continue
        case = _case(store, log, run, given, tables)
        _check_possible(check, run, case, frozenset(withdrawn.get(run.run_id, ())))
    return check.result(
        "on duty, by that code, alone with a device, and far from every protected place", "nothing was released"
    )


def _check_possible(check: CheckBuilder, run: AuditedEntry, case: RunCase, withdrawn: frozenset[str]) -> None:
    try:
        answer = check_possible(case)
    except Exception as error:
        check.wrong(f"{where(run)}: the second implementation stops at its tables or release: {words_of(error)}")
    else:
        _report_possible(check, run, answer, withdrawn)


def _report_possible(check: CheckBuilder, run: AuditedEntry, answer: Plausibility, withdrawn: frozenset[str]) -> None:
    check.add(answer.rows)
    _report(
        check,
        answer.impossible,
        [f"{where(run)}: {name}, row {row} is not possible" for name, row in answer.impossible.first],
    )
    for why, count in sorted(answer.why.items()):
        if count:
            check.note(f"{where(run)}: {count:,} because {why}")
    if answer.unanchored.count:
        check.note(
            f"{where(run)}: {number_of(answer.unanchored.count, 'is', 'are')} the first or last of a duty window and"
            " away from work. Only a second fix of the same instant, hidden as a duplicate, can explain that"
        )
    for name in sorted({*answer.not_checked} - withdrawn):
        check.not_done(explain("entry {entry}: {file} has expired", entry=EntryNumber(run.number), file=FileName(name)))
