"""The parts of a report about what the records do not cover, and about roster entries that came too late."""

from __future__ import annotations

from offduty.report.content import ReportContent
from offduty.report.disclosure import PEOPLE, people, printable, words
from offduty.report.html.elements import Markup, el, joined
from offduty.report.html.page import PageSection, code, p, table

LATE = "late_edit"


def covered(told: ReportContent) -> PageSection:
    """Whom the records do not cover, and what came too late."""
    parts = [*_coverage(told), el("h3", "Roster entries that came too late"), *_late(told)]
    return PageSection("coverage", "What the records do not cover", joined(*parts))


def _coverage(told: ReportContent) -> list[Markup]:
    found = told.coverage
    if found is None:
        return [
            p("Not told: the roster, assignments and places are not at hand. Give them with ", code("--inputs"), ".")
        ]
    same = (
        "These are the very tables that the newest run read."
        if told.same_tables
        else "The tables have changed since the newest run read them; this is how they are now."
    )
    rows = [
        ["Officers on the roster, or with a device, in this time", _officers(found.officers)],
        [
            "Of these, without any entry on the roster: never on duty, so never shown",
            people(found.without_roster, found.officers),
        ],
        ["Of these, without a home on record in this time", people(found.without_home, found.officers)],
        ["Of these, without a device in this time", people(found.without_device, found.officers)],
    ]
    return [
        p(f"Gaps in the records hide more, never less. {same}"),
        table("Officers, counted in fives", ["Whom the records cover", "Officers"], rows, frozenset({1})),
    ]


def _officers(count: int) -> str:
    return words(printable(count, PEOPLE))


def _late(told: ReportContent) -> list[Markup]:
    hidden = told.printed[LATE]
    parts = [
        p(
            "If the roster could make duty afterwards, whoever may edit it could decide to see where somebody was. So an entry"
            " that was recorded after a position was taken cannot show it."
        )
    ]
    if hidden == 0:
        parts.append(
            p("No position of this time is hidden for that reason alone: no late entry would have revealed one.")
        )
    else:
        parts.append(
            p(
                el("strong", f"{words(hidden)} positions".capitalize()),
                " would have been taken for duty by such entries, and stayed hidden. Some of them other rules would have"
                " hidden all the same.",
            )
        )
    if told.coverage is not None:
        late = words(printable(told.coverage.late))
        parts.append(
            p(
                "Entries that say duty and were recorded after that duty had begun: ",
                el("strong", late),
                ". Corrections are often honest; the rule does not ask.",
            )
        )
    return parts
