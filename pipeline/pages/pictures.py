"""Draws pictures as SVG: the frame with title and description, bars over bins of a row, and shares of a whole.

Only printed figures come here, so a picture says nothing that its table does not. Colours are classes of the style
sheet: light, dark and print are its matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from offduty.pages.elements import Markup, el

WIDE, HIGH = 320.0, 116.0
LEFT, RIGHT, TOP, BOTTOM = 2.0, 318.0, 22.0, 94.0
MARK_WIDTH, MARK_GAP, LEAST_SPACE = 5.8, 8.0, 22.0
"""How wide a letter on the axis is at most, on average, and what is left free between two labels."""
SHARE_HIGH, SHARE_BAR, SHARE_MARKS = 40.0, 16.0, 34.0
Point = tuple[float, float]


@dataclass(frozen=True)
class PictureBar:
    """A bar over the bins ``start`` to ``stop`` (exclusive); ``value`` None: nothing may be printed of these bins."""

    start: int
    stop: int
    value: float | None


@dataclass(frozen=True)
class PictureAxis:
    """What is below bars: how many ``bins``; ``marks`` (place in bins from the left, text) in order of their places;
    ``rule``, a place that is marked by an upright line.
    """

    bins: int
    marks: Sequence[tuple[float, str]]
    rule: float | None = None


def svg(
    name: str, title: str, description: str, width: float, height: float, *drawn: Markup, class_: str, **attributes: str
) -> Markup:
    """A picture with a title and a description for people who do not see it; ``name`` is the beginning of their ids."""
    return el(
        "svg",
        el("title", title, id=f"{name}-t"),
        el("desc", description, id=f"{name}-d"),
        *drawn,
        viewBox=f"0 0 {width:g} {height:g}",
        role="img",
        aria_labelledby=f"{name}-t {name}-d",
        class_=class_,
        **attributes,
    )


def panels(*drawn: tuple[str, Markup]) -> Markup:
    """Pictures next to each other, each with its heading."""
    return el(
        "div",
        *(el("div", el("p", title, class_="panel-title"), picture, class_="cell") for title, picture in drawn),
        class_="panels" if len(drawn) > 1 else "panels one",
    )


def bars(
    name: str,
    title: str,
    description: str,
    drawn: Sequence[PictureBar],
    axis: PictureAxis,
    highest: float,
    label: str,
    rest: bool = False,
) -> Markup:
    """Bars from zero to ``highest``, which is the dotted line that has the label; those of several bins are paler.

    With ``rest`` what is above a bar is drawn as unknown, so that it is not taken for nothing. Bars that may not be
    printed are unknown as a whole.
    """
    step = (RIGHT - LEFT) / axis.bins
    parts = [
        el("line", x1=LEFT, x2=RIGHT, y1=TOP, y2=TOP, class_="top"),
        *(part for bar in drawn for part in _bar(bar, step, highest, rest)),
        el("line", x1=LEFT, x2=RIGHT, y1=BOTTOM, y2=BOTTOM, class_="base"),
        el("text", label, x=LEFT, y=TOP - 7, class_="label"),
        *_marks(axis, step),
    ]
    if axis.rule is not None:
        at = LEFT + step * axis.rule
        parts.append(el("line", x1=at, x2=at, y1=TOP, y2=BOTTOM + 4, class_="rule"))
    return svg(name, title, description, WIDE, HIGH, *parts, class_="panel")


def share(name: str, title: str, description: str, percent: int) -> Markup:
    """One bar of so many per cent; the rest of the whole is drawn as unknown."""
    width = RIGHT - LEFT
    part = width * percent / 100
    drawn = [
        _unknown(LEFT + part, 2, width - part, SHARE_BAR),
        el("rect", x=LEFT, y=2, width=part, height=SHARE_BAR, class_="released") if percent else Markup(),
        *(
            el("text", f"{mark} %", x=inside(LEFT + width * mark / 100, f"{mark} %"), y=SHARE_MARKS, class_="mark")
            for mark in (0, 50, 100)
        ),
    ]
    return svg(name, title, description, WIDE, SHARE_HIGH, *drawn, class_="panel")


def curve(points: Iterable[Point], class_: str) -> Markup:
    """A line through points of the picture."""
    return el("polyline", points=" ".join(f"{x:.1f},{y:.1f}" for x, y in points), class_=class_)


def _bar(bar: PictureBar, step: float, highest: float, rest: bool) -> list[Markup]:
    gap = min(1.5, step / 5)
    x, width = LEFT + step * bar.start + gap / 2, step * (bar.stop - bar.start) - gap
    if bar.value is None:
        return [_unknown(x, TOP, width, BOTTOM - TOP)]
    height = (BOTTOM - TOP) * bar.value / highest if highest else 0.0
    height = max(height, 0.75) if bar.value else 0.0
    kind = "released" if bar.stop - bar.start == 1 else "released combined"
    above = [_unknown(x, TOP, width, BOTTOM - TOP - height)] if rest and BOTTOM - TOP - height > 1 else []
    drawn = [el("rect", x=x, y=BOTTOM - height, width=width, height=height, class_=kind)] if height else []
    return [*above, *drawn]


def _unknown(x: float, y: float, width: float, height: float) -> Markup:
    return el("rect", x=x, y=y, width=width, height=height, class_="unknown")


def _marks(axis: PictureAxis, step: float) -> list[Markup]:
    """Labels below the bars, each where it does not touch the one before."""
    drawn, free = [], LEFT
    for place, text in axis.marks:
        x, half = inside(LEFT + step * place, text), MARK_WIDTH * len(text) / 2
        if x - half >= free:
            drawn.append(el("text", text, x=x, y=BOTTOM + 14, class_="mark"))
            free = max(x + half + MARK_GAP, x - half + LEAST_SPACE)
    return drawn


def inside(x: float, mark: str) -> float:
    """Where the middle of a label is, so that the label does not leave the picture at either end."""
    half = MARK_WIDTH * len(mark) / 2
    return min(max(x, LEFT + half), RIGHT - half)


__all__ = ["PictureAxis", "PictureBar", "bars", "curve", "inside", "panels", "share", "svg"]
