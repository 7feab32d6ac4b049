"""The section that says how the tables were read: what was declared, what was doubted, and what was not there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from offduty.core.disclosure import printable
from offduty.pages.elements import Markup, joined
from offduty.pages.language import Language, in_english
from offduty.pages.page import PageSection, bullets, p, table
from offduty.report.content import ReportContent
from offduty.report.sections.declared import declared_sentences
from offduty.runs.notes import TELLING, counted_in


def reading(content: ReportContent) -> PageSection:
    """What the newest run's manifest says about its tables; rows are counted in tens, and none is named."""
    document, language = content.runs.newest.document, content.language
    parts = [
        p(language.say("reading.principle")),
        *_declared(document, language),
        *_rows(document, language),
        *_others(document, language),
    ]
    return PageSection("reading", language.say("reading.heading"), joined(*parts))


def _declared(document: Mapping[str, Any], language: Language) -> list[Markup]:
    lines = declared_sentences(document.get("declarations", {}))
    if not lines:
        return [p(language.say("reading.nothing_declared"))]
    return [p(language.say("reading.declared")), bullets(*(in_english(line, language) for line in lines))]


def _rows(document: Mapping[str, Any], language: Language) -> list[Markup]:
    """The rows that could not be read, and those that were read with doubt, by table and reason."""
    found: Counter[tuple[str, str, str]] = Counter()
    for key, what in (("refused", "reading.cannot"), ("reported", "reading.doubt")):
        found.update((row["table"], language.say(what), row["why"]) for row in document.get(key, ()))
    rows = [
        [name, what, in_english(why, language), language.count(printable(count))]
        for (name, what, why), count in sorted(found.items())
    ]
    heads = [language.say(f"reading.{name}") for name in ("table", "rows", "why", "how_many")]
    return [table(language.say("reading.caption"), heads, rows, frozenset({3}))] if rows else []


def _others(document: Mapping[str, Any], language: Language) -> list[Markup]:
    notes = counted_in(document, lambda count: language.count(printable(count)))
    lines: list[str] = [in_english(line, language) for line in notes]
    lines += [
        language.say("reading.recorded_after", table=name, number=language.count(printable(count)))
        for name, count in document.get("recorded_after_as_of", {}).items()
    ]
    lines += [
        in_english(f"the extra column {name} {TELLING[what]}", language)
        for name, what in document.get("telling_columns", {}).items()
    ]
    lines += [language.say("reading.timeless", table=name) for name in document.get("without_record_times", ())]
    return [bullets(*lines)] if lines else []
