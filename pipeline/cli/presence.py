"""The command `offduty presence`: on how much of the rostered duty was the device seen at work."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path

from offduty.analyses.presence import Presence
from offduty.analyses.presence import presence as question
from offduty.analyses.presence_page import presence_page
from offduty.analyses.presence_summary import own_text, sites_by_hour, summary, summary_text, weeks
from offduty.cli.answer_files import csv_bytes, json_bytes
from offduty.cli.asked_store import Given, ask_store, days_asked, free_names, tell_windows
from offduty.cli.officer_answer import OfficerAnswer
from offduty.pages.language import Language
from offduty.pages.language import language as find_language

NAME = "presence"
SUMMARY, WEEKS, SITES, PAGE = "presence.json", "presence-weeks.csv", "presence-sites.csv", "presence.html"


def presence(
    store: Path | str,
    policy: Path,
    inputs: Path | None,
    roster: str | None,
    sites: str | None,
    key: Path | None,
    units: Path | None,
    start: str | None,
    end: str | None,
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
    """Say on how much of the rostered duty the device was seen at work, from the release alone.

    Standard output has the figures that everybody may see; with --officer one officer's section: that officer's own
    copy, or with --because a single case.
    """
    said_in = find_language(language)
    given = Given(
        store, policy, inputs, roster, sites, key, units, as_of, officer, role, because, signing, output, as_json, force
    )
    first, last = days_asked(start, end)
    free_names(given, (SUMMARY, WEEKS, SITES, PAGE))
    with ExitStack() as end_of:
        asked = ask_store(given, first, last, end_of)
        found = question(
            asked.release.frame,
            asked.roster,
            asked.sites,
            asked.policy,
            key=asked.key,
            decided=asked.release.decided,
            as_of_us=asked.as_of_us,
            start=first,
            end=last,
            units=asked.units,
            declared=asked.declared,
        )
        parameters = {"from": f"{first or ''}", "to": f"{last or ''}"}
        if asked.officer is not None:
            about = OfficerAnswer.of(found, asked.officer, given.is_own_copy)
            asked.log(NAME, found.terms.recipients, parameters, about.tables())
            tell_windows(found.windows["officer"], None)
            return asked.print_about(NAME, about, own_text(about.section, about.dates), said_in)
        files = _everybody(found, said_in)
        asked.log(NAME, found.terms.recipients, parameters, files)
        tell_windows(found.windows["officer"], found.assessed["officer"])
        return asked.print_figures(files, files[SUMMARY], summary_text(json.loads(files[SUMMARY])))


def _everybody(found: Presence, language: Language) -> dict[str, bytes]:
    return {
        SUMMARY: json_bytes(summary(found)),
        WEEKS: csv_bytes(weeks(found)),
        SITES: csv_bytes(sites_by_hour(found)),
        PAGE: presence_page(summary(found, language), language),
    }
