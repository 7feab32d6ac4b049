"""The colours of the pages can be told from what lies under them, in light and in dark (WCAG 2.2: 1.4.3, 1.4.11)."""

from __future__ import annotations

import re
from importlib import resources

import pytest

STYLE = resources.files("offduty.report.html").joinpath("style.css").read_text(encoding="utf-8")
TEXT = [
    ("ink", "paper"),
    ("quiet", "paper"),
    ("link", "paper"),
    ("ink", "wash"),
    ("quiet", "wash"),
    ("link", "wash"),
    ("loud", "loudwash"),
    ("ink", "loudwash"),
    ("pass", "paper"),
    ("fail", "paper"),
    ("undone", "paper"),
]
PICTURES = [
    ("released", "paper"),
    ("hidden", "paper"),
    ("aside", "paper"),
    ("released", "wash"),
    ("hidden", "wash"),
    ("c3", "wash"),
    ("c2", "wash"),
]


def colours(block: str) -> dict[str, tuple[float, float, float]]:
    """The variables of a block of the style sheet."""
    return {
        name: tuple(int(value[at : at + 2], 16) / 255 for at in (0, 2, 4))
        for name, value in re.findall(r"--([a-z0-9]+): #([0-9a-f]{6})", block)
    }


def light(colour: tuple[float, float, float]) -> float:
    """Relative luminance."""
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: tuple[float, float, float], second: tuple[float, float, float]) -> float:
    """From 1 to 21."""
    high, low = sorted((light(first), light(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


BLOCKS = {"light": STYLE.split("@media")[0], "dark": STYLE.split("prefers-color-scheme: dark")[1].split("@media")[0]}


@pytest.mark.parametrize("scheme", BLOCKS)
def test_text_and_pictures_can_be_told(scheme):
    """4.5 to 1 for text, 3 to 1 for what is drawn."""
    palette = colours(BLOCKS[scheme])
    for over, under in TEXT:
        assert contrast(palette[over], palette[under]) >= 4.5, (over, under)
    for over, under in PICTURES:
        assert contrast(palette[over], palette[under]) >= 3, (over, under)


@pytest.mark.parametrize("scheme", BLOCKS)
def test_the_shades_of_the_map_go_one_way(scheme):
    """From the ground on, each class is further from it than the last, and can be told from it."""
    palette = colours(BLOCKS[scheme])
    steps = [contrast(palette[name], palette["wash"]) for name in ("c1", "c2", "c3")]
    assert steps == sorted(steps)
    assert all(after / before >= 1.5 for before, after in zip([1, *steps], steps, strict=False))


def test_the_style_sheet_asks_for_nothing():
    """No import, no address, and nothing that would end its element."""
    assert re.search(r"url\(|@import|https?:|</", STYLE) is None
