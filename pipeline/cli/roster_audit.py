"""The command `offduty roster-audit`: which records of the roster were changed after the fact, and with what effect."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pyarrow.compute as pc

from offduty.admin.log_analysis import AGGREGATE, OWN_COPY, AskedAnalysis, asked_about, check_own_copy, role_of
from offduty.analyses.error_cards import rules_sha256
from offduty.analyses.roster_audit import RosterAudit
from offduty.analyses.roster_audit import roster_audit as audit
from offduty.analyses.roster_files import read_people, read_table
from offduty.analyses.roster_page import roster_page
from offduty.analyses.roster_summary import own_text, summary, summary_text
from offduty.analyses.roster_tables import LEAD_TIMES, PEOPLE, RECORDERS, SIGNALS, WEEKS, roster_tables
from offduty.cli.agreed_policy import agreed_policy
from offduty.cli.answer_files import check_names, csv_bytes, json_bytes, put_files
from offduty.cli.asked_early import tell_early
from offduty.cli.asked_store import check_logging, check_named
from offduty.cli.asked_tables import asked_tables
from offduty.cli.console import print_answer, print_lines, say
from offduty.cli.log_asked import log_asked
from offduty.cli.officer_answer import ASKED, OWN, OWN_PAGE, OfficerAnswer, asked_before, asked_lines
from offduty.cli.options import given_officer
from offduty.config.key_files import load_pseudonym_key
from offduty.core.errors import UsageError
from offduty.core.ids import clean_id, stripped
from offduty.core.instants import iso_text
from offduty.core.locations import store_location
from offduty.pages.language import Language
from offduty.pages.language import language as find_language
from offduty.runs.request import instant_or_now
from offduty.store.open_store import LOG, local_copy
from offduty.transparency.log import read_store

NAME = "roster-audit"
SUMMARY, EDITS, PAGE = "roster-audit.json", "roster-edits.csv", "roster-audit.html"
NOBODY = "neither the roster nor the table of recorders names that officer: look how the id is written"
TABLES = (SIGNALS, LEAD_TIMES, WEEKS, RECORDERS, PEOPLE)


def roster_audit(
    store: Path | str | None,
    inputs: Path | None,
    roster: str | None,
    policy: Path,
    people: Path | None,
    key: Path | None,
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
    store is given, its log says first that this was asked; with --key the own section can be made again from it.
    """
    if officer is not None and as_json:
        raise UsageError(
            "--json has the figures for everybody: an own section (--officer) is text, and a table with -o"
        )
    said_in = find_language(language)
    check_logging(store, role, because, signing)
    if officer is not None:
        _check_own(role, because)
    secret = _key(key, store, officer)
    named = asked_tables(inputs, {"roster": roster})
    rules = agreed_policy(policy, store=store, notes=agreement)
    as_of_us = instant_or_now(as_of, rules.policy.timezone, "--as-of")
    own_names = (OWN, OWN_PAGE) if secret is None else (OWN, OWN_PAGE, ASKED)
    check_names(output, (SUMMARY, EDITS, PAGE, *TABLES) if officer is None else own_names, force)
    read = named.read_roster()
    who = None if people is None else read_people(people)
    tell_early(read.rows, read.declared, rules, as_of_us)
    found = audit(read.rows, rules, as_of_us=as_of_us, more=read.approved, people=who, declared=read.declared)
    about = None if officer is None else given_officer(officer)
    if about is not None:
        recorders = [] if who is None else zip(who["recorded_by"], who["officer_id"], strict=True)
        check_named(about, [*pc.unique(read.rows["officer_id"]).to_pylist(), *_known_once(recorders)], NOBODY)
    answer = None if about is None else OfficerAnswer(found.own_section(about))
    files = _everybody(found, said_in) if answer is None else answer.tables()
    where = None if store is None else store_location(store)
    before = None
    if where is not None and secret is not None and about is not None:
        with local_copy(where, LOG) as root:
            before = asked_before(asked_about(read_store(root), secret, about))
    if where is not None:
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
            key=secret,
            declared=read.declared,
        )
        log_asked(where, asked, signing, files, about or "")
    if about is None or answer is None:
        return _answer(files, output, as_json, force)
    lines = [*own_text(answer.section), *asked_lines(before)]
    return _answer_own(answer.files(NAME, before, said_in), lines, output, force)


def _check_own(role: str | None, because: str | None) -> None:
    """Raise `UsageError` where an own section is asked for somebody else: the officer would not be told of it."""
    if because is not None:
        raise UsageError(
            "--because with --officer would be a single case, and an audit has none: an own section is the officer's."
            " Leave one of them out"
        )
    check_own_copy(role)


def _key(key: Path | None, store: Path | str | None, officer: str | None) -> bytes | None:
    """The pseudonym key; `UsageError` where there is nothing that a hash with it would stand for."""
    if key is None:
        return None
    if store is None or officer is None:
        raise UsageError("--key is for the hash of an own section in the log: name the store and --officer, too")
    return load_pseudonym_key(key)


def _known_once(recorders: Iterable[tuple[object, object]]) -> Iterable[object]:
    """The officers of the ``recorders``, each a name and whose it is; one who is there twice is perhaps nobody's."""
    pairs = [(str(recorder), who) for recorder, who in recorders]
    times = Counter(stripped(recorder) for recorder, _ in pairs)
    return [who for recorder, who in pairs if times[stripped(recorder)] == 1 and clean_id(recorder)]


def _everybody(found: RosterAudit, language: Language) -> dict[str, bytes]:
    document = summary(found)
    return {
        SUMMARY: json_bytes(document),
        EDITS: csv_bytes(found.edits),
        PAGE: roster_page(summary(found, language), language),
        **{name: csv_bytes(table) for name, table in roster_tables(document).items()},
    }


def _answer(files: dict[str, bytes], output: Path | None, as_json: bool, force: bool) -> int:
    put_files(output, files, force)
    if output is not None:
        say(
            f"made {SUMMARY}, {PAGE} and {len(TABLES)} tables, for those who were agreed on, and {EDITS}, for the owner"
            " of the roster alone"
        )
    return print_answer(files[SUMMARY]) if as_json else print_lines(summary_text(json.loads(files[SUMMARY])))


def _answer_own(files: dict[str, bytes], lines: list[str], output: Path | None, force: bool) -> int:
    put_files(output, files, force)
    if output is not None:
        *names, last = files
        say(f"made {', '.join(names)} and {last}: they are private, give them only to the officer")
    return print_lines(lines)
