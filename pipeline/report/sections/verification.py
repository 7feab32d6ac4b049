"""The parts of a report that say what was proven, and what has changed since the last report."""

from __future__ import annotations

from collections.abc import Sequence

from offduty.report.content import ReportContent
from offduty.report.data.counts import FATES
from offduty.report.data.previous_report import PrintedReport, head_of
from offduty.report.data.verification import how_many, verdict, why
from offduty.report.disclosure import share, total, words
from offduty.report.html.elements import Markup, joined
from offduty.report.html.labels import TITLES
from offduty.report.html.page import PageSection, code, notice, p, table
from offduty.report.html.policy_text import differences
from offduty.report.sections.summary import status
from offduty.verify.verdict import Check


def proved(told: ReportContent) -> PageSection:
    """Every check with what it looked at; what was not done is said to be not done."""
    kind, text = verdict(told.proof)
    parts: list[Markup] = [p(status(kind), f" {text}")]
    if told.proof:
        parts.append(_checks(told.proof))
    else:
        parts.append(
            p("Who wants to check it has ", code("offduty verify"), ", a copy of the store, and the auditor’s key.")
        )
    return PageSection("proof", "What was proven", joined(*parts))


def _checks(proof: Sequence[Check]) -> Markup:
    rows = [
        [f"{line.number} {line.name}", status(line.status), line.looked_at, how_many(line), why(line)] for line in proof
    ]
    heads = ["Check", "Outcome", "Looked at", "How many", "Why"]
    return table("The checks of offduty verify", heads, rows, frozenset({3}))


def changed(told: ReportContent) -> PageSection:
    """What is new since the earlier report or checkpoint; without one, how to have it next time."""
    return PageSection("changes", "What changed since the last report", joined(*_changes(told)))


def _changes(told: ReportContent) -> list[Markup]:
    before = told.before
    if before is None:
        text = "No earlier report was given to compare with. Keep this page: the next report takes it with "
        return [p(text, code("--since"), ".")]
    parts: list[Markup] = [p(f"Compared with {before.what}.")]
    if before.size > len(told.entries) or head_of(told.entries, before.size) != before.root:
        parts.append(
            notice(
                "The log is not the one it was: what it held then is no longer what it begins with. Ask offduty verify."
            )
        )
    if told.earlier is None:
        return [*parts, p("At that time the log held no run over this time.")]
    return [*parts, *_news(told, told.earlier), *_shares(told, told.earlier)]


def _news(told: ReportContent, earlier: PrintedReport) -> list[Markup]:
    """New runs, runs that no longer count, rules that changed."""
    now = told.said
    new = [run for run in now.runs if run not in earlier.runs]
    gone = [run for run in earlier.runs if run in now.superseded]
    parts = [
        p(
            f"That was about {earlier.period}, this is about {now.period}. {_runs(len(new), '')} new."
            f" {_runs(len(gone), ' that counted then')} superseded now."
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
    """So many runs, and the verb."""
    return f"{count or 'No'} run{which} is" if count < 2 else f"{count} runs{which} are"


def _shares(told: ReportContent, earlier: PrintedReport) -> list[Markup]:
    then, now = earlier.printed, told.printed
    whole_then, whole_now = total(then.values()), told.came_in
    rows = [
        [TITLES[fate], words(then[fate]), share(then[fate], whole_then), words(now[fate]), share(now[fate], whole_now)]
        for fate in FATES
    ]
    heads = ["What became of a position", "Then", "Share", "Now", "Share"]
    return [table("Positions then and now, counted in tens", heads, rows, frozenset({1, 2, 3, 4}))]
