"""The section about what the records do not cover, and about roster entries that were recorded too late."""

from __future__ import annotations

from offduty.core.disclosure import PEOPLE_STEP, area_in_words, count_in_words, people_in_words, printable
from offduty.pages.elements import Markup, el, joined
from offduty.pages.page import PageSection, code, p, table
from offduty.report.content import ReportContent

LATE = "late_edit"


def coverage(content: ReportContent) -> PageSection:
    """Which officers the records do not cover, and how many roster entries came too late."""
    parts = [*_gaps(content), *_sites(content), el("h3", "Roster entries that came too late"), *_late(content)]
    return PageSection("coverage", "What the records do not cover", joined(*parts))


def _gaps(content: ReportContent) -> list[Markup]:
    exact = content.coverage
    if exact is None:
        return [
            p(
                "Not shown: roster, assignments and places were not given to this report. The option for it is ",
                code("--inputs"),
                ".",
            )
        ]
    same = (
        "These are exactly the tables that the newest run read."
        if content.same_tables
        else "The tables have changed since the newest run read them. This is how they are now."
    )
    rows = [
        [
            "Officers who are on the roster, or had a device in this time",
            count_in_words(printable(exact.officers, PEOPLE_STEP)),
        ],
        [
            "Of these, without any entry on the roster. They are never on duty, so they are never shown",
            people_in_words(exact.without_roster, exact.officers),
        ],
        ["Of these, without a home on record in this time", people_in_words(exact.without_home, exact.officers)],
        ["Of these, without a device in this time", people_in_words(exact.without_device, exact.officers)],
    ]
    return [
        p(f"A gap in the records hides more positions, never fewer. {same}"),
        table("Officers, counted in fives", ["What the records cover", "Officers"], rows, frozenset({1})),
    ]


def _sites(content: ReportContent) -> list[Markup]:
    """How many workplaces there are, and how large they are together: whoever may draw them decides what is shown."""
    exact = content.coverage
    if exact is None:
        return []
    number = count_in_words(printable(exact.sites))
    return [
        p(
            "What is released lies between two visits to a workplace. Workplaces on record: ",
            el("strong", number),
            f", together {area_in_words(exact.sites_km2)}." if exact.sites else ".",
        )
    ]


def _late(content: ReportContent) -> list[Markup]:
    hidden = content.printed[LATE]
    parts = [
        p(
            "If a roster entry could create duty afterwards, anybody who may edit the roster could decide to see where"
            " somebody was. So an entry that is recorded too late cannot show a position."
        )
    ]
    if hidden == 0:
        parts.append(p("In this time, no position is hidden for that reason."))
    else:
        parts.append(
            p(
                el("strong", f"{count_in_words(hidden)} positions".capitalize()),
                " count as on duty only by such entries. They stayed hidden. Some of them would be hidden by other"
                " rules too.",
            )
        )
    if content.coverage is not None:
        late = count_in_words(printable(content.coverage.late_entries))
        parts.append(
            p(
                "Entries that say duty and were recorded after that duty had begun: ",
                el("strong", late),
                ". Such entries are often honest corrections. The rule is the same for all of them.",
            )
        )
    return parts
