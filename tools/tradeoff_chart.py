"""Draws the price of privacy as an SVG: the share of on-duty positions that is released, against the distance between
the best attack's guess and home.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from offduty.redteam.results import FILTER, ResultRow

WIDE, HIGH, LEFT, TOP, RIGHT, FOOT = 960, 560, 90, 96, 268, 70
INK, QUIET, RULE, PAPER = "#1f2933", "#5f6c7b", "#d5dbe1", "#ffffff"
TODAY, OURS, MORE = "#b3261e", "#0072b2", "#8a6d3b"
LEAST_M, MOST_M = 1.0, 20_000.0
MASKS = ("none", "circle", "cell", "donut", "shifts")
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"
ABOUT = (
    "For each mask and policy: the share of on-duty positions that analysts keep, and the median distance "
    "between the best attack's guess and the true home. Farther up is safer, farther right is more useful."
)


def draw(rows: Iterable[ResultRow]) -> str:
    """The picture of the rows about the price (of `offduty.redteam.tradeoff`), others are ignored; the same rows give
    the same bytes.
    """
    priced = [row for row in rows if row.attack.startswith("price")]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {HIGH}" role="img" '
        f'aria-labelledby="title about" font-family="{FONT}" fill="{INK}">',
        '<title id="title">The price of privacy</title>',
        f'<desc id="about">{ABOUT}</desc>',
        f'<rect width="{WIDE}" height="{HIGH}" rx="12" fill="{PAPER}" stroke="{RULE}"/>',
        _text(24, 38, "The price of privacy", 21, bold=True),
        _text(24, 62, "Up is safer: how far from home the best of five attacks ends (median, 20 duties).", 13, QUIET),
        _text(
            24, 80, "Right is more useful: how much of what was sent on duty is kept (a synthetic force).", 13, QUIET
        ),
        *_axes(),
        *_points(priced),
        *_legend(),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _x(share: float) -> float:
    return LEFT + (WIDE - LEFT - RIGHT) * share


def _y(error_m: float) -> float:
    """Distances are drawn on a logarithmic scale, from 1 m to 20 km."""
    far = math.log(min(max(error_m, LEAST_M), MOST_M) / LEAST_M) / math.log(MOST_M / LEAST_M)
    return HIGH - FOOT - (HIGH - FOOT - TOP - 14) * far


def _text(
    x: float, y: float, words: str, size: int, colour: str = INK, bold: bool = False, anchor: str = "start"
) -> str:
    weight = ' font-weight="600"' if bold else ""
    place = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}"{weight}{place}>{words}</text>'


def _axes() -> list[str]:
    drawn = []
    for metres, words in ((1, "1 m"), (10, "10 m"), (50, "50 m"), (200, "200 m"), (1_000, "1 km"), (10_000, "10 km")):
        y = _y(metres)
        drawn.append(f'<path d="M{LEFT} {y:.1f}H{WIDE - RIGHT}" stroke="{RULE}"/>')
        drawn.append(_text(LEFT - 10, y + 4, words, 12, QUIET, anchor="end"))
    for share in (0, 0.25, 0.5, 0.75, 1):
        drawn.append(f'<path d="M{_x(share):.1f} {HIGH - FOOT}v5" stroke="{QUIET}"/>')
        drawn.append(_text(_x(share), HIGH - FOOT + 20, f"{share:.0%}", 12, QUIET, anchor="middle"))
    drawn.append(_text((_x(0) + _x(1)) / 2, HIGH - 24, "on-duty positions kept", 13, anchor="middle"))
    return drawn


def _points(priced: list[ResultRow]) -> list[str]:
    """A dot for each row, and its name in a column to the right, joined by a thin line."""
    ordered = sorted(priced, key=lambda row: (_y(row.median_m), -_share(row)))
    drawn = []
    for row, label_y in zip(ordered, _label_heights([_y(row.median_m) for row in ordered]), strict=True):
        x, y, colour, ours = _x(_share(row)), _y(row.median_m), _colour(row.mask), row.mask == FILTER
        words = row.mask.replace("&", "&amp;")
        drawn += [
            f'<path d="M{x:.1f} {y:.1f}L{WIDE - RIGHT + 14} {label_y:.1f}" stroke="{colour}" stroke-width=".7" '
            'opacity=".45"/>',
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{7 if ours else 5}" fill="{colour}"/>',
            _text(WIDE - RIGHT + 18, label_y + 4, f"{words}: {row.median_m:,.0f} m", 12, colour, bold=ours),
        ]
    return drawn


def _label_heights(wanted: list[float]) -> list[float]:
    """Where the names stand: near the heights of their dots (from the top down), and so that none covers another."""
    gap = min(20.0, (HIGH - FOOT - TOP) / max(len(wanted), 1))
    heights: list[float] = []
    for y in wanted:
        heights.append(max(y, heights[-1] + gap) if heights else max(y - gap * 4, TOP + 8))
    over = max(heights[-1] - (HIGH - FOOT), 0.0) if heights else 0.0
    return [height - over for height in heights]


def _share(row: ResultRow) -> float:
    """The share of `NN.N % kept`, as `offduty.redteam.tradeoff` writes it."""
    return float(row.finding.split(" ")[0]) / 100


def _colour(mask: str) -> str:
    return TODAY if mask.startswith(MASKS) else OURS if mask == FILTER else MORE


def _legend() -> list[str]:
    names = ((TODAY, "masks of today"), (OURS, "the policy of version 1"), (MORE, "other policies and rules"))
    return [
        f'<circle cx="{_x(0) + 4 + 160 * k:.0f}" cy="{HIGH - 12}" r="4" fill="{colour}"/>'
        f"{_text(_x(0) + 14 + 160 * k, HIGH - 8, words, 11, colour)}"
        for k, (colour, words) in enumerate(names)
    ]
