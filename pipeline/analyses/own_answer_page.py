"""Makes the page of one officer's section of an answer: for the officer, or for who asked for a single case (A4, A8).

It is made from the section's table alone, and from what the log says of single cases in an own copy.
"""

from __future__ import annotations

import pandas as pd

from offduty.pages.elements import Markup
from offduty.pages.language import ENGLISH, Language, in_english
from offduty.pages.page import PageSection, code, p, render, table

ASK = {"roster-audit": "roster_audit.ask", "interests": "interests.ask"}
"""Whom to ask, where it is not what other answers say."""


def own_answer_page(
    analysis: str, section: pd.DataFrame, asked: pd.DataFrame | None = None, language: Language = ENGLISH
) -> bytes:
    """The page of a section of ``analysis`` (its command). ``asked`` are the single cases about the officer, in an own
    copy of a store; None where it is none. What the section says in words is in English on every page.
    """
    name = analysis.replace("-", "_")
    sections = [PageSection("section", language.say("own_answer.section"), _section(section, language))]
    if asked is not None:
        sections.append(PageSection("asked", language.say("own_answer.asked"), _asked(asked, language)))
    return render(
        "own_answer.html",
        language,
        title=language.say(f"{name}.title"),
        proves=language.say(f"{name}.proves"),
        sections=[
            *sections,
            PageSection("limits", language.say("answer.limits"), p(language.say(f"{name}.cannot_say"))),
            PageSection("whom", language.say("answer.whom"), p(language.say(ASK.get(analysis, "answer.ask")))),
        ],
        command=code(f"offduty {analysis} --officer"),
    )


def _section(section: pd.DataFrame, language: Language) -> Markup:
    if section.empty:
        return p(language.say("own_answer.nothing"))
    return _table(section, language.say("own_answer.section"), language)


def _asked(asked: pd.DataFrame, language: Language) -> Markup:
    if asked.empty:
        return p(language.say("own_answer.nobody_asked"))
    return _table(asked, language.say("own_answer.asked"), language)


def _table(rows: pd.DataFrame, caption: str, language: Language) -> Markup:
    heads = [language.say(f"own_answer.head.{name}") for name in rows.columns]
    cells = [
        [in_english(value, language) if isinstance(value, str) else _plain(value, language) for value in row]
        for row in rows.itertuples(index=False, name=None)
    ]
    return table(caption, heads, cells)


def _plain(value: object, language: Language) -> str:
    """A number; yes or no in words; nothing for what is empty."""
    if value is pd.NA:
        return ""
    if str(value) in ("True", "False"):
        return language.say(f"own_answer.{str(value).lower()}")
    return str(value)
