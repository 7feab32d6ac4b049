"""The section that says what else the log records beside runs: trials, exceptions, and questions of the employer's."""

from __future__ import annotations

from collections import Counter

from offduty.core.disclosure import printable
from offduty.pages.elements import Markup, el, joined
from offduty.pages.page import PageSection, p, table
from offduty.report.content import ReportContent
from offduty.transparency.entries import AGREEMENT, ANALYSIS, TRIAL

ANSWERS = ("aggregate", "own_copy", "single_case")


def log_entries(content: ReportContent) -> PageSection:
    """How many of each there are in the whole log, whatever time the report is about; a few are `fewer than 10`.

    Of an exception its end is said too: that a policy was in force without an agreement is never left out.
    """
    language = content.language
    exceptions = [each for each in _of(content, AGREEMENT) if each["until"]]
    answers = Counter(str(each["answer"]) for each in _of(content, ANALYSIS))
    counts = {
        "trials": len(_of(content, TRIAL)),
        "exceptions": len(exceptions),
        **{answer: answers[answer] for answer in ANSWERS},
    }
    rows = [[language.say(f"log.{name}"), language.count(printable(count))] for name, count in counts.items()]
    heads = [language.say("log.what"), language.say("log.how_many")]
    parts: list[Markup | None] = [
        p(language.say("log.why")),
        table(language.say("log.caption"), heads, rows, frozenset({1})),
    ]
    if exceptions:
        ends = [language.say("log.exception", end=each["until"], since=each["recorded_at"][:10]) for each in exceptions]
        parts.append(el("ul", *(el("li", end) for end in ends)))
    return PageSection("log", language.say("log.heading"), joined(*parts))


def _of(content: ReportContent, kind: str) -> list[dict[str, str]]:
    return [dict(entry.document) for entry in content.entries if entry.kind == kind]
