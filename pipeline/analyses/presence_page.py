"""Makes the page of presence: confirmed duty windows by week, and who was seen at a site by hour, as pictures (A8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any

from offduty.analyses.answer_page import answer_page, count_or_not, folded, percent_or_not, unit_or_all, weeks_between
from offduty.pages.elements import Markup, joined
from offduty.pages.language import ENGLISH, Language
from offduty.pages.page import PageSection, p, table
from offduty.pages.pictures import PictureAxis, PictureBar, bars, panels

HOURS = 24
Row = Mapping[str, Any]


def presence_page(document: Mapping[str, Any], language: Language = ENGLISH) -> bytes:
    """The page of the document that `presence_summary.summary` makes, in the same language."""
    figures = [
        PageSection("weeks", language.say("presence.weeks"), _weeks(document["weeks"], language)),
        PageSection("sites", language.say("presence.sites"), _sites(document["sites_by_hour"], language)),
    ]
    below = f"{language.say('presence.other_records')} {document['other_records']}"
    return answer_page("presence", document, language, figures, below=below)


def _weeks(rows: Sequence[Row], language: Language) -> Markup:
    not_named = p(language.say("presence.not_named"))
    if not rows:
        return joined(p(language.say("presence.nothing")), not_named)
    closed = [row for row in rows if row["from"] and row["to"]]
    pictures = [
        (unit_or_all(unit, language), _week_picture(number, unit_or_all(unit, language), list(mine), language))
        for number, (unit, mine) in enumerate(groupby(closed, key=lambda row: row["unit"]))
    ]
    drawn = joined(p(language.say("presence.weeks_what")), panels(*pictures)) if pictures else None
    ends = p(language.say("presence.weeks_ends")) if len(closed) < len(rows) else None
    return joined(drawn, _week_table(rows, language), ends, not_named)


def _week_picture(number: int, unit: str, rows: Sequence[Row], language: Language) -> Markup:
    """Shares of one unit; the rest of each is drawn as unknown. Weeks with an open end are in the table alone."""
    first, last = rows[0]["from"], rows[-1]["to"]
    drawn = [
        PictureBar(_weeks_between(first, row["from"]), _weeks_between(first, row["to"]) + 1, row["confirmed_percent"])
        for row in rows
    ]
    weeks = _weeks_between(first, last) + 1
    marks = [(bar.start + 0.5, row["from"]) for bar, row in zip(drawn, rows, strict=True)]
    return bars(
        f"weeks-{number}",
        language.say("presence.weeks_picture", unit=unit),
        language.say("presence.weeks_description", first=first, last=last),
        drawn,
        PictureAxis(weeks, marks),
        100,
        language.say("presence.all_of_them"),
        rest=True,
    )


def _weeks_between(first: str, other: str) -> int:
    return (date.fromisoformat(other) - date.fromisoformat(first)).days // 7


def _week_table(rows: Sequence[Row], language: Language) -> Markup:
    cells = [
        [
            unit_or_all(row["unit"], language),
            weeks_between(row["from"], row["to"], language),
            count_or_not(language, row["windows"]),
            percent_or_not(language, row["confirmed_percent"]),
        ]
        for row in rows
    ]
    heads = ["answer.unit", "presence.week", "presence.windows", "presence.confirmed"]
    return table(language.say("presence.weeks_caption"), [language.say(key) for key in heads], cells)


def _sites(rows: Sequence[Row], language: Language) -> Markup:
    if not rows:
        return p(language.say("presence.sites_none"))
    highest = max(row["at_least"] for row in rows)
    pictures = [
        (site, _site_picture(number, site, list(mine), highest, language))
        for number, (site, mine) in enumerate(groupby(rows, key=lambda row: row["site"]))
    ]
    cells = [
        [row["site"], f"{row['hour']:02}:00", language.say("answer.at_least", count=int(row["at_least"]))]
        for row in rows
    ]
    heads = [language.say(f"presence.{name}") for name in ("site", "hour", "officers")]
    figures = table(language.say("presence.sites_caption"), heads, cells, frozenset({1, 2}))
    return joined(p(language.say("presence.sites_what")), panels(*pictures), folded(language, figures))


def _site_picture(number: int, site: str, rows: Sequence[Row], highest: int, language: Language) -> Markup:
    label = language.say("presence.sites_label", count=int(max(row["at_least"] for row in rows)))
    return bars(
        f"site-{number}",
        site,
        language.say("presence.sites_description", label=label),
        [PictureBar(row["hour"], row["hour"] + 1, row["at_least"]) for row in rows],
        PictureAxis(HOURS, [(hour + 0.5, f"{hour:02}") for hour in range(0, HOURS, 2)]),
        highest,
        label,
    )
