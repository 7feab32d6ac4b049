"""The command `offduty roster-audit`: which records of the roster were changed after the fact, and with what effect."""

from __future__ import annotations

import json
from pathlib import Path

from offduty.admin.log_analysis import AGGREGATE, OWN_COPY, AskedAnalysis, role_of
from offduty.analyses.error_cards import rules_sha256
from offduty.analyses.own_answer_page import own_answer_page
from offduty.analyses.roster_audit import RosterAudit
from offduty.analyses.roster_audit import roster_audit as audit
from offduty.analyses.roster_files import read_people, read_table
from offduty.analyses.roster_page import roster_page
from offduty.analyses.roster_summary import own_text, summary, summary_text
from offduty.analyses.roster_tables import LEAD_TIMES, PEOPLE, RECORDERS, SIGNALS, WEEKS, roster_tables
from offduty.cli.agreed_policy import agreed_policy
from offduty.cli.answer_files import check_names, csv_bytes, json_bytes, put_files
from offduty.cli.asked_store import OWN, OWN_PAGE, check_logging
from offduty.cli.asked_tables import asked_tables
from offduty.cli.console import print_answer, print_lines, say
from offduty.cli.log_asked import log_asked
from offduty.cli.options import given_officer
from offduty.core.errors import UsageError
from offduty.core.instants import iso_text
from offduty.core.locations import store_location
from offduty.pages.language import Language
from offduty.pages.language import language as find_language
from offduty.runs.request import instant_or_now

NAME = "roster-audit"
SUMMARY, EDITS, PAGE = "roster-audit.json", "roster-edits.csv", "roster-audit.html"
TABLES = (SIGNALS, LEAD_TIMES, WEEKS, RECORDERS, PEOPLE)


def roster_audit(
    store: Path | str | None,
    inputs: Path | None,
    roster: str | None,
    policy: Path,
    people: Path | None,
    agreement: tuple[Path, ...],
    as_of: str | None,
    officer: str | None,
    role: str | None,
    because: str | None,
    signing: Path | None,
    language: str,
    output: Path | None,
    as_json: bool,
    force: bool,
) -> int:
    """Audit the records of a roster: which were changed after the fact, and with what effect. No position is read.

    Standard output has the figures that everybody may see; with --officer, that officer's own section alone. Where a
    store is given, its log says first that this was asked.
    """
    if officer is not None and as_json:
        raise UsageError(
            "--json has the figures for everybody: an own section (--officer) is text, and a table with -o"
        )
    said_in = find_language(language)
    check_logging(store, role, because, signing)
    named = asked_tables(inputs, {"roster": roster})
    rules = agreed_policy(policy, store=store, notes=agreement)
    as_of_us = instant_or_now(as_of, rules.policy.timezone, "--as-of")
    names = (OWN, OWN_PAGE) if officer is not None else (SUMMARY, EDITS, PAGE, *TABLES)
    check_names(output, names, force)
    read = named.read_roster()
    who = None if people is None else read_people(people)
    found = audit(read.rows, rules, as_of_us=as_of_us, more=read.approved, people=who, declared=read.declared)
    about = None if officer is None else given_officer(officer)
    files = _everybody(found, said_in) if about is None else _own(found, about)
    if store is not None:
        tables = [*read.tables, *([] if people is None else [read_table("people", people)])]
        asked = AskedAnalysis(
            analysis=NAME,
            answer=AGGREGATE if about is None else OWN_COPY,
            role=role_of(role, found.terms["recipients"]) if about is None else "",
            because=because or "",
            parameters={"as_of": iso_text(as_of_us)},
            tables=tables,
            policy_sha256=rules.sha256,
            rules_sha256=rules_sha256(NAME),
            declared=read.declared,
        )
        log_asked(store_location(store), asked, signing, files, about or "")
    if about is not None:
        files[OWN_PAGE] = own_answer_page(NAME, found.own_section(about), None, said_in)
    return _answer(found, files, about, output, as_json, force)


def _everybody(found: RosterAudit, language: Language) -> dict[str, bytes]:
    document = summary(found)
    return {
        SUMMARY: json_bytes(document),
        EDITS: csv_bytes(found.edits),
        PAGE: roster_page(summary(found, language), language),
        **{name: csv_bytes(table) for name, table in roster_tables(document).items()},
    }


def _own(found: RosterAudit, officer: str) -> dict[str, bytes]:
    return {OWN: csv_bytes(found.own_section(officer))}


def _answer(
    found: RosterAudit, files: dict[str, bytes], officer: str | None, output: Path | None, as_json: bool, force: bool
) -> int:
    put_files(output, files, force)
    if output is not None and officer is None:
        say(
            f"made {SUMMARY}, {PAGE} and {len(TABLES)} tables, for those who were agreed on, and {EDITS}, for the owner"
            " of the roster alone"
        )
    elif output is not None:
        say(f"made {OWN} and {OWN_PAGE}: they are private, give them only to the officer")
    if officer is not None:
        return print_lines(own_text(found.own_section(officer)))
    return print_answer(files[SUMMARY]) if as_json else print_lines(summary_text(json.loads(files[SUMMARY])))
