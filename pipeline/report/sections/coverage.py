"""The section about what the records do not cover, and about roster entries that were recorded too late."""

from __future__ import annotations

from offduty.core.disclosure import PEOPLE_STEP, printable
from offduty.pages.elements import Markup, el, joined
from offduty.pages.page import PageSection, code, p, table
from offduty.report.content import ReportContent

LATE = "late_edit"


def coverage(content: ReportContent) -> PageSection:
    """Which officers the records do not cover, and how many roster entries came too late."""
    late_heading = el("h3", content.language.say("coverage.late_heading"))
    parts = [*_gaps(content), *_sites(content), late_heading, *_late(content)]
    return PageSection("coverage", content.language.say("coverage.heading"), joined(*parts))


def _gaps(content: ReportContent) -> list[Markup]:
    exact, language = content.coverage, content.language
    if exact is None:
        return [p(language.markup("coverage.not_given", option=code("--inputs")))]
    same = language.say("coverage.same_tables" if content.same_tables else "coverage.other_tables")
    rows = [
        [language.say("coverage.officers"), language.count(printable(exact.officers, PEOPLE_STEP))],
        [language.say("coverage.without_roster"), language.people(exact.without_roster, exact.officers)],
        [language.say("coverage.without_home"), language.people(exact.without_home, exact.officers)],
        [language.say("coverage.without_device"), language.people(exact.without_device, exact.officers)],
    ]
    heads = [language.say("coverage.what"), language.say("coverage.number")]
    return [
        p(f"{language.say('coverage.gap')} {same}"),
        table(language.say("coverage.caption"), heads, rows, frozenset({1})),
    ]


def _sites(content: ReportContent) -> list[Markup]:
    """How many workplaces there are, and how large they are together: whoever may draw them decides what is shown."""
    exact, language = content.coverage, content.language
    if exact is None:
        return []
    number = language.count(printable(exact.sites))
    if not exact.sites:
        return [p(language.markup("coverage.no_sites", number=number))]
    return [p(language.markup("coverage.sites", number=number, area=language.area(exact.sites_km2)))]


def _late(content: ReportContent) -> list[Markup]:
    hidden, language = content.printed[LATE], content.language
    parts = [p(language.say("coverage.why_late"))]
    if hidden == 0:
        parts.append(p(language.say("coverage.none_late")))
    else:
        number = language.count(hidden)
        parts.append(p(language.markup("coverage.late", number=f"{number[:1].upper()}{number[1:]}")))
    if content.coverage is not None:
        late = language.count(printable(content.coverage.late_entries))
        parts.append(p(language.markup("coverage.late_entries", number=late)))
    return parts
