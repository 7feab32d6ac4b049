"""Draws the bar charts of a report as SVG: from zero, from printed figures only, with title and description."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from offduty.core.disclosure import BinGroup
from offduty.pages.elements import Markup, el
from offduty.pages.language import ENGLISH, Language
from offduty.pages.pictures import (
    BOTTOM,
    HIGH,
    LEAST_SPACE,
    LEFT,
    MARK_GAP,
    MARK_WIDTH,
    RIGHT,
    TOP,
    WIDE,
    inside,
    panels,
    svg,
)
from offduty.report.data.bins import BinnedCounts


def parts_of_whole(name: str, title: str, parts: Sequence[tuple[str, str, int]]) -> Markup:
    """One bar for a whole: ``parts`` are CSS class, text and printed number. The legend next to it has the numbers."""
    whole = sum(number for _, _, number in parts) or 1
    at, drawn = 0.0, []
    for kind, _, number in parts:
        width = 1000 * number / whole
        if number:
            drawn.append(el("rect", x=at, y=0, width=max(width - 2, 0.5), height=28, class_=kind))
        at += width
    description = "; ".join(text for _, text, _ in parts)
    return svg(name, title, description, 1000, 28, *drawn, class_="whole", preserveAspectRatio="none")


def share_bar(number: int | None, most: int, kind: str) -> Markup:
    """A bar in a table whose cells have the number; hidden from screen readers."""
    width = 100 * (number or 0) / most if most else 0
    return el(
        "svg",
        el("rect", x=0, y=0, width=width, height=10, class_=kind) if number else None,
        viewBox="0 0 100 10",
        preserveAspectRatio="none",
        class_="bar",
        aria_hidden="true",
        focusable="false",
    )


def histogram(
    name: str, title: str, table: BinnedCounts, groups: Sequence[BinGroup], kind: str, language: Language = ENGLISH
) -> Markup:
    """Bars over bins, for groups of which at least one is not 0.

    Combined bins are one bar, as wide as the bins and as high as their mean: areas are counts, and the bins cannot be
    distinguished. Each picture has its own scale, from zero to the highest bar, which has a label.
    """
    means = [group.printed / group.bins for group in groups]
    highest = max(means)
    step = (RIGHT - LEFT) / len(table.labels)
    gap = min(1.5, step / 5)
    bars = [_bar(group, mean / highest, step, gap, kind) for group, mean in zip(groups, means, strict=True) if mean]
    peak = means.index(highest)
    together = "chart.highest" if groups[peak].bins == 1 else "chart.highest_together"
    number = language.count(groups[peak].printed)
    label = language.say(together, number=number, when=_when(table, groups[peak], language))
    everything = _when(table, BinGroup(groups[0].start, groups[-1].stop, 0), language)
    description = language.say("chart.description", when=everything, label=label)
    drawn = [
        el("line", x1=LEFT, x2=RIGHT, y1=TOP, y2=TOP, class_="top"),
        *bars,
        el("line", x1=LEFT, x2=RIGHT, y1=BOTTOM, y2=BOTTOM, class_="base"),
        el("text", label, x=LEFT, y=TOP - 7, class_="label"),
        *_axis(table, step),
    ]
    return svg(name, title, description, WIDE, HIGH, *drawn, class_="panel")


def _bar(group: BinGroup, part: float, step: float, gap: float, kind: str) -> Markup:
    height = max((BOTTOM - TOP) * part, 0.75)
    return el(
        "rect",
        x=LEFT + step * group.start + gap / 2,
        y=BOTTOM - height,
        width=step * group.bins - gap,
        height=height,
        class_=kind if group.bins == 1 else f"{kind} combined",
    )


def _when(table: BinnedCounts, group: BinGroup, language: Language) -> str:
    first, last = table.labels[group.start], table.labels[group.stop - 1]
    if table.unit == "hour":
        return language.say("chart.from_to", first=first[:5], last=last[-5:])
    if group.bins > 1:
        return language.say("chart.from_to", first=first, last=last)
    return language.say("chart.on" if table.unit == "day" and first[:1].isdigit() else "chart.in", label=first)


def _axis(table: BinnedCounts, step: float) -> list[Markup]:
    """Labels below the bars: all of them where there is space, else every second, third, ..."""
    widest = MARK_WIDTH * max(map(len, table.short), default=0)
    every = next(n for n in (1, 2, 3, 6, 7, 12, 14, 28, 56, 112) if n * step >= max(LEAST_SPACE, widest + MARK_GAP))
    return [
        el("text", mark, x=inside(LEFT + step * (at + 0.5), mark), y=BOTTOM + 14, class_="mark")
        for at, mark in enumerate(table.short)
        if at % every == 0
    ]


def figures_table(
    name: str,
    caption: str,
    head: str,
    table: BinnedCounts,
    columns: Mapping[str, tuple[str, Sequence[BinGroup]]],
    language: Language = ENGLISH,
) -> Markup:
    """The figures of the pictures: a row for each bin, a column for each outcome; combined bins are one tall cell."""
    heads = [el("th", head, scope="col"), *(el("th", title, scope="col", class_="n") for title, _ in columns.values())]
    starts = [{group.start: group for group in groups} for _, groups in columns.values()]
    body = []
    for at, label in enumerate(table.labels):
        cells = [_cell(by_start[at], language) for by_start in starts if at in by_start]
        body.append(el("tr", el("th", label, scope="row"), *cells))
    inner = el("table", el("caption", caption), el("thead", el("tr", *heads)), el("tbody", *body), class_="figures")
    region = el("div", inner, class_="scroll", tabindex=0, role="region", aria_label=caption)
    return el("details", el("summary", language.say("chart.as_table")), region, id=name)


def _cell(group: BinGroup, language: Language) -> Markup:
    number = language.count(group.printed)
    if group.bins == 1:
        return el("td", number, class_="n")
    together = el("span", f" {language.say('chart.together')}")
    return el("td", number, together, class_="n combined", rowspan=group.bins)


__all__ = ["figures_table", "histogram", "panels", "parts_of_whole", "share_bar", "svg"]
