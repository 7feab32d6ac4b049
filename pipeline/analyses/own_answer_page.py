"""Makes the page of one officer's section of an answer: for the officer, or for who asked for a single case (A4, A8).

It is made from the section's table alone, and in an own copy also from the dates and from what the log says of earlier
answers about the officer.
"""

from __future__ import annotations

import pandas as pd

from offduty.analyses.answer_page import error_card_tables, whom_to_ask
from offduty.analyses.error_cards import error_card
from offduty.pages.elements import Markup, joined
from offduty.pages.language import ENGLISH, Language, in_english
from offduty.pages.page import PageSection, bullets, code, facts, p, render, table

ASK = {"roster-audit": "roster_audit.ask", "interests": "interests.ask"}
"""Whom to ask, where it is not what other answers say."""
SINGLE_CASE_WORDS, OWN_COPY_WORDS = "single case", "own copy"
"""What the column ``kind`` of earlier answers about an officer says."""
ONE_ANSWER = ("windows", "days")
"""Columns of a section that is one row: the answer of presence, or of days on site."""
CODES = ("rule", "signal")
"""Columns of letters that need words. Where no column has the lawful reasons, they stand beside these words."""


def own_answer_page(
    analysis: str,
    section: pd.DataFrame,
    asked: pd.DataFrame | None = None,
    language: Language = ENGLISH,
    dates: pd.DataFrame | None = None,
) -> bytes:
    """The page of a section of ``analysis`` (its command). In an own copy, ``dates`` are the windows or days that the
    section is about, and ``asked`` the earlier single cases and own copies of a store; None where there are none. What
    the tables say in words is in English on every page.
    """
    name = analysis.replace("-", "_")
    sections = [PageSection("section", language.say("own_answer.section"), _section(name, section, language))]
    if dates is not None:
        sections.append(PageSection("dates", language.say("own_answer.dates"), _dates(name, dates, language)))
    if asked is not None:
        sections.append(PageSection("asked", language.say("own_answer.asked"), _asked(asked, language)))
    return render(
        "own_answer.html",
        language,
        title=language.say(f"{name}.title"),
        proves=language.say(f"{name}.proves"),
        sections=[
            *sections,
            PageSection("wrong", language.say("answer.wrong"), error_card_tables(name, error_card(analysis), language)),
            PageSection("limits", language.say("answer.limits"), p(language.say(f"{name}.cannot_say"))),
            PageSection("whom", language.say("answer.whom"), whom_to_ask(_ask(analysis, language), language)),
        ],
        command=code(f"offduty {analysis} --officer"),
    )


def _ask(analysis: str, language: Language) -> str:
    return language.say(ASK.get(analysis, "answer.ask"))


def _section(name: str, section: pd.DataFrame, language: Language) -> Markup:
    """How to read the table, the table, and the words for its letters."""
    if section.empty:
        return p(language.say("own_answer.nothing"))
    found = _one_answer(section, language) if set(ONE_ANSWER) & {*section} else _findings(section, language)
    return joined(p(language.say(f"{name}.own")), found, _codes(name, section, language))


def _findings(section: pd.DataFrame, language: Language) -> Markup:
    return _table(section, language.say("own_answer.section"), language)


def _one_answer(section: pd.DataFrame, language: Language) -> Markup:
    """A section of one row, as names and values: of a table a phone would not show the last column, which answers."""
    (row,) = _cells(section, language)
    return facts(*zip(_heads(section, language), row, strict=True))


def _dates(name: str, dates: pd.DataFrame, language: Language) -> Markup:
    """Whom the dates are for, how to read them, and the table."""
    whose = p(language.markup("own_answer.dates_private"))
    if dates.empty:
        return joined(whose, p(language.say("own_answer.nothing")))
    said = p(language.say(f"{name}.own_dates"))
    return joined(whose, said, _table(dates, language.say("own_answer.dates"), language))


def _codes(name: str, section: pd.DataFrame, language: Language) -> Markup | None:
    """What each letter of the table means, with the lawful reasons where the table has none."""
    used = {code for column in CODES if column in section for code in section[column]}
    questions, reasons = (language.below(f"{name}.{part}.") for part in ("question", "lawful"))
    key = "own_answer.code" if "lawful_reasons" in section else "own_answer.code_reasons"
    items = [
        language.say(key, code=code, question=question, reasons=reasons[code])
        for code, question in questions.items()
        if code in used
    ]
    return joined(p(language.say("own_answer.codes")), bullets(*items)) if items else None


def _asked(asked: pd.DataFrame, language: Language) -> Markup:
    nobody = None if SINGLE_CASE_WORDS in {*asked["kind"]} else p(language.say("own_answer.nobody_asked"))
    if asked.empty:
        return joined(nobody)
    copies = p(language.say("own_answer.own_copies")) if OWN_COPY_WORDS in {*asked["kind"]} else None
    return joined(nobody, _table(asked, language.say("own_answer.asked"), language), copies)


def _table(rows: pd.DataFrame, caption: str, language: Language) -> Markup:
    return table(caption, _heads(rows, language), _cells(rows, language))


def _heads(rows: pd.DataFrame, language: Language) -> list[str]:
    return [language.say(f"own_answer.head.{name}") for name in rows.columns]


def _cells(rows: pd.DataFrame, language: Language) -> list[list[str]]:
    return [
        [in_english(value, language) if isinstance(value, str) else _plain(value, language) for value in row]
        for row in rows.itertuples(index=False, name=None)
    ]


def _plain(value: object, language: Language) -> str:
    """A number; yes or no in words; nothing for what is empty."""
    if value is pd.NA:
        return ""
    if str(value) in ("True", "False"):
        return language.say(f"own_answer.{str(value).lower()}")
    return str(value)
