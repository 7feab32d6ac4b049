"""Makes the page of the roster audit: signals with their lawful reasons, and pictures of when duty was recorded, of
hours that changed afterwards by week, and of recorders on a funnel (A8).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import groupby
from math import log, sqrt
from typing import Any

from offduty.analyses.answer_page import answer_page, count_or_not, folded, weeks_between
from offduty.analyses.funnel import LEAST_EDITS
from offduty.analyses.recorder_groups import BANDS
from offduty.analyses.roster_summary import LEAD_NAMES
from offduty.pages.elements import Markup, el, joined
from offduty.pages.language import ENGLISH, Language
from offduty.pages.page import PageSection, p, table
from offduty.pages.pictures import (
    BOTTOM,
    HIGH,
    LEFT,
    RIGHT,
    TOP,
    WIDE,
    PictureAxis,
    PictureBar,
    bars,
    curve,
    panels,
    svg,
)

NORMAL_95 = 1.96
MOST_EDITS = 1_000
"""The right end of a funnel, in grants of a recorder."""
DIRECTIONS = (("R2", "granted"), ("R8", "taken"))
EDGES = ("fortnight_before", "week_before", "day_before", "start", "day_after", "days_after")
"""What stands between two spans of the lead times, in the order of time."""
Row = Mapping[str, Any]


def roster_page(document: Mapping[str, Any], language: Language = ENGLISH) -> bytes:
    """The page of the document that `roster_summary.summary` makes, in the same language."""
    sections = {
        "signals": _signals(document["signals"], language),
        "lead_times": _lead_times(document["lead_times"], language),
        "weeks": _weeks(document["weeks"], language),
        "funnel": _funnel(document, language),
    }
    figures = [PageSection(name, language.say(f"roster_audit.{name}"), body) for name, body in sections.items()]
    assessed = "assessed" if document["own_records"] == "assessed" else "not_assessed"
    own = (language.say("roster_audit.own_records"), language.say(f"roster_audit.{assessed}"))
    return answer_page("roster_audit", document, language, figures, [own])


def _signals(signals: Sequence[Row], language: Language) -> Markup:
    rows = [
        [joined(el("strong", row["signal"]), f" {row['question']}"), row["printed"], row["lawful_reasons"]]
        for row in signals
    ]
    heads = [language.say(f"roster_audit.{name}") for name in ("signal", "found", "may_be")]
    found = table(language.say("roster_audit.signals_caption"), heads, rows)
    return joined(p(language.say("roster_audit.signals_what")), found)


def _lead_times(rows: Sequence[Row], language: Language) -> Markup:
    """The spans in the order of time; the document has the last first."""
    names = [language.say(f"roster_audit.lead.{name}") for name in LEAD_NAMES]
    count = len(names)
    drawn = []
    for row in reversed(rows):
        first, last = names.index(row["from"]), names.index(row["to"])
        mean = None if row["printed"] is None else row["printed"] / (last - first + 1)
        drawn.append(PictureBar(count - 1 - last, count - first, mean))
    cells = [[_span(row, language), count_or_not(language, row["printed"])] for row in reversed(rows)]
    heads = [language.say(f"roster_audit.lead_{name}") for name in ("when", "number")]
    figures = table(language.say("roster_audit.lead_caption"), heads, cells, frozenset({1}))
    picture = _lead_picture(drawn, [row["printed"] for row in reversed(rows)], language)
    return joined(p(language.say("roster_audit.lead_what")), picture, folded(language, figures))


def _lead_picture(drawn: Sequence[PictureBar], printed: Sequence[int | None], language: Language) -> Markup | None:
    means = [bar.value or 0 for bar in drawn]
    if not any(means):
        return None
    label = language.say("roster_audit.lead_label", count=int(printed[means.index(max(means))] or 0))
    marks = [(number + 1.0, language.say(f"roster_audit.mark.{name}")) for number, name in enumerate(EDGES)]
    title = language.say("roster_audit.lead_picture")
    axis = PictureAxis(len(LEAD_NAMES), marks, rule=EDGES.index("start") + 1.0)
    said = language.say("roster_audit.lead_description", label=label)
    return panels((title, bars("lead-times", title, said, drawn, axis, max(means), label)))


def _span(row: Row, language: Language, before: bool = True) -> str:
    if row["from"] is None or row["to"] is None:
        return weeks_between(row["from"], row["to"], language)
    if row["from"] == row["to"]:
        return str(row["from"])
    first, last = (row["to"], row["from"]) if before else (row["from"], row["to"])
    return language.say("roster_audit.span", first=first, last=last)


def _weeks(weeks: Mapping[str, Sequence[Row]], language: Language) -> Markup:
    """Hours by week in both directions, in two pictures of one scale; what has an open end is in the table alone."""
    rows = [(language.say(f"roster_audit.{name}"), weeks[signal]) for signal, name in DIRECTIONS]
    if not any(mine for _, mine in rows):
        return p(language.say("roster_audit.weeks_none"))
    closed = [(title, [row for row in mine if row["from"] and row["to"]]) for title, mine in rows]
    highest = max((row["printed"] / _length(row) for _, mine in closed for row in mine), default=0.0)
    pictures = [
        (title, _week_picture(number, title, mine, highest, language))
        for number, (title, mine) in enumerate(closed)
        if any(row["printed"] for row in mine)
    ]
    cells = [
        [title, _span(row, language, before=False), count_or_not(language, row["printed"], "answer.about_hours")]
        for title, mine in rows
        for row in mine
    ]
    heads = [language.say(f"roster_audit.weeks_{name}") for name in ("direction", "week", "hours")]
    figures = table(language.say("roster_audit.weeks_caption"), heads, cells, frozenset({2}))
    drawn = joined(p(language.say("roster_audit.weeks_what")), panels(*pictures)) if pictures else None
    return joined(drawn, p(language.say("roster_audit.weeks_ends")), folded(language, figures))


def _length(row: Row) -> int:
    """How many weeks."""
    return (date.fromisoformat(row["to"]) - date.fromisoformat(row["from"])).days // 7 + 1


def _week_picture(number: int, title: str, rows: Sequence[Row], highest: float, language: Language) -> Markup:
    drawn, at = [], 0
    for row in rows:
        drawn.append(PictureBar(at, at + _length(row), row["printed"] / _length(row)))
        at += _length(row)
    marks = [(bar.start + 0.5, row["from"]) for bar, row in zip(drawn, rows, strict=True)]
    first, last = rows[0]["from"], rows[-1]["to"]
    said = language.say("roster_audit.weeks_description", title=title, first=first, last=last)
    label = language.many("roster_audit.weeks_label", round(highest))
    return bars(f"hours-{number}", title, said, drawn, PictureAxis(at, marks), highest, label)


def _funnel(document: Mapping[str, Any], language: Language) -> Markup:
    """Groups of recorders, role by role, with the lines of chance."""
    counts = document["recorders"]
    said = p(
        language.say("roster_audit.funnel_counts", assessed=counts["assessed"], outside=counts["outside"]),
    )
    rows = document["funnel"]
    what = p(language.say("roster_audit.funnel_what", least=LEAST_EDITS))
    if not rows:
        return joined(what, said, p(language.say("roster_audit.funnel_none")))
    pictures = [
        (
            language.say("roster_audit.funnel_role", role=_role(role, language)),
            _funnel_picture(number, list(mine), language),
        )
        for number, (role, mine) in enumerate(groupby(rows, key=lambda row: row["role"]))
    ]
    cells = [
        [
            _role(row["role"], language),
            _edits(row, language),
            language.say("answer.about", count=row["recorders"]),
            language.say("answer.percent", count=row["percent"]),
        ]
        for row in rows
    ]
    heads = [language.say(f"roster_audit.funnel_{name}") for name in ("head_role", "edits", "recorders", "share")]
    figures = table(language.say("roster_audit.funnel_caption"), heads, cells, frozenset({1, 2, 3}))
    return joined(what, said, panels(*pictures), folded(language, figures))


def _role(name: str, language: Language) -> str:
    return name or language.say("roster_audit.no_role")


def _edits(row: Row, language: Language) -> str:
    if row["to"] is None:
        return language.say("roster_audit.funnel_from", first=row["from"])
    return language.say("answer.interval", first=row["from"], last=row["to"])


def _funnel_picture(number: int, rows: Sequence[Row], language: Language) -> Markup:
    """Shares of groups as short lines over their span of grants, between the lines of chance around all of them."""
    weights = [row["recorders"] * row["from"] for row in rows]
    target = sum(row["percent"] * weight for row, weight in zip(rows, weights, strict=True)) / sum(weights) / 100
    highest = min(1.0, max(_limit(target, LEAST_EDITS, 1), *(row["percent"] / 100 for row in rows)) * 1.05) or 1.0
    edits = [LEAST_EDITS * (MOST_EDITS / LEAST_EDITS) ** (step / 40) for step in range(41)]

    def at(edit: float, share: float) -> tuple[float, float]:
        along = log(edit / LEAST_EDITS) / log(MOST_EDITS / LEAST_EDITS)
        return LEFT + (RIGHT - LEFT) * along, BOTTOM - (BOTTOM - TOP) * share / highest

    limits = [curve((at(each, _limit(target, each, sign)) for each in edits), "limit") for sign in (-1, 1)]
    groups = [
        curve((at(each, row["percent"] / 100) for each in (row["from"], (row["to"] or MOST_EDITS - 1) + 1)), "group")
        for row in rows
    ]
    marks = [el("text", str(band), x=max(at(band, 0)[0], LEFT + 8), y=BOTTOM + 14, class_="mark") for band in BANDS]
    percent = language.say("answer.percent", count=round(100 * target))
    drawn = [
        el("line", x1=LEFT, x2=RIGHT, y1=TOP, y2=TOP, class_="top"),
        *limits,
        *groups,
        el("line", x1=LEFT, x2=RIGHT, y1=BOTTOM, y2=BOTTOM, class_="base"),
        el(
            "text",
            language.say("roster_audit.funnel_label", count=round(100 * highest)),
            x=LEFT,
            y=TOP - 7,
            class_="label",
        ),
        *marks,
    ]
    title = language.say("roster_audit.funnel_role", role=_role(rows[0]["role"], language))
    said = language.say("roster_audit.funnel_description", percent=percent)
    return svg(f"funnel-{number}", title, said, WIDE, HIGH, *drawn, class_="panel")


def _limit(target: float, edits: float, sign: int) -> float:
    """Where 95 in 100 recorders with so many grants lie who differ by chance alone (normal approximation)."""
    return min(1.0, max(0.0, target + sign * NORMAL_95 * sqrt(target * (1 - target) / edits)))
