"""The sections that say what was verified, and what has changed since the last report."""

from __future__ import annotations

from collections.abc import Sequence

from offduty.core.disclosure import count_in_words, printable, share, total
from offduty.pages.elements import Markup, el, joined
from offduty.pages.page import PageSection, code, notice, p, table
from offduty.report.content import ReportContent
from offduty.report.data.counts import OUTCOMES
from offduty.report.data.previous_report import PrintedReport, root_of
from offduty.report.data.verification import figure_in_words, how_many, verdict, why, widenings
from offduty.report.html.labels import OUTCOME_TITLES
from offduty.report.html.policy_text import differences
from offduty.report.html.status import status_mark
from offduty.verify.verdict import Check, Status


def verification(content: ReportContent) -> PageSection:
    """Every check with what it examined; a check that was not done is shown as NOT DONE."""
    status, text = verdict(content.checks)
    parts: list[Markup] = [p(status_mark(status), f" {text}")]
    if content.checks:
        parts.append(_checks(content.checks))
    else:
        parts.append(
            p(
                "Anybody who wants to verify the store needs ",
                code("offduty verify"),
                ", a copy of the store, and the public key of the auditor.",
            )
        )
    return PageSection("verification", "What was verified", joined(*parts, *_widened(content)))


def _widened(content: ReportContent) -> list[Markup]:
    """What later runs released that earlier ones had hidden, by cause; nothing where that was not compared."""
    found = widenings(content.checks)
    if not found:
        return []
    rows = [[figure.what, count_in_words(printable(figure.count.value))] for figure in found]
    text = (
        "Some time was decided more than once. These positions were hidden by an earlier run, and released by a later"
        " one. A window that has ended, a file that came late, and roster entries recorded since are the ordinary"
        " course. Every other cause is a question to the person who made the change."
    )
    heads = ["What became of them, and what may have caused it", "Positions"]
    return [el("h3", "What came out later"), p(text), table("Positions released later", heads, rows, frozenset({1}))]


def _checks(checks: Sequence[Check]) -> Markup:
    rows = [
        [f"{check.number} {check.name}", status_mark(check.status), check.looked_at, how_many(check), _details(check)]
        for check in checks
    ]
    heads = ["Check", "Result", "What was checked", "How many", "Details"]
    return table("The checks of offduty verify", heads, rows, frozenset({3}))


def _details(check: Check) -> str:
    """Why a check ended as it did, its figures, what it protects against, and of a FAIL what it means."""
    figures = "".join(f"; {figure_in_words(figure)}" for figure in check.figures)
    fails = f" This FAIL means: {check.meaning.fail}." if check.status is Status.FAIL else ""
    return f"{why(check)}{figures}. Protects against {check.meaning.protects}.{fails}"


def changes(content: ReportContent) -> PageSection:
    """What is new since the earlier report or checkpoint; without one, how to have this section next time."""
    return PageSection("changes", "What changed since the last report", joined(*_changes(content)))


def _changes(content: ReportContent) -> list[Markup]:
    previous = content.previous
    if previous is None:
        text = (
            "No earlier report was given to compare with. Keep this page: the next report can compare itself with it ("
        )
        return [p(text, code("--since"), ").")]
    parts: list[Markup] = [p(f"Compared with {previous.description}.")]
    if previous.size > len(content.entries) or root_of(content.entries, previous.size) != previous.root:
        parts.append(
            notice(
                "The log is not the same log any more: it no longer begins with the entries that it had then. Run"
                " offduty verify on the store, and ask for an explanation."
            )
        )
    if content.previously_printed is None:
        return [*parts, p("At that time, the log had no run over this time.")]
    return [*parts, *_news(content, content.previously_printed), *_shares(content, content.previously_printed)]


def _news(content: ReportContent, earlier: PrintedReport) -> list[Markup]:
    """New runs, runs that no longer count, and rules that changed."""
    now = content.printed_report
    new = [run for run in now.runs if run not in earlier.runs]
    superseded = [run for run in earlier.runs if run in now.superseded]
    parts = [
        p(
            f"Time of the earlier report: {earlier.period}. Time of this report: {now.period}. {_runs(len(new), '')}"
            f" new. {_runs(len(superseded), ' that counted then')} superseded now."
        )
    ]
    rows = [
        [before or "nothing", after or "nothing"]
        for before, after in (differences(earlier.policies[-1], now.policies[-1]) if earlier.policies else [])
    ]
    if rows:
        parts.append(table("Rules that changed", ["Then", "Now"], rows))
    else:
        parts.append(p("The newest rules are the same."))
    return parts


def _runs(count: int, which: str) -> str:
    """A number of runs, with the verb."""
    return f"{count or 'No'} run{which} is" if count < 2 else f"{count} runs{which} are"


def _shares(content: ReportContent, earlier: PrintedReport) -> list[Markup]:
    then, now = earlier.printed, content.printed
    received_then = total(then.values())
    rows = [
        [
            OUTCOME_TITLES[outcome],
            count_in_words(then[outcome]),
            share(then[outcome], received_then),
            count_in_words(now[outcome]),
            share(now[outcome], content.received),
        ]
        for outcome in OUTCOMES
    ]
    heads = ["Outcome", "Then", "Share", "Now", "Share"]
    return [table("Positions then and now, counted in tens", heads, rows, frozenset({1, 2, 3, 4}))]
