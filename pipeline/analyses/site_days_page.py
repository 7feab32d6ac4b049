"""Makes the page of days on site: the share of days that are confirmed, unit by unit, and never the rest of them (A8).

The target is not drawn: a bar that ends before it would be read as a target that was not met, which nobody can know.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from offduty.analyses.answer_page import answer_page, count_or_not, percent_or_not, unit_or_all
from offduty.analyses.site_days import NO_TARGET, NOT_SHOWN, SHOWN
from offduty.pages.elements import Markup, joined
from offduty.pages.language import ENGLISH, Language
from offduty.pages.page import PageSection, p, table
from offduty.pages.pictures import panels, share

TARGETS = {SHOWN: "site_days.shown", NOT_SHOWN: "site_days.not_shown", NO_TARGET: "site_days.no_target"}
"""The words of an answer about a target, as the document has them, and their messages."""


def site_days_page(document: Mapping[str, Any], language: Language = ENGLISH) -> bytes:
    """The page of the document that `site_days_summary.summary` makes, in the same language."""
    target = document["target_percent"]
    agreed = language.say("site_days.target_of", count=target) if target else language.say("site_days.no_target")
    period = language.say("site_days.period", first=document["from"], end=document["to"])
    more = [
        (language.say("answer.days"), period),
        (language.say("answer.codes"), ", ".join(document["codes"])),
        (language.say("site_days.target"), agreed),
    ]
    figures = [PageSection("units", language.say("site_days.units"), _units(document["units"], language))]
    return answer_page("site_days", document, language, figures, more)


def _units(rows: Sequence[Mapping[str, Any]], language: Language) -> Markup:
    not_named = p(language.say("site_days.not_named"))
    if not rows:
        return joined(p(language.say("site_days.nothing")), not_named)
    pictures = [
        (unit_or_all(row["unit"], language), _picture(number, row, language)) for number, row in enumerate(rows)
    ]
    cells = [
        [
            unit_or_all(row["unit"], language),
            count_or_not(language, row["days"]),
            percent_or_not(language, row["confirmed_percent"]),
            language.say(TARGETS[row["target"]]),
        ]
        for row in rows
    ]
    heads = ["answer.unit", "site_days.number", "site_days.confirmed", "site_days.target"]
    figures = table(language.say("site_days.caption"), [language.say(key) for key in heads], cells)
    return joined(p(language.say("site_days.what")), panels(*pictures), figures, not_named)


def _picture(number: int, row: Mapping[str, Any], language: Language) -> Markup:
    percent = percent_or_not(language, row["confirmed_percent"])
    return share(
        f"unit-{number}",
        language.say("site_days.picture", unit=unit_or_all(row["unit"], language)),
        language.say("site_days.description", percent=percent),
        row["confirmed_percent"],
    )
