"""Makes the page of a check: the same tables as HTML, for people who have no terminal."""

from __future__ import annotations

from collections.abc import Iterator

from offduty.cli.check_text import outcomes
from offduty.pages.elements import Markup, el, joined
from offduty.pages.language import ENGLISH, Language, in_english
from offduty.pages.page import PageSection, bullets, code, notice, p, page, table
from offduty.runs.check import Checked
from offduty.runs.check_tables import CheckedLine, CheckedTable, shown


def check_page(checked: Checked, language: Language = ENGLISH) -> bytes:
    """The page, without row numbers, and without counts under ten (specification#small-counts).

    What names the values of a column, or what is wrong with a row, stays in English in every language.
    """
    say = language.say
    outcome = say("check_page.outcome")
    heads = [say("own.outcome"), say("check_page.positions"), say("outcomes.share")]
    rows = list(_outcomes(checked, language))
    sections = [
        *(PageSection(each.name, say(f"check_table.{each.name}"), _table(each, language)) for each in checked.tables),
        PageSection("outcome", outcome, table(say("check_page.outcome_caption"), heads, rows, frozenset({1, 2}))),
        PageSection("next", say("check_page.next"), bullets(*(step.in_words(language) for step in checked.steps))),
    ]
    foot = p(language.markup("check_page.foot", command=code("offduty check")))
    return page(say("check_page.title"), _head(checked, language), sections, foot, language)


def _head(checked: Checked, language: Language) -> Markup:
    parts = [el("h1", language.say("check_page.title")), p(language.say("check_page.lead"))]
    if language is not ENGLISH:
        parts.append(p(language.say("check_page.in_english")))
    if checked.stops is not None:
        why = in_english(str(checked.stops), language)
        parts.append(notice(language.markup("check_page.stops", why=why)))
    return joined(*parts)


def _outcomes(checked: Checked, language: Language) -> Iterator[list[str]]:
    """What would be released and what hides the rest: in words, how many, and their share."""
    total = sum(checked.counts.values()) + checked.quarantined
    for word, count in outcomes(checked):
        few = isinstance(shown(count), str)
        name = joined(language.say(f"outcome.{word}"), " ", code(word))
        yield [name, language.count(None if few else count), "" if few else language.share(count, total)]


def _table(checked: CheckedTable, language: Language) -> Markup:
    """One table; a line without a label repeats the one above it, because a row of a page needs a name."""
    caption = language.many("check_page.caption", checked.files, table=language.say(f"check_table.{checked.name}"))
    rows, name = [], ""
    for line in checked.lines:
        name = line.name or name
        rows.append([language.say(f"check_label.{name}"), _found(line, language)])
    return table(caption, [language.say("check_page.what"), language.say("check_page.found")], rows)


def _found(line: CheckedLine, language: Language) -> str:
    found = line.found.in_words(language)
    return language.markup("check_page.look", found=found) if line.warning else found
