"""The colours of the pages have enough contrast, in light and in dark (WCAG 2.2: 1.4.3, 1.4.11)."""

from __future__ import annotations

import re
from importlib import resources

import pytest

STYLE = resources.files("offduty.pages").joinpath("templates", "style.css").read_text(encoding="utf-8")
TEXT = [
    ("ink", "paper"),
    ("quiet", "paper"),
    ("link", "paper"),
    ("ink", "wash"),
    ("quiet", "wash"),
    ("link", "wash"),
    ("warning", "warningwash"),
    ("ink", "warningwash"),
    ("pass", "paper"),
    ("fail", "paper"),
    ("undone", "paper"),
]
PICTURES = [
    ("released", "paper"),
    ("hidden", "paper"),
    ("quarantined", "paper"),
    ("released", "wash"),
    ("hidden", "wash"),
    ("c3", "wash"),
    ("c2", "wash"),
]


def colours(block: str) -> dict[str, tuple[float, float, float]]:
    """The colour variables of a block of the style sheet, as red, green and blue from 0 to 1."""
    return {
        name: tuple(int(value[at : at + 2], 16) / 255 for at in (0, 2, 4))
        for name, value in re.findall(r"--([a-z0-9]+): #([0-9a-f]{6})", block)
    }


def luminance(colour: tuple[float, float, float]) -> float:
    """Relative luminance."""
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: tuple[float, float, float], second: tuple[float, float, float]) -> float:
    """The contrast ratio, from 1 to 21."""
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


BLOCKS = {"light": STYLE.split("@media")[0], "dark": STYLE.split("prefers-color-scheme: dark")[1].split("@media")[0]}


@pytest.mark.parametrize("scheme", BLOCKS)
def test_text_and_pictures_have_contrast(scheme):
    """4.5 to 1 for text, 3 to 1 for pictures."""
    palette = colours(BLOCKS[scheme])
    for over, under in TEXT:
        assert contrast(palette[over], palette[under]) >= 4.5, (over, under)
    for over, under in PICTURES:
        assert contrast(palette[over], palette[under]) >= 3, (over, under)


@pytest.mark.parametrize("scheme", BLOCKS)
def test_the_shades_of_the_map_are_in_order(scheme):
    """Each class has more contrast to the background than the one before, and enough to it."""
    palette = colours(BLOCKS[scheme])
    steps = [contrast(palette[name], palette["wash"]) for name in ("c1", "c2", "c3")]
    assert steps == sorted(steps)
    assert all(after / before >= 1.5 for before, after in zip([1, *steps], steps, strict=False))


def test_the_style_sheet_loads_nothing():
    """It has no import and no address, and nothing that would end its element."""
    assert re.search(r"url\(|@import|https?:|</", STYLE) is None
