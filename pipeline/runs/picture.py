"""Draws released positions as a picture to look at: points, north up, a scale, and nothing from elsewhere.

It is for whoever asks "is there anything, and where": no map lies below it, because its owner would learn which area
somebody looks at.
"""

from __future__ import annotations

import math

import numpy as np

from offduty.arrays.arrow import Floats

METRES_PER_DEGREE = 111_320
"""Of latitude. The picture is no map to measure in: a plane that touches the Earth in the middle of what is drawn."""
MARGIN_PX = 24
LEAST_M = 500
"""The least that is drawn from one side to the other: a single position would otherwise have no scale."""


def draw(lon: Floats, lat: Floats, width_px: int = 900) -> str:
    """The positions (degrees) as SVG, ``width_px`` wide and at most twice as high; each place is one dot, however many
    positions are there. Without a position the picture says so.
    """
    places = np.unique(np.column_stack([lon, lat]), axis=0)
    if not len(places):
        return _svg(width_px, 80, ['<text x="24" y="48">No position was released.</text>'])
    east, north = places[:, 0], places[:, 1]
    x_m = (east - east.min()) * METRES_PER_DEGREE * math.cos(math.radians(float(north.mean())))
    y_m = (north.max() - north) * METRES_PER_DEGREE
    inner = width_px - 2 * MARGIN_PX
    px_per_m = min(inner / max(float(x_m.max()), LEAST_M), 2 * inner / max(float(y_m.max()), LEAST_M))
    dots = [
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2"/>'
        for x, y in zip(x_m * px_per_m + MARGIN_PX, y_m * px_per_m + MARGIN_PX, strict=True)
    ]
    bottom = float(y_m.max()) * px_per_m + 2 * MARGIN_PX
    body = ['<g fill="#0b6e4f" fill-opacity="0.6">', *dots, "</g>", *_scale(bottom, px_per_m)]
    return _svg(width_px, round(bottom) + 40, body)


def _scale(y: float, px_per_m: float) -> list[str]:
    """A line of a round length, which is written beside it."""
    longest_m = 200 / px_per_m
    power = 10 ** math.floor(math.log10(longest_m))
    length_m = max(step * power for step in (1, 2, 5) if step * power <= longest_m)
    end = MARGIN_PX + length_m * px_per_m
    text = f"{length_m / 1000:g} km" if length_m >= 1000 else f"{length_m:g} m"
    line = f'<path d="M{MARGIN_PX} {y:.0f}H{end:.0f}" stroke="#333" stroke-width="2"/>'
    return [line, f'<text x="{end + 8:.0f}" y="{y + 5:.0f}">{text}, north is up</text>']


def _svg(width: int, height: int, body: list[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    style = ' font-family="sans-serif" font-size="14">'
    return "\n".join([head + style, f'<rect width="{width}" height="{height}" fill="#fff"/>', *body, "</svg>", ""])
