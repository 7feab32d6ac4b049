"""The section that says how the tables were read: what was declared, what was doubted, and what was not there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from offduty.core.disclosure import count_in_words, printable
from offduty.pages.elements import Markup, joined
from offduty.pages.page import PageSection, bullets, p, table
from offduty.report.content import ReportContent
from offduty.report.sections.declared import declared_sentences
from offduty.runs.notes import TELLING, counted_in

PRINCIPLE = (
    "What grants is read narrowly, what hides is read widely: a table that may mean more than it says hides what it may"
    " mean. This section is about the newest run."
)


def reading(content: ReportContent) -> PageSection:
    """What the newest run's manifest says about its tables; rows are counted in tens, and none is named."""
    document = content.runs.newest.document
    parts = [p(PRINCIPLE), *_declared(document), *_rows(document), *_others(document)]
    return PageSection("reading", "How the data were read", joined(*parts))


def _declared(document: Mapping[str, Any]) -> list[Markup]:
    lines = declared_sentences(document.get("declarations", {}))
    if not lines:
        return [p("Nothing was declared about the tables: they are written as the contract says.")]
    return [p("The employer declared about the tables:"), bullets(*lines)]


def _rows(document: Mapping[str, Any]) -> list[Markup]:
    """The rows that could not be read, and those that were read with doubt, by table and reason."""
    found: Counter[tuple[str, str, str]] = Counter()
    for key, what in (("refused", "cannot be read"), ("reported", "read with doubt")):
        found.update((row["table"], what, row["why"]) for row in document.get(key, ()))
    rows = [[*kind, count_in_words(printable(count))] for kind, count in sorted(found.items())]
    heads = ["Table", "Rows that", "Why", "How many"]
    return [table("Rows of tables that hide more than they say", heads, rows, frozenset({3}))] if rows else []


def _others(document: Mapping[str, Any]) -> list[Markup]:
    lines = list(counted_in(document, lambda count: count_in_words(printable(count))))
    lines += [
        f"{name}: {count_in_words(printable(count))} rows were recorded after as_of and were not there for the run"
        for name, count in document.get("recorded_after_as_of", {}).items()
    ]
    lines += [f"the extra column {name} {TELLING[what]}" for name, what in document.get("telling_columns", {}).items()]
    timeless = document.get("without_record_times", ())
    lines += [f"{name}: no record times, so it is what it was on the day of the run" for name in timeless]
    return [bullets(*lines)] if lines else []
