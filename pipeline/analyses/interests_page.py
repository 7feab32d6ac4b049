"""Makes the page of declared interests: each rule with its lawful reasons, and how many overlaps are cleared (A8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from offduty.analyses.answer_page import answer_page
from offduty.pages.elements import Markup, el, joined
from offduty.pages.language import ENGLISH, Language
from offduty.pages.page import PageSection, p, table
from offduty.pages.pictures import PictureAxis, PictureBar, bars, panels

Row = Mapping[str, Any]


def interests_page(document: Mapping[str, Any], language: Language = ENGLISH) -> bytes:
    """The page of the document that `interests_summary.summary` makes, in the same language."""
    read = "release_read" if document["release"] == "read" else "release_not_read"
    more = [
        (language.say("interests.release"), language.say(f"interests.{read}")),
        (language.say("interests.not_assessed"), document["interests_not_assessed"]),
    ]
    if document["from"] or document["to"]:
        more.append((language.say("answer.days"), f"{document['from'] or '…'} – {document['to'] or '…'}"))
    figures = [PageSection("rules", language.say("interests.rules"), _rules(document["rules"], language))]
    return answer_page("interests", document, language, figures, more)


def _rules(rows: Sequence[Row], language: Language) -> Markup:
    heads = ["interests.rule", "interests.found", "interests.cleared", "interests.may_be"]
    cells = [
        [
            joined(el("strong", row["rule"]), f" {row['question']}"),
            row["printed"],
            row["printed_cleared"],
            row["lawful_reasons"],
        ]
        for row in rows
    ]
    figures = table(language.say("interests.rules_caption"), [language.say(key) for key in heads], cells)
    return joined(p(language.say("interests.what")), _picture(rows, language), figures)


def _picture(rows: Sequence[Row], language: Language) -> Markup | None:
    """A bar for each rule. What is cleared is not drawn: the rest of the bar would be read as a share that is not."""
    highest = max((row["findings"] or 0 for row in rows), default=0)
    if not highest:
        return None
    label = language.say("interests.label", count=highest)
    title = language.say("interests.picture")
    drawn = [PictureBar(number, number + 1, row["findings"]) for number, row in enumerate(rows)]
    axis = PictureAxis(len(rows), [(number + 0.5, row["rule"]) for number, row in enumerate(rows)])
    said = language.say("interests.description", label=label)
    return panels((title, bars("findings", title, said, drawn, axis, highest, label)))
