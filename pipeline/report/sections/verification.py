"""The sections that say what was verified, and what has changed since the last report."""

from __future__ import annotations

from collections.abc import Sequence

from offduty.core.disclosure import printable, total
from offduty.pages.elements import Markup, el, joined
from offduty.pages.language import ENGLISH, Language, in_english
from offduty.pages.page import PageSection, code, notice, p, table
from offduty.report.content import ReportContent
from offduty.report.data.counts import OUTCOMES
from offduty.report.data.previous_report import PrintedReport, root_of
from offduty.report.data.verification import figure_in_words, how_many, verdict, why, widenings
from offduty.report.html.policy_text import differences
from offduty.report.html.status import status_mark
from offduty.report.html.verdict_words import verdict_in_words
from offduty.verify.verdict import Check, Status


def verification(content: ReportContent) -> PageSection:
    """Every check with what it examined; a check that was not done is shown as NOT DONE."""
    status, _ = verdict(content.checks)
    language = content.language
    parts: list[Markup] = [p(status_mark(status), " ", verdict_in_words(content.checks, language))]
    if content.checks:
        parts += [p(language.say("verification.in_english"))] if language.tag != ENGLISH.tag else []
        parts.append(_checks(content.checks, language))
    else:
        parts.append(p(language.markup("verification.needs", command=code("offduty verify"))))
    return PageSection("verification", language.say("verification.heading"), joined(*parts, *_widened(content)))


def _widened(content: ReportContent) -> list[Markup]:
    """What later runs released that earlier ones had hidden, by cause; nothing where that was not compared."""
    found, language = widenings(content.checks), content.language
    if not found:
        return []
    rows = [[in_english(figure.what, language), language.count(printable(figure.count.value))] for figure in found]
    heads = [language.say("verification.cause"), language.say("own.positions")]
    return [
        el("h3", language.say("verification.later")),
        p(language.say("verification.why_later")),
        table(language.say("verification.later_caption"), heads, rows, frozenset({1})),
    ]


def _checks(checks: Sequence[Check], language: Language = ENGLISH) -> Markup:
    rows = [
        [
            in_english(f"{check.number} {check.name}", language),
            status_mark(check.status),
            in_english(check.looked_at, language),
            in_english(how_many(check), language),
            in_english(_details(check), language),
        ]
        for check in checks
    ]
    heads = [language.say(f"verification.{name}") for name in ("check", "result", "what", "how_many", "details")]
    return table(language.say("verification.caption"), heads, rows, frozenset({3}))


def _details(check: Check) -> str:
    """Why a check ended as it did, its figures, what it protects against, and of a FAIL what it means."""
    figures = "".join(f"; {figure_in_words(figure)}" for figure in check.figures)
    fails = f" This FAIL means: {check.meaning.fail}." if check.status is Status.FAIL else ""
    return f"{why(check)}{figures}. Protects against {check.meaning.protects}.{fails}"


def changes(content: ReportContent) -> PageSection:
    """What is new since the earlier report or checkpoint; without one, how to have this section next time."""
    return PageSection("changes", content.language.say("changes.heading"), joined(*_changes(content)))


def _changes(content: ReportContent) -> list[Markup]:
    previous, language = content.previous, content.language
    if previous is None:
        return [p(language.markup("changes.nothing_given", option=code("--since")))]
    described = in_english(previous.description, language)
    parts: list[Markup] = [p(language.markup("changes.compared", description=described))]
    if previous.size > len(content.entries) or root_of(content.entries, previous.size) != previous.root:
        parts.append(notice(language.say("changes.other_log")))
    if content.previously_printed is None:
        return [*parts, p(language.say("changes.no_run"))]
    return [*parts, *_news(content, content.previously_printed), *_shares(content, content.previously_printed)]


def _news(content: ReportContent, earlier: PrintedReport) -> list[Markup]:
    """New runs, runs that no longer count, and rules that changed."""
    now, language = content.printed_report, content.language
    new = [run for run in now.runs if run not in earlier.runs]
    superseded = [run for run in earlier.runs if run in now.superseded]
    times = language.say("changes.times", then=earlier.period, now=now.period)
    counts = [_runs("changes.new", len(new), language), _runs("changes.superseded", len(superseded), language)]
    nothing = language.say("changes.nothing")
    changed = differences(earlier.policies[-1], now.policies[-1], language) if earlier.policies else []
    rows = [[before or nothing, after or nothing] for before, after in changed]
    parts = [p(" ".join([times, *counts]))]
    if not rows:
        return [*parts, p(language.say("changes.same_rules"))]
    heads = [language.say("changes.then"), language.say("changes.now")]
    return [*parts, table(language.say("changes.rules"), heads, rows)]


def _runs(key: str, count: int, language: Language) -> str:
    """A number of runs, with the verb."""
    return language.many(key, count) if count else language.say(f"{key}.none")


def _shares(content: ReportContent, earlier: PrintedReport) -> list[Markup]:
    then, now, language = earlier.printed, content.printed, content.language
    received_then = total(then.values())
    rows = [
        [
            language.say(f"outcome.{outcome}"),
            language.count(then[outcome]),
            language.share(then[outcome], received_then),
            language.count(now[outcome]),
            language.share(now[outcome], content.received),
        ]
        for outcome in OUTCOMES
    ]
    names = ("own.outcome", "changes.then", "outcomes.share", "changes.now", "outcomes.share")
    heads = [language.say(name) for name in names]
    return [table(language.say("changes.caption"), heads, rows, frozenset({1, 2, 3, 4}))]
