"""Check 8.2: each analysis is made again from the release, the roster and the sites, and its tables compared by hash.

What was answered about one officer is found by its keyed hash, for whoever it was. The words and the error card around
the figures are not made again. Questions about policies are in `policies_again`, those about records in `roster_again`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from offduty.config.key_files import fingerprint
from offduty.config.policy import Policy
from offduty.verify.answers_again import answers
from offduty.verify.answers_again.evidence_of_duty import AskedAgain, DutyEvidence, asked_days
from offduty.verify.answers_again.interests import InterestEvidence, read_register, sections
from offduty.verify.checks.answer_rules import check_rules
from offduty.verify.checks.policies_again import comparison_again, pack_again
from offduty.verify.checks.policy import policy_hash
from offduty.verify.checks.roster_again import UNHASHED, WITHOUT_KEY, audit_again
from offduty.verify.checks.tables_again import MadeAgain, check_size, compare_section, compare_tables
from offduty.verify.entries import AuditedEntry, AuditedLog, read_audited_log, zone
from offduty.verify.evidence import Evidence, sha256_of
from offduty.verify.output_files import is_plain, output_path, where
from offduty.verify.redecide.duty.on_duty import common, without
from offduty.verify.redecide.ingest.reference_reader import read_table
from offduty.verify.redecide.ingest.reference_row import ReferenceRow
from offduty.verify.redecide.model import FOREVER_US, NEVER_US, InputFile
from offduty.verify.redecide.rules import Rules, read_rules
from offduty.verify.redecide.text_values import instant
from offduty.verify.verdict import Check, CheckBuilder, Count, EntryNumber, Label, Unit, explain

LONGEST_WINDOW_US = 31 * 86_400_000_000
ROSTER_AUDIT = "roster-audit"


def check_made_again(
    store: Path, log: AuditedLog, given: Evidence | None, policy: Path | None, compared: Path | None = None
) -> Check:
    """8.2, for all analyses of the log; ``given`` are the auditor's files and key, ``compared`` is another store, of
    which comparisons may be.
    """
    beside = [] if compared is None else [(compared, read_audited_log(compared / "log"))]
    check = CheckBuilder("8.2", "each answer is the one that the release gives", "analyses, made again", Unit.ENTRIES)
    policies: dict[str, Mapping[str, Any]] = {policy_hash(run): run.document["policy"] for run in log.runs()}
    if policy is not None:
        agreed = Policy.load(policy)
        policies[agreed.sha256] = agreed.as_document()
    for entry in log.entries:
        if entry.kind == "analysis" and not entry.faults:
            _again(check, entry, _Case(store, log, entry, given, policies), beside)
    return check.result("by a second implementation, table by table", "the log has no analysis")


def _not_given(tables: set[str]) -> str:
    """What the auditor does not have, and by which option it is given."""
    if tables == {"people"}:
        return "the table of recorders that it read was not given: name it with --people"
    if tables == {"register"}:
        return "the register of interests that it read was not given: name it with --register"
    return "a table that it read is not among the files that were given"


@dataclass(frozen=True)
class _Case:
    """One analysis, and what the auditor has."""

    store: Path
    log: AuditedLog
    entry: AuditedEntry
    given: Evidence | None
    policies: Mapping[str, Mapping[str, Any]]

    def lacking(self) -> str:
        """Why it cannot be made again; empty where it can."""
        document = self.entry.document
        own_records = self.is_about_records and document["answer"] != "aggregate"
        if own_records and not document["keyed_sha256"]:
            return UNHASHED
        if self.given is None:
            return "no --inputs or --reference was given to make it again from"
        if own_records and not self.has_key():
            return WITHOUT_KEY
        if not self.is_about_records and not self.has_key():
            return "the pseudonym key is not there, or is another"
        if document["policy_sha256"] not in self.policies:
            return "its policy is not known; give it with --policy"
        lacking = {table for table, path in self.tables if path is None}
        if lacking:
            return _not_given(lacking)
        if not self.declared_as_runs():
            whose = "all runs before it" if self.is_about_records else "the runs that it names"
            return f"it read its tables in another way than {whose}: see its declarations and theirs"
        if self.is_about_records:
            return ""
        gone = [name for _, name, path in self.files() if not is_plain(self.store, path)]
        return "a file of the release that it read is not there any more" if gone else ""

    @property
    def is_about_records(self) -> bool:
        """Whether it reads a roster and no release."""
        return bool(self.entry.document["analysis"] == ROSTER_AUDIT)

    @property
    def key(self) -> bytes | None:
        """The pseudonym key of the auditor."""
        return None if self.given is None else self.given.key

    def has_key(self) -> bool:
        """Whether the auditor has the pseudonym key that it names."""
        return self.key is not None and fingerprint(self.key) == self.entry.document["pseudonym"]

    @cached_property
    def tables(self) -> list[tuple[str, Path | None]]:
        """The files that it read, among those of the auditor, by their hash."""
        found = []
        for table in self.entry.document["tables"]:
            named = () if self.given is None else self._files_of(table["table"], self.given)
            same = (path for path in named if sha256_of(path) == table["sha256"])
            found.append((table["table"], next(same, None)))
        return found

    def declared_as_runs(self) -> bool:
        """Whether each table that it read is written, by its own words, as one of the runs that it names says: else
        the same file may say something else here than it said to them. What is not declared is written by the contract.
        A roster audit names no runs, and is held against those that were in the log by then.
        """
        named, own = set(self.entry.document["runs"]), self.declarations()
        all_of_them = self.is_about_records
        before = self.before().runs()
        runs = [run.document.get("declarations", {}) for run in before if all_of_them or run.run_id in named]
        read = {table["table"] for table in self.entry.document["tables"]} & {"roster", "sites"}
        return all(any(run.get(table) == own.get(table) for run in runs) for table in read)

    def declarations(self) -> Mapping[str, Any]:
        """How its tables are written, by its own words."""
        found: Mapping[str, Any] = self.entry.document.get("declarations", {})
        return found

    def _files_of(self, table: str, given: Evidence) -> Iterable[Path]:
        beside = {"register": given.register, "people": given.people}
        if table in beside:
            path = beside[table]
            return () if path is None else (path,)
        return given.named.get(table, {}).values()

    def before(self) -> AuditedLog:
        """The log as it was when it was asked."""
        return AuditedLog(tuple(each for each in self.log.entries if each.number < self.entry.number), ())

    def parts(self) -> Iterator[tuple[AuditedEntry, int, int, bool]]:
        """The runs whose release was current then, and the time in which each was; whether that is its whole time."""
        log = self.before()
        first, end = asked_days(self.entry.document["parameters"])
        local = zone(self.policies[self.entry.document["policy_sha256"]]["policy"]["timezone"])
        begin_us = NEVER_US if first is None else _midnight(first, local)
        end_us = FOREVER_US if end is None else _midnight(end, local) + LONGEST_WINDOW_US
        left, gone = [(begin_us, end_us)], log.expired()
        for run in reversed(log.runs()):
            whole = _interval(run)
            mine = common(left, [whole])
            left = without(left, [whole])
            names = [output["name"] for output in run.document["outputs"] if output["name"].startswith("release/")]
            if not names or set(names) - gone.get(run.run_id, set()):
                yield from ((run, *span, span == whole) for span in mine)

    def files(self) -> Iterator[tuple[AuditedEntry, str, Path]]:
        """The files of the release that were current then."""
        gone = self.before().expired()
        for run in {part[0].run_id: part[0] for part in self.parts()}.values():
            for output in run.document["outputs"]:
                name = output["name"]
                if name.startswith("release/") and name not in gone.get(run.run_id, set()):
                    yield run, name, output_path(self.store, run, name)


def _again(check: CheckBuilder, entry: AuditedEntry, case: _Case, beside: Sequence[tuple[Path, AuditedLog]]) -> None:
    check_rules(check, entry)
    if entry.document["analysis"] == "compare":
        comparison_again(check, [(case.store, case.log), *beside], entry, case.given)
    elif entry.document["analysis"] == "consult":
        pack_again(check, case.log, entry)
    else:
        _about_staff(check, entry, case)


def _about_staff(check: CheckBuilder, entry: AuditedEntry, case: _Case) -> None:
    lacking = case.lacking()
    if lacking:
        check.not_done(explain("entry {entry}: {why}", entry=EntryNumber(entry.number), why=Label(lacking)))
        return
    check.add()
    _sizes(check, case)
    if case.is_about_records:
        with check.reading(f"{where(entry)}: what it says it read cannot be read, so nothing was answered from it"):
            read = [(name, path) for name, path in case.tables if path]
            audit_again(check, entry, _rules(case), _terms(case), read, case.key)
    else:
        _from_release(check, entry, case)
    _left_out(check, case)


def _from_release(check: CheckBuilder, entry: AuditedEntry, case: _Case) -> None:
    parts = list(case.parts())
    numbers = sorted({part[0].number for part in parts})
    runs = [run.run_id for run in case.log.runs() if run.number in numbers]
    if runs != entry.document["runs"]:
        check.wrong(f"{where(entry)}: it did not read the runs whose release was current then")
        return
    evidence = DutyEvidence(_asked(case, parts))
    if entry.document["answer"] == "aggregate":
        compare_tables(check, entry, _tables(case, evidence), "the release gives")
    else:
        compare_section(check, entry, _sections(case, evidence), case.key or b"", "the release gives")


def _sizes(check: CheckBuilder, case: _Case) -> None:
    """Whether the files that it read have the sizes that it names."""
    for read, (table, path) in zip(case.entry.document["tables"], case.tables, strict=True):
        if path is not None:
            check_size(check, case.entry, f"a file of the table {table}", read["bytes"], path.stat().st_size)


def _left_out(check: CheckBuilder, case: _Case) -> None:
    """Say that there are files of the roster that an analysis did not read: of a part it answers something else."""
    read = {table["sha256"] for table in case.entry.document["tables"] if table["table"] == "roster"}
    others = 0 if case.given is None else case.given.not_among("roster", read)
    if others:
        check.not_done(
            explain(
                "entry {entry}: files of the roster that the job names and the answer did not read: {files}; were they"
                " there then?",
                entry=EntryNumber(case.entry.number),
                files=Count(others, Unit.FILES),
            )
        )


def _terms(case: _Case) -> dict[str, Any]:
    name = case.entry.document["analysis"].replace("-", "_")
    return dict(case.policies[case.entry.document["policy_sha256"]]["analyses"][name])


def _rules(case: _Case) -> Rules:
    """The rules of its policy, as of the instant that it names."""
    document = case.entry.document
    return read_rules(
        {
            "policy": case.policies[document["policy_sha256"]],
            "as_of": document["parameters"]["as_of"],
            "interval": {"from": "", "to": ""},
            "declarations": case.declarations(),
        }
    )


def _asked(case: _Case, parts: Sequence[tuple[AuditedEntry, int, int, bool]]) -> AskedAgain:
    """What the second implementation needs to make it again."""
    document, rules = case.entry.document, _rules(case)
    tables: dict[str, list[ReferenceRow]] = {"roster": [], "sites": []}
    for number, (table, path) in enumerate(case.tables):
        if path is not None and table in tables:
            tables[table] += read_table(InputFile(number, table, path.name, path), rules.declaration(table))[0]
    windows_in = asked_days(document["parameters"])
    if document["analysis"] == "interests":  # cuts hours, and not windows, at the ends of the days
        windows_in = None, None
    return AskedAgain(
        rules,
        [(begin, until, _us(run.document["as_of"])) for run, begin, until, _ in parts],
        *windows_in,
        int(_terms(case)["join_s"]),
        case.key or b"",
        tables["roster"],
        tables["sites"],
        _release(case, parts),
        {},
    )


def _release(case: _Case, parts: Sequence[tuple[AuditedEntry, int, int, bool]]) -> pa.Table:
    """The rows of the release that were current then."""
    columns = ["officer", "observed_at", "lon", "lat"]
    tables = [pa.table({name: pa.array([], kind) for name, kind in zip(columns, _KINDS, strict=True)})]
    for run, begin, until, whole in parts:
        step = int(run.document["policy"]["release"]["time_step_s"]) * 1_000_000
        for other, _, path in case.files():
            if other.run_id == run.run_id:
                table = pq.read_table(path, columns=columns, partitioning=None).cast(tables[0].schema)
                at = pc.cast(table["observed_at"], pa.int64())
                kept = pc.and_(pc.greater_equal(at, begin // step * step), pc.less(at, until))
                tables.append(table if whole else table.filter(kept))
    return pa.concat_tables(tables)


_KINDS = (pa.string(), pa.timestamp("us", tz="UTC"), pa.float64(), pa.float64())


def _tables(case: _Case, evidence: DutyEvidence) -> Mapping[str, bytes]:
    """The tables of an answer for everybody, by name."""
    analysis, terms = case.entry.document["analysis"], _terms(case)
    if analysis == "presence":
        return answers.presence_tables(evidence, answers.presence_windows(evidence))
    if analysis == "interests":
        return _interests(case, evidence).table()
    days = answers.site_days(evidence, _codes(case.entry), terms)
    return answers.site_days_tables(evidence, days, int(terms["target_percent"]))


def _interests(case: _Case, evidence: DutyEvidence) -> InterestEvidence:
    rows = [row for table, path in case.tables if table == "register" and path for row in read_register(path)]
    return InterestEvidence(evidence, rows, _terms(case), asked_days(case.entry.document["parameters"]))


def _sections(case: _Case, evidence: DutyEvidence) -> Iterator[MadeAgain]:
    """The section of every officer whom the roster names, or the register; before it, in an own copy, the dates."""
    document = case.entry.document
    asked = asked_days(document["parameters"])
    if document["analysis"] == "interests":
        yield from sections(_interests(case, evidence))
        return
    if document["analysis"] == "presence":
        windows = answers.presence_windows(evidence)
        made = (
            (who, answers.presence_dates(evidence, mine), answers.presence_section(asked, mine))
            for who, mine in ((who, windows.get(who, [])) for who in sorted(evidence.named))
        )
    else:
        codes, terms = _codes(case.entry), _terms(case)
        days = answers.site_days(evidence, codes, terms)
        target = int(terms["target_percent"])
        made = (
            (who, answers.site_days_dates(mine), answers.site_days_section(asked, codes, target, mine))
            for who, mine in ((who, days.get(who, [])) for who in sorted(evidence.named))
        )
    for who, dates, section in made:
        yield (who, dates, section) if document["answer"] == "own_copy" else (who, section)


def _codes(entry: AuditedEntry) -> list[str]:
    return str(entry.document["parameters"]["codes"]).split(", ")


def _interval(run: AuditedEntry) -> tuple[int, int]:
    begin, end = run.document["interval"]["from"], run.document["interval"]["to"]
    return _us(begin) if begin else NEVER_US, _us(end) if end else FOREVER_US


def _us(text: str) -> int:
    return instant(text) or 0


def _midnight(day: date, local: tzinfo) -> int:
    at = datetime(day.year, day.month, day.day, tzinfo=local).astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return (at.days * 86_400 + at.seconds) * 1_000_000
