"""The command `offduty roster-audit`: which records of the roster were changed after the fact, and with what effect."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from offduty.analyses.roster_audit import RosterAudit
from offduty.analyses.roster_audit import roster_audit as audit
from offduty.analyses.roster_files import read_people, read_roster_files
from offduty.analyses.roster_summary import own_text, summary, summary_text
from offduty.cli.agreed_policy import agreed_policy
from offduty.cli.console import print_answer, print_lines, say
from offduty.cli.options import given_officer
from offduty.cli.write_file import check_free, put
from offduty.core.errors import UsageError
from offduty.runs.request import instant_of

SUMMARY, EDITS, OWN = "roster-audit.json", "roster-edits.csv", "own-section.csv"


def roster_audit(
    roster: str,
    policy: Path,
    people: Path | None,
    agreement: tuple[Path, ...],
    as_of: str | None,
    officer: str | None,
    output: Path | None,
    as_json: bool,
    force: bool,
) -> int:
    """Audit the records of a roster: which were changed after the fact, and with what effect. No position is read.

    Standard output has the figures that everybody may see; with --officer, that officer's own section alone.
    """
    if officer is not None and as_json:
        raise UsageError(
            "--json has the figures for everybody: an own section (--officer) is text, and a table with -o"
        )
    rules = agreed_policy(policy, notes=agreement)
    as_of_us = time.time_ns() // 1000 if as_of is None else instant_of(as_of, rules.policy.timezone, "--as-of")
    names = (OWN,) if officer is not None else (SUMMARY, EDITS)
    for name in names if output is not None else ():
        check_free(_inside(output, name), force)
    rows, more = read_roster_files(roster, Path())
    who = None if people is None else read_people(people)
    found = audit(rows, rules, as_of_us=as_of_us, more=more, people=who)
    if officer is not None:
        return _own(found, given_officer(officer), output, force)
    return _everybody(found, output, as_json, force)


def _everybody(found: RosterAudit, output: Path | None, as_json: bool, force: bool) -> int:
    document = summary(found)
    written = _json(document)
    if output is not None:
        put(_inside(output, SUMMARY), written, force)
        put(_inside(output, EDITS), found.edits.to_csv(index=False, lineterminator="\n").encode(), force)
        say(f"made {SUMMARY}, for those who were agreed on, and {EDITS}, for the owner of the roster alone")
    return print_answer(written) if as_json else print_lines(summary_text(document))


def _own(found: RosterAudit, officer: str, output: Path | None, force: bool) -> int:
    section = found.own_section(officer)
    if output is not None:
        put(_inside(output, OWN), section.to_csv(index=False, lineterminator="\n").encode(), force)
        say(f"made {OWN}: it is private, give it only to the officer")
    return print_lines(own_text(section))


def _inside(output: Path | None, name: str) -> Path:
    folder = output or Path()
    if not folder.is_dir():
        raise UsageError(f"the folder for the answers is not there: make it first ({folder.absolute().parent})")
    return folder / name


def _json(document: dict[str, Any]) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()
