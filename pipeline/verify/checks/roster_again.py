"""What check 8.2 makes again of a roster audit: list of edits, tables of figures, or one officer's section.

It needs no release: roster, policy and, where it was read, the table of recorders (``--people``); for a section the
pseudonym key, too. The page and the JSON document around the figures are not made again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from offduty.verify.answers_again.recorded_roster import APPROVED
from offduty.verify.answers_again.recorders import OtherFormError, read_recorders
from offduty.verify.answers_again.roster_audit import RosterAuditAgain
from offduty.verify.checks.tables_again import compare_section, compare_tables
from offduty.verify.entries import AuditedEntry
from offduty.verify.redecide.ingest.reference_reader import read_table
from offduty.verify.redecide.ingest.reference_row import ReferenceRow
from offduty.verify.redecide.model import InputFile
from offduty.verify.redecide.rules import Rules
from offduty.verify.verdict import CheckBuilder, EntryNumber, Label, explain

UNHASHED = (
    "an officer's own section of a roster audit, of which the log has no hash, as it was asked without --key: make it"
    " (offduty roster-audit --officer, --as-of of the entry), compare bytes"
)
WITHOUT_KEY = (
    "an officer's own section of a roster audit, and the pseudonym key is not there, or is another: name it in the job,"
    " or make the section (offduty roster-audit --officer, --as-of of the entry), compare bytes"
)

OTHER_FORM = (
    "the table of recorders that it read is packed, or in letters that are not UTF-8, and is not read here: make the"
    " audit again (offduty roster-audit, --as-of of the entry) from a plain copy, compare bytes"
)


def audit_again(
    check: CheckBuilder,
    entry: AuditedEntry,
    rules: Rules,
    terms: Mapping[str, Any],
    tables: Iterable[tuple[str, Path]],
    key: bytes | None,
) -> None:
    """The tables of a roster audit, from the files of the roster and of the recorders; a table that the entry does not
    name is not compared, and that is said. Of an own copy its section, by the hash with the ``key``.
    """
    try:
        again = _again(rules, terms, list(tables))
    except OtherFormError:
        check.not_done(explain("entry {entry}: {why}", entry=EntryNumber(entry.number), why=Label(OTHER_FORM)))
        return
    if entry.document["answer"] != "aggregate":
        compare_section(check, entry, again.sections(), key or b"", "the roster gives")
        return
    made = again.tables()
    named = {output["name"] for output in entry.document["outputs"]}
    compare_tables(check, entry, {name: content for name, content in made.items() if name in named}, "the roster gives")
    lacking = ", ".join(sorted(set(made) - named))
    if lacking:
        why = f"it has no hash of {lacking}: make it again (offduty roster-audit, --as-of of the entry), compare bytes"
        check.not_done(explain("entry {entry}: {why}", entry=EntryNumber(entry.number), why=Label(why)))


def _again(rules: Rules, terms: Mapping[str, Any], tables: list[tuple[str, Path]]) -> RosterAuditAgain:
    rows: list[ReferenceRow] = []
    for number, path in enumerate(path for table, path in tables if table == "roster"):
        source = InputFile(number, "roster", path.name, path)
        rows += read_table(source, rules.declaration("roster"), (APPROVED,))[0]
    people = next((path for table, path in tables if table == "people"), None)
    return RosterAuditAgain(rows, rules, terms, None if people is None else read_recorders(people))
