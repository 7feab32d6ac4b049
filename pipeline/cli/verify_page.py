"""Makes the page of a verdict: every check in plain words, for people who have no terminal and know no log.

It may be shown to anybody: as in a report, numbers of rows are rounded and names of files are left out, and what is
wrong is counted. `offduty verify` names it, for the auditor.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from offduty.pages.elements import Markup, el, joined
from offduty.pages.language import ENGLISH, Language, in_english
from offduty.pages.page import PageSection, bullets, code, notice, p, page, table
from offduty.report.data.verification import figure_in_words, printed, verdict, why
from offduty.report.html.status import status_mark
from offduty.report.html.verdict_words import verdict_in_words
from offduty.verify.verdict import Check, Status, Verdict, looked_at

MEANINGS = {
    Status.PASS: "pass",
    Status.FAIL: "fail",
    Status.NOT_DONE: "not_done",
    Status.DOES_NOT_APPLY: "does_not_apply",
}
"""What the page says of each status, by its name in the catalogue."""


def verdict_page(found: Verdict, given: Sequence[str], language: Language = ENGLISH) -> bytes:
    """The page. ``given`` is what the auditor had besides the store, by the names of the options of `verify`.

    What single checks say stays in English in every language.
    """
    status, _ = verdict(found.checks)
    title = language.say("verdict_page.title")
    shown = notice(status_mark(status), " ", verdict_in_words(found.checks, language), warning=status is Status.FAIL)
    areas = groupby(found.checks, key=lambda check: check.number.partition(".")[0])
    sections = [
        PageSection("reading", language.say("verdict_page.reading"), _reading(given, language)),
        *(_area(number, list(checks), language) for number, checks in areas),
    ]
    foot = p(language.markup("verdict_page.foot", command=code("offduty verify")))
    return page(title, joined(el("h1", title), shown), sections, foot, language)


def _reading(given: Sequence[str], language: Language) -> Markup:
    say = language.say
    meanings = [joined(status_mark(status), " ", say(f"verdict_page.{name}")) for status, name in MEANINGS.items()]
    words = ", ".join(say(f"verdict_page.{name}") for name in given) or say("verdict_page.nothing")
    english = p(say("verdict_page.in_english")) if language is not ENGLISH else None
    return joined(bullets(*meanings), p(say("verdict_page.more", given=words)), english)


def _area(number: str, checks: list[Check], language: Language) -> PageSection:
    """The checks of one number, below the question that they answer; a number without one has only its checks."""
    say = language.say
    known = f"verdict_area.{number}" in language.messages
    title = say(f"verdict_area.{number}") if known else say("verdict_page.other_checks", number=number)
    question = p(say(f"verdict_question.{number}")) if known else None
    caption = say("verdict_page.caption", area=title)
    heads = [say("verification.check"), say("verification.result"), say("verdict_page.why")]
    rows = [
        [in_english(f"{check.number} {check.name}", language), status_mark(check.status), _details(check, language)]
        for check in checks
    ]
    return PageSection(f"checks-{number}", title, joined(question, table(caption, heads, rows)))


def _details(check: Check, language: Language) -> Markup:
    """What was looked at and why it ended so, what it protects against, and of a FAIL what it means."""
    meaning = check.meaning
    words = [
        in_english(f"{looked_at(check, printed)}; {why(check)}", language),
        language.markup("verdict_page.protects", what=in_english(meaning.protects, language)),
    ]
    if check.status is Status.FAIL:
        words.append(language.markup("verdict_page.fail_means", what=in_english(meaning.fail, language)))
    words += [in_english(figure_in_words(figure), language) for figure in check.figures]
    return joined(words[0], *(joined(". ", each) for each in words[1:]))
