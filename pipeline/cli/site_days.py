"""The command `offduty site-days`: can it be shown that the agreed number of days on site was met."""

from __future__ import annotations

import json
import re
from contextlib import ExitStack
from datetime import date
from pathlib import Path

from offduty.analyses.site_days import SiteDays
from offduty.analyses.site_days import site_days as question
from offduty.analyses.site_days_page import site_days_page
from offduty.analyses.site_days_summary import own_text, summary, summary_text, units
from offduty.cli.answer_files import csv_bytes, json_bytes
from offduty.cli.asked_store import Given, ask_store, free_names, tell_windows
from offduty.cli.officer_answer import OfficerAnswer
from offduty.core.errors import UsageError
from offduty.pages.language import Language
from offduty.pages.language import language as find_language

NAME = "site-days"
LONGEST_CODES = 200  # characters, as `verify` reads a parameter of an entry
SUMMARY, UNITS, PAGE = "site-days.json", "site-days-units.csv", "site-days.html"


def site_days(
    store: Path | str,
    policy: Path,
    inputs: Path | None,
    roster: str | None,
    sites: str | None,
    key: Path | None,
    units: Path | None,
    codes: tuple[str, ...],
    period: str,
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
    """Say whether the agreed number of days on site can be shown, from the release alone.

    Standard output has the figures that everybody may see; with --officer one officer's section: that officer's own
    copy, or with --because a single case.
    """
    said_in = find_language(language)
    given = Given(
        store, policy, inputs, roster, sites, key, units, as_of, officer, role, because, signing, output, as_json, force
    )
    codes = codes_of(codes)
    start, end = period_of(period)
    free_names(given, (SUMMARY, UNITS, PAGE))
    with ExitStack() as end_of:
        asked = ask_store(given, start, end, end_of)
        found = question(
            asked.release.frame,
            asked.roster,
            asked.sites,
            asked.policy,
            key=asked.key,
            decided=asked.release.decided,
            as_of_us=asked.as_of_us,
            codes=codes,
            start=start,
            end=end,
            units=asked.units,
            declared=asked.declared,
        )
        parameters = {"from": f"{start}", "to": f"{end}", "codes": ", ".join(codes)}
        if asked.officer is not None:
            about = OfficerAnswer.of(found, asked.officer, given.is_own_copy)
            asked.log(NAME, found.terms.recipients, parameters, about.tables())
            tell_windows(found.days["officer"], None)
            return asked.print_about(NAME, about, own_text(about.section, about.dates), said_in)
        files = _everybody(found, said_in)
        asked.log(NAME, found.terms.recipients, parameters, files)
        tell_windows(found.days["officer"], found.counts()["officer"])
        return asked.print_figures(files, files[SUMMARY], summary_text(json.loads(files[SUMMARY])))


def period_of(text: str) -> tuple[date, date]:
    """The first day of a period, and the first after it: a month (2026-03), or two dates (2026-03-02/2026-04-12, both
    in it). `UsageError` for anything else.
    """
    try:
        if re.fullmatch(r"\d{4}-\d\d", text):
            year, month = int(text[:4]), int(text[5:])
            return date(year, month, 1), date(year + month // 12, month % 12 + 1, 1)
        first, last = (date.fromisoformat(part) for part in text.split("/"))
        end = date.fromordinal(last.toordinal() + 1)
    except ValueError:
        raise UsageError(
            f"--period is a month (2026-03), or its first and last day (2026-03-02/2026-04-12): {text!r}"
        ) from None
    if last < first:
        raise UsageError("--period ends before it begins: write its first day before the slash")
    return first, end


def codes_of(given: tuple[str, ...]) -> tuple[str, ...]:
    """The codes that are asked for, each once. `UsageError` where they do not fit into the entry of the log, which
    names them in one line, with commas between them.
    """
    codes = tuple(dict.fromkeys(given))
    if any("," in code for code in codes):
        raise UsageError(
            "--codes: a code with a comma cannot be asked for: the log names codes with commas between them"
        )
    if len(", ".join(codes)) > LONGEST_CODES:
        raise UsageError(f"--codes are longer than {LONGEST_CODES} characters together: ask for fewer in one question")
    return codes


def _everybody(found: SiteDays, language: Language) -> dict[str, bytes]:
    return {
        SUMMARY: json_bytes(summary(found)),
        UNITS: csv_bytes(units(found)),
        PAGE: site_days_page(summary(found, language), language),
    }
